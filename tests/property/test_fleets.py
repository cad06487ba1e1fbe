"""What the others of a fleet did tells whether a program that has not come has the address in its set-up."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small
from drain_clients import CHANGE_S, DAY_S, FLAT, HOUR_S, table

from analyzer.drain.advise import advise
from analyzer.drain.evidence import gather
from analyzer.drain.fleets import FLEET, GUESSED_BY, MANY, devices, fleets, moved, written
from analyzer.drain.leaving import Leaving
from analyzer.drain.rates import Population, rates
from analyzer.drain.stays import stays
from analyzer.migration import load

PRIOR = 0.2
LAW = Leaving(CHANGE_S, HOUR_S, {"program": PRIOR})
EVENLY = Population(np.full(5, 0.2), CHANGE_S - 14 * DAY_S)


def of_fleet(
    silence: list[float], *, came: int = 0, gone: float = 0.0, new_known: bool = False, prior: float = PRIOR
) -> np.ndarray:
    """Return what is told of each of a fleet whose first few came beyond the bound, the others with such silences."""
    some = table(len(silence))
    some.last_after_s[:came] = CHANGE_S + 2 * DAY_S
    one = np.zeros(len(silence), np.int64)
    law = replace(LAW, stayed={"program": prior})
    return written(some, one, np.array(silence), np.array([gone]), law, new_known=new_known)


@pytest.mark.parametrize(("silence", "came", "gone"), [([0.1] * 5, 0, 0), ([0.5] * 4, 1, 0), ([0.3, 0.9, 0.9], 0, 2)])
def test_it_is_the_share_of_simulated_fleets_that_did_the_same(silence: list[float], came: int, gone: int) -> None:
    """Of 800,000 fleets those are taken in which the others came and went, moved and were silent as seen."""
    rng, draws, size = np.random.default_rng(7), 800_000, len(silence)
    share = rng.beta(GUESSED_BY * PRIOR, GUESSED_BY * (1 - PRIOR), draws)
    has_it = rng.random((draws, size + gone)) < share[:, None]
    stays = has_it[:, :size] | (rng.random((draws, size)) < PRIOR)  # some for another reason, to move later
    silent = rng.random((draws, size)) < np.array(silence)
    late = (stays & (silent | ~has_it[:, :size]))[:, :came].all(axis=1)
    as_seen = late & ~(stays & ~silent)[:, came : size - 1].any(axis=1) & ~has_it[:, size:].any(axis=1)
    told = of_fleet(silence, came=came, gone=float(gone))[-1]
    assert told == pytest.approx(has_it[as_seen, size - 1].mean(), rel=0.03)


@given(st.lists(st.floats(0.001, 1.0), min_size=2, max_size=30), st.floats(0.001, 1.0), st.floats(0.2, 0.6))
def test_its_own_silence_is_not_counted_twice(silence: list[float], other: float, prior: float) -> None:
    """Whatever the first's silence, what is told of it is the same; the others' is lower where it was a longer one."""
    before, after = (of_fleet([own, *silence[1:]], prior=prior) for own in (silence[0], other))
    assert after[0] == pytest.approx(before[0], rel=1e-9)
    assert ((after[1:] <= before[1:] * (1 + 1e-9)) | (other > silence[0])).all()
    assert ((after >= 0) & (after <= 1)).all()


@pytest.mark.parametrize("new_known", [True, False])
def test_who_came_raises_it_and_who_moved_lowers_it(new_known: bool) -> None:
    """Beside five of whom nothing is told: one more that came, one more that moved."""
    as_is = of_fleet([1.0] * 5, new_known=new_known)[-1]
    assert of_fleet([1.0] * 5, came=1, new_known=new_known)[-1] > as_is
    assert of_fleet([1.0] * 5, gone=1.0, new_known=new_known)[-1] < as_is
    assert as_is == pytest.approx(PRIOR, rel=0.01), "of whom nothing is told nothing changes the guess"


def test_dozens_that_did_not_come_leave_next_to_nothing() -> None:
    """Thirty were due and did not come: a fifth becomes a fiftieth. With the new server's log a silence is no move."""
    assert of_fleet([0.05] * 30)[-1] < 0.025
    assert of_fleet([0.05] * 30, new_known=True)[-1] == pytest.approx(PRIOR, rel=0.01)


def test_people_libraries_and_a_few_are_no_fleet() -> None:
    """Nor is who has no agent; of who is in none nothing is told."""
    some = replace(table(5), alike=np.array([FLEET, FLEET, FLEET - 1, FLEET, FLEET], float))
    some = replace(some, kind=np.append(some.kind[:4], table(1, "person").kind))
    agent, unnamed = np.array([2, 3, 4, -1, 2], np.int32), np.array([False, True, False, False, False])
    assert fleets(some, agent, unnamed).tolist() == [2, -1, -1, -1, -1]
    alone = written(some, np.full(5, -1), np.ones(5), np.zeros(1), LAW, new_known=False)
    assert np.isnan(alone).all()


@pytest.mark.parametrize(("size", "known", "fleet"), [(MANY, 1.0, True), (MANY - 1, 1.0, False), (MANY, 0.4, False)])
def test_so_many_with_a_librarys_name_are_one(size: int, known: float, fleet: bool) -> None:
    """Dozens tell of one more, whoever wrote them; passers-by, who come by the address, are none of them."""
    some = table(size, alike=float(size), genuine=np.append(np.ones(size - 1), known))
    found = fleets(some, np.full(size, 3, np.int32), np.ones(size, np.bool_))
    assert (found >= 0).all() == fleet


def test_devices_are_many_of_a_name_of_their_own() -> None:
    """Not a few, nor many of a library's, nor people."""
    some = table(3, alike=np.array([MANY, MANY - 1, MANY], float))
    assert devices(some, np.array([False, False, True])).tolist() == [True, False, False]
    assert not devices(table(1, "person", alike=float(MANY)), np.zeros(1, np.bool_)).any()


def test_of_a_fleet_that_has_left_no_fifth_stays_for_good() -> None:
    """Who came late and fell silent is believed to stay by a fifth, or by what the others of its fleet tell."""
    late = CHANGE_S + 6 * HOUR_S
    some, at_s = table(2, after=3.0, first_after_s=late, last_after_s=late, last_s=late), CHANGE_S + 60 * DAY_S
    law = Leaving(CHANGE_S, HOUR_S, {"program": 0.5}, {"program": 0.001}, exponent={"program": 3.0})
    told = replace(some, written=np.array([np.nan, 0.001]))
    stay = stays(
        told, law, replace(rates(told, FLAT, at_s, EVENLY), silence=np.ones(2)), at_s, 30 * DAY_S, new_known=True
    )
    assert stay.chance[0] > 0.15
    assert stay.chance[1] < 0.01


def test_moved_are_those_who_came_directly_however_late() -> None:
    """Not who has not come: what is written in a set-up does not move."""
    some = table(4, last_direct_s=CHANGE_S + 3 * DAY_S, first_direct_s=CHANGE_S + DAY_S)
    some.last_direct_s[3] = np.nan
    some.last_after_s[1], some.last_after_s[2] = CHANGE_S + HOUR_S / 2, CHANGE_S + 2 * DAY_S
    assert moved(some, np.array([0, 0, 0, 0])).tolist() == [3.0]
    assert moved(some, np.array([1, 0, -1, 1])).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("new_known", [True, False])
def test_who_came_late_and_went_has_not_the_address_in_its_set_up(new_known: bool) -> None:
    """Thirty phones that came for days and were never seen again, of which one is left that has not come at all."""
    went, here = (of_fleet([silence] * 30 + [1.0], came=30, new_known=new_known)[-1] for silence in (0.001, 1.0))
    assert went < 0.02
    assert here > 0.8


def test_what_a_fleet_tells_is_what_is_believed_of_its_programs() -> None:
    """The chance to be there follows it, and who is in a fleet is no guess in common with all others."""
    some, at_s = table(3, last_s=CHANGE_S, last_before_s=CHANGE_S), CHANGE_S + 2 * HOUR_S
    told = replace(some, written=np.array([np.nan, 0.01, 0.6]))
    law = Leaving(CHANGE_S, HOUR_S, {"program": 0.1}, {"program": 0.1})
    stay = stays(told, law, rates(told, FLAT, at_s, EVENLY), at_s, 30 * DAY_S, new_known=False)
    assert stay.chance[1] < 0.1 * stay.chance[0] < stay.chance[0] < stay.chance[2]
    assert (stay.guessed > 0).tolist() == [True, False, False]


def test_who_came_while_caches_held_the_address_is_as_one_that_has_not_come() -> None:
    """Its turn is yet to come; what the fleet tells is its least chance, too."""
    early = {"after": 1.0, "first_after_s": CHANGE_S + 60.0, "last_after_s": CHANGE_S + 60.0, "last_s": CHANGE_S + 60.0}
    some, at_s = table(2, **early), CHANGE_S + 2 * DAY_S
    law = Leaving(CHANGE_S, HOUR_S, {"program": 0.01}, {"program": 0.1})
    told = replace(some, written=np.array([np.nan, 1e-4]))
    stay = stays(told, law, rates(told, FLAT, at_s, EVENLY), at_s, 30 * DAY_S, new_known=True)
    assert stay.chance[1] < 0.5 * stay.chance[0]


@pytest.mark.parametrize("agent", ["HeatGateway/2.0", "curl/8.5.0"])
def test_of_gateways_that_did_not_come_the_one_that_is_not_due_yet_has_not_the_address(
    tmp_path: Path, agent: str
) -> None:
    """Nine came each hour until the change, and one once, days before; a library's name tells nothing of another."""
    hourly = [
        small.Request(small.CHANGED - timedelta(hours=hour, minutes=3 * n), f"203.0.113.{30 + n}", agent)
        for n in range(9)
        for hour in range(1, 160)
    ]
    once = small.Request(small.CHANGED - timedelta(days=3), "203.0.113.60", agent)
    story = small.story(1, stuck=False)
    old = tuple(sorted((*story.old, *hourly, once), key=lambda one: one.at))
    moment = small.CHANGED + timedelta(days=3)
    config = small.write(tmp_path, small.Story(old, story.new), small.toml(rest=small.WITH_DNS))
    judged = advise(gather(load(config), [moment]).at(moment))
    now = judged.forecast
    assert now is not None
    address = judged.evidence.old.clients["address"].iloc[now.clients.code].tolist()
    told = now.clients.written[address.index("203.0.113.60")]
    if agent.startswith("curl"):
        assert np.isnan(told)
    else:
        assert told < 0.1
