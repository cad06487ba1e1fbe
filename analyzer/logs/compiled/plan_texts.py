"""The step of a free text: where it ends, by what follows it in the format, as `analyzer.logs.patterns` has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.logs import directives
from analyzer.logs.compiled.steps import (
    BLANK,
    LISTED,
    NOTHING,
    QUOTED,
    REQUEST,
    REST,
    TO_LAST,
    UNSPACED,
    USER,
    WORD,
    NotPlanned,
)  # fmt: skip
from analyzer.logs.dividers import BLANKS, LISTS, WORDS, divider_of, first_byte, is_word, marks, to_the_end
from analyzer.logs.formats import Field, LogFormat

if TYPE_CHECKING:
    from analyzer.logs.compiled.steps import Step

_SPACED = {"user", "request", "target_logged"}  # logged with their spaces although no quotes stand around them
_LATE = "Ymd"  # conversions that begin with a digit


def text_step(log_format: LogFormat, n: int, field: Field) -> Step:
    """Return the step of the free text at one place of a format.

    Raises
    ------
    NotPlanned
        If only the strict expression finds its end.
    """
    parts = log_format.parts
    after = parts[n + 1] if n + 1 < len(parts) else None
    if isinstance(after, Field):
        raise NotPlanned
    alone = field.quoted and after is not None and after.startswith('"') and not _shares_quotes(log_format, n)
    if alone and field.directive.column not in WORDS:
        return (QUOTED, 0, 0, NOTHING)
    if field.quoted and field.directive.kind == directives.USER:
        raise NotPlanned
    if after is None:
        return _last(log_format, n, field)
    if field.directive.column in _SPACED:
        return _spaced(log_format, n, field, after)
    divider = divider_of(parts, n)
    if divider == "," and field.directive.column in LISTS:
        raise NotPlanned
    if divider:
        return (WORD, BLANK if divider == " " else ord(divider), _listed(field, divider), NOTHING)
    return _word(log_format, after)


def _listed(field: Field, divider: str) -> int:
    """Return whether a text goes on after a comma and a space."""
    return LISTED if divider == " " and field.directive.column in LISTS else 0


def _last(log_format: LogFormat, n: int, field: Field) -> Step:
    """Return the step of a text that is the last of its line."""
    if field.directive.kind == directives.USER:
        raise NotPlanned
    return (REST, 0, 0, NOTHING) if to_the_end(log_format.parts, n) else (WORD, BLANK, 0, NOTHING)


def _word(log_format: LogFormat, after: str) -> Step:
    """Return the step of a text that holds no white space, and none of what divides the texts of its format."""
    end = first_byte(after)
    if end == "\\" or set(marks(log_format.parts)) - {end}:
        raise NotPlanned
    return (WORD, BLANK if end in BLANKS else ord(end), UNSPACED, NOTHING)


def _spaced(log_format: LogFormat, n: int, field: Field, after: str) -> Step:
    """Return the step of a user, request or path without quotes: as short as what follows it allows."""
    parts, divider = log_format.parts, divider_of(log_format.parts, n)
    follows = parts[n + 2] if n + 2 < len(parts) else None
    if divider == " " and field.directive.kind == directives.USER and _before_time(after, divider, follows):
        behind = parts[n - 2] if n > 1 else None
        known = isinstance(behind, Field) and behind.directive.kind == directives.IDENT
        if known and parts[n - 1] != " ":
            raise NotPlanned
        return (USER, ord(divider), int(known), NOTHING)
    first_only = (WORD, ord(divider), 0, NOTHING) if divider not in {"", " "} else None
    if field.directive.kind == directives.USER or after != divider or not isinstance(follows, Field):
        return _or_not(first_only)
    behind = parts[n + 3] if n + 3 < len(parts) else "\n"
    first = behind[0] if isinstance(behind, str) else ""
    if follows.directive.kind == directives.STATUS and first and first.isascii():
        return (REQUEST, ord(divider), ord(first), NOTHING)
    if field.quoted and follows.directive.column in WORDS and first == '"' and is_word(parts, n + 2):
        return (TO_LAST, ord(divider), 0, NOTHING)
    return _or_not(first_only)


def _or_not(step: Step | None) -> Step:
    """Return a step; NotPlanned without one."""
    if step is None:
        raise NotPlanned
    return step


def _before_time(after: str, divider: str, follows: str | Field | None) -> bool:
    """Return whether a text is followed by its divider, a bracket, and a time that begins with a digit."""
    form = follows.directive.time if isinstance(follows, Field) else None
    if form is None:
        return False
    if form.part == "stamp":
        return after == divider
    begun = form.written.pieces[0][0] if form.written else ""
    return after == f"{divider}[" and (form.part == "epoch" or begun in tuple(_LATE))


def _shares_quotes(log_format: LogFormat, n: int) -> bool:
    """Return whether something stands before a value between the same quotes."""
    before = log_format.parts[n - 1] if n else ""
    return not (isinstance(before, str) and before.endswith('"'))
