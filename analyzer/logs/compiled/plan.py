"""A format as steps that compiled code follows over the bytes of a line; the same language as the strict expression."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from analyzer.logs import directives, haproxy, w3c
from analyzer.logs.compiled import steps
from analyzer.logs.compiled.plan_texts import text_step
from analyzer.logs.compiled.plan_times import time_steps
from analyzer.logs.compiled.steps import (
    AGENT,
    ASKED,
    CLIENT,
    NAME,
    NOTHING,
    STATUS_CODE,
    TIME,
    NotPlanned,
    literal,
)  # fmt: skip
from analyzer.logs.dividers import marks
from analyzer.logs.grammar import JSON_LINES, PATTERN, W3C

if TYPE_CHECKING:
    from analyzer.logs.compiled.steps import Plan, Step
    from analyzer.logs.formats import Field, LogFormat

__all__ = ["AGENT", "ASKED", "CLIENT", "NAME", "STATUS", "TIME", "host_fields", "kept_fields", "plan"]
STATUS = STATUS_CODE
_DIGITS = {  # least and most, of the patterns of these kinds
    directives.PORT: (1, steps.PORT_DIGITS),
    directives.STATUS: (3, 3),
    directives.NUMBER: (1, 18),
    directives.SMALL: (1, 9),
    directives.SIZE: (1, 18),
    directives.MICROSECONDS: (1, 18),
    directives.SECONDS: (1, 12),
    directives.MILLISECONDS: (1, 15),
}
_SIMPLE = {
    directives.CONNECTION: steps.FLAG, directives.SERVER: steps.HOST, directives.ADDRESS: steps.ADDRESS,
}  # fmt: skip
_SIGNED = (steps.SIGNED, haproxy.TIMER_DIGITS, 1, NOTHING)
_COUNT = (steps.SIGNED, haproxy.TIMER_DIGITS, 0, NOTHING)
_SLASH, _SPACE = literal("/")[0], literal(" ")[0]
_BARE: Step = (steps.BARE, 0, 0, NOTHING)
_COUNTS = (_COUNT, _SLASH) * 4 + (_COUNT, _SPACE, _COUNT, _SLASH, _COUNT, _SPACE)
_BY_PATTERN: dict[str, Plan] = {  # of other servers
    w3c.WORD: (_BARE,),
    haproxy.NO_SLASH: ((steps.BARE, ord("/"), 0, NOTHING),),
    haproxy.SYSLOG: ((steps.SYSLOG, 0, 0, NOTHING),),
    haproxy.CLIENT: ((steps.PEER, 0, 0, NOTHING),),
    haproxy.PORT: ((steps.DIGITS, 1, steps.PORT_DIGITS, NOTHING),),
    haproxy.TIMERS: (_SIGNED, _SLASH) * 4,
    haproxy.TIMER: (_SIGNED,),
    haproxy.CODE: ((steps.CODE, 0, 0, NOTHING),),
    haproxy.SENT: ((steps.SIGNED, haproxy.SENT_DIGITS, 0, NOTHING),),
    haproxy.STATE: (_BARE, _SPACE, _BARE, _SPACE, (steps.LETTERS, 2, 4, NOTHING), _SPACE, *_COUNTS),
    haproxy.TO_HOST: ((steps.TO_HOST, 0, 0, NOTHING),),
    haproxy.HOST: ((steps.CAPTURED_HOST, 0, 0, NOTHING),),
    haproxy.TO_AGENT: ((steps.TO_AGENT, 0, 0, NOTHING),),
    haproxy.AGENT: ((steps.CAPTURED_AGENT, 0, 0, NOTHING),),
    haproxy.CAPTURED: ((steps.CAPTURED, 0, 0, NOTHING),),
    haproxy.REQUEST: ((steps.TO_QUOTE, 0, 0, NOTHING),),
    haproxy.TAIL: ((steps.TAIL, 0, 0, NOTHING),),
}
_UNBROKEN: Plan = ((steps.UNBROKEN, 0, 0, NOTHING),)
_GUARDED = {"none": steps.PLAIN, "iis": steps.PLAIN, "haproxy": steps.ESCAPED}  # what is kept, by its escapes


@lru_cache(maxsize=64)
def plan(log_format: LogFormat) -> Plan | None:
    """Return the steps of a format; None if it has something that compiled code does not read.

    A step says what to do, its two arguments, and what is kept of it.
    """
    try:
        return _plan(log_format)
    except NotPlanned:
        return None


def _plan(log_format: LogFormat) -> Plan:
    """Return the steps of a format."""
    if log_format.reader == JSON_LINES and not log_format.trusted:
        return ((steps.CADDY, 0, 0, NOTHING),)
    if log_format.trusted or not log_format.parts or not _is_of_one_shape(log_format):
        raise NotPlanned
    kept = {field.name: place for place, field in kept_fields(log_format).items()}
    if log_format.ends or not log_format.time_fields or CLIENT not in kept.values():
        raise NotPlanned
    times, made = time_steps(log_format), list["Step"](_UNBROKEN if _begins_with_text(log_format) else ())
    for n, part in enumerate(log_format.parts):
        if isinstance(part, str):
            made += literal(part)
        elif part.name in times:
            made += times[part.name]
        else:
            made += _kept(_steps(log_format, n, part), part, kept.get(part.name, NOTHING))
    return (*made, *times.get("", ()))


def _begins_with_text(log_format: LogFormat) -> bool:
    """Return whether NULs before a line, which are no part of it, might be taken for one of its first value."""
    first = log_format.parts[0]
    if isinstance(first, str) or first.directive.time:
        return False
    return first.directive.kind not in {*_SIMPLE, *_DIGITS}


def _is_of_one_shape(log_format: LogFormat) -> bool:
    """Return whether compiled code reads all members of a format, each line by one, into the same values."""
    if log_format.reader == W3C:
        return len(log_format.members) == 1
    request = log_format.column("request") is not None
    return all(
        one.reader == PATTERN
        and plan(one) is not None
        and (one.column("request") is not None) == request
        and len(host_fields(one)) <= 1
        for one in log_format.members
    )


def host_fields(log_format: LogFormat) -> tuple[Field, ...]:
    """Return the fields that say which host was asked, the best first."""
    found = (log_format.column(one) for one in ("host_logged", "server_name_used", "server_name"))
    return tuple(field for field in found if field is not None)


def kept_fields(log_format: LogFormat) -> dict[int, Field]:
    """Return the fields whose values are kept, by where they are."""
    columns = {
        CLIENT: "client",
        AGENT: "agent",
        ASKED: "request" if log_format.column("request") else "target_logged",
        TIME: "time",
        STATUS: "status",
    }
    found = {place: log_format.column(column) for place, column in columns.items()}
    found[NAME] = next(iter(host_fields(log_format)), None)
    return {place: field for place, field in found.items() if field is not None}


def _kept(made: Plan, field: Field, place: int) -> Plan:
    """Return a field's steps, the last of which keeps what it gives."""
    *before, (what, one, other, _) = made
    guard = _GUARDED.get(field.directive.kind.escapes, 0)
    if place != NOTHING and guard and what == steps.BARE:
        other = guard
    return (*before, (what, one, other, place))


def _steps(log_format: LogFormat, n: int, field: Field) -> Plan:
    """Return the steps of a field that is no time."""
    kind = field.directive.kind
    if kind in _DIGITS:
        return ((steps.NUMBER, *_DIGITS[kind], NOTHING),)
    if kind in _SIMPLE:
        return ((_SIMPLE[kind], 0, 0, NOTHING),)
    if kind is directives.IDENT:
        after = log_format.parts[n + 1] if n + 1 < len(log_format.parts) else None
        spaced = isinstance(after, str) and after[0] == " " and not marks(log_format.parts)
        return ((steps.IDENT, steps.OR_WORD if spaced else steps.LONE, 0, NOTHING),)
    if kind.pattern is not None:
        if kind.pattern not in _BY_PATTERN:
            raise NotPlanned
        return _BY_PATTERN[kind.pattern]
    return (text_step(log_format, n, field),)
