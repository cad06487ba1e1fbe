"""A checklist of a migration that tests look at: in Berlin, for a Tuesday in December."""

from __future__ import annotations

from datetime import UTC, datetime, time
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo

from analyzer.handover.checklist import (
    Checklist,
    Ttl,
    checklist,
    times,
)
from analyzer.migration import Migration

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
MOVE = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)  # a Tuesday, ten o'clock in Berlin
DAY_TTL = Ttl(86_400.0, 86_400.0, "as written")
HOSTILE = "sites/$(touch never)/<script>alert(1)</script>;\n'`id`\u202e.toml"


def migration(source: str = "cutover.toml", new: tuple[str, ...] = ("198.51.100.5", "2001:db8::5")) -> Migration:
    """Return a migration of two names."""
    return Migration(
        names=("app.example.com", "www.example.com"),
        old=(ip_address("192.0.2.4"),),
        new=tuple(ip_address(one) for one in new),
        source=Path(source),
    )


def plan(
    mine: Migration | None = None,
    ttl: Ttl = DAY_TTL,
    batch: time | None = None,
    at: datetime = NOW,
    move: datetime = MOVE,
) -> Checklist:
    """Return a checklist in Berlin."""
    moments = times(
        at=at, move=move, batch=batch, ttl_s=ttl.seconds, usual_ttl_s=ttl.usual_s, horizon_s=30 * 86_400.0, zone=BERLIN
    )
    return checklist(mine or migration(), moments, ttl, at=at, dns="batch" if batch else "own", zone=BERLIN)
