"""A brown-out: short refusals at the old server, at chosen hours; what the log shows then, and what the verdict says.

Three programs poll the old server every hour. One holds a connection that the brown-out closes, looks the name up
again and has moved; one has the address in a file, asks again every few seconds while it is refused, and goes on as
before; one is refused, and is not seen again until its usual turn.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small

from analyzer.drain.advise import advise
from analyzer.drain.evidence import gather
from analyzer.drain.refused import repeated_requests
from analyzer.logs.activity import Activity
from analyzer.migration import load

if TYPE_CHECKING:
    from datetime import datetime

    from analyzer.drain.verdict import Straggler, Verdict

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REFUSED = small.CHANGED + 3 * DAY + 12 * HOUR  # 10 o'clock on Friday
MINUTES = timedelta(minutes=5)
POOLED = "203.0.113.66"
RETRY_S = 2  # [s] between two tries of the program that has the address in a file


def story(*, brown_out: bool) -> small.Story:
    """Return the small migration with one program more, whose connection closes in the brown-out; or without one."""
    told = small.story(1)
    turns = [small.CHANGED - small.BEFORE + timedelta(minutes=2) + n * HOUR for n in range(15 * 24)]
    pooled = [small.Request(at, POOLED, "okhttp/4.12.0") for at in turns]
    moves = REFUSED if brown_out else small.CHANGED + small.AFTER
    old = [*told.old, *(one for one in pooled if one.at < moves)]
    new = [*told.new, *(one for one in pooled if one.at >= moves)]
    if brown_out:
        old = [replace(one, status=503) if REFUSED <= one.at < REFUSED + MINUTES else one for one in old]
        old += [replace(one, status=503) for one in tries(REFUSED)]
        old.append(small.Request(REFUSED, POOLED, "okhttp/4.12.0", status=503))
    return small.Story(*(tuple(sorted(log, key=lambda one: one.at)) for log in (old, new)))


def tries(start: datetime) -> list[small.Request]:
    """Return how the program with the address in a file asks again and again."""
    count = int(MINUTES.total_seconds()) // RETRY_S
    return [small.Request(start + timedelta(seconds=RETRY_S * n), small.STUCK, "Java/11.0.2") for n in range(count)]


def judged(config: Path, *moments: datetime) -> list[Verdict]:
    """Return the verdicts."""
    gathered = gather(load(config), moments)
    return [advise(gathered.at(moment)).verdict for moment in moments]


def named(verdict: Verdict, client: str) -> Straggler | None:
    """Return what the verdict says of a client."""
    return next((one for one in verdict.stragglers if one.client == client), None)


def test_who_moves_because_of_it_is_cleared_and_who_comes_again_is_not(tmp_path: Path) -> None:
    """Before it both are on the list; two hours later the one has come to the new server, and the other again."""
    before, after = judged(small.write(tmp_path, story(brown_out=True)), REFUSED - HOUR, REFUSED + 3 * HOUR)
    assert {POOLED, small.STUCK} <= {one.client for one in before.stragglers}
    assert named(after, POOLED) is None
    again = named(after, small.STUCK)
    assert again is not None
    assert again.expected_requests > 100
    assert "unknown" not in {before.verdict, after.verdict}, "refusals are no gap: they are logged"
    assert after.lost_requests.upper is not None
    assert before.lost_requests.upper is not None
    assert after.lost_requests.upper < before.lost_requests.upper, "one of two is known to have moved"


def test_asking_again_is_seen_and_is_not_taken_for_what_it_usually_sends(tmp_path: Path) -> None:
    """150 tries in five minutes: counted as arrived, but what a removal loses is a request an hour, as ever."""
    at = REFUSED + 3 * HOUR
    (plain,) = judged(small.write(tmp_path / "plain", story(brown_out=False)), at)
    (refused,) = judged(small.write(tmp_path / "refused", story(brown_out=True)), at)
    usual, again = named(plain, small.STUCK), named(refused, small.STUCK)
    assert usual is not None
    assert again is not None
    assert again.requests == usual.requests + 150
    assert again.expected_requests == pytest.approx(usual.expected_requests, rel=0.05)
    assert refused.residual.requests_per_day > plain.residual.requests_per_day + 100


def activity(requests: list[int], failed: list[int]) -> Activity:
    """Return the activity of one client in successive half hours."""
    slot = pd.to_datetime(np.arange(len(requests)) * 1800, unit="s", utc=True).as_unit("us")
    cells = pd.DataFrame({"client": 0, "slot": slot, "requests": requests, "failed": failed})
    return Activity(pd.DataFrame({"address": ["192.0.2.9"]}), cells, pd.DataFrame(), (), (), {}, True)


cells = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 500)), min_size=1, max_size=20)


@given(cells)
def test_what_is_left_out_was_refused_and_is_never_all(rows: list[tuple[int, int]]) -> None:
    """At most the refused ones beyond one a half hour; none where refusals are nothing special."""
    sent, failed = [plain + refused for plain, refused in rows], [refused for _, refused in rows]
    left_out = repeated_requests(activity(sent, failed))[0]
    assert 0 <= left_out <= max(sum(failed) - sum(refused > 0 for refused in failed), 0)
    if 2 * sum(refused > 0 for refused in failed) >= len(rows):
        assert left_out == 0


def test_only_what_is_beyond_the_usual_is_left_out() -> None:
    """Four half hours of three requests, then 3 of 100 refused, then 100 of 100."""
    assert repeated_requests(activity([3, 3, 3, 3, 100], [0, 0, 0, 0, 3]))[0] == 0
    assert repeated_requests(activity([3, 3, 3, 3, 100], [0, 0, 0, 0, 100]))[0] == 97
    assert repeated_requests(activity([100, 100], [100, 100]))[0] == 0
