"""A small migration made by hand, for tests of the whole way: every request is written down here, nothing is measured.

Two dozen people visit by day and move as their caches expire, within the TTL; one program polls every hour and moves
with them, another has the old address in a file and never moves; a monitor asks the old server every five minutes for
ever, and so proves that its log lives.
"""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

CHANGED = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)  # a Monday
NAME = "app.example.com"
OLD, NEW = "192.0.2.4", "198.51.100.5"
TTL_S = 3_600
BEFORE, AFTER = timedelta(days=7), timedelta(days=8)
PEOPLE = 24
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
MOVER, STUCK, MONITOR = "203.0.113.7", "203.0.113.9", "203.0.113.100"
UPTIME = "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a server saw it."""

    at: datetime
    client: str
    agent: str
    target: str = "/"
    method: str = "GET"
    status: int = 200
    host: str = NAME

    def combined(self) -> str:
        """Return its line in Apache's combined format."""
        return (
            f"{self.client} - - [{self.at:%d/%b/%Y:%H:%M:%S %z}] "
            f'"{self.method} {self.target} HTTP/1.1" {self.status} 512 "-" "{self.agent}"'
        )

    def common(self) -> str:
        """Return its line in the common format."""
        return self.combined().rsplit(' "-" "', 1)[0]

    def vhost_combined(self) -> str:
        """Return its line in Debian's vhost_combined format."""
        return f"{self.host}:443 {self.combined()}"

    def shifted(self, by: timedelta) -> Request:
        """Return it at another time."""
        return replace(self, at=self.at + by)


@dataclass(frozen=True, slots=True)
class Story:
    """What both servers saw, each in time order."""

    old: tuple[Request, ...]
    new: tuple[Request, ...]

    def only(self, keep: Callable[[Request], bool]) -> Story:
        """Return the story of the requests that are kept."""
        return Story(tuple(filter(keep, self.old)), tuple(filter(keep, self.new)))

    def until(self, at: datetime) -> Story:
        """Return what had been seen at a moment."""
        return self.only(lambda one: one.at <= at)

    def shifted(self, by: timedelta) -> Story:
        """Return the same story at another time."""
        return Story(tuple(one.shifted(by) for one in self.old), tuple(one.shifted(by) for one in self.new))


@cache
def story(seed: int = 1, *, stuck: bool = True) -> Story:
    """Return the migration: a week before the change to eight days after it."""
    rng = random.Random(seed)  # noqa: S311 -- no secret
    old = list(_every(timedelta(minutes=5), MONITOR, UPTIME, "HEAD"))
    new: list[Request] = []
    moving = list(_every(timedelta(hours=1), MOVER, "python-requests/2.32.5"))
    if stuck:
        old += _every(timedelta(hours=1), STUCK, "Java/11.0.2")
    for number in range(PEOPLE):
        moving += _person(rng, f"198.18.0.{number + 1}")
    hold = {
        client: CHANGED + timedelta(seconds=rng.uniform(60, TTL_S)) for client in sorted({r.client for r in moving})
    }
    for one in moving:
        (old if one.at < hold[one.client] else new).append(one)
    proxied = [replace(one, client=OLD) for one in old if one.at >= CHANGED]
    return Story(_in_order(old), _in_order([*new, *proxied]))


def _every(step: timedelta, client: str, agent: str, method: str = "GET") -> Iterable[Request]:
    """Yield the requests of a program that keeps time, with a phase of its own."""
    phase = timedelta(seconds=sum(map(ord, client)) % 240)
    for turn in range((BEFORE + AFTER) // step):
        yield Request(CHANGED - BEFORE + phase + turn * step, client, agent, method=method)


def _person(rng: random.Random, client: str) -> Iterable[Request]:
    """Yield a person's requests: about a visit a day between 7 and 20 h UTC, of three pages."""
    for day in range((BEFORE + AFTER).days):
        if rng.random() < 0.8:
            start = CHANGED - BEFORE - timedelta(hours=22) + timedelta(days=day + 1, hours=rng.uniform(7, 20))
            for page in range(3):
                yield Request(_whole(start + timedelta(seconds=40 * page)), client, FIREFOX, f"/page/{page}")


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _in_order(some: Iterable[Request]) -> tuple[Request, ...]:
    return tuple(sorted(some, key=lambda one: (one.at, one.client, one.target)))


def answers(until: datetime | None = None) -> list[str]:
    """Return snapshot lines: two resolvers and both authoritative servers, hourly from two hours before the change."""
    end = CHANGED + AFTER if until is None else until
    rows = []
    for hour in range(-2, int(AFTER.total_seconds() // 3600)):
        at = CHANGED + timedelta(hours=hour)
        if at <= end:
            data, left_s = (OLD, TTL_S) if hour <= 0 else (NEW, TTL_S)
            rows += [_answer(at, "8.8.8.8", data, left_s // 2), _answer(at, "1.1.1.1", data, left_s // 3)]
            rows += [_answer(at, server, data, left_s, authoritative=True) for server in ("192.0.2.53", "192.0.2.54")]
    return rows


def _answer(at: datetime, resolver: str, data: str, ttl: int, *, authoritative: bool = False) -> str:
    row = {
        "schema": "cutover.dns/1", "at": f"{at:%Y-%m-%dT%H:%M:%S}Z", "resolver": resolver, "transport": "udp",
        "name": NAME, "type": "A", "rcode": "NOERROR", "authoritative": authoritative, "elapsed_ms": 1.0,
        "answers": [{"name": NAME, "type": "A", "ttl": ttl, "data": data}], "error": None, "ede": None, "nsid": None,
    }  # fmt: skip
    return json.dumps(row)


TOML = """\
[migration]
names = ["{name}"]
old = ["{old}"]
new = ["{new}"]
{migration}
[logs.old]
paths = {old_paths}
format = "{form}"
{rest}"""
WITH_NEW = '[logs.new]\npaths = ["new.log"]\nformat = "combined"\n'
WITH_DNS = '[dns]\nsnapshots = ["dns.jsonl"]\n'


def toml(
    migration: str = "ttl = 3600\nchanged_at = 2026-03-02T22:00:00Z",
    old_paths: Sequence[str] = ("old.log",),
    form: str = "combined",
    rest: str = WITH_NEW + WITH_DNS,
) -> str:
    """Return the text of a cutover.toml."""
    return TOML.format(
        name=NAME, old=OLD, new=NEW, migration=migration, old_paths=json.dumps(list(old_paths)), form=form, rest=rest
    )


def write(folder: Path, told: Story, text: str | None = None, *, form: str = "combined") -> Path:
    """Write old.log, new.log, dns.jsonl and cutover.toml into a folder; return the last one's path."""
    folder.mkdir(parents=True, exist_ok=True)
    write_log(folder / "old.log", [getattr(one, form)() for one in told.old])
    write_log(folder / "new.log", [one.combined() for one in told.new])
    write_log(folder / "dns.jsonl", answers())
    config = folder / "cutover.toml"
    config.write_text(toml(form=form) if text is None else text)
    return config


def write_log(path: Path, lines: Iterable[str]) -> None:
    """Write lines, compressed if the name says so."""
    data = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
