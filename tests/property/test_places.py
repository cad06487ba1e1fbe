"""A place that is closed since the change has shown nothing: an office, a school, many people behind one address."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small
from drain_clients import CHANGE_S, DAY_S, HOUR_S, table

from analyzer.drain.advise import advise
from analyzer.drain.evidence import gather
from analyzer.drain.leaving import Leaving
from analyzer.drain.rules.drained import closed_places
from analyzer.migration import load

if TYPE_CHECKING:
    from analyzer.drain.verdict import Reason, Verdict

OFFICE = "198.51.100.200"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def office(people: int) -> list[small.Request]:
    """Return requests of so many people behind one address until the change: once a day, the first one three times."""
    agents = [f"{small.FIREFOX.replace('140.0', f'{120 + n}.0')}" for n in range(people)]
    midnight = small.CHANGED - 22 * HOUR
    return [
        small.Request(midnight + day * DAY + hour * HOUR + n * timedelta(minutes=7), OFFICE, agent, f"/page/{hour}")
        for day in range(-6, 8)
        for hour in (8, 11, 14)
        for n, agent in enumerate(agents)
        if midnight + day * DAY + hour * HOUR < small.CHANGED and (hour == 8 or n == 0)
    ]


def told(
    tmp_path: Path,
    people: int,
    there: list[small.Request],
    *,
    day: float = 4,
    new: bool = True,
    here: tuple[small.Request, ...] = (),
) -> tuple[Verdict, Reason]:
    """Return the verdict some days after the change, and what it says of the regulars."""
    story = small.story(1, stuck=False)
    old = sorted((*story.old, *office(people), *here), key=lambda one: one.at)
    whole = small.Story(tuple(old), tuple(sorted((*story.new, *there), key=lambda one: one.at)))
    text = small.toml() if new else small.toml(rest=small.WITH_DNS)
    moment = small.CHANGED + day * DAY
    verdict = advise(gather(load(small.write(tmp_path, whole, text)), [moment]).at(moment)).verdict
    return verdict, next(one for one in verdict.reasons if one.rule == "regulars-accounted")


def test_an_office_that_nobody_has_come_from_since_is_waited_for(tmp_path: Path) -> None:
    """Its resolver was not asked since: the verdict waits, names its address, what it would lose, and until when."""
    verdict, reason = told(tmp_path, 5, [])
    assert verdict.verdict == "wait"
    assert verdict.lost_requests.upper is not None
    assert verdict.lost_requests.upper <= 10, "others like them have moved: the bound alone would let it go"
    assert reason.passed is False
    assert OFFICE in reason.sentence
    assert reason.value == pytest.approx((3 + 4) * 30, rel=0.4)
    assert verdict.safe_at is not None
    turned = small.CHANGED + HOUR  # by then the first answer shows it
    assert verdict.safe_at.upper == turned + 10 * DAY


def test_a_home_is_no_place(tmp_path: Path) -> None:
    """Four people of one address are as others are."""
    verdict, reason = told(tmp_path, 4, [])
    assert verdict.verdict == "safe"
    assert reason.passed is True


@pytest.mark.parametrize("agent", [office(1)[0].agent, "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Firefox/150.0"])
def test_one_who_came_to_the_new_server_accounts_for_the_place(tmp_path: Path, agent: str) -> None:
    """Its resolver has the new address, whoever asked: a browser known from before, or one that is newer."""
    came = small.Request(small.CHANGED + 2 * DAY + 12 * HOUR, OFFICE, agent)
    assert told(tmp_path / "came", 5, [came])[0].verdict == "safe"
    early = replace(came, at=small.CHANGED + 2 * HOUR)
    assert told(tmp_path / "early", 5, [early])[0].verdict == "safe"


def test_who_tried_the_new_server_before_the_change_accounts_for_nobody(tmp_path: Path) -> None:
    """By another name, or by its address: what the place's resolver will answer it does not show."""
    before = small.Request(small.CHANGED - HOUR, OFFICE, "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Firefox/150.0")
    assert told(tmp_path, 5, [before])[0].verdict == "wait"


def test_without_the_new_log_nobody_can_tell_who_is_closed(tmp_path: Path) -> None:
    """A place that has moved is as silent at the old server."""
    _, reason = told(tmp_path, 5, [], new=False)
    assert reason.passed is not False


def test_one_who_came_to_the_old_server_late_accounts_for_the_place(tmp_path: Path) -> None:
    """What the others will do is told by that one, and the bound has it; by one of the first hour it is not."""
    late = small.Request(small.CHANGED + 11 * HOUR, OFFICE, office(5)[1].agent)
    assert told(tmp_path / "late", 5, [], here=(late,))[1].passed is True
    soon = replace(late, at=small.CHANGED + timedelta(minutes=20))
    assert told(tmp_path / "soon", 5, [], here=(soon,))[1].passed is False


@pytest.mark.parametrize(
    ("silent_days", "churn", "waited_for"), [(2, 0.0, True), (9.9, 0.0, True), (11, 0.0, False), (2, 0.4, False)]
)
def test_who_stopped_long_ago_or_has_another_address_by_now_is_not_waited_for(
    silent_days: float, churn: float, waited_for: bool
) -> None:
    """Silent for so long before the change, and of addresses that last two days and a half on average."""
    last_s = CHANGE_S - silent_days * DAY_S
    now: Any = SimpleNamespace(
        clients=table(5, "person", kin=np.zeros(5), last_s=last_s, last_before_s=last_s, churn=churn),
        law=Leaving(CHANGE_S, HOUR_S, {}), at_s=CHANGE_S + 2 * DAY_S,
        closed=np.arange(5), rate=SimpleNamespace(silence=np.full(5, 1e-3)),
    )  # fmt: skip
    assert len(closed_places(now)) == (5 if waited_for else 0)


def test_of_a_place_the_most_frequent_one_tells() -> None:
    """Of two places the one is missed whole, though only one of its people should have come; the other is not."""
    silence, kin = np.array([0.3, 0.3, 0.3, 0.001, 0.3, 0.06, 0.3, 0.3, 0.3, 0.3]), np.repeat([7, 3], 5)
    now: Any = SimpleNamespace(
        clients=table(10, "person", kin=kin), law=Leaving(CHANGE_S, HOUR_S, {}), at_s=CHANGE_S + 2 * DAY_S,
        closed=np.arange(10), rate=SimpleNamespace(silence=silence),
    )  # fmt: skip
    assert closed_places(now).tolist() == [0, 1, 2, 3, 4]


def test_a_silence_that_is_usual_is_no_closing(tmp_path: Path) -> None:
    """In the first night after the change nobody is missed."""
    _, reason = told(tmp_path, 5, [], day=0.3)
    assert reason.passed is True
