"""Free texts in the bytes of a line: where each ends, by what follows it."""

from __future__ import annotations

from analyzer.logs.compiled.bits import byte
from analyzer.logs.compiled.language import called, inline
from analyzer.logs.compiled.layout import REFUSED_AT
from analyzer.logs.compiled.steps import BLANK, ESCAPED, LISTED, OR_WORD, UNSPACED
from analyzer.logs.patterns import MOST_DIVIDERS

_BEYOND_ASCII = 128


@inline
def blank(letter: int) -> int:
    """Return whether a byte is white space."""
    return letter == ord(" ") or ord("\t") <= letter <= ord("\r")


@inline
def digit(letter: int) -> int:
    """Return whether a byte is a digit."""
    return ord("0") <= letter <= ord("9")


@inline
def is_dash(at: int, end: int) -> int:
    """Return whether a `-` stands there alone: a comma before it is the end of a list."""
    return at < end and byte(at) == ord("-") and (at + 1 == end or byte(at + 1) == ord(" "))


@inline
def free_word(at: int, end: int, stop: int, how: int) -> int:
    """Return where a word ends: at white space or at one byte; a bare quote refuses the line."""
    start = at
    while at < end:
        here = byte(at)
        if stop == BLANK and blank(here):
            if how != LISTED or here != ord(" ") or at == start or byte(at - 1) != ord(",") or is_dash(at + 1, end):
                return at
        elif stop != BLANK and here == stop:
            return at
        elif here == ord('"') or (how == UNSPACED and blank(here)):
            return REFUSED_AT
        at += 2 if here == ord("\\") else 1
    return at if at == end else REFUSED_AT


@called
def name(at: int, end: int, how: int) -> int:
    """Return where the name of RFC 1413 ends: `-`, or, if it may be, a word that does not begin with a digit."""
    if how != OR_WORD or byte(at) == ord("-"):
        return at + 1 if byte(at) == ord("-") else REFUSED_AT
    start = at
    while at < end and not blank(byte(at)):
        here = byte(at)
        if here == ord('"') or here == ord(":") or here == ord("\\") or here == ord("[") or here == ord("]"):
            return REFUSED_AT
        at += 1
    return at if at > start and not digit(byte(start)) else REFUSED_AT


@inline
def within(at: int, end: int, stop: int) -> int:
    """Return where the next byte of a kind stands that no backslash is before; a bare quote refuses the line."""
    while at < end and byte(at) != stop:
        if byte(at) == ord('"'):
            return REFUSED_AT
        at += 2 if byte(at) == ord("\\") else 1
    return at if at < end else REFUSED_AT


@inline
def is_another_line(start: int, at: int, stop: int) -> int:
    """Return whether what ends a word says that a line was cut off there: `- `, or an address and ` - `."""
    return (at == start + 1 and byte(start) == ord("-")) or (byte(at + 1) == ord("-") and byte(at + 2) == stop)


@called
def user(at: int, end: int, stop: int, behind: int) -> int:
    """Return where a user ends: before a divider, a bracket and a digit.

    Parameters
    ----------
    behind
        1 if the name of RFC 1413 stands before: then more than a word is only believed behind its `-`.
    """
    if byte(at) == ord('"'):
        return at + 2 if byte(at + 1) == ord('"') and byte(at + 2) == stop else REFUSED_AT
    start, count = at, 0
    at = within(at, end, stop)
    while at != REFUSED_AT and not (byte(at + 1) == ord("[") and digit(byte(at + 2))):
        unknown = behind and not (byte(start - 1) == ord(" ") and byte(start - 2) == ord("-"))
        if count == 0 and (is_another_line(start, at, stop) or unknown):
            return REFUSED_AT
        at, count = within(at + 1, end, stop), count + 1
    return at if count <= MOST_DIVIDERS else REFUSED_AT


@called
def request(at: int, end: int, stop: int, behind: int) -> int:
    """Return where a request ends: before a divider, a status and a byte, or the end of the line."""
    at, count = within(at, end, stop), 0
    while at != REFUSED_AT and count <= MOST_DIVIDERS:
        three = digit(byte(at + 1)) and digit(byte(at + 2)) and digit(byte(at + 3))
        after = at + 2 if byte(at + 1) == ord("-") else at + 4
        if (three or after == at + 2) and (byte(after) == behind or after == end or blank(byte(after))):
            return at
        at, count = within(at + 1, end, stop), count + 1
    return REFUSED_AT


@called
def to_last(at: int, end: int, stop: int) -> int:
    """Return where the last divider before the next quote stands."""
    last, count = REFUSED_AT, 0
    while at < end and byte(at) != ord('"'):
        if byte(at) == stop:
            last, count = at, count + 1
        at += 2 if byte(at) == ord("\\") else 1
    return last if count <= MOST_DIVIDERS else REFUSED_AT


@called
def rest(at: int, end: int) -> int:
    """Return the end of the line, if no bare quote stands before it."""
    while at < end:
        if byte(at) == ord('"'):
            return REFUSED_AT
        at += 2 if byte(at) == ord("\\") else 1
    return at if at == end else REFUSED_AT


@inline
def is_odd(here: int, guard: int) -> int:
    """Return whether a byte is kept otherwise than it stands there, or may be."""
    return guard and (here == ord("\\") or here >= _BEYOND_ASCII or (guard == ESCAPED and here == ord("#")))


@called
def bare(at: int, end: int, stop: int, guard: int) -> int:
    """Return where a word ends: at white space, or at one byte."""
    start = at
    while at < end and not blank(byte(at)) and (stop == BLANK or byte(at) != stop):
        if is_odd(byte(at), guard):
            return REFUSED_AT
        at += 1
    return at if at > start else REFUSED_AT


@called
def to_quote(at: int, end: int) -> int:
    """Return where the next quote stands; a text of HAProxy that is not what it says is left to others."""
    while at < end and byte(at) != ord('"'):
        if is_odd(byte(at), ESCAPED):
            return REFUSED_AT
        at += 1
    return at if at < end else REFUSED_AT


@called
def tail(at: int, end: int) -> int:
    """Return the end of what follows a request of HAProxy: its quote, and perhaps a space and more without quotes."""
    if byte(at) != ord('"'):
        return REFUSED_AT
    at += 1
    if at == end or byte(at) != ord(" "):
        return at
    while at < end and byte(at) != ord('"'):
        at += 1
    return at if at == end else REFUSED_AT
