"""`cutover watch`: look again and again, and tell when something changes."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from datetime import time as time_of_day
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.console import duration_option, now, once, say
from analyzer.cli.judge import Config
from analyzer.cli.servers import Scheme, server_option
from analyzer.errors import Fault, InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from analyzer.drain.advise import Judgement
    from analyzer.drain.evidence import Gathered
    from analyzer.handover.downtime import Downtime
    from analyzer.watch.loop import View, Watch
    from analyzer.watch.rounds import Wishes
    from analyzer.watch.telling import Channel

    Step = Callable[[], None]

CANARY_WAIT_S = 5.0  # [s] a log that is not buffered shows it at once
LEAST_EVERY_S = 5.0  # resolvers are not ours: faster questions learn nothing
MEASURED_AGAIN = timedelta(hours=3)
LOOKS = 1_000_000_000
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
Hook = Annotated[str | None, typer.Option("--webhook", help="POST changes as JSON to this URL; or CUTOVER_WEBHOOK.")]
Resolvers = Annotated[
    list[str] | None, typer.Option("--resolver", "-r", help="Whom to ask, in place of the file's; may be repeated.")
]

Canaries = Annotated[
    Scheme | None, typer.Option("--canary", help="Send the old server a canary at each look, over http or https.")
]


def watch(
    *,
    config: Config = Path("cutover.toml"),
    every: Annotated[str, typer.Option("--every", help="From one look to the next: 5m, 1h.")] = "5m",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The folder of the page; none if absent.")] = None,
    prom: Annotated[Path | None, typer.Option("--metrics", help="A .prom file for node_exporter.")] = None,
    listen: Annotated[str | None, typer.Option("--listen", help="Serve the metrics here: 127.0.0.1:9123.")] = None,
    email: Annotated[bool, typer.Option("--email", help="Mail the people in [mail] when something changes.")] = False,
    webhook: Hook = None,
    command: Annotated[str | None, typer.Option("--command", help="Run this on changes; JSON on its stdin.")] = None,
    digest: Annotated[str | None, typer.Option("--digest", help="Tell once a day too, at this time: 08:00.")] = None,
    dns: Annotated[bool, typer.Option(help="Ask the resolvers at each look.")] = True,
    resolver: Resolvers = None,
    canary: Canaries = None,
    old: Annotated[str | None, typer.Option("--old", help="The old server for canaries: ADDRESS[:PORT].")] = None,
    zone: Annotated[str | None, typer.Option("--zone", help="Time zone of page, mail and digest.")] = None,
    state: Annotated[Path | None, typer.Option("--state", help="What is kept; beside cutover.toml if absent.")] = None,
    looks: Annotated[int, typer.Option("--looks", min=1, help="End after so many looks.")] = LOOKS,
) -> None:
    """Snapshot, read what is new, judge, write the page, and tell on change; until interrupted.

    With --canary a marked request is sent to the old server at each look and must show up in its log: where nobody
    comes any more, that is the proof that the log would have shown them.

    Told are: another verdict, and clients that became stuck. Each is told once, also over a restart.

    Example: cutover watch --config cutover.toml --every 5m --out report --email --digest 08:00 --listen 127.0.0.1:9123
    """
    from analyzer.cli.dns_evidence import state_file
    from analyzer.cli.zone import reader_zone
    from analyzer.migration import load
    from analyzer.watch.alone import alone
    from analyzer.watch.rounds import Wishes
    from analyzer.watch.serve import place

    every_s = duration_option(every, "--every")
    if every_s < LEAST_EVERY_S:
        raise UsageError(Fault("too often", "--every", every, f"write {LEAST_EVERY_S:.0f}s or more"))
    mine = load(config)
    if email and mine.mail is None:
        raise UsageError(Fault("nobody is named to send it to", str(config), remedy="write [mail] with to and from"))
    where = place(listen) if listen else None
    kept = state_file(mine, state)
    wishes = Wishes(kept, reader_zone(zone), out, prom, _channels(webhook, command), email, _digest_at(digest))
    with alone(kept.with_name(f"{kept.name}.watch")), _view() as view:
        ask = _ask(config, kept, resolver) if dns else None
        send = _canary(config, kept, canary, old) if canary else None
        with _listening(_watch(config, wishes, (ask, send), view, every_s), where) as running:
            running.run(looks)


def _watch(config: Path, wishes: Wishes, asking: tuple[Step | None, Step | None], view: View, every_s: float) -> Watch:
    """Return the watch, before its first look."""
    from analyzer.cli.judge import judge_quietly
    from analyzer.watch.loop import Watch
    from analyzer.watch.rounds import Look, World

    said = once(view.told)

    def judge(at: datetime) -> tuple[Gathered, Judgement]:
        return judge_quietly(config, at, state=wishes.state, said=said)

    measure = None if wishes.out is None and not wishes.email else _Cost()
    ask, send = asking
    world = World(ask, judge, measure, time.sleep, os.environ, send)
    return Watch(world, wishes, view, every_s, Look(now()))


class _Cost:
    """What the change cost, measured now and then: that reads the logs around the change again."""

    def __init__(self) -> None:
        self._known: tuple[datetime, datetime, Downtime | None] | None = None

    def __call__(self, gathered: Gathered, judged: Judgement) -> Downtime | None:
        """Return what was measured; again after some hours, until all that counts was logged."""
        from analyzer.cli.report import AROUND_S, measured_downtime

        at, changed_at = judged.verdict.at, judged.verdict.changed_at
        if changed_at is None:
            return None
        whole = changed_at + timedelta(seconds=AROUND_S) + MEASURED_AGAIN
        if self._known is not None and self._known[0] == changed_at:
            when = self._known[1]
            if when >= whole or at - when < MEASURED_AGAIN:
                return self._known[2]
        self._known = changed_at, at, measured_downtime(gathered, judged)
        return self._known[2]


def _ask(config: Path, state: Path, resolver: list[str] | None) -> Callable[[], None]:
    """Return what asks the resolvers once and keeps their answers."""
    from analyzer.cli.dns_pace import paced
    from analyzer.cli.dns_round import keep, prepared, take

    pace = paced(state, now())

    def ask() -> None:
        asked = prepared(config, resolver=resolver)
        keep(take(asked, pace), state, None)

    prepared(config, resolver=resolver)  # faults are told at once
    return ask


def _canary(config: Path, state: Path, scheme: Scheme, old: str | None) -> Step:
    """Return what sends a canary, keeps what became of it, and fails if the old log does not show it."""
    from analyzer.cli.canary import record, sent
    from analyzer.migration import load

    def send() -> None:
        found = sent(load(config), scheme, old=old, wait_s=CANARY_WAIT_S)
        record(found, state)
        if found.error is not None:
            raise InputError(Fault("gave a canary no answer", str(found.server), found.error, "is the old server up?"))
        if found.logged is False:
            remedy = "its silence proves nothing until it does: is this its log, and is it written?"
            raise InputError(Fault("shows no canary", "the old server's log", remedy=remedy))

    server_option("old", old, load(config).old, scheme)  # faults are told at once
    return send


def _channels(webhook: str | None, command: str | None) -> tuple[Channel, ...]:
    """Return the ways to tell beside mail."""
    from analyzer.watch.channels import Command, Webhook

    url = webhook or os.environ.get("CUTOVER_WEBHOOK")
    return (*([Webhook(url)] if url else []), *([Command(command)] if command else []))


def _digest_at(text: str | None) -> time_of_day | None:
    """Return the time of day of the digest."""
    if text is None:
        return None
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise UsageError(Fault("not a time of day", "--digest", text, "write one like 08:00"))
    return time_of_day(int(found[1]), int(found[2]))


@contextlib.contextmanager
def _view() -> Iterator[View]:
    """Show the watch: a picture on a terminal, lines elsewhere."""
    from analyzer.watch.live import Lines, Screen

    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield Lines(say)
        return
    from rich.console import Console

    with Screen(Console(stderr=True, highlight=False)) as screen:
        yield screen


@contextlib.contextmanager
def _listening(running: Watch, where: tuple[str, int] | None) -> Iterator[Watch]:
    """Serve the metrics meanwhile, if that is wanted."""
    if where is None:
        yield running
        return
    from analyzer.watch.serve import served

    with served(where, running.metrics) as port:
        say(f"cutover: metrics at port {port}, /metrics")
        yield running
