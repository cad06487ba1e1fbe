"""The forecast curve's band: what will be counted in stretches that lie ahead."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small
from drain_clients import DAY_S, HOUR_S

from analyzer.drain.curve import curve, requests_ahead
from analyzer.drain.evidence import gather
from analyzer.drain.forecast import Forecast, forecast
from analyzer.migration import load

if TYPE_CHECKING:
    from analyzer.drain.evidence import Gathered

AGES_H = (2.0, 6.0, 100.0)


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> Gathered:
    """Return a small migration at some ages of its change."""
    path = small.write(tmp_path_factory.mktemp("band") / "m", small.story(1))
    return gather(load(path), [small.CHANGED + timedelta(hours=age) for age in AGES_H])


@pytest.fixture(scope="module")
def now(gathered: Gathered) -> dict[float, Forecast]:
    """Return the forecast at each age."""
    return {age: forecast(gathered.at(small.CHANGED + timedelta(hours=age)), small.CHANGED) for age in AGES_H}


def hours(*edges: tuple[float, float]) -> np.ndarray:
    """Return stretches [s from now]."""
    return np.array(edges) * HOUR_S


@pytest.mark.parametrize("age", AGES_H)
def test_means_of_adjoining_stretches_add_up(now: dict[float, Forecast], age: float) -> None:
    """Two halves of a day, and the day; but for the faces' rate, taken in the middle of each."""
    mean, _ = requests_ahead(now[age], hours((0, 12), (12, 24), (0, 24)))
    assert mean[0] + mean[1] == pytest.approx(mean[2], rel=0.1)


def test_a_program_that_never_moves_sends_what_it_sends(now: dict[float, Forecast]) -> None:
    """Four days on one program is left, once an hour; the band of an hour holds that, and the day's is no wide one."""
    mean, drawn = requests_ahead(now[100.0], hours((0, 1), (0, 24)))
    assert mean == pytest.approx([1.0, 24.0], rel=0.15)
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    assert low[0] <= 1 <= high[0]
    assert 10 < low[1] <= 24 <= high[1] < 36


def test_the_band_is_of_counts_not_of_rates(now: dict[float, Forecast]) -> None:
    """Draws of an hour's count spread more, for their mean, than those of a day: chance evens out."""
    _, drawn = requests_ahead(now[100.0], hours((0, 1), (0, 24)), draws=4_000)
    spread = drawn.std(axis=0) / drawn.mean(axis=0)
    assert spread[0] > 1.2 * spread[1]


def test_caches_let_people_go(now: dict[float, Forecast]) -> None:
    """Two hours after the change of an hour's TTL: by the next day the caches lead hardly anybody there."""
    led = now[2.0].led
    assert led is not None
    mean = led.draw(np.random.default_rng(1), 400, hours((0, 1), (24, 25))).mean(axis=0)
    assert mean[1] < 0.15 * mean[0]
    assert now[100.0].led is None


def test_twice_the_requests_a_visit_are_twice_the_band(now: dict[float, Forecast]) -> None:
    """Of known clients; who is there and how often does not change."""
    one = now[100.0]
    stay = replace(one.stay, per_visit=one.stay.per_visit * 2, expected_requests=one.stay.expected_requests * 2)
    faces = replace(one.faces, requests_per_face=one.faces.requests_per_face * 2)
    single, double = (requests_ahead(each, hours((0, 5)))[1] for each in (one, replace(one, stay=stay, faces=faces)))
    assert double == pytest.approx(2 * single, rel=1e-6)


def test_the_curve_shows_the_band_of_each_hour(gathered: Gathered, now: dict[float, Forecast]) -> None:
    """Its first point is the next hour; the ends lie about the mean or the mean beyond them, and none is negative."""
    shown = curve(gathered.at(small.CHANGED + timedelta(hours=6)), now[6.0]).band
    mean, _ = requests_ahead(now[6.0], hours((0, 1)))
    assert shown["expected"].iloc[0] == pytest.approx(mean[0], rel=0.25)
    assert (shown["lower"] >= 0).all()
    assert (shown["lower"] <= shown["upper"]).all()
    assert (shown["at"].iloc[-1] - shown["at"].iloc[0]).total_seconds() == pytest.approx(10 * DAY_S)
