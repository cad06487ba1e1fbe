"""What was read of each log and file, put together from what is remembered and what is there now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from analyzer.logs.activity import FileReading
from analyzer.logs.reading import EMPTY_FILE
from analyzer.logs.sources import Block, Ended, line_block

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analyzer.state.batches import Present
    from analyzer.state.log_memory import Memory, Remembered

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_us(moment: datetime | None) -> int | None:
    """Return a moment [µs since 1970]."""
    return None if moment is None else (moment - EPOCH) // timedelta(microseconds=1)


def _moment(us: int | None) -> datetime | None:
    """Return the moment of µs since 1970."""
    return None if us is None else EPOCH + timedelta(microseconds=us)


@dataclass(frozen=True, slots=True)
class Begun:
    """A last line that has no end yet: it is seen, and not yet counted for good."""

    source: str
    number: int | None
    lines: int
    text: bytes
    cut: bool

    def items(self) -> tuple[Block, Ended]:
        """Return it as lines are given."""
        return line_block(self.source, self.lines + 1, self.text, cut=self.cut), Ended(self.source, 1, None)


def unfinished(memory: Memory, present: Sequence[Present]) -> list[Begun]:
    """Return the last lines that have no end yet, of all logs and files."""
    of_logs = [
        Begun(one.source, one.log.number, one.log.reached.lines, one.unfinished, one.cut)
        for one in memory.logs.values()
        if one.unfinished
    ]
    return of_logs + [Begun(one.source, None, 0, one.unfinished, one.cut) for one in present if one.unfinished]


def readings(memory: Memory, present: Sequence[Present], begun: Mapping[str, FileReading]) -> tuple[FileReading, ...]:
    """Return what was read of each log: those that are gone first, then the files in their order.

    Parameters
    ----------
    begun
        What a last line without its end gives, by its file.
    """
    files: dict[int, Present] = {}
    for here in sorted(present, key=lambda one: one.same):
        if here.number is not None:
            files.setdefault(here.number, here)
    gone = sorted(
        (one for one in memory.logs.values() if one.log.number not in files), key=lambda one: one.last_us or 0
    )
    found = [_reading(one, one.source, None, begun.get(one.source)) for one in gone]
    for here in present:
        if here.number is not None and files[here.number] is here:
            one = memory.logs[here.number]
            found.append(_reading(one, here.source, here.trouble, begun.get(one.source)))
        elif here.number is None or here.trouble:
            found.append(_reading(None, here.source, here.trouble, begun.get(here.source)))
    if not any(one.lines for one in found):
        found = [replace(one, trouble=one.trouble or EMPTY_FILE) for one in found]
    return tuple(found)


def _reading(one: Remembered | None, source: str, trouble: str | None, begun: FileReading | None) -> FileReading:
    """Return what was read of a log, with its last line."""
    lines, parsed = (one.log.reached.lines, one.parsed) if one else (0, 0)
    firsts = [at for at in (_moment(one.first_us) if one else None, begun.first if begun else None) if at]
    lasts = [at for at in (_moment(one.last_us) if one else None, begun.last if begun else None) if at]
    told = "; ".join(text for text in (trouble, one.says if one else None) if text) or None
    if begun:
        lines, parsed = lines + begun.lines, parsed + begun.parsed
    return FileReading(source, lines, parsed, lines - parsed, min(firsts, default=None), max(lasts, default=None), told)
