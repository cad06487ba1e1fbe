"""The first lane: a format as SQL that takes whole blocks of lines apart at their quotes and spaces.

Each line is split for itself, so an unclosed quote can spoil one line and never the next. A line is taken only if it
has no escapes, what stands in quotes is one value, and what stands between them fits exactly; all others go to the
second lane. What this lane accepts, the second accepts with the same values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from analyzer.logs.directives import IDENT, Kind
from analyzer.logs.dividers import LISTS
from analyzer.logs.formats import Field, LogFormat

MINUTE_US = 60_000_000
SQL_TYPES = {"string": "VARCHAR", "flag": "VARCHAR", "int16": "SMALLINT", "int32": "INTEGER", "int64": "BIGINT"}
_LINE_END = "chr(13) || chr(10)"
_MINUTES = "(try_cast({z}[2:3] AS BIGINT) * 60 + try_cast({z}[4:5] AS BIGINT))"


class NotSplittable(Exception):  # noqa: N818 -- not an error: such a format has only the second lane
    """A format whose lines cannot be taken apart at quotes and spaces."""


@dataclass(slots=True)
class _Stages:
    """The query under construction: what each step makes of the one before."""

    pieces: dict[str, str] = field(default_factory=dict)  # of the split line `q`
    values: dict[str, str] = field(default_factory=dict)  # of the pieces
    checks: list[str] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)  # raw columns


@lru_cache(maxsize=64)
def fast_sql(log_format: LogFormat) -> str | None:
    """Return a query over `lines(line, n)` with a row a line: `n`, `time_us`, the raw columns `f0`, `f1`, …, and `ok`.

    Columns of rows that are not `ok` mean nothing. None if the format's lines cannot be taken apart so.
    """
    if not log_format.split:
        return None
    try:
        stages = _stages(log_format)
    except NotSplittable:
        return None
    pieces, values, typed = (_columns(stage) for stage in (stages.pieces, stages.values, stages.typed))
    kept = "".join(f", {name}" for name in stages.pieces)
    split = "SELECT n, NOT contains(line, '\\') AS plain, string_split(line, '\"') AS q FROM lines"
    return (
        f"SELECT n{typed}, coalesce({' AND '.join(stages.checks)}, false) AS ok FROM ("  # noqa: S608 -- text of ours
        f"SELECT n, plain, quotes{kept}{values} FROM (SELECT n, plain, len(q) AS quotes{pieces} FROM ({split})))"
    )


def _columns(stage: dict[str, str]) -> str:
    """Return the columns of one step, each with a comma before it."""
    return "".join(f", {sql} AS {name}" for name, sql in stage.items())


def _stages(log_format: LogFormat) -> _Stages:
    """Return the steps of a format."""
    pieces = log_format.pieces()
    stages = _Stages(checks=["plain", f"quotes = {len(pieces)}"])
    for k, piece in enumerate(pieces):
        stages.pieces[f"p{k}"] = f"q[{k + 1}]"
        last = k == len(pieces) - 1
        match piece:
            case () | (str(),):
                text = quote("".join(map(str, piece)))
                ends = f"{text} || chr(10), {text} || {_LINE_END}"
                stages.checks.append(f"p{k} IN ({ends})" if last else f"p{k} = {text}")
            case (Field() as lone,) if k % 2 and not last and lone.directive.kind.pattern is None:
                stages.typed[lone.name] = _typed(lone.directive.kind, f"p{k}")
            case _:
                expression = "".join(_pattern(piece, n) for n in range(len(piece))) + (r"\r*\n" if last else "")
                stages.checks.append(f"regexp_full_match(p{k}, {quote(expression)})")
                stages.pieces[f"a{k}"] = f"string_split(q[{k + 1}], ' ')"
                _tokens(stages, log_format, k, piece)
    for one in log_format.extra:  # of a log with several formats: the leading one logs no such thing
        stages.typed[one.name] = f"NULL::{SQL_TYPES[one.directive.kind.dtype]}"
    if "time_us" not in stages.typed:
        stages.typed = {"time_us": "NULL::BIGINT", **stages.typed}
    return stages


def _pattern(piece: tuple[str | Field, ...], n: int) -> str:
    """Return the regular expression of one part of a bare piece: a value without spaces and escapes."""
    part = piece[n]
    if isinstance(part, str):
        return _literal(part)
    kind = part.directive.kind
    if kind is IDENT:
        return "-"  # others are rare, and need a look ahead
    if kind.pattern is not None:
        return kind.pattern
    after = piece[n + 1] if n + 1 < len(piece) else " "
    if isinstance(after, Field):
        raise NotSplittable
    never = rf"\s\x00\x0b{'' if after[0].isspace() else _literal(after[0])}"
    last = f"[^{never},]" if part.directive.column in LISTS else ""  # behind a comma a list may go on
    return f"[^{never}]*{last}" if last else f"[^{never}]+"


def _tokens(stages: _Stages, log_format: LogFormat, k: int, piece: tuple[str | Field, ...]) -> None:
    """Add the values that stand between the spaces of a piece; a `%t` is two of them."""
    at, last = 1, k == len(log_format.pieces()) - 1
    for token in _between_spaces(piece):
        source = f"a{k}[{at}]"
        at += 1
        fields = [part for part in token if isinstance(part, Field)]
        if any(one.directive.time for one in fields):
            if len(token) > 1 or not _plain_time(log_format):
                raise NotSplittable
            _time(stages, source, f"a{k}[{at}]")
            at += 1
        elif len(token) == 1 and fields:
            _value(stages, fields[0], f"rtrim({source}, {_LINE_END})" if last else source)
        else:
            for n, one in enumerate(fields, start=1):
                grouped = (
                    f"({_pattern(token, i)})" if isinstance(token[i], Field) else _literal(str(token[i]))
                    for i in range(len(token))
                )
                whole = f"^{''.join(grouped)}[\\r\\n]*$"
                _value(stages, one, f"regexp_extract({source}, {quote(whole)}, {n})")


def _between_spaces(piece: tuple[str | Field, ...]) -> list[tuple[str | Field, ...]]:
    """Return what stands between the spaces of a piece."""
    tokens: list[list[str | Field]] = [[]]
    for part in piece:
        if isinstance(part, Field):
            tokens[-1].append(part)
            continue
        head, *tail = part.split(" ")
        tokens[-1].extend([head] if head else [])
        tokens.extend([text] if text else [] for text in tail)
    return [tuple(token) for token in tokens]


def _plain_time(log_format: LogFormat) -> bool:
    """Return whether the format's time is one `%t`; with another one all lines go to the second lane."""
    times = [one.directive.time for one in log_format.fields if one.directive.time]
    return len(times) == 1 and times[0].part == "stamp"


def _time(stages: _Stages, date: str, zone: str) -> None:
    """Add the time, of its two tokens: `[23/Nov/2026:18:30:44` and `+0530]`."""
    stages.values["zone"] = zone
    minutes = _MINUTES.format(z="zone")
    offset = f"CASE WHEN zone = '+0000]' THEN 0 WHEN zone[1] = '-' THEN -{minutes} ELSE {minutes} END"
    stages.values["local_us"] = f"epoch_us(try_strptime({date}, '[%d/%b/%Y:%H:%M:%S'))"
    stages.typed["time_us"] = f"local_us - {MINUTE_US} * ({offset})"
    stages.checks.append("local_us IS NOT NULL")


def _value(stages: _Stages, one: Field, sql: str) -> None:
    """Add a value and the column made of it."""
    stages.values[f"v{one.name}"] = sql
    stages.typed[one.name] = _typed(one.directive.kind, f"v{one.name}")


def _typed(kind: Kind, name: str) -> str:
    """Return the SQL of a raw column."""
    if kind.dtype == "flag":
        return name
    if kind.dtype == "string":
        return f"CASE WHEN {name} <> '-' THEN {name} END"
    scaled = f"try_cast({name} AS {SQL_TYPES[kind.dtype]})" + (f" * {kind.unit}" if kind.unit != 1 else "")
    return f"CASE WHEN {name} = '-' THEN {'NULL' if kind.dash is None else kind.dash} ELSE {scaled} END"


def _literal(text: str) -> str:
    """Return literal text as a regular expression of RE2."""
    return "".join(char if char.isalnum() or not char.isascii() else f"\\{char}" for char in text)


def quote(text: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
