"""Pieces of logs that can be read apart: files, and stretches of large ones, each line in exactly one of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analyzer.logs.buffers import OwnBuffers
from analyzer.logs.chunks import chunks
from analyzer.logs.inflating import is_packed
from analyzer.logs.opening import STANDARD_INPUT, LogFile
from analyzer.logs.remote import is_url
from analyzer.logs.sources import Block, Buffers, Ended, Reached, line_block, text_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analyzer.logs.sources import Item

PIECE_BYTES = 256 << 20
_SCAN_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Piece:
    """The lines of a file that begin in a stretch of it.

    Attributes
    ----------
    start, end
        [bytes] of the file; `end` is None for all up to its end.
    size
        [bytes] as stored, about.
    """

    source: str
    start: int = 0
    end: int | None = None
    size: int = 0


def pieces(files: Sequence[str], piece_bytes: int = PIECE_BYTES) -> list[Piece]:
    """Return the pieces of files: compressed ones, pipes and URLs are one each."""
    found = []
    for path in files:
        size = _plain_size(path)
        cuts = list(range(0, max(size - piece_bytes // 2, 1), piece_bytes))
        ends: list[int | None] = [*cuts[1:], None]
        found += [
            Piece(path, cut, end, (size if end is None else end) - cut) for cut, end in zip(cuts, ends, strict=True)
        ]
    return found


def _plain_size(path: str) -> int:
    """Return the size of a plain file [bytes]; 0 of what cannot be cut."""
    if path == STANDARD_INPUT or is_url(path):
        return 0
    try:
        with Path(path).open("rb") as file:
            return 0 if is_packed(file) or not file.seekable() else file.seek(0, 2)
    except OSError:
        return 0


def piece_items(piece: Piece, buffers: Buffers) -> Iterator[Item]:
    """Yield the blocks, or chunks, of a piece's lines, then how it ended."""
    file = _Stretch(piece)
    start = Reached() if piece.start == 0 else Reached(lines=1)  # only a file's first line is line 1
    try:
        if isinstance(buffers, OwnBuffers):
            yield from chunks(piece.source, file, buffers, first=piece.start == 0)
            return
        for item in text_blocks(piece.source, file, buffers, start, checked=False):
            if isinstance(item, Ended):
                lines = item.lines - start.lines
                if item.unfinished:
                    yield line_block(piece.source, lines + 1, item.unfinished, cut=file.trouble is not None)
                yield Ended(piece.source, lines + bool(item.unfinished), item.trouble)
            elif isinstance(item, Block):
                yield item
    finally:
        file.close()


class _Stretch(LogFile):
    """A file of which only the lines that begin in a stretch can be read."""

    def __init__(self, piece: Piece) -> None:
        super().__init__(piece.source)
        self._left: int | None = None
        if piece.start or piece.end is not None:
            start = self._line_from(piece.start)
            self._left = None if piece.end is None else self._line_from(piece.end) - start
            self.seek(start)

    def _line_from(self, offset: int) -> int:
        """Return where the first line begins that begins there or later."""
        if offset == 0:
            return 0
        at, some = offset - 1, np.empty(_SCAN_BYTES, np.uint8)
        self.seek(at)
        while count := super().fill(some.data):
            found = np.flatnonzero(some[:count] == ord("\n"))
            if len(found):
                return at + int(found[0]) + 1
            at += count
        return at

    def fill(self, buffer: memoryview) -> int:
        """Return how many bytes were filled: no more than the stretch has."""
        if self._left is None:
            return super().fill(buffer)
        count = super().fill(buffer[: self._left])
        self._left -= count
        return count
