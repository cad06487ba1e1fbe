"""The zones behind the names: whose servers have which serial, what parent and child say of them, and since when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from analyzer.dns.moves import Named, former_servers, last_move
from analyzer.dns.record import plain_name
from analyzer.units import spoken_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from analyzer.dns.record import Answer
    from analyzer.dns.snapshots import Snapshots

SERIAL_HALF, SERIAL_END = 2**31, 2**32  # RFC 1982 s3.2: sequence space arithmetic
SOA_FIELDS = 7  # mname rname serial refresh retry expire minimum: RFC 1035 s3.3.13
_NUMBER = re.compile(r"[0-9]{1,10}")  # 32 bits
COLUMNS = ("resolver", "name", "type", "rcode", "error", "authoritative", "answers")


@dataclass(frozen=True, slots=True)
class ZoneServer:
    """A server of a zone, as it answered last.

    Attributes
    ----------
    serial
        Of its copy of the zone; None if it gave none.
    behind
        Another server has a later copy.
    lame
        It is asked as a server of the zone, and is none.
    former
        The zone has moved away from it: it names other servers than the zone above does now.
    problem
        Why it gave no answer; empty if it did.
    """

    server: str
    asked_at: datetime
    serial: int | None
    behind: bool
    lame: bool
    problem: str
    former: bool = False


@dataclass(frozen=True, slots=True)
class Delegation:
    """The NS RRset of a zone: the servers' names and the TTL [s]."""

    servers: frozenset[str]
    ttl_s: float


@dataclass(frozen=True, slots=True)
class Zone:
    """What is known of a zone at one moment.

    Attributes
    ----------
    child, parent
        The NS RRset as its own servers, and as those of the zone above have it; None where nobody was asked.
    refresh_s
        [s] after which a secondary asks for a later copy, if it was not notified; None if it is not known.
    before
        The NS RRset in the zone above before it was last changed, with the longest TTL that it had there or in the
        zone itself; None if no change was seen.
    moved_after, moved_at
        The earliest and the latest moment of that change.
    """

    name: str
    servers: tuple[ZoneServer, ...]
    child: Delegation | None
    parent: Delegation | None
    refresh_s: float | None
    before: Delegation | None
    moved_after: datetime | None
    moved_at: datetime | None

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is wrong with it, for people."""
        return tuple(_sentences(self))


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question about a zone."""

    at: datetime
    server: str
    type: str
    authoritative: bool
    problem: str
    answers: tuple[Answer, ...]


def zones(snapshots: Snapshots, at: datetime) -> tuple[Zone, ...]:
    """Return the zones that were asked about, in order of name.

    Parameters
    ----------
    snapshots
        As `read_snapshots` returns them; SOA and NS are looked at.
    at
        The moment; nothing later is looked at.
    """
    by_name: dict[str, list[_Asked]] = {}
    for name, row in _asked(snapshots):
        if row.at <= at:
            by_name.setdefault(name, []).append(row)
    found = (_zone(name, rows) for name, rows in sorted(by_name.items()))
    return tuple(zone for zone in found if zone.servers or zone.parent)


@lru_cache(maxsize=2)
def _asked(snapshots: Snapshots) -> tuple[tuple[str, _Asked], ...]:
    """Return each question about a zone, with its name, in order of time."""
    asked = snapshots.questions
    asked = asked[asked["type"].isin(["SOA", "NS"])].sort_values("at", kind="stable")
    columns = (asked[name].astype(object) for name in COLUMNS)
    rows = []
    for moment, server, name, kind, rcode, error, authoritative, answers in zip(asked["at"], *columns, strict=True):
        mine = tuple(one for one in answers if one.type == kind and one.name == name)
        problem = _problem(rcode, error, mine)
        rows.append((name, _Asked(moment.to_pydatetime(), server, kind, bool(authoritative), problem, mine)))
    return tuple(rows)


def newer(one: int, other: int) -> bool:
    """Return whether a serial is later than another (RFC 1982 s3.2).

    >>> newer(1, 4_294_967_295), newer(5, 5)
    (True, False)
    """
    return 0 < (one - other) % SERIAL_END < SERIAL_HALF


def _zone(name: str, rows: Sequence[_Asked]) -> Zone:
    """Return a zone from all that was asked about it, in order of time."""
    last = {row.server: row for row in rows if row.type == "SOA" and (row.authoritative or not row.answers)}
    soas = {server: _soa(row.answers[0]) if row.answers else None for server, row in last.items()}
    latest: int | None = None
    listed = [row for row in rows if row.type == "NS" and row.answers]
    above = [row for row in listed if not row.authoritative and row.server not in last]
    own = [row for row in listed if row.authoritative]
    move = last_move([_named(row) for row in above], [_named(row) for row in own])
    former = former_servers(move, [_named(row) for row in own]) if move is not None else frozenset()
    own = [row for row in own if row.server not in former]
    for server, soa in soas.items():
        if soa is not None and server not in former and (latest is None or newer(soa[0], latest)):
            latest = soa[0]
    refreshes = [soa[1] for soa in soas.values() if soa is not None]
    return Zone(
        name=name,
        servers=tuple(_server(row, soas[server], latest, former) for server, row in sorted(last.items())),
        child=_delegation(own[-1]) if own else None,
        parent=_delegation(above[-1]) if above else None,
        refresh_s=float(max(refreshes)) if refreshes else None,
        before=None if move is None else Delegation(move.before, move.ttl_s),
        moved_after=None if move is None else move.after,
        moved_at=None if move is None else move.at,
    )


def _server(row: _Asked, soa: tuple[int, int] | None, latest: int | None, former: frozenset[str]) -> ZoneServer:
    """Return one server's state."""
    behind = soa is not None and latest is not None and newer(latest, soa[0])
    failing = row.problem in {"timeout", "unreachable", "refused", "malformed", "tls"}
    lame = not row.authoritative and not failing
    serial, gone = None if soa is None else soa[0], row.server in former
    return ZoneServer(row.server, row.at, serial, behind and not gone, lame, row.problem, gone)


def _named(row: _Asked) -> Named:
    """Return the NS RRset of an answer, with who gave it and when."""
    found = _delegation(row)
    return Named(row.at, row.server, found.servers, found.ttl_s)


def _delegation(row: _Asked) -> Delegation:
    """Return the NS RRset of an answer."""
    servers = frozenset(plain_name(one.data) for one in row.answers)
    return Delegation(servers, float(min(one.ttl_s for one in row.answers)))


def _soa(answer: Answer) -> tuple[int, int] | None:
    """Return serial and refresh [s]; None if the record is no SOA."""
    fields = answer.data.split()
    if len(fields) != SOA_FIELDS or not all(_NUMBER.fullmatch(one) for one in fields[2:]):
        return None
    return int(fields[2]) % SERIAL_END, min(int(fields[3]), SERIAL_HALF)


def _problem(rcode: Any, error: Any, answers: tuple[Answer, ...]) -> str:  # noqa: ANN401 -- text, or what a frame has for none
    """Return why there is no answer; empty if there is one."""
    if isinstance(error, str):
        return error
    if isinstance(rcode, str) and rcode != "NOERROR":
        return rcode
    return "" if answers else "no such record"


def _sentences(zone: Zone) -> Iterator[str]:
    """Yield what is wrong with a zone, the weightiest first."""
    behind = [one.server for one in zone.servers if one.behind]
    if behind:
        wait = f"; a secondary asks again after {spoken_duration(zone.refresh_s)}" if zone.refresh_s else ""
        yield f"{', '.join(behind)} of the zone {zone.name} serves an earlier copy than the others (serial){wait}."
    for one in zone.servers:
        if one.lame:
            yield f"{one.server} is named as a server of {zone.name} and is none: lame delegation ({one.problem})."
        elif one.problem:
            yield f"{one.server} of the zone {zone.name} gives no answer ({one.problem})."
    if zone.child and zone.parent and zone.child.servers != zone.parent.servers:
        differ = ", ".join(sorted(zone.child.servers ^ zone.parent.servers))
        yield f"The zone {zone.name} and the one above disagree about its servers: {differ}."
    if zone.before and zone.moved_at:
        until = zone.moved_at + timedelta(seconds=zone.before.ttl_s)
        late = f"{until:%Y-%m-%dT%H:%M:%SZ}"
        yield f"The zone {zone.name} moved to other servers; caches may ask the former ones until {late}."
