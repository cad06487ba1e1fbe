"""DNS questions with answers written by hand, read back and judged; times are minutes from a change at 22:00."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from analyzer.dns.propagation import Propagation, propagation
from analyzer.dns.snapshots import Snapshots, read_snapshots

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "app.example.com"
T0 = datetime(2026, 3, 2, 22, tzinfo=UTC)
OLD, NEW, OLD6, NEW6 = "192.0.2.4", "198.51.100.5", "2001:db8::4", "2001:db8:1::5"
TTL_S = 3600

Row = dict[str, Any]


def at(minutes: float = 0, *, seconds: float = 0) -> datetime:
    """Return a moment so long after the change."""
    return T0 + timedelta(minutes=minutes, seconds=seconds)


def rrset(ttl: int, *data: str, name: str = NAME, kind: str = "A") -> list[Row]:
    """Return the records of one RRset."""
    return [{"name": name, "type": kind, "ttl": ttl, "data": one} for one in data]


def question(moment: datetime, resolver: str, answers: list[Row], **more: Any) -> Row:
    """Return a question asked at a moment, as it is recorded."""
    recorded = {
        "schema": "cutover.dns/1", "at": moment.isoformat(), "resolver": resolver, "transport": "udp",
        "name": NAME, "type": "A", "rcode": "NOERROR", "authoritative": False, "elapsed_ms": 3.0, "answers": answers,
        "error": None, "ede": None, "nsid": None,
    }  # fmt: skip
    return recorded | more


def asked(minutes: float, resolver: str, answers: list[Row], **more: Any) -> Row:
    """Return a question asked so many minutes after the change."""
    return question(at(minutes), resolver, answers, **more)


def told(minutes: float, server: str, *data: str, ttl: int = TTL_S, **more: Any) -> Row:
    """Return what an authoritative server answered."""
    return asked(minutes, server, rrset(ttl, *data, kind=more.get("type", "A")), authoritative=True, **more)


CHANGED = (told(-5, "ns1", OLD), told(0, "ns1", NEW, ttl=300))  # the zone's server changed, and the TTL with it


def read(*questions: Row) -> Snapshots:
    """Return the questions as they are read back."""
    snapshots = read_snapshots([], (json.dumps(one) for one in questions))
    assert snapshots.broken == ()
    return snapshots


def judge(
    *questions: Row, now: float = 600, names: Sequence[str] = (NAME,), six: bool = True, also: str = NEW, **more: Any
) -> Propagation:
    """Return what the questions say `now` minutes after the change; without `six` the servers have IPv4 only.

    `also` is another address of the new server.
    """
    return propagation(
        read(*questions),
        names=names,
        old=[ip_address(one) for one in ((OLD, OLD6) if six else (OLD,))],
        new=[ip_address(one) for one in ((NEW, also, NEW6) if six else (NEW, also))],
        at=at(now),
        **more,
    )
