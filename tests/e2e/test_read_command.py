"""`cutover logs read`, and verdicts from what it remembers."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.cli.judge import judge_quietly

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE = Path(__file__).parents[2] / "sample_logs"
LIMIT_S = 120


def cutover(*arguments: object, status: int = 0) -> tuple[str, str]:
    """Run the command, check its exit status, return what it printed on stdout and on stderr."""
    command = [sys.executable, "-m", "analyzer", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, timeout=LIMIT_S, check=False)
    assert done.returncode == status, done.stderr.decode()
    return done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return the cutover.toml of a copy of the sample."""
    shutil.copytree(SAMPLE, tmp_path / "sample")
    return tmp_path / "sample" / "cutover.toml"


def rotate(folder: Path) -> None:
    """Rename, compress and begin anew, as logrotate with delaycompress."""
    log = folder / "access.log"
    older = log.with_name("access.log.1")
    log.with_name("access.log.100.gz").write_bytes(gzip.compress(older.read_bytes()))
    log.rename(older)
    log.touch()


def cut_and_written_on(log: Path) -> Callable[[], None]:
    """Take the second half of a log away; return what puts it back, as the server that writes on."""
    text = log.read_bytes()
    middle = text.index(b"\n", len(text) // 2) - 30  # within a line
    log.write_bytes(text[:middle])

    def written_on() -> None:
        with log.open("ab") as file:
            file.write(text[middle:])

    return written_on


@pytest.mark.parametrize("at", ["2026-03-04T03:21:43+00:00", "2026-03-12T22:00:00+00:00"])
def test_a_verdict_is_the_same_with_and_without_the_state(config: Path, at: str) -> None:
    """Byte for byte: read at once or bit by bit, through a rotation, at odd seconds of the past or at the end."""
    moment = datetime.fromisoformat(at).astimezone(UTC)
    written_on = cut_and_written_on(config.parent / "old" / "access.log")
    state = config.with_name("cutover.sqlite")
    shown = [judged(config, moment, no_state=True), judged(config, moment, state=state)]
    assert shown[0] == shown[1]
    written_on()
    rotate(config.parent / "old")
    shown += [judged(config, moment, state=state), judged(config, moment, no_state=True)]
    assert shown[2] == shown[3]


def judged(config: Path, at: datetime, **options: Any) -> str:
    """Return a verdict's JSON."""
    return json.dumps(judge_quietly(config, at, **options)[1].verdict.as_json())


def test_what_is_new_is_told_and_nothing_twice(config: Path) -> None:
    """All of it at first, nothing then, and all again with --rebuild."""
    told: list[dict[str, Any]] = []
    for options in ((), (), ("--rebuild",)):
        printed, talk = cutover("logs", "read", "--config", config, "--format", "json", *options)
        assert talk == ""
        told.append(json.loads(printed))
    assert [one["schema"] for one in told] == ["cutover.logs-read/1"] * 3
    for name in ("old", "new"):
        first, second, third = (one[name] for one in told)
        assert first["lines"] == first["parsed"] + first["quarantined"] == first["new"]["lines"] > 30_000
        assert second["new"] == {"files": 0, "lines": 0, "parsed": 0, "quarantined": 0}
        assert {**second, "new": None, "files": None} == {**first, "new": None, "files": None}
        assert third == first
        assert sum(file["lines"] for file in first["files"]) == first["lines"]
    assert told[0]["state"] == str(config.with_name("cutover.sqlite"))


def test_for_people_and_elsewhere(config: Path, tmp_path: Path) -> None:
    """The sums and the files that brought something; --state names another file."""
    told, _ = cutover("logs", "read", "--config", config, "--state", tmp_path / "s")
    assert "31,069 new lines = 31,067 parsed + 2 quarantined; 31,069 known" in told
    assert "access.log.2.gz" in told
    assert (tmp_path / "s").exists()
    assert not config.with_name("cutover.sqlite").exists()


def test_a_state_that_is_none_stops_reading_and_not_judging(config: Path) -> None:
    """`logs read` has nowhere to keep it; `advise` reads the files as they are, and says so."""
    config.with_name("cutover.sqlite").write_text("no database\n" * 100, encoding="utf-8")
    _, talk = cutover("logs", "read", "--config", config, status=2)
    assert "is not a state of cutover" in talk
    assert talk.count("\n") == 1
    told, talk = cutover("advise", "--config", config, "--at", "2026-03-03T00:00:00Z", "--format", "json", status=10)
    assert "is not a state of cutover" in talk
    assert json.loads(told)["verdict"] == "wait"


def test_advise_makes_no_state_unasked(config: Path) -> None:
    """Where there is none, files beside cutover.toml stay as they are; a named one is made."""
    command = ("advise", "--config", config, "--at", "2026-03-03T00:00:00Z", "--format", "json")
    before = sorted(config.parent.iterdir())
    plain, _ = cutover(*command, status=10)
    assert sorted(config.parent.iterdir()) == before
    named, _ = cutover(*command, "--state", config.with_name("mine"), status=10)
    assert config.with_name("mine").exists()
    assert named == plain
