"""Late faces at the old address: when they are over, and what is left of the prior then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.drain.ended import AFTER, BEFORE, BEFORE_ITS_END, CROWD, CROWD_ENDS, crowd_is_over, late, laws
from analyzer.drain.stretch import (
    EVENLY,
    EXPONENTS,
    MOST,
    PLACES,
    PRIOR_MEAN,
    PRIOR_SPREAD,
    TELL_NOTHING,
    WINDOWS,
)
from analyzer.drain.surprise import Surprises

DAY_S = 86_400.0
NOW_S, START_S = 16 * DAY_S, 2 * DAY_S


def faces(*ages_days: float) -> Surprises:
    """Return faces first seen at some ages, sixteen days after the change."""
    return Surprises(np.array(sorted(ages_days)) * DAY_S, START_S, NOW_S, 1.0)


def any_more(of: Surprises) -> float:
    """Return the chance that another face comes within thirty days."""
    mean = of.draw(np.random.default_rng(11), 8_000, 30 * DAY_S)
    return float(1 - np.exp(-mean).mean())


@pytest.mark.parametrize("size", [60, 100, 300])
def test_many_that_ended_are_over(size: int) -> None:
    """Faces came evenly until half of the time, and none since: hardly another one is expected."""
    ended = faces(*np.linspace(2.1, 7.9, size))
    assert ended.crowd_is_over.sum() > 0.99
    assert any_more(ended) < 0.05


@pytest.mark.parametrize("day", [2.5, 5.0, 6.1, 7.9])
def test_a_crowd_of_one_morning_is_over_a_week_later(day: float) -> None:
    """Thirty faces of one hour, wherever it lies in the first half: where it began is not where it ended."""
    morning = faces(*np.linspace(day, day + 0.04, 30))
    assert any_more(morning) < 0.1
    assert any_more(faces(*np.linspace(15.0, 15.04, 30))) > 0.9, "today's may have only begun"


@pytest.mark.parametrize("day", [4.0, 7.5])
def test_of_two_faces_nobody_can_tell_a_crowd(day: float) -> None:
    """By two on different days it is hardly likelier than beforehand, three in ten; of six at once than of two."""
    apart, two, six = faces(2.5, day), faces(day, day + 0.1), faces(*np.linspace(day, day + 0.1, 6))
    assert 0.15 < apart.crowd_is_over.sum() < 0.5
    assert two.crowd_is_over.sum() < 0.8
    assert any_more(two) > 0.05
    assert two.crowd_is_over.sum() < six.crowd_is_over.sum()


def test_who_still_come_are_not_over() -> None:
    """The same thirty, spread until now, will come."""
    assert any_more(faces(*np.linspace(2.1, 15.9, 30))) > 0.95


def test_the_later_a_face_came_the_likelier_is_another() -> None:
    """None, one on the fourth day, one on the fourteenth."""
    assert any_more(faces(14.0)) > any_more(faces(4.0)) > any_more(faces())


@given(st.sampled_from(CROWD_ENDS))
def test_the_prior_counts_by_the_part_of_the_time(end: float) -> None:
    """A tenth of a face is expected in all of the time, not in each part of it."""
    whole = faces(3.0, 5.0, 15.0).stretch
    after = late(whole, end)
    assert after.prior == pytest.approx((1 - end) * whole.prior)
    assert after.start_s == pytest.approx(end * NOW_S)
    assert after.total == sum(age > 16 * end for age in (3.0, 5.0, 15.0))


def test_while_the_dns_leads_to_the_old_address_nothing_is_over() -> None:
    """A constant stream has no crowd."""
    assert replace(faces(*np.linspace(2.1, 8.0, 30)), constant=True).crowd_is_over.sum() == 0.0


def test_of_crowds_said_to_be_over_as_many_are() -> None:
    """Drawn as it is believed: by one law, or by a crowd's and another of a few after it; hardly fewer are over."""
    rng = np.random.default_rng(12)
    told, true = np.empty(1_500), np.empty(1_500, bool)
    for n in range(len(told)):
        true[n] = rng.random() < CROWD
        some = faces(*(_crowd if true[n] else _one_law)(rng, int(rng.integers(2, 12))))
        told[n] = some.crowd_is_over.sum()
    for low, high in ((0.0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 0.9), (0.9, 1.01)):
        mine = (told >= low) & (told < high)
        share, expected = true[mine].mean(), told[mine].mean()
        assert share > expected - 3.0 * np.sqrt(expected * (1 - expected) / mine.sum()), (low, share, expected)
        assert share < expected + 0.25, (
            "three faces of a crowd tell nothing of where it was: more are over than is said"
        )


def _one_law(rng: np.random.Generator, size: int, start_d: float = 2.0, end_d: float = 16.0) -> np.ndarray:
    """Return the ages [d] of so many faces that come evenly, or at a rate that is a power of the age, by the prior."""
    if rng.random() < EVENLY:
        return rng.uniform(start_d, end_d, size)
    return _power(rng, size, start_d, end_d)


def _power(rng: np.random.Generator, size: int, start_d: float, end_d: float) -> np.ndarray:
    """Return the ages [d] of so many faces that come at a rate that is a power of the age."""
    believed = np.exp(-0.5 * ((EXPONENTS - PRIOR_MEAN) / PRIOR_SPREAD) ** 2)
    k = rng.choice(EXPONENTS, p=believed / believed.sum()) + 1e-6
    return np.asarray((start_d**k + (end_d**k - start_d**k) * rng.random(size)) ** (1 / k))


def _crowd(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return the ages [d] of so many faces, most of them of a crowd: falling, even, or in a window."""
    end_d = 16.0 * rng.choice(CROWD_ENDS)
    rest = int(rng.binomial(size, rng.beta(AFTER, BEFORE)))
    law, width_d = int(rng.integers(3)), (end_d - 2.0) / rng.choice(WINDOWS)
    begin_d = 2.0 + (end_d - 2.0 - width_d) * rng.random()
    inside = (rng.random(size - rest) < MOST) & (law == 2)
    early = np.where(inside, rng.uniform(begin_d, begin_d + width_d, size - rest), rng.uniform(2.0, end_d, size - rest))
    early = _power(rng, size - rest, 2.0, end_d) if law == 0 else early
    origin_d = min(float(early.mean()), BEFORE_ITS_END * end_d) if len(early) else 0.0
    return np.concatenate([early, origin_d + _one_law(rng, rest, end_d - origin_d, 16.0 - origin_d)])


def test_the_rest_of_a_crowd_counts_its_time_from_the_crowd() -> None:
    """Of who comes after it fewer do, the longer ago it was: not the longer ago the change was."""
    crowd = faces(*np.linspace(5.95, 6.05, 40)).stretch
    assert late(crowd, 0.5).origin_s == pytest.approx(6 * DAY_S, rel=0.01)
    assert late(crowd, 0.25).origin_s == 0.0, "nobody had come by then"
    assert late(faces(*np.linspace(7.95, 7.99, 40)).stretch, 0.5).origin_s == BEFORE_ITS_END * 8 * DAY_S
    over = crowd_is_over(crowd)
    now_s = laws(np.random.default_rng(3), crowd, 20_000)[2]
    for end, chance in zip(CROWD_ENDS, over, strict=True):
        if chance > 0.01:
            mine = np.isclose(now_s, NOW_S - late(crowd, end).origin_s).mean()
            assert mine >= chance - 0.02


def test_a_rest_that_came_at_once_is_over_and_one_that_goes_on_is_not() -> None:
    """Six more within two days of the crowd, or six spread until now."""
    crowd = np.linspace(5.95, 6.05, 40)
    at_once, on_and_on = (faces(*crowd, *np.linspace(first, last, 6)) for first, last in ((6.6, 8.0), (8.5, 15.9)))
    assert any_more(at_once) < 0.25
    assert any_more(on_and_on) > 0.5


def test_the_windows_of_a_crowd_are_weighed_face_by_face() -> None:
    """Against a count by hand of who lies in each, weights and ends included."""
    rng = np.random.default_rng(5)
    some = replace(
        faces(*rng.uniform(6.0, 6.5, 30), *rng.uniform(2.0, 15.9, 9)).stretch, weight=rng.uniform(0.1, 1, 39)
    )
    length_s, log = some.end_s - some.start_s, list[float]()
    for parts in WINDOWS:
        for place in np.linspace(0.0, 1.0, PLACES):
            begin_s = some.start_s + (length_s - length_s / parts) * place
            inside = (some.ages_s >= begin_s) & (some.ages_s <= begin_s + length_s / parts)
            log.append(float((some.weight * np.log(MOST / (length_s / parts) * inside + (1 - MOST) / length_s)).sum()))
    window = np.logaddexp.reduce(log) - np.log(len(log))
    told = (some.total - TELL_NOTHING) / some.total
    evenly = -some.total * np.log(length_s)
    power = some._log_laws()[0]
    expected = np.logaddexp.reduce([power, evenly, told * window + (1 - told) * evenly]) - np.log(3)
    assert some.log_evidence_of_crowd() == pytest.approx(expected, rel=1e-9)
