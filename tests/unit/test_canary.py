"""What a canary proves, and the log that is watched for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from analyzer.handover.canary import Canary, read_canaries
from analyzer.handover.log_tail import LogTail

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)


def canary(logged: bool | None = True, reached_new: bool | None = True) -> Canary:
    """Return a canary that became of so."""
    place = "https://192.0.2.4:443"
    return Canary(AT, "ab12", place, "app.example.com", 404, None, 9.5, logged, 0.2, reached_new, "new-log")


@pytest.mark.parametrize(
    ("logged", "reached", "alone", "proxied"),
    [(True, True, 0, 0), (True, False, 0, 10), (True, None, 0, 10), (False, True, 10, 10), (None, True, 10, 10)],
)
def test_exit_status(logged: bool | None, reached: bool | None, alone: int, proxied: int) -> None:
    """The log must have shown it; the new server counts where it is asked for."""
    found = canary(logged, reached)
    assert (found.exit_status(proxied=False), found.exit_status(proxied=True)) == (alone, proxied)


def test_records_are_read_back_and_others_passed_over() -> None:
    """Whatever else stands under such a key."""
    lines = [
        json.dumps(canary().as_json()),
        "no json",
        '{"schema": "cutover.dns/1"}',
        "[]",
        '{"schema": "cutover.canary/1"}',
    ]
    assert list(read_canaries(lines)) == [canary()]


def test_only_new_lines_are_looked_at(tmp_path: Path) -> None:
    """A mark that stood there before is none; one in a line added later is found with its line."""
    log = tmp_path / "access.log"
    log.write_bytes(b"old mark\n")
    tail = LogTail([str(log)])
    assert tail.line_with("mark") is None
    with log.open("ab") as file:
        file.write(b"\xff\xfe first\na mark here\r\nlast\n")
    assert tail.line_with("mark") == (str(log), b"a mark here")


def test_a_rotation_meanwhile_loses_nothing(tmp_path: Path) -> None:
    """Renamed and begun anew, or cut to nothing: the new file is looked at from its start."""
    log = tmp_path / "access.log"
    log.write_bytes(b"x" * 100)
    tail = LogTail([f"{log}*"])
    log.rename(tmp_path / "access.log.1")
    log.write_bytes(b"the mark\n")
    assert tail.line_with("mark") == (str(log), b"the mark")
    log.write_bytes(b"y mark")
    assert tail.line_with("y mark") == (str(log), b"y mark")


def test_a_log_that_is_cut_meanwhile_is_looked_at_from_its_start(tmp_path: Path) -> None:
    """As copytruncate does: the same file, shorter than before."""
    log = tmp_path / "access.log"
    log.write_bytes(b"x" * 100)
    tail = LogTail([str(log)])
    with log.open("r+b") as file:
        file.truncate(0)
        file.write(b"the mark\n")
    assert tail.line_with("mark") == (str(log), b"the mark")


def test_what_does_not_grow_here_is_not_watched(tmp_path: Path) -> None:
    """Standard input, URLs, compressed and missing files."""
    (tmp_path / "access.log.1.gz").write_bytes(b"x")
    assert not LogTail(["-", "https://example.com/log", str(tmp_path / "*.gz"), str(tmp_path / "none.log")]).readable
