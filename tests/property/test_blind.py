"""Who asks for nothing but what anybody asks for of any server: as seldom a person or a job as those who come again."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from drain_clients import CHANGE_S, DAY_S, table

from analyzer.drain import background
from analyzer.drain.blind import Asked, asked, late_people, of_people, of_programs
from analyzer.drain.clients import Clients
from analyzer.logs.reading import read_activity

if TYPE_CHECKING:
    from numpy.typing import NDArray

BORDER_S, LATE_S = CHANGE_S + 3600.0, CHANGE_S + 2 * DAY_S


def regulars(size: int, kind: str) -> Clients:
    """Return clients that came on several days before the change."""
    return replace(table(size, kind, before=9.0), first_s=np.full(size, CHANGE_S - 20 * DAY_S))


def late(size: int, kind: str, visits: float = 1.0, requests: float = 1.0, before: float = 0.0) -> Clients:
    """Return clients that came when every cache had expired."""
    at = np.full(size, LATE_S)
    some = table(size, kind, before=before, after=visits, requests=requests, requests_after=requests)
    first = at - 30 * DAY_S if before else at
    return replace(some, first_s=first, last_s=at, first_after_s=at, last_after_s=at)


def joined(*some: Clients) -> Clients:
    """Return tables as one."""
    names = Clients.__dataclass_fields__
    return Clients(**{name: np.concatenate([getattr(one, name) for one in some]) for name in names})


def blind(some: Clients, first: int = 0, last: int = 0) -> Asked:
    """Return that so many of the first clients asked blindly at first, and so many of the last ones always."""
    always = np.arange(len(some)) >= len(some) - last
    return Asked(always, always | (np.arange(len(some)) < first))


def genuine(some: Clients, what: Asked, *, unnamed: bool = True) -> NDArray[np.float64]:
    """Return the chances three days after the change, of a log that began four weeks before it."""
    named = np.full(len(some), unnamed)
    begun_s, at_s = CHANGE_S - 28 * DAY_S, CHANGE_S + 3 * DAY_S
    return background.genuine(some, what, named, BORDER_S, begun_s=begun_s, at_s=at_s)


def test_a_blind_program_is_as_seldom_one_as_those_that_come_again_begin_so() -> None:
    """Ten come again, so many of which began blindly: the odds are those of another, times that share to 0.8."""
    for first in (0, 3, 10):
        some = joined(regulars(10, "program"), late(4, "program", requests=9.0))
        other, chance = genuine(some, blind(some, first))[-1], genuine(some, blind(some, first, last=4))[-1]
        told = other / (1 - other) * (first + 0.4) / 12.0 / 0.8
        assert chance == pytest.approx(min(told / (1 + told), other))


def test_late_blind_people_are_people_as_far_as_first_visits_are_blind() -> None:
    """Of thirty who come again six began so: of the late ones 6.5 to 25.5 of those who asked for more, and a half."""
    for more, found in ((0, 5), (4, 5), (100, 5)):
        people = [
            regulars(30, "person"),
            *([late(more, "person", requests=9.0)] if more else []),
            late(found, "person"),
        ]
        some = joined(*people)
        chance = genuine(some, blind(some, 6, last=found))
        assert chance[-found:] == pytest.approx(min((more + 0.5) * 6.5 / 25.5 / found, 1.0))
        assert np.all(chance[:-found] == 1.0)


def test_who_was_there_before_or_came_a_few_times_may_be_blind_too() -> None:
    """Three visits at most; who came four times, or to the new server, or asked for more, is no scanner."""
    for some, doubted in (
        (late(1, "person", visits=2.0, before=1.0), True), (late(1, "person", visits=3.0, before=1.0), False),
        (replace(late(1, "person"), direct=np.ones(1)), False), (late(1, "program"), False),
    ):  # fmt: skip
        assert late_people(some, blind(some, last=1), BORDER_S).tolist() == [doubted]
    one = late(1, "person")
    assert not late_people(one, blind(one), BORDER_S).any()
    assert not late_people(one, blind(one, last=1), LATE_S).any(), "it came while caches held the old address"


def test_scanners_of_one_day_tell_nothing_of_who_comes_by_the_name() -> None:
    """Twenty that looked twice within an hour, and ten that came on several days: only these have a say."""
    day = replace(
        table(20, "person", before=2.0),
        first_s=np.full(20, CHANGE_S - 2 * 3600.0),
        last_s=np.full(20, CHANGE_S - 3600.0),
    )
    some = joined(day, regulars(10, "person"))
    assert of_people(some, blind(some, 20), 4, 5) == of_people(
        some.take(np.arange(20, 30)), blind(some.take(np.arange(20, 30))), 4, 5
    )


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(1, 50))
def test_blindness_never_makes_anybody_likelier(first: int, others: int, more: int, found: int) -> None:
    """Nor do fewer who begin so; chances are of 0..1."""
    some = joined(regulars(first + others + 1, "program"), late(found, "program"))
    chance = np.linspace(0.0, 1.0, len(some))
    some_told = of_programs(some, blind(some, first), chance)
    fewer_told = of_programs(some, blind(some, first // 2), chance)
    assert np.all((fewer_told >= 0) & (fewer_told <= some_told + 1e-12) & (some_told <= chance))
    people = regulars(first + others + 1, "person")
    assert (
        0
        <= of_people(people, blind(people, first // 2), more, found)
        <= of_people(people, blind(people, first), more, found)
        <= 1
    )


LINE = '{} - - [23/Nov/2026:{:02}:00:07 +0000] "{} HTTP/1.1" 200 9 "-" "a"\n'


def test_what_was_asked_is_read_from_a_log(tmp_path: Path) -> None:
    """The front page at first, and a page later; what anybody asks for alone; a page first."""
    asks = {"192.0.2.1": ("GET /", "GET /a"), "192.0.2.2": ("GET /", "HEAD /health"), "192.0.2.3": ("GET /a", "GET /")}
    path = tmp_path / "access.log"
    path.write_text("".join(LINE.format(one, 8 + n, what) for one, all_ in asks.items() for n, what in enumerate(all_)))
    what = asked(read_activity(str(path), "combined"), np.arange(3))
    assert (what.blindly.tolist(), what.first_blindly.tolist()) == ([False, True, False], [True, True, False])


def test_what_was_asked_of_another_name_is_no_blindness(tmp_path: Path) -> None:
    """The front page of ours, and a page of somebody else's in the same half hour."""
    path = tmp_path / "access.log"
    both = ("app.example.com:443 ", "GET /"), ("other.example.com:443 ", "GET /a")
    path.write_text("".join(host + LINE.format("192.0.2.1", 8, what) for host, what in both))
    what = asked(read_activity(str(path), "vhost_combined", names=["app.example.com"]), np.arange(1))
    assert (what.blindly.tolist(), what.first_blindly.tolist()) == ([False], [False])
