"""Whatever is done to log files in whatever order, with looks in between: each line counts once."""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from lines_of_time import MOMENTS, Lines, once, same

from analyzer.state import State

STEPS = ("write", "begin", "end", "rename", "compress", "truncate", "copy", "late", "look", "look", "reopen")
steps = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 120)), min_size=4, max_size=24)


class Server:
    """One log, and what happens to it; lines that no file has any more were seen before."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lines = folder, Lines()
        self.log = folder / "access.log"
        self.log.touch()
        self.begun = b""
        self.count = 0
        self.state = State.open(folder / "state")

    def do(self, step: str, number: int) -> None:
        """Do one thing."""
        getattr(self, step)(number)

    def write(self, number: int) -> None:
        """Write lines."""
        self.end(0)
        self._append(self.log, self.lines.some(number))

    def begin(self, number: int) -> None:
        """Write the beginning of a line."""
        self.end(0)
        line = self.lines.some(1)
        self._append(self.log, line[:number])
        self.begun = line[number:]

    def end(self, _number: int) -> None:
        """Write the rest of it, or nothing if it has begun nowhere."""
        self._append(self.log, self.begun)
        self.begun = b""

    def late(self, number: int) -> None:
        """Write lines to the file that was renamed last."""
        if (self.folder / "access.log.1").exists():
            self._append(self.folder / "access.log.1", self.lines.some(number))

    def rename(self, _number: int) -> None:
        """Rotate; what is plain and older is compressed first."""
        self.end(0)
        self.compress(0)
        self.log.rename(self.folder / "access.log.1")
        self.log.touch()

    def compress(self, _number: int) -> None:
        """Compress the file that was renamed last."""
        older = self.folder / "access.log.1"
        if older.exists():
            self.count += 1
            (self.folder / f"access.log.{100 + self.count}.gz").write_bytes(gzip.compress(older.read_bytes()))
            older.unlink()

    def truncate(self, number: int) -> None:
        """Copy and truncate; some look while the copy is not whole."""
        self.end(0)
        self.compress(0)
        copy, text = self.folder / "access.log.1", self.log.read_bytes()
        if number % 2:
            copy.write_bytes(text[: len(text) * number // 120])
            self.look(0)
        copy.write_bytes(text)
        if number % 3:
            self.look(0)
        os.truncate(self.log, 0)

    def copy(self, number: int) -> None:
        """Keep a copy of a file under a name that is read too, or take it away again."""
        kept = self.folder / f"access.log.kept{number % 3}"
        if kept.exists():
            kept.unlink()
        else:
            shutil.copy(self.log, kept)

    def look(self, _number: int) -> None:
        """Read what is new, with an open state."""
        self.read = self.state.read_logs([str(self.folder / "access.log*")], "combined")

    def reopen(self, _number: int) -> None:
        """Read with a state that is opened anew."""
        self.state.close()
        self.state = State.open(self.folder / "state")
        self.look(0)

    def _append(self, path: Path, text: bytes) -> None:
        with path.open("ab") as file:
            file.write(text)


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_each_line_counts_once(done: list[tuple[str, int]]) -> None:
    """The sum is that of one reading of all lines ever written."""
    with tempfile.TemporaryDirectory() as name:
        server = Server(Path(name))
        server.write(1)
        for step, number in done:
            server.do(step, number)
        server.end(0)
        server.look(0)
        found = server.read.activity(MOMENTS)
        server.look(0)
        assert server.read.added == []
        server.state.close()
        same(found, once(server.lines.made, Path(name)))
