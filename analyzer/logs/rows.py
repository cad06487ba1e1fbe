"""What the second lane gives: rows of the lines that fit, and one reason for each that does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from analyzer.logs.escapes import READERS, unescaped

if TYPE_CHECKING:
    from analyzer.logs.directives import Kind
    from analyzer.logs.grammar import LogFormat

LINE_LIMIT = 1 << 20  # [bytes] Apache's longest possible line with its default limits is about 130 kB
EMPTY, TOO_LONG, CUT = "empty line", f"longer than {LINE_LIMIT} bytes", "cut off where the file breaks off"
NO_SUCH_TIME = "a time that does not exist"

Value = str | int | None
Column = Sequence[Value]


@dataclass(frozen=True, slots=True)
class Rows:
    """Lines read.

    Attributes
    ----------
    numbers
        Which of the lines fit, ascending.
    columns
        A list a column, each with a value a line that fits.
    refused
        Number and reason of each other line, ascending.
    """

    numbers: list[int]
    columns: list[Column]
    refused: list[tuple[int, str]]


class Strict(Protocol):
    """A format as the second lane reads it."""

    @property
    def log_format(self) -> LogFormat:
        """The format."""
        ...

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Name and type of what is read: `time_us`, then one for each field that is not a time."""
        ...

    def read(self, lines: Sequence[bytes]) -> Rows:
        """Return the lines, with or without their ends, as rows."""
        ...

    def reason(self, line: bytes) -> str:
        """Return why a line does not fit."""
        ...


def raw_columns(log_format: LogFormat) -> tuple[tuple[str, str], ...]:
    """Return name and type of the raw columns of a format: `time_us`, then one for each field that is not a time."""
    valued = [field for field in log_format.fields if field.directive.time is None]
    return (("time_us", "int64"), *((field.name, field.directive.kind.dtype) for field in valued))


def rows_of(found: dict[int, Sequence[Value]], refused: dict[int, str], width: int) -> Rows:
    """Return rows of values by the line's number, with so many columns, in the order of the lines."""
    numbers = sorted(found)
    columns: list[Column] = [[found[number][k] for number in numbers] for k in range(width)]
    return Rows(numbers, columns, sorted(refused.items()))


def common_reason(line: bytes) -> str | None:
    """Return why a line fits no format at all; None if it may fit one."""
    if len(line) > LINE_LIMIT:
        return TOO_LONG
    return None if line.strip() else EMPTY


def converted(kind: Kind, values: Sequence[bytes]) -> Column:
    """Return the values that bytes stand for; each distinct one is made once."""
    made = {raw: value_of(kind, raw) for raw in set(values)}
    return [made[raw] for raw in values]


def value_of(kind: Kind, raw: bytes) -> Value:
    """Return the value that bytes stand for."""
    if kind.dtype == "flag":
        return unescaped(raw)
    if kind.dtype == "string":
        if kind.bare_empty and raw == b'""':
            return ""
        return None if raw == b"-" or (kind.optional and not raw) else READERS[kind.escapes](raw)
    if raw == b"-":
        return kind.dash
    number = int(raw)
    return None if number == kind.never else number * kind.unit
