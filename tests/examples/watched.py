"""The watch over a small migration at chosen moments."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import small_migration as small

from analyzer.drain.advise import advise
from analyzer.drain.evidence import gather
from analyzer.migration import load
from analyzer.watch.rounds import Look, Wishes, World, look

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.drain.advise import Judgement
    from analyzer.drain.evidence import Gathered
    from analyzer.watch.telling import Channel


# Before the change, in the drain, and when the last client is known to be stuck.
MOMENTS = tuple(small.CHANGED + timedelta(hours=hours) for hours in (-1, 1, 24, 180, 181))
WAITS, IS_STUCK, STUCK_FROM = MOMENTS[1], MOMENTS[-1], MOMENTS[3]


def read(folder: Path) -> Gathered:
    """Return one reading of the small migration for all moments."""
    return gather(load(small.write(folder, small.story())), MOMENTS)


@cache
def judged() -> dict[datetime, Judgement]:
    """Return the judgements made so far: none is made twice."""
    return {}


def stuck(found: Judgement) -> Judgement:
    """Return a judgement in which whoever is left is stuck: when the model says so is not what is tested here."""
    left = tuple(replace(one, stuck=True) for one in found.verdict.stragglers)
    return replace(found, verdict=replace(found.verdict, verdict="stuck", stragglers=left))


def world(gathered: Gathered, **changed: Any) -> World:
    """Return a world in which the small migration is judged and nobody is asked."""

    def judge(at: datetime) -> tuple[Gathered, Judgement]:
        if at not in judged():
            found = advise(gathered.at(at))
            judged()[at] = stuck(found) if at >= STUCK_FROM else found
        return gathered, judged()[at]

    usual = World(None, judge, None, lambda _: None, {})
    return replace(usual, **changed)


def wishes(folder: Path, *channels: Channel, **changed: Any) -> Wishes:
    """Return wishes for a folder."""
    return replace(Wishes(folder / "cutover.sqlite", ZoneInfo("UTC"), channels=channels), **changed)


def run(around: World, wished: Wishes, moments: tuple[datetime, ...] = MOMENTS) -> list[Look]:
    """Return one look for each moment."""
    last, found = Look(moments[0]), []
    for at in moments:
        last = look(lambda at=at: at, last, around, wished)
        found.append(last)
    return found


def words(looks: list[Look]) -> list[str]:
    """Return the verdict of each look."""
    return [one.report.content.verdict for one in looks if one.report]
