"""A log that falls silent: drained, or stopped; who moved, and the new server's log, tell which."""

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
    from datetime import datetime

    from analyzer.drain.verdict import Reason, Verdict

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
END = small.CHANGED + small.AFTER
DRAINED = small.story(1, stuck=False).only(lambda one: one.agent != small.UPTIME)  # silent since the caches expired


def judged(folder: Path, told: small.Story, at: datetime, rest: str = small.WITH_NEW) -> Verdict:
    """Return the verdict on a story."""
    gathered = gather(load(small.write(folder, told.until(at), small.toml(rest=rest))), [at])
    return advise(gathered.at(at)).verdict


def reason(verdict: Verdict, rule: str) -> Reason:
    """Return what a rule says."""
    return next(one for one in verdict.reasons if one.rule == rule)


def test_a_log_from_which_all_have_moved_may_be_silent_for_days(tmp_path: Path) -> None:
    """The new server's log shows those who moved, and nobody forwarded: a week without a line is the end of it."""
    verdict = judged(tmp_path, DRAINED, END)
    assert verdict.verdict == "safe"
    assert reason(verdict, "evidence-reaches-now").passed is True
    assert reason(verdict, "heard-lately").passed is True


def test_without_the_new_log_a_drain_explains_the_silence(tmp_path: Path) -> None:
    """Nobody is missed: each may have left when its cache expired."""
    verdict = judged(tmp_path, DRAINED, END, rest="")
    assert reason(verdict, "evidence-reaches-now").passed is True
    assert verdict.verdict in {"safe", "wait"}


@pytest.mark.parametrize("rest", ["", small.WITH_NEW])
def test_a_log_that_stops_under_a_beat_is_no_drain(tmp_path: Path, rest: str) -> None:
    """A monitor and a program that came until the same minute, three days after the change, did not move together."""
    cut = small.CHANGED + 3 * DAY
    told = small.story(1)
    stopped = small.Story(tuple(one for one in told.old if one.at < cut), told.new)
    verdict = judged(tmp_path, stopped, cut + 12 * HOUR, rest)
    assert verdict.verdict == "unknown"
    assert reason(verdict, "evidence-reaches-now").passed is False
    assert ("forwarded" in reason(verdict, "evidence-reaches-now").sentence) == bool(rest), "only the new log shows it"


def test_scanners_never_leave(tmp_path: Path) -> None:
    """They came three times a day since the change: two days without any are doubtful, five a log that has stopped."""
    waves = tuple(
        small.Request(small.CHANGED + turn * 8 * HOUR, f"203.0.113.{turn}", "zgrab/0.x", "/.env", status=404)
        for turn in range(1, 18)
    )
    until = waves[-1].at
    old = tuple(sorted((*DRAINED.old, *waves), key=lambda one: one.at))
    told = small.Story(old, tuple(one for one in DRAINED.new if one.client != small.OLD))
    assert reason(judged(tmp_path / "soon", told, until + 4 * HOUR, ""), "heard-lately").passed is True
    assert reason(judged(tmp_path / "doubt", told, until + 2 * DAY, ""), "heard-lately").passed is False
    verdict = judged(tmp_path / "late", told, until + 5 * DAY, "")
    assert verdict.verdict == "unknown"
    assert "hardly" in reason(verdict, "evidence-reaches-now").sentence


def test_a_silence_within_the_log_is_explained_alike(tmp_path: Path) -> None:
    """A stray request after six days without any makes no gap of what a drain explains."""
    stray = small.Request(END - HOUR, "203.0.113.55", "zgrab/0.x", "/.git/config", status=404)
    told = small.Story((*DRAINED.old, stray), DRAINED.new)
    for rest in ("", small.WITH_NEW):
        verdict = judged(tmp_path / (rest[:2] or "none"), told, END, rest)
        assert verdict.evidence.gaps == ()
        assert reason(verdict, "no-gap").passed is True


def test_a_new_log_that_is_silent_itself_vouches_for_nothing(tmp_path: Path) -> None:
    """It ends where the old one does: nobody knows what came since."""
    cut = small.CHANGED + 3 * DAY
    told = small.story(1)
    both = small.Story(*(tuple(one for one in some if one.at < cut) for some in (told.old, told.new)))
    assert judged(tmp_path, both, cut + DAY).verdict == "unknown"


def forwarded(*more: small.Request) -> small.Story:
    """Return a story whose new log shows what the old one forwards: a program each hour until the second day, and more.

    So it is known to be a witness.
    """
    spoken = tuple(small.Request(small.CHANGED + turn * HOUR, small.OLD, "Java/21") for turn in range(1, 40))
    seen = tuple(small.Request(one.at, "203.0.113.8", one.agent) for one in spoken)
    old, new = (*DRAINED.old, *seen, *(one for one in more if one.client != small.OLD)), (*DRAINED.new, *spoken)
    return small.Story(
        tuple(sorted(old, key=lambda one: one.at)),
        tuple(sorted((*new, *(one for one in more if one.client == small.OLD)), key=lambda one: one.at)),
    )


def test_a_witness_sees_no_scanners(tmp_path: Path) -> None:
    """They came to the old address alone, nine times a day: their next one is waited for.

    For three days at most, if they came for three days only: they may have looked the name up, and left with it.
    """
    waves = (
        small.Request(small.CHANGED + (1 + turn / 9) * DAY, f"203.0.113.{60 + turn}", "zgrab/0.x", "/.env", status=404)
        for turn in range(27)
    )
    told = forwarded(*waves)
    until = told.old[-1].at
    assert reason(judged(tmp_path / "day", told, until + 20 * HOUR), "heard-lately").passed is False
    assert reason(judged(tmp_path / "late", told, until + 3.5 * DAY), "heard-lately").passed is True


def test_what_a_silence_hides_is_a_gap_that_heals(tmp_path: Path) -> None:
    """The old log missed a forwarded request on the third day; the new one shows that none came in the five since."""
    lost = small.CHANGED + 3 * DAY
    told = forwarded(small.Request(lost, small.OLD, small.FIREFOX))
    soon = judged(tmp_path / "soon", told, lost + 6 * HOUR)
    assert soon.verdict == "unknown"
    late = judged(tmp_path / "late", told, END)
    assert reason(late, "evidence-reaches-now").passed is True
    (gap,) = late.evidence.gaps
    assert gap.end - lost < HOUR
