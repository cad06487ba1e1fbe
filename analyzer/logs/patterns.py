r"""A format as a regular expression over the bytes of a line: exact, and never tried in very many ways.

Inside quotes Apache puts a backslash before every quote, so the unrolled `[^"\\]*(?:\\.[^"\\]*)*` is exact and
cannot be forged. `%u` is not quoted and may hold spaces and brackets: the strict time after it is the anchor.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.logs.directives import USER
from analyzer.logs.formats import Field, LogFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHOLE = r'[^"\\]*+(?:\\.[^"\\]*+)*+'  # all up to the closing quote; Apache escapes a quote within
_SEGMENT = r'(?:[^"\\ ]++|\\.)*+'
_TO_A_SPACE = rf"{_SEGMENT}(?: {_SEGMENT})*?"  # as few words as will do, what follows begins with a space
_WORD = r'[^\s"\\]*(?:\\.[^\s"\\]*)*'
_WORDS = {"method_logged", "protocol_logged"}  # never hold a space
_SPACED = {"user", "request", "target_logged"}  # logged with their spaces although no quotes stand around them


def line_pattern(log_format: LogFormat, count: int | None = None) -> re.Pattern[bytes]:
    """Return the expression of a format's lines without their ends, or of its first so many parts."""
    out = []
    for n, part in enumerate(log_format.parts[:count]):
        out.append(re.escape(part) if isinstance(part, str) else f"(?P<{part.name}>{_once(log_format.parts, n)})")
    return re.compile("".join(out).encode(), re.DOTALL)


def _value(parts: Sequence[str | Field], n: int) -> str:
    """Return the regular expression of the field at one place of a format."""
    field = parts[n]
    assert isinstance(field, Field)  # noqa: S101 -- for the type checker; callers look
    kind = field.directive.kind
    if kind.pattern is not None:
        return kind.pattern
    after = parts[n + 1] if n + 1 < len(parts) else None
    if isinstance(after, str) and after.startswith('"') and field.quoted and not _shares_quotes(parts, n):
        text = _WHOLE
    elif _spaced(parts, n):
        text = _WHOLE if after is None else _TO_A_SPACE
        text = f"(?!- - ){text}" if kind is USER and not field.quoted else text
    elif isinstance(after, Field):
        text = _WORD
    else:
        stop = r"\s" if after is None or after[0] in ' "' else re.escape(after[0])
        text = rf'[^{stop}"\\]*+(?:\\.[^{stop}"\\]*+)*+'
    if kind is USER:
        text = f'(?:{text}|"")' if field.quoted else f'(?:""|{text})'
    return text


def _shares_quotes(parts: Sequence[str | Field], n: int) -> bool:
    """Return whether a value with spaces stands before this one between the same quotes."""
    for k in range(n - 1, -1, -1):
        part = parts[k]
        if isinstance(part, str) and '"' in part:
            return False
        if _spaced(parts, k):
            return True
    return False


def _spaced(parts: Sequence[str | Field], n: int) -> bool:
    """Return whether the value at one place may hold spaces that nothing marks as its own."""
    field, after = parts[n], parts[n + 1] if n + 1 < len(parts) else None
    if isinstance(field, str) or field.directive.kind.pattern is not None:
        return False
    if isinstance(after, str) and after[0] != " ":
        return False
    return (after is None and field.directive.column not in _WORDS) or field.directive.column in _SPACED


def _once(parts: Sequence[str | Field], n: int) -> str:
    """Return a value's expression that is not tried again and again.

    Two values with spaces in one line could share its text in very many ways: the first one ends where what follows it,
    up to the second, first fits, and that is not taken back.
    """
    text = _value(parts, n)
    if not _spaced(parts, n):
        return text
    ahead: list[str] = []
    for k in range(n + 1, len(parts)):
        part = parts[k]
        if isinstance(part, str) and '"' in part:
            return text  # quotes keep them apart
        if _spaced(parts, k):
            return f"(?>{text}(?={''.join(ahead)}))"
        ahead.append(re.escape(part) if isinstance(part, str) else f"(?:{_value(parts, k)})")
    return text
