"""Who never moves is learned from silences, where nobody is seen to move; weekends and single months prove little."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from drain_clients import CHANGE_S, DAY_S, FLAT, HOUR_S, table

from analyzer.drain.demand import Demand, on_weekend
from analyzer.drain.learned import NEVER_PRIOR, leaving
from analyzer.drain.months import EARLY_S, LATE_S, MONTHLY, PATIENCE_S, monthly_silence
from analyzer.drain.rates import SCALES_DAYS, Population, rates
from analyzer.drain.visits import joined
from analyzer.drain.weekends import rests_of, weekends_share

if TYPE_CHECKING:
    from analyzer.drain.clients import Clients

AT_S = CHANGE_S + 30 * DAY_S
WEEKDAYS_ONLY = Demand(np.repeat([1.4] * 5 + [0.0] * 2, 24), None, None, 14 * DAY_S)
EVENLY = Population(np.full(len(SCALES_DAYS), 1 / len(SCALES_DAYS)), CHANGE_S - 14 * DAY_S)


# --- the share that never moves --------------------------------------------------------------------------------------


def settled(size: int = 60) -> Clients:
    """Return people who kept coming until nine days after the change, and not since."""
    last = CHANGE_S + 9 * DAY_S
    return table(size, "person", after=9.0, first_after_s=CHANGE_S + HOUR_S, last_after_s=last, last_s=last)


def never(some: Clients, silence: float | None) -> float:
    """Return the share that never moves."""
    told = None if silence is None else np.full(len(some), silence)
    return leaving(some, CHANGE_S, HOUR_S, AT_S, silence=told).never["person"]


def test_all_who_settled_and_fell_silent_together_have_moved() -> None:
    """Sixty came for nine days, and nobody for three weeks: the prior's share is left, and less."""
    yes, no = NEVER_PRIOR["person"]
    assert never(settled(), 1e-6) < yes / (yes + no)
    assert never(settled(), None) == pytest.approx((60 + yes) / (60 + yes + no))
    assert never(settled(), 1.0) == pytest.approx(never(settled(), None), rel=0.05)


def test_an_office_that_is_closed_for_days_has_not_moved() -> None:
    """Five who settled and are all silent: after four days it may be a bridge holiday, after three weeks it is none."""
    few = settled(5)

    def after(days: float) -> float:
        at_s = float(few.last_after_s[0]) + days * DAY_S
        return leaving(few, CHANGE_S, HOUR_S, at_s, silence=np.full(5, 1e-6)).never["person"]

    assert after(4) > 0.3 * never(few, None)
    assert after(21) < 0.1 * never(few, None)


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_longer_the_silence_the_fewer_never_move(one: float, other: float) -> None:
    """Of two silences the rarer one leaves the smaller share."""
    rare, usual = sorted((one, other))
    assert never(settled(), rare) <= never(settled(), usual) + 1e-4


def test_what_others_did_tells_of_who_settled_and_is_silent() -> None:
    """Ten that came for nine days are silent since, and forty of their kind moved on day ten: few are left for good."""
    new = CHANGE_S + 10 * DAY_S
    moved = replace(settled(40), first_direct_s=np.full(40, new), last_direct_s=np.full(40, new), direct=np.ones(40))
    moved = replace(moved, direct_since=np.ones(40))
    silent = never(joined([settled(10), moved]), None)
    came = replace(settled(10), last_after_s=np.full(10, AT_S), last_s=np.full(10, AT_S))
    assert silent < 0.05 < never(joined([came, moved]), None)


def test_who_was_here_once_tells_nothing_of_how_long_people_stay() -> None:
    """Passers-by of the ninth day are no people who never move."""
    last = CHANGE_S + 9 * DAY_S
    once = table(60, "person", before=0.0, after=1.0, first_after_s=last, last_after_s=last, last_s=last)
    assert never(once, None) == pytest.approx(NEVER_PRIOR["person"][0] / sum(NEVER_PRIOR["person"]))


def daily(size: int, days: float, **columns: float) -> Clients:
    """Return people who came every day until so many days after the change, and are seen until now."""
    last = CHANGE_S + days * DAY_S
    seen = {
        "after": days,
        "first_after_s": CHANGE_S + HOUR_S,
        "last_after_s": last,
        "last_s": last,
        "interval_s": DAY_S,
    }
    return table(size, "person", **(seen | columns))


def movers(size: int) -> Clients:
    """Return people who came for two days, and then to the new server."""
    new = CHANGE_S + 2.5 * DAY_S
    told = {"first_direct_s": new, "last_direct_s": new, "direct": 1.0, "direct_since": 1.0}
    return daily(size, 2.0, **told)


def share(*some: Clients) -> float:
    """Return the share that never moves at the sixth day, where the new server's log is known."""
    return leaving(joined(some), CHANGE_S, HOUR_S, CHANGE_S + 6 * DAY_S).never["person"]


@given(st.integers(1, 40), st.floats(1.5, 5.5), st.floats(0.1, 2.0))
def test_the_longer_people_come_the_likelier_some_never_move(size: int, days: float, more: float) -> None:
    """A week need not have passed: of those bound to move most would have."""
    yes, no = NEVER_PRIOR["person"]
    longer = share(daily(size, min(days + more, 6.0)))
    assert yes / (yes + no) - 1e-6 <= share(daily(size, days)) <= longer + 1e-3


def test_one_who_stays_tells_little_and_twenty_tell_much() -> None:
    """One person in five days may be a slow one; twenty, of whom none moves, are of another kind than the prior's."""
    yes, no = NEVER_PRIOR["person"]
    assert share(daily(1, 5.5)) < 3 * yes / (yes + no)
    assert share(daily(20, 5.5)) > 0.2


def test_who_came_late_has_stayed_for_less_long() -> None:
    """First seen on the fifth day and there on the sixth: any slow one would be."""
    late = daily(20, 5.5, first_after_s=CHANGE_S + 4.5 * DAY_S)
    assert share(late) < share(daily(20, 5.5)) / 5


def test_a_program_that_stays_is_none_that_moved() -> None:
    """Until a week has passed it tells nothing, whether its moves could be seen or not: the prior's share is left."""
    last = CHANGE_S + 5 * DAY_S
    some = table(9, after=5.0, first_after_s=CHANGE_S + HOUR_S, last_after_s=last, last_s=last)
    yes, no = NEVER_PRIOR["program"]
    for silence in (None, np.ones(9)):
        law = leaving(some, CHANGE_S, HOUR_S, last, silence=silence)
        assert law.never["program"] == pytest.approx(yes / (yes + no))


@given(st.integers(1, 30))
def test_who_is_seen_to_move_makes_it_less_likely_of_the_others(size: int) -> None:
    """The share is of all who were left."""
    assert share(daily(10, 5.5), movers(size)) <= share(daily(10, 5.5)) + 1e-3


@given(st.integers(1, 30), st.floats(2.5, 5.9), st.integers(0, 30))
def test_the_share_is_the_one_that_it_makes_likely(size: int, days: float, moved: int) -> None:
    """Where it settles, it is (a + sum of w) / (a + b + n), w = p / (p + (1 - p) L) with a chance L to last so."""
    some = joined([daily(size, days), movers(moved)] if moved else [daily(size, days)])
    law = leaving(some, CHANGE_S, HOUR_S, CHANGE_S + 6 * DAY_S)
    yes, no = NEVER_PRIOR["person"]
    lasted = (1.5 / days) ** law.exponent["person"]
    found = law.never["person"]
    likely = found / (found + (1 - found) * lasted)
    assert found == pytest.approx((yes + size * likely) / (yes + no + size + moved), abs=2e-3)


def test_a_population_of_some_who_never_move_shows_how_many() -> None:
    """Drawn: people who come daily leave as Pareto says, from the seventh hour on, but for some who never do."""
    rng, size = np.random.default_rng(5), 4_000
    left_days = 0.3 * rng.random(size) ** -0.5
    left_days[:100] = np.inf
    first, now = rng.random(size), 6.0
    last = first + np.floor(np.minimum(left_days, now) - first)
    moved = (last + 1 <= now) & (last + 1 > left_days)
    there, gone = np.where(last >= 0, last, np.nan), np.where(moved, last + 1, np.nan)
    some = replace(
        daily(size, now),
        first_after_s=CHANGE_S + np.where(last >= 0, first, np.nan) * DAY_S,
        last_after_s=CHANGE_S + there * DAY_S,
        first_direct_s=CHANGE_S + gone * DAY_S,
        last_direct_s=CHANGE_S + gone * DAY_S,
        direct=moved.astype(float),
        direct_since=moved.astype(float),
    )
    assert share(some) == pytest.approx(100 / np.count_nonzero(last >= 1), rel=0.25)


# --- weekends --------------------------------------------------------------------------------------------------------


def test_a_saturday_and_a_sunday_are_a_weekend() -> None:
    """By the calendar, in UTC."""
    days = [datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=day, hours=12) for day in range(14)]
    assert on_weekend(np.array([day.timestamp() for day in days])).tolist() == [day.weekday() >= 5 for day in days]


def test_an_office_has_no_weekends_and_everybody_else_has_theirs() -> None:
    """Of 28 visits in two flat weeks eight are due on weekends; the fewer there were, the more it rests."""
    came = {"before": 28.0, "requests": 28.0, "last_s": CHANGE_S, "last_before_s": CHANGE_S}
    some = table(3, "person", weekend=np.array([0.0, 8.0, 16.0]), **came)
    assert rests_of(some, FLAT).tolist() == pytest.approx([1 - 1 / 9, 0.0, 1 - 17 / 9], rel=0.15, abs=0.05)
    assert not rests_of(replace(some, kind=table(3).kind), FLAT).any()
    assert not rests_of(replace(some, before=np.full(3, 4.0)), FLAT).any()
    assert not rests_of(replace(some, weekend=np.full(3, np.nan)), FLAT).any()


@given(st.floats(0, 14), st.floats(0.1, 3))
def test_the_days_of_a_week_and_of_its_weekend_add_up(start: float, length: float) -> None:
    """What is no weekend is a weekday: exposures are sums of theirs, at any moment; a week's weekend is 2/7 of it."""
    since, until = CHANGE_S + start * DAY_S, CHANGE_S + (start + length) * DAY_S
    weekdays = replace(FLAT, shape=FLAT.shape - FLAT.weekends.shape)
    parts = FLAT.weekends.normal_days(since, until) + weekdays.normal_days(since, until)
    assert parts == pytest.approx(FLAT.normal_days(since, until), abs=1e-6)
    assert FLAT.weekends.normal_days(since, since + 7 * DAY_S) == pytest.approx(2.0, abs=1e-6)
    assert weekends_share(FLAT) == pytest.approx(2 / 7)


def test_a_silent_weekend_tells_little_of_who_never_came_on_one() -> None:
    """Silent from Friday night to Monday morning: of an office worker that is nothing, of one of every day it is much.

    Where the whole site has no weekends nobody's say more.
    """
    friday = datetime(2026, 3, 13, 20, tzinfo=UTC).timestamp()
    came = {
        "before": 30.0, "requests": 30.0, "last_s": friday, "last_after_s": friday, "last_before_s": CHANGE_S,
        "first_after_s": CHANGE_S, "after": 15.0, "first_s": CHANGE_S - 14 * DAY_S,
    }  # fmt: skip
    some = table(2, "person", weekend=np.array([0.0, 12.0]), **came)
    office, daily = rates(some, FLAT, friday + 2.3 * DAY_S, EVENLY).silence
    assert office > 0.3
    assert daily < 0.1
    together = rates(some, WEEKDAYS_ONLY, friday + 2.3 * DAY_S, EVENLY).silence
    assert together.min() > 0.5


# --- months ----------------------------------------------------------------------------------------------------------


def job(*moments: datetime, requests: float = 90.0) -> Clients:
    """Return a program that came at these moments, before the change."""
    first, last = moments[0].timestamp(), moments[-1].timestamp()
    return table(
        before=float(len(moments)), requests=requests * len(moments), first_s=first, last_s=last, last_before_s=last
    )


def waited(some: Clients, at: datetime) -> float:
    """Return the chance of its silence."""
    return float(monthly_silence(some, at.timestamp())[0])


@pytest.mark.parametrize("day", [datetime(2026, 1, 31, 23, tzinfo=UTC), datetime(2026, 2, 1, 6, tzinfo=UTC)])
def test_a_run_at_the_turn_of_a_month_is_waited_for_until_the_next_one_is_overdue(day: datetime) -> None:
    """On the last day or the first, and up to a weekend later; then its silence is as any other's."""
    due_s = datetime(2026, 3, 1, tzinfo=UTC).timestamp() + LATE_S + PATIENCE_S
    assert waited(job(day), datetime.fromtimestamp(due_s - 60, UTC)) == MONTHLY
    assert waited(job(day), datetime.fromtimestamp(due_s + 60, UTC)) == 0.0


def test_runs_on_other_days_small_ones_and_frequent_ones_are_not() -> None:
    """Neither is who looked once, nor who came in the middle of a month, or three times, or as a person."""
    first, at = datetime(2026, 2, 1, 6, tzinfo=UTC), datetime(2026, 2, 20, tzinfo=UTC)
    assert waited(job(datetime(2026, 1, 1, 6, tzinfo=UTC), first), at) == MONTHLY
    assert waited(job(first, requests=2.0), at) == 0.0
    assert waited(job(datetime(2026, 2, 4, tzinfo=UTC)), at) == 0.0
    assert waited(job(datetime(2026, 1, 15, tzinfo=UTC), first), at) == 0.0
    assert waited(job(first, first, first), at) == 0.0
    assert waited(replace(job(first), kind=table(1, "person").kind), at) == 0.0


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 -- bounds are naive
def test_the_turn_of_a_month_is_the_same_window_around_each_first(moment: datetime) -> None:
    """From so many hours before a first until so many after it, in years of any length."""
    first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (first + timedelta(days=32)).replace(day=1)
    near = min(
        (moment.timestamp() - one.timestamp() for one in (first, following)),
        key=lambda ahead: 0 if -EARLY_S <= ahead <= LATE_S else 1,
    )
    expected = MONTHLY if -EARLY_S <= near <= LATE_S else 0.0
    assert waited(job(moment), moment + timedelta(hours=1)) == expected
