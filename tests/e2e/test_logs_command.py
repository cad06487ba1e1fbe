"""`cutover logs …` as scripts and people call it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

GOOD = '198.51.100.7 - - [23/Nov/2026:18:30:44 +0000] "GET / HTTP/1.1" 200 512 "-" "curl/8.0"'


def cutover(*arguments: str | Path, status: int = 0, feed: bytes | None = None) -> tuple[str, str]:
    """Run the command, check its exit status, return what it printed on stdout and on stderr."""
    command = [sys.executable, "-m", "analyzer", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, input=feed, timeout=120, check=False)
    assert done.returncode == status, done.stderr.decode()
    return done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return a log of three good lines and a broken one."""
    path = tmp_path / "access.log"
    path.write_text(f"{GOOD}\n{GOOD}\nbroken \x1b[31m line\n{GOOD.replace('44 +', '45 +')}\n")
    return path


def test_summary_as_json(log: Path) -> None:
    """The keys that scripts rely on; sums that match."""
    told, talk = cutover("logs", "summary", log, "--format", "json")
    summary: dict[str, Any] = json.loads(told)
    assert (summary["lines"], summary["parsed"], summary["quarantined"]) == (4, 3, 1)
    assert (summary["first"], summary["last"]) == ("2026-11-23T18:30:44Z", "2026-11-23T18:30:45Z")
    assert set(summary["kinds"]) == {"person", "program", "crawler", "monitor", "scanner"}
    assert sum(kind["requests"] for kind in summary["kinds"].values()) == 3
    assert sum(kind["clients"] for kind in summary["kinds"].values()) == 1
    assert summary["files"][0]["source"] == str(log)
    assert summary["reasons"] == {"does not fit at %l": 1}
    assert talk == ""


def test_summary_as_text(log: Path) -> None:
    """A person sees the same numbers."""
    told, _ = cutover("logs", "summary", log)
    assert "4 lines = 3 parsed + 1 quarantined" in told
    assert str(log) in told


def test_show_as_json_lines(log: Path) -> None:
    """One object a parsed line: null for missing, times in UTC."""
    told, _ = cutover("logs", "show", log, "--format", "jsonl")
    rows = [json.loads(line) for line in told.splitlines()]
    assert [row["line"] for row in rows] == [1, 2, 4]
    assert rows[0] == {
        "time": "2026-11-23T18:30:44Z", "client": "198.51.100.7", "ident": None, "user": None,
        "request": "GET / HTTP/1.1", "method": "GET", "target": "/", "protocol": "HTTP/1.1", "status": 200,
        "bytes": 512, "referer": None, "agent": "curl/8.0", "source": str(log), "line": 1,
    }  # fmt: skip


@pytest.mark.parametrize("command", ["show", "quarantine"])
def test_json_is_one_array(log: Path, command: str) -> None:
    """Also where there is nothing to print."""
    assert (
        len(json.loads(cutover("logs", command, log, "--format", "json")[0])) == {"show": 3, "quarantine": 1}[command]
    )
    log.write_text("")
    assert json.loads(cutover("logs", command, log, "--format", "json")[0]) == []


def test_quarantine(log: Path) -> None:
    """Where, why, and the text; nothing in it moves a terminal's cursor."""
    told, _ = cutover("logs", "quarantine", log, "--format", "jsonl")
    assert json.loads(told) == {
        "source": str(log),
        "line": 3,
        "reason": "does not fit at %l",
        "text": "broken \x1b[31m line",
    }
    told, _ = cutover("logs", "quarantine", log)
    assert told.startswith(f"{log}:3: does not fit at %l: broken ")
    assert "\x1b" not in told


def test_show_ends_quietly_when_its_reader_goes(tmp_path: Path) -> None:
    """`| head` closes the pipe."""
    path = tmp_path / "access.log"
    path.write_text(f"{GOOD}\n" * 50_000)
    command = [sys.executable, "-m", "analyzer", "logs", "show", str(path), "--format", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == 0


def test_standard_input() -> None:
    """`-` reads what is piped in."""
    told, _ = cutover("logs", "summary", "-", "--format", "json", feed=f"{GOOD}\n".encode())
    assert json.loads(told)["parsed"] == 1


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda _path: None, "no such file"),
        (lambda path: path.mkdir(), "is a directory"),
        (lambda path: path.symlink_to(path), "cannot be read"),
        (lambda path: path.write_text(f"old.example.com:443 {GOOD}\n"), "its lines fit vhost_combined"),
    ],
)
@pytest.mark.parametrize("command", ["summary", "show", "quarantine"])
def test_bad_input_is_one_clear_line(tmp_path: Path, make: Any, told: str, command: str) -> None:
    """What is wrong and where, exit status 2, nothing on stdout."""
    path = tmp_path / "access.log"
    make(path)
    printed, talk = cutover("logs", command, path, status=2)
    assert printed == ""
    assert len(talk.splitlines()) == 1
    assert told in talk
    assert str(path) in talk


def test_bad_usage_is_one_clear_line(log: Path) -> None:
    """No log named, or a format that is none."""
    assert "no log is named" in cutover("logs", "summary", status=2)[1]
    assert "%Q" in cutover("logs", "summary", log, "--log-format", "%h %Q %t", status=2)[1]


def test_an_empty_log_has_no_lines(log: Path) -> None:
    """It is said on stderr."""
    log.write_text("")
    told, talk = cutover("logs", "summary", log, "--format", "json")
    assert json.loads(told)["lines"] == 0
    assert "is empty" in talk


def test_logs_of_a_migration(log: Path) -> None:
    """With --config the old server's logs are meant, and their format."""
    config = log.parent / "cutover.toml"
    config.write_text(
        '[migration]\nnames = ["app.example.com"]\nold = ["192.0.2.4"]\nnew = ["198.51.100.5"]\n'
        '[logs.old]\npaths = ["access.log*"]\nformat = "combined"\n'
    )
    told, _ = cutover("logs", "summary", "--config", config, "--format", "json")
    assert json.loads(told)["parsed"] == 3
    assert "has no [logs.new]" in cutover("logs", "summary", "--config", config, "--server", "new", status=2)[1]
