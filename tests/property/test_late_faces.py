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


@given(st.integers(3, 60))
def test_the_more_came_the_surer_a_silence_of_a_third_says_that_it_is_over(size: int) -> None:
    """Faces came evenly until day ten, and none since: of twice as many it is the surer."""
    few, many = (faces(*np.linspace(2.1, 10.0, n)) for n in (size, 2 * size))
    assert many.crowd_is_over.sum() >= few.crowd_is_over.sum() - 1e-9


@pytest.mark.parametrize("size", [12, 30, 100])
def test_many_that_ended_are_over(size: int) -> None:
    """Of such moments one in fifty or so saw another face (docs/model.md): one in six is expected at most."""
    assert any_more(faces(*np.linspace(2.1, 7.9, size))) < 1 / 6


def test_who_still_come_are_not_over() -> None:
    """The same thirty, spread until now, will come."""
    assert any_more(faces(*np.linspace(2.1, 15.9, 30))) > 0.95


def test_one_face_of_late_is_no_crowd_of_its_own() -> None:
    """A face in the last quarter is likelier the tail of what came before than a crowd that began then."""
    assert faces(14.0).crowd_is_over.sum() < 0.5
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
