"""Log files as chunks of whole lines that nobody has told apart yet: threads that fold them do that.

One thread at a time reads on, however many fold. So what it does meanwhile is no more than must be: nothing is counted,
and only the last line's end is looked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.logs.opening import USED
from analyzer.logs.rows import LINE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from analyzer.logs.buffers import FindStarts, OwnBuffers
    from analyzer.logs.opening import LogFile

_NEWLINE = np.frombuffer(b"\n", np.uint8)
_SCAN_BYTES = 1 << 16  # most lines are shorter


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines of one file.

    Attributes
    ----------
    first
        True if the file's first line is among them.
    data
        uint8, shape (bytes,): the lines with their ends. Valid until its thread asks for the next chunk.
    cut
        True if the file broke off within the last line.
    read_bytes
        [bytes] of the file, as stored, read so far.
    """

    source: str
    first: bool
    data: NDArray[np.uint8]
    cut: bool
    read_bytes: int


@dataclass(frozen=True, slots=True)
class Over:
    """A file was read to its end, or to where it could be read.

    Attributes
    ----------
    trouble
        What could not be read, and why; None if all was.
    """

    source: str
    trouble: str | None


def chunks(source: str, file: LogFile, buffers: OwnBuffers, *, first: bool = True) -> Iterator[Chunk | Over]:
    """Yield a file's lines in chunks, then how it ended; a last line without its end is a line.

    Parameters
    ----------
    first
        Whether the file stands at its first line.
    """
    carry, ended, given = np.empty(0, np.uint8), False, False  # the begun line
    while not ended:
        held = len(carry)
        buffer = buffers.now(held)
        buffer[:held] = carry
        end = held + file.fill(buffer[held:].data)
        ended = end < len(buffer)
        whole = _end_of_lines(buffer, held, end)
        if whole:
            yield Chunk(source, first and not given, buffer[:whole], cut=False, read_bytes=file.read_bytes())
            given = True
        carry = buffer[whole : min(end, whole + LINE_LIMIT + 1)]  # a longer line is refused
    if len(carry):
        last = np.concatenate((carry, _NEWLINE))
        yield Chunk(source, first and not given, last, cut=file.trouble is not None, read_bytes=file.read_bytes())
        given = True
    told = file.trouble if given or not file.trouble else file.trouble.removesuffix(f"; {USED}")
    yield Over(source, told)


def _end_of_lines(buffer: NDArray[np.uint8], begin: int, end: int) -> int:
    """Return where the last line ends that ends in a stretch of a buffer; 0 if none does."""
    while begin < end:
        at = max(begin, end - _SCAN_BYTES)
        found = buffer[at:end].tobytes().rfind(b"\n")
        if found >= 0:
            return at + found + 1
        end = at
    return 0


class Starts:
    """Finds where lines start, again and again in the same room: a thread's own."""

    def __init__(self, find_starts: FindStarts) -> None:
        self._find_starts, self._room = find_starts, np.zeros(1, np.int32)

    def of(self, data: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Return where lines start, and where the last one ends; the next call writes over it."""
        room = self.room(len(data))
        return room[: 1 + self._find_starts(data.ctypes.data, 0, len(data), room[1:].ctypes.data)]

    def room(self, length: int) -> NDArray[np.int32]:
        """Return room for where the lines of so many bytes start, the first of them filled in."""
        if len(self._room) <= length:
            self._room = np.empty(length + 1, np.int32)  # memory that nothing is written to costs nothing
            self._room[0] = 0
        return self._room
