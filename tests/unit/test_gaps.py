"""Silence in the log: a gap only where a living log would hardly have been silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from analyzer.drain.demand import Demand
from analyzer.drain.gaps import MOST_TRAILING_S, interior_gaps, silence_now, too_long, trailing_silence
from analyzer.logs.activity import Activity

if TYPE_CHECKING:
    from collections.abc import Iterable

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
START_S = 1_772_409_600  # Monday 2026-03-02 00:00 UTC
FLAT = Demand(np.ones(168), None, None, 0.0)
BY_DAY = Demand(np.tile([0.02] * 6 + [1.49] * 12 + [1.0] * 6, 7) / 1.0, None, None, 0.0)  # hardly anybody before 6 h


def logged(at_s: Iterable[float]) -> Activity:
    """Return an activity with a request at some seconds after the start."""
    minutes = sorted({int(START_S + at) // MINUTE_S * MINUTE_S for at in at_s})
    frame = pd.DataFrame(
        {
            "minute": pd.to_datetime(minutes, unit="s", utc=True).astype("datetime64[us, UTC]"),
            "part": np.zeros(len(minutes), np.int16),
            "requests": np.ones(len(minutes), np.int64),
            "failed": np.zeros(len(minutes), np.int64),
        }
    )
    return Activity(pd.DataFrame(), pd.DataFrame(), frame, (), (), {}, has_host=False)


def every(step_s: float, start_s: float, end_s: float) -> list[float]:
    """Return seconds in fixed steps."""
    return list(np.arange(start_s, end_s, step_s))


MONITORED = every(5 * MINUTE_S, 0, 4 * DAY_S)


def test_a_whole_log_has_no_gap() -> None:
    """A request every five minutes, up to now."""
    assert interior_gaps(logged(MONITORED), FLAT, None) == ()
    assert trailing_silence(logged(MONITORED), FLAT, START_S + 4 * DAY_S, None) is None


def test_a_gap_reaches_from_the_last_minute_to_the_next_request() -> None:
    """Three hours cut out of it: from the end of the last minute with a request to the next one."""
    start, end = DAY_S + 7 * HOUR_S, DAY_S + 10 * HOUR_S
    (gap,) = interior_gaps(logged(at for at in MONITORED if not start < at < end), FLAT, None)
    assert (gap.start_s - START_S, gap.end_s - START_S) == (start + MINUTE_S, end)
    assert gap.chance < 1e-7
    assert (gap.gap().end - gap.gap().start).total_seconds() == 3 * HOUR_S - MINUTE_S


def test_every_gap_is_found() -> None:
    """Several, also of different lengths."""
    holes = [(DAY_S, DAY_S + 3 * HOUR_S), (2 * DAY_S, 2 * DAY_S + 9 * HOUR_S)]
    kept = [at for at in MONITORED if not any(start < at < end for start, end in holes)]
    assert [gap.end_s - START_S for gap in interior_gaps(logged(kept), FLAT, None)] == [end for _, end in holes]


def test_a_quiet_site_may_be_silent() -> None:
    """A request every four hours: five hours without one are no gap, three days are."""
    seldom = every(4 * HOUR_S, 0, 20 * DAY_S)
    late = [at + (HOUR_S if at > 10 * DAY_S else 0) for at in seldom]
    assert interior_gaps(logged(late), FLAT, None) == ()
    assert trailing_silence(logged(seldom), FLAT, START_S + 20 * DAY_S + 5 * HOUR_S, None) is None
    hole = [at for at in seldom if not 10 * DAY_S < at < 13 * DAY_S]
    assert len(interior_gaps(logged(hole), FLAT, None)) == 1


def test_nights_are_silent_where_nights_are() -> None:
    """Requests by day only: with the rhythm of such a week no night is a gap, without it each one is."""
    by_day = [at for at in every(5 * MINUTE_S, 0, 6 * DAY_S) if at % DAY_S >= 6 * HOUR_S]
    assert interior_gaps(logged(by_day), BY_DAY, None) == ()
    assert len(interior_gaps(logged(by_day), FLAT, None)) == 5
    noon = [at for at in by_day if not 2 * DAY_S + 9 * HOUR_S < at < 2 * DAY_S + 15 * HOUR_S]
    assert len(interior_gaps(logged(noon), BY_DAY, None)) == 1, "six hours by day are as long as a night, and are one"


def test_the_crowd_before_the_change_makes_no_gap_after_it() -> None:
    """A request a minute before, one in three hours after: the silence in between is what is wanted."""
    change = 3 * DAY_S
    drained = [*every(MINUTE_S, 0, change), *every(3 * HOUR_S, change + 1800, 10 * DAY_S)]
    assert interior_gaps(logged(drained), FLAT, START_S + change) == ()
    end_s = START_S + 10 * DAY_S
    assert trailing_silence(logged(drained), FLAT, end_s, START_S + change) is None


def test_the_chance_is_that_of_no_event_under_the_rate_of_the_neighbourhood() -> None:
    """(e / (e + d)) ** (n + 1/2) by hand: the stretches of the day before, then 2 h 59 min of silence."""
    busy = every(10 * MINUTE_S, 0, 2 * DAY_S)
    at_s = busy[-1] + 3 * HOUR_S
    silence = trailing_silence(logged(busy), FLAT, START_S + at_s, None)
    assert silence is not None
    silent_s = 3 * HOUR_S - MINUTE_S
    neighbours = sum(busy[-1] + MINUTE_S - DAY_S <= at < busy[-1] + MINUTE_S for at in busy)
    assert silence.chance == pytest.approx((DAY_S / (DAY_S + silent_s)) ** (neighbours + 0.5), rel=1e-9)


def test_a_log_that_is_silent_for_days_is_not_taken_for_alive() -> None:
    """However seldom its requests were."""
    once_a_week = every(7 * DAY_S, 0, 60 * DAY_S)
    last = START_S + once_a_week[-1]
    assert trailing_silence(logged(once_a_week), FLAT, last + MOST_TRAILING_S, None) is None
    silence = trailing_silence(logged(once_a_week), FLAT, last + MOST_TRAILING_S + HOUR_S, None)
    assert silence is not None
    assert silence.end_s == last + MOST_TRAILING_S + HOUR_S


def test_no_request_at_all() -> None:
    """No neighbourhood, no gap inside; at the end a silence without length."""
    assert interior_gaps(logged([]), FLAT, None) == ()
    silence = trailing_silence(logged([]), FLAT, START_S, None)
    assert silence is not None
    assert (silence.start_s, silence.end_s) == (START_S, START_S)


def test_a_beat_that_misses_two_hours_has_a_gap() -> None:
    """A monitor of every five minutes and nothing else: two hours without it, in the log and before the change."""
    hole = DAY_S + 7 * HOUR_S + 120
    kept = [at for at in MONITORED if not hole < at < hole + 2 * HOUR_S]
    assert len(interior_gaps(logged(kept), FLAT, None)) == 1
    assert len(interior_gaps(logged(kept), FLAT, START_S + 3 * DAY_S)) == 1
    short = [at for at in MONITORED if not hole < at < hole + 20 * 60]
    assert interior_gaps(logged(short), FLAT, None) == (), "a restart of the server, or of the monitor"


def test_a_gap_as_long_as_the_beat_is_known_before_and_after_the_change() -> None:
    """What the half hours before the change show says nothing of those after it."""
    change = DAY_S + 12 * HOUR_S
    seldom = [*every(5 * MINUTE_S, 0, change), *every(9 * HOUR_S, change, 5 * DAY_S)]
    assert interior_gaps(logged(seldom), FLAT, START_S + change) == ()


def test_a_silence_that_hides_a_forwarded_request_is_a_gap() -> None:
    """However quiet the log is otherwise; next to its borders nothing is known."""
    seldom = logged(every(4 * HOUR_S, 0, 20 * DAY_S))
    inside = START_S + 10 * DAY_S + 2 * HOUR_S
    (gap,) = interior_gaps(seldom, FLAT, None, missed_s=np.array([inside]))
    assert gap.start_s < inside < gap.end_s
    at_s = START_S + 20 * DAY_S
    silence = silence_now(seldom, FLAT, at_s, None, missed_s=np.array([inside, at_s - HOUR_S]))
    assert silence is not None
    assert silence.chance == 0
    assert too_long(silence)
    before = silence_now(seldom, FLAT, at_s, None, missed_s=np.array([inside]))
    assert before is not None
    assert not too_long(before)
