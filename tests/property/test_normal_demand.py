"""Normal demand: trends and holidays, found as they were made; what must not matter."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.drain.demand import Demand, demand
from analyzer.drain.evidence import gather
from analyzer.drain.forecast import forecast
from analyzer.drain.quiet import LEAST_SHARE, Quiet, quiet_days
from analyzer.drain.visits import Begun
from analyzer.migration import load
from analyzer.simulation import simulate, write

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

DAY_S, WEEK_S = 86_400.0, 604_800.0
END_S = 2_900 * WEEK_S + 1.7 * DAY_S  # [s since the epoch]


def made(
    days: int, per_day: float, seed: int = 1, *, growth: float = 1.0, away: dict[int, float] | None = None
) -> NDArray[np.float64]:
    """Return visits of the last days before END_S, by the hours of a shop; some days (from the end) are quiet."""
    rng = np.random.default_rng(seed)
    hours = END_S - np.arange(days * 24, 0, -1) * 3600.0
    of_day = (hours % DAY_S) / DAY_S
    mean = per_day / 24 * (1 + 0.9 * np.sin(2 * np.pi * (of_day - 0.4))) * growth ** ((hours - END_S) / WEEK_S)
    midnight = np.floor(hours / DAY_S) - np.floor(END_S / DAY_S)
    for day, share in (away or {}).items():
        mean = np.where(midnight == -day, mean * share, mean)
    return np.sort(np.repeat(hours, rng.poisson(mean)) + 1.0)


def normal(came: NDArray[np.float64], days: int, *, times: int = 1, shift_s: float = 0.0) -> Demand:
    """Return the demand that the visits show, each so many times, at another time."""
    start = np.repeat(came, times) + shift_s
    return demand(Begun(start, np.ones(len(start), np.int32)), END_S - days * DAY_S + shift_s, END_S + shift_s)


# --- trend -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("growth", [0.8, 0.95, 1.0, 1.05, 1.3])
def test_a_trend_is_found(growth: float) -> None:
    """Four weeks of two hundred visits a day; the level is that of the end, and goes on for four weeks."""
    found = normal(made(28, 200.0, growth=growth), 28)
    assert found.growth == pytest.approx(np.log(growth), abs=0.03)
    assert found.visits_per_day == pytest.approx(200.0, rel=0.06)
    assert float(found.grown(END_S + WEEK_S)) == pytest.approx(growth, rel=0.04)
    assert found.grown(END_S + 5 * WEEK_S) == found.grown(END_S + 50 * WEEK_S), "nothing grows for ever"


def test_a_few_visits_make_no_trend() -> None:
    """Of twelve visits in two weeks all but one in the second: shrunk to hardly any."""
    came = END_S - np.linspace(0.1, 13.9, 12) ** 1.5 / 13.9**0.5 * DAY_S
    assert 0 < normal(np.sort(came), 14).growth < 0.04
    assert normal(made(6, 500.0, growth=3.0), 6).growth == 0, "a week at least"


def test_a_trend_is_no_rhythm() -> None:
    """Ten days of a site that doubles each week: the days of the week that came twice are not the greater for it."""
    shape = normal(made(10, 3_000.0, growth=2.0), 10).shape.reshape(7, 24).mean(axis=1)
    assert np.ptp(shape) < 0.25, "that of the counts alone would be 0.7 and more"


# --- holidays --------------------------------------------------------------------------------------------------------


def test_a_holiday_is_found_and_proves_little() -> None:
    """Two days at a tenth and at two fifths of what is normal: exposure is that, and a third, which is the least."""
    found = normal(made(28, 300.0, away={5: 0.1, 6: 0.4}), 28)
    last = np.floor(END_S / DAY_S) * DAY_S
    assert found.quiet.start_s == (last - 6 * DAY_S, last - 5 * DAY_S)
    assert found.quiet.share == pytest.approx((0.4, LEAST_SHARE), abs=0.15)
    inside = float(found.normal_days(last - 6 * DAY_S, last - 4 * DAY_S))
    assert inside == pytest.approx(0.4 + LEAST_SHARE, abs=0.2)
    without = normal(made(28, 300.0), 28)
    assert found.shape == pytest.approx(without.shape, abs=0.35), "nor is it a rhythm"
    assert found.visits_per_day == pytest.approx(300.0, rel=0.08)


def test_chance_is_no_holiday() -> None:
    """Poisson days about their mean: of 60 x 21 judged hardly any is called quiet."""
    called = [len(normal(made(28, 60.0, seed), 28).quiet.start_s) for seed in range(60)]
    assert sum(called) <= 3


def test_a_slow_day_is_no_holiday() -> None:
    """Four fifths of what is normal, of so many that it is no chance: a day like that is a Sunday of a shop."""
    assert normal(made(28, 2_000.0, away={5: 0.8}), 28).quiet == Quiet()


def test_a_long_holiday_is_found_to_its_end() -> None:
    """Eleven days after three weeks: the first of them do not make the last ones normal."""
    found = normal(made(40, 300.0, away=dict.fromkeys(range(9, 20), 0.1)), 40)
    assert len(found.quiet.start_s) == 11
    assert found.rhythm.quiet == Quiet(), "who keeps no holidays has the rhythm alone"


def test_a_quiet_month_is_the_new_normal() -> None:
    """A fifth of what it was, for seven weeks: after two or three it is no holiday any more."""
    came = made(77, 300.0, away=dict.fromkeys(range(50), 0.2))
    found = quiet_days(came, lambda start, end: end - start, END_S - 77 * DAY_S, END_S)
    last = np.floor(END_S / DAY_S) * DAY_S
    assert min(found.start_s) == last - 49 * DAY_S
    assert last - 38 * DAY_S < max(found.start_s) < last - 25 * DAY_S


@given(st.integers(1, 20), st.integers(8, 27))
def test_what_comes_later_does_not_change_what_a_day_was(seed: int, until: int) -> None:
    """A day that is over is quiet or not by what was known then."""
    came = made(28, 100.0, seed, away={4: 0.2, 9: 0.3, 16: 0.1, 17: 0.0})
    start_s, cut_s = np.floor(END_S / DAY_S - 28) * DAY_S, np.floor(END_S / DAY_S - 28 + until) * DAY_S
    early, late = (quiet_days(came[came < end], lambda a, b: b - a, start_s, end) for end in (cut_s, END_S))
    assert early.start_s == tuple(one for one in late.start_s if one < cut_s)
    assert early.share == late.share[: len(early.share)]


moments = st.floats(-20 * DAY_S, 20 * DAY_S)
SOME = Quiet((END_S - 9 * DAY_S, END_S - 8 * DAY_S, END_S - DAY_S), (0.2, 0.0, 0.5))


@given(moments, moments, moments)
def test_exposure_with_quiet_days_is_additive_and_no_more_than_without(a: float, b: float, c: float) -> None:
    """And never negative: of a quiet day the share that came counts."""
    flat = Demand(np.ones(168), None, None, 0.0)
    known = replace(flat, quiet=SOME)
    a, b, c = (END_S + one for one in sorted((a, b, c)))
    whole = float(known.normal_days(a, c))
    assert whole == pytest.approx(float(known.normal_days(a, b) + known.normal_days(b, c)), abs=1e-6)
    assert -1e-9 <= whole <= float(flat.normal_days(a, c)) + 1e-6
    around = known.normal_days(END_S - 10 * DAY_S, END_S)
    assert float(around) == pytest.approx(10 - 0.8 - 1.0 - 0.5, abs=1e-6)


# --- what must not matter --------------------------------------------------------------------------------------------


@settings(max_examples=10)
@given(st.integers(-200, 200), st.integers(1, 50))
def test_a_shift_by_whole_weeks_does_not_matter(weeks: int, seed: int) -> None:
    """The same rhythm, trend and quiet days, weeks later."""
    came = made(20, 80.0, seed, growth=1.1, away={3: 0.1})
    here, there = normal(came, 20), normal(came, 20, shift_s=weeks * WEEK_S)
    assert there.shape == pytest.approx(here.shape)
    assert there.growth == pytest.approx(here.growth)
    assert there.quiet.start_s == pytest.approx(tuple(one + weeks * WEEK_S for one in here.quiet.start_s))
    assert there.quiet.share == pytest.approx(here.quiet.share)


@settings(max_examples=10)
@given(st.integers(1, 50), st.integers(2, 6))
def test_twice_the_visits_are_twice_the_level(seed: int, times: int) -> None:
    """Rhythm and trend stay, but for what the priors weigh the less; so do clear holidays."""
    came = made(28, 400.0, seed, growth=1.1, away={3: 0.05})
    single, many = normal(came, 28), normal(came, 28, times=times)
    assert many.visits_per_day == pytest.approx(times * (single.visits_per_day or 0), rel=0.02)
    assert many.growth == pytest.approx(single.growth, abs=0.02)
    assert many.shape == pytest.approx(single.shape, abs=0.15)
    assert set(single.quiet.start_s) <= set(many.quiet.start_s)


@pytest.mark.parametrize("nameless", [(), ("old",), ("old", "new"), ("new",)])
def test_only_both_logs_together_tell_a_holiday_from_a_drain(tmp_path: Path, nameless: tuple[str, ...]) -> None:
    """People on holiday for days after the change: seen with the new server's log, and not without it.

    Where a log has no agents people are known by how they come.
    """
    story = simulate("a-holiday", 61)
    write(story, tmp_path / "m")
    for server in nameless:
        _without_agents(tmp_path / "m", server)
    mine, changed = load(tmp_path / "m" / "cutover.toml"), story.truth.changed_at
    at = changed + timedelta(days=9)
    later = [
        [one for one in found.normal.quiet.start_s if one > changed.timestamp()]
        for found in (forecast(gather(some, [at]).at(at), changed) for some in (mine, replace(mine, new_logs=None)))
    ]
    assert len(later[0]) >= 3
    assert later[1] == []


def _without_agents(folder: Path, server: str) -> None:
    """Make the logs of a server of a migration `common`: of each `combined` line the part before the referer."""
    for file in (folder / server).iterdir():
        whole = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        short = re.sub(rb' "(?:[^"\\\\]|\\\\.)*" "(?:[^"\\\\]|\\\\.)*"$', b"", whole, flags=re.MULTILINE)
        file.write_bytes(gzip.compress(short) if file.suffix == ".gz" else short)
    config = folder / "cutover.toml"
    before, after = config.read_text().split(f"[logs.{server}]")
    config.write_text(before + f"[logs.{server}]" + after.replace('"combined"', '"common"', 1))
