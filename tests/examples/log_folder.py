"""A folder of logs that is read again and again into one state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lines_of_time import MOMENTS, Lines, once, same

from analyzer.state import State

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.state.logs import LogReader


class Folder:
    """A folder of logs that is read again and again into one state."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = Lines()
        self.log = path / "logs" / "access.log"
        self.log.parent.mkdir()
        self.log.touch()

    def write(self, count: int, name: str = "access.log") -> None:
        """Append lines to a file, as a server does."""
        with (self.log.parent / name).open("ab") as file:
            file.write(self.lines.some(count))

    def read(self, **options: Any) -> LogReader:
        """Read what is new."""
        with State.open(self.path / "state") as state:
            reader = state.read_logs([f"{self.log.parent}/access.log*"], "combined", **options)
            self.known = reader.activity(MOMENTS)
        return reader

    def new(self) -> int:
        """Read, and return how many lines were new; the sum must be that of all lines ever made."""
        added = sum(one.lines for one in self.read().added)
        same(self.known, once(self.lines.made, self.path))
        return added
