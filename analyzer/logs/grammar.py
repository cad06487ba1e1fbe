"""A LogFormat taken apart: what stands in a line, in which order, and which columns it gives."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from analyzer.errors import Fault, InputError
from analyzer.logs.directives import Directive, directive

PATTERN, JSON_LINES, W3C, SEVERAL = "pattern", "json lines", "w3c", "several"  # how the second lane reads a format
_TOKEN = re.compile(
    r"%(?P<percent>%)|%U%q|%(?P<modifier>[!<>,\d]*)(?:\{(?P<argument>[^{}]*)\}(?P<more>[!<>,\d]*))?"
    r"(?P<letter>\^[A-Za-z]{1,2}|[A-Za-z])?"
)
_CONDITIONED = 10  # added to the rank: what is only logged for some statuses gives a column only if nothing else does
_CONDITION = re.compile(r"(?:[<>,]|!?\d{3}(?:,\d{3})*)*")


@dataclass(frozen=True, slots=True)
class Field:
    """One directive in its place.

    Attributes
    ----------
    name
        Name of its group and raw column, `f0`, `f1`, ….
    quoted
        True if it stands between quotes.
    """

    name: str
    directive: Directive
    quoted: bool


@dataclass(frozen=True, slots=True)
class LogFormat:
    """A format: literal text and fields, as they stand in a line.

    Attributes
    ----------
    name
        The preset's name, or the text itself.
    text
        The format string as the server sees it.
    parts
        Literal text (str) and `Field`s in their order.
    reader
        How the second lane reads it: `PATTERN` (by its parts), `JSON_LINES`, `W3C` or `SEVERAL`.
    split
        False if no other lane than the second can take its lines apart.
    extra
        Fields that are not in `parts`: those of JSON lines, and what only the other formats log.
    members
        The formats that it is made of, where a log has several; the leading one first.
    trusted
        Networks of the proxies whose X-Forwarded-For says who the client is, with a space between.
    """

    name: str
    text: str
    parts: tuple[str | Field, ...]
    reader: str = PATTERN
    split: bool = True
    extra: tuple[Field, ...] = ()
    members: tuple[LogFormat, ...] = ()
    trusted: str = ""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields in the order of the line, and the extra ones."""
        return (*(part for part in self.parts if isinstance(part, Field)), *self.extra)

    @property
    def time_fields(self) -> tuple[Field, ...]:
        """The fields that together make the time: those of the request's begin, else those of its end."""
        timed = [field for field in self.fields if field.directive.time]
        begin = [field for field in timed if field.directive.time and not field.directive.time.end]
        return tuple(begin or timed)

    @property
    def ends(self) -> bool:
        """True if the only time logged is that of the answer's end."""
        return bool(self.time_fields) and all(
            field.directive.time and field.directive.time.end for field in self.time_fields
        )

    def column(self, name: str) -> Field | None:
        """Return the field that gives a raw column: the one of lowest rank; None if the format does not log it."""
        fields = [field for field in self.fields if field.directive.column == name]
        return min(fields, key=lambda field: field.directive.rank, default=None)

    def pieces(self) -> tuple[tuple[str | Field, ...], ...]:
        """Return the parts between the format's quotes: piece 0 before the first quote, piece 1 within it, …."""
        pieces: list[list[str | Field]] = [[]]
        for part in self.parts:
            if isinstance(part, Field):
                pieces[-1].append(part)
                continue
            head, *tail = part.split('"')
            pieces[-1].extend([head] if head else [])
            pieces.extend([text] if text else [] for text in tail)
        return tuple(tuple(piece) for piece in pieces)


def parts_of(text: str) -> tuple[str | Field, ...]:
    """Return literal text and fields of a format string in their order.

    Raises
    ------
    InputError
        If a directive is not known; the message says which and where.
    """
    parts: list[str | Field] = []
    literal, at, count, quotes = "", 0, 0, 0
    for match in _TOKEN.finditer(text):
        literal += text[at : match.start()]
        at = match.end()
        if match["percent"]:
            literal += "%"
            continue
        row = _row(text, match)
        if literal:
            quotes += literal.count('"')
            parts.append(literal)
        literal = ""
        parts.append(Field(f"f{count}", row, quoted=quotes % 2 == 1))
        count += 1
    literal += text[at:]
    return _with_client([*parts, literal] if literal else parts)


def _with_client(parts: list[str | Field]) -> tuple[str | Field, ...]:
    """Return the parts; where nothing else says who the client is, the peer of the connection does."""
    if any(isinstance(part, Field) and part.directive.column == "client" for part in parts):
        return tuple(parts)
    return tuple(
        replace(part, directive=replace(part.directive, column="client"))
        if isinstance(part, Field) and part.directive.column == "peer"
        else part
        for part in parts
    )


def _row(text: str, match: re.Match[str]) -> Directive:
    """Return a match's directive."""
    if match[0] == "%U%q":
        return directive("", None, "U%q")
    modifier = match["modifier"] + (match["more"] or "")
    where = f"LogFormat, character {match.start() + 1}"
    if not match["letter"] or not _CONDITION.fullmatch(modifier):
        raise InputError(Fault("not a directive", where=where, value=text[match.start() : match.start() + 20]))
    signs = "".join(sign for sign in modifier if sign in "<>")[-1:]
    try:
        row = directive(signs, match["argument"], match["letter"])
        return replace(row, rank=row.rank + _CONDITIONED) if any(map(str.isdigit, modifier)) else row
    except InputError as error:
        fault = error.faults[0]
        raise InputError(Fault(fault.what, where, fault.value, fault.remedy)) from None
