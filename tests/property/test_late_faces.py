"""Late faces at the old address: when they are over, and what is left of the prior then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.drain.surprise import CROWD_ENDS, Surprises

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
    """By so few it is as likely as beforehand, three in ten; of six it is likelier than of three."""
    two, three, six = (faces(*np.linspace(day, day + 0.1, size)) for size in (2, 3, 6))
    assert two.crowd_is_over.sum() == pytest.approx(0.3, abs=0.06)
    assert three.crowd_is_over.sum() < six.crowd_is_over.sum()


def test_who_still_come_are_not_over() -> None:
    """The same thirty, spread until now, will come."""
    assert any_more(faces(*np.linspace(2.1, 15.9, 30))) > 0.95


def test_the_later_a_face_came_the_likelier_is_another() -> None:
    """None, one on the fourth day, one on the fourteenth."""
    assert any_more(faces(14.0)) > any_more(faces(4.0)) > any_more(faces())


@given(st.sampled_from(CROWD_ENDS))
def test_the_prior_counts_by_the_part_of_the_time(end: float) -> None:
    """A tenth of a face is expected in all of the time, not in each part of it."""
    whole = faces(3.0, 5.0, 15.0)
    late = whole.late(end)
    assert late.prior_faces == pytest.approx((1 - end) * whole.prior_faces)
    assert late.start_s == pytest.approx(end * NOW_S)
    assert late.weight.sum() == sum(age > 16 * end for age in (3.0, 5.0, 15.0))


def test_while_the_dns_leads_to_the_old_address_nothing_is_over() -> None:
    """A constant stream has no crowd."""
    assert replace(faces(*np.linspace(2.1, 8.0, 30)), constant=True).crowd_is_over.sum() == 0.0
