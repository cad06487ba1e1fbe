"""The formulae of docs/model.md against simulated clients, faces and visits: closed forms are what many draws give."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from drain_clients import CHANGE_S, DAY_S, FLAT, HOUR_S, table

from analyzer.drain import loss as losses
from analyzer.drain.caches import Caches, Line
from analyzer.drain.demand import demand
from analyzer.drain.leaving import Leaving
from analyzer.drain.loss import loss
from analyzer.drain.overdue import burst_silence
from analyzer.drain.rates import SCALES_DAYS, SHAPE, Population, Rates, _bursts, population, rates
from analyzer.drain.stays import Stays, stays
from analyzer.drain.stretch import EXPONENTS
from analyzer.drain.surprise import Surprises
from analyzer.drain.visits import Visits
from analyzer.logs.agents import KINDS

HORIZON_S = 30 * DAY_S
NOBODY = Surprises(np.zeros(0), 50 * DAY_S, 400 * DAY_S, 1.0)
PEOPLE = np.array([KINDS.index("person")], np.int8)


# --- rates ---------------------------------------------------------------------------------------------------------


def test_the_mixture_of_rates_is_found_again() -> None:
    """People with rates of five scales, seen for sixty days: expectation maximisation finds how many have which."""
    rng, size, days = np.random.default_rng(13), 8_000, 60.0
    share = np.array([0.1, 0.1, 0.2, 0.25, 0.35])
    rate = rng.gamma(SHAPE, 1 / rng.choice(SCALES_DAYS, size, p=share))
    some = table(size, "person", before=1.0 + rng.poisson(rate * days), first_s=CHANGE_S - days * DAY_S)
    some = some.take(np.arange(size))
    found = population(some, FLAT, CHANGE_S)
    assert found.weights.sum(axis=1) == pytest.approx(np.ones(2))
    assert np.cumsum(found.weights[0])[1:] == pytest.approx(np.cumsum(share)[1:], abs=0.08)
    assert found.weights[1] == pytest.approx(1 / len(SCALES_DAYS)), "nobody came over IPv6"


def test_a_clock_that_kept_its_turns_misses_one_by_laplace() -> None:
    """Programs as reliable as may be, that kept ten turns of ten: how many miss the eleventh."""
    rng = np.random.default_rng(14)
    reliable = rng.random(2_000_000)
    kept = rng.random(len(reliable)) < reliable**10
    missed = (rng.random(len(reliable)) > reliable)[kept].mean()
    regular = table(before=10.0, regular=True, interval_s=DAY_S, last_s=CHANGE_S, intervals=9.0, longest_s=DAY_S)
    only = Population(np.array([0.0, 1.0, 0.0, 0.0, 0.0]), CHANGE_S - 14 * DAY_S)
    silence = [rates(regular, FLAT, CHANGE_S + days * DAY_S, only).silence[0] for days in (1.2, 1.4)]
    assert silence[0] == 1, "a turn may be late by a third of the step"
    assert silence[1] == pytest.approx(missed, rel=0.05)


# --- three stories of a silence --------------------------------------------------------------------------------------


@pytest.mark.parametrize("new_known", [False, True])
def test_who_is_there_after_a_silence_is_found_by_bayes(*, new_known: bool) -> None:
    """Of simulated programs, some there and some moved, those silent everywhere for three days: how many are there."""
    rng, size, days = np.random.default_rng(15), 1_000_000, 3.0
    law = Leaving(CHANGE_S, HOUR_S, {"program": 0.5}, {"program": 0.9})
    some = table(before=14.0, last_s=CHANGE_S)
    only = Population(np.array([0.0, 0.0, 1.0, 0.0, 0.0]), CHANGE_S - 14 * DAY_S)
    said = stays(
        some, law, rates(some, FLAT, CHANGE_S + days * DAY_S, only), CHANGE_S + days * DAY_S, HORIZON_S,
        new_known=new_known,
    ).chance[0]  # fmt: skip
    rate = rng.gamma(SHAPE + 14, 1 / (SCALES_DAYS[2] + 14.0), size)
    there = rng.random(size) < 0.5
    silent = rng.random(size) < np.exp(-rate * days)
    shown = silent if new_known else silent | ~there  # who moved shows at the new server, if its log is known
    # A third story, that it left altogether, takes a little of both.
    assert said <= (there & shown).sum() / shown.sum() + 0.005
    assert said == pytest.approx((there & shown).sum() / shown.sum(), abs=0.25 if new_known else 0.03)


# --- faces -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kappa", [-2.0, 0.0, 1.0])
def test_how_faces_dwindle_is_found_again(kappa: float) -> None:
    """Faces at a rate that falls like a power of time: its exponent is the posterior's mean."""
    rng, start, end = np.random.default_rng(16), DAY_S, 8 * DAY_S
    u = rng.random(400)
    ages = start * (end / start) ** u if kappa == 0 else (start**kappa + u * (end**kappa - start**kappa)) ** (1 / kappa)
    seen = Surprises(ages, start, end, 1.0)
    assert (seen.stretch.posterior() * EXPONENTS).sum() == pytest.approx(kappa, abs=0.25)


def test_faces_to_come_are_those_of_a_simulated_stream() -> None:
    """At a rate like 1/s, from day one to day eight: the mean of the draws is what thirty more days bring."""
    rng = np.random.default_rng(17)
    expected, found = [], []
    for seed in range(60):
        ages = DAY_S * 8 ** rng.random(rng.poisson(100))
        seen = Surprises(ages, DAY_S, 8 * DAY_S, 1.0)
        found.append(seen.draw(np.random.default_rng(seed), 4_000, HORIZON_S).mean())
        expected.append(rng.poisson(100 * np.log(38 / 8) / np.log(8)))
    assert np.mean(found) == pytest.approx(np.mean(expected), rel=0.12)


@pytest.mark.parametrize(("start", "constant"), [(1, False), (1, True), (7, False)])
def test_faces_to_come_are_the_sum_of_their_rate(start: int, *, constant: bool) -> None:
    """The rate that the curve shows, summed over the horizon, is the number that the loss reckons with."""
    seen = Surprises(np.array([7.2, 7.5, 7.9]) * DAY_S, start * DAY_S, 8 * DAY_S, 1.0, constant)
    ahead = np.linspace(0, HORIZON_S, 2_001)
    rate = seen.draw_per_hour(np.random.default_rng(1), 500, ahead, HORIZON_S)
    total = seen.draw(np.random.default_rng(1), 500, HORIZON_S)
    assert np.trapezoid(rate, ahead / HOUR_S, axis=1) == pytest.approx(total, rel=1e-3)
    assert (constant or start == 7) == np.allclose(np.ptp(rate, axis=1), 0)
    assert (np.diff(rate, axis=1) <= 1e-12).all(), "they never grow more"


# --- the loss --------------------------------------------------------------------------------------------------------


def certain(size: int, per_day: float, bursts: float, per_visit: float = 1.0) -> tuple[Stays, Rates]:
    """Return programs that never move, whose rates are known."""
    full = np.ones(size)
    sent, steady, nobody = full * per_day * 30 * per_visit, np.ones(size, bool), Caches((Line(1.0),)).residual(DAY_S)
    stay = Stays(
        full,
        sent,
        full * per_visit,
        full / 2,
        full * DAY_S,
        full,
        full * 0,
        full,
        full * 0,
        steady,
        full * 0,
        full * 0,
        full * np.inf,
        np.arange(size),
        nobody,
    )
    return stay, Rates(full * 1e9, full * 1e9 / per_day, full, full * bursts)


def test_visits_in_bursts_spread_as_a_renewal_process_does() -> None:
    """Intervals with a spread of three times their mean: the number of visits in thirty days, to its 95 % quantile."""
    rng, per_day, spread = np.random.default_rng(18), 40.0, 3.0
    gaps = rng.gamma(spread**-2, spread**2 / per_day, (4_000, 3_000))
    start = rng.integers(0, 1_000, 4_000)  # a process that has run for long
    at = np.cumsum(gaps, axis=1)
    begun = at[np.arange(len(at)), start][:, None]
    counts = ((at > begun) & (at <= begun + 30)).sum(axis=1)
    stay, rate = certain(1, per_day, spread**2)
    found = loss(stay, rate, NOBODY, horizon_s=HORIZON_S, confidence=0.95, draws=40_000).requests
    assert found.upper == pytest.approx(np.quantile(counts, 0.95), rel=0.04)
    assert found.expected == pytest.approx(counts.mean(), rel=0.04)


@pytest.mark.parametrize(("per_day", "spread"), [(1.0, 0.02), (1.0, 0.2), (0.14, 0.1), (24.0, 0.25)])
def test_visits_of_a_clock_spread_as_a_renewal_process_does(per_day: float, spread: float) -> None:
    """Intervals of little spread: as many visits as fit into thirty days, from any phase on; never fewer bounded."""
    rng = np.random.default_rng(19)
    steps = int(per_day * 60) + 40
    gaps = np.maximum(rng.normal(1.0, spread, (20_000, steps)), 0.0) / per_day
    at = np.cumsum(gaps, axis=1) - rng.random((20_000, 1)) / per_day
    begun = 5.0 / per_day
    counts = ((at > begun) & (at <= begun + 30)).sum(axis=1)
    stay, rate = certain(1, per_day, spread**2)
    found = loss(stay, rate, NOBODY, horizon_s=HORIZON_S, confidence=0.95, draws=40_000).requests
    held = float((counts <= found.upper).mean())
    assert held >= 0.94
    assert found.upper <= np.quantile(counts, 0.95) + 1.0
    assert found.expected == pytest.approx(counts.mean(), rel=0.02)


def test_a_clock_that_was_heard_seldom_may_be_faster() -> None:
    """Predictive variance c m (1 + m / k): of 720 visits whose rate is known by 90, nine times that of the count."""
    stay, sure = certain(1, 24.0, 0.1)
    seldom = Rates(np.full(1, 90.0), np.full(1, 90.0 / 24.0), sure.silence, sure.bursts)
    uppers = [
        loss(stay, rate, NOBODY, horizon_s=HORIZON_S, confidence=0.95, draws=40_000).requests.upper
        for rate in (sure, seldom)
    ]
    assert uppers[0] == pytest.approx(720 + 1.645 * 72**0.5, abs=1.5)
    assert uppers[1] == pytest.approx(720 + 1.645 * (72 * 9) ** 0.5, abs=1.5)


def test_who_comes_to_both_servers_in_turn_keeps_no_time_at_the_old_one() -> None:
    """Half of a clock's visits come as a Poisson process would; half of what comes in bursts still does in bursts."""
    spreads = []
    for bursts in (0.01, 1.0, 9.0):
        stay, rate = certain(1, 24.0, bursts)
        half = replace(stay, share=np.full(1, 0.5), expected_requests=stay.expected_requests / 2)
        found = loss(half, rate, NOBODY, horizon_s=HORIZON_S, confidence=0.95, draws=40_000).requests
        spreads.append((found.upper - 360) / (1.645 * 360**0.5))
    assert spreads == pytest.approx([1.0, 1.0, 3.0], rel=0.06)


def test_a_clock_is_believed_as_its_intervals_are_many() -> None:
    """Four without any spread leave a fifth of Poisson's variance, 99 a hundredth; what is irregular has all of it."""
    for intervals, spread, regular, expected in (
        (4.0, 0.0, True, 0.2),
        (99.0, 0.0, True, 0.01),
        (9.0, 0.5, False, 1.0),
    ):
        some = table(1, "program", intervals=intervals, spread=spread, regular=regular)
        assert _bursts(some)[0] == pytest.approx(expected)
    assert _bursts(table(1, "person", intervals=99.0, spread=0.0, regular=True))[0] == 1.0


def test_many_small_clients_as_one_stream_give_the_same_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who matter less are not drawn one by one: the same quantile, but for the draws' own noise."""
    stay, rate = certain(900, 0.02, 1.0)
    together = loss(stay, rate, NOBODY, horizon_s=HORIZON_S, confidence=0.95).requests
    monkeypatch.setattr(losses, "MOST_DRAWN", 900)
    single = loss(stay, rate, NOBODY, horizon_s=HORIZON_S, confidence=0.95).requests
    assert together.upper == pytest.approx(single.upper, rel=0.01)
    assert single.upper == pytest.approx(540 + 1.645 * 540**0.5, rel=0.01), "a Poisson number of 900 x 0.6"


# --- normal demand ---------------------------------------------------------------------------------------------------


def test_the_rhythm_of_a_week_is_found_again() -> None:
    """Visits by day and on weekdays: four weeks of them give the exposure of any stretch to a few in a hundred."""
    rng = np.random.default_rng(19)
    hours = np.arange(28 * 24)
    truth = (1.1 + np.sin(2 * np.pi * (hours % 24 - 6) / 24)) * np.where((hours // 24 + 3) % 7 < 5, 1.2, 0.5)
    starts = np.sort((np.repeat(hours, rng.poisson(60 * truth)) + rng.random(1)) * HOUR_S)
    ones = np.ones(len(starts), np.int64)
    normal = demand(Visits(np.arange(len(starts)), starts, starts, ones, ones), 0.0, 28 * DAY_S)
    said = normal.at_hours(hours[:168] * HOUR_S)
    assert said == pytest.approx(truth[:168] / truth[:168].mean(), abs=0.08)


# --- bursts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spread", [1.2, 2.0, 4.0])
def test_the_silence_of_bursts_is_that_of_short_and_long_intervals(spread: float) -> None:
    """Drawn with that mean and spread, as many intervals are longer; of a spread of one or less nothing is said."""
    rng, size = np.random.default_rng(17), 400_000
    often = (1 + np.sqrt((spread**2 - 1) / (spread**2 + 1))) / 2
    short = rng.random(size) < often
    drawn = rng.exponential(np.where(short, 0.5 / often, 0.5 / (1 - often)))
    assert (drawn.mean(), drawn.std() / drawn.mean()) == pytest.approx((1.0, spread), rel=0.03)
    for days in (0.5, 3.0, 10.0):
        some = table(1, interval_s=DAY_S, last_s=CHANGE_S, spread=spread)
        said = burst_silence(some, np.array([spread**2]), CHANGE_S + days * DAY_S)[0]
        assert said == pytest.approx((drawn > days).mean(), abs=0.003)
    assert burst_silence(table(1, interval_s=DAY_S), np.ones(1), CHANGE_S).tolist() == [0.0]
