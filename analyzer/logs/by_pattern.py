"""The second lane of a LogFormat: lines read one by one with its strict expression, or refused with one reason."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from analyzer.logs.grammar import Field, LogFormat
from analyzer.logs.patterns import line_pattern
from analyzer.logs.rows import LINE_LIMIT, NO_SUCH_TIME, Column, Rows, common_reason, converted, raw_columns
from analyzer.logs.times import reader

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Sequence

    Expression = Callable[[], re.Pattern[bytes]]
_NOBODYS = "_"  # the column of what stands in a line and is not kept
_DIAGNOSED_BYTES = 16_384  # the place where a line stops fitting is looked for in so much of it


@dataclass(frozen=True, slots=True)
class ByPattern:
    """A format as the second lane reads it.

    Attributes
    ----------
    columns
        Name and type of what is read: `time_us`, then one for each field that is not a time.
    fits
        Of each field its directive, the expression of all up to the part after it, and of all up to itself: made when
        a line is first refused, for they take some milliseconds.
    time, time_groups
        What makes a moment [µs since 1970] of the texts of these groups.
    """

    log_format: LogFormat
    regex: re.Pattern[bytes]
    columns: tuple[tuple[str, str], ...]
    fits: tuple[tuple[str, Expression, Expression], ...]
    time: Callable[[Sequence[bytes]], int | None] | None
    time_groups: tuple[str, ...]

    def read(self, lines: Sequence[bytes]) -> Rows:
        """Return the lines, with or without their ends, as rows."""
        numbers: list[int] = []
        found: list[tuple[bytes, ...]] = []
        times: list[int | None] = []
        refused: list[tuple[int, str]] = []
        known: dict[tuple[bytes | Any, ...], int | None] = {}  # many lines are of one second
        for number, line in enumerate(lines):
            match = self.regex.fullmatch(line.rstrip(b"\r\n")) if len(line) <= LINE_LIMIT else None
            if match is None:
                refused.append((number, self.reason(line)))
                continue
            time_us = None
            if self.time is not None:
                texts = match.group(*self.time_groups)
                time_us = known[texts] if texts in known else known.setdefault(texts, self.time(texts))
            if time_us is None and self.time is not None:
                refused.append((number, NO_SUCH_TIME))
                continue
            numbers.append(number)
            times.append(time_us)
            found.append(match.groups())
        return Rows(numbers, [times, *self._columns(found)], refused)

    def has_form(self, line: bytes) -> bool:
        """Return whether a line, with or without its end, has this form, whether there is such a time or not."""
        return len(line) <= LINE_LIMIT and self.regex.fullmatch(line.rstrip(b"\r\n")) is not None

    def _columns(self, found: list[tuple[bytes, ...]]) -> list[Column]:
        """Return the columns beside the time of the lines that fit."""
        fields = self.log_format.fields
        texts = list(zip(*found, strict=True)) or [()] * len(fields)
        return [
            [None] * len(found) if one.directive.column == _NOBODYS else converted(one.directive.kind, text)
            for one, text in zip(fields, texts, strict=True)
            if one.directive.time is None
        ]

    def reason(self, line: bytes) -> str:
        """Return where a line stops fitting the format."""
        common = common_reason(line)
        if common is not None:
            return common
        line = line.rstrip(b"\r\n")
        whole = len(line) <= _DIAGNOSED_BYTES
        line = line[:_DIAGNOSED_BYTES]
        low, high = 0, len(self.fits)
        middle = high // 2 if whole else 0  # a hostile line seldom gets beyond its first field, and each look costs
        while low < high:  # the first field that does not fit, or whose text after it does not
            fits = self.fits[middle][1]().match(line)
            low, high = (middle + 1, high) if fits else (low, middle)
            middle = (low + high) // 2
        if low == len(self.fits):
            return "does not fit at the end of the line"
        spec, _, alone = self.fits[low]
        begun = alone().match(line) if whole else None
        cut = begun is not None and begun.end() == len(line)
        return f"ends at {spec}" if cut else f"does not fit at {spec}"


def by_pattern(log_format: LogFormat) -> ByPattern:
    """Return the second lane of a format."""
    forms = [field.directive.time for field in log_format.time_fields if field.directive.time]
    fits = tuple(
        (
            part.directive.spec,
            cache(partial(line_pattern, log_format, n + 2)),
            cache(partial(line_pattern, log_format, n + 1)),
        )
        for n, part in enumerate(log_format.parts)
        if isinstance(part, Field)
    )
    timed = tuple(field.name for field in log_format.time_fields)
    return ByPattern(
        log_format,
        line_pattern(log_format),
        raw_columns(log_format),
        fits,
        reader(forms) if forms else None,
        timed + timed[:1],  # one of them twice: `match.group` gives a tuple even where the time is one text
    )
