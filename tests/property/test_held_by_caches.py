"""Before the last cache has expired: clients held by one, and others that stay, against simulated ones."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from drain_clients import CHANGE_S, DAY_S, FLAT, HOUR_S, table

from analyzer.drain.caches import Caches, Line
from analyzer.drain.learned import leaving
from analyzer.drain.leaving import EARLY_STAYED, Leaving
from analyzer.drain.rates import SCALES_DAYS, Population, rates
from analyzer.drain.stays import Stays, stays
from analyzer.logs.agents import KINDS

HORIZON_S = 30 * DAY_S
EVENLY = Population(np.full(len(SCALES_DAYS), 1 / len(SCALES_DAYS)), CHANGE_S - 14 * DAY_S)
BOUND_S = DAY_S
MIXTURE = Caches((Line(2 * HOUR_S, count=3.0), Line(10 * HOUR_S, HOUR_S, count=1.0), Line(9 * DAY_S, count=50.0)))
PEOPLE = np.array([KINDS.index("person")], np.int8)


def law(stayed: float) -> Leaving:
    """Return a law with two lines that end before the bound; the third is beyond it."""
    shares = {"person": stayed, "program": stayed}
    return Leaving(CHANGE_S, BOUND_S, shares, {}, exponent={"person": 2.0, "program": 0.5}, caches=MIXTURE)


def stay_at(age_s: float, kind: str, stayed: float = 0.2) -> Stays:
    """Return the stay of one client that was at the old address a minute ago."""
    at_s = CHANGE_S + age_s
    some = table(1, kind, after=3.0, first_after_s=CHANGE_S + 60, last_after_s=at_s - 60, last_s=at_s - 60)
    return stays(some, law(stayed), rates(some, FLAT, at_s, EVENLY), at_s, HORIZON_S, new_known=True)


def simulated(size: int, stayed: float) -> np.ndarray:
    """Return the ages at which simulated people leave [s]: three in four behind the short line."""
    rng = np.random.default_rng(41)
    short = 2 * HOUR_S * rng.random(size)
    layered = 10 * HOUR_S * rng.random(size) + HOUR_S * rng.random(size)
    cached = np.where(rng.random(size) < 0.75, short, layered)
    return np.where(rng.random(size) < stayed, BOUND_S * rng.random(size) ** -0.5, cached)


@pytest.mark.parametrize(("seen_h", "now_h"), [(0.0, 1.0), (1.0, 5.0), (0.5, 30.0), (5.0, 60.0), (30.0, 60.0)])
def test_the_share_still_there_is_that_of_simulated_people(seen_h: float, now_h: float) -> None:
    """Of those seen at the old address at one age: behind the lines that end by the bound, or staying."""
    gone = simulated(600_000, 0.2)
    there = gone > seen_h * HOUR_S
    said = law(0.2).still(PEOPLE, np.array([CHANGE_S + seen_h * HOUR_S]), CHANGE_S + now_h * HOUR_S)[0]
    assert said == pytest.approx((gone[there] > now_h * HOUR_S).mean(), abs=0.005)


@pytest.mark.parametrize("age_h", [0.5, 4.0])
def test_stays_are_those_of_simulated_people(age_h: float) -> None:
    """Each quantile, by the closed form and by draws; who is held by no cache leaves as one does at the bound."""
    gone, age_s = simulated(600_000, 0.2), age_h * HOUR_S
    left = gone[gone > age_s] - age_s
    staying = gone[gone > age_s] > BOUND_S
    left[staying] += age_s - BOUND_S
    stay = stay_at(age_s, "person")
    drawn = stay.lives_s(np.zeros(200_000, np.int64), np.random.default_rng(42).random(200_000))
    assert stay.held[0] == pytest.approx(1 - staying.mean(), abs=0.01)
    for chance in (0.9, 0.6, 0.3, 0.02):
        quantile = stay.exceeded_s(chance)[0]
        assert (left > quantile).mean() == pytest.approx(chance, abs=0.01)
        assert (drawn > quantile).mean() == pytest.approx(chance, abs=0.01)


@pytest.mark.parametrize("kind", ["person", "program"])
@pytest.mark.parametrize("age_h", [0.5, 4.0, 40.0])
def test_the_mean_stay_is_that_of_its_draws(kind: str, age_h: float) -> None:
    """What a client is expected to send within the horizon: chance, rate and requests times the mean of the draws."""
    stay, at_s = stay_at(age_h * HOUR_S, kind), CHANGE_S + age_h * HOUR_S
    some = table(1, kind, after=3.0, first_after_s=CHANGE_S + 60, last_after_s=at_s - 60, last_s=at_s - 60)
    rate = rates(some, FLAT, at_s, EVENLY)
    drawn = stay.lives_s(np.zeros(400_000, np.int64), (np.arange(400_000) + 0.5) / 400_000)
    days = np.minimum(drawn, HORIZON_S).mean() / DAY_S
    assert stay.expected_requests[0] == pytest.approx(
        stay.chance[0] * rate.per_day[0] * days * stay.per_visit[0], rel=0.01
    )


def test_programs_are_not_let_go_too_easily() -> None:
    """Before the bound a third of them is taken to stay, or more if that was learned; people as learned."""
    none, most = stay_at(HOUR_S, "program", 0.01), stay_at(HOUR_S, "program", 0.8)
    share = float(law(0.0).mixture.share(HOUR_S))
    least = EARLY_STAYED["program"]
    assert none.held[0] == pytest.approx((1 - least) * share / ((1 - least) * share + least))
    assert most.held[0] == pytest.approx(0.2 * share / (0.2 * share + 0.8))
    assert stay_at(HOUR_S, "person", 0.01).held[0] > 0.95


def test_beyond_the_bound_nobody_is_held() -> None:
    """Lines that end later belong to who stays for other reasons: the law of longer stays has them."""
    assert stay_at(1.1 * BOUND_S, "person").held[0] == 0
    assert law(0.2).mixture.longest_s == 11 * HOUR_S


def test_moves_teach_the_law_its_mixture() -> None:
    """Everybody turns up at the new server within the hour, of a TTL of a day: who is there at two hours is rare."""
    some = table(400, "person", last_after_s=CHANGE_S + 600.0, first_after_s=CHANGE_S + 600.0,
                 first_direct_s=CHANGE_S + 3_000.0, last_direct_s=CHANGE_S + 3_000.0, direct=1.0)  # fmt: skip
    prior = Caches((Line(HOUR_S, count=1.0), Line(DAY_S - HOUR_S, count=9.0)))
    taught = leaving(some, CHANGE_S, DAY_S, CHANGE_S + 2 * HOUR_S, caches=prior)
    assert float(taught.mixture.share(2 * HOUR_S)) < 0.4 * float(prior.share(2 * HOUR_S))
    silent = table(400, "person", last_after_s=CHANGE_S + 600.0, interval_s=600.0)
    known = leaving(silent, CHANGE_S, DAY_S, CHANGE_S + 2 * HOUR_S, caches=prior)
    assert float(known.mixture.share(2 * HOUR_S)) < 0.6 * float(prior.share(2 * HOUR_S)), "three intervals of silence"
