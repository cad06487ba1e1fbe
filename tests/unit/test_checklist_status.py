"""What the checklist sees by itself, and what it says it cannot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from analyzer.dns.propagation import Propagation, propagation
from analyzer.dns.snapshots import read_snapshots
from analyzer.handover.asking import Certificate
from analyzer.handover.canary import Canary
from analyzer.handover.checklist import Seen, Sight, Ttl, checklist, ticked, times
from analyzer.handover.checklist.status import LogSeen
from analyzer.migration import Migration

if TYPE_CHECKING:
    from collections.abc import Iterable

BERLIN = ZoneInfo("Europe/Berlin")
MOVE = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
AT = MOVE + timedelta(days=2)
OLD, NEW, NAME = "192.0.2.4", "198.51.100.5", "app.example.com"
MINE = Migration(names=(NAME,), old=(ip_address(OLD),), new=(ip_address(NEW),))


def seen(step: str, *, ttl: Ttl | None = None, **sight: object) -> Seen:
    """Return what is seen of a step."""
    known = ttl or Ttl(300.0, 3_600.0, "asked")
    moments = times(
        at=AT, move=MOVE, batch=None, ttl_s=known.seconds, usual_ttl_s=known.usual_s, horizon_s=9e6, zone=BERLIN
    )
    plan = checklist(MINE, moments, known, at=AT, dns="own", zone=BERLIN)
    found = ticked(plan, Sight(at=AT, **sight)).step(step).seen  # type: ignore[arg-type] -- fields of `Sight`
    assert found is not None
    return found


def canary(*, logged: bool | None = True, reached: bool | None = True) -> Canary:
    """Return a canary of an hour ago."""
    at = AT - timedelta(hours=1)
    return Canary(at, "ab", "https://192.0.2.4:443", NAME, 404, None, 9.0, logged, 0.1, reached, None)


def answers(*told: tuple[float, str, str, bool]) -> Propagation:
    """Return what is known from answers: hours before AT, resolver, address, authoritative."""
    lines: Iterable[str] = (
        f'{{"schema": "cutover.dns/1", "at": "{AT - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}", '
        f'"resolver": "{resolver}", "transport": "udp", "name": "{NAME}", "type": "A", "rcode": "NOERROR", '
        f'"authoritative": {str(own).lower()}, "elapsed_ms": 9.0, "error": null, "ede": null, "nsid": null, '
        f'"answers": [{{"name": "{NAME}", "type": "A", "ttl": 300, "data": "{address}"}}]}}'
        for hours, resolver, address, own in told
    )
    return propagation(read_snapshots([], lines), names=(NAME,), old=MINE.old, new=MINE.new, at=AT)


MOVED = ((60.0, "8.8.8.8", OLD, False), (60.0, "203.0.113.1", OLD, True), (2.0, "203.0.113.1", NEW, True))
BEFORE = LogSeen(10_000, 3, AT - timedelta(days=20), AT - timedelta(minutes=1))
GOOD = Certificate("https://198.51.100.5:443", NAME, AT + timedelta(days=60), None)
REHEARSED = {"at": "2026-12-07T09:00:00Z", "asked": 1_000, "same": 1_000}
SAFE = {"at": "2026-12-10T08:00:00Z", "verdict": "safe", "stragglers": []}


@pytest.mark.parametrize(
    ("step", "sight", "done"),
    [
        ("log-format", {"log": BEFORE}, True),
        ("log-format", {"log": LogSeen(10_000, 300, BEFORE.first, BEFORE.last)}, False),
        ("log-format", {"log": LogSeen(10_000, 300, BEFORE.first, BEFORE.last, directives=290)}, True),
        ("log-format", {"log": LogSeen(10_000, 300, BEFORE.first, BEFORE.last, directives=190)}, False),
        ("log-format", {"log": LogSeen(10_000, 3, BEFORE.first, AT - timedelta(days=3))}, False),
        ("log-format", {}, False),
        ("snapshots", {"propagation": answers((1.0, "8.8.8.8", OLD, False))}, True),
        ("snapshots", {"propagation": answers((50.0, "8.8.8.8", OLD, False))}, False),
        ("snapshots", {}, False),
        ("certificates", {"certificates": (GOOD,)}, True),
        ("certificates", {"certificates": (GOOD, Certificate("x", NAME, None, "hostname mismatch"))}, False),
        ("certificates", {"certificates": (Certificate("x", NAME, AT + timedelta(days=1), None),)}, False),
        ("certificates", {}, None),
        ("rehearsal", {"rehearsal": REHEARSED}, True),
        ("rehearsal", {"rehearsal": {**REHEARSED, "same": 999}}, False),
        ("rehearsal", {}, False),
        ("canary", {"canaries": (canary(),)}, True),
        ("canary", {"canaries": (canary(), canary(logged=False))}, False),
        ("canary", {"canaries": (canary(logged=None),)}, False),
        ("switch", {"canaries": (canary(),)}, True),
        ("switch", {"canaries": (canary(reached=None),)}, False),
        ("switch", {"log": LogSeen(1, 0, AT, AT, from_proxy=7)}, True),
        ("publish", {"propagation": answers(*MOVED)}, True),
        ("publish", {"propagation": answers((1.0, "8.8.8.8", OLD, False))}, False),
        ("published", {"propagation": answers(*MOVED, (2.0, "203.0.113.2", OLD, True))}, False),
        ("purge", {"propagation": answers(*MOVED)}, False),
        ("purge", {"propagation": answers(*MOVED, (1.0, "8.8.8.8", NEW, False))}, True),
        ("purge", {}, None),
        ("drained", {"propagation": answers(*MOVED, (1.0, "8.8.8.8", NEW, False))}, True),
        ("drained", {"propagation": answers(*MOVED, (0.01, "8.8.8.8", OLD, False))}, False),
        ("watch", {"verdict": SAFE}, True),
        ("watch", {"verdict": {**SAFE, "at": "2026-12-01T08:00:00Z"}}, False),
        ("stragglers", {"verdict": SAFE}, True),
        ("stragglers", {"verdict": {**SAFE, "stragglers": [{"stuck": True}]}}, False),
        ("removal", {"verdict": SAFE}, None),
        ("removal", {"verdict": {**SAFE, "verdict": "wait"}}, False),
        ("cron", {"log": BEFORE}, None),
        ("backups", {}, None),
    ],
)
def test_a_step_is_ticked_by_what_is_seen(step: str, sight: dict[str, object], done: bool | None) -> None:
    """True, False, or not to be seen from here; a sentence says why."""
    found = seen(step, **sight)
    assert found.done is done, found.sentence
    assert found.sentence[0].isupper() or found.sentence[0].isdigit()
    assert found.sentence.endswith(".")


@pytest.mark.parametrize(
    ("step", "ttl", "done"),
    [
        ("ttl-lower", Ttl(300.0, 3_600.0, "asked"), True),
        ("ttl-lower", Ttl(3_600.0, 3_600.0, "asked"), False),
        ("ttl-lower", Ttl(86_400.0, 86_400.0, "assumed", assumed=True), None),
        ("ttl-raise", Ttl(300.0, 3_600.0, "asked"), False),
        ("ttl-raise", Ttl(3_600.0, 3_600.0, "asked"), True),
    ],
)
def test_the_ttl_of_today_ticks_its_steps(step: str, ttl: Ttl, done: bool | None) -> None:
    """Lowered before, and the usual one again after the change."""
    assert seen(step, ttl=ttl, propagation=answers(*MOVED)).done is done


def test_what_is_hostile_in_what_was_seen_stays_text() -> None:
    """A certificate's error is a stranger's text."""
    found = seen("certificates", certificates=(Certificate("x", NAME, None, "bad <b>name</b>"),))
    assert "bad <b>name</b>" in found.sentence
