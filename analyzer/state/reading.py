"""Reads what is new in a set of logs: every line once, whatever has become of the files since the last time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from isal.isal_zlib import crc32

from analyzer.errors import InputError
from analyzer.logs.engine import INFLATED, PACKED
from analyzer.logs.following import Log, Relation, extended, key, match
from analyzer.logs.opening import LogFile
from analyzer.logs.remote import is_url
from analyzer.logs.sources import Block, Buffers, Ended, Reached, expand, line_block, stored_bytes, text_blocks
from analyzer.logs.strict import LINE_LIMIT
from analyzer.state.batches import BATCH_BYTES, Present, Segment
from analyzer.state.log_memory import Memory, Remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ALONE_BYTES = 1 << 20  # [bytes] so few are not read ahead of their use
ROUNDS = 3  # files may be renamed while they are looked for
GIVEN_UP = 2  # times that no file held a log: then what it ended with is a line
DIFFERS = "begins like a log that has been read and goes on differently; name the file itself"


@dataclass(slots=True)
class Reading:
    """One look at all files of a set.

    Attributes
    ----------
    memory
        Brought up to date as the reading goes on.
    present
        The files, in the order of their naming.
    changed
        Numbers of the logs that are not as they were.
    buffers_for
        Returns buffers that suit so much text [bytes].
    coming
        [bytes] of text that this reading will bring, about.
    """

    memory: Memory
    paths: Sequence[str]
    progress: Callable[[int, int], None]
    buffers_for: Callable[[int], Buffers]
    present: dict[str, Present] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)
    coming: int = 0
    _buffers: Buffers | None = None
    _seen: dict[str, str] = field(default_factory=dict)  # place -> path, of this time
    _unchanged: dict[bytes, tuple[int | None, str | None]] = field(default_factory=dict)
    _by_key: dict[bytes, set[int]] = field(default_factory=dict)
    _done: int = 0
    _total: int = 0

    def items(self) -> Iterator[Block | Ended | Segment]:
        """Yield what is new: blocks; after each segment's last one the segment, then its end.

        Raises
        ------
        InputError
            If no path names a file, and nothing is remembered.
        """
        for log in self.memory.logs.values():
            self._by_key.setdefault(log.log.key, set()).add(log.log.number)
        for _ in range(ROUNDS):
            new = [path for path in self._named() if path not in self.present and _place(path) not in self._seen]
            if not new:
                break
            self._total = self._done + stored_bytes(new)
            self.coming = sum(map(self._expected, new))
            self._buffers = self.buffers_for(self.coming)
            for path in sorted(new, key=lambda one: _place(one) not in self.memory.places):
                yield from self._file(path)
            order = {path: n for n, path in enumerate(self._named())}
            self.present = dict(sorted(self.present.items(), key=lambda one: order.get(one[0], -1)))
        yield from self._gone()
        self.memory.places = {place: one for place, one in self.memory.places.items() if place in self._seen}
        self.memory.unchanged = self._unchanged

    def _expected(self, path: str) -> int:
        """Return how much new text a file has, about [bytes]."""
        size, log = stored_bytes([path]), self._log(self.memory.places.get(_place(path)))
        if log is not None:
            return max(0, size - log.reached.offset)
        packed = path.endswith(PACKED)
        return (0 if self.memory.unchanged else INFLATED * size) if packed else size

    def _named(self) -> tuple[str, ...]:
        """Return the files; what is remembered counts although they are all gone."""
        try:
            return expand(self.paths)
        except InputError as error:
            if not self.memory.logs:
                raise
            for fault in error.faults:
                self.present.setdefault(fault.where, Present(fault.where, None, fault.what))
            return ()

    def _file(self, path: str) -> Iterator[Block | Ended | Segment]:
        """Yield what is new in a file."""
        file = LogFile(path)
        try:
            if file.place:
                self._seen[file.place] = path
            signature = file.signature()
            known = self.memory.unchanged.get(signature) if signature else None
            if signature and known:
                self._unchanged[signature] = known
                self._passed_over(Present(path, *known, same=True), file)
            else:
                yield from self._matched(path, file)
                here = self.present.get(path)
                if signature and here and (file.packed or here.number is not None):
                    self._unchanged[signature] = (here.number, here.trouble)
        finally:
            file.close()

    def _passed_over(self, here: Present, file: LogFile) -> None:
        """Take note of a file that is as it was: where its log has gone on in another one, it does not lie here."""
        log = self._log(here.number)
        if log and file.size is not None and file.size < log.reached.offset:
            self.memory.places.pop(file.place or "", None)
        self._note(here)

    def _matched(self, path: str, file: LogFile) -> Iterator[Block | Ended | Segment]:
        """Yield what is new in a file of which it is not known yet what it is."""
        head, lay_here = file.head(), self._log(self.memory.places.get(file.place or ""))
        if lay_here and list(self.memory.places.values()).count(lay_here.number) > 1:
            lay_here = None  # its files may differ by now
        if file.gone and path not in self.paths and not is_url(path):  # another file may have the name by now
            return  # it has been renamed since it was found; the next round finds it
        if not head:
            self.memory.places.pop(file.place or "", None)
            self._note(Present(path, None, file.trouble))
            return
        alike = [self.memory.logs[one].log for one in self._by_key.get(key(head), ())]
        found = match(file, head, alike, lay_here)
        if found.relation is Relation.DIFFERS:
            self._note(Present(path, None, DIFFERS))
        elif found.relation is Relation.HELD:
            number = found.known.number if found.known else None
            self._note(Present(path, number, file.trouble, same=True))
        else:
            yield from self._new_lines(path, file, head, found.known)

    def _new_lines(self, path: str, file: LogFile, head: bytes, known: Log | None) -> Iterator[Block | Ended | Segment]:
        """Yield the lines of a file from where its log was read to."""
        number = known.number if known else max(self.memory.logs, default=0) + 1
        start = reached = known.reached if known else Reached()
        buffers = self._buffers or Buffers()
        items = text_blocks(path, file, buffers, start)
        left = (file.size or ALONE_BYTES) - (0 if file.packed else start.offset)
        text, end = 0, Ended(path, 0, None)
        for item in buffers.coming(items) if left >= ALONE_BYTES else items:
            if isinstance(item, Block):
                yield item
                text += len(item.data)
                self.progress(self._done + item.read_bytes, self._total)
            elif isinstance(item, Ended):
                end = item
            else:
                reached = item
                if text > BATCH_BYTES:
                    yield from self._segment(number, path, head, start, reached)
                    start, text = reached, 0
        if end.unfinished and end.trouble is None and not file.seekable:  # compressed, or a pipe: it is finished
            yield line_block(path, reached.lines + 1, end.unfinished, cut=False)
            reached, end = _with(reached, end.unfinished), replace(end, unfinished=b"")
        if reached != start:
            yield from self._segment(number, path, head, start, reached)
        self._ended(path, file, number, end, moved=known is None or reached != known.reached)

    def _segment(
        self, number: int, path: str, head: bytes, start: Reached, reached: Reached
    ) -> Iterator[Ended | Segment]:
        """Remember how far a log was read, and yield that."""
        before = self._log(number)
        log = extended(before, number, head, reached)
        self.memory.logs[number] = replace(self.memory.logs.get(number, Remembered(log, path)), log=log)
        self.changed.add(number)
        self._by_key.setdefault(log.key, set()).add(number)
        yield Segment(number, start.lines == 0)
        yield Ended(path, reached.lines - start.lines, None)

    def _ended(self, path: str, file: LogFile, number: int, end: Ended, *, moved: bool) -> None:
        """Remember how a file ended, and where its log lies."""
        cut = end.trouble is not None
        self._done += file.size or 0
        before = self.memory.logs.get(number)
        if before is None:  # no whole line yet
            self._note(Present(path, None, end.trouble, unfinished=end.unfinished, cut=cut))
            return
        more = any(one.number == number for one in self.present.values()) and len(before.unfinished) > len(
            end.unfinished
        )
        begun = (before.unfinished, before.cut) if more and not moved else (end.unfinished, cut)
        now = replace(before, source=path, unfinished=begun[0], cut=begun[1], absent=0)
        if now != before:
            self.changed.add(number)
            self.memory.logs[number] = now
        if file.place and not file.packed:
            self.memory.places[file.place] = number
        self._note(Present(path, number, end.trouble))

    def _gone(self) -> Iterator[Block | Ended | Segment]:
        """Count how often logs were not found; the unfinished line of one that is gone is a line."""
        there = {one.number for one in self.present.values()}
        for number, one in list(self.memory.logs.items()):
            if number in there:
                if one.absent:
                    self.memory.logs[number] = replace(one, absent=0)
                    self.changed.add(number)
            elif one.unfinished:
                self.memory.logs[number] = replace(one, absent=one.absent + 1)
                self.changed.add(number)
                if one.absent + 1 >= GIVEN_UP:
                    yield from self._last_line(number, one)

    def _last_line(self, number: int, one: Remembered) -> Iterator[Block | Ended | Segment]:
        """Yield the last line of a log that is gone."""
        at = one.log.reached
        yield line_block(one.source, at.lines + 1, one.unfinished, cut=one.cut)
        self.memory.logs[number] = replace(self.memory.logs[number], unfinished=b"")
        yield from self._segment(number, one.source, one.log.head, at, _with(at, one.unfinished))

    def _log(self, number: int | None) -> Log | None:
        """Return a log by its number."""
        one = self.memory.logs.get(number) if number is not None else None
        return one.log if one else None

    def _note(self, here: Present) -> None:
        """Take note of a file."""
        self.present[here.source] = here


def _with(at: Reached, text: bytes) -> Reached:
    """Return how far a log is read with its last line, which has no end; one too long is not known whole."""
    if len(text) > LINE_LIMIT:
        return replace(at, lines=at.lines + 1)
    return Reached(at.offset + len(text), at.lines + 1, crc32(text, at.crc), (at.tail + text)[-256:])


def _place(path: str) -> str:
    """Return where a file lies, as `LogFile.place`; the path where that is not known."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return path
    return f"{status.st_dev}:{status.st_ino}"
