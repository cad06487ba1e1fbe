"""One reading serves many moments, and at each of them nothing later is known."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small

from analyzer.drain.evidence import MOST_BROKEN, Gathered, gather
from analyzer.errors import InputError
from analyzer.migration import load

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT = small.CHANGED + 2 * DAY


@cache
def told() -> small.Story:
    """Return the story."""
    return small.story()


def gathered(folder: Path, text: str | None = None, *moments: datetime) -> Gathered:
    """Return what was read of the small migration."""
    return gather(load(small.write(folder, told(), text)), moments or (AT,))


def count(frame: object) -> int:
    """Return the requests and foreign ones of cells."""
    return int((frame["requests"] + frame["foreign"]).sum())  # type: ignore[index] -- a DataFrame


def test_evidence_ends_at_the_moment(tmp_path: Path) -> None:
    """Both servers' requests up to and at it; `day_part` is a day earlier; counted against the story itself."""
    moments = (small.CHANGED - HOUR, small.CHANGED, AT, small.CHANGED + 7 * DAY)
    read = gathered(tmp_path, None, *moments)
    for moment in moments:
        seen = read.at(moment)
        assert seen.at == moment
        assert count(seen.old.cells) == sum(one.at <= moment for one in told().old)
        cells = seen.old.cells
        assert count(cells[cells["part"] <= seen.day_part]) == sum(one.at <= moment - DAY for one in told().old)
        assert seen.new is not None
        assert count(seen.new.cells) == sum(one.at <= moment for one in told().new)
        assert len(seen.kinds) == len(seen.old.clients)


def test_a_request_at_the_very_moment_is_known(tmp_path: Path) -> None:
    """And one a second later is not."""
    moment = told().old[3000].at
    read = gathered(tmp_path, None, moment - timedelta(seconds=1), moment)
    before, now = (count(read.at(at).old.cells) for at in read.moments)
    assert now - before == sum(one.at == moment for one in told().old) > 0


def test_a_change_found_from_the_snapshots_cuts_the_log(tmp_path: Path) -> None:
    """A half hour that the change lies in is parted at it, as with a change that is written down."""
    found = gathered(tmp_path / "found", small.toml(migration=""))
    propagation = found.at(AT).propagation
    assert propagation is not None
    assert propagation.changed_at in found.old.moments
    written = gathered(tmp_path / "written", small.toml(migration="changed_at = 2026-03-02T22:10:00Z"))
    assert small.CHANGED + timedelta(minutes=10) in written.old.moments


def test_later_answers_are_not_looked_at(tmp_path: Path) -> None:
    """Before the change every resolver answers old, and the figure's answers end there."""
    moment = small.CHANGED - HOUR
    read = gathered(tmp_path, small.toml(migration=""), moment, AT)
    seen = read.at(moment).propagation
    assert seen is not None
    assert (seen.on_old, seen.on_new, seen.changed_at) == (4, 0, None)
    assert set(read.answers(moment)["state"]) == {"old"}
    assert read.answers(moment)["at"].max() <= moment
    assert set(read.answers(AT)["state"]) == {"old", "new"}


def test_without_snapshots_there_are_no_answers(tmp_path: Path) -> None:
    """An empty table with the columns of a full one."""
    with_them, without = gathered(tmp_path / "a"), gathered(tmp_path / "b", small.toml(rest=""))
    assert without.at(AT).propagation is None
    assert len(without.answers(AT)) == 0
    assert set(without.answers(AT).columns) <= set(with_them.answers(AT).columns)


def test_the_old_log_must_be_named(tmp_path: Path) -> None:
    """The error shows how."""
    config = small.write(tmp_path, told())
    with pytest.raises(InputError, match=r"\[logs\.old\]"):
        gather(replace(load(config), old_logs=None), [AT])


def test_the_old_log_must_be_there(tmp_path: Path) -> None:
    """Without it there is nothing to judge."""
    config = small.write(tmp_path, told())
    (tmp_path / "old.log").unlink()
    with pytest.raises(InputError, match="no such file"):
        gather(load(config), [AT])


def test_troubles_are_evidence(tmp_path: Path) -> None:
    """What could not be read of any input is told at every moment, broken snapshots up to a bound."""
    config = small.write(tmp_path, told())
    (tmp_path / "new.log").unlink()
    dns = tmp_path / "dns.jsonl"
    dns.write_text("rubbish\n" * (MOST_BROKEN + 3) + dns.read_text())
    read = gather(load(config), [AT])
    assert read.new is None
    assert read.at(AT).troubles == read.troubles
    assert len(read.troubles) == 1 + MOST_BROKEN + 1
    assert "new.log: no such file" in read.troubles[0]
    assert f"dns.jsonl:{MOST_BROKEN}: " in read.troubles[MOST_BROKEN]
    assert read.troubles[-1].startswith("3 more lines")
    assert read.snapshots is not None, "the other lines are used"


def test_progress_is_told_in_bytes(tmp_path: Path) -> None:
    """Of the old and of the new log, each up to its whole size."""
    config = small.write(tmp_path, told())
    seen: list[tuple[int, int]] = []
    gather(load(config), [AT], lambda done, total: seen.append((done, total)))
    sizes = [(tmp_path / name).stat().st_size for name in ("old.log", "new.log")]
    assert {total for _, total in seen} == set(sizes)
    assert {(size, size) for size in sizes} <= set(seen)
