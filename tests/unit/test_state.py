"""The state keeps what was asked and said: each thing once, whatever happens beside it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from analyzer.errors import StateError
from analyzer.state import State
from analyzer.state.database import _marks

if TYPE_CHECKING:
    from pathlib import Path

CLAIMS = """
import sys
from pathlib import Path
from analyzer.state import State
with State.open(Path(sys.argv[1]), wait_s=60) as state:
    print(sum(state.claim(f"mail {n}") for n in range(40)))
"""


def question(at: str, **more: object) -> dict[str, object]:
    """Return a snapshot record of a moment."""
    return {"schema": "cutover.dns/1", "at": at, "resolver": "192.0.2.53", **more}


def refused(path: Path, **options: float) -> str:
    """Return what is said of a state that cannot be opened."""
    with pytest.raises(StateError) as raised:
        State.open(path, **options)
    assert len(raised.value.faults) == 1
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_questions_come_back_once_and_by_time(tmp_path: Path) -> None:
    """A repeated question is kept once; fractions of a second sort as times, not as text."""
    late, early = question("2026-03-02T22:05:00.120Z"), question("2026-03-02T22:05:00Z")
    with State.open(tmp_path / "s") as state:
        assert state.record_questions([late, early, late]) == 2
        assert state.record_questions([dict(reversed(late.items()))]) == 0
        assert state.record_questions([]) == 0
    with State.open(tmp_path / "s") as state:
        lines = list(state.questions())
    assert [line.split('"at": ')[1][:27] for line in lines] == [
        '"2026-03-02T22:05:00Z", "re',
        '"2026-03-02T22:05:00.120Z",',
    ]


def test_a_question_without_a_time_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    """All of the records or none."""
    with State.open(tmp_path / "s") as state:
        with pytest.raises(StateError, match="without a time"):
            state.record_questions([question("2026-03-02T22:05:00Z"), {"resolver": "192.0.2.53"}])
        assert list(state.questions()) == []


def test_a_verdict_of_the_same_moment_takes_the_earlier_ones_place(tmp_path: Path) -> None:
    """Verdicts come back by time, one a moment."""
    with State.open(tmp_path / "s") as state:
        for at, verdict in (("2026-03-03T00:00:00Z", "wait"), ("2026-03-02T00:00:00Z", "unknown")):
            state.record_verdict({"at": at, "verdict": verdict})
        state.record_verdict({"at": "2026-03-03T01:00:00+01:00", "verdict": "safe"})
        assert [one["verdict"] for one in state.verdicts()] == ["unknown", "safe"]


def test_a_note_is_the_last_one_written(tmp_path: Path) -> None:
    """None before the first."""
    with State.open(tmp_path / "s") as state:
        assert state.noted("page") is None
        state.note("page", "a")
        state.note("page", "b'\x00\u202e")
        assert state.noted("page") == "b'\x00\u202e"


def test_a_claim_is_given_once_among_processes(tmp_path: Path) -> None:
    """Four processes that open, make and use one state at once: each key goes to exactly one of them."""
    command = [sys.executable, "-c", CLAIMS, str(tmp_path / "s")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    counts = [int(process.communicate(timeout=60)[0]) for process in running]
    assert sum(counts) == 40
    with State.open(tmp_path / "s") as state:
        assert not state.claim("mail 0")
        assert state.claim("mail 40")


def test_a_state_that_is_made_between_two_looks_is_none_or_one(tmp_path: Path) -> None:
    """Another process makes it just before its version is asked for: it is not taken for somebody else's."""
    path, looks = tmp_path / "s", list[str]()

    def made(statement: str) -> None:
        if "user_version" in statement:
            looks.append(statement)
            with suppress(StateError):  # it may have to wait for longer
                State.open(path, wait_s=0.05).close()

    connection = sqlite3.connect(path, isolation_level=None)
    connection.set_trace_callback(made)
    marks = _marks(connection)
    connection.close()
    assert looks
    assert marks == (0, 0)
    State.open(path).close()


def test_what_is_no_state_is_told(tmp_path: Path) -> None:
    """Text, another program's database, a later version, a missing one, a folder that is not there."""
    (tmp_path / "text").write_text("no database at all " * 100, encoding="utf-8")
    assert "is not a state of cutover" in refused(tmp_path / "text")
    with sqlite3.connect(tmp_path / "other") as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    assert "not a state of cutover" in refused(tmp_path / "other")
    State.open(tmp_path / "later").close()
    with sqlite3.connect(tmp_path / "later") as later:
        later.execute("PRAGMA user_version = 99")
    later.close()
    assert "version 99" in refused(tmp_path / "later")
    assert "no such state" in refused(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()
    assert "cannot be opened" in refused(tmp_path / "no" / "folder")


def test_a_lock_is_waited_for_and_then_told(tmp_path: Path) -> None:
    """Another process that writes for too long is named as the reason, in one line."""
    with State.open(tmp_path / "s", wait_s=0.1) as state:
        other = sqlite3.connect(tmp_path / "s", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StateError, match=r"in use by another cutover; waited 0\.1 s"):
            state.note("a", "b")
        assert state.noted("a") is None
        other.execute("ROLLBACK")
        other.close()
        state.note("a", "b")
        assert state.noted("a") == "b"


def test_a_full_disk_is_told_and_nothing_is_half_kept(tmp_path: Path) -> None:
    """All records of one call or none."""
    with State.open(tmp_path / "s") as state:
        state._connection.execute("PRAGMA max_page_count = 20")
        with pytest.raises(StateError, match="the disk is full"):
            state.record_questions(question("2026-03-02T22:05:00Z", n=n, text="x" * 500) for n in range(1_000))
        assert list(state.questions()) == []
