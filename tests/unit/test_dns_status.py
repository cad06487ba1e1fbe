"""The exit status of `dns snapshot`, `show` and `watch`: 0 all new, 10 somebody old, 12 nobody says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import pytest

from analyzer.cli.dns_words import exit_status
from analyzer.dns.propagation import propagation
from analyzer.dns.snapshots import read_snapshots

T0 = datetime(2026, 3, 2, 22, tzinfo=UTC)
OLD, NEW, OLD6, NEW6, THIRD = "192.0.2.4", "198.51.100.5", "2001:db8::4", "2001:db8:1::5", "203.0.113.9"
ONE, OTHER = "app.example.com", "www.example.com"
HINT = f'1 . ipv4hint="{OLD}"'


def asked(data: str | None, kind: str = "A", name: str = ONE, **more: Any) -> dict[str, Any]:
    """Return an answer of half an hour ago, with a TTL of a minute."""
    answers = [] if data is None else [{"name": name, "type": kind, "ttl": 60, "data": data}]
    return {
        "schema": "cutover.dns/1", "at": (T0 - timedelta(minutes=30)).isoformat(), "resolver": "9.9.9.9",
        "transport": "udp", "name": name, "type": kind, "rcode": "NOERROR", "authoritative": False, "elapsed_ms": 1.0,
        "answers": answers, "error": None, "ede": None, "nsid": None,
    } | more  # fmt: skip


TIMEOUT = {"rcode": None, "error": "timeout"}
LATER = {"at": T0.isoformat()}


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([], 12),
        ([asked(None, **TIMEOUT)], 12),
        ([asked(None, rcode="SERVFAIL")], 12),
        ([asked(THIRD)], 12),
        ([asked(None)], 12),
        ([asked(NEW)], 0),
        ([asked(OLD)], 10),
        ([asked(OLD, **LATER), asked(NEW, **LATER, resolver="1.1.1.1")], 10),
        ([asked(NEW), asked(NEW6, "AAAA")], 0),
        ([asked(NEW), asked(OLD6, "AAAA")], 10),
        ([asked(NEW), asked(None, "AAAA")], 0),
        ([asked(NEW), asked(None, "AAAA", **TIMEOUT)], 12),
        ([asked(NEW), asked(HINT, "HTTPS")], 10),
        ([asked(NEW), asked(NEW, name=OTHER)], 0),
        ([asked(NEW), asked(OLD, name=OTHER)], 10),
        ([asked(NEW), asked(None, **TIMEOUT, resolver="1.1.1.1")], 0),
        ([asked(OLD), asked(NEW, **LATER)], 0),
        ([asked(OLD, at=(T0 - timedelta(seconds=30)).isoformat()), asked(NEW, **LATER)], 10),
        ([asked(OLD), asked(None, **LATER, **TIMEOUT)], 12),
        ([asked(NEW), asked(OLD, resolver="192.0.2.53", authoritative=True)], 10),
        ([asked(NEW), asked(THIRD, resolver="192.0.2.53", authoritative=True)], 12),
    ],
    ids=[
        "nothing asked", "no answer", "fails", "a third address", "no record", "new", "old", "one of two old",
        "both families new", "AAAA old", "AAAA gone", "AAAA fails", "hint old", "both names new", "one name old",
        "new, and one that is dead", "its entry has expired", "its entry may live", "old, and dead since",
        "a server is old", "a server has a third address",
    ],
)  # fmt: skip
def test_the_status_says_whether_somebody_may_be_old(rows: list[dict[str, Any]], status: int) -> None:
    """By the worst of what each resolver answered last."""
    seen = propagation(
        read_snapshots([], (json.dumps(one) for one in rows)),
        names=[ONE, OTHER],
        old=[ip_address(OLD), ip_address(OLD6)],
        new=[ip_address(NEW), ip_address(NEW6)],
        at=T0 + timedelta(seconds=1),
    )
    assert exit_status(seen) == status
