"""Log files as blocks of whole lines; memory stays flat whatever is in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np
from isal.isal_zlib import crc32

from analyzer.logs.buffers import Buffers, OwnBuffers
from analyzer.logs.chunks import Chunk, Over, chunks
from analyzer.logs.naming import expand, stored_bytes
from analyzer.logs.opening import USED, LogFile
from analyzer.logs.strict import LINE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy.typing as npt

__all__ = ["Block", "Buffers", "Ended", "Reached", "blocks", "expand", "stored_bytes"]
TAIL_BYTES = 1 << 8  # [bytes] before a place in a file, that tell it from another file of the same beginning
_CARRIAGE_RETURN = 13


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of one file.

    Attributes
    ----------
    first_line
        Number in the file, from 1, of the block's first line.
    data
        uint8, shape (bytes,): the lines with their ends. Valid until its thread asks for the next block.
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
        return self.bytes_of(index).tobytes()

    def bytes_of(self, index: int) -> npt.NDArray[np.uint8]:
        """Return one line with its end, as bytes of its own."""
        return self.data[self.starts[index] : self.starts[index + 1]].copy()

    def held(self) -> Block:
        """Return the same with bytes of its own."""
        return replace(self, data=self.data.copy(), starts=self.starts.copy())

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


Item: TypeAlias = Block | Ended | Chunk | Over


def _file_blocks(path: str, buffers: Buffers) -> Iterator[Item]:
    """Yield a file's blocks, or chunks, then how it ended; a last line without its end is a line."""
    file = LogFile(path)
    try:
        if isinstance(buffers, OwnBuffers):
            yield from chunks(path, file, buffers)
            return
        for item in text_blocks(path, file, buffers, checked=False):
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
    source: str, file: LogFile, buffers: Buffers, start: Reached | None = None, *, checked: bool = True
) -> Iterator[Block | Reached | Ended]:
    """Yield a file's whole lines from a place on, after each filling how far that is, then how the file ended.

    Parameters
    ----------
    file
        Standing at `start`.
    checked
        Whether `Reached.crc` is of use to anybody.
    """
    at = start or Reached()
    checksum: Callable[[memoryview, int], int] = crc32 if checked else _unchecked
    carry, cut, ended = np.empty(0, np.uint8), False, False  # the begun line; whether bytes of it are left out
    read = at.crc
    offset = at.offset
    while not ended:
        held = len(carry)
        buffer = buffers.now(held)
        buffer[:held] = carry
        end = buffers.fill(buffer, held, file)
        ended = end < len(buffer)
        whole, before, lines = 0, held if cut else 0, at.lines
        for starts in buffers.starts(buffer[:end]):
            data = buffer[whole : whole + int(starts[-1])]
            block = Block(source, lines + 1, data, starts, cut=False, read_bytes=file.read_bytes())
            yield block
            lines += block.lines
            whole += len(block.data)
        new = buffer[held:end]
        if whole:
            read = checksum(new[: whole - held].data, read)
            tail = buffer[max(before, whole - TAIL_BYTES) : whole].tobytes()
            at = Reached(offset + whole - held, lines, read, tail)
            yield at
            read = checksum(new[whole - held :].data, read)
        else:
            read = checksum(new.data, read)
        offset += len(new)
        cut = end - whole > LINE_LIMIT + 1 or (cut and not whole)
        carry = buffer[whole : min(end, whole + LINE_LIMIT + 1)]  # a longer line is refused
        if whole:
            buffers.swap()
    yield Ended(source, at.lines, file.trouble, carry.tobytes())


def _unchecked(_text: memoryview, before: int) -> int:
    """Return the checksum as it was."""
    return before


@overload
def blocks(paths: Iterable[str]) -> Iterator[Block | Ended]: ...
@overload
def blocks(paths: Iterable[str], buffers: Buffers) -> Iterator[Item]: ...
def blocks(paths: Iterable[str], buffers: Buffers | None = None) -> Iterator[Item]:
    """Yield the files' blocks in order, and after each file how it ended.

    Parameters
    ----------
    paths
        Files as `expand` gives them.
    buffers
        Where the blocks are read, and when; with `OwnBuffers` they are chunks.
    """
    where = buffers or Buffers()
    return where.coming(item for path in paths for item in _file_blocks(path, where))
