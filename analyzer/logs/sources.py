"""Log files as blocks of whole lines, read and inflated ahead; memory stays flat whatever is in them."""

from __future__ import annotations

from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np
from isal.isal_zlib import crc32

from analyzer.logs.naming import expand, stored_bytes
from analyzer.logs.opening import USED, LogFile
from analyzer.logs.strict import LINE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy.typing as npt

LineEnds: TypeAlias = "Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.integer[Any]]]"
__all__ = ["Block", "Ended", "LineEnds", "Reached", "blocks", "expand", "line_ends", "stored_bytes"]
BLOCK_BYTES = 32 << 20
LINES_AT_ONCE = 400_000  # with so many a block ends early: what is kept of each line must stay small too
TAIL_BYTES = 1 << 8  # [bytes] before a place in a file, that tell it from another file of the same beginning
Item = TypeVar("Item")
_NEWLINE, _CARRIAGE_RETURN = 10, 13
_SCAN_BYTES = 1 << 18  # the newline search stays in the processor's cache


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of one file.

    Attributes
    ----------
    first_line
        Number in the file, from 1, of the block's first line.
    data
        uint8, shape (bytes,): the lines with their ends. Valid until the next block is asked for.
    starts
        int32, shape (lines + 1,): where in `data` each line starts, and where the last one ends.
    cut
        True if the file broke off within the block's last line.
    read_bytes
        [bytes] of the file, as stored, read so far.
    """

    source: str
    first_line: int
    data: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int32]
    cut: bool
    read_bytes: int

    @property
    def lines(self) -> int:
        """The number of lines."""
        return len(self.starts) - 1

    def line(self, index: int) -> bytes:
        """Return one line with its end."""
        return self.data[self.starts[index] : self.starts[index + 1]].tobytes()

    def blank(self, indices: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.bool_]:
        """Return which of some lines hold nothing but their end."""
        starts, lengths = self.starts[indices], np.diff(self.starts)[indices]
        crlf = (lengths == len(b"\r\n")) & (self.data[starts] == _CARRIAGE_RETURN)
        return np.asarray((lengths == 1) | crlf)

    def some_lines(self, indices: Sequence[int]) -> list[bytes]:
        """Return many lines with their ends."""
        at, view = np.asarray(indices, np.intp), self.data.data
        starts, ends = self.starts[at].tolist(), self.starts[at + 1].tolist()
        return [bytes(view[start:end]) for start, end in zip(starts, ends, strict=True)]


@dataclass(frozen=True, slots=True)
class Ended:
    """A file was read to its end, or to where it could be read.

    Attributes
    ----------
    lines
        So many of its lines were given.
    trouble
        What could not be read, and why; None if all was.
    unfinished
        A last line without its end, where such a one is held back; cut where it is longer than a line may be.
    """

    source: str
    lines: int
    trouble: str | None
    unfinished: bytes = b""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a file's text has been read: to the end of a line.

    Attributes
    ----------
    offset
        [bytes] of text.
    lines
        So many are before it.
    crc
        CRC-32 of the text before it.
    tail
        The last bytes of the text before it.
    """

    offset: int = 0
    lines: int = 0
    crc: int = 0
    tail: bytes = b""


def line_ends(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.integer[Any]]:
    """Return where lines end, each after its newline."""
    return np.flatnonzero(data == _NEWLINE) + 1


def _line_ends(data: npt.NDArray[np.uint8], found_in: LineEnds) -> Iterator[npt.NDArray[np.int32]]:
    """Yield where lines end, each after its newline, some at a time."""
    for at in range(0, len(data), _SCAN_BYTES):
        yield (found_in(data[at : at + _SCAN_BYTES]) + at).astype(np.int32)


class Buffers:
    """Two buffers: one is read by the consumer while the other is filled.

    Attributes
    ----------
    now
        The one being filled.
    line_ends
        What finds the ends of lines.
    """

    def __init__(self, block_bytes: int = BLOCK_BYTES, ends: LineEnds = line_ends) -> None:
        self.line_ends = ends
        self.now = np.empty(block_bytes, np.uint8)
        self._other = np.empty(block_bytes, np.uint8)

    def swap(self) -> None:
        """Take the other one: the block just given away keeps its bytes."""
        self.now, self._other = self._other, self.now


def _file_blocks(path: str, buffers: Buffers) -> Iterator[Block | Ended]:
    """Yield a file's blocks, then how it ended; a last line without its end is a line."""
    file = LogFile(path)
    try:
        for item in text_blocks(path, file, buffers):
            if isinstance(item, Ended):
                block = line_block(path, item.lines + 1, item.unfinished, cut=file.trouble is not None)
                if item.unfinished:
                    yield block
                lines = item.lines + bool(item.unfinished)
                told = item.trouble if lines or not item.trouble else item.trouble.removesuffix(f"; {USED}")
                yield Ended(path, lines, told)
            elif isinstance(item, Block):
                yield item
    finally:
        file.close()


def line_block(source: str, number: int, text: bytes, *, cut: bool) -> Block:
    """Return a last line without its end as a block of its own, with one."""
    data = np.frombuffer(text + b"\n", np.uint8)
    return Block(source, number, data, np.array([0, len(data)], np.int32), cut, 0)


def text_blocks(
    source: str, file: LogFile, buffers: Buffers, start: Reached | None = None
) -> Iterator[Block | Reached | Ended]:
    """Yield a file's whole lines from a place on, after each filling how far that is, then how the file ended.

    Parameters
    ----------
    file
        Standing at `start`.
    """
    at = start or Reached()
    carry, cut, ended = np.empty(0, np.uint8), False, False  # the begun line; whether bytes of it are left out
    read = at.crc
    offset = at.offset
    while not ended:
        held = len(carry)
        buffers.now[:held] = carry
        end = held + file.fill(buffers.now[held:].data)
        ended = end < len(buffers.now)
        whole, before, lines = 0, held if cut else 0, at.lines
        found = _line_ends(buffers.now[:end], buffers.line_ends)
        for block in _whole_lines(source, lines, buffers.now[:end], found, read_bytes=file.read_bytes()):
            yield block
            lines += block.lines
            whole += len(block.data)
        new = buffers.now[held:end]
        if whole:
            read = crc32(new[: whole - held].data, read)
            tail = buffers.now[max(before, whole - TAIL_BYTES) : whole].tobytes()
            at = Reached(offset + whole - held, lines, read, tail)
            yield at
            read = crc32(new[whole - held :].data, read)
        else:
            read = crc32(new.data, read)
        offset += len(new)
        cut = end - whole > LINE_LIMIT + 1 or (cut and not whole)
        carry = buffers.now[whole : min(end, whole + LINE_LIMIT + 1)]  # a longer line is refused
        if whole:
            buffers.swap()
    yield Ended(source, at.lines, file.trouble, carry.tobytes())


def _whole_lines(
    path: str,
    before: int,
    data: npt.NDArray[np.uint8],
    found: Iterator[npt.NDArray[np.int32]],
    *,
    read_bytes: int,
) -> Iterator[Block]:
    """Yield the whole lines of a filled buffer, as blocks of not too many."""
    start, count = 0, 0
    gathered: list[npt.NDArray[np.int32]] = []

    def block() -> Block:
        starts = np.concatenate((np.full(1, start, np.int32), *gathered))
        end = int(starts[-1])
        starts -= np.int32(start)
        return Block(path, before + 1, data[start:end], starts, cut=False, read_bytes=read_bytes)

    for ends in found:
        gathered.append(ends)
        count += len(ends)
        if count >= LINES_AT_ONCE:
            yield (made := block())
            before, start, count, gathered = before + made.lines, start + len(made.data), 0, []
    if count:
        yield block()


def blocks(paths: Iterable[str], block_bytes: int = BLOCK_BYTES, ends: LineEnds = line_ends) -> Iterator[Block | Ended]:
    """Yield the files' blocks in order, and after each file how it ended; the next block is read meanwhile.

    Parameters
    ----------
    paths
        Files as `expand` gives them.
    block_bytes
        [bytes] of one block, at least; twice `LINE_LIMIT` is the least that makes sense.
    ends
        What finds the ends of lines.
    """
    buffers = Buffers(block_bytes, ends)
    return ahead(item for path in paths for item in _file_blocks(path, buffers))


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
