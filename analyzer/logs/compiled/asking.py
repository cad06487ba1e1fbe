"""What was asked for, at first sight: most requests need no second one, which an expression takes on their text."""

from __future__ import annotations

from analyzer.logs.compiled.bits import WIDE, among, byte, equal, half, trailing, word
from analyzer.logs.compiled.language import called, inline
from analyzer.logs.compiled.layout import HEADS, PROBE_HEADS
from analyzer.logs.holes import FACTOR, HEAD, LOWER, METHOD, SHIFT, TABLE_BITS

_HTTP_1 = int.from_bytes(b" HTTP/1.", "little")
_BEYOND_ASCII = 128
_HIGH_BITS = 0x8080_8080
_NUMBER = (1 << 32) - 1
_TABLE_MASK = (1 << TABLE_BITS) - 1


@inline
def may_count(at: int, length: int, refused: int, is_one: int, state: int) -> int:
    """Return whether only a request's text tells that it counts, or looks for holes.

    Parameters
    ----------
    refused, is_one
        Whether it was refused, and then is surely a request.
    """
    if not refused:
        return may_look_for_holes(at, length, state)
    return not is_one or may_be_a_probe(at, length, state)


@inline
def is_of_text(letter: int) -> int:
    """Return whether a byte may be a part of what is another letter as text."""
    return letter == ord("\\") or letter >= _BEYOND_ASCII


@inline
def is_head(at: int, table: int) -> int:
    """Return whether the four bytes from an address on are among those of a table, in either case."""
    head = (half(at) | LOWER) & _NUMBER
    return byte(table + ((head * FACTOR >> SHIFT) & _TABLE_MASK)) == 1


@inline
def may_look_for_holes(at: int, length: int, state: int) -> int:
    """Return whether the path that is asked for begins like one that nobody serves, by its first four bytes.

    Where escapes, or bytes beyond ASCII, are among what is looked at, only text can tell.
    """
    place, last = at, at + min(length - HEAD - 1, METHOD)
    while place < last and byte(place) != ord("/") and not is_of_text(byte(place)):
        place += 1
    if place > last or byte(place) != ord("/"):
        return place <= last and is_of_text(byte(place))
    if half(place + 1) & _HIGH_BITS or trailing(equal(place + 1, ord("\\"))) < HEAD:
        return True
    return is_head(place + 1, word(state + HEADS))


@called
def may_be_a_probe(at: int, length: int, state: int) -> int:
    """Return whether `holes.PROBE` may find something in a text: false only where it surely does not.

    Whatever it finds has a known head behind a blank or a slash, or two dots, `%` or `$`. Where escapes, or bytes
    beyond ASCII, are in the text, only text can tell.
    """
    end = at + length
    while at < end:
        some = (1 << min(end - at, WIDE)) - 1
        dots = among(at, "..") & some
        if (among(at, " []~") & ~among(at, "%%$$") & some) != some or dots & ((dots >> 1) | (1 << (WIDE - 1))):
            return True
        found = among(at, "//  ") & some
        while found != 0:
            if is_head(at + trailing(found) + 1, word(state + PROBE_HEADS)):
                return True
            found &= found - 1
        at += WIDE
    return False


@inline
def is_surely_a_request(at: int, length: int) -> int:
    """Return whether a request line is one at first sight: a method in capitals, a path, and HTTP's version behind it.

    Escapes within do not count: none reaches over the slash, or into the last nine bytes.
    """
    slash, last = at + trailing(~among(at, "AZ")) + 1, at + length - 9
    return (
        at + 1 < slash < last
        and byte(slash - 1) == ord(" ")
        and byte(slash) == ord("/")
        and word(last) == _HTTP_1
        and ord("0") <= byte(last + 8) <= ord("9")
    )
