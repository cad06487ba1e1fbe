"""Where blocks of lines are read, and by whom: ahead of their use by a thread, or by the threads that use them."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Thread, local
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

from analyzer.logs.rows import LINE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from analyzer.logs.opening import LogFile

FindStarts: TypeAlias = "Callable[[int, int, int, int], int]"  # as `compiled.reader.starts`, of addresses
BLOCK_BYTES = 32 << 20  # twice `LINE_LIMIT` is the least that makes sense
LINES_AT_ONCE = 400_000  # with so many a block ends early: what is kept of each line must stay small too
Item = TypeVar("Item")
_NEWLINE = 10
_HELD_BYTES = LINE_LIMIT + 1  # of a begun line
_SCAN_BYTES = 1 << 18  # the newline search stays in the processor's cache
_READ_BYTES = 1 << 19  # and so does what was just read, until its newlines have been found


class Buffers:
    """Two buffers: one is read by the consumer while the other is filled."""

    def __init__(self, block_bytes: int = BLOCK_BYTES) -> None:
        self._now = np.empty(block_bytes, np.uint8)
        self._other = np.empty(block_bytes, np.uint8)

    def now(self, _held: int = 0) -> npt.NDArray[np.uint8]:
        """Return what is to be filled, after so many bytes that are held."""
        return self._now

    def fill(self, buffer: npt.NDArray[np.uint8], held: int, file: LogFile) -> int:
        """Return how far a buffer is filled from a file, after what is held in it; to its end but at the file's end."""
        return held + file.fill(buffer[held:].data)

    def swap(self) -> None:
        """Take the other one: the block just given away keeps its bytes."""
        self._now, self._other = self._other, self._now

    def starts(self, data: npt.NDArray[np.uint8]) -> Iterator[npt.NDArray[np.int32]]:
        """Yield where some whole lines start, from the first one of them on, and where the last one ends."""
        first = 0
        gathered: list[npt.NDArray[np.int32]] = []
        for at in range(0, len(data), _SCAN_BYTES):
            ends = np.flatnonzero(data[at : at + _SCAN_BYTES] == _NEWLINE) + (at + 1 - first)
            gathered.append(ends.astype(np.int32))
            if sum(map(len, gathered)) >= LINES_AT_ONCE:
                yield (some := _from_zero(gathered))
                first, gathered = first + int(some[-1]), []
        if any(map(len, gathered)):
            yield _from_zero(gathered)

    def coming(self, items: Iterator[Item]) -> Iterator[Item]:
        """Yield what is made of these buffers: each while the one before is used."""
        return ahead(items)


def _from_zero(some: list[npt.NDArray[np.int32]]) -> npt.NDArray[np.int32]:
    """Return the ends of lines, after a zero."""
    return np.concatenate([np.zeros(1, np.int32), *some])


class OwnBuffers(Buffers):
    """A buffer for each thread: a block is read by the thread that asks for it, and is its own until it asks again.

    Threads may ask in turns, never two at once.
    """

    def __init__(self, block_bytes: int, find_starts: FindStarts) -> None:
        self._block_bytes, self._find_starts, self._own = block_bytes, find_starts, local()

    def now(self, held: int = 0) -> npt.NDArray[np.uint8]:
        """Return what is to be filled of this thread's, after so many bytes that are held."""
        if not hasattr(self._own, "buffer"):
            size = _HELD_BYTES + self._block_bytes  # memory that nothing is written to costs nothing
            self._own.buffer, self._own.starts = np.empty(size, np.uint8), np.empty(size + 1, np.int32)
            self._own.at = self._own.buffer.ctypes.data, self._own.starts.ctypes.data
        found: npt.NDArray[np.uint8] = self._own.buffer
        return found[: held + self._block_bytes]

    def fill(self, buffer: npt.NDArray[np.uint8], held: int, file: LogFile) -> int:
        """Return how far a buffer is filled, and remember where its lines start."""
        self._own.starts[0], count, end = 0, 1, held  # what is held is the begin of a line
        view, (at, starts) = buffer.data, self._own.at
        while end < len(buffer):
            wanted = min(_READ_BYTES, len(buffer) - end)
            read = file.fill(view[end : end + wanted])
            count += self._find_starts(at, end, end + read, starts + 4 * count)
            end += read
            if read < wanted:
                break
        self._own.count = count
        return end

    def swap(self) -> None:
        """Do nothing: the next block is asked for by another thread, or this one is done with its own."""

    def starts(self, _data: npt.NDArray[np.uint8]) -> Iterator[npt.NDArray[np.int32]]:
        """Yield where all whole lines start, and where the last one ends."""
        if self._own.count > 1:
            yield self._own.starts[: self._own.count]

    def coming(self, items: Iterator[Item]) -> Iterator[Item]:
        """Return the items as they are: whoever asks makes them."""
        return items


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the items, each made by a thread while the one before is used."""
    wanted: SimpleQueue[bool] = SimpleQueue()
    made: SimpleQueue[Item | Exception | None] = SimpleQueue()

    def make() -> None:
        while wanted.get():
            try:
                made.put(next(items, None))
            except Exception as error:  # noqa: BLE001 -- it is raised where the items are used
                made.put(error)

    Thread(target=make, name="log reader", daemon=True).start()  # a daemon: a silent pipe must not hold up the end
    wanted.put(True)
    try:
        while (item := made.get()) is not None:
            if isinstance(item, Exception):
                raise item
            wanted.put(True)
            yield item
    finally:
        wanted.put(False)
