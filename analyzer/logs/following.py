"""Which log a file is: known by its text, not by its name; renamed, copied, compressed or cut short, each line once.

A log that has been read is remembered by its first bytes, by how far it was read and by a checksum of the text up to
there. A file continues it if its text up to there is the same. Where the file lies (device and inode) saves reading
that text again, no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from isal.isal_zlib import crc32

from analyzer.logs.opening import HEAD_BYTES
from analyzer.logs.sources import Reached

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.logs.opening import LogFile

_SKIP_BYTES = 1 << 20
_KEY_BYTES = 64


@dataclass(frozen=True, slots=True)
class Log:
    """A log as far as it has been read.

    Attributes
    ----------
    number
        Its own, for ever.
    head
        The first bytes of its text, at most `HEAD_BYTES` and none beyond `reached`.
    """

    number: int
    head: bytes
    reached: Reached

    @property
    def key(self) -> bytes:
        """What all files begin with that may be this log."""
        return key(self.head)


class Relation(Enum):
    """What a file is to the logs that are known."""

    NEW = "new"  # a log of its own; the file stands at its beginning
    CONTINUES = "continues"  # one of them; the file stands where that was read to
    HELD = "held"  # a part of what has been read of one, or not enough to tell; there is nothing to read
    DIFFERS = "differs"  # begins like one of them and goes on differently, and its beginning is gone: a pipe


@dataclass(frozen=True, slots=True)
class Match:
    """A file's relation, and to which log; `known` is None where it is to none."""

    relation: Relation
    known: Log | None = None


def key(head: bytes) -> bytes:
    """Return the first line of a text, or its beginning."""
    return head[:_KEY_BYTES].partition(b"\n")[0]


def match(file: LogFile, head: bytes, logs: Iterable[Log], lies_at: Log | None) -> Match:
    """Return what a file is.

    Two logs that begin with the same lines are one until they differ; then the other one is new, and read as a whole.

    Parameters
    ----------
    file
        Just opened, standing at the beginning of its text, which is `head`.
    logs
        Those that it may be: of the same `key`.
    lies_at
        The log that was last read where the file lies, and nowhere else.
    """
    if lies_at and _begins(head, lies_at.head) and _continues_at_its_place(file, lies_at):
        return Match(Relation.CONTINUES, lies_at)
    file.seek(0)
    before = Reached()
    for log in sorted((one for one in logs if _begins(head, one.head)), key=lambda one: one.reached.offset):
        before = _skipped(file, before, log.reached.offset)
        if before.offset < log.reached.offset:
            return Match(Relation.HELD, log)  # all longer ones are longer than the file too
        if before.crc == log.reached.crc:
            return Match(Relation.CONTINUES, log)
    return Match(Relation.NEW) if not before.offset or file.rewind() else Match(Relation.DIFFERS)


def _begins(head: bytes, known: bytes) -> bool:
    """Return whether a text begins as a log does, as far as both are known."""
    length = min(len(head), len(known))
    return length > 0 and head[:length] == known[:length]


def _continues_at_its_place(file: LogFile, log: Log) -> bool:
    """Return whether the file that lies where a log was read still has its text, by the last of it; and go there."""
    at = log.reached
    if not file.seekable or file.size is None or file.size < at.offset:
        return False
    tail = bytearray(len(at.tail))
    file.seek(at.offset - len(tail))
    with memoryview(tail) as view:
        file.fill(view)
    return bytes(tail) == at.tail


def _skipped(file: LogFile, at: Reached, offset: int) -> Reached:
    """Return how far a file could be skipped: to a place in its text, or to its end; and the checksum up to there."""
    crc, position = at.crc, at.offset
    scratch = bytearray(_SKIP_BYTES)
    with memoryview(scratch) as view:
        while position < offset:
            count = file.fill(view[: min(len(view), offset - position)])
            if not count:
                break
            crc = crc32(view[:count], crc)
            position += count
    return Reached(position, crc=crc)


def extended(known: Log | None, number: int, head: bytes, reached: Reached) -> Log:
    """Return a log with what has been read of it now."""
    if known is not None and len(known.head) == HEAD_BYTES:
        head = known.head
    return Log(number, head[: min(len(head), reached.offset)], reached)
