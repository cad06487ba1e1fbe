"""Log files as blocks of whole lines, read and inflated ahead; memory stays flat whatever is in them."""

from __future__ import annotations

import glob
import io
import os
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
import numpy.typing as npt
from isal import igzip

from analyzer.errors import Fault, InputError
from analyzer.logs.strict import LINE_LIMIT

BLOCK_BYTES = 32 << 20
STANDARD_INPUT = "-"
_NEWLINE = 10
_SCAN_BYTES = 1 << 18  # the newline search stays in the processor's cache
_GZIP = b"\x1f\x8b"
_OTHERS = {b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_ROTATED = re.compile(r"^(?P<base>.+?)(?:[.-](?P<date>\d{8}(?:-?\d{2,6})?)|\.(?P<number>\d{1,4}))?(?:\.(?:gz|bz2|xz|zst))?$")


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


@dataclass(frozen=True, slots=True)
class Ended:
    """A file was read to its end, or to where it could be read.

    Attributes
    ----------
    trouble
        What could not be read, and why; None if all was.
    """

    source: str
    lines: int
    trouble: str | None


def expand(paths: Iterable[str] | str) -> tuple[str, ...]:
    """Return the files that paths and globs name: each once, the oldest of a rotated set first.

    Raises
    ------
    InputError
        If a path names nothing, or a directory. All such paths are told at once.
    """
    found: dict[object, str] = {}
    faults = []
    for path in [paths] if isinstance(paths, str) else paths:
        path = os.fspath(path)  # noqa: PLW2901 -- a Path is as good as its text
        named = _named(path)
        if isinstance(named, Fault):
            faults.append(named)
            continue
        for file in named:
            found.setdefault(_identity(file), file)
    if faults:
        raise InputError(*faults)
    return tuple(found.values())


def _named(path: str) -> list[str] | Fault:
    """Return the files of one path, or what is wrong with it."""
    if path == STANDARD_INPUT:
        return [path]
    if Path(path).is_dir():
        return Fault("is a directory", where=path, remedy=f"name its files, for example '{path.rstrip('/')}/access.log*'")
    if os.path.lexists(path):
        return [path]
    files = sorted((one for one in glob.glob(path, recursive=True) if not Path(one).is_dir()), key=_age)
    if files:
        return files
    what = "no file matches" if glob.has_magic(path) else "no such file"
    return Fault(what, where=path, remedy="check the path; relative ones start at the current folder")


def _age(path: str) -> tuple[object, ...]:
    """Return the key that sorts a rotated set: the oldest first, the file still written last."""
    match = _ROTATED.match(path)
    if match is None:
        return (path, 2, "", 0, path)
    if match["date"]:
        return (match["base"], 0, match["date"], 0, path)
    return (match["base"], 1, "", -int(match["number"] or 0), path)


def _identity(path: str) -> object:
    """Return what makes two names one file."""
    with suppress(OSError):
        status = Path(path).stat()
        return (status.st_dev, status.st_ino)
    return path


def stored_bytes(paths: Iterable[str]) -> int:
    """Return how many bytes the files have as stored [bytes]; what has no size counts as none."""
    total = 0
    for path in paths:
        with suppress(OSError):
            total += Path(path).stat().st_size
    return total


class Reader(Protocol):
    """Something that bytes can be read from."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill a buffer, as far as there is something."""


class _File:
    """One opened file, inflated as it needs; after trouble it is at its end."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.trouble: str | None = None
        self.inflating = False
        self._raw: BinaryIO | None = None
        self._stream: Reader | None = None
        try:
            self._raw = sys.stdin.buffer if path == STANDARD_INPUT else Path(path).open("rb")
            self._stream = self._opened(self._raw)
        except OSError as error:
            self.trouble = f"cannot be read: {error.strerror or error}"

    def _opened(self, raw: BinaryIO) -> Reader | None:
        """Return the stream of the file's text, by its first bytes and not by its name."""
        magic = raw.peek(6)[:6] if isinstance(raw, io.BufferedReader) else b""
        for known, name in _OTHERS.items():
            if magic.startswith(known):
                self.trouble = f"is compressed with {name}, which is not read; inflate it first"
                return None
        self.inflating = magic.startswith(_GZIP)
        return igzip.GzipFile(fileobj=raw, mode="rb") if self.inflating else raw

    def fill(self, buffer: memoryview) -> int:
        """Return how many bytes of the buffer were filled; fewer than all only at the end."""
        filled = 0
        while self._stream is not None and filled < len(buffer):
            try:
                count = self._stream.readinto(buffer[filled:]) or 0
            except EOFError:
                self.trouble, count = "breaks off in the middle of its compressed data; what was before it is used", 0
            except (OSError, zlib.error) as error:
                what = getattr(error, "strerror", None) or str(error) or type(error).__name__
                self.trouble, count = f"cannot be read further: {what}; what was before it is used", 0
            filled += count
            if count == 0:
                self._stream = None
        return filled

    def read_bytes(self) -> int:
        """Return how far the file has been read, as stored [bytes]."""
        with suppress(OSError, ValueError):
            return self._raw.tell() if self._raw else 0
        return 0

    def close(self) -> None:
        """Close it."""
        if self._raw is not None and self.path != STANDARD_INPUT:
            self._raw.close()


def newlines(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """Return where the newlines are, int32."""
    found = [
        np.flatnonzero(data[at : at + _SCAN_BYTES] == _NEWLINE).astype(np.int32) + np.int32(at)
        for at in range(0, len(data), _SCAN_BYTES)
    ]
    return np.concatenate(found) if found else np.empty(0, np.int32)


class _Buffers:
    """Two buffers: one is read by the consumer while the other is filled."""

    def __init__(self, block_bytes: int) -> None:
        self.now = np.empty(block_bytes, np.uint8)
        self._other = np.empty(block_bytes, np.uint8)

    def swap(self) -> None:
        """Take the other one: the block just given away keeps its bytes."""
        self.now, self._other = self._other, self.now


def _file_blocks(path: str, buffers: _Buffers) -> Iterator[Block | Ended]:
    """Yield a file's blocks, then how it ended."""
    file = _File(path)
    lines, carry, ended = 0, np.empty(0, np.uint8), False
    try:
        while not ended:
            held = len(carry)
            buffers.now[:held] = carry
            room = len(buffers.now) - 1  # one byte is left for a missing last newline
            end = held + file.fill(memoryview(buffers.now)[held:room])
            ended = end < room
            unfinished = ended and end > 0 and buffers.now[end - 1] != _NEWLINE
            if unfinished:
                buffers.now[end] = _NEWLINE
                end += 1
            ends = newlines(buffers.now[:end]) + np.int32(1)
            whole = int(ends[-1]) if len(ends) else 0
            carry = buffers.now[whole : min(end, whole + LINE_LIMIT + 1)]  # a longer line is refused: no need of its rest
            if whole:
                starts = np.concatenate((np.zeros(1, np.int32), ends))
                yield Block(path, lines + 1, buffers.now[:whole], starts, bool(unfinished and file.trouble), file.read_bytes())
                lines += len(ends)
                buffers.swap()
    finally:
        file.close()
    yield Ended(path, lines, file.trouble)


def blocks(paths: Iterable[str], block_bytes: int = BLOCK_BYTES) -> Iterator[Block | Ended]:
    """Yield the files' blocks in order, and after each file how it ended; the next block is read meanwhile.

    Parameters
    ----------
    paths
        Files as `expand` gives them.
    block_bytes
        [bytes] of one block, at least; twice `LINE_LIMIT` is the least that makes sense.
    """
    buffers = _Buffers(block_bytes)
    coming = (item for path in paths for item in _file_blocks(path, buffers))
    with ThreadPoolExecutor(1, thread_name_prefix="reader") as pool:
        ahead = pool.submit(next, coming, None)
        while (item := ahead.result()) is not None:
            ahead = pool.submit(next, coming, None)
            yield item
