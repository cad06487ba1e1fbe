"""Whoever has IPv6 goes on coming to the old server, and nobody of them to the new one: a forgotten AAAA record."""

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
from drain_clients import CHANGE_S, HOUR_S, table

from analyzer.drain.advise import advise
from analyzer.drain.evidence import gather
from analyzer.drain.leaving import Leaving
from analyzer.drain.six import LEAST_CLIENTS, LEAST_MOVED, LEAST_S, left_behind
from analyzer.migration import load

if TYPE_CHECKING:
    from analyzer.drain.clients import Clients

LAW = Leaving(CHANGE_S, HOUR_S, {})
LATE_S = CHANGE_S + HOUR_S + LEAST_S


def people(six: int, four: int, *, late_four: int = 0) -> Clients:
    """Return people of both families; all of IPv6 came late, and so many of the others."""
    some = table(six + four, "person", six=np.arange(six + four) < six)
    some.last_after_s[: six + late_four] = LATE_S + HOUR_S
    return some


def test_nobody_with_ipv6_came_to_the_new_server_and_many_others_did() -> None:
    """Those who came late are led there; not the others, nor who came before that."""
    some = people(LEAST_CLIENTS + 1, 30, late_four=2)
    some.last_after_s[0] = LATE_S - HOUR_S
    found = left_behind(some, LAW, (0, LEAST_MOVED))
    assert np.flatnonzero(found).tolist() == list(range(1, LEAST_CLIENTS + 1))
    assert not left_behind(some, replace(LAW, pending=True), (0, LEAST_MOVED)).any()


@pytest.mark.parametrize("why", ["one moved", "the new log shows nobody", "too few", "too early"])
def test_what_speaks_against_it(why: str) -> None:
    """One of IPv6 at the new server, hardly anybody of the others, two that are left, or a week not over."""
    some = people(LEAST_CLIENTS - 1 if why == "too few" else LEAST_CLIENTS, 30)
    moved = (int(why == "one moved"), LEAST_MOVED - (why == "the new log shows nobody"))
    law = replace(LAW, change_s=CHANGE_S + 2 * HOUR_S) if why == "too early" else LAW
    assert not left_behind(some, law, moved).any()


@pytest.mark.parametrize(
    ("six", "four", "late_four", "told"), [(20, 60, 2, True), (20, 60, 8, False), (20, 2, 0, False), (5, 10, 0, False)]
)
def test_without_the_new_log_nearly_all_who_are_left_have_ipv6(six: int, four: int, late_four: int, told: bool) -> None:
    """Twenty of a quarter, not beside eight others, nor where nearly everybody has it, nor five of a third."""
    assert left_behind(people(six, four, late_four=late_four), LAW, None).any() == told


@pytest.mark.parametrize("moved", [False, True])
def test_they_are_stuck_and_the_record_is_named(tmp_path: Path, moved: bool) -> None:
    """Eight people of IPv6 come day after day, and it is said what to look at; not so where another moved."""
    story = small.story(1, stuck=False)
    visits = [
        small.Request(
            small.CHANGED + timedelta(days=day, hours=3, minutes=20 * n + page), f"2001:db8:{n}::7", small.FIREFOX
        )
        for n in range(8)
        for day in range(-7, 8)
        for page in range(3)
    ]
    brief = {1: (7.1, 7.2, 7.3), 2: (3.0, 7.2), 3: (7.2,)}  # addresses that will be others tomorrow, or seldom come
    visits += [
        small.Request(small.CHANGED + timedelta(days=day), f"2001:db8:9{n}::1", small.FIREFOX, f"/page/{day}")
        for n, days in brief.items()
        for day in days
    ]
    came = small.CHANGED + timedelta(days=2)
    direct = [small.Request(came, "2001:db8:99::7", small.FIREFOX, f"/{page}") for page in range(3 if moved else 2)]
    old = tuple(sorted((*story.old, *visits), key=lambda one: one.at))
    new = tuple(sorted((*story.new, *direct), key=lambda one: one.at))
    at = small.CHANGED + timedelta(days=7.5)
    judged = advise(gather(load(small.write(tmp_path, small.Story(old, new))), [at]).at(at))
    stuck = [one for one in judged.verdict.stragglers if one.stuck]
    told = next(one.sentence for one in judged.verdict.reasons if one.rule == "known-clients-cleared")
    assert (judged.verdict.verdict == "stuck") is not moved
    assert len(stuck) == (0 if moved else 8)
    assert ("AAAA" in told) is not moved
    assert all("nobody with IPv6 came to the new server: look at the AAAA record" in one.why for one in stuck)
