"""The second lane of a log with several formats: each line by the one that it fits, in columns of them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.logs.rows import Rows, Strict, Value, raw_columns, rows_of
from analyzer.logs.w3c import HEADER, layout

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from analyzer.logs.grammar import LogFormat

NO_REQUEST = "a directive of the log, not a request"
NO_LAYOUT = "its #Fields line names no client, no date or no time"
AMBIGUOUS = "fits several of the log's #Fields lines"


@dataclass(frozen=True, slots=True)
class _Move:
    """How a member's rows become rows of the whole.

    Attributes
    ----------
    sources
        For each column of the whole the number of the member's; None for one that it does not log.
    duration
        The member's column of the duration; None without.
    shift
        How often the duration is added to the time: 1 if the whole's time is the end and the member's is not, -1 in the
        reverse case.
    asked
        Where the request line goes, and where its method, target and protocol come from; None if nothing is to be made.
    plain
        True if the member's rows are rows of the whole as they are.
    """

    sources: tuple[int | None, ...]
    duration: int | None
    shift: int
    asked: tuple[int, tuple[int | None, ...]] | None
    plain: bool

    def row(self, values: Sequence[Value]) -> Sequence[Value]:
        """Return a member's row as one of the whole."""
        if self.plain:
            return values
        made: list[Value] = [None if source is None else values[source] for source in self.sources]
        took = None if self.duration is None else values[self.duration]
        if self.shift and isinstance(made[0], int) and isinstance(took, int):
            made[0] += self.shift * took
        if self.asked is not None:
            place, words = self.asked
            told = [values[word] for word in words if word is not None]
            made[place] = " ".join(str(word) for word in told if word is not None) or None
        return made


def _move(whole: LogFormat, member: LogFormat) -> _Move:
    """Return how a member's rows become rows of the whole."""
    names = [name for name, _ in raw_columns(member)]

    def number(column: str) -> int | None:
        field = member.column(column)
        return None if field is None else names.index(field.name)

    sources: list[int | None] = [0]
    for field in whole.fields:
        if field.directive.time is not None:
            continue
        column = field.directive.column
        if member is whole.members[0]:
            sources.append(names.index(field.name) if field.name in names else None)
        else:
            theirs = member.column(column)
            same = theirs is not None and theirs.directive.kind.dtype == field.directive.kind.dtype
            sources.append(number(column) if same and field is whole.column(column) else None)
    asked = None
    request = whole.column("request")
    if request is not None and member.column("request") is None:
        place = [name for name, _ in raw_columns(whole)].index(request.name)
        asked = (place, (number("method_logged"), number("target_logged"), number("protocol_logged")))
    shift = int(whole.ends) - int(member.ends)
    plain = sources == list(range(len(names))) and not shift and asked is None
    return _Move(tuple(sources), number("duration_us"), shift, asked, plain)


@dataclass(frozen=True, slots=True)
class ByMember:
    """Several formats: the first that a line fits reads it."""

    log_format: LogFormat
    lanes: tuple[Strict, ...]

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Name and type of what is read."""
        return raw_columns(self.log_format)

    def read(self, lines: Sequence[bytes]) -> Rows:
        """Return the lines, with or without their ends, as rows."""
        found: dict[int, Sequence[Value]] = {}
        refused: dict[int, str] = {}
        left = list(range(len(lines)))
        for lane in self.lanes:
            rows = lane.read([lines[number] for number in left])
            _take(found, rows, left, _move(self.log_format, lane.log_format))
            reasons = {left[number]: reason for number, reason in rows.refused}
            refused = {
                number: reason if reason == NO_REQUEST else refused.get(number, reason)
                for number, reason in reasons.items()
            }
            left = sorted(reasons)
        return rows_of(found, refused, len(self.columns))

    def reason(self, line: bytes) -> str:
        """Return why a line does not fit the leading format."""
        return self.lanes[0].reason(line)


@dataclass(frozen=True, slots=True)
class ByHeader:
    """A W3C log: a line is read by the `#Fields:` line before it; without one, by the only layout that it fits."""

    log_format: LogFormat
    lanes: tuple[Strict, ...]
    lane_of: Callable[[LogFormat], Strict]

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Name and type of what is read."""
        return raw_columns(self.log_format)

    def read(self, lines: Sequence[bytes]) -> Rows:
        """Return the lines, with or without their ends, as rows."""
        found: dict[int, Sequence[Value]] = {}
        refused: dict[int, str] = {}
        by_layout: dict[str, list[int]] = {}
        governing: str | None = ""
        for number, line in enumerate(lines):
            if line.startswith(b"#"):
                governing = _governing(line, governing)
                refused[number] = NO_REQUEST
            elif governing is None:
                refused[number] = NO_LAYOUT
            else:
                by_layout.setdefault(governing, []).append(number)
        for header, numbers in by_layout.items():
            self._read(lines, numbers, self._lanes(header), found, refused)
        return rows_of(found, refused, len(self.columns))

    def _lanes(self, header: str) -> tuple[Strict, ...]:
        """Return what may read the lines after a `#Fields:` line, or those before the first."""
        made = layout(header) if header else None
        return self.lanes if made is None else (self.lane_of(made),)

    def _read(
        self,
        lines: Sequence[bytes],
        numbers: list[int],
        lanes: tuple[Strict, ...],
        found: dict[int, Sequence[Value]],
        refused: dict[int, str],
    ) -> None:
        """Read the lines of one layout, or of one that is not known."""
        some = [lines[number] for number in numbers]
        for lane in lanes:
            rows = lane.read(some)
            twice = [numbers[number] for number in rows.numbers if numbers[number] in found]
            _take(found, rows, numbers, _move(self.log_format, lane.log_format))
            for number, reason in rows.refused:
                refused.setdefault(numbers[number], reason)
            refused.update(dict.fromkeys(twice, AMBIGUOUS))
        for number in numbers:
            if refused.get(number) == AMBIGUOUS:
                del found[number]
            elif number in found:
                refused.pop(number, None)

    def reason(self, line: bytes) -> str:
        """Return why a line does not fit."""
        return NO_REQUEST if line.startswith(b"#") else self.lanes[0].reason(line)


def _governing(line: bytes, before: str | None) -> str | None:
    """Return the `#Fields:` line that holds after a line; None if it cannot be used."""
    if not line.startswith(HEADER):
        return before
    header = line.decode("latin-1").strip()
    return header if layout(header) is not None else None


def _take(found: dict[int, Sequence[Value]], rows: Rows, numbers: Sequence[int], move: _Move) -> None:
    """Add a member's rows of some lines to those of the whole."""
    for number, values in zip(rows.numbers, zip(*rows.columns, strict=True), strict=True):
        found[numbers[number]] = move.row(values)
