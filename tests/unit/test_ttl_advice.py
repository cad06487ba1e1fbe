"""When to lower a TTL, and when to raise it again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from analyzer.dns.advice import FORGOTTEN_S, LAG_S, ROLLBACK_S, ttl_advice
from analyzer.units import DAY_S, HOUR_S

CHANGE = datetime(2026, 3, 10, 22, tzinfo=UTC)


def before(hours: float) -> datetime:
    """Return a moment so many hours before the change."""
    return CHANGE - timedelta(hours=hours)


@pytest.mark.parametrize("ttl_s", [600, 3600, DAY_S, 7 * DAY_S])
def test_an_entry_fetched_just_before_the_lowering_is_gone_by_the_change(ttl_s: float) -> None:
    """Lowered at the last moment, and fetched from the slowest server at the last moment: it dies by the change."""
    found = ttl_advice(ttl_s, at=before(1000), change_at=CHANGE)
    assert found.lower_by is not None
    assert found.lower_by + timedelta(seconds=LAG_S + ttl_s) == CHANGE
    assert not found.late
    assert "not later than" in found.sentences[0]


def test_too_late_is_said_with_the_first_good_moment() -> None:
    """A day's TTL, five hours before: change a day and an hour from now, or live with a day."""
    found = ttl_advice(DAY_S, at=before(5), change_at=CHANGE)
    assert found.late
    assert found.lowest_at == before(5) + timedelta(seconds=DAY_S + LAG_S)
    assert "too late" in found.sentences[0]
    assert "up to 24 h" in found.sentences[1]


def test_a_low_ttl_needs_nothing() -> None:
    """Below what is advised, nothing is raised to it."""
    found = ttl_advice(60, at=before(2), change_at=CHANGE)
    assert (found.lower_to_s, found.lower_by, found.late, found.raise_to_s) == (60, None, False, None)


def test_without_a_planned_change_the_earliest_one_is_said() -> None:
    """Nobody knows when: a TTL and the servers' lag from now."""
    found = ttl_advice(HOUR_S, at=CHANGE)
    assert found.lowest_at == CHANGE + timedelta(hours=2)
    assert (found.lower_by, found.raise_from) == (None, None)


@pytest.mark.parametrize(("days", "forgotten"), [(0.1, False), (3, False), (9, True)])
def test_a_low_ttl_long_after_the_change_was_forgotten(days: float, forgotten: bool) -> None:
    """It was an hour, is five minutes, and the time to go back is over since a week."""
    found = ttl_advice(300, at=CHANGE + timedelta(days=days), change_at=CHANGE, usual_ttl_s=HOUR_S)
    assert found.forgotten is forgotten
    assert found.raise_from == CHANGE + timedelta(seconds=300 + LAG_S + ROLLBACK_S)
    assert ("forgotten" in found.sentences[0]) is forgotten
    assert FORGOTTEN_S == 7 * DAY_S


def test_one_that_was_raised_is_left_alone() -> None:
    """As long as before: nothing is left to do."""
    found = ttl_advice(HOUR_S, at=CHANGE + timedelta(days=30), change_at=CHANGE, usual_ttl_s=HOUR_S)
    assert not found.forgotten
    assert found.sentences == ("The change is over, and the TTL is 60 min.",)
