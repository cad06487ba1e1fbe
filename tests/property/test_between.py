"""When in its silence a client moved: the closed form against simulated clients, its limits, and what it grows with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from drain_clients import CHANGE_S, DAY_S, FLAT, HOUR_S, table

from analyzer.drain import stays as stories
from analyzer.drain.between import silent_until_it_moved
from analyzer.drain.leaving import Leaving, residual_life_s
from analyzer.drain.rates import SCALES_DAYS, SHAPE, Population, rates, silence_until
from analyzer.drain.stays import stays
from analyzer.logs.agents import KINDS

if TYPE_CHECKING:
    from analyzer.drain.clients import Clients

HORIZON_S = 30 * DAY_S
AMONG = Population(np.array([0.0, 0.0, 1.0, 0.0, 0.0]), CHANGE_S - 14 * DAY_S)
LAW = Leaving(CHANGE_S, HOUR_S, {"person": 1.0, "program": 1.0}, {"person": 0.2, "program": 0.3})
AGE_S = 4 * DAY_S  # of the change, at the last visit


def seen(kind: str = "person", **columns: Any) -> Clients:
    """Return a client that came once a day, at last four days after the change."""
    last_s = CHANGE_S + AGE_S
    return table(
        1, kind, before=14.0, after=4.0, last_s=last_s, last_after_s=last_s, first_after_s=CHANGE_S + HOUR_S, **columns
    )


@pytest.mark.parametrize("days", [1.0, 3.0, 8.0])
def test_who_is_there_after_a_silence_is_that_of_simulated_people(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    """Of people who come at rates of their own until they move, those silent for days: so many are there still.

    Nobody sees them move. One that moved was silent by chance until then, for sure from then on.
    """
    monkeypatch.setattr(stories, "STOPPED", 0.0)  # nobody leaves altogether here
    rng, size, at_s = np.random.default_rng(20_261_201), 1_000_000, CHANGE_S + AGE_S + days * DAY_S
    some = seen()
    rate = rates(some, FLAT, at_s, AMONG)
    until = silent_until_it_moved(some, LAW, FLAT, AMONG, at_s)
    said = float(stays(some, LAW, rate, at_s, HORIZON_S, new_known=False, until_moved=until).chance[0])
    person = np.full(size, KINDS.index("person"), np.int8)
    never = float(LAW.never_moves(person[:1], CHANGE_S + AGE_S)[0])
    stays_s = residual_life_s(np.full(size, AGE_S), LAW.exponents(person), rng.random(size), never)
    visits = rng.gamma(SHAPE + 17, 1 / (SCALES_DAYS[2] + 18.0), size)
    next_s = rng.exponential(1 / visits) * DAY_S
    silent = next_s > np.minimum(stays_s, days * DAY_S)
    there = silent & (stays_s > days * DAY_S)
    truth = there.sum() / silent.sum()
    assert said == pytest.approx(truth, abs=0.01)
    as_if_at_once = float(stays(some, LAW, rate, at_s, HORIZON_S, new_known=False).chance[0])
    assert as_if_at_once < said, "as if all who moved had done so at once"


def test_nobody_moves_all_at_once_or_before_the_silence() -> None:
    """Just silent, its silence until it moved is certain; after long it is as rare as a silence of a part of that."""
    some = seen()
    short = silent_until_it_moved(some, LAW, FLAT, AMONG, CHANGE_S + AGE_S + 1.0)[0]
    long = silent_until_it_moved(some, LAW, FLAT, AMONG, CHANGE_S + AGE_S + 20 * DAY_S)[0]
    assert short == pytest.approx(1.0, abs=1e-3)
    assert rates(some, FLAT, CHANGE_S + AGE_S + 20 * DAY_S, AMONG).silence[0] < long < 0.5


def test_who_is_not_seen_or_seen_to_have_moved_is_left_as_it_is() -> None:
    """Nothing is asked of those without a visit since the change, nor of those at the new server."""
    at_s = CHANGE_S + 9 * DAY_S
    unseen = table(before=14.0, last_s=CHANGE_S - HOUR_S)
    moved = seen(first_direct_s=CHANGE_S + 5 * DAY_S, last_direct_s=CHANGE_S + 6 * DAY_S, direct=2.0)
    assert silent_until_it_moved(unseen, LAW, FLAT, AMONG, at_s) == pytest.approx(1.0)
    assert silent_until_it_moved(moved, LAW, FLAT, AMONG, at_s) == pytest.approx(1.0)


@given(st.floats(0.05, 20), st.sampled_from(["person", "program"]), st.floats(0, 6), st.booleans())
def test_a_silence_until_a_moment_is_that_of_the_moment(days: float, kind: str, spread: float, regular: bool) -> None:
    """Judged at a moment, or asked for it among others: the same chance, of clocks, of bursts and of people."""
    some = seen(kind, intervals=17.0, spread=spread, regular=regular, longest_s=2 * DAY_S)
    at_s = CHANGE_S + AGE_S + days * DAY_S
    both = silence_until(some, FLAT, AMONG, np.array([[at_s - 0.5 * days * DAY_S, at_s]]))[0]
    assert both[1] == pytest.approx(rates(some, FLAT, at_s, AMONG).silence[0])
    assert both[0] >= both[1] - 1e-12
