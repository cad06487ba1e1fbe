r"""The second lane: one strict regular expression over the bytes of a line, and why a line does not fit it.

Inside quotes Apache puts a backslash before every quote, so the unrolled `[^"\\\\]*(?:\\\\.[^"\\\\]*)*` is exact and
cannot be forged. `%u` is not quoted and may hold spaces and brackets: the strict time after it is the anchor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from analyzer.logs.directives import USER, Kind
from analyzer.logs.escapes import unescaped
from analyzer.logs.formats import Field, LogFormat
from analyzer.logs.times import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

LINE_LIMIT = 1 << 20  # [bytes] Apache's longest possible line with its default limits is about 130 kB
_WHOLE = r'[^"\\]*+(?:\\.[^"\\]*+)*+'  # all up to the closing quote; Apache escapes a quote within
_SHORTEST = r'[^"\\]*?(?:\\.[^"\\]*?)*?'
_WORD = r'[^\s"\\]*(?:\\.[^\s"\\]*)*'
_SPACED = {"user", "request"}  # logged with their spaces although no quotes stand around them
EMPTY, TOO_LONG, CUT = "empty line", f"longer than {LINE_LIMIT} bytes", "cut off where the file breaks off"
NO_SUCH_TIME = "a time that does not exist"

Row = tuple[object, ...]


def pattern(field: Field, before: str | None, after: str | None) -> str:
    """Return the regular expression of one field's value.

    Parameters
    ----------
    before, after
        The literal text beside it: None at the line's end, "" beside another field.
    """
    kind = field.directive.kind
    if kind.pattern is not None:
        return kind.pattern
    if field.quoted:
        alone = (before or "").endswith('"') and (after or "").startswith('"')
        text = _WHOLE if alone else _SHORTEST
        return f'(?:{text}|"")' if kind is USER else text
    if after is None or field.directive.column in _SPACED:
        return rf'(?:""|(?!- - ){_SHORTEST})' if kind is USER else _SHORTEST
    if after and not after[0].isspace():
        stop = re.escape(after[0])
        return rf'[^{stop}"\\]*(?:\\.[^{stop}"\\]*)*'
    return _WORD.replace(r"\s", r"\t") if after.startswith("\t") else _WORD


def _regex(log_format: LogFormat, parts: Sequence[str | Field]) -> re.Pattern[bytes]:
    """Return the expression of the first parts of a format."""
    out = []
    for n, part in enumerate(parts):
        if isinstance(part, str):
            out.append(re.escape(part))
            continue
        beside = [log_format.parts[k] if 0 <= k < len(log_format.parts) else None for k in (n - 1, n + 1)]
        before, after = ("" if isinstance(one, Field) else one for one in beside)
        out.append(f"(?P<{part.name}>{pattern(part, before, after)})")
    return re.compile("".join(out).encode(), re.DOTALL)


@dataclass(frozen=True, slots=True)
class Strict:
    """A format as the second lane reads it.

    Attributes
    ----------
    columns
        What `row` gives, in its order: `time_us`, then one for each field that is not a time.
    fits
        Of each field its directive, the expression of all up to the part after it, and of all up to itself.
    """

    log_format: LogFormat
    regex: re.Pattern[bytes]
    columns: tuple[tuple[str, str], ...]
    fits: tuple[tuple[str, re.Pattern[bytes], re.Pattern[bytes]], ...]
    time: Callable[[Sequence[bytes]], int | None] | None
    convert: tuple[Callable[[bytes], object], ...]

    def row(self, line: bytes) -> Row | str:
        """Return a line's values, or the reason why it is refused."""
        if len(line) > LINE_LIMIT:
            return TOO_LONG
        found = self.regex.fullmatch(line.rstrip(b"\r\n"))
        if found is None:
            return self.reason(line.rstrip(b"\r\n"))
        time_us = None
        if self.time is not None:
            time_us = self.time(found.group(*(field.name for field in self.log_format.time_fields), 0)[:-1])
            if time_us is None:
                return NO_SUCH_TIME
        values = found.groupdict()
        return (
            time_us,
            *(convert(values[name]) for (name, _), convert in zip(self.columns[1:], self.convert, strict=True)),
        )

    def reason(self, line: bytes) -> str:
        """Return where a line stops fitting the format."""
        if not line.strip():
            return EMPTY
        low, high = 0, len(self.fits)
        while low < high:  # the first field that does not fit, or whose text after it does not
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.fits[middle][1].match(line) else (low, middle)
        if low == len(self.fits):
            return "does not fit at the end of the line"
        spec, _, alone = self.fits[low]
        begun = alone.match(line)
        return f"ends at {spec}" if begun is not None and begun.end() == len(line) else f"does not fit at {spec}"


@lru_cache(maxsize=64)
def strict(log_format: LogFormat) -> Strict:
    """Return the second lane of a format."""
    parts = log_format.parts
    valued = [field for field in log_format.fields if field.directive.time is None]
    forms = [field.directive.time for field in log_format.time_fields if field.directive.time]
    fits = tuple(
        (part.directive.spec, _regex(log_format, parts[: n + 2]), _regex(log_format, parts[: n + 1]))
        for n, part in enumerate(parts)
        if isinstance(part, Field)
    )
    return Strict(
        log_format,
        _regex(log_format, parts),
        (("time_us", "int64"), *((field.name, field.directive.kind.dtype) for field in valued)),
        fits,
        reader(forms) if forms else None,
        tuple(_converter(field.directive.kind) for field in valued),
    )


def _converter(kind: Kind) -> Callable[[bytes], object]:
    """Return what makes a value of a field's bytes."""
    if kind.dtype == "flag":
        return unescaped
    if kind.dtype == "string":
        return _user if kind is USER else _text
    return lambda raw: kind.dash if raw == b"-" else int(raw) * kind.unit


def _text(raw: bytes) -> str | None:
    """Return a text, None where `-` says that there is none."""
    return None if raw == b"-" else unescaped(raw)


def _user(raw: bytes) -> str | None:
    """Return a user name; an empty one is logged as `""`."""
    return "" if raw == b'""' else _text(raw)


def share(log_format: LogFormat, lines: Iterable[bytes]) -> float:
    """Return the share [0..1] of lines that a format reads; 0 without lines."""
    lane = strict(log_format)
    fits = [not isinstance(lane.row(line), str) for line in lines]
    return sum(fits) / len(fits) if fits else 0.0
