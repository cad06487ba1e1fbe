"""The first lane: a format as SQL that takes whole blocks of lines apart at their quotes and spaces.

Each line is split for itself, so an unclosed quote can spoil one line and never the next. A line is taken only if its
pieces fit exactly and every value is one; all others go to the second lane. What this lane accepts, the second accepts
with the same values.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from analyzer.logs.directives import IDENT, Kind
from analyzer.logs.formats import Field, LogFormat
from analyzer.logs.strict import pattern
from analyzer.logs.times import DATE, ZONE

_OFFSET_MINUTES = "try_cast({z}[2:3] AS BIGINT) * 60 + try_cast({z}[4:5] AS BIGINT)"
_LINE_END = "chr(13) || chr(10)"
MINUTE_US = 60_000_000


class NotSplittable(Exception):  # noqa: N818 -- not an error: such a format has only the second lane
    """A format whose lines cannot be taken apart at quotes and spaces."""


@dataclass(frozen=True, slots=True)
class Stages:
    """The SQL under construction: what each step adds to the one before."""

    pieces: dict[str, str]  # quoted values and split lists, of the line's pieces `q`
    values: dict[str, str]  # bare values, of the split lists
    checks: list[str]
    typed: dict[str, str]  # raw columns


@lru_cache(maxsize=64)
def fast_sql(log_format: LogFormat) -> str | None:
    """Return a query over `lines(line, n)` with a row a line: `n`, `ok`, `time_us` and the raw columns `f0`, `f1`, ….

    Columns of rows that are not `ok` mean nothing. None if the format's lines cannot be taken apart so.
    """
    try:
        stages = _stages(log_format)
    except NotSplittable:
        return None
    pieces = "".join(f", {sql} AS {name}" for name, sql in stages.pieces.items())
    values = "".join(f", {sql} AS {name}" for name, sql in stages.values.items())
    kept = "".join(f", {name}" for name in stages.pieces)
    typed = "".join(f", {sql} AS {name}" for name, sql in stages.typed.items())
    return (
        f"SELECT n{typed}, coalesce({' AND '.join(stages.checks)}, false) AS ok FROM ("
        f"SELECT n, plain, nq{kept}{values} FROM (SELECT n, plain, len(q) AS nq{pieces} FROM ("
        f"SELECT n, NOT contains(line, '\\') AS plain, string_split(line, '\"') AS q FROM lines)))"
    )


def _stages(log_format: LogFormat) -> Stages:
    """Return the steps of a format."""
    pieces = log_format.pieces()
    stages = Stages({}, {}, ["plain", f"nq = {len(pieces)}"], {})
    for k, piece in enumerate(pieces):
        source, last = f"q[{k + 1}]", k == len(pieces) - 1
        if last and any(isinstance(part, Field) for part in piece):
            source = f"rtrim({source}, {_LINE_END})"
        match piece:
            case (Field() as field,) if k % 2 and field.directive.kind.pattern is None:
                stages.pieces[f"p{k}"] = source
                _text(stages, field, f"p{k}")
            case () | (str(),):
                stages.pieces[f"p{k}"] = source
                text = quote("".join(map(str, piece)))
                ends = f"{text} || chr(10), {text} || {_LINE_END}"
                stages.checks.append(f"p{k} IN ({ends})" if last else f"p{k} = {text}")
            case _:
                stages.pieces[f"a{k}"] = f"string_split({source}, ' ')"
                _bare_piece(stages, log_format, k, piece)
    if "time_us" not in stages.typed:
        stages.typed["time_us"] = "NULL::BIGINT"
        if log_format.time_fields:
            raise NotSplittable
    return stages


def _tokens(piece: tuple[str | Field, ...]) -> list[list[str | Field]]:
    """Return what stands between the spaces of a piece."""
    tokens: list[list[str | Field]] = [[]]
    for part in piece:
        if isinstance(part, Field):
            tokens[-1].append(part)
            continue
        head, *tail = part.split(" ")
        tokens[-1].extend([head] if head else [])
        tokens.extend([text] if text else [] for text in tail)
    return tokens


def _bare_piece(stages: Stages, log_format: LogFormat, k: int, piece: tuple[str | Field, ...]) -> None:
    """Add the tokens of one piece; a `%t` is two of them."""
    at = 1
    for token in _tokens(piece):
        name = f"v{k}_{at}"
        stages.values[name] = f"a{k}[{at}]"
        at += 1
        fields = [part for part in token if isinstance(part, Field)]
        if any(field.directive.time for field in fields):
            if len(token) > 1 or fields[0].directive.time != _plain_time(log_format):
                raise NotSplittable
            stages.values[f"v{k}_{at}"] = f"a{k}[{at}]"
            _time(stages, name, f"v{k}_{at}")
            at += 1
        elif not fields:
            stages.checks.append(f"{name} = {quote(''.join(map(str, token)))}")
        elif len(token) == 1:
            _lone(stages, fields[0], name)
        else:
            _together(stages, log_format, token, name)
    stages.values[f"n{k}"] = f"len(a{k})"
    stages.checks.append(f"n{k} = {at - 1}")


def _plain_time(log_format: LogFormat) -> object:
    """Return the format's time if it is one `%t`; another one's lines all go to the second lane."""
    form = log_format.time_fields[0].directive.time
    return form if form and form.part == "stamp" and len(log_format.time_fields) == 1 else None


def _time(stages: Stages, date: str, zone: str) -> None:
    """Add a `%t`, of its two tokens: a date and time, and an offset."""
    stages.checks.append(f"regexp_full_match({date}, {quote(DATE)})")
    stages.checks.append(f"({zone} = '+0000]' OR regexp_full_match({zone}, {quote(ZONE)}))")
    minutes = _OFFSET_MINUTES.format(z=zone)
    offset = f"CASE WHEN {zone} = '+0000]' THEN 0 WHEN {zone}[1] = '-' THEN -({minutes}) ELSE {minutes} END"
    local = f"epoch_us(try_strptime({date}, '[%d/%b/%Y:%H:%M:%S'))"
    stages.typed["time_us"] = f"{local} - {MINUTE_US} * ({offset})"
    stages.checks.append("time_us IS NOT NULL")


def _lone(stages: Stages, field: Field, name: str) -> None:
    """Add a field that is a token by itself."""
    kind = field.directive.kind
    if kind is IDENT:
        stages.checks.append(f"{name} = '-'")
    elif kind.pattern is None:
        stages.checks.append(f"regexp_full_match({name}, '[^\\s]+')")
    else:
        stages.checks.append(f"regexp_full_match({name}, {quote(kind.pattern)})")
    _text(stages, field, name)


def _together(stages: Stages, log_format: LogFormat, token: list[str | Field], name: str) -> None:
    """Add the fields of a token that holds text beside them, as in `%v:%p`."""
    out = []
    fields = [part for part in token if isinstance(part, Field)]
    if any(field.directive.kind is IDENT for field in fields):
        raise NotSplittable
    for n, part in enumerate(token):
        if isinstance(part, str):
            out.append(quote_meta(part))
            continue
        after = token[n + 1] if n + 1 < len(token) else " "
        if part.directive.kind.pattern is None and not isinstance(after, str):
            raise NotSplittable
        text = pattern(part, " ", after if isinstance(after, str) else "")
        out.append(f"({text})" if part.directive.kind.pattern else r"([^\s\\]+)" if after == " " else f"([^{_set(after)}]+)")
    expression = quote("".join(out))
    stages.checks.append(f"regexp_full_match({name}, {expression})")
    for n, field in enumerate(fields, start=1):
        stages.values[f"{name}_{n}"] = f"regexp_extract({stages.values[name]}, '^' || {expression} || '$', {n})"
        _text(stages, field, f"{name}_{n}")


def _set(after: object) -> str:
    """Return, as the inside of a negated character class, what may not be in a text before `after`."""
    return rf"\s\{str(after)[0]}" if not str(after)[0].isalnum() else rf"\s{str(after)[0]}"


def _text(stages: Stages, field: Field, name: str) -> None:
    """Add the typed column of a field."""
    if field.directive.time is None:
        stages.typed[field.name] = _typed(field.directive.kind, name)


def _typed(kind: Kind, name: str) -> str:
    """Return the SQL of a value."""
    if kind.dtype == "flag":
        return name
    if kind.dtype == "string":
        return f"CASE WHEN {name} <> '-' THEN {name} END"
    number = {"int16": "SMALLINT", "int32": "INTEGER", "int64": "BIGINT"}[kind.dtype]
    scaled = f"try_cast({name} AS {number})" + (f" * {kind.unit}" if kind.unit != 1 else "")
    return f"CASE WHEN {name} = '-' THEN {'NULL' if kind.dash is None else kind.dash} ELSE {scaled} END"


def quote_meta(text: str) -> str:
    """Return literal text as a regular expression of RE2."""
    return "".join(char if char.isalnum() or char == "_" else f"\\{char}" if char.isascii() else char for char in text)


def quote(text: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
