"""Programs that come every week to the hour: of how few visits that is told, and what a missed turn says then."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small
from drain_clients import DAY_S, HOUR_S

from analyzer.drain.advise import advise
from analyzer.drain.evidence import gather
from analyzer.drain.rhythm import EXACT_SPREAD, Placed
from analyzer.drain.visits import Visits
from analyzer.migration import load

if TYPE_CHECKING:
    from analyzer.drain.forecast import Forecast

WEEK_S = 7 * DAY_S


def placed(*starts: list[float]) -> Placed:
    """Return the visits, of a minute each, of clients that came at these times."""
    client = np.repeat(np.arange(len(starts)), [len(one) for one in starts])
    start = np.array([at for one in starts for at in one], float)
    ones = np.ones(len(start), np.int64)
    return Placed.of(Visits(client, start, start + 60.0, ones, ones), np.arange(len(starts)))


@pytest.mark.parametrize(
    ("starts", "exact"),
    [
        ([0.0, WEEK_S, 2 * WEEK_S], True),
        ([0.0, WEEK_S + HOUR_S, 2 * WEEK_S], True),
        ([0.0, DAY_S, 2 * DAY_S, 3 * DAY_S], True),
        ([0.0, WEEK_S + 12 * HOUR_S, 2 * WEEK_S], False),
        ([0.0, WEEK_S], False),
        ([0.0], False),
        ([0.0, HOUR_S, 2 * HOUR_S], False),
        ([0.0, WEEK_S, 3 * WEEK_S], False),
    ],
)
def test_two_intervals_of_a_day_at_least_that_hardly_differ_tell(starts: list[float], exact: bool) -> None:
    """Not one, not three looks of one morning, not one that left out a turn."""
    rhythm = placed(starts).rhythm()
    assert rhythm.exact.tolist() == [exact]
    assert not rhythm.regular.any(), "four intervals make a rhythm, whatever its length"


def test_by_chance_one_in_fifty_is_as_exact() -> None:
    """Of twenty thousand clients that came three times at random, days apart."""
    rng = np.random.default_rng(17)
    starts = np.sort(rng.uniform(0, 60 * DAY_S, (20_000, 3)), axis=1)
    starts = starts[(np.diff(starts, axis=1) > DAY_S).all(axis=1)]
    share = placed(*starts.tolist()).rhythm().exact.mean()
    assert share == pytest.approx(EXACT_SPREAD, rel=0.25)


def weekly(folder: Path, agent: str, *days: int) -> tuple[Forecast, int]:
    """Return the forecast eight days after the change, and the row of a client that came on these days."""
    came = [
        small.Request(small.CHANGED + timedelta(days=day, minutes=5), "203.0.113.60", agent, f"/data?part={page}")
        for day in days
        for page in range(3)
    ]
    old = tuple(sorted((*small.story(1, stuck=False).old, *came), key=lambda one: one.at))
    config = small.write(folder, small.Story(old, ()), small.toml(rest=small.WITH_DNS))
    at = small.CHANGED + timedelta(days=7.9)
    judged = advise(gather(load(config), [at]).at(at))
    assert judged.forecast is not None
    addresses = judged.evidence.old.clients["address"].iloc[judged.forecast.clients.code].tolist()
    return judged.forecast, addresses.index("203.0.113.60")


@pytest.mark.parametrize(("agent", "exact"), [("HeatGateway/2.0", True), (small.FIREFOX, False)])
def test_a_weekly_program_is_known_after_three_visits_and_a_person_is_not(
    tmp_path: Path, agent: str, exact: bool
) -> None:
    """A person who came on three days of a week at ten may come on any day; both came once more since the change."""
    now, row = weekly(tmp_path, agent, -15, -8, -1, 6)
    assert bool(now.clients.regular[row]) is exact
    if exact:
        assert now.rate.per_day[row] == pytest.approx(1 / 7)


def test_a_missed_turn_of_three_tells(tmp_path: Path) -> None:
    """A program of three visits a week apart that has missed the fourth: Laplace's rule."""
    now, row = weekly(tmp_path, "HeatGateway/2.0", -17, -10, -3)
    assert now.rate.silence[row] == pytest.approx(1 / 5)
