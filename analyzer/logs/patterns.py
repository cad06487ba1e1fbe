r"""A format as a regular expression over the bytes of a line: exact, and never tried in very many ways.

Inside quotes Apache puts a backslash before every quote, so the unrolled `[^"\\]*(?:\\.[^"\\]*)*` is exact and
cannot be forged. What stands without quotes may hold what divides it from the next value: it is then as short as what
follows allows. For `%u` that is the strict time, which its quotes cannot forge either.

Each value is tried from a divider on only, and no value after it runs over one, so that a line's cost is that of its
length: texts side by side end where what follows, up to the next text, first fits, and that is not taken back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.logs.directives import ADDRESS, HOST, IDENT, NAMED, SERVER, USER, V4, V6
from analyzer.logs.formats import Field, LogFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    Parts = Sequence[str | Field]

_WHOLE = r'[^"\\]*+(?:\\.[^"\\]*+)*+'  # all up to the closing quote; Apache escapes a quote within
WORDS = {"method_logged", "protocol_logged"}  # never hold a space
LISTS = {"forwarded_for"}  # a space after a comma is within a value
_BLANKS = " \t"
MOST_DIVIDERS = 8_190  # in one value; Apache takes no longer request line or header (LimitRequestLine, …FieldSize)
_OF_HOSTS = re.compile(r"[0-9A-Za-z._:%~*\[\]-]")  # what the name or the address of a host may hold
# What is no user: the `-` of none and more, or an address and a `-`, are a line whose end was lost, and another line.
_NO_USER = rf"(?!- |(?:{V4}|{V6}) - )"
_NO_DASH = "(?<=- )"  # behind a name of RFC 1413 more than a word is the line of another format
# The same languages, where no part of such a value follows: what is none is refused at once.
_QUICK = {
    ADDRESS: rf"(?>{HOST}+(?![:%])|(?=[0-9A-Fa-f]{{0,4}}:){V6}(?![0-9A-Za-z:.%_~-]))",
    SERVER: rf"(?>{NAMED}|\[{V6}\])",
    IDENT: f"{IDENT.pattern}+",
}
# What no server writes: NULs where a file was cut down under its writer, the mark of an editor that saved it, and
# blanks that one left at the end.
_BEFORE, _AFTER = r"(?:\x00|\xef\xbb\xbf)*+", r"[ \t]*+"


def line_pattern(log_format: LogFormat, count: int | None = None) -> re.Pattern[bytes]:
    """Return the expression of a format's lines without their ends, or of its first so many parts."""
    out = [_BEFORE]
    for n, part in enumerate(log_format.parts[:count]):
        out.append(re.escape(part) if isinstance(part, str) else f"(?P<{part.name}>{_once(log_format.parts, n)})")
    return re.compile("".join([*out, "" if count else _AFTER]).encode(), re.DOTALL)


def _once(parts: Parts, n: int) -> str:
    """Return a value's expression that is not tried again and again: see the module."""
    text = _value(parts, n)
    if not divider_of(parts, n):
        return text
    ahead: list[str] = []
    for k in range(n + 1, len(parts)):
        part = parts[k]
        if isinstance(part, str) and '"' in part:
            return text  # quotes keep them apart
        if divider_of(parts, k) or to_the_end(parts, k):
            return f"(?>{text}(?={''.join(ahead)}))"
        ahead.append(re.escape(part) if isinstance(part, str) else f"(?:{_value(parts, k)})")
    return text


def _value(parts: Parts, n: int) -> str:
    """Return the regular expression of the field at one place of a format."""
    field = _field(parts, n)
    kind = field.directive.kind
    if kind.pattern is not None:
        return _QUICK.get(kind, kind.pattern) if _apart(parts, n) else kind.pattern
    divider, text = divider_of(parts, n), _text(parts, n)
    if kind != USER:
        return text
    if field.quoted:
        return f'(?:{text}|"")'
    if not divider:
        return f'(?:""|{text})'
    behind = _NO_DASH if n > 1 and _is(parts[n - 2], IDENT) else ""
    end = re.escape(divider)
    word = _run(rf'"\\{end}')
    return f'(?:""|{word}(?={end})|{behind}{_NO_USER}{text})'


def _text(parts: Parts, n: int) -> str:
    """Return the regular expression of free text."""
    after = parts[n + 1] if n + 1 < len(parts) else None
    divider = divider_of(parts, n)
    if divider:
        return _as_few(divider, listed=_field(parts, n).directive.column in LISTS)
    if isinstance(after, Field):
        return _glued(parts, n)
    if to_the_end(parts, n) or (after is not None and after[0] == '"' and not is_word(parts, n)):
        return _WHOLE
    ends = dividers(parts) | set(after[0] if after else "")
    return _run(rf'\s"\\{"".join(map(re.escape, sorted(ends - set(_BLANKS + chr(34)))))}')


def _run(ends: str) -> str:
    """Return the expression of a text up to one of some characters."""
    return rf"[^{ends}]*+(?:\\.[^{ends}]*+)*+"


def _as_few(divider: str, *, listed: bool) -> str:
    """Return the expression of a text that takes as few of what divides as will do."""
    end = re.escape(divider)
    within = r"(?:\\.|(?<=,) )" if listed else r"\\."
    some = rf'[^"\\{end}]*+(?:{within}[^"\\{end}]*+)*+'
    return f"{some}(?:{end}{some}){{0,{MOST_DIVIDERS}}}?"


def _glued(parts: Parts, n: int) -> str:
    """Return the expression of a text that the next value follows at once: only a short one behind it is looked for."""
    following = _field(parts, n + 1).directive
    long = following.kind.pattern is None or following.kind in {ADDRESS, SERVER, IDENT}
    return _run(r'\s"\\') if long else r'[^\s"\\]*(?:\\.[^\s"\\]*)*'


def divider_of(parts: Parts, n: int) -> str:
    """Return the character that ends a free text and may stand within it too; empty if there is none such."""
    part, after = parts[n], parts[n + 1] if n + 1 < len(parts) else None
    if isinstance(part, str) or part.directive.kind.pattern is not None or part.directive.column in WORDS:
        return ""
    if not isinstance(after, str) or after[0] in '"\\' or not after[0].isascii():
        return ""
    follows = parts[n + 2] if n + 2 < len(parts) else None
    marked = not _OF_HOSTS.match(after[0]) and not _is(follows, IDENT)
    return after[0] if after[0] in _BLANKS or marked else ""


def dividers(parts: Parts) -> set[str]:
    """Return the dividers of all texts of a format."""
    return {found for k in range(len(parts)) if (found := divider_of(parts, k))}


def to_the_end(parts: Parts, n: int) -> bool:
    """Return whether a free text takes all that is left of the line."""
    return n == len(parts) - 1 and isinstance(parts[n], Field) and not is_word(parts, n)


def is_word(parts: Parts, n: int) -> bool:
    """Return whether a value holds no space: it never does, or shares its quotes with one before that may."""
    directive = _field(parts, n).directive
    if directive.kind.pattern is not None or directive.column in WORDS:
        return True
    if not _field(parts, n).quoted:
        return False
    for k in range(n - 1, -1, -1):
        part = parts[k]
        if isinstance(part, str) and '"' in part:
            return False
        if divider_of(parts, k):
            return True
    return False


def _apart(parts: Parts, n: int) -> bool:
    """Return whether what follows a name or an address cannot be a part of it."""
    after = parts[n + 1] if n + 1 < len(parts) else " "
    return isinstance(after, str) and not _OF_HOSTS.match(after[0])


def _is(part: str | Field | None, kind: object) -> bool:
    """Return whether a part is a field of some kind."""
    return isinstance(part, Field) and part.directive.kind == kind


def _field(parts: Parts, n: int) -> Field:
    """Return the field at one place."""
    found = parts[n]
    assert isinstance(found, Field)  # noqa: S101 -- for the type checker; callers look
    return found
