"""People who were never there before the change, and whom something old leads there: they tell of each other."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small
from drain_clients import CHANGE_S, DAY_S, FLAT, HOUR_S, table

from analyzer.drain.advise import advise
from analyzer.drain.evidence import gather
from analyzer.drain.leaving import Leaving
from analyzer.drain.newcomers import FEW_VISITS, LED, LED_ONCE, Newcomers, newcomers
from analyzer.drain.rates import Population, rates
from analyzer.drain.stays import stays
from analyzer.drain.stretch import EXPONENTS
from analyzer.drain.surprise import Surprises
from analyzer.migration import load

if TYPE_CHECKING:
    from analyzer.drain.clients import Clients

LAW = Leaving(CHANGE_S, HOUR_S, {"person": 0.01}, {"person": 0.5})
EVENLY = Population(np.full(5, 0.2), CHANGE_S - 14 * DAY_S)
NOW_DAYS, START_DAYS = 16.0, 2.0
chances = st.floats(0.0, 1.0)


def faces(ages_days: np.ndarray) -> Surprises:
    """Return faces first seen at some ages, sixteen days after the change."""
    return Surprises(np.sort(ages_days) * DAY_S, START_DAYS * DAY_S, NOW_DAYS * DAY_S, 1.0)


def falling(k: float, size: int, seed: int = 3) -> np.ndarray:
    """Return ages [d] of faces whose rate goes with s**(k - 1)."""
    low, high = START_DAYS**k, NOW_DAYS**k
    return (low + (high - low) * np.random.default_rng(seed).random(size)) ** (1 / k)


@pytest.mark.parametrize("k", [-2.5, -1.0, 0.9])
def test_what_led_them_lasts_as_the_rate_does(k: float) -> None:
    """Of a thousand faces whose rate falls like a power the rate now over that of then is the power of the ages."""
    lasting = faces(falling(k, 1_000)).lasting(np.array([3.0, 8.0, 12.0]) * DAY_S)
    assert lasting == pytest.approx(np.minimum((np.array([3.0, 8.0, 12.0]) / NOW_DAYS) ** (1 - k), 1.0), rel=0.25)


def test_of_a_crowd_that_is_over_next_to_nobody_is_led_there_still() -> None:
    """Forty came evenly until half of the time, and two since: of what led the forty about a twentieth is left."""
    over = faces(np.append(np.linspace(2.1, 7.9, 40), [9.0, 13.0]))
    assert (over.lasting(np.array([4.0, 7.5]) * DAY_S) < 0.08).all()
    assert over.lasting(np.array([13.0]) * DAY_S)[0] > 0.2, "of what led the two more is left"


@given(st.lists(st.floats(2.01, 15.99), max_size=20), st.floats(0.1, 16.0), st.floats(0.1, 16.0))
def test_the_later_one_came_the_likelier_it_is_led_there_still(seen: list[float], one: float, other: float) -> None:
    """It is a chance; but for a crowd that may be over at one of its ends, it rises with the time of the last visit."""
    by_one_law = faces(np.array(seen)).stretch
    early, late = by_one_law.lasting(np.sort([one, other]) * DAY_S)
    assert 0.0 <= early <= late + 1e-12
    assert late <= 1.0 + 1e-12
    told = faces(np.array(seen)).lasting(np.array([one, other, NOW_DAYS]) * DAY_S)
    assert ((told >= 0.0) & (told <= 1.0 + 1e-12)).all()


def who(some: Clients, law: Leaving = LAW, **about: object) -> Newcomers:
    """Return who of some clients is one, where agents tell who is a person and no AAAA record leads anybody."""
    nobody = np.zeros(len(some), np.bool_)
    given = {"named": True, "devices": nobody, "six": nobody} | about
    return newcomers(some, law, faces(falling(-1.0, 50)), **given)


def test_who_is_a_newcomer() -> None:
    """A person, never seen before the change, a few times since, and lately when every honest cache had expired."""
    late = {"last_after_s": CHANGE_S + 5 * DAY_S, "before": 0.0}
    some = table(5, "person", after=np.array([1.0, FEW_VISITS, FEW_VISITS + 1.0, 1.0, 2.0]), **late)
    some.last_after_s[3] = CHANGE_S + HOUR_S / 2
    some.before[4] = 1.0
    assert who(some).share.tolist() == [LED, LED, 0.0, 0.0, 0.0]
    assert not who(table(1, after=1.0, **late)).share.any(), "a program"
    assert not who(some, replace(LAW, pending=True)).share.any(), "the DNS leads all there"
    assert who(some, six=np.array([True, False, False, False, False])).share[0] == 0.0
    assert who(some).exponent == pytest.approx(2.0, abs=0.4)


def test_who_was_there_before_and_came_once_since_is_led_as_well() -> None:
    """But for who shares its address with another one, and where no agents tell a person from a rare job."""
    late = {"last_after_s": CHANGE_S + 5 * DAY_S, "before": 3.0}
    some = table(4, "person", after=np.array([1.0, 2.0, 1.0, 1.0]), kin=np.array([1, 2, 3, 3]), **late)
    assert who(some).share.tolist() == [LED_ONCE, 0.0, 0.0, 0.0]
    assert not who(some, named=False).share.any()
    phones = table(3, after=np.array([1.0, 2.0, 1.0]), kin=5, **(late | {"before": np.array([3.0, 3.0, 0.0])}))
    assert who(phones, devices=np.ones(3, np.bool_), named=False).share.tolist() == [LED_ONCE, 0.0, LED]
    assert not who(phones).share.any(), "a few programs of one name are each their own"


@given(chances, st.floats(1e-6, 1.0), chances, st.sampled_from([LED, LED_ONCE]))
def test_what_is_foretold_of_one_alone_is_left_to_those_with_an_address_of_their_own(
    led: float, alone: float, never: float, share: float
) -> None:
    """Nobody is likelier to be there for being a newcomer; the rest may never move, as they are taken to alone."""
    one = Newcomers(np.array([led]), np.array([share]), 3.0)
    still = one.still(np.array([alone]))[0]
    assert (1 - share) * alone * (1 - 1e-12) <= still <= alone
    for_ever = one.never(np.array([alone]), np.array([never]))[0]
    assert for_ever <= never
    if led < alone:
        assert still * for_ever == pytest.approx((1 - share) * alone * never)
    assert one.exponents(np.array([2.0])).tolist() == [3.0]
    assert one.exponents(np.array([4.0])).tolist() == [4.0]
    other = Newcomers.none(1)
    assert (other.still(np.array([alone]))[0], other.never(np.array([alone]), np.array([never]))[0]) == (alone, never)
    assert other.exponents(np.array([2.0])).tolist() == [2.0]


def test_they_are_believed_so() -> None:
    """The stays have the chance, the exponent and the share that never moves of newcomers; others have their own."""
    at_s = CHANGE_S + 16 * DAY_S
    late = {"first_s": CHANGE_S + 5 * DAY_S, "last_s": CHANGE_S + 5 * DAY_S, "last_after_s": CHANGE_S + 5 * DAY_S}
    some = table(2, "person", before=np.array([0.0, 3.0]), after=np.array([1.0, 2.0]), **late)
    rate = rates(some, FLAT, at_s, EVENLY)
    alone = stays(some, LAW, rate, at_s, 30 * DAY_S, new_known=False)
    told = who(some)
    stay = stays(some, LAW, rate, at_s, 30 * DAY_S, new_known=False, new=told)
    assert stay.chance[0] < 0.2 * alone.chance[0]
    assert stay.never[0] < 0.6 * alone.never[0]
    assert stay.exponent[0] == told.exponent > alone.exponent[0]
    assert (stay.chance[1], stay.never[1], stay.exponent[1]) == (alone.chance[1], alone.never[1], alone.exponent[1])


@pytest.mark.parametrize(("until_days", "safe"), [(3.0, True), (7.9, False)])
def test_forty_newcomers_of_a_stale_resolver_are_over_when_no_others_come(
    tmp_path: Path, until_days: float, safe: bool
) -> None:
    """Each came once, and none could ever tell by its own silence that its resolver was mended: the others do."""
    story = small.story(1, stuck=False)
    first = small.CHANGED + timedelta(days=1.2)
    step = timedelta(days=until_days - 1.2) / 39
    came = [
        small.Request(first + n * step + timedelta(seconds=page), f"198.18.0.{n}", small.FIREFOX, f"/page/{page}")
        for n in range(40)
        for page in range(8)
    ]
    old = tuple(sorted((*story.old, *came), key=lambda one: one.at))
    config = small.write(tmp_path, small.Story(old, story.new), small.toml(rest=small.WITH_DNS))
    at = small.CHANGED + timedelta(days=8)
    told = advise(gather(load(config), [at]).at(at))
    assert (told.verdict.verdict == "safe") is safe


def test_the_exponent_is_that_of_the_rate() -> None:
    """What is known of it is its posterior mean."""
    some = faces(falling(-1.0, 20))
    assert some.falls_by == pytest.approx(float((some.stretch.posterior() * (1 - EXPONENTS)).sum()))
