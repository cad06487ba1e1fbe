"""What was asked for, at first sight: most requests need no second one, which an expression takes on their text."""

from __future__ import annotations

from analyzer.logs.compiled.bits import WIDE, among, byte, equal, half, trailing, word
from analyzer.logs.compiled.language import called, inline
from analyzer.logs.compiled.layout import (
    BLIND_BIT,
    HEADS,
    NO_VALUE,
    PATHS,
    PATHS_AT,
    PATHS_COUNT,
    PATHS_WHOLE,
    PROBE_BIT,
    ROOT_BIT,
    TEXT_BIT,
)
from analyzer.logs.holes import FACTOR, HEAD, LOWER, METHOD, SHIFT, TABLE_BITS

_HTTP_1 = int.from_bytes(b" HTTP/1.", "little")
_BEYOND_ASCII = 128
_HIGH_BITS = 0x8080_8080
_NUMBER = (1 << 32) - 1
_MILD = tuple(  # methods before a blank: how long both are, which bits of a word that is, and what they then are
    (len(one), (1 << 8 * len(one)) - 1, int.from_bytes(one, "little")) for one in (b"GET ", b"OPTIONS ")
)
_HEAD_LENGTH = len("HEAD /")
_HEAD_BITS, _HEAD = (1 << 8 * _HEAD_LENGTH) - 1, int.from_bytes(b"HEAD /", "little")
_TABLE_MASK = (1 << TABLE_BITS) - 1


@inline
def is_of_text(letter: int) -> int:
    """Return whether a byte may be a part of what is another letter as text."""
    return letter == ord("\\") or letter >= _BEYOND_ASCII


@inline
def head_of(at: int, state: int) -> int:
    """Return the bits of `HEADS` of the four bytes from an address on, in either case."""
    head = (half(at) | LOWER) & _NUMBER
    return byte(word(state + HEADS) + ((head * FACTOR >> SHIFT) & _TABLE_MASK))


@inline
def slash_of(at: int, length: int) -> int:
    """Return where the path's slash is; where text begins, or the search ends, if there is none before that."""
    place, last = at, at + min(length - 1, METHOD)
    while place < last and byte(place) != ord("/") and not is_of_text(byte(place)):
        place += 1
    return place


@inline
def first_sight(at: int, length: int, state: int) -> int:
    """Return what the first four letters of a path tell: bits of `HEADS`.

    Where escapes, or bytes beyond ASCII, are among what is looked at, only text can tell.
    """
    if length <= 0:
        return 0
    place = slash_of(at, length)
    if byte(place) != ord("/"):
        return TEXT_BIT if is_of_text(byte(place)) else 0
    if is_the_end(place + 1, at + length):
        return ROOT_BIT
    if half(place + 1) & _HIGH_BITS or trailing(equal(place + 1, ord("\\"))) < HEAD:
        return TEXT_BIT
    return head_of(place + 1, state)


@inline
def is_mild(at: int) -> int:
    """Return whether a text begins with a slash, or with `GET` or `OPTIONS` before it."""
    for length, letters, method in _MILD:
        if (word(at) & letters) == method:
            return byte(at + length) == ord("/")
    return byte(at) == ord("/")


@inline
def is_the_end(at: int, end: int) -> int:
    """Return whether a path ends here: with the text, or before a protocol."""
    return at == end or byte(at) == ord(" ")


@inline
def lower(letter: int) -> int:
    """Return a byte in lower case."""
    return letter + 32 if ord("A") <= letter <= ord("Z") else letter


@called
def blind_path(at: int, end: int, mild: int, state: int) -> int:
    """Return whether a path is one of `holes.BLIND`; `NO_VALUE` where only text can tell."""
    doubt = 0
    for which in range(word(state + PATHS_COUNT)):
        begin = word(word(state + PATHS_AT) + 8 * which)
        length = word(word(state + PATHS_AT) + 8 * which + 8) - begin
        some, known = 0, word(state + PATHS) + begin
        while some < length and at + some < end and lower(byte(at + some)) == byte(known + some):
            some += 1
        if some == length and (which >= word(state + PATHS_WHOLE) or (mild and is_the_end(at + some, end))):
            return True
        if at + some < end and is_of_text(byte(at + some)):
            doubt = NO_VALUE
    return doubt


@inline
def asks_blindly(at: int, length: int, seen: int, state: int) -> int:
    """Return whether `holes.BLIND` finds something in a text; `NO_VALUE` where only text can tell."""
    if length >= _HEAD_LENGTH and (word(at) & _HEAD_BITS) == _HEAD:
        return True
    if seen & TEXT_BIT:
        return NO_VALUE
    if seen & ROOT_BIT:
        return is_mild(at)
    return blind_path(slash_of(at, length) + 1, at + length, is_mild(at), state) if seen & BLIND_BIT else 0


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
            if head_of(at + trailing(found) + 1, state) & PROBE_BIT:
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
