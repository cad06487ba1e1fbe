"""The rules that name what was out of the ordinary: rollback, late AAAA, second change, crowd, holiday, others."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_answers
from rule_cases import CHANGE_S, CHANGED, DAY_S, FLAT, HOUR_S, case, forecast

from analyzer.dns.turns import Turn
from analyzer.drain.crowds import Crowd, crowds
from analyzer.drain.others import ACCEPTED, ITSELF, Others
from analyzer.drain.quiet import Quiet
from analyzer.drain.rules.named import both_servers, demand_usual, others_apart, turned_once

NAME = "app.example.com"


def turn(hours: float, to: str = "new", kind: str = "A", name: str = NAME) -> Turn:
    """Return a change so long after the first one."""
    return Turn(name, kind, to, CHANGED, CHANGED + timedelta(hours=hours))


def seen(*turns: Turn, on: tuple[Turn, ...] = (), warnings: tuple[str, ...] = (), authoritative: bool = True) -> Any:
    """Return what the DNS answers say of turns."""
    resolver = SimpleNamespace(
        **{
            name: getattr(report_answers.resolver_state("192.0.2.53", "new"), name)
            for name in ("resolver", "state", "on_old")
        },
        authoritative=authoritative,
    )
    return SimpleNamespace(resolvers=(resolver,), turns=turns, moved_on=on, warnings=warnings)


@pytest.mark.parametrize(
    ("propagation", "passed", "said"),
    [
        (None, None, "not known"),
        (seen(authoritative=False), None, "not known"),
        (seen(turn(0)), True, "not seen to turn more than once"),
        (seen(turn(0), turn(0.9, kind="AAAA")), True, "not seen to turn more than once"),
        (
            seen(turn(0), turn(5, "old"), turn(9)),
            True,
            "turned back to the old address by 2026-03-03T03:00:00Z and to the new one again by 2026-03-03T07:00:00Z",
        ),
        (seen(turn(0), turn(48, kind="AAAA")), True, "48 h after its A record"),
        (seen(turn(0), turn(48, name="www.example.com", kind="AAAA")), True, "not seen to turn more than once"),
        (seen(turn(0), on=(turn(30, "198.51.100.7"),)), True, "a second time, to 198.51.100.7"),
        (seen(turn(0), turn(5, "old"), warnings=("It was changed back.",)), False, "It was changed back."),
    ],
)
def test_turns_of_the_dns_are_named(propagation: Any, passed: bool | None, said: str) -> None:
    """Once; within an hour; back and forth; one type late; another name; on to a third address; back and left so."""
    reason = turned_once(case(propagation=propagation))
    assert reason.passed is passed
    assert said in reason.sentence


def test_a_crowd_and_a_holiday_are_named() -> None:
    """The greatest two crowds and the latest three quiet days, in order of time; none from before the change."""
    usual = demand_usual(case(forecast=forecast(crowds=(), new_known=True)))
    assert (usual.passed, usual.sentence) == (True, "About as many people came since the change as is normal.")
    some = tuple(Crowd(CHANGE_S + n * DAY_S, CHANGE_S + n * DAY_S + HOUR_S, 100.0 * n, 10.0) for n in (1, 2, 3))
    days = tuple(CHANGE_S + n * DAY_S - 22 * HOUR_S for n in (-3, 1, 2, 3, 4))
    quiet = Quiet(days, (0.5, 0.4, 0.4, 0.4, 0.34))
    normal = SimpleNamespace(visits_per_day=10.0, quiet=quiet)
    told = demand_usual(case(forecast=forecast(crowds=some, new_known=True, normal=normal)))
    assert told.sentence.index("200 visits, where 10 are usual") < told.sentence.index("300 visits")
    assert "1 lesser ones" in told.sentence
    assert "2026-03-04 (40 %), 2026-03-05 (40 %), 2026-03-06 (34 %) and 1 before" in told.sentence


def test_nobody_knows_what_is_usual_without_a_baseline() -> None:
    """No forecast, no log from before the change."""
    assert demand_usual(case(forecast=None)).passed is None
    assert demand_usual(case(forecast=forecast(normal=SimpleNamespace(visits_per_day=None)))).passed is None


def test_a_crowd_is_three_times_what_is_normal_and_no_chance() -> None:
    """100 visits in an hour of ten are one, 25 none; a usual hour between two great ones belongs to it."""
    begin_s = np.floor(CHANGE_S / HOUR_S) * HOUR_S
    hours = begin_s + HOUR_S * np.arange(-7 * 24, 48)
    normal = FLAT.__class__(np.ones(168), 240.0, 3.0, 7 * DAY_S, end_s=begin_s)
    came = np.full(len(hours), 10.0)

    def found(**at: float) -> tuple[Crowd, ...]:
        visits = came.copy()
        for hour, count in at.items():
            visits[7 * 24 + int(hour[1:])] = count
        return crowds(hours + 60, visits, normal, begin_s, float(hours[-1]) + HOUR_S)

    assert found() == ()
    assert found(h5=25.0) == ()
    assert [(one.start_s, one.end_s, one.came) for one in found(h5=100.0)] == [
        (begin_s + 5 * HOUR_S, begin_s + 6 * HOUR_S, 100.0)
    ]
    assert [one.came for one in found(h5=100.0, h7=90.0)] == [200.0]
    assert [one.came for one in found(h5=100.0, h20=90.0)] == [100.0, 90.0]
    assert found(h5=100.0)[0].usual == pytest.approx(10.0)


def test_no_crowd_is_seen_without_a_week_to_compare() -> None:
    """Less than a week of baseline does not know each hour of the week."""
    normal = FLAT.__class__(np.ones(168), 240.0, 3.0, 6.9 * DAY_S, end_s=CHANGE_S)
    assert crowds(np.full(500, CHANGE_S + HOUR_S), np.ones(500), normal, CHANGE_S, CHANGE_S + DAY_S) == ()


def test_who_does_not_count_is_named_by_kind() -> None:
    """Monitors with what to do, accepted clients, the server itself; nobody; and not looked at."""
    some = (
        Others("monitor", 1440, 1, ("203.0.113.80",)),
        Others("scanner", 12, 5, ("198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4")),
        Others(ACCEPTED, 3, 2, ("203.0.113.9", "203.0.113.10")),
        Others(ITSELF, 2, 1, ("::1",)),
    )
    told = others_apart(case(others=some))
    assert told.passed is True
    assert told.value == 1457
    assert "1,440 from 1 monitor (203.0.113.80), yours to point at the new server;" in told.sentence
    assert " 12 from 5 scanners;" in told.sentence
    assert "3 from 2 accepted clients (203.0.113.9, 203.0.113.10); 2 from the old server itself." in told.sentence
    assert "nobody" in others_apart(case(others=())).sentence
    assert others_apart(case()).passed is None


def test_the_new_log_tells_who_comes_to_both() -> None:
    """Without it nobody knows."""
    assert both_servers(case(forecast=None)).passed is None
    assert both_servers(case(forecast=forecast(new_known=False))).passed is None
