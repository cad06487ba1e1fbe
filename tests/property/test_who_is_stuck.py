"""Who is called stuck: by how long it came after the change, by how many are like it, and behind which addresses."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from drain_clients import CHANGE_S, DAY_S, FLAT, HOUR_S, table

from analyzer.drain.described import _alike
from analyzer.drain.fleets import FLEET
from analyzer.drain.leaving import Leaving
from analyzer.drain.stragglers import _why, stuck_mask

LAW = Leaving(CHANGE_S, HOUR_S, {})


def stuck(kind: str, days: float, chance: float = 1.0, never: float = 0.5, **columns: Any) -> bool:
    """Return whether a client is stuck that came from the bound on until so many days later."""
    first, last = CHANGE_S + HOUR_S, CHANGE_S + HOUR_S + days * DAY_S
    seen = {"after": 40.0, "first_after_s": first, "last_after_s": last, "last_s": last} | columns
    some = table(kind=kind, **seen)
    stay = SimpleNamespace(chance=np.array([chance]), never=np.array([never]))
    now: Any = SimpleNamespace(clients=some, law=LAW, normal=FLAT, stay=stay, six=np.zeros(len(some), np.bool_))
    return bool(stuck_mask(now)[0])


@pytest.mark.parametrize(
    ("kind", "alike", "days"), [("program", 1.0, 9.75), ("program", FLEET, 14), ("person", 1.0, 18)]
)
def test_a_client_is_stuck_after_the_time_in_which_its_like_are_restarted(kind: str, alike: float, days: float) -> None:
    """A program alone nearly ten days, one of a fleet two weeks, a person eighteen days: not a day sooner."""
    assert stuck(kind, days + 0.1, alike=alike)
    assert not stuck(kind, days - 0.1, alike=alike)
    assert not stuck(kind, days + 0.1, chance=0.4, alike=alike), "likelier gone"
    assert not stuck(kind, days + 0.1, alike=alike, after=2.0), "hardly ever here"


def test_a_person_is_stuck_two_days_sooner_where_whoever_is_left_hardly_moves() -> None:
    """So have those shown who moved; of programs it changes nothing."""
    assert stuck("person", 16.1, never=0.9)
    assert not stuck("person", 16.1, never=0.89)
    assert not stuck("person", 15.9, never=1.0)
    assert stuck("person", 16.1, never=0.9, first_after_s=CHANGE_S + 8 * DAY_S)
    assert not stuck("person", 16.1, never=0.9, first_after_s=CHANGE_S + 9 * DAY_S)
    assert not stuck("program", 9.7, never=1.0)


def test_a_weekly_job_is_stuck_at_its_third_run_and_a_monthly_one_at_its_first() -> None:
    """The scheduler of a weekly one may run on, and keep what it found; nothing keeps it for a month."""
    weekly = {"interval_s": 7 * DAY_S, "first_after_s": CHANGE_S + 4 * DAY_S}
    assert not stuck("program", 11, after=2.0, **weekly)
    assert stuck("program", 18.1, after=3.0, **weekly)
    monthly = {"interval_s": 30 * DAY_S, "first_after_s": CHANGE_S + 4 * DAY_S}
    assert stuck("program", 4, after=1.0, **monthly)
    assert stuck("program", 4, chance=0.3, after=1.0, **monthly)
    assert not stuck("program", 4, chance=0.2, after=1.0, **monthly)


def test_a_program_that_nobody_had_heard_of_is_stuck_when_it_comes() -> None:
    """Three days after the caches a newcomer was not led there by them; unless it is one of many passers-by."""
    new = {"before": 0.0, "first_after_s": CHANGE_S + 5 * DAY_S, "interval_s": HOUR_S}
    assert stuck("program", 5.5, after=1.0, **new)
    assert not stuck("program", 5.5, after=1.0, **new | {"first_after_s": CHANGE_S + 2 * DAY_S})
    assert not stuck("program", 5.5, after=1.0, genuine=0.5, **new)
    assert stuck("program", 5.5, chance=0.3, after=1.0, **new), "one visit long ago may be a job of the month"
    assert not stuck("program", 5.5, chance=0.2, after=1.0, **new)
    assert not stuck("person", 5.5, after=1.0, **new)


def test_of_several_machines_behind_an_address_one_may_not_move() -> None:
    """It comes to both servers in turn, for two weeks to the old one again and again; a few returns are none."""
    both = {"first_direct_s": CHANGE_S + DAY_S, "last_direct_s": CHANGE_S + 20 * DAY_S, "direct": 90.0}
    assert stuck("person", 14.1, **both)
    assert not stuck("person", 13.9, **both)
    assert not stuck("person", 20, after=5.0, **both)
    assert stuck("program", 9.8, **both)
    assert not stuck("program", 9.8, alike=FLEET, **both)
    moved = both | {"first_direct_s": CHANGE_S + 20.5 * DAY_S, "last_direct_s": CHANGE_S + 21 * DAY_S}
    assert not stuck("person", 20, **moved), "it was never seen to come back"
    assert not stuck("person", 20, **both | {"first_direct_s": CHANGE_S + 18 * DAY_S}), "once may be chance"


def test_a_person_who_was_away_until_then_is_stuck_nine_days_after_the_first_visit() -> None:
    """If eighteen have passed since the caches expired: what it came by was looked up before."""
    away = {"first_after_s": CHANGE_S + 10 * DAY_S}
    assert stuck("person", 19.1, **away)
    assert not stuck("person", 17.9, **away)
    assert not stuck("person", 18.5, first_after_s=CHANGE_S + 10 * DAY_S)


def test_a_person_who_first_comes_after_eighteen_days_is_stuck_three_days_later() -> None:
    """Whatever the rhythm was: nobody is led there any more, and three visits are no slip."""
    away = {"first_after_s": CHANGE_S + 19 * DAY_S, "interval_s": 8 * DAY_S, "after": 3.0}
    assert stuck("person", 22.1, **away)
    assert not stuck("person", 21.8, **away), "one day of visits may end with the next restart"
    assert not stuck("person", 22.1, **away | {"after": 2.0})
    assert not stuck("person", 22.1, **away | {"first_after_s": CHANGE_S + 17 * DAY_S})


@pytest.mark.parametrize(
    ("first_direct", "last_direct", "new_known", "said"),
    [
        (np.nan, np.nan, True, "expired, and none to the new server: it does not move by itself."),
        (np.nan, np.nan, False, "expired: it does not move by itself."),
        (-1.0, -1.0, True, "expired, and none to the new server since the first: it does not move by itself."),
        (1.0, 19.0, True, "and others to the new server: of several machines behind it one does not move by itself."),
    ],
)
def test_what_is_said_of_the_new_server_is_true(
    first_direct: float, last_direct: float, *, new_known: bool, said: str
) -> None:
    """Days from the first visit after the change: never there, not known, before it only, and in turn."""
    first = CHANGE_S + 2 * HOUR_S
    some = table(
        kind="person", after=40.0, first_after_s=first, last_after_s=first + 20 * DAY_S,
        first_direct_s=first + first_direct * HOUR_S if first_direct < 0 else first + first_direct * DAY_S,
        last_direct_s=first + last_direct * HOUR_S if last_direct < 0 else first + last_direct * DAY_S,
    )  # fmt: skip
    six = np.zeros(1, np.bool_)
    now: Any = SimpleNamespace(clients=some, law=LAW, at_s=first + 20 * DAY_S, new_known=new_known, six=six)
    assert _why(now, 0, stuck=True).endswith(said)


def test_who_is_alike_has_the_same_agent_and_is_of_the_same_kind() -> None:
    """Who has no agent is like nobody."""
    kind, agent = np.array([0, 0, 1, 1, 1], np.int8), np.array([4, 4, 4, -1, -1], np.int32)
    assert _alike(kind, agent).tolist() == [2, 2, 1, 1, 1]
    assert _alike(kind[:0], agent[:0]).tolist() == []
