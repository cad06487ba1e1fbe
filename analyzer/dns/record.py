"""One line of a `cutover.dns/1` file -> one question with its answers, or the reason why not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from analyzer.units import parse_moment

if TYPE_CHECKING:
    from datetime import datetime

SCHEMA = "cutover.dns/1"
TEXT_LENGTH = 4096  # [characters] of one value; a name of 255 octets takes 1,020 when each is escaped as \DDD
DATA_LENGTH = 65_535  # [characters] of one record's data; a DNS message cannot be longer (RFC 1035 s4.2.2)
MOST_ANSWERS = 4096  # a message of 65,535 octets holds fewer records
TTL_SIGN_BIT = 2**31  # RFC 8767 s4: a TTL from here on counts as positive, and is capped
TTL_END = 2**32
TTL_CAP_S = 604_800  # [s] seven days: the cap that RFC 8767 s4 recommends
FIRST_YEAR, LAST_YEAR = 1990, 2199  # outside of it a clock is broken


@dataclass(frozen=True, slots=True)
class Answer:
    """One record of an answer section.

    Attributes
    ----------
    name
        Owner, lower case without a trailing dot.
    ttl_s
        [s] remaining, as the resolver told it.
    data
        Presentation form, as recorded: a stranger's text.
    """

    name: str
    type: str
    ttl_s: int
    data: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question asked of one resolver, and what came back; the fields are those of the contract's object."""

    at: datetime
    resolver: str
    transport: str
    name: str
    type: str
    rcode: str | None
    authoritative: bool
    elapsed_ms: float | None
    error: str | None
    ede: str | None
    nsid: str | None
    answers: tuple[Answer, ...]


class Unusable(ValueError):  # noqa: N818 -- it reads as what the line is
    """A line that is no snapshot; the text is the reason."""


def parse_question(raw: bytes) -> Question:
    """Return the question that a line holds.

    Parameters
    ----------
    raw
        One line, bounded by the caller, with or without its end.

    Raises
    ------
    Unusable
        With the reason, if it is not a whole and sound `cutover.dns/1` object.
    """
    fields = _object(raw)
    rcode, error = _text(fields, "rcode", optional=True), _text(fields, "error", optional=True)
    if rcode is None and error is None:
        raise Unusable("neither rcode nor error")
    return Question(
        at=_moment(fields),
        resolver=_text(fields, "resolver"),
        transport=_text(fields, "transport"),
        name=plain_name(_text(fields, "name")),
        type=_text(fields, "type").upper(),
        rcode=None if rcode is None else rcode.upper(),
        authoritative=_flag(fields, "authoritative"),
        elapsed_ms=_number(fields, "elapsed_ms"),
        error=error,
        ede=_loose(fields, "ede"),
        nsid=_loose(fields, "nsid"),
        answers=_answers(fields),
    )


def plain_name(name: str) -> str:
    """Return a name as names are compared: lower case, without the trailing dot (RFC 4343).

    >>> plain_name("App.Example.COM.")
    'app.example.com'
    """
    return (name[:-1] if name.endswith(".") and len(name) > 1 else name).lower()


def _object(raw: bytes) -> dict[str, Any]:
    """Return the JSON object of the line, if its schema is ours."""
    if b"\0" in raw:
        raise Unusable("holds NUL bytes")
    try:
        fields = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise Unusable("not UTF-8") from None
    except RecursionError:
        raise Unusable("nested too deep") from None
    except Unusable:
        raise
    except ValueError:
        raise Unusable("not JSON") from None
    if not isinstance(fields, dict):
        raise Unusable("not a JSON object")
    if fields.get("schema") != SCHEMA:
        raise Unusable(f"schema is not {SCHEMA}")
    return fields


def _no_constant(_: str) -> NoReturn:
    """Refuse NaN and Infinity, which JSON does not have (RFC 8259 s6)."""
    raise Unusable("holds NaN or Infinity")


def _clean(value: object, key: str, longest: int) -> str:
    """Return a value that is a text of bounded length and can be encoded."""
    if not isinstance(value, str):
        raise Unusable(f"{key} is not text")
    if not value or len(value) > longest:
        raise Unusable(f"{key} is not 1 to {longest} characters")
    if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
        raise Unusable(f"{key} holds half a character")
    if "\0" in value:
        raise Unusable(f"{key} holds a NUL")
    return value


def _text(fields: dict[str, Any], key: str, *, optional: bool = False) -> Any:  # noqa: ANN401 -- str, or None if optional
    """Return a text field."""
    value = fields.get(key)
    if value is None:
        if optional:
            return None
        raise Unusable(f"{key} is missing")
    return _clean(value, key, TEXT_LENGTH)


def _flag(fields: dict[str, Any], key: str) -> bool:
    """Return a true-or-false field; false if absent."""
    value = fields.get(key)
    if value is not None and not isinstance(value, bool):
        raise Unusable(f"{key} is neither true nor false")
    return bool(value)


def _number(fields: dict[str, Any], key: str) -> float | None:
    """Return a field that is a number from 0 on, or absent."""
    value = fields.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < TTL_END:
        raise Unusable(f"{key} is not a number from 0 on")
    return float(value)


def _loose(fields: dict[str, Any], key: str) -> str | None:
    """Return a field whose form the contract leaves open, as text."""
    value = fields.get(key)
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return _clean(text, key, TEXT_LENGTH) if text else None


def _moment(fields: dict[str, Any]) -> datetime:
    """Return when it was asked."""
    text = _text(fields, "at")
    try:
        at = parse_moment(text)
    except (ValueError, OverflowError):
        raise Unusable("at is not a time with its offset") from None
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise Unusable(f"at lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return at


def _answers(fields: dict[str, Any]) -> tuple[Answer, ...]:
    """Return the records of the answer section; none if absent."""
    records = fields.get("answers")
    if records is None:
        return ()
    if not isinstance(records, list):
        raise Unusable("answers is not a list")
    if len(records) > MOST_ANSWERS:
        raise Unusable(f"more than {MOST_ANSWERS} answers")
    return tuple([_answer(record) for record in records])


def _answer(record: object) -> Answer:
    """Return one record."""
    if not isinstance(record, dict):
        raise Unusable("an answer is not an object")
    return Answer(
        name=plain_name(_text(record, "name")),
        type=_text(record, "type").upper(),
        ttl_s=_ttl_s(record.get("ttl")),
        data=_clean(record.get("data"), "data", DATA_LENGTH),
    )


def _ttl_s(value: object) -> int:
    """Return a TTL in seconds; one with its high bit set is positive, and capped (RFC 8767 s4)."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unusable("ttl is not a whole number")
    if not 0 <= value < TTL_END:
        raise Unusable("ttl is not within 0 to 4294967295")
    return value if value < TTL_SIGN_BIT else TTL_CAP_S
