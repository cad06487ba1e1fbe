"""When people left, as their visits show it: the steps beside the law."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from drain_clients import CHANGE_S, DAY_S, FLAT, HOUR_S, table

from analyzer.drain.clients import PERSON, PROGRAM
from analyzer.drain.departures import STEPS, Departures, Seen, departures
from analyzer.drain.learned import leaving
from analyzer.drain.leaving import UNSEEN_STAYED, Leaving
from analyzer.drain.rates import rates
from analyzer.drain.shown import MANY_PROGRAMS
from analyzer.drain.stays import stays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients

FROM_S, TO_S = DAY_S, 16 * DAY_S


def pareto(age_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share still there by a law of exponent 2."""
    return np.asarray((FROM_S / age_s) ** 2, np.float64)


def seen_of(first: object, last: object, moved: object, silence: object = 1.0) -> Seen:
    """Return what is known of some clients, in days."""
    columns = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(some, np.float64)) for some in (first, last, moved, silence))
    )
    first_s, last_s, moved_s, quiet = columns
    return Seen(first_s * DAY_S, last_s * DAY_S, moved_s * DAY_S, np.array(quiet), np.ones(len(first_s)))


def visits(rng: np.random.Generator, left: NDArray[np.float64], rate: NDArray[np.float64]) -> Seen:
    """Return what two logs show of clients that left at some ages [days] and come at some rates [1/day]."""
    rows: list[tuple[float, float, float]] = []
    for gone, often in zip(left, rate, strict=True):
        at = np.cumsum(rng.exponential(1 / often, 400)) + FROM_S / DAY_S
        at = at[at < TO_S / DAY_S]
        old, new = at[at < gone], at[at >= gone]
        if len(old):
            rows.append((old[0], old[-1], new[0] if len(new) else np.inf))
    return seen_of(*np.array(rows).T)


days = st.floats(1.0, 16.0, allow_nan=False)


@given(st.lists(st.tuples(days, days, days, st.booleans(), st.floats(0.0, 1.0)), max_size=30))
def test_a_share_begins_at_one_and_never_rises(rows: list[tuple[float, float, float, bool, float]]) -> None:
    """Whatever was seen, of however many."""
    ordered = [(*sorted((a, b)), max(a, b, c) if moved else np.inf, quiet) for a, b, c, moved, quiet in rows]
    table = np.array(ordered).reshape(-1, 4)
    found = departures(seen_of(*table.T), pareto, FROM_S, TO_S)
    assert found.share[0] == 1.0
    assert (np.diff(found.share) <= 1e-12).all()
    assert (found.share >= 0).all()
    assert np.isfinite(found.share).all()


def test_where_nobody_was_seen_the_law_stands() -> None:
    """Without a client each step is what the law has it."""
    empty = np.empty(0)
    found = departures(Seen(empty, empty, empty, empty, empty), pareto, FROM_S, TO_S)
    assert found.share == pytest.approx(pareto(found.ages_s))


@pytest.mark.parametrize("exponent", [0.7, 2.0, 4.0])
def test_many_movers_tell_their_own_law(exponent: float) -> None:
    """Of 3,000 simulated clients with another law than believed, seen by both logs, comes theirs; not the prior's.

    Who leaves before the first visit is never seen at the old address: the steps are of those that were.
    """
    rng = np.random.default_rng(7)
    left = (1 - rng.random(3_000)) ** (-1 / exponent)
    found = departures(visits(rng, left, rng.gamma(2.0, 1.0, 3_000) + 0.2), pareto, FROM_S, TO_S)
    for age in (2.0, 4.0, 8.0):
        assert found.at(np.array([age * DAY_S]))[0] == pytest.approx(age**-exponent, abs=0.05)


def test_a_place_that_leaves_in_one_hour_leaves_a_step() -> None:
    """Of forty that moved between day 7.5 and 8.5 the rest is told: who was last seen before has left as well."""
    moved = seen_of(np.full(40, 1.2), np.full(40, 7.5), np.full(40, 8.5))
    found = departures(moved, pareto, FROM_S, TO_S)
    begin, before, after = found.at(np.array([2.0, 7.0, 9.0]) * DAY_S)
    law_begin, law_before, law_after = pareto(np.array([2.0, 7.0, 9.0]) * DAY_S)
    assert before / begin > 0.65 > law_before / law_begin  # they all had stayed
    assert after / before < 0.15 < law_after / law_before


@settings(max_examples=25)
@given(st.integers(1, 60), st.floats(0.0, 6.0))
def test_the_more_stay_the_likelier_they_stay(stay: int, offset: float) -> None:
    """Clients that came until now raise the share; one more never lowers it."""
    since = seen_of(np.full(stay, 1.0 + offset), np.full(stay, 16.0), np.full(stay, np.inf))
    more = seen_of(np.full(stay + 1, 1.0 + offset), np.full(stay + 1, 16.0), np.full(stay + 1, np.inf))
    few, many = (departures(some, pareto, FROM_S, TO_S).share[-1] for some in (since, more))
    assert many >= few > pareto(np.array([TO_S]))[0]


def test_without_the_new_log_the_regular_ones_tell_of_the_rare_ones() -> None:
    """Twenty that came daily are silent since day 8: who comes once a week, last on day 7, has left as well."""
    daily = seen_of(np.full(20, 1.2), np.full(20, 8.0), np.full(20, np.inf), np.full(20, 1e-3))
    found = departures(daily, pareto, FROM_S, TO_S)
    still, law = (some / of for some, of in (found.at(np.array([16.0, 7.0]) * DAY_S), pareto(np.array([16.0, 7.0]))))
    assert still < 0.1 < law


def test_a_silence_of_everybody_tells_nothing_where_it_was_to_be_expected() -> None:
    """Whose silence is certain, moved or not, leaves the law as it was."""
    quiet = seen_of(np.full(50, 2.0), np.full(50, 2.0), np.full(50, np.inf), np.ones(50))
    found = departures(quiet, pareto, FROM_S, TO_S)
    assert found.share == pytest.approx(pareto(found.ages_s), rel=0.02)


def test_within_a_step_clients_leave_evenly() -> None:
    """Between two ages the share is on the straight line; beyond the last it stays."""
    some = Departures(np.array([1.0, 3.0]), np.array([1.0, 0.5]))
    assert some.at(np.array([1.0, 2.0, 3.0, 9.0])).tolist() == [1.0, 0.75, 0.5, 0.5]
    assert STEPS >= 24  # a step of a fortnight's log is well under a day


# --- with the law of leaving -----------------------------------------------------------------------------------------

STEP = Departures(np.array([1.0, 8.0, 9.0, 16.0]) * DAY_S, np.array([1.0, 0.9, 0.05, 0.04]))
LAW = Leaving(0.0, FROM_S, {"person": 0.5, "program": 0.5}, {"person": 0.01, "program": 0.01}, shown={"person": STEP})
PEOPLE = np.array([PERSON], np.int8)


def still(law: Leaving, last_days: float, at_days: float, kind: NDArray[np.int8] = PEOPLE) -> float:
    """Return the prior chance that a client last seen at an age is there at another."""
    return float(law.still(kind, np.array([last_days * DAY_S]), at_days * DAY_S)[0])


def test_what_was_shown_stands_until_now_and_the_law_from_then_on() -> None:
    """Who was last seen before the step has left with the others; from now on all leave as the law has it."""
    assert still(LAW, 7.0, 16.0) == pytest.approx(0.04 / (0.9 + 0.1 / 7), rel=1e-6)
    assert still(LAW, 10.0, 16.0) > 0.7
    ahead = still(LAW, 16.0, 30.0)
    assert ahead == pytest.approx(still(LAW.as_believed(), 16.0, 30.0))
    assert still(LAW, 7.0, 30.0) == pytest.approx(still(LAW, 7.0, 16.0) * ahead)


def test_what_people_showed_says_nothing_of_programs() -> None:
    """Their law is their own."""
    program = np.array([PROGRAM], np.int8)
    assert still(LAW, 7.0, 16.0, program) == still(LAW.as_believed(), 7.0, 16.0, program)


@given(st.lists(st.floats(1.0, 40.0), min_size=3, max_size=3), st.booleans())
def test_a_chance_falls_with_time_and_rises_with_the_last_visit(ages: list[float], unseen: bool) -> None:
    """Whatever was shown, and whether a whole place may be away."""
    law = replace(LAW, unseen_moves=unseen)
    early, late, now = sorted(ages)
    assert still(law, now, now) == pytest.approx(1.0)
    assert still(law, early, now) <= still(law, late, now) + 1e-9
    assert still(law, early, now) <= still(law, early, late) + 1e-9


def test_a_whole_place_may_be_away_for_days() -> None:
    """Without the new server's log a silence of all since three days proves less than one since a fortnight."""
    away = replace(LAW, unseen_moves=True)
    assert still(away, 7.9, 10.0) > still(LAW, 7.9, 10.0) + 0.05
    assert still(away, 2.0, 16.0) == pytest.approx(still(LAW, 2.0, 16.0), abs=0.01)


def people(**columns: object) -> Clients:
    """Return thirty people who came from the first day on until the seventh."""
    seen = {"first_after_s": CHANGE_S + 0.2 * DAY_S, "last_after_s": CHANGE_S + 7 * DAY_S, "interval_s": DAY_S}
    return table(30, "person", **({"after": 7.0, "last_s": CHANGE_S + 7 * DAY_S} | seen | columns))


def moved(direct_days: float, **columns: object) -> Clients:
    """Return the same, who came to the new server then."""
    at_s = CHANGE_S + direct_days * DAY_S
    told = {"first_direct_s": at_s, "last_direct_s": at_s, "direct": 1.0, "direct_since": 1.0}
    return people(**(told | columns))


def test_who_comes_to_both_servers_in_turn_shows_no_move() -> None:
    """Several machines behind one address: a direct visit after an old one is another machine's."""
    in_turn = moved(8.0, first_direct_s=CHANGE_S + 2 * DAY_S)
    assert not leaving(in_turn, CHANGE_S, HOUR_S, CHANGE_S + 12 * DAY_S).shown
    shown = leaving(moved(8.0), CHANGE_S, HOUR_S, CHANGE_S + 12 * DAY_S).shown["person"]
    before, after = shown.at(np.array([6.9, 8.2]) * DAY_S)
    assert after < 0.4 * before


def test_a_silence_is_no_move_where_moves_are_seen() -> None:
    """Nobody came to the new server, whose log is known: thirty silent people leave the law as it was."""
    law = leaving(people(), CHANGE_S, HOUR_S, CHANGE_S + 12 * DAY_S)
    last, at_s = np.array([CHANGE_S + 7.2 * DAY_S]), CHANGE_S + 12 * DAY_S
    assert law.still(PEOPLE, last, at_s) == pytest.approx(law.as_believed().still(PEOPLE, last, at_s), rel=0.1)


def test_few_silences_move_nothing_and_many_do() -> None:
    """Without the new server's log two silent people are on holiday; thirty have left, and take the rare ones along."""
    at_s, last = CHANGE_S + 12 * DAY_S, np.array([CHANGE_S + 6.5 * DAY_S])
    chances = []
    for some in (people().take(np.arange(2)), people()):
        law = leaving(some, CHANGE_S, HOUR_S, at_s, silence=np.full(len(some), 1e-4))
        chances.append(float(law.still(PEOPLE, last, at_s)[0] / law.as_believed().still(PEOPLE, last, at_s)[0]))
    assert chances[0] > 0.6
    assert chances[1] < 0.5


def test_what_was_shown_stays_where_it_was_when_the_change_was_earlier() -> None:
    """Ages begin elsewhere; who was last seen then, and is asked for now, has the same chance."""
    earlier = LAW.since(-DAY_S)
    last, at_s = np.array([7.0 * DAY_S]), 16 * DAY_S
    assert earlier.change_s == -DAY_S
    assert earlier.still(PEOPLE, last, at_s) == pytest.approx(LAW.still(PEOPLE, last, at_s), rel=0.02)


def test_where_all_stayed_a_silence_adds_nothing() -> None:
    """That a whole place may be away makes nobody likelier gone, nor likelier there the longer it lasts."""
    flat = Departures(np.array([1.0, 16.0]) * DAY_S, np.ones(2))
    law = replace(LAW, shown={"person": flat}, unseen_moves=True)
    assert still(law, 7.0, 9.0) == pytest.approx(1.0, abs=0.01)
    assert still(law, 7.0, 15.0) == pytest.approx(1.0, abs=0.01)


def test_who_came_once_shows_no_silence() -> None:
    """Without the new server's log passers-by, who are silent for ever after, have not left together."""
    once = people(after=1.0, before=0.0, first_after_s=CHANGE_S + 7 * DAY_S)
    assert not leaving(once, CHANGE_S, HOUR_S, CHANGE_S + 12 * DAY_S, silence=np.full(30, 1e-4)).shown


def test_of_several_machines_behind_one_address_the_others_tell_nothing() -> None:
    """The moves of other people make a silent person likelier gone, and not who comes to both servers in turn."""
    at_s, hours = CHANGE_S + 16 * DAY_S, HOUR_S / DAY_S
    law = replace(LAW.since(0.0), change_s=CHANGE_S)

    def chance(of: Leaving, direct_days: float) -> float:
        last_s = CHANGE_S + 7 * DAY_S
        direct = {"first_direct_s": CHANGE_S + direct_days * DAY_S, "last_direct_s": last_s - HOUR_S, "direct": 3.0}
        seen = people(**(direct if direct_days < 7.0 else {})).take(np.arange(1))
        found = stays(seen, of, rates(seen, FLAT, at_s), at_s, 30 * DAY_S, new_known=True)
        return float(found.chance[0])

    in_turn, silent = 1.2 + hours, 8.0
    assert chance(law, in_turn) == pytest.approx(chance(law.as_believed(), in_turn))
    assert chance(law, silent) < 0.7 * chance(law.as_believed(), silent)


@pytest.mark.parametrize(("size", "shown"), [(MANY_PROGRAMS - 1, False), (MANY_PROGRAMS, True), (60, True)])
@pytest.mark.parametrize("new_known", [True, False])
def test_dozens_of_programs_show_when_they_left_and_a_handful_does_not(size: int, shown: bool, new_known: bool) -> None:
    """Phones of an app that all went on the seventh day take along who was last seen then, and who was never seen."""
    at_s = CHANGE_S + 12 * DAY_S
    some = (moved(8.0) if new_known else people()).take(np.arange(size) % 30)
    some = replace(some, kind=np.full(size, PROGRAM, np.int8))
    law = leaving(some, CHANGE_S, HOUR_S, at_s, silence=None if new_known else np.full(size, 1e-4))
    program, last = np.array([PROGRAM], np.int8), np.array([CHANGE_S + 6.5 * DAY_S])
    assert ("program" in law.shown) is shown
    told, believed = (float(one.still(program, last, at_s)[0]) for one in (law, law.as_believed()))
    never_seen, as_ever = (float(one.unseen(program)[0]) for one in (law, law.as_believed()))
    if shown:
        assert told < 0.8 * believed
        assert never_seen == as_ever == UNSEEN_STAYED if new_known else never_seen < 0.8 * as_ever
    else:
        assert (told, never_seen) == (believed, as_ever)
