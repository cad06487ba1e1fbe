"""A log in which nobody comes any more is silence, not a gap, as long as canaries show up in it."""

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

AT = small.CHANGED + timedelta(days=7)
CANARY = "cutover-canary/0.1.0 0123456789abcdef"


def verdict(folder: Path, *, canaries: bool) -> Verdict:
    """Return the verdict a week after a change that everybody followed at once; no monitor keeps the log busy."""
    told = small.story(stuck=False).only(lambda one: one.client != small.MONITOR).until(AT)
    if canaries:
        hours = int((AT - small.CHANGED).total_seconds() // 3_600)
        sent = [
            small.Request(
                small.CHANGED + timedelta(hours=hour, minutes=30),
                "198.51.100.77",
                CANARY,
                f"/.well-known/cutover-canary/{hour:016x}",
                status=404,
            )
            for hour in range(hours)
        ]
        told = small.Story((*told.old, *sent), told.new)
    return advise(gather(load(small.write(folder, told)), [AT]).at(AT)).verdict


def test_without_traffic_only_canaries_let_the_log_speak(tmp_path: Path) -> None:
    """Silent for a week: unknown without them, safe with them."""
    assert verdict(tmp_path / "silent", canaries=False).verdict == "unknown"
    proven = verdict(tmp_path / "proven", canaries=True)
    assert proven.verdict == "safe"
    assert proven.evidence.gaps == ()


@pytest.mark.parametrize("canaries", [True, False])
def test_a_canary_is_no_straggler(tmp_path: Path, canaries: bool) -> None:
    """It counts for nobody: no request of its own is expected to be lost."""
    assert all(one.agent != CANARY for one in verdict(tmp_path, canaries=canaries).stragglers)
