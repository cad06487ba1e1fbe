"""What a reading gives: files that are there, stretches of lines, and batches of them kept in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from analyzer.logs.sources import Block, Ended

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH_BYTES = 64 << 20  # [bytes] of text that are kept in one transaction: a kill loses no more


@dataclass(frozen=True, slots=True)
class Present:
    """A file that is there now.

    Attributes
    ----------
    number
        Of the log that it is; None if it has no whole line.
    same
        True if it only holds lines of that log which another file, or an earlier reading, gave.
    unfinished
        Its last line without an end, if no log has it; `cut` if the file broke off there.
    """

    source: str
    number: int | None
    trouble: str | None = None
    same: bool = False
    unfinished: bytes = b""
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """Lines that were given of a log.

    Attributes
    ----------
    new
        True if its first line is among them.
    """

    number: int
    new: bool


class Batch:
    """A stretch of the reading that is kept in one transaction.

    Attributes
    ----------
    segments
        One for each `Ended` that was given.
    """

    def __init__(self, items: Iterator[Block | Ended | Segment]) -> None:
        self.segments: list[Segment] = []
        self._items = items

    def __iter__(self) -> Iterator[Block | Ended]:
        """Yield blocks, and after each segment its end, up to the batch's end."""
        text = 0
        for item in self._items:
            if isinstance(item, Segment):
                self.segments.append(item)
            else:
                yield item
                text += len(item.data) if isinstance(item, Block) else 0
                if isinstance(item, Ended) and text > BATCH_BYTES:
                    return


def peeked(items: Iterator[Block | Ended | Segment]) -> Iterator[Block | Ended | Segment] | None:
    """Return the same items, or None if there are none."""
    first = next(items, None)
    return None if first is None else chain([first], items)
