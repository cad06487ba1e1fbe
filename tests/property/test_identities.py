"""How long an address and an agent last, learned from those who came often before the change."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from drain_clients import CHANGE_S, DAY_S, HOUR_S, table

from analyzer.drain.clients import Clients
from analyzer.drain.identities import churn_per_day, lasting, lasts

BASELINE_DAYS = 28.0


def drawn(rate: float, size: int = 400, kind: str = "person", seed: int = 1) -> Clients:
    """Return clients that come every two hours for lives of a rate [1/day], begun at any time of the baseline."""
    rng = np.random.default_rng(seed)
    begin = CHANGE_S - BASELINE_DAYS * DAY_S * rng.random(size)
    end = np.minimum(begin + rng.exponential(1 / rate, size) * DAY_S, CHANGE_S)
    visits = np.floor((end - begin) / (2 * HOUR_S)) + 1
    last = begin + (visits - 1) * 2 * HOUR_S
    found = table(size, kind, interval_s=2 * HOUR_S, longest_s=2 * HOUR_S)
    return replace(found, before=visits, intervals=visits - 1, first_s=begin, last_s=last, last_before_s=last)


def churn(some: Clients, agent: np.ndarray | None = None, six: np.ndarray | None = None) -> np.ndarray:
    """Return the rates, of clients without agents and of IPv4 if nothing else is said."""
    size = len(some)
    nobody, four = np.full(size, -1, np.int32), np.zeros(size, bool)
    mine = replace(some, six=four if six is None else six)
    # The mean rate of those like it, whatever each one's own life says.
    fresh = replace(mine, last_s=mine.first_s)
    return churn_per_day(fresh, nobody if agent is None else agent, CHANGE_S)


@pytest.mark.parametrize("rate", [0.05, 0.2, 1.0])
def test_the_rate_is_found(rate: float) -> None:
    """From 400 identities of exponential lives, to a quarter."""
    assert churn(drawn(rate))[0] == pytest.approx(rate, rel=0.25)


def test_who_was_there_all_the_time_lasts() -> None:
    """Programs that never stopped: hardly any churn; without a baseline the prior's."""
    steady = replace(drawn(1e-9, 20, "program"), first_s=np.full(20, CHANGE_S - 28 * DAY_S))
    assert churn(steady)[0] < 0.001
    unknown = replace(steady, before=np.zeros(20), intervals=np.zeros(20), last_before_s=np.full(20, np.nan))
    assert churn(unknown) == pytest.approx(0.1 / 60)


def test_families_and_agents_are_told_apart() -> None:
    """IPv6 addresses that change daily say nothing of IPv4; nor devices of one agent of other programs."""
    some = [drawn(2.0), drawn(0.02, seed=2)]
    both = Clients(**{n: np.concatenate([getattr(one, n) for one in some]) for n in Clients.__dataclass_fields__})
    six = np.repeat([True, False], 400)
    rates = churn(both, six=six)
    assert rates[0] > 1
    assert rates[-1] < 0.1
    by_agent = churn(both, agent=np.repeat(np.array([7, -1], np.int32), 400))
    assert by_agent[0] > 1
    assert by_agent[-1] < 0.1


@given(st.floats(0, 5), st.floats(0, 100), st.floats(0, 100))
def test_an_identity_lasts_the_less_the_longer(rate: float, days: float, more: float) -> None:
    """A chance, that multiplies over stretches; the mean share of a horizon is between its end's and 1."""
    silent, longer = np.array([days * DAY_S]), np.array([(days + more) * DAY_S])
    one, both = lasts(np.array([rate]), silent), lasts(np.array([rate]), longer)
    assert 0 <= both <= one <= 1
    assert both == pytest.approx(one * lasts(np.array([rate]), longer - silent), abs=1e-12)
    share = lasting(np.array([rate]), days * DAY_S)
    assert lasts(np.array([rate]), silent) - 1e-9 <= share <= 1


def test_one_that_has_lived_for_long_goes_on_for_longer() -> None:
    """Rates are exponential about their kind's: after L days the mean is 1 / (1/c + L)."""
    some = replace(
        table(2, "person"), first_s=np.full(2, CHANGE_S - 30 * DAY_S), last_s=CHANGE_S - np.array([30, 0]) * DAY_S
    )
    none = np.full(2, -1, np.int32)
    young, old = churn_per_day(replace(some, before=np.zeros(2), last_before_s=np.full(2, np.nan)), none, CHANGE_S)
    assert young == pytest.approx(0.5 / 45)
    assert old == pytest.approx(1 / (45 / 0.5 + 30))
