"""What the watch tells, and what it does not: pure comparisons."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.watch.news import Situation, change, digest_due

WORDS = st.sampled_from(["safe", "wait", "stuck", "unknown"])
SITUATIONS = st.builds(Situation, WORDS, st.frozensets(st.text(max_size=12), max_size=4))


def some(verdict: str, *stuck: str) -> Situation:
    """Return a situation."""
    return Situation(verdict, frozenset(stuck))


@given(SITUATIONS)
def test_the_same_situation_is_no_news(now: Situation) -> None:
    """However often one looks."""
    assert change(now, now) is None


@given(SITUATIONS, SITUATIONS)
def test_another_verdict_or_another_stuck_client_is_news(before: Situation, now: Situation) -> None:
    """Nothing else is: a client that has moved is none while others are stuck."""
    worth = before.verdict != now.verdict or bool(now.stuck - before.stuck)
    assert (change(before, now) is not None) == worth


@given(SITUATIONS)
def test_the_first_look_is_no_change(now: Situation) -> None:
    """Whoever starts a watch has just looked."""
    assert change(None, now) is None


@given(SITUATIONS)
def test_a_situation_is_kept_as_it_is(now: Situation) -> None:
    """What is written into the state is read back."""
    assert Situation.parse(now.text()) == now


def test_many_clients_are_counted() -> None:
    """Three are named."""
    told = change(some("stuck"), some("stuck", "a", "b", "c", "d", "e"))
    assert told == "Stuck since the last report: a, b, c and 2 more."


@pytest.mark.parametrize(
    ("clock", "last", "due"),
    [
        ("07:59", None, False),
        ("08:00", None, True),
        ("23:59", None, True),
        ("08:00", "2026-03-11", True),
        ("09:00", "2026-03-12", False),
        ("09:00", "2026-03-13", False),  # the clock was set back
    ],
)
def test_a_digest_is_due_once_a_day(clock: str, last: str | None, due: bool) -> None:
    """From its time of day on, on each day that has none yet."""
    now = datetime.combine(datetime(2026, 3, 12, tzinfo=UTC), time.fromisoformat(clock), UTC)
    assert digest_due(now, time(8), last) == ("2026-03-12" if due else None)
    assert digest_due(now, None, last) is None
