"""What is made of some clients at a time is what is made of all at once; what is cut off is what is not looked at."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyzer.drain import cells as room
from analyzer.drain.cells import Cells, cells, some_at_a_time, span_us
from analyzer.drain.clients import Clients
from analyzer.drain.direct import Direct
from analyzer.drain.known import known_clients
from analyzer.drain.visits import parted, visits
from analyzer.logs.kinds import kinds
from analyzer.logs.reading import read_activity

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.logs.activity import Activity

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
CHANGE = BEGIN + timedelta(days=2)
AT_S = (BEGIN + timedelta(days=30)).timestamp()
AGENTS = ("Mozilla/5.0 Firefox/140.0", "Java/11.0.2", "curl/8.0")
NEAR_S = 2_400  # around the change: visits that last over it
seconds = st.integers(0, 5 * 86_400) | st.integers(2 * 86_400 - NEAR_S, 2 * 86_400 + NEAR_S)
requests = st.lists(st.tuples(st.integers(0, 3), seconds, st.booleans()), min_size=1, max_size=80)


def read(folder: Path, told: list[tuple[int, int, bool]]) -> Activity:
    """Return the activity of (client, second, whether it failed), cut at the change and a day later."""
    lines = [
        f"192.0.2.{client} - - [{BEGIN + timedelta(seconds=at):%d/%b/%Y:%H:%M:%S} +0000] "
        f'"GET / HTTP/1.1" {503 if failed else 200} 7 "-" "{AGENTS[client % 3]}"\n'
        for client, at, failed in sorted(told, key=lambda one: one[1])
    ]
    (folder / "access.log").write_text("".join(lines), encoding="ascii")
    return read_activity(str(folder / "access.log"), "combined", moments=(CHANGE, CHANGE + timedelta(days=1)))


def there(activity: Activity) -> Direct:
    """Return the same requests as direct ones at the new server."""
    found = cells(activity)
    return Direct(found, found.client, found, np.ones(len(activity.clients), np.bool_))


def rows(parts: list[Cells]) -> list[list[object]]:
    """Return the columns of all parts, one below the other."""
    return [np.concatenate([getattr(part, one.name) for part in parts]).tolist() for one in fields(Cells)]


@settings(max_examples=40, deadline=None)
@given(requests, st.integers(1, 7))
def test_clients_some_at_a_time_are_all_clients(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[int, int, bool]], at_once: int
) -> None:
    """However few cells are taken at once: no client is split, none left out, and each figure of each is the same."""
    activity = read(tmp_path_factory.mktemp("log"), told)
    every = np.ones(len(activity.clients), bool)
    found = kinds(activity)
    with pytest.MonkeyPatch.context() as patch:
        once = known_clients(activity, every, found, direct=there(activity), change_s=CHANGE.timestamp(), at_s=AT_S)
        patch.setattr(room, "ROWS_AT_ONCE", at_once)
        parts = list(some_at_a_time(activity, every))
        some = known_clients(activity, every, found, direct=there(activity), change_s=CHANGE.timestamp(), at_s=AT_S)
    assert rows(parts) == rows([cells(activity)])
    codes = [part.client.tolist() for part in parts]
    assert sum(len(set(one)) for one in codes) == len(activity.clients), "a client stands in one part only"
    for column in fields(Clients):
        np.testing.assert_array_equal(getattr(some.table, column.name), getattr(once.table, column.name))
    np.testing.assert_array_equal(some.normal.start, once.normal.start)
    np.testing.assert_array_equal(some.after.start, once.after.start)


@settings(max_examples=40, deadline=None)
@given(requests)
@example([(0, 2 * 86_400 - 60, False), (0, 2 * 86_400 + 60, False)])
def test_the_visits_before_and_after_a_moment_are_all_of_them(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[int, int, bool]]
) -> None:
    """Each request is in one of them, none over the moment, and what does not last over it is one visit as before."""
    some = cells(read(tmp_path_factory.mktemp("log"), told))
    every, before, after = parted(some, CHANGE.timestamp())
    assert int(before.requests.sum() + after.requests.sum()) == int(every.requests.sum()) == len(told)
    assert (before.end < CHANGE.timestamp()).all()
    assert (after.start >= CHANGE.timestamp()).all()
    over = (every.start < CHANGE.timestamp()) & (every.end >= CHANGE.timestamp())
    assert len(before.start) + len(after.start) == len(every.start) + int(over.sum())
    assert visits(some).start.tolist() == every.start.tolist()


@settings(max_examples=40, deadline=None)
@given(requests, st.sampled_from([0, 1]))
def test_what_is_cut_off_is_what_is_not_looked_at(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[int, int, bool]], which: int
) -> None:
    """To cut a reading at a moment and to look at it until then is the same, and frames say so as well."""
    folder, moment = tmp_path_factory.mktemp("log"), (CHANGE, CHANGE + timedelta(days=1))[which]
    whole = read(folder, told)
    until = whole.until(moment)
    seen = [at for _, at, _ in told if BEGIN + timedelta(seconds=at) <= moment]
    assert int(until.by_client("requests").sum()) == len(seen)
    span = span_us(until)
    expected = [int((BEGIN.timestamp() + at) * 1_000_000) for at in (min(seen), max(seen))] if seen else None
    assert (None if span is None else list(span)) == expected
    cut = read(folder, told)
    cut.cut(moment)
    assert cut.cells.equals(until.cells)
    assert cut.minutes.equals(until.minutes)
    frames = read(folder, told)
    assert len(frames.cells) == len(whole.sums("cells"))
    assert frames.until(moment).cells.equals(until.cells)
