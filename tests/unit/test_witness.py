"""Requests that the new server got from the old one, and that the old log does not show."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small

from analyzer.drain.advise import advise
from analyzer.drain.evidence import gather
from analyzer.migration import load

if TYPE_CHECKING:
    from analyzer.drain.verdict import Verdict

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT = small.CHANGED + 4 * DAY
CUT = AT - 3 * HOUR
LATE = "Java/17.0.12"


def program(address: str, agent: str, step: timedelta) -> tuple[small.Request, ...]:
    """Return requests of one who has the old address, the last an hour before the moment judged."""
    turns = int((AT - small.CHANGED + small.BEFORE) / step)
    return tuple(small.Request(AT - HOUR - turn * step, address, agent) for turn in range(turns)[::-1])


def judged(folder: Path, *, logged: bool, own: tuple[small.Request, ...] = ()) -> Verdict:
    """Return the verdict on a log of few lines; the last three hours of it are missing unless `logged`.

    `own` are requests of the old machine's own to the new server.
    """
    told = small.story(1, stuck=False).only(lambda one: one.client != small.MONITOR)
    calls = program("203.0.113.77", LATE, 5 * HOUR + timedelta(minutes=26))
    forwarded = tuple(small.Request(one.at, small.OLD, one.agent) for one in calls if one.at > small.CHANGED)
    old = sorted((*told.old, *calls), key=lambda one: one.at)
    new = sorted((*told.new, *(forwarded if not own else ()), *own), key=lambda one: one.at)
    story = small.Story(tuple(one for one in old if logged or one.at < CUT), tuple(new)).until(AT)
    gathered = gather(load(small.write(folder, story)), [AT])
    return advise(gathered.at(AT)).verdict


def reaches(verdict: Verdict) -> bool | None:
    """Return whether the log is said to reach up to now."""
    return next(one.passed for one in verdict.reasons if one.rule == "evidence-reaches-now")


def test_a_log_that_misses_what_was_forwarded_does_not_reach_up_to_now(tmp_path: Path) -> None:
    """The program came an hour ago, says the new server; the old log is silent for three, as it may be."""
    cut = judged(tmp_path / "cut", logged=False)
    assert cut.verdict == "unknown"
    assert reaches(cut) is False
    assert "forwarded" in cut.reasons[0].sentence
    assert reaches(judged(tmp_path / "whole", logged=True)) is True


@pytest.mark.parametrize("agent", ["", LATE])
def test_what_runs_on_the_old_machine_itself_is_no_witness(tmp_path: Path, agent: str) -> None:
    """A health check of the new server every ten minutes comes from the same address, and was never in the old log."""
    checks = tuple(
        small.Request(one.at, small.OLD, agent or "health/1.0")
        for one in program(small.OLD, agent, timedelta(minutes=10))
        if one.at > small.CHANGED
    )
    assert reaches(judged(tmp_path, logged=True, own=checks)) is True
