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

from analyzer.logs.directives import ADDRESS, IDENT, NUMBER, PORT, SERVER, SIZE, USER
from analyzer.logs.dividers import (
    BLANKS,
    LISTS,
    USED,
    divider_of,
    escaped,
    first_byte,
    is_free,
    is_loose,
    is_word,
    marks,
    to_the_end,
)  # fmt: skip
from analyzer.logs.formats import Field, LogFormat
from analyzer.logs.hosts import BEHIND_ADDRESS, BEHIND_SERVER, DOTTED, QUICK_ADDRESS, QUICK_SERVER, V6

if TYPE_CHECKING:
    from analyzer.logs.directives import Kind
    from analyzer.logs.dividers import Parts

_WHOLE = r'[^"\\]*+(?:\\.[^"\\]*+)*+'  # all up to the closing quote; Apache escapes a quote within
MOST_DIVIDERS = 8_190  # in one value; Apache takes no longer request line or header (LimitRequestLine, …FieldSize)
# What is no user: the `-` of none and more, or an address and a `-`, are a line whose end was lost, and another line.
_NO_USER = rf"(?!- |(?:{DOTTED}|{V6}) - )"
_QUICK = {ADDRESS: (QUICK_ADDRESS, BEHIND_ADDRESS), SERVER: (QUICK_SERVER, BEHIND_SERVER)}
_NO_HOST = re.compile(r"[^0-9A-Za-z._*:%~\[\]\\-]")  # what stands in none
_LARGEST = 9_223_372_036_854_775_807  # of a size
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
        if isinstance(part, Field) and (divider_of(parts, k) or not is_word(parts, k)):
            return f"(?>{text}(?={''.join(ahead)}))"
        ahead.append(re.escape(part) if isinstance(part, str) else f"(?:{_value(parts, k)})")
    return text


def _value(parts: Parts, n: int) -> str:
    """Return the regular expression of the field at one place of a format."""
    field = _field(parts, n)
    kind = field.directive.kind
    if kind == IDENT:
        return _ident(parts)
    if kind in _QUICK and _is_before_all_that_follows(parts, n):
        return f"(?>{kind.pattern})"
    if field.directive.column == USED:
        return _used(parts, n)
    if kind.pattern is not None:
        return _bounded(kind, parts[n + 1] if n + 1 < len(parts) else " ")
    return _text(parts, n) if kind != USER else _user(parts, n)


def _is_before_all_that_follows(parts: Parts, n: int) -> bool:
    """Return whether a host is followed at once by a text that takes what it leaves, up to what no host holds.

    Then a shorter one never fits where the longest does not.
    """
    text, behind = parts[n + 1 : n + 2], parts[n + 2 : n + 3]
    if not text or isinstance(text[0], str) or not is_free(text[0]) or is_word(parts, n + 1):
        return False
    return not behind or (isinstance(behind[0], str) and _NO_HOST.match(behind[0]) is not None)


def _user(parts: Parts, n: int) -> str:
    """Return the expression of a user: free text, and two quotes where the name is empty."""
    divider, text = divider_of(parts, n), _text(parts, n)
    if _field(parts, n).quoted:
        return f'(?:{text}|"")'
    if not divider:
        return f'(?:""|{text})'
    # Behind the name of RFC 1413 more than a word is the line of another format, unless that name is `-`.
    behind = f"(?<=-{re.escape(str(parts[n - 1]))})" if n > 1 and _is(parts[n - 2], IDENT) else ""
    end = escaped(divider)
    word = _run(rf'"\\{end}')
    return f'(?:""|{word}(?={end})|{behind}{_NO_USER}{text})'


def _bounded(kind: Kind, after: str | Field) -> str:
    """Return the expression of a name, an address, a number and so on; what is none is refused at once if it can be."""
    quick, behind = _QUICK.get(kind, ("", None))
    if behind is not None and isinstance(after, str) and behind.match(after):
        return quick
    if kind in {NUMBER, SIZE}:
        return f"(?:{kind.pattern}|{up_to(_LARGEST)})"
    return str(kind.pattern)


def up_to(most: int) -> str:
    r"""Return the expression of the numbers up to a limit that have as many digits as it.

    >>> up_to(65_535)
    '(?:65535|6553[0-4]|655[0-2]\\d|65[0-4]\\d{2}|6[0-4]\\d{3}|[0-5]\\d{4})'
    """
    text, lower = str(most), list[str]()
    for n in range(len(text) - 1, -1, -1):
        left = len(text) - n - 1
        if text[n] != "0":
            digits = f"[0-{int(text[n]) - 1}]" if text[n] != "1" else "0"
            lower.append(f"{text[:n]}{digits}" + ("" if not left else r"\d" if left == 1 else rf"\d{{{left}}}"))
    return f"(?:{'|'.join([text, *lower])})"


def _ident(parts: Parts) -> str:
    """Return the expression of a name of RFC 1413: a word, never an address, that ends at what divides the texts."""
    end = escaped(marks(parts))
    return rf"(?!{DOTTED}(?:[\s{end}]|$))[^\s\":\\\[\]{end}]++"


def _used(parts: Parts, n: int) -> str:
    """Return the expression of the name that `%V` gives: of the client's making, if UseCanonicalName is off.

    It may hold what no name does, escaped as any text is, and an IPv6 address stands there without its brackets. A name
    with a port is another format's line.
    """
    after, behind = parts[n + 1] if n + 1 < len(parts) else "", parts[n + 2] if n + 2 < len(parts) else ""
    if isinstance(after, Field):
        return str(SERVER.pattern)
    if _field(parts, n).quoted and after[:1] == '"' and str(parts[n - 1]).endswith('"'):
        return _WHOLE
    if after == ":" and _is(behind, PORT):
        end = rf":{PORT.pattern}(?:[ \t]|$)"
    elif after and not BEHIND_ADDRESS.match(after):
        return f"(?:{SERVER.pattern}|{V6})"
    else:
        end = escaped(first_byte(after)) if after else r"[ \t]*+$"
    ends = {*marks(parts), *first_byte(after)} - {*BLANKS, '"', ":"}
    never = rf'\s":\\{escaped("".join(sorted(ends)))}'
    word = rf"(?:[^{never}]++|\\[^\s])++"
    return rf"(?>(?:{V6}|\[{V6}\]|{word}(?::(?=\d*+[^\d{never}]){word})?)(?={end}))"


def _text(parts: Parts, n: int) -> str:
    """Return the regular expression of free text."""
    after = parts[n + 1] if n + 1 < len(parts) else None
    divider = divider_of(parts, n)
    if divider:
        return _as_few(divider, str(after), listed=_field(parts, n).directive.column in LISTS)
    if isinstance(after, Field):
        return _glued(parts, n)
    if to_the_end(parts, n) or (after is not None and after[0] == '"' and not is_word(parts, n)):
        return _WHOLE
    ends = {*marks(parts), *(first_byte(after) if after else "")} - {*BLANKS, '"'}
    return _run(rf'\s"\\{escaped("".join(sorted(ends)))}')


def _run(ends: str) -> str:
    """Return the expression of a text up to one of some characters."""
    return rf"[^{ends}]*+(?:\\.[^{ends}]*+)*+"


def _as_few(divider: str, after: str, *, listed: bool) -> str:
    """Return the expression of a text that takes as few of what divides as will do."""
    end, none, within = escaped(divider), "", r"\\."
    if listed and divider == "," and not after.startswith(", "):
        none, within = "-(?=,)|", r"(?:\\.|, )"
    elif listed:
        within = rf"(?:\\.|(?<=,) (?!-(?:{end}|$)))"  # behind a comma that ends a list stands no `-` of another value
    some = rf'[^"\\{end}]*+(?:{within}[^"\\{end}]*+)*+'
    return f"(?:{none}{some}(?:{end}{some}){{0,{MOST_DIVIDERS}}}?)"


def _glued(parts: Parts, n: int) -> str:
    """Return the expression of a text that the next value follows at once: only a short one behind it is looked for."""
    following = _field(parts, n + 1)
    kind = following.directive.kind
    long = kind.pattern is None or kind in {ADDRESS, SERVER} or is_loose(following)
    return _run(r'\s"\\') if long else r'[^\s"\\]*(?:\\.[^\s"\\]*)*'


def _is(part: str | Field | None, kind: object) -> bool:
    """Return whether a part is a field of some kind."""
    return isinstance(part, Field) and part.directive.kind == kind


def _field(parts: Parts, n: int) -> Field:
    """Return the field at one place."""
    found = parts[n]
    assert isinstance(found, Field)  # noqa: S101 -- for the type checker; callers look
    return found
