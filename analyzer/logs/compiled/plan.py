"""A format as steps that compiled code follows over the bytes of a line; the same language as the strict expression."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from analyzer.logs import directives
from analyzer.logs.formats import Field, LogFormat

if TYPE_CHECKING:
    from analyzer.logs.directives import Kind

    Plan = tuple[tuple[int, int, int, int], ...]

LITERAL, QUOTED, WORD, HOST, ADDRESS, DASH, NUMBER, FLAG, STAMP = range(9)
BLANK = 0  # a WORD that ends at white space instead of at one byte
CLIENT, AGENT, NAME, ASKED, KEPT = range(5)  # the values kept as bytes, and how many they are
TIME, STATUS = KEPT, KEPT + 1  # and those kept as numbers
NOTHING = -1
_SPACED = {"user", "request", "target_logged"}  # logged with their spaces although no quotes stand around them
_AT_ONCE = 8  # [bytes] of a literal text
_DIGITS = {  # least and most, of the patterns of these kinds
    directives.PORT: (1, 5),
    directives.STATUS: (3, 3),
    directives.NUMBER: (1, 18),
    directives.SMALL: (1, 9),
    directives.SIZE: (1, 18),
    directives.MICROSECONDS: (1, 18),
    directives.SECONDS: (1, 12),
    directives.MILLISECONDS: (1, 15),
}


class NotPlanned(Exception):  # noqa: N818 -- not an error: such a format is read by the other lanes
    """A format with something that compiled code does not read."""


@lru_cache(maxsize=64)
def plan(log_format: LogFormat) -> Plan | None:
    """Return the steps of a format; None if it has something that compiled code does not read.

    A step says what to do, its two arguments, and what is kept of it; a literal's are its bytes as a number, the first
    one lowest, and how many they are.
    """
    try:
        return _plan(log_format)
    except NotPlanned:
        return None


def _plan(log_format: LogFormat) -> Plan:
    """Return the steps of a format."""
    if not log_format.split or log_format.members or log_format.trusted:
        raise NotPlanned
    parts, kept = log_format.parts, {field.name: place for place, field in kept_fields(log_format).items()}
    if log_format.ends or len(log_format.time_fields) != 1 or CLIENT not in kept.values():
        raise NotPlanned
    steps: list[tuple[int, int, int, int]] = []
    for n, part in enumerate(parts):
        if isinstance(part, str):
            text = part.encode()
            some = [text[at : at + _AT_ONCE] for at in range(0, len(text), _AT_ONCE)]
            steps += [(LITERAL, int.from_bytes(one, "little"), len(one), NOTHING) for one in some]
        else:
            steps.append((*_step(log_format, n, part), kept.get(part.name, NOTHING)))
    return tuple(steps)


def kept_fields(log_format: LogFormat) -> dict[int, Field]:
    """Return the fields whose values are kept, by where they are."""
    host = next((one for one in ("host_logged", "server_name_used", "server_name") if log_format.column(one)), "")
    columns = {
        CLIENT: "client",
        AGENT: "agent",
        NAME: host,
        ASKED: "request" if log_format.column("request") else "target_logged",
        TIME: "time",
        STATUS: "status",
    }
    found = {place: log_format.column(column) for place, column in columns.items()}
    return {place: field for place, field in found.items() if field is not None}


def _step(log_format: LogFormat, n: int, field: Field) -> tuple[int, int, int]:
    """Return the step of a field: what to do, and its arguments."""
    kind, parts = field.directive.kind, log_format.parts
    after = parts[n + 1] if n + 1 < len(parts) else None
    if field.directive.time is not None:
        return _time(field)
    if kind in _DIGITS:
        return (NUMBER, *_DIGITS[kind])
    simple = {directives.IDENT: DASH, directives.CONNECTION: FLAG, directives.SERVER: HOST, directives.ADDRESS: ADDRESS}
    if kind in simple:
        return (simple[kind], 0, 0)
    if kind.pattern is not None or isinstance(after, Field):
        raise NotPlanned
    return _text(log_format, n, kind, after)


def _time(field: Field) -> tuple[int, int, int]:
    """Return the step of a time: of `%t` alone."""
    if field.directive.time is None or field.directive.time.part != "stamp":
        raise NotPlanned
    return (STAMP, 0, 0)


def _text(log_format: LogFormat, n: int, kind: Kind, after: str | None) -> tuple[int, int, int]:
    """Return the step of free text: to the closing quote, or a word."""
    field = log_format.parts[n]
    assert isinstance(field, Field)  # noqa: S101 -- for the type checker; callers look
    if field.quoted and after is not None and after.startswith('"'):
        if _shares_quotes(log_format, n):
            raise NotPlanned
        return (QUOTED, 0, 0)
    if after is None or after[0] == " ":
        follows = log_format.parts[n + 2] if n + 2 < len(log_format.parts) else None
        before_time = after == " [" or (after == " " and isinstance(follows, Field) and follows.directive.time)
        if field.directive.column in _SPACED and not (kind == directives.USER and before_time and not field.quoted):
            raise NotPlanned  # only the strict expression finds the end of such a value
        return (WORD, BLANK, 0)
    if not after[0].isascii():
        raise NotPlanned
    return (WORD, BLANK if after[0] == '"' else ord(after[0]), 0)


def _shares_quotes(log_format: LogFormat, n: int) -> bool:
    """Return whether something stands before a value between the same quotes."""
    before = log_format.parts[n - 1] if n else ""
    return not (isinstance(before, str) and before.endswith('"'))
