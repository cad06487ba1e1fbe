"""How clients leave, against simulated ones: the law, what is learned of it, and the bound where little is known."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from drain_clients import CHANGE_S, DAY_S, FLAT, HOUR_S, table

from analyzer.drain.learned import leaving
from analyzer.drain.leaving import EXPONENT, Leaving, residual_life_s
from analyzer.drain.loss import loss
from analyzer.drain.rates import SCALES_DAYS, Population, rates
from analyzer.drain.stays import stays
from analyzer.drain.surprise import Surprises
from analyzer.logs.agents import KINDS

PEOPLE = np.array([KINDS.index("person")], np.int8)


@pytest.mark.parametrize(("stayed", "never", "exponent"), [(0.3, 0.1, 2.0), (0.05, 0.0, 0.5), (0.9, 0.5, 1.0)])
def test_the_share_still_there_is_that_of_simulated_clients(stayed: float, never: float, exponent: float) -> None:
    """A line to the share that stays, then Pareto down to those that never move; given that they were seen there."""
    rng, size, bound_s = np.random.default_rng(11), 400_000, 2 * DAY_S
    leaves = bound_s * rng.random(size)
    stays_on, fixed = rng.random(size) < stayed, rng.random(size) < never
    pareto = bound_s * rng.random(size) ** (-1 / exponent)
    # Those that never move do not leave along the line's second factor either: of all, by the same share.
    gone = np.where(stays_on, np.inf, leaves)
    gone = np.minimum(gone, np.where(fixed, np.inf, pareto))
    law = Leaving(CHANGE_S, bound_s, {"person": stayed}, {"person": never}, exponent={"person": exponent})
    for seen, now in ((0.0, 1.0), (1.0, 3.0), (3.0, 9.0), (0.5, 20.0)):
        there = gone > seen * DAY_S
        said = law.still(PEOPLE, np.array([CHANGE_S + seen * DAY_S]), CHANGE_S + now * DAY_S)[0]
        assert said == pytest.approx((gone[there] > now * DAY_S).mean(), abs=0.006)


def moved(exponent: float, size: int, at_days: float, what: str = "exponent") -> float:
    """Return the exponent, or the doubt, of people who leave by it, come four times a day, and are seen to move."""
    rng = np.random.default_rng(12)
    from_s = at_days * DAY_S / 8
    life = from_s * rng.random(size) ** (-1 / exponent)
    last, first = life - rng.exponential(DAY_S / 4, size), life + rng.exponential(DAY_S / 4, size)
    seen = (last > from_s) & (first < at_days * DAY_S)
    some = table(
        int(seen.sum()),
        "person",
        first_after_s=CHANGE_S,
        last_after_s=CHANGE_S + last[seen],
        first_direct_s=CHANGE_S + first[seen],
        last_direct_s=CHANGE_S + first[seen],
        direct_since=1.0,
    )
    found: dict[str, float] = getattr(leaving(some, CHANGE_S, HOUR_S, CHANGE_S + at_days * DAY_S), what)
    return found["person"]


@pytest.mark.parametrize("exponent", [1.0, 2.0, 4.0])
def test_how_fast_people_leave_is_learned_from_those_who_left(exponent: float) -> None:
    """The posterior's mean finds the simulated exponent, from a thousand people who were seen to move."""
    assert moved(exponent, 6_000, 64.0) == pytest.approx(exponent, rel=0.2)


@pytest.mark.parametrize(("exponent", "at_days"), [(1.0, 6.0), (2.0, 6.0), (2.0, 12.0), (3.0, 8.0)])
def test_how_fast_people_leave_is_learned_from_those_who_come_once_a_day(exponent: float, at_days: float) -> None:
    """Who comes as seldom as half the stretch looked at was at risk only from the first sight in it on."""
    rng, size = np.random.default_rng(13), 20_000
    life, phase = 0.2 * rng.random(size) ** (-1 / exponent), rng.random(size)
    last = phase + np.floor(life - phase)
    seen = (last >= 0) & (last + 1 <= at_days)
    some = table(
        int(seen.sum()),
        "person",
        first_after_s=CHANGE_S + phase[seen] * DAY_S,
        last_after_s=CHANGE_S + last[seen] * DAY_S,
        first_direct_s=CHANGE_S + (last[seen] + 1) * DAY_S,
        last_direct_s=CHANGE_S + (last[seen] + 1) * DAY_S,
        direct_since=1.0,
    )
    found = leaving(some, CHANGE_S, HOUR_S, CHANGE_S + at_days * DAY_S).exponent["person"]
    assert found == pytest.approx(exponent, rel=0.3)


def test_how_fast_people_leave_is_known_the_better_the_more_were_seen_to() -> None:
    """Of nobody as well as the prior, of a thousand nearly for certain."""
    some = table(1, "person")
    assert leaving(some, CHANGE_S, HOUR_S, CHANGE_S + 6 * DAY_S).doubt["person"] == pytest.approx(0.4, abs=0.02)
    assert 0 < moved(2.0, 6_000, 64.0, "doubt") < moved(2.0, 60, 64.0, "doubt") < 0.4
    assert moved(2.0, 6_000, 64.0, "doubt") < 0.1


@pytest.mark.parametrize("at_days", [2.0, 5.0])
def test_the_bound_holds_for_people_of_whom_nobody_knows_how_fast_they_leave(at_days: float) -> None:
    """Thirty who are all there leave by an exponent of their own, drawn: 95 % of such groups send no more."""
    rng, size, horizon_s = np.random.default_rng(21), 30, 30 * DAY_S
    at_s = CHANGE_S + at_days * DAY_S
    seen = {"after": 5.0, "first_after_s": CHANGE_S + HOUR_S, "last_after_s": at_s, "last_s": at_s}
    some = table(size, "person", **seen)
    law = Leaving(CHANGE_S, HOUR_S, {"person": 0.5}, doubt={"person": 0.4})
    evenly = Population(np.full(len(SCALES_DAYS), 1 / len(SCALES_DAYS)), CHANGE_S - 14 * DAY_S)
    rate = replace(rates(some, FLAT, at_s, evenly), shape=np.full(size, 1e9))
    rate = replace(rate, exposure_days=rate.shape, bursts=np.ones(size))
    age = np.full(size, at_days * DAY_S)

    def upper(law: Leaving) -> float:
        stay = stays(some, law, rate, at_s, horizon_s, new_known=True)
        stay = replace(stay, chance=np.ones(size), per_visit=np.ones(size))
        nobody = Surprises(np.zeros(0), 50 * DAY_S, 400 * DAY_S, 1.0)
        return float(loss(stay, rate, nobody, horizon_s=horizon_s, confidence=0.95).requests.upper or 0.0)

    def sent() -> float:
        exponent = np.full(size, 2.0 * np.exp(0.4 * rng.standard_normal()))
        lives = residual_life_s(age, exponent, rng.random(size))
        return float(rng.poisson(np.minimum(lives, horizon_s) / DAY_S).sum())

    drawn = np.array([sent() for _ in range(4_000)])
    assert (drawn <= upper(law)).mean() == pytest.approx(0.95, abs=0.02)
    assert (drawn <= upper(replace(law, doubt={}))).mean() < 0.9


def test_how_fast_people_leave_is_the_prior_where_nobody_was_seen_to() -> None:
    """A limit: no data."""
    assert moved(2.0, 0, 64.0) == pytest.approx(EXPONENT["person"], rel=0.15)
