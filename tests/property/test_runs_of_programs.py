"""What programs send in a run, when the next run is, and which of them nobody has seen: the loss keeps its bound."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from drain_clients import CHANGE_S, DAY_S, FLAT, HOUR_S, table

from analyzer.drain.background import genuine, passing
from analyzer.drain.blind import Asked
from analyzer.drain.caches import Caches, Line
from analyzer.drain.clients import Clients
from analyzer.drain.fates import Fates
from analyzer.drain.leaving import Leaving
from analyzer.drain.loss import GUESSED_BY, _there, loss
from analyzer.drain.months import BY_CHANCE, monthly_per_day
from analyzer.drain.rates import Population, Rates, rates
from analyzer.drain.rhythm import Placed
from analyzer.drain.stays import Stays, stays
from analyzer.drain.surprise import Surprises
from analyzer.drain.visits import Visits

HORIZON_S = 30 * DAY_S
NOBODY = Surprises(np.zeros(0), 50 * DAY_S, 400 * DAY_S, 1.0)
EVENLY = Population(np.full(5, 0.2), CHANGE_S - 14 * DAY_S)


ANY = np.ones(1, np.bool_)


def placed(requests: list[int], weight: list[int]) -> Placed:
    """Return visits of one client."""
    n = len(requests)
    start = CHANGE_S + np.arange(n) * DAY_S
    some = Visits(np.zeros(n, np.int64), start, start, np.array(requests, np.int64), np.array(weight, np.int64))
    return Placed.of(some, np.zeros(1, np.int64))


def test_what_a_visit_brings_varies_as_a_sample_does() -> None:
    """The variance of a sample; of one that goes on that of as many at random; of a single visit nothing."""
    assert placed([1, 5, 3], [1, 1, 1]).varied(ANY)[0] == pytest.approx(np.var([1, 5, 3], ddof=1))
    assert placed([12, 24, 36], [2, 4, 6]).varied(ANY)[0] == 6.0
    assert placed([9], [1]).varied(ANY)[0] == placed([1, 5], [1, 1]).varied(~ANY)[0] == 0.0


def certain(per_day: float, known_by: float, per_visit: float, varied: float) -> tuple[Stays, Rates]:
    """Return a program that never moves and keeps time like a clock; its runs bring so much, give or take."""
    one, nobody = np.ones(1), Caches((Line(1.0),)).residual(DAY_S)
    stay = Stays(
        chance=one, expected_requests=one * per_day * 30 * per_visit, per_visit=one * per_visit, exponent=one / 2,
        doubt=one * 0, age_s=one * DAY_S,
        never=one, share=one, varied=one * varied, steady=one > 0, held=one * 0, guessed=one * 0,
        known_by=one * np.inf, kin=np.zeros(1, np.int64), release=nobody,
    )  # fmt: skip
    return stay, Rates(one * known_by, one * known_by / per_day, one, one * 1e-9)


@pytest.mark.parametrize(("per_day", "known"), [(1.0, 20), (24.0, 400)])
def test_the_bound_holds_for_runs_that_bring_now_more_now_less(per_day: float, known: int) -> None:
    """Of many programs whose runs bring 1 to 4, each known by some runs, 95 % send no more than their bound."""
    rng, held, over = np.random.default_rng(4), [], []
    for _ in range(400):
        seen, ahead = rng.integers(1, 5, known), rng.integers(1, 5, int(per_day * 30)).sum()
        stay, rate = certain(per_day, known, float(seen.mean()), float(seen.var(ddof=1)))
        upper = loss(stay, rate, NOBODY, horizon_s=HORIZON_S, confidence=0.95, draws=2_000).requests.upper
        held.append(ahead <= upper)
        over.append(upper / ahead)
    assert 0.925 <= np.mean(held) <= 0.975
    assert np.median(over) < 1.25


def test_the_bound_holds_for_people_known_by_a_few_visits() -> None:
    """Visits of 1 and a geometric number of requests more, of each known by ten: 95 % send no more than their bound."""
    rng, held = np.random.default_rng(7), []
    for _ in range(400):
        seen, ahead = rng.geometric(0.2, 10), rng.geometric(0.2, rng.poisson(30.0)).sum()
        stay, rate = certain(1.0, 1e9, float(seen.mean()), 0.0)
        stay, rate = replace(stay, steady=np.zeros(1, bool)), replace(rate, bursts=np.ones(1))
        known = replace(rate, shape=np.full(1, 10.0), exposure_days=np.full(1, 10.0))
        upper = loss(stay, known, NOBODY, horizon_s=HORIZON_S, confidence=0.95, draws=2_000).requests.upper
        held.append(ahead <= upper)
    assert np.mean(held) >= 0.94


def test_a_clock_comes_once_an_interval() -> None:
    """No prior of other clients makes it slower; one that also comes to the new server is counted, as others are."""
    clock = {"regular": True, "intervals": 13.0, "interval_s": DAY_S, "spread": 0.01}
    assert rates(table(1, **clock), FLAT, CHANGE_S, EVENLY).per_day[0] == pytest.approx(1.0, rel=1e-12)
    assert rates(table(1, **clock, direct=3.0), FLAT, CHANGE_S, EVENLY).per_day[0] != pytest.approx(1.0, rel=1e-3)
    assert rates(table(1, "person", **clock), FLAT, CHANGE_S, EVENLY).per_day[0] != pytest.approx(1.0, rel=1e-3)


# --- those that nobody has seen --------------------------------------------------------------------------------------


def unseen(size: int) -> tuple[Stays, Rates]:
    """Return programs that came each half day, the last time just before the change, and have not come yet."""
    some = table(size, before=28.0, requests=280.0, last_s=CHANGE_S, last_before_s=CHANGE_S)
    at_s, law = CHANGE_S + HOUR_S, Leaving(CHANGE_S, HOUR_S, {"program": 0.1, "person": 0.0}, {"program": 0.1})
    rate = rates(some, FLAT, at_s, EVENLY)
    return stays(some, law, rate, at_s, HORIZON_S, new_known=False), rate


def test_programs_that_nobody_has_seen_have_their_guess_in_common() -> None:
    """Each is there in as many draws as alone, but many in the same ones: the bound of ten is far above ten means."""
    alone, ten = unseen(1)[0], unseen(10)
    uniform = np.random.default_rng(1).random((20_000, 10))
    drawn = _there(np.random.default_rng(0), ten[0], uniform).sum(axis=1)
    mean, share = float(ten[0].chance[0]), 1 / (GUESSED_BY + 1)  # of the variance, that all have in common
    assert drawn.mean() == pytest.approx(10 * mean, rel=0.05)
    assert drawn.var() == pytest.approx(10 * mean * (1 - mean) * (1 + 9 * share), rel=0.1)
    only = uniform[:, :1]
    assert (_there(np.random.default_rng(0), alone, only) == (only < alone.chance)).all()
    together = loss(*ten, NOBODY, horizon_s=HORIZON_S, confidence=0.95).requests
    apart = loss(replace(ten[0], guessed=np.zeros(10)), ten[1], NOBODY, horizon_s=HORIZON_S, confidence=0.95).requests
    assert together.expected == pytest.approx(apart.expected, rel=1e-9)
    assert together.upper > 1.3 * apart.upper


@pytest.mark.parametrize("kind", ["program", "crawler", "monitor", "scanner", "person"])
@pytest.mark.parametrize("stayed", [0.002, 0.3, 1.0])
def test_whatever_counts_is_bounded(kind: str, stayed: float) -> None:
    """Two unseen clients of each kind that a policy may count, beside two programs, whatever share is taken to stay."""
    parts = [table(2, one, last_s=CHANGE_S) for one in (kind, "program")]
    names = Clients.__dataclass_fields__
    some = Clients(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
    law, at_s = Leaving(CHANGE_S, HOUR_S, {"program": stayed, "person": stayed}), CHANGE_S + 2 * HOUR_S
    rate = rates(some, FLAT, at_s, EVENLY)
    stay = stays(some, law, rate, at_s, HORIZON_S, new_known=True)
    found = loss(stay, rate, NOBODY, horizon_s=HORIZON_S, confidence=0.95).requests
    assert 0.0 <= found.expected <= found.upper < np.inf
    assert (stay.guessed[:2] > 0).all() == (kind == "program")


def test_who_has_been_seen_is_no_guess() -> None:
    """Nor is a person: each has shown something of its own."""
    came = table(3, after=1.0, first_after_s=CHANGE_S + HOUR_S, last_after_s=CHANGE_S + HOUR_S)
    for some in (came, table(3, "person")):
        law, at_s = Leaving(CHANGE_S, HOUR_S, {"program": 0.1, "person": 0.1}), CHANGE_S + DAY_S
        stay = stays(some, law, rates(some, FLAT, at_s, EVENLY), at_s, HORIZON_S, new_known=True)
        assert not stay.guessed.any()


# --- those who have one fate -----------------------------------------------------------------------------------------


def test_a_kin_has_one_fate_in_half_of_the_draws() -> None:
    """There they are all alike; in the other half, and between kins, nobody has anything in common."""
    kin, draws = np.array([3, 1, 3, 2, 3, 2]), 4_000
    fates = Fates(np.random.default_rng(5), kin, draws)
    drawn = fates.of_all()
    assert drawn.shape == (draws, 6)
    assert np.mean(drawn[:, 0] == drawn[:, 2]) == pytest.approx(0.5, abs=0.03)
    assert ((drawn[:, 0] == drawn[:, 2]) == (drawn[:, 2] == drawn[:, 4])).all()
    assert np.mean(drawn[:, [1]] == drawn[:, [0, 2, 3, 4, 5]]) < 1e-3
    assert np.mean(drawn[:, 0] == drawn[:, 3]) < 1e-3
    assert np.abs(drawn.mean(axis=0) - 0.5).max() < 0.03
    draw, who = (some.ravel() for some in np.mgrid[:draws, :6])
    one_by_one = fates.of(draw, who).reshape(draws, 6)
    same = one_by_one[:, 3] == one_by_one[:, 5]
    assert (same == (drawn[:, 3] == drawn[:, 5])).all(), "in the same draws, with other draws of their own"
    assert np.mean(one_by_one == drawn) < 1e-3


def test_the_bound_knows_that_a_fleet_may_stay() -> None:
    """Of forty of one agent, each there with a chance of a fifth, all may be; the mean, and one alone, are the same."""
    stay, rate = unseen(40)
    stay = replace(stay, guessed=np.zeros(40))
    fleet = replace(stay, kin=np.zeros(40, np.int64))
    apart, together = (
        loss(some, rate, NOBODY, horizon_s=HORIZON_S, confidence=0.95, draws=20_000).requests for some in (stay, fleet)
    )
    assert together.expected == apart.expected
    assert together.upper > 2.0 * apart.upper
    one, of_one = unseen(1)
    alone = [
        loss(replace(one, kin=np.full(1, kin)), of_one, NOBODY, horizon_s=HORIZON_S, confidence=0.95).requests.upper
        for kin in (0, 7)
    ]
    assert alone[0] == alone[1]


# --- jobs of the month -----------------------------------------------------------------------------------------------


def job(day: datetime, requests: float = 90.0) -> object:
    """Return a program that came once before the change."""
    at_s = day.timestamp()
    return table(before=1.0, requests=requests, first_s=at_s, last_s=at_s, last_before_s=at_s)


@pytest.mark.parametrize(
    ("day", "horizon", "turns"), [(10, 14, 0), (20, 14, 1), (10, 60, 2), (10, 90, 3), (1, 30, 1), (2, 10, 0)]
)
def test_a_job_of_the_month_comes_with_the_turns_that_lie_ahead(day: int, horizon: int, turns: int) -> None:
    """None between two of them; else one each, and what a run at such a day by chance would be is added."""
    at = datetime(2026, 3, day, 12, tzinfo=UTC)
    some = job(datetime(2026, 3, 1, 6, tzinfo=UTC))
    found = monthly_per_day(some, np.full(1, 0.05), at.timestamp(), horizon * DAY_S)
    assert found[0] * horizon == pytest.approx(turns + BY_CHANCE * 0.05 * horizon)


@given(st.integers(0, 40), st.integers(1, 300))
def test_a_longer_horizon_never_holds_fewer_runs(day: int, horizon: int) -> None:
    """Runs within a horizon do not fall as it grows by a day, whenever one looks."""
    some, at_s = job(datetime(2026, 1, 31, 20, tzinfo=UTC)), datetime(2026, 2, 3, tzinfo=UTC).timestamp() + day * DAY_S
    runs = [days * monthly_per_day(some, np.full(1, 0.05), at_s, days * DAY_S)[0] for days in (horizon, horizon + 1)]
    assert runs[1] >= runs[0] - 1e-9


def test_a_run_is_due_until_it_is_overdue() -> None:
    """A day and a half into the month it may yet come, and so may the next one; a week later only that one."""
    some, days = job(datetime(2026, 2, 1, 6, tzinfo=UTC)), 35
    due = [
        monthly_per_day(some, np.zeros(1), datetime(2026, 3, day, 12, tzinfo=UTC).timestamp(), days * DAY_S)[0] * days
        for day in (2, 8)
    ]
    assert due == pytest.approx([2.0, 1.0])


def test_a_run_of_another_day_has_the_rate_that_it_had() -> None:
    """Nor does one of few requests have a date."""
    at_s = datetime(2026, 3, 20, tzinfo=UTC).timestamp()
    for some in (job(datetime(2026, 3, 7, tzinfo=UTC)), job(datetime(2026, 3, 1, tzinfo=UTC), requests=2.0)):
        assert monthly_per_day(some, np.full(1, 0.05), at_s, HORIZON_S)[0] == 0.05


def test_one_that_has_a_date_is_no_scanner() -> None:
    """Of thirty nameless programs here once, all on the first of a month: none is doubted, whatever it asked for."""
    first, other = (datetime(2026, 3, day, 4, tzinfo=UTC).timestamp() for day in (1, 9))
    for at_s, sure in ((first, True), (other, False)):
        some = table(30, before=1.0, requests=9.0, first_s=at_s, last_s=at_s)
        what = Asked(np.ones(30, bool), np.ones(30, bool))
        assert (genuine(some, what, np.ones(30, bool), CHANGE_S, begun_s=CHANGE_S, at_s=CHANGE_S) == 1.0).all() == sure


# --- names that only pass by -----------------------------------------------------------------------------------------


def test_a_name_of_which_all_came_once_is_as_none() -> None:
    """Three a week ago or more; not two, not where one came on another day, nor where they came lately."""
    at_s, old, late = CHANGE_S + 20 * DAY_S, CHANGE_S - 3 * DAY_S, CHANGE_S + 15 * DAY_S

    def judged(size: int, agent: int = 4, kind: str = "program", **columns: object) -> list[bool]:
        some = table(size, kind, **{"before": 1.0, "first_s": old, "last_s": old} | columns)
        return passing(some, np.full(size, agent, np.int32), at_s, np.zeros(size, bool)).tolist()

    assert judged(3) == [True] * 3
    assert judged(2) == [False] * 2
    assert judged(3, first_s=late, last_s=late) == [False] * 3
    assert judged(4, first_s=[old, old, old, late], last_s=[old, old, old, late]) == [True] * 4
    assert judged(4, last_s=[old, old, old, late]) == [False] * 4
    assert judged(4, direct=[0.0, 0.0, 0.0, 1.0]) == [False] * 4
    assert judged(3, agent=-1) == judged(3, kind="person") == [False] * 3


def test_a_name_that_knew_nothing_of_the_site_is_as_none() -> None:
    """One is enough, however lately it came; not where one of that name asked for more, or came on another day."""
    at_s = CHANGE_S + 20 * DAY_S
    late = at_s - DAY_S

    def judged(blindly: list[bool], **columns: object) -> list[bool]:
        size = len(blindly)
        some = table(size, "program", **{"before": 0.0, "after": 1.0, "first_s": late, "last_s": late} | columns)
        return passing(some, np.full(size, 4, np.int32), at_s, np.array(blindly)).tolist()

    assert judged([True]) == [True]
    assert judged([False]) == [False]
    assert judged([True, True]) == [True] * 2
    assert judged([True, False]) == [False] * 2
    assert judged([True], first_s=late - 2 * DAY_S) == [False]
    assert judged([True], direct=1.0) == [False]
