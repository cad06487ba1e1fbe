"""A LogFormat taken apart: what stands in a line, in which order, and which columns it gives.

One `LogFormat` compiles to the strict regular expression (`analyzer.logs.strict`) and, where its lines can be taken
apart at their quotes and spaces, to SQL (`analyzer.logs.fast`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from analyzer.errors import Fault, InputError
from analyzer.logs.directives import Directive, directive
from analyzer.logs.escapes import config_text
from analyzer.logs.times import reader

_TOKEN = re.compile(
    r"%(?P<percent>%)|%U%q|%(?P<modifier>[!<>,\d]*)(?:\{(?P<argument>[^{}]*)\}(?P<more>[!<>,\d]*))?(?P<letter>\^?[A-Za-z]{1,2})?"
)
_CONDITION = re.compile(r"(?:[<>]|!?\d{3}(?:,\d{3})*)*")
_LONGEST = 4_096  # [characters] of a format string


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
        The format string as Apache sees it.
    parts
        Literal text (str) and `Field`s in their order.
    """

    name: str
    text: str
    parts: tuple[str | Field, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields in the order of the line."""
        return tuple(part for part in self.parts if isinstance(part, Field))

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


@dataclass(frozen=True, slots=True)
class Preset:
    """A format that people name, with lines that it must read and what they say."""

    text: str
    source: str
    samples: tuple[tuple[str, dict[str, object]], ...]


_SAMPLE = {"status": 200, "method": "GET", "target": "/a?b=1", "protocol": "HTTP/1.1", "user": None}
_PRESETS = {
    "common": Preset(
        '%h %l %u %t "%r" %>s %b',
        "httpd.conf of Apache 2.4",
        (
            (
                '2001:db8::7 - - [23/Nov/2026:18:30:44 +0530] "GET /a?b=1 HTTP/1.1" 200 -',
                {**_SAMPLE, "client": "2001:db8::7", "bytes": 0, "time": "2026-11-23T13:00:44Z"},
            ),
        ),
    ),
    "combined": Preset(
        '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
        "httpd.conf of Apache 2.4",
        (
            (
                r'198.51.100.7 - mary ann [23/Nov/2026:18:30:44 +0000] "GET /a?b=1 HTTP/1.1" 200 512 "-" "A \"10\""',
                {**_SAMPLE, "client": "198.51.100.7", "user": "mary ann", "bytes": 512, "agent": 'A "10"'},
            ),
        ),
    ),
    "vhost_combined": Preset(
        '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"',
        "apache2.conf of Debian",
        (
            (
                'old.example.com:443 198.51.100.7 - - [23/Nov/2026:18:30:44 +0000] "GET /a?b=1 HTTP/1.1" 200 73 "" "a"',
                {
                    **_SAMPLE,
                    "host": "old.example.com",
                    "port": 443,
                    "bytes_out": 73,
                    "referer": "",
                    "agent": "a",
                },
            ),
        ),
    ),
}
PRESETS: dict[str, str] = {name: preset.text for name, preset in _PRESETS.items()}


def samples(name: str) -> tuple[tuple[str, dict[str, object]], ...]:
    """Return a preset's sample lines, each with the values that it must give."""
    return _PRESETS[name].samples


@lru_cache(maxsize=256)
def log_format(text: str) -> LogFormat:
    r"""Return the format that a preset's name, or a LogFormat string of Apache, stands for.

    Parameters
    ----------
    text
        `combined`, or `%h %t \"%r\" …` with or without the backslashes of apache2.conf.

    Raises
    ------
    InputError
        If a directive is not known, or the text holds none; the message says which and where.

    Examples
    --------
    >>> [field.directive.column for field in log_format("common").fields]
    ['client', 'ident', 'user', 'time', 'request', 'status', 'bytes']
    """
    plain = PRESETS.get(text) or config_text(text)
    if len(plain) > _LONGEST or "\n" in plain:
        raise InputError(Fault("not a LogFormat: too long, or more than one line", where="LogFormat", value=plain))
    parts = _parts(plain)
    if not any(isinstance(part, Field) for part in parts):
        remedy = f"write {', '.join(PRESETS)} or a LogFormat string of Apache"
        raise InputError(Fault("not a log format", where="LogFormat", value=text, remedy=remedy))
    found = LogFormat(next((name for name, preset in PRESETS.items() if preset == plain), plain), plain, parts)
    if found.time_fields:
        reader([field.directive.time for field in found.time_fields if field.directive.time])
    return found


def _parts(text: str) -> tuple[str | Field, ...]:
    """Return literal text and fields in their order."""
    parts: list[str | Field] = []
    literal, at, count, quotes = "", 0, 0, 0
    for match in _TOKEN.finditer(text):
        literal += text[at : match.start()]
        at = match.end()
        if match["percent"]:
            literal += "%"
            continue
        row, unused = _row(text, match)
        at -= unused
        if literal:
            quotes += literal.count('"')
            parts.append(literal)
        literal = ""
        parts.append(Field(f"f{count}", row, quoted=quotes % 2 == 1))
        count += 1
    literal += text[at:]
    return tuple([*parts, literal] if literal else parts)


def _row(text: str, match: re.Match[str]) -> tuple[Directive, int]:
    """Return a match's directive and how many of its letters belong to the text after it."""
    if match[0] == "%U%q":
        return directive("", None, "U%q"), 0
    letters = match["letter"] or ""
    letter = letters if letters.startswith("^") else letters[:1]
    modifier = match["modifier"] + (match["more"] or "")
    where = f"LogFormat, character {match.start() + 1}"
    if not letter or not _CONDITION.fullmatch(modifier):
        raise InputError(Fault("not a directive", where=where, value=text[match.start() : match.start() + 20]))
    chosen = "".join(sign for sign in modifier if sign in "<>")[:1]
    try:
        return directive(chosen, match["argument"], letter), len(letters) - len(letter)
    except InputError as error:
        fault = error.faults[0]
        raise InputError(Fault(fault.what, where, fault.value, fault.remedy)) from None
