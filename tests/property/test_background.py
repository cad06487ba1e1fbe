"""Who comes by the address alone: one by one a chance, all together a share; who came twice is never doubted."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from drain_clients import CHANGE_S, DAY_S, HOUR_S, table

from analyzer.drain import background
from analyzer.drain.blind import Asked
from analyzer.drain.clients import Clients

BORDER_S = CHANGE_S + 3600.0


def joined(*some: Clients) -> Clients:
    """Return tables as one."""
    names = Clients.__dataclass_fields__
    return Clients(**{name: np.concatenate([getattr(one, name) for one in some]) for name in names})


def once(size: int, requests: float, kind: str = "program", **more: object) -> Clients:
    """Return clients that came once before the change, and sent so many requests."""
    return table(size, kind, before=1.0, requests=requests, **more)


def late(size: int, requests: float, kind: str = "person", visits: float = 1.0) -> Clients:
    """Return faces that came first when every cache had expired."""
    at = CHANGE_S + DAY_S
    found = table(size, kind, before=0.0, after=visits, requests=requests, requests_after=requests)
    seen = np.full(size, at)
    return replace(found, first_s=seen, last_s=seen, first_after_s=seen, last_after_s=seen)


def knowing(size: int) -> Asked:
    """Return what clients ask for who know the site."""
    return Asked(np.zeros(size, bool), np.zeros(size, bool))


def genuine(some: Clients, unnamed: np.ndarray, border_s: float) -> np.ndarray:
    """Return the chances two days after the change, of a log that began four weeks before it."""
    begun_s, at_s = CHANGE_S - 28 * DAY_S, CHANGE_S + 2 * DAY_S
    return background.genuine(some, knowing(len(some)), unnamed, border_s, begun_s=begun_s, at_s=at_s)


def newcomers(size: int, days_before: float, stays_days: float = 0.0) -> Clients:
    """Return programs that the log first shows so long before the change, and for so long."""
    at, more = CHANGE_S - days_before * DAY_S, float(stays_days > 0)
    found = table(size, before=1.0 + more, requests=3.0)
    return replace(found, first_s=np.full(size, at), last_s=np.full(size, at + stays_days * DAY_S))


def all_nameless(some: Clients) -> np.ndarray:
    """Return that all have a library's agent."""
    return np.ones(len(some), bool)


def test_a_program_alone_is_a_rare_job_one_of_many_is_background() -> None:
    """1.5 / (1.5 + others): 1 alone, a twentieth of 29; who sent much more than the others has nobody like it."""
    alone = once(1, 5.0)
    assert genuine(alone, all_nameless(alone), BORDER_S).tolist() == [1.0]
    many = joined(once(28, 2.0), once(1, 50.0))
    chance = genuine(many, all_nameless(many), BORDER_S)
    assert chance[0] == pytest.approx(1.5 / (1.5 + 28))
    assert chance[-1] == 1.0


def test_a_few_looks_of_one_day_are_as_one() -> None:
    """Three within hours; a fourth, another day, or a visit to the new server, make a program that comes."""
    looks = {"before": 3.0, "first_s": CHANGE_S - DAY_S, "last_s": CHANGE_S - DAY_S / 2, "requests": 3.0}

    def chance(**columns: float) -> float:
        some = table(40, **looks | columns)
        return float(genuine(some, np.ones(40, bool), CHANGE_S + HOUR_S)[0])

    assert chance() < 0.1
    assert chance(before=4.0) == chance(last_s=CHANGE_S) == chance(direct=1.0) == 1.0


def test_one_that_nobody_knew_before_is_doubted_even_alone() -> None:
    """The baseline's programs came by the name; who comes first when every cache has expired may be a passer-by."""
    one = late(1, 5.0, "program")
    assert genuine(one, all_nameless(one), BORDER_S)[0] == pytest.approx(0.5)
    assert genuine(one, np.zeros(1, bool), BORDER_S)[0] == 1.0
    assert genuine(late(1, 10.0, "program"), np.ones(1, bool), BORDER_S)[0] == 1.0, "it has work to do"


@pytest.mark.parametrize(("again", "never"), [(0, 0), (0, 19), (3, 16), (19, 0)])
def test_newcomers_tell_how_many_of_their_sort_ever_come_again(again: int, never: int) -> None:
    """Of those with a week to do so; (m + 1/2) / (n + 1), and no more than of so many that are alike."""
    known = [newcomers(again, 15, stays_days=2)] * bool(again) + [newcomers(never, 15)] * bool(never)
    some = joined(*known, late(1, 3.0, "program"))
    alike = 1.5 / (2.5 + never)
    told = (again + 0.5) / (again + never + 1)
    assert genuine(some, all_nameless(some), BORDER_S)[-1] == pytest.approx(min(alike, told))


def test_a_few_looks_of_one_day_are_no_return() -> None:
    """Twenty newcomers who looked twice within hours never came again."""
    some = joined(newcomers(20, 15, stays_days=0.3), late(1, 3.0, "program"))
    assert genuine(some, all_nameless(some), BORDER_S)[-1] == pytest.approx(0.5 / 21)


@pytest.mark.parametrize("days_before", [24.0, 3.0])
def test_who_was_there_before_the_log_or_came_just_now_is_no_newcomer(days_before: float) -> None:
    """Twenty of its first week, and twenty of this one, tell nothing of who comes again."""
    some = joined(newcomers(20, days_before), late(1, 3.0, "program"))
    told = background._newcomers_again(some, all_nameless(some), CHANGE_S - 28 * DAY_S, CHANGE_S + 2 * DAY_S)
    assert told == 0.5


def test_a_name_of_its_own_is_no_scanners() -> None:
    """Nor is who came twice, or to the new server."""
    many = once(40, 2.0)
    assert genuine(many, np.zeros(40, bool), BORDER_S).tolist() == [1.0] * 40
    for better in (replace(many, before=np.full(40, 2.0)), replace(many, direct=np.ones(40))):
        assert genuine(better, all_nameless(many), BORDER_S).tolist() == [1.0] * 40


def test_front_page_visits_are_people_as_far_as_others_come_too() -> None:
    """Of 100 people before the change 30 sent one request: so 31 of 71 of the late ones who sent more, and a half."""
    known = joined(once(70, 9.0, "person"), once(30, 1.0, "person"))
    share = 31 / 71
    for more, singles in ((0, 10), (4, 10), (400, 10)):
        some = joined(known, late(singles, 1.0), *([late(more, 7.0)] if more else []))
        chance = genuine(some, np.zeros(len(some), bool), BORDER_S)
        assert chance[100 : 100 + singles] == pytest.approx(min((more + 0.5) * share / singles, 1.0))
        assert np.all(np.delete(chance, slice(100, 100 + singles)) == 1.0)


def test_without_people_before_the_change_nobody_is_doubted() -> None:
    """Fewer than twenty tell nothing of what first visits are like."""
    some = joined(once(19, 9.0, "person"), late(10, 1.0))
    assert genuine(some, np.zeros(len(some), bool), BORDER_S).tolist() == [1.0] * 29


@given(st.integers(1, 60), st.integers(0, 60))
def test_one_more_like_it_makes_no_client_likelier(size: int, more: int) -> None:
    """The chance falls with the number of those that are alike, and is one of 0..1."""
    few, many = once(size, 2.0), once(size + more, 2.0)
    a, b = genuine(few, all_nameless(few), BORDER_S)[0], genuine(many, all_nameless(many), BORDER_S)[0]
    assert 0 < b <= a <= 1
