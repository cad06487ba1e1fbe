"""How well a drain explains a silence: the closed form against simulated clients, its limits, what it grows with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.drain.clients import PERSON, PROGRAM
from analyzer.drain.demand import Demand
from analyzer.drain.ebb import SCALE_DAYS, SHAPE, STOPS_PER_DAY, STREAM_ENDS_S, Ebb
from analyzer.drain.leaving import Leaving, residual_life_s

DAY_S, HOUR_S, MINUTE_S = 86_400.0, 3_600.0, 60.0
CHANGE_S = 1_772_488_800.0
FLAT = Demand(np.ones(168), None, None, 0.0)
LAW = Leaving(CHANGE_S, HOUR_S, {"person": 1.0, "program": 1.0}, {"program": 0.2})
AGE_S = 5 * DAY_S  # of the change, when the silence begins
WAVES = tuple(AGE_S - np.arange(10) * 12 * HOUR_S - HOUR_S)[::-1]  # [s] the last one an hour before


def log(
    *clients: tuple[int, list[float]], waves_s: tuple[float, ...] = (), house: tuple[int, ...] | None = None
) -> Ebb:
    """Return a log of clients: their kind, and when they came [s after the change]; each from another house."""
    rows = [(row, CHANGE_S + at) for row, (_, came) in enumerate(clients) for at in sorted(came)]
    row, at_s = (np.array(column) for column in zip(*rows, strict=True)) if rows else (np.zeros(0), np.zeros(0))
    kinds = np.array([kind for kind, _ in clients], np.int8)
    waves = CHANGE_S + np.array(waves_s, np.float64)
    houses = np.array(range(len(clients)) if house is None else house, np.int64)
    return Ebb(row.astype(np.int64), at_s, at_s, kinds, houses, kinds == PERSON, waves, CHANGE_S + HOUR_S, LAW, FLAT)


def silence(of: Ebb, days: float) -> float:
    """Return the chance of a silence that begins five days after the change."""
    return of.explains(CHANGE_S + AGE_S, CHANGE_S + AGE_S + days * DAY_S).chance


@pytest.mark.parametrize("kind", [PERSON, PROGRAM])
@pytest.mark.parametrize(("visits", "since_d", "silent_d"), [(6, 10.0, 0.5), (3, 2.0, 2.0), (30, 6.0, 0.05)])
def test_the_chance_is_that_of_simulated_clients(kind: int, visits: int, since_d: float, silent_d: float) -> None:
    """Rates from the gamma posterior, stays from the law: of those silent for a while, so many are for days more.

    Each client leaves after its stay, and comes at its rate until then: silent it is until its next visit, for ever if
    that is later than its leaving.
    """
    rng, size, more_d = np.random.default_rng(20_261_129), 400_000, 3.0
    last_s = AGE_S - silent_d * DAY_S
    came = list(np.linspace(last_s - since_d * DAY_S, last_s, visits))
    age = np.full(size, last_s)
    never = float(LAW.never_moves(np.array([kind], np.int8), CHANGE_S + last_s)[0])
    stays_s = residual_life_s(age, LAW.exponents(np.full(size, kind, np.int8)), rng.random(size), never)
    rate = rng.gamma(visits - 1 + SHAPE, 1.0 / (since_d + SCALE_DAYS), size)
    next_s = rng.exponential(1.0 / rate) * DAY_S
    comes_s = np.where(next_s < stays_s, next_s, np.inf)
    so_far = comes_s > silent_d * DAY_S
    expected = float((comes_s[so_far] > (silent_d + more_d) * DAY_S).mean())
    assert silence(log((kind, came)), more_d) == pytest.approx(expected, abs=0.02)


def test_nobody_explains_every_silence() -> None:
    """Nobody came: no silence is too long, and a log that stopped hides nobody."""
    found = log().explains(CHANGE_S + AGE_S, CHANGE_S + AGE_S + 1000 * DAY_S)
    assert (found.chance, found.stopped) == (1.0, pytest.approx(0.0, abs=1e-9))


def test_waves_that_end_make_a_stop_likely_by_bayes() -> None:
    """A stop at any time hides those who would have come: its rate times the chances to be silent until then."""
    of = log(waves_s=WAVES)
    seen_d = (AGE_S - HOUR_S) / DAY_S
    silent_d = np.linspace(0, 3, 30_001)
    chance = (seen_d / (seen_d + silent_d)) ** 10.5
    stops = STOPS_PER_DAY * np.trapezoid(chance, silent_d)
    expected = (stops - STOPS_PER_DAY * 3 * chance[-1]) / (stops + chance[-1])
    found = of.explains(CHANGE_S + AGE_S, CHANGE_S + AGE_S + 3 * DAY_S)
    assert found.stopped == pytest.approx(expected, rel=0.05)


def test_two_beats_that_end_together_are_a_log_that_stopped() -> None:
    """One program that came each half hour may have been restarted; two did not leave in the same half hour."""
    beat = list(np.arange(HOUR_S, AGE_S, 1_800.0))
    one, two = log((PROGRAM, beat)), log((PROGRAM, beat), (PROGRAM, beat))
    stopped = [of.explains(CHANGE_S + AGE_S, CHANGE_S + AGE_S + DAY_S).stopped for of in (one, two)]
    assert stopped[0] < 0.2
    assert stopped[1] > 0.5


def test_who_is_behind_one_address_leaves_together() -> None:
    """Two programs of one house, simulated: it leaves at one moment, and each comes at its own rate until then."""
    rng, size, visits, days = np.random.default_rng(20_261_201), 400_000, 12, 3.0
    came = list(np.linspace(DAY_S, AGE_S - HOUR_S, visits))
    earlier = [at - 6 * HOUR_S for at in came]
    last_s = np.array([came[-1], earlier[-1]])
    never = float(LAW.never_moves(np.array([PROGRAM], np.int8), CHANGE_S + last_s[0])[0])
    exponent = LAW.exponents(np.full(size, PROGRAM, np.int8))
    leaves_s = last_s[0] + residual_life_s(np.full(size, last_s[0]), exponent, rng.random(size), never)
    rate = rng.gamma(visits - 1 + SHAPE, 1.0 / ((came[-1] - came[0]) / DAY_S + SCALE_DAYS), (2, size))
    next_s = last_s[:, None] + rng.exponential(1.0 / rate) * DAY_S
    # The second was silent from its last visit on, when the house was still there: the first one came later.
    comes_s = np.where(next_s < leaves_s, next_s, np.inf).min(axis=0)
    so_far = (comes_s > AGE_S) & (next_s[1] > last_s[0])
    expected = float((comes_s[so_far] > AGE_S + days * DAY_S).mean())
    together = silence(log((PROGRAM, came), (PROGRAM, earlier), house=(0, 0)), days)
    assert together == pytest.approx(expected, abs=0.02)
    assert together > 2 * silence(log((PROGRAM, came), (PROGRAM, earlier)), days)


def test_who_came_back_did_not_leave_with_the_others() -> None:
    """Of two behind one address one came again: the other may have left alone, and the first one had not."""
    beat = list(np.arange(HOUR_S, AGE_S, 6 * HOUR_S))
    back = [*beat, AGE_S + 4 * DAY_S]
    apart = silence(log((PROGRAM, back), (PROGRAM, beat)), 3.0)
    assert silence(log((PROGRAM, back), (PROGRAM, beat), house=(0, 0)), 3.0) == pytest.approx(apart)


def test_waves_of_scanners_are_a_stream_of_their_own() -> None:
    """Ten waves in five days, less an hour: none in two more days has the chance of a gamma posterior."""
    of = log(waves_s=WAVES)
    seen = AGE_S - HOUR_S
    assert silence(of, 2.0) == pytest.approx((seen / (seen + 2 * DAY_S)) ** 10.5, rel=1e-9)


def test_scanners_that_stayed_away_while_the_log_spoke_have_left() -> None:
    """By Bayes: a stream of three days ended, at a rate of 1 / 60 days, or it had not one of its ten waves in two more.

    Without it nobody is missed, whatever is silent then.
    """
    of = log(waves_s=tuple(HOUR_S + np.arange(10) * 6.5 * HOUR_S))
    seen, away = AGE_S - HOUR_S, AGE_S - (1 + 9 * 6.5 + 6) * HOUR_S
    ended, chance = away / (away + STREAM_ENDS_S), ((seen - away) / seen) ** 10.5
    posterior = ended / (ended + (1 - ended) * chance)
    comes = (seen / (seen + 20 * DAY_S)) ** 10.5
    assert posterior > 0.8
    assert silence(of, 20.0) == pytest.approx(posterior + (1 - posterior) * comes, rel=1e-9)


@pytest.mark.parametrize(("waves", "days", "streams"), [(10, 6, True), (4, 6, False), (10, 4, False)])
def test_scanners_are_a_stream_where_they_came_often_and_for_long(waves: int, days: float, *, streams: bool) -> None:
    """Five days since the last honest cache expired, and five waves: fewer may have left with everybody."""
    of = log(waves_s=tuple(HOUR_S + np.linspace(0, days * DAY_S, waves, endpoint=False)))
    assert of.streams(CHANGE_S + HOUR_S + days * DAY_S) is streams


came = st.lists(st.floats(-5 * DAY_S, AGE_S - MINUTE_S), min_size=1, max_size=6)
some = st.lists(st.tuples(st.sampled_from([PERSON, PROGRAM]), came), min_size=1, max_size=4)


@given(some, st.floats(0.01, 20), st.floats(1.01, 5))
def test_a_longer_silence_is_rarer(clients: list[tuple[int, list[float]]], days: float, times: float) -> None:
    """And never more than certain, or less than impossible."""
    of = log(*clients)
    shorter, longer = silence(of, days), silence(of, times * days)
    assert 0.0 <= longer <= shorter + 1e-3
    assert shorter <= 1.0 + 1e-9


@given(some, st.tuples(st.sampled_from([PERSON, PROGRAM]), came), st.floats(0.01, 20))
def test_one_client_more_never_explains_more(
    clients: list[tuple[int, list[float]]], more: tuple[int, list[float]], days: float
) -> None:
    """Each has its own chance to be silent: they multiply."""
    assert silence(log(*clients, more), days) <= silence(log(*clients), days) + 1e-9


def test_who_came_back_after_the_silence_had_not_left() -> None:
    """So it explains less of it."""
    visits = list(np.arange(HOUR_S, AGE_S, 6 * HOUR_S))
    back = [*visits, AGE_S + 4 * DAY_S]
    assert silence(log((PERSON, back)), 3.0) < silence(log((PERSON, visits)), 3.0)
