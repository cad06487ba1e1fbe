"""The real command in a process of its own, and what must hold of every run of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LIMIT_S = 60  # [s] a command that takes longer hangs
STATUS = {"safe": 0, "wait": 10, "stuck": 11, "unknown": 12}
WARNING = "cutover: warning: "
Fragments = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """How a run ended."""

    status: int
    out: str
    told: tuple[str, ...]  # lines of stderr

    def verdict(self) -> dict[str, Any]:
        """Return the one JSON object on stdout; nothing else may stand there."""
        assert self.out.endswith("\n")
        assert self.out.count("\n") == 1
        found = json.loads(self.out, parse_constant=lambda name: f"no JSON: {name}")
        assert isinstance(found, dict)
        return found


def command(*arguments: object) -> list[str]:
    """Return the command line; a warning of Python's in it is an error."""
    return [sys.executable, "-W", "error", "-m", "analyzer", *map(str, arguments)]


def environment() -> dict[str, str]:
    """Return an environment in which output has one width and one zone."""
    kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONIOENCODING", "FORCE_COLOR"}}
    return {**kept, "COLUMNS": "100", "LC_ALL": "C.UTF-8", "TZ": "UTC", "NO_COLOR": "1"}


def cutover(*arguments: object, folder: Path | None = None, humbly: bool = False, stdin: bytes = b"") -> Run:
    """Return how the command ran.

    Parameters
    ----------
    folder
        The folder that it runs in.
    humbly
        Without root's right to read everything.
    """
    line = [*(_without_rights() if humbly else []), *command(*arguments)]
    done = subprocess.run(
        line, cwd=folder, env=environment(), input=stdin, capture_output=True, timeout=LIMIT_S, check=False
    )
    return Run(done.returncode, done.stdout.decode(), tuple(done.stderr.decode().splitlines()))


def verdict_at(folder: Path, at: str) -> dict[str, Any]:
    """Return the verdict that `advise` prints for a moment, of the migration in a folder."""
    return cutover("advise", "--config", folder / "cutover.toml", "--at", at, "--format", "json").verdict()


def _without_rights() -> Sequence[str]:
    """Return what to put before a command so that file modes hold for it."""
    if os.geteuid() != 0:
        return ()
    tool = shutil.which("setpriv")
    assert tool is not None, "file modes do not bind root: setpriv (util-linux) is needed to give its rights up"
    return (tool, "--bounding-set=-dac_override,-dac_read_search")


def refused(run: Run, *lines: Fragments) -> None:
    """Check that bad input was told: status 2, nothing on stdout, exactly these lines, each holding its fragments."""
    assert run.status == 2, run
    assert run.out == ""
    _lines(run, "cutover: ", lines)


def judged(run: Run, word: str, *warnings: Fragments) -> dict[str, Any]:
    """Return the verdict of a run in which what could be read was used; exactly these warnings were told."""
    found = run.verdict()
    assert (found["verdict"], run.status) == (word, STATUS[word]), run.told
    _lines(run, WARNING, warnings)
    evidence = found["evidence"]
    for log in (evidence, evidence.get("new", evidence)):
        assert log["lines"] == log["parsed"] + log["quarantined"]
        assert 0 <= log["used"] <= log["parsed"]
    troubles = evidence["troubles"]
    for fragments in warnings:
        assert any(all(one in trouble for one in fragments) for trouble in troubles), "the evidence says it too"
    assert found["reasons"]
    return found


def _lines(run: Run, start: str, wanted: Sequence[Fragments]) -> None:
    """Check that stderr holds exactly the wanted lines, in any order, and no trace of a crash."""
    left = list(run.told)
    assert not [line for line in left if "Traceback" in line or "fault of cutover itself" in line], run.told
    for fragments in wanted:
        found = [line for line in left if line.startswith(start) and all(one in line for one in fragments)]
        assert found, f"no line with {fragments} in {run.told}"
        left.remove(found[0])
    assert left == [], "each fault is told once, in one line"
