"""The people whom caches lead to the old address: their mean, its limits, and the band of what will be counted."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from typing import TYPE_CHECKING

from drain_clients import CHANGE_S, DAY_S, FLAT, HOUR_S, table

from analyzer.drain.caches import Caches, Line, expected_caches
from analyzer.drain.clients import PERSON, PROGRAM
from analyzer.drain.flow import LEVEL_VISITS, POPULARITY, RESOLVERS, Flow, flow
from analyzer.drain.learned import leaving
from analyzer.drain.visits import Visits

if TYPE_CHECKING:
    from analyzer.drain.leaving import Leaving

NOBODY = Visits(*(np.zeros(0),) * 5)  # type: ignore[arg-type] -- no visit at all
SURE = 1e9  # [clients]: a mixture that is known
TTL_S = 6 * HOUR_S
ONE = Flow(
    at_s=CHANGE_S + HOUR_S,
    turn_s=CHANGE_S,
    scale_s=TTL_S,
    since_s=CHANGE_S + HOUR_S / 2,
    caches=Caches((Line(TTL_S, count=SURE),)),
    unheld=1e-9,
    visits=1_000 / 48 * (1 - 0.75 / 6),
    usual_per_day=1_000.0,
    requests_per_visit=5.0,
    normal=FLAT,
)


def drawn(one: Flow, *edges_h: tuple[float, float]) -> np.ndarray:
    """Return 4,000 draws of the mean visits in stretches [hours from now]."""
    return one.draw(np.random.default_rng(31), 4_000, np.array(edges_h) * HOUR_S)


def test_the_mean_is_normal_demand_times_the_share_that_is_old() -> None:
    """A thousand visits a day, behind caches of six hours, an hour after the turn: the area under the line."""
    found = drawn(ONE, (0, 1), (1, 3), (0, 5), (5, 48)).mean(axis=0)
    per_hour = 1_000 / 24
    areas = [(5**2 - 4**2) / 12, (4**2 - 2**2) / 12, 5**2 / 12, 0.0]
    assert found == pytest.approx(per_hour * np.array(areas), rel=0.03, abs=0.01)


def test_adjoining_stretches_add_up() -> None:
    """Draw by draw: the same resolvers let go at the same moments."""
    parts = drawn(ONE, (0, 2), (2, 7), (0, 7))
    assert parts[:, 0] + parts[:, 1] == pytest.approx(parts[:, 2])


def test_few_large_resolvers_make_steps() -> None:
    """However well the mixture is known: of n Dirichlet shares the sum of squares is (a + 1) / (n a + 1)."""
    old = round(RESOLVERS * 5 / 6)
    squares = (POPULARITY + 1) / (old * POPULARITY + 1)
    level = 1 / (ONE.visits + LEVEL_VISITS)
    for hour in (1, 2, 3):
        found, left = drawn(ONE, (hour, hour + 1))[:, 0], 1 - (hour + 0.5) / 5
        spread = (level + squares * (1 - left) / left) ** 0.5
        assert found.std() / found.mean() == pytest.approx(spread, rel=0.08)


@pytest.mark.parametrize(("seen", "level"), [(0.3, 300.0), (3.0, 3_000.0)])
def test_what_came_since_tells_the_level_where_many_come(seen: float, level: float) -> None:
    """A third, or three times, of what is usual came since the turn: so it will be, whatever the baseline says."""
    found = drawn(replace(ONE, visits=ONE.visits * 100 * seen, usual_per_day=100_000.0), (0, 5)).mean()
    assert found == pytest.approx(100 * level / 24 * 5**2 / 12, rel=0.05)


def test_without_a_baseline_only_what_came_tells() -> None:
    """Doubling the visits doubles the flow; none leave next to nothing."""
    alone = replace(ONE, usual_per_day=None, visits=400.0)
    assert drawn(replace(alone, visits=800.0), (0, 5)).mean() == pytest.approx(
        2 * drawn(alone, (0, 5)).mean(), rel=0.02
    )
    assert drawn(replace(alone, visits=0.0), (0, 5)).mean() < drawn(replace(alone, visits=1.0), (0, 5)).mean()


def test_who_is_held_by_no_cache_stays_beyond_all_of_them() -> None:
    """Half of all are: at the line's end about so many are left, and a day later fewer."""
    half = replace(ONE, unheld=SURE)
    first, last = drawn(half, (5, 6), (29, 30)).mean(axis=0)
    share = 1_000 / 24 / 2 * (1 - 0.75 / 6) / (1 - 0.375 / 6)  # of the visits seen more would have been expected
    assert first == pytest.approx(share, rel=0.1)
    assert 0.1 * first < last < 0.5 * first


def law_of(caches: Caches | None, *, pending: bool = False) -> Leaving:
    """Return the law of nobody's moves."""
    return leaving(table(1), CHANGE_S, HOUR_S, CHANGE_S + 60, pending=pending, caches=caches)


def test_there_is_a_flow_while_caches_lead_people_there() -> None:
    """From the turn on, until the last line has all but ended; nothing is said where nothing is known of caches."""
    caches = expected_caches(300.0)
    for age, there in {0.0: True, 60.0: True, 6 * HOUR_S: True, 3 * DAY_S: False}.items():
        assert (flow(table(1), NOBODY, law_of(caches), FLAT, CHANGE_S + age) is not None) == there
    assert flow(table(1), NOBODY, law_of(None), FLAT, CHANGE_S + 60) is None


def test_while_the_turn_is_yet_to_come_people_come_as_usual() -> None:
    """Thirty days of normal demand, whatever the TTL; at the very moment of the turn as well."""
    normal = replace(FLAT, visits_per_day=200.0)
    some = table(50, "person", before=56.0)
    found = flow(some, NOBODY, law_of(expected_caches(300.0), pending=True), normal, CHANGE_S)
    assert found is not None
    assert drawn(found, (0, 720)).mean() == pytest.approx(30 * 200, rel=0.02)


def test_only_late_visits_of_people_count() -> None:
    """Those of the later half of the time since the turn; programs are known one by one."""
    some = replace(table(2), kind=np.array([PERSON, PROGRAM], np.int8))
    start = CHANGE_S + np.array([100.0, 800.0, 900.0])
    ones = np.ones(3, np.int64)
    found = flow(some, Visits(np.array([0, 0, 1]), start, start, ones, ones), law_of(expected_caches(300.0)), FLAT,
                 CHANGE_S + 1_000.0)  # fmt: skip
    assert found is not None
    assert found.visits == 1
