"""What holds of every checklist, whatever the times, the TTL and the zone are."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from ipaddress import ip_address
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.handover.checklist import Checklist, Ttl, calendar, checklist, times
from analyzer.handover.checklist.calendar import escaped, folded
from analyzer.migration import Migration

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
MINE = Migration(names=("app.example.com",), old=(ip_address("192.0.2.4"),), new=(ip_address("198.51.100.5"),))
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1)).map(lambda one: one.replace(tzinfo=UTC))  # noqa: DTZ001 -- made aware


@st.composite
def plans(draw: st.DrawFn) -> Checklist:
    """Return a checklist of any move, made at any time before it or after."""
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    move = draw(MOMENTS)
    at = move - timedelta(hours=draw(st.integers(-200, 2_000)))
    batch = draw(st.none() | st.times().map(lambda one: time(one.hour, one.minute)))
    ttl = Ttl(float(draw(st.sampled_from([0, 60, 300, 3_600, 86_400, 604_800]))), 0.0, "drawn")
    ttl = Ttl(ttl.seconds, max(ttl.seconds, float(draw(st.sampled_from([0, 3_600, 86_400])))), "drawn")
    moments = times(
        at=at, move=move, batch=batch, ttl_s=ttl.seconds, usual_ttl_s=ttl.usual_s, horizon_s=2_592_000.0, zone=zone
    )
    return checklist(MINE, moments, ttl, at=at, dns="batch" if batch else "own", zone=zone)


@settings(max_examples=60, deadline=None)
@given(plans())
def test_nothing_is_due_before_what_it_needs(plan: Checklist) -> None:
    """Every step comes after those that must be done before it, and the phases follow each other."""
    known = {one.id: one for one in plan.steps}
    for one in plan.steps:
        for need in one.needs:
            assert known[need].at <= one.at, (need, one.id)
    for early, late in (("prepare", "move"), ("drain", "end")):
        assert max(s.at for s in plan.steps if s.phase == early) <= min(s.at for s in plan.steps if s.phase == late)


@settings(max_examples=60, deadline=None)
@given(plans())
def test_the_moments_are_in_order(plan: Checklist) -> None:
    """Switch, change, check, caches, brown-out, removal, end; and caches have at least the TTL they may have."""
    moments = plan.times
    ordered = [
        moments.move,
        moments.publish,
        moments.check,
        moments.settled,
        moments.brownout,
        moments.removal,
        moments.end,
    ]
    assert ordered == sorted(ordered)
    assert moments.drained >= moments.publish + timedelta(seconds=moments.tail_s)
    assert moments.tail_s in {moments.low_ttl_s, plan.ttl.usual_s}
    if not moments.late and plan.ttl.usual_s > moments.low_ttl_s:
        assert moments.lower + timedelta(seconds=plan.ttl.usual_s) <= moments.publish, "lowered in time"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_any_text_folds_into_lines_that_calendars_take(told: str) -> None:
    """75 bytes at most, no character cut, nothing that ends a line; put together it is the escaped text."""
    shown = escaped(told)
    parts = list(folded(shown))
    assert all(len(part.encode()) <= 75 for part in parts)
    assert "".join(part[1:] if n else part for n, part in enumerate(parts)) == shown
    assert not re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029]", shown)


@settings(max_examples=20, deadline=None)
@given(plans())
def test_a_calendar_has_one_event_a_step(plan: Checklist) -> None:
    """Whatever is in the list."""
    assert calendar(plan).count("\r\nBEGIN:VEVENT\r\n") == len(plan.steps)
