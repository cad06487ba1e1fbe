"""Laws of the model's parts: what must hold for all inputs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.drain.cells import Cells
from analyzer.drain.clients import PERSON, Clients
from analyzer.drain.demand import Demand, demand
from analyzer.drain.leaving import Leaving, ended_within, expected_stay_s, residual_life_s
from analyzer.drain.quiet import Quiet
from analyzer.drain.surprise import Surprises, surprises
from analyzer.drain.visits import VISIT_GAP_US, Visits
from analyzer.drain.visits import visits as visits_of
from analyzer.logs.agents import KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAY_S = 86_400.0
CHANGE_S = 1_772_488_800.0  # 2026-03-02T22:00:00Z


def cells_of(times_s: list[tuple[int, int]]) -> Cells:
    """Return half-hour cells of (client, second) pairs, by plain Python."""
    rows: dict[tuple[int, int], list[int]] = {}
    for client, at in times_s:
        rows.setdefault((client, at // 1800), []).append(at)
    keys = sorted(rows)
    return Cells(
        client=np.array([c for c, _ in keys], np.int64),
        slot=np.array([s * 1_800_000_000 for _, s in keys], np.int64),
        first=np.array([min(rows[k]) * 1_000_000 for k in keys], np.int64),
        last=np.array([max(rows[k]) * 1_000_000 for k in keys], np.int64),
        part=np.zeros(len(keys), np.int16),
        requests=np.array([len(rows[k]) for k in keys], np.int64),
    )


def slow_visits(times_s: list[tuple[int, int]]) -> list[tuple[int, int, int, int]]:
    """Return (client, start, end, requests) by walking over every request."""
    found: list[list[int]] = []
    for client, at in sorted(times_s):
        if found and found[-1][0] == client and (at - found[-1][2]) * 1_000_000 < VISIT_GAP_US:
            found[-1][2], found[-1][3] = at, found[-1][3] + 1
        else:
            found.append([client, at, at, 1])
    return [(a, b, c, d) for a, b, c, d in found]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60_000)), max_size=60))
def test_visits_from_half_hour_cells_are_those_of_the_single_requests(times: list[tuple[int, int]]) -> None:
    """No visit is joined or parted by the cells."""
    visits = visits_of(cells_of(times))
    got = list(zip(visits.client, visits.start, visits.end, visits.requests, strict=True))
    assert [tuple(int(x) for x in row) for row in got] == slow_visits(times)


def people(starts: list[float]) -> Visits:
    """Return one-request visits at some moments."""
    start = np.array(sorted(starts), np.float64)
    ones = np.ones(len(start), np.int64)
    return Visits(np.arange(len(start), dtype=np.int64), start, start, ones, ones)


moments = st.floats(0, 60 * DAY_S)


@given(st.lists(moments, max_size=200), st.tuples(moments, moments, moments))
def test_exposure_is_additive_and_never_negative(starts: list[float], cuts: tuple[float, float, float]) -> None:
    """Normal days of two adjoining stretches add up to those of both."""
    normal = demand(people(starts), 0.0, 60 * DAY_S)
    a, b, c = sorted(cuts)
    whole = float(normal.normal_days(a, c))
    assert whole == pytest.approx(float(normal.normal_days(a, b) + normal.normal_days(b, c)), abs=1e-6)
    assert whole >= 0
    assert float(normal.normal_days(c, a)) == pytest.approx(0, abs=1e-6)


@given(st.lists(moments, max_size=200), moments)
def test_a_week_has_seven_normal_days(starts: list[float], begin: float) -> None:
    """Whatever the rhythm, and wherever the week begins; but for days that are quiet."""
    normal = replace(demand(people(starts), 0.0, 60 * DAY_S), quiet=Quiet())
    assert float(normal.normal_days(begin, begin + 7 * DAY_S)) == pytest.approx(7, rel=1e-6)


def test_a_night_counts_less_than_a_working_hour() -> None:
    """With visits at 9-17 UTC only, an hour at 3 in the night is a small part of one at noon."""
    rng = np.random.default_rng(1)
    starts = [d * DAY_S + rng.uniform(9, 17) * 3600 for d in range(14) for _ in range(100)]
    normal = demand(people(starts), 0.0, 14 * DAY_S)
    night, noon = normal.normal_days(np.array([3.0, 12.0]) * 3600, np.array([4.0, 13.0]) * 3600)
    assert night < 0.1 * noon


ages = st.floats(3600, 90 * DAY_S)


@given(ages, st.floats(0.1, 4), st.floats(3600, 60 * DAY_S))
def test_expected_stay_is_the_integral_of_the_residual_life(age: float, exponent: float, horizon: float) -> None:
    """The closed form agrees with summing up the survival function."""
    grid = np.concatenate([[0], np.geomspace(1, horizon, 20_001)])
    numeric = np.trapezoid((age / (age + grid)) ** exponent, grid)
    closed = expected_stay_s(np.array([age]), np.array([exponent]), horizon)[0]
    assert closed == pytest.approx(numeric, rel=2e-3)
    assert 0 < closed <= horizon * (1 + 1e-9)


@given(ages, st.floats(0.1, 4), st.floats(0.01, 0.99))
def test_residual_life_is_the_quantile_of_the_same_law(age: float, exponent: float, chance: float) -> None:
    """The stay that is exceeded with a chance has that chance."""
    life = residual_life_s(np.array([age]), np.array([exponent]), chance)[0]
    assert (age / (age + life)) ** exponent == pytest.approx(chance, rel=1e-6)


@given(
    st.sampled_from(["person", "program", "crawler"]),
    st.floats(0, 1),
    st.floats(60, 5 * DAY_S),
    st.tuples(st.floats(0, 40 * DAY_S), st.floats(0, 40 * DAY_S), st.floats(0, 40 * DAY_S)),
)
def test_the_chance_to_be_still_there_falls_with_time_and_rises_with_the_last_visit(
    kind: str, stayed: float, bound: float, times: tuple[float, float, float]
) -> None:
    """More silence never raises it; a later visit never lowers it; both ends are 1."""
    law = Leaving(CHANGE_S, bound, {kind: stayed})
    last, now, later = sorted(times)
    kinds = np.array([KINDS.index(kind)], np.int8)

    def still(seen: float, at: float) -> float:
        return float(law.still(kinds, np.array([CHANGE_S + seen]), CHANGE_S + at)[0])

    assert still(now, now) == pytest.approx(1)
    assert still(last, later) <= still(last, now) + 1e-9
    assert still(last, later) <= still(now, later) + 1e-9
    assert 0 <= still(last, later) <= 1


@settings(max_examples=40)
@given(st.lists(st.floats(0.9, 6.9), max_size=20))
def test_a_face_just_now_never_makes_fewer_to_come(seen_days: list[float]) -> None:
    """The mean of the drawn number of further faces does not fall when one is seen at the present moment."""
    horizon = 30 * DAY_S

    def mean(faces: list[float]) -> float:
        stretch = Surprises(np.array(faces) * DAY_S, 7 / 8 * DAY_S, 7 * DAY_S, 1.0)
        return float(stretch.draw(np.random.default_rng(7), 4000, horizon).mean())

    assert mean([*seen_days, 7.0]) >= 0.99 * mean(seen_days)


def test_a_constant_stream_of_faces_is_expected_to_go_on() -> None:
    """With faces at a constant rate the horizon brings about rate times horizon."""
    rate_per_day = 20.0
    seen = np.random.default_rng(3).uniform(0.1 * DAY_S, 20 * DAY_S, int(rate_per_day * 20))
    stretch = Surprises(seen, 0.1 * DAY_S, 20 * DAY_S, 1.0)
    drawn = stretch.draw(np.random.default_rng(4), 4000, 10 * DAY_S)
    assert drawn.mean() == pytest.approx(rate_per_day * 10, rel=0.15)


def test_a_stream_that_has_ended_brings_hardly_any() -> None:
    """Hundreds of faces in the first hours and none for two weeks: less than one is expected."""
    seen = np.random.default_rng(5).uniform(3700, 4 * 3600, 300)
    now = surprises(_first_seen(seen), Leaving(CHANGE_S, 3600.0, {}), CHANGE_S + 14 * DAY_S)
    assert now.draw(np.random.default_rng(6), 4000, 30 * DAY_S).mean() < 1


def test_a_crowd_that_is_over_is_no_trickle() -> None:
    """Thirty faces in one day, closed offices after a holiday, and none in the five days since: hardly any will come.

    Thirty that came evenly are no crowd, and go on to come.
    """
    crowd = Surprises(np.linspace(4.0, 5.0, 30) * DAY_S, 1.25 * DAY_S, 10 * DAY_S, 1.0)
    trickle = Surprises(np.linspace(1.5, 9.9, 30) * DAY_S, 1.25 * DAY_S, 10 * DAY_S, 1.0)
    assert crowd.crowd_is_over.sum() > 0.99
    assert trickle.crowd_is_over.sum() < 0.4
    drawn = [one.draw(np.random.default_rng(8), 4000, 14 * DAY_S).mean() for one in (crowd, trickle)]
    assert drawn[0] < 0.8
    assert drawn[1] > 10


@settings(max_examples=40)
@given(st.lists(st.floats(1.3, 10.0), max_size=30))
def test_the_chance_that_a_crowd_is_over_is_one(seen_days: list[float]) -> None:
    """Of none it is nothing: there was no crowd; while the DNS still leads to the old address there is no crowd."""
    stretch = Surprises(np.array(seen_days) * DAY_S, 1.25 * DAY_S, 10 * DAY_S, 1.0)
    assert 0.0 <= stretch.crowd_is_over.sum() <= 1.0 + 1e-12
    assert replace(stretch, constant=True).crowd_is_over.sum() == 0.0
    if not seen_days:
        assert stretch.crowd_is_over.sum() == 0.0


def test_where_the_log_begins_after_the_change_its_first_day_has_no_new_faces() -> None:
    """All are seen there for the first time: who comes a day later or more is new; with older logs all are."""
    seen = np.concatenate([np.linspace(2.0, 2.9, 30), [4.0]]) * DAY_S
    late = _first_seen(seen)
    law = Leaving(CHANGE_S, 3600.0, {})
    assert surprises(late, law, CHANGE_S + 7 * DAY_S).ages_s.tolist() == [4 * DAY_S]
    older = replace(late, before=np.ones(len(seen)))
    assert len(surprises(older, law, CHANGE_S + 7 * DAY_S).ages_s) == len(seen)


@given(st.floats(0.01, 400), st.floats(0.01, 100), st.floats(1, 90))
def test_a_rest_is_the_less_likely_to_end_the_longer_it_has_lasted(rested: float, more: float, horizon: float) -> None:
    """1 - (d / (d + H))^(1/2) falls with d, rises with H, and is a chance."""
    now, later = ended_within(np.array([rested, rested + more]) * DAY_S, horizon * DAY_S)
    assert 0 <= later < now <= 1
    assert now == pytest.approx(1 - (rested / (rested + horizon)) ** 0.5)
    assert ended_within(np.array([rested * DAY_S]), (horizon + 1) * DAY_S)[0] > now


def _first_seen(ages_s: NDArray[np.float64]) -> Clients:
    """Return people who came once to the old server, at some ages after the change."""
    n = len(ages_s)
    nothing, once, never = np.zeros(n), np.ones(n), np.full(n, np.nan)
    at = CHANGE_S + ages_s
    return Clients(
        code=np.arange(n),
        kind=np.full(n, PERSON, np.int8),
        before=nothing,
        after=once,
        direct=nothing,
        weekend=nothing,
        requests_after=once,
        requests=once,
        varied=nothing,
        first_s=at,
        last_s=at,
        first_after_s=at,
        last_after_s=at,
        last_before_s=never,
        week_before=nothing,
        first_direct_s=never,
        last_direct_s=never,
        direct_since=nothing,
        absent=nothing,
        intervals=nothing,
        interval_s=never,
        longest_s=never,
        spread=never,
        regular=np.zeros(n, bool),
        genuine=once,
        churn=nothing,
        alike=once,
        kin=np.arange(n),
        six=np.zeros(n, bool),
        told=np.ones(n, bool),
        written=never,
    )


def test_demand_without_a_baseline_is_flat_and_says_so() -> None:
    """No visit: no level, and every hour the same."""
    normal = demand(people([]), 0.0, 0.0)
    assert isinstance(normal, Demand)
    assert normal.visits_per_day is None
    assert np.ptp(normal.shape) == 0
