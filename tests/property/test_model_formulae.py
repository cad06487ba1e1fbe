"""The formulae of docs/model.md: closed forms against simulation, limits, and what must not matter."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from drain_clients import CHANGE_S, DAY_S, FLAT, HOUR_S, table

from analyzer.drain.clients import PERSON, PROGRAM
from analyzer.drain.learned import leaving
from analyzer.drain.leaving import Leaving, expected_stay_s, residual_life_s
from analyzer.drain.loss import loss
from analyzer.drain.rates import SCALES_DAYS, SHAPE, Population, rates
from analyzer.drain.stays import stays
from analyzer.drain.surprise import Surprises
from analyzer.logs.agents import KINDS

HORIZON_S = 30 * DAY_S
NOBODY = Surprises(np.zeros(0), 50 * DAY_S, 400 * DAY_S, 1.0)
EVENLY = Population(np.full(len(SCALES_DAYS), 1 / len(SCALES_DAYS)), CHANGE_S - 14 * DAY_S)
ages = st.floats(HOUR_S, 90 * DAY_S)
shares = st.floats(0.001, 0.9)


# --- leaving -------------------------------------------------------------------------------------------------------


@given(ages, st.floats(0.2, 3.0), shares, st.floats(0.001, 0.999))
def test_the_stay_that_is_exceeded_with_a_chance_has_that_chance(
    age: float, exponent: float, never: float, chance: float
) -> None:
    """P(stay > u) = never + (1 - never) (s / (s + u))^k, and its quantile are each other's inverse."""
    life = residual_life_s(np.array([age]), np.array([exponent]), chance, np.array([never]))[0]
    if chance <= never:
        assert np.isinf(life)
    else:
        assert never + (1 - never) * (age / (age + life)) ** exponent == pytest.approx(chance, rel=1e-6)


def test_who_never_moves_is_found_by_bayes() -> None:
    """Of many clients, some of whom never move, the share among those left at an age is what the law says."""
    rng = np.random.default_rng(1)
    law = Leaving(CHANGE_S, DAY_S, {"program": 1.0}, {"program": 0.2})
    never = rng.random(400_000) < 0.2
    life = DAY_S * rng.random(len(never)) ** (-1 / 0.5)  # Pareto from the bound on, exponent 1/2
    for days in (1.0, 5.0, 20.0):
        left = never | (life > days * DAY_S)
        said = law.never_moves(np.array([PROGRAM], np.int8), CHANGE_S + days * DAY_S)[0]
        assert said == pytest.approx(never[left].mean(), abs=0.01)


@given(st.floats(60, 7 * DAY_S), shares, st.lists(ages, min_size=2, max_size=2), st.sampled_from(["person", "program"]))
def test_the_chance_to_never_move_grows_as_the_others_go(
    bound: float, never: float, days: list[float], kind: str
) -> None:
    """It is a chance, and more of a later age."""
    law = Leaving(CHANGE_S, bound, {kind: 0.5}, {kind: never})
    early, late = (law.never_moves(np.array([KINDS.index(kind)], np.int8), CHANGE_S + age)[0] for age in sorted(days))
    assert 0 <= early <= late <= 1


@pytest.mark.parametrize("ttl_s", [0.0, 1.0, 60.0])
def test_a_ttl_that_goes_to_nothing_is_no_special_case(ttl_s: float) -> None:
    """The law holds from an hour on, whatever is below it: finite, and the same."""
    law, least = (Leaving(CHANGE_S, bound, {"person": 0.1}, {"person": 0.1}) for bound in (ttl_s, HOUR_S))
    kind, seen = np.array([PERSON], np.int8), np.array([CHANGE_S + 60.0])
    assert law.still(kind, seen, CHANGE_S + DAY_S) == pytest.approx(least.still(kind, seen, CHANGE_S + DAY_S))


def test_while_the_dns_still_leads_to_the_old_address_nobody_leaves() -> None:
    """A turn that is yet to come: everybody seen is there, and stays."""
    law = replace(Leaving(CHANGE_S, HOUR_S, {"person": 0.01}), pending=True)
    kind = np.array([PERSON], np.int8)
    assert law.still(kind, np.array([CHANGE_S]), CHANGE_S + 9 * DAY_S)[0] == 1
    assert law.never_moves(kind, CHANGE_S + 9 * DAY_S)[0] == 1


def test_shares_are_learned_from_who_came_late() -> None:
    """Nine of ten programs still at the old address ten days on: most stay, and most that stay never move."""
    at_s = CHANGE_S + 12 * DAY_S
    stuck = table(9, last_after_s=at_s - HOUR_S, first_after_s=CHANGE_S + HOUR_S, after=100.0, last_s=at_s - HOUR_S)
    moved = table(9, first_direct_s=CHANGE_S + HOUR_S, last_direct_s=at_s, last_s=at_s, direct=100.0)
    assert leaving(stuck, CHANGE_S, HOUR_S, at_s).stayed["program"] > 0.4
    assert leaving(stuck, CHANGE_S, HOUR_S, at_s).never["program"] > 0.5
    assert leaving(moved, CHANGE_S, HOUR_S, at_s).stayed["program"] < 0.05


# --- rates ---------------------------------------------------------------------------------------------------------


def test_the_chance_of_a_silence_is_that_of_simulated_clients() -> None:
    """Clients with rates of the mixture, seen n times in 14 days: how many are silent for d days more."""
    rng = np.random.default_rng(2)
    scale = rng.choice(SCALES_DAYS, 600_000)
    rate = rng.gamma(SHAPE, 1 / scale)
    seen, later = rng.poisson(rate * 14), rng.poisson(rate * 5)
    for count in (1, 4, 20):
        some = table(before=float(count), last_s=CHANGE_S)  # a program: all its visits count, over the whole log
        said = rates(some, FLAT, CHANGE_S + 5 * DAY_S, EVENLY)
        silent = later[seen == count] == 0
        # Given the count alone the last visit may be anywhere; the formula takes it at the end: the same exposure.
        assert said.silence[0] == pytest.approx(silent.mean(), abs=3 * (0.25 / len(silent)) ** 0.5 + 0.01)


@pytest.mark.parametrize("kind", ["person", "program"])
def test_a_rate_goes_to_nothing_with_silence_and_to_many_with_visits(kind: str) -> None:
    """Limits: no visit for ten years, and a visit a minute."""
    rare = rates(table(kind=kind, before=1.0), FLAT, CHANGE_S + 3650 * DAY_S, EVENLY)
    often = rates(table(kind=kind, before=14 * 1440.0), FLAT, CHANGE_S, EVENLY)
    assert rare.per_day[0] < 0.002
    assert often.per_day[0] == pytest.approx(1440, rel=0.02)


# --- the loss ------------------------------------------------------------------------------------------------------


def _loss(size: int, at_s: float, **columns: float) -> tuple[float, float, float]:
    """Return expected (closed form), expected (drawn) and upper requests lost."""
    some = table(size, **columns)
    law = Leaving(CHANGE_S, HOUR_S, {"program": 0.3}, {"program": 0.2})
    rate = rates(some, FLAT, at_s, EVENLY)
    stay = stays(some, law, rate, at_s, HORIZON_S, new_known=False)
    drawn = loss(stay, rate, NOBODY, horizon_s=HORIZON_S, confidence=0.95, draws=40_000)
    assert drawn.requests.expected is not None
    assert drawn.requests.upper is not None
    return float(stay.expected_requests.sum()), drawn.requests.expected, drawn.requests.upper


@pytest.mark.parametrize("days", [0.2, 3.0, 20.0])
def test_the_mean_of_the_draws_is_the_closed_form(days: float) -> None:
    """Chance x rate x stay x requests a visit, summed, against 40,000 draws."""
    at_s = CHANGE_S + days * DAY_S
    closed, drawn, upper = _loss(
        3, at_s, after=2.0, requests=48.0, first_after_s=CHANGE_S + HOUR_S, last_after_s=at_s - HOUR_S, last_s=at_s
    )
    assert drawn == pytest.approx(closed, rel=0.05)
    assert upper >= drawn


def test_nobody_there_loses_nothing() -> None:
    """A limit: no chance, no loss; the mean never lies above the bound."""
    some = table(5, first_direct_s=CHANGE_S + HOUR_S, last_direct_s=CHANGE_S + DAY_S, last_s=CHANGE_S + DAY_S)
    law = Leaving(CHANGE_S, HOUR_S, {"program": 0.3})
    rate = rates(some, FLAT, CHANGE_S + 2 * DAY_S, EVENLY)
    stay = stays(some, law, rate, CHANGE_S + 2 * DAY_S, HORIZON_S, new_known=True)
    assert stay.chance.sum() == 0
    found = loss(stay, rate, NOBODY, horizon_s=HORIZON_S, confidence=0.95).requests
    assert (found.expected, found.upper) == (0, 0), "below half a request is none: a budget of none can be kept"
    young = replace(NOBODY, start_s=DAY_S, end_s=2 * DAY_S, hidden=0.1, requests_per_face=9.0)
    seldom = loss(stay, rate, young, horizon_s=HORIZON_S, confidence=0.95)
    assert seldom.requests.upper == 3, "one client that nobody can have seen: few requests, and no more"


@pytest.mark.parametrize(("waited_days", "horizon_days"), [(0.5, 30), (7, 30), (20, 30), (7, 3)])
def test_who_was_never_seen_may_come_yet(waited_days: float, horizon_days: float) -> None:
    """Simulated: of clients with exponential rates, once a week on average, those silent so far that come within it."""
    rng, size = np.random.default_rng(3), 400_000
    per_day = rng.exponential(1 / 7, size)
    silent = rng.random(size) < np.exp(-per_day * waited_days)
    comes = rng.random(size) < -np.expm1(-per_day * horizon_days)
    faces = replace(NOBODY, start_s=waited_days * DAY_S / 2, end_s=waited_days * DAY_S, hidden=1.0)
    drawn = faces.draw_hidden(np.random.default_rng(4), size, horizon_days * DAY_S)
    assert (drawn > 0).mean() == pytest.approx((silent & comes).mean(), abs=0.004)
    assert not faces.draw_hidden(rng, size, 0.0).any()


def test_twice_the_requests_are_twice_the_loss() -> None:
    """Doubling all counts of requests: a visit weighs double, who is there does not change."""
    at_s = CHANGE_S + 3 * DAY_S
    seen = {"after": 5.0, "first_after_s": CHANGE_S + HOUR_S, "last_after_s": at_s - HOUR_S, "last_s": at_s - HOUR_S}
    single, double = (_loss(4, at_s, requests=count, **seen) for count in (190.0, 380.0))
    assert double[0] == pytest.approx(2 * single[0], rel=1e-9)
    assert double[2] == pytest.approx(2 * single[2], rel=0.05)


@settings(max_examples=30)
@given(st.floats(0.1, 20.0), st.floats(0.1, 20.0))
def test_more_silence_never_raises_what_is_expected_of_a_client(first: float, second: float) -> None:
    """Seen at the old address three hours after the change, and silent since: the longer, the less."""
    seen_s = CHANGE_S + 3 * HOUR_S
    few, more = sorted((first, second))

    def expected(days: float) -> float:
        some = table(after=1.0, first_after_s=seen_s, last_after_s=seen_s, last_s=seen_s)
        law = Leaving(CHANGE_S, HOUR_S, {"program": 0.3}, {"program": 0.0})
        rate = rates(some, FLAT, seen_s + days * DAY_S, EVENLY)
        chance = stays(some, law, rate, seen_s + days * DAY_S, HORIZON_S, new_known=False).chance[0]
        return float(chance * rate.per_day[0])

    assert expected(more) <= expected(few) * (1 + 1e-9)


def test_one_more_visit_never_lowers_it() -> None:
    """The same client, with a visit more at the old address, an hour ago."""
    at_s = CHANGE_S + 5 * DAY_S
    seen = {"first_after_s": CHANGE_S + HOUR_S, "requests": 30.0}
    before = _loss(1, at_s, after=3.0, last_after_s=at_s - 2 * DAY_S, last_s=at_s - 2 * DAY_S, **seen)
    after = _loss(1, at_s, after=4.0, last_after_s=at_s - HOUR_S, last_s=at_s - HOUR_S, **seen)
    assert after[0] >= before[0]
    assert after[2] >= before[2]


# --- any time ------------------------------------------------------------------------------------------------------


def test_looking_every_hour_does_not_break_the_bound() -> None:
    """Stopped at the first of many hourly looks at which the chance is small, it is as small among those stopped.

    A posterior's promise holds at any stopping time. Here 20,000 programs of the model's own prior, seen 14 times in
    14 days: one in five still has the old address, and each comes at its own rate.
    """
    rng = np.random.default_rng(5)
    limit, size, days = 0.05, 20_000, np.arange(1, 401) * HOUR_S / DAY_S
    law = Leaving(CHANGE_S, HOUR_S, {"program": 0.2}, {"program": 0.2})
    only = Population(np.array([0.0, 0.0, 0.0, 1.0, 0.0]), CHANGE_S - 14 * DAY_S)
    chance = np.array([_chance_unseen(law, only, CHANGE_S + day * DAY_S) for day in days])
    rate = rng.gamma(SHAPE + 14, 1 / (SCALES_DAYS[3] + 14.0), size)
    there = rng.random(size) < law.unseen(np.array([PROGRAM], np.int8))[0]
    stop = int(np.argmax(chance <= limit))
    assert chance[stop] <= limit < chance[max(stop - 1, 0)], "it does stop, and not at once"
    silent = ~there | (rng.exponential(1 / rate) > days[stop])
    still = (there & silent).sum() / silent.sum()
    assert still <= limit + 3 * (limit / silent.sum()) ** 0.5
    # Had the rate been taken as known (its mean), the look would have come too early for the promise.
    naive = int(np.argmax(0.2 * np.exp(-days) / (0.2 * np.exp(-days) + 0.8) <= limit))
    early = ~there | (rng.exponential(1 / rate) > days[naive])
    assert (there & early).sum() / early.sum() > still


def _chance_unseen(law: Leaving, among: Population, at_s: float) -> float:
    """Return the chance that a program not seen since the change is still at the old address."""
    some = table(before=14.0, last_s=CHANGE_S)
    rate = rates(some, FLAT, at_s, among)
    return float(stays(some, law, rate, at_s, HORIZON_S, new_known=False).chance[0])


def test_expected_stay_has_its_limits() -> None:
    """A horizon of nothing, a client as old as the hills, and one that has just come."""
    one = np.array([0.5])
    assert expected_stay_s(np.array([DAY_S]), one, 1e-9)[0] == pytest.approx(0, abs=1e-6)
    assert expected_stay_s(np.array([1e6 * DAY_S]), one, HORIZON_S)[0] == pytest.approx(HORIZON_S, rel=1e-3)
    assert expected_stay_s(np.array([1.0]), np.array([3.0]), HORIZON_S)[0] == pytest.approx(0.5, rel=1e-3)
