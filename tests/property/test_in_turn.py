"""Who comes to both servers in turn: the machine that does not move keeps its own time."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from drain_clients import CHANGE_S, DAY_S, FLAT, HOUR_S, table

from analyzer.drain.clients import PERSON
from analyzer.drain.leaving import Leaving
from analyzer.drain.rates import rates
from analyzer.drain.rhythm import LEAST_ABSENCES, Placed
from analyzer.drain.stays import stays
from analyzer.drain.visits import Visits

NOW_S = CHANGE_S + 20 * DAY_S


def placed(*starts: list[float]) -> Placed:
    """Return the visits, of half an hour each, of clients that came at these times."""
    client = np.repeat(np.arange(len(starts)), [len(one) for one in starts])
    start = np.array([at for one in starts for at in one], float)
    ones = np.ones(len(start), np.int64)
    return Placed.of(Visits(client, start, start + HOUR_S / 2, ones, ones), np.arange(len(starts)))


@given(st.lists(st.floats(HOUR_S, 40 * DAY_S), min_size=1, max_size=12), st.floats(1.0, 80 * DAY_S))
def test_an_absence_is_as_likely_as_those_that_were_longer(waits_s: list[float], away_s: float) -> None:
    """Against a count by hand; of too few nothing is told; the longer it lasts, the less likely."""
    starts = [0.0, *np.cumsum([wait + HOUR_S / 2 for wait in waits_s]).tolist()]
    some = placed(starts, [5.0])
    now_s = float(some.last_s[0]) + away_s
    told, other = some.as_long(now_s)
    away = np.diff(starts) - HOUR_S / 2  # as the table has them: sums of many are not exact
    longer = int((away > now_s - float(some.last_s[0])).sum())
    assert told == (pytest.approx((longer + 0.5) / (len(away) + 1)) if len(away) >= LEAST_ABSENCES else 0.0)
    assert other == 0.0, "one visit has no absence"
    assert some.as_long(now_s + DAY_S)[0] <= told


LAW = Leaving(CHANGE_S, HOUR_S, {"person": 2.0})


def still(last_s: float, at_s: float = NOW_S) -> float:
    """Return the chance of who came at a time to be there at another."""
    return float(LAW.still(np.full(1, PERSON, np.int8), np.array([last_s]), at_s)[0])


def chance(absent: float, away_s: float, longest_s: float = 4 * DAY_S) -> float:
    """Return the chance that a person who comes to both servers goes on, a hundred direct half hours later."""
    last_s = NOW_S - away_s
    turns = {"after": 20.0, "direct": 140.0, "direct_since": 100.0, "first_after_s": CHANGE_S + HOUR_S}
    some = table(
        1, "person", **turns, first_direct_s=CHANGE_S + 2 * HOUR_S, last_after_s=last_s, last_direct_s=NOW_S - HOUR_S,
        last_s=NOW_S - HOUR_S, longest_s=longest_s, absent=absent,
    )  # fmt: skip
    return float(stays(some, LAW, rates(some, FLAT, NOW_S), NOW_S, 30 * DAY_S, new_known=True).chance[0])


def posterior(prior: float, likely: float) -> float:
    """Return Bayes' rule: it is there, and does so with that chance, or it is not."""
    return prior * likely / (prior * likely + 1 - prior)


@pytest.mark.parametrize("away_days", [0.5, 2, 4])
@pytest.mark.parametrize("absent", [0.02, 0.2, 0.7])
def test_the_chance_weighs_the_absence_against_a_move(away_days: float, absent: float) -> None:
    """It is still there and away as it has been, or it has moved since it last came."""
    prior = still(NOW_S - away_days * DAY_S)
    assert chance(absent, away_days * DAY_S) == pytest.approx(posterior(prior, absent))


def test_beyond_the_longest_absence_it_fades() -> None:
    """Twice as long as ever: a quarter of that chance."""
    prior = still(NOW_S - 8 * DAY_S)
    assert chance(0.2, 8 * DAY_S) == pytest.approx(posterior(prior, 0.2 / 4))


def test_of_machines_with_a_time_of_their_own_as_many_are_there_as_was_told() -> None:
    """Two thousand, away for lognormal times, each moved when the law has it from the twelfth day on.

    Somewhat more are there than was told: a move is weighed as one right after the last visit, which any silence fits.
    """
    rng = np.random.default_rng(11)
    told, there = list[float](), list[bool]()
    days = CHANGE_S + np.linspace(12, 21, 500) * DAY_S
    stayed = np.array([still(float(days[0]), float(at)) for at in days])
    for _ in range(2000):
        away_s = rng.lognormal(np.log(0.6 * DAY_S), 1.0, 200)
        starts = CHANGE_S + HOUR_S + np.cumsum(away_s + HOUR_S / 2)
        moved_s = float(np.interp(-rng.uniform(), -stayed, days, right=np.inf))
        seen = starts[(starts < NOW_S) & (starts < moved_s)]
        if len(seen) > LEAST_ABSENCES and seen[-1] > days[0]:
            some = placed(seen.tolist())
            longest_s = float(np.diff(seen).max() - HOUR_S / 2)
            told.append(chance(float(some.as_long(NOW_S)[0]), NOW_S - float(some.last_s[0]), longest_s))
            there.append(moved_s > NOW_S)
    result, truth = np.array(told), np.array(there, float)
    assert len(result) > 1500
    for low, high in ((0.0, 0.4), (0.4, 0.8), (0.8, 1.0)):
        mine = (result >= low) & (result <= high)
        assert mine.sum() > 100
        assert 0 < truth[mine].mean() - result[mine].mean() < 0.1
