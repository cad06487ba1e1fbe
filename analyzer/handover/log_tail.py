"""What is written to log files from now on: enough of it to see whether a line with some mark arrives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.errors import CutoverError
from analyzer.logs.sources import expand

if TYPE_CHECKING:
    from collections.abc import Iterable

TAIL_BYTES = 8 << 20  # [bytes] looked at of each file in one look: far more than is written between two
COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".Z", ".zip")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file ended when it was looked at: the file behind the name may be another one later."""

    device: int
    inode: int
    size: int


class LogTail:
    """Local log files from the moment of its making on.

    Parameters
    ----------
    paths
        Files and globs, as a migration names them; compressed ones, URLs and standard input do not grow under our eyes.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = tuple(path for path in paths if path != "-" and "://" not in path)
        self._places = {name: place for name in self._names() if (place := _place(name)) is not None}

    @property
    def readable(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self._places)

    def line_with(self, mark: str) -> tuple[str, bytes] | None:
        """Return file and line of the first new line that holds the mark; None if there is none yet."""
        wanted = mark.encode()
        for name in self._names():
            for line in self._new_bytes(name).split(b"\n"):
                if wanted in line:
                    return name, line.rstrip(b"\r")
        return None

    def _names(self) -> list[str]:
        """Return the files that the paths mean now: a rotation makes others."""
        found = []
        for path in self._paths:
            try:
                found += [name for name in expand([path]) if not name.endswith(COMPRESSED)]
            except CutoverError:
                continue  # not there yet
        return found

    def _new_bytes(self, name: str) -> bytes:
        """Return what stands in a file since it was first seen; all of it if it is another file or was cut."""
        now = _place(name)
        if now is None:
            return b""
        then = self._places.get(name)
        same = then is not None and (then.device, then.inode) == (now.device, now.inode) and then.size <= now.size
        start = then.size if same and then is not None else max(0, now.size - TAIL_BYTES)
        try:
            with Path(name).open("rb") as file:
                file.seek(start)
                return file.read(TAIL_BYTES)
        except OSError:
            return b""


def _place(name: str) -> Place | None:
    """Return where a regular file ends; None if it is none or cannot be read."""
    path = Path(name)
    try:
        if not path.is_file():
            return None
        with path.open("rb"):
            found = path.stat()
    except OSError:
        return None
    return Place(found.st_dev, found.st_ino, found.st_size)
