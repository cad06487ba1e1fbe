"""A place that is closed since the change has shown nothing: an office, a school, many people behind one address."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small

from analyzer.drain.advise import advise
from analyzer.drain.evidence import gather
from analyzer.drain.places import PLACE
from analyzer.migration import load

if TYPE_CHECKING:
    from analyzer.drain.verdict import Reason, Verdict

OFFICE = "198.51.100.200"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def office(people: int, *, until: timedelta = timedelta(0)) -> list[small.Request]:
    """Return requests of so many people behind one address: three times a day, until so long after the change."""
    agents = [f"{small.FIREFOX.replace('140.0', f'{120 + n}.0')}" for n in range(people)]
    midnight = small.CHANGED - 22 * HOUR
    return [
        small.Request(midnight + day * DAY + hour * HOUR + n * timedelta(minutes=7), OFFICE, agent, f"/page/{hour}")
        for day in range(-6, 8)
        for hour in (8, 11, 14)
        for n, agent in enumerate(agents)
        if midnight + day * DAY + hour * HOUR < small.CHANGED + until
    ]


def told(
    tmp_path: Path, people: int, there: list[small.Request], *, day: float = 4, new: bool = True
) -> tuple[Verdict, Reason]:
    """Return the verdict some days after the change, and what it says of the regulars."""
    story = small.story(1, stuck=False)
    old = sorted((*story.old, *office(people)), key=lambda one: one.at)
    whole = small.Story(tuple(old), tuple(sorted((*story.new, *there), key=lambda one: one.at)))
    text = small.toml() if new else small.toml(rest=small.WITH_DNS)
    moment = small.CHANGED + day * DAY
    verdict = advise(gather(load(small.write(tmp_path, whole, text)), [moment]).at(moment)).verdict
    return verdict, next(one for one in verdict.reasons if one.rule == "regulars-accounted")


def test_an_office_that_nobody_has_come_from_since_is_waited_for(tmp_path: Path) -> None:
    """Its resolver was not asked since: the verdict waits, names its address, what it would lose, and until when."""
    verdict, reason = told(tmp_path, PLACE, [])
    assert verdict.verdict == "wait"
    assert verdict.lost_requests.upper is not None
    assert verdict.lost_requests.upper <= 10, "others like them have moved: the bound alone would let it go"
    assert reason.passed is False
    assert OFFICE in reason.sentence
    assert reason.value == pytest.approx(PLACE * 3 * 30, rel=0.6)
    assert verdict.safe_at is not None
    turned = small.CHANGED + HOUR  # by then the first answer shows it
    assert verdict.safe_at.upper == turned + 10 * DAY


def test_a_home_is_no_place(tmp_path: Path) -> None:
    """Four people of one address are as others are."""
    verdict, reason = told(tmp_path, PLACE - 1, [])
    assert verdict.verdict == "safe"
    assert reason.passed is True


@pytest.mark.parametrize("agent", [office(1)[0].agent, "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Firefox/150.0"])
def test_one_who_came_to_the_new_server_accounts_for_the_place(tmp_path: Path, agent: str) -> None:
    """Its resolver has the new address, whoever asked: a browser known from before, or one that is newer."""
    came = small.Request(small.CHANGED + 2 * DAY + 12 * HOUR, OFFICE, agent)
    assert told(tmp_path / "came", PLACE, [came])[0].verdict == "safe"
    early = replace(came, at=small.CHANGED + 2 * HOUR)
    assert told(tmp_path / "early", PLACE, [early])[0].verdict == "safe"


def test_who_tried_the_new_server_before_the_change_accounts_for_nobody(tmp_path: Path) -> None:
    """By another name, or by its address: what the place's resolver will answer it does not show."""
    before = small.Request(small.CHANGED - HOUR, OFFICE, "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Firefox/150.0")
    assert told(tmp_path, PLACE, [before])[0].verdict == "wait"


def test_without_the_new_log_nobody_can_tell_who_is_closed(tmp_path: Path) -> None:
    """A place that has moved is as silent at the old server."""
    _, reason = told(tmp_path, PLACE, [], new=False)
    assert reason.passed is not False


def test_a_silence_that_is_usual_is_no_closing(tmp_path: Path) -> None:
    """In the first night after the change nobody is missed."""
    _, reason = told(tmp_path, PLACE, [], day=0.3)
    assert reason.passed is True
