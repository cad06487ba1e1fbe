"""Whether the new server's log tells who has moved: proxies, shortened addresses, strangers are told from visitors."""

from __future__ import annotations

import re
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
from analyzer.migration import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.drain.verdict import Verdict

AT = small.CHANGED + small.AFTER


def spread(one: small.Request) -> small.Request:
    """Return a person's request from a network of its own, of a hundred."""
    found = re.fullmatch(r"198\.18\.0\.(\d+)", one.client)
    return one if found is None else replace(one, client=f"100.{found[1]}.7.9")


def many(side: tuple[small.Request, ...], times: int = 5) -> tuple[small.Request, ...]:
    """Return the requests with so many people for each."""
    people = [
        replace(one, client=one.client.replace("198.18.0.", f"198.18.{turn}."))
        for one in side
        for turn in range(times)
        if one.client.startswith("198.18.") or not turn
    ]
    return tuple(sorted(people, key=lambda one: (one.at, one.client, one.target)))


def behind(address: str) -> Callable[[small.Request], small.Request]:
    """Return what a server logs that stands behind a proxy and does not see through it."""
    return lambda one: replace(one, client=address)


def shortened(one: small.Request) -> small.Request:
    """Return it with the last byte of its address taken off, but for the old server's."""
    one = spread(one)
    return one if one.client == small.OLD else replace(one, client=re.sub(r"\d+$", "0", one.client))


def translated(one: small.Request) -> small.Request:
    """Return it from another address of the world."""
    return replace(one, client=one.client.replace("198.18.", "198.19.").replace("203.0.113.", "203.0.112."))


def verdict_of(folder: Path, story: small.Story) -> Verdict:
    """Return the verdict at the end of the logs."""
    return advise(gather(load(small.write(folder, story)), [AT]).at(AT)).verdict


STORY = small.story(1, stuck=False)
SPREAD = small.Story(tuple(map(spread, STORY.old)), STORY.new)
MANY = small.Story(many(STORY.old), many(STORY.new))


@pytest.mark.parametrize(
    ("story", "new", "what"),
    [
        (STORY, behind("10.0.0.5"), "10.0.0.5, of its own network"),
        (STORY, behind("fd00::7"), "fd00::7, of its own network"),
        (SPREAD, shortened, "shortens addresses"),
        (MANY, translated, "of the 120 people"),
    ],
)
def test_a_log_that_names_nobody_is_no_log(
    tmp_path: Path, story: small.Story, new: Callable[[small.Request], small.Request], what: str
) -> None:
    """It is as if it was not there, and the reader is told what to bring; whole, it clears everybody."""
    told = verdict_of(tmp_path / "untold", small.Story(story.old, tuple(map(new, story.new))))
    config = small.write(tmp_path / "none", story)
    config.write_text(small.toml(rest=small.WITH_DNS))
    without = advise(gather(load(config), [AT]).at(AT)).verdict
    note = next(one for one in told.reasons if one.rule == "new-log-seen")
    assert note.passed is None
    assert what in note.sentence
    assert note.sentence.endswith("Until then only silence tells who has moved.")
    assert (told.verdict, told.lost_requests) == (without.verdict, without.lost_requests)


@pytest.mark.parametrize("story", [STORY, SPREAD, MANY])
def test_a_log_that_names_some_is_one(tmp_path: Path, story: small.Story) -> None:
    """Who is known from the old server's log is so much more than chance that the others are strangers."""
    new = story.new if story is not SPREAD else tuple(map(spread, story.new))
    found = verdict_of(tmp_path, small.Story(story.old, new))
    assert next(one for one in found.reasons if one.rule == "new-log-seen").passed is True
    assert found.verdict == "safe"


@pytest.mark.parametrize("address", ["10.0.0.5", "203.0.113.222", "100.100.1.1"])
def test_an_address_that_the_old_server_saw_is_no_proxy(tmp_path: Path, address: str) -> None:
    """One program alone comes to the new server, from a network of one's own or any: whoever it is, it is known."""
    mine = small.MOVER
    story = STORY.only(lambda one: one.client in (mine, small.MONITOR, small.OLD))
    old, new = (tuple(replace(one, client=address) if one.client == mine else one for one in side)
                for side in (story.old, story.new))  # fmt: skip
    found = verdict_of(tmp_path, small.Story(old, new))
    assert next(one for one in found.reasons if one.rule == "new-log-seen").passed is True


@pytest.mark.parametrize("agent", ["kube-probe/1.34", "curl/8.5.0"])
def test_a_balancers_health_checks_hide_nobody(tmp_path: Path, agent: str) -> None:
    """Everybody is on holiday, and a balancer asks whether the new server lives: who is silent has not moved."""
    checks = tuple(
        small.Request(small.CHANGED + turn * timedelta(minutes=5), "10.0.0.5", agent) for turn in range(8 * 24 * 12)
    )
    old = tuple(one for one in STORY.old if one.client == small.MONITOR or one.at < small.CHANGED)
    found = verdict_of(tmp_path, small.Story(old, checks))
    assert next(one for one in found.reasons if one.rule == "new-log-seen").passed is True
    assert found.verdict == "wait", "regular people and a program came to neither server"
