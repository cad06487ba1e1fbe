"""JSON in the bytes of a line: where a string, a number or any value ends, as RFC 8259 has it; ASCII only."""

from __future__ import annotations

from analyzer.logs.compiled.bits import WIDE, among, byte, trailing, word
from analyzer.logs.compiled.language import called, inline
from analyzer.logs.compiled.layout import REFUSED_AT
from analyzer.logs.compiled.words import low_bytes

_PLAIN = " !#[]\x7f"  # what stands for itself within a string
_QUOTE, _BACKSLASH = ord('"'), ord("\\")
_DEEPEST = 60  # lists and objects within each other
_MOST_DIGITS = 30
_WORDS = tuple((len(one), int.from_bytes(one, "little")) for one in (b"true", b"false", b"null"))


@inline
def blanks(at: int) -> int:
    """Return where white space ends."""
    while byte(at) == ord(" ") or byte(at) == ord("\t") or byte(at) == ord("\r"):
        at += 1
    return at


@inline
def escape_end(at: int) -> int:
    r"""Return where an escape ends, of which the backslash stands there."""
    letter = byte(at + 1)
    if letter == ord("u"):
        return at + 6 if trailing(~among(at + 2, "09afAF")) >= 4 else REFUSED_AT
    if letter == _QUOTE or letter == _BACKSLASH or letter == ord("/"):
        return at + 2
    plain = letter == ord("b") or letter == ord("f") or letter == ord("n") or letter == ord("r") or letter == ord("t")
    return at + 2 if plain else REFUSED_AT


@called
def plain_end(at: int, end: int) -> int:
    """Return where the closing quote stands of a string that has no escapes, from its first byte on."""
    some = trailing(~among(at, _PLAIN))
    while some == WIDE and at < end:
        at += WIDE
        some = trailing(~among(at, _PLAIN))
    at += some
    return at if at < end and byte(at) == _QUOTE else REFUSED_AT


@called
def string_end(at: int, end: int) -> int:
    """Return what follows a string, of which the opening quote stands there."""
    if byte(at) != _QUOTE:
        return REFUSED_AT
    at += 1
    while at < end:
        some = trailing(~among(at, _PLAIN))
        at += some
        if some < WIDE and at < end:
            if byte(at) == _QUOTE:
                return at + 1
            at = escape_end(at) if byte(at) == _BACKSLASH else REFUSED_AT
            if at == REFUSED_AT:
                return REFUSED_AT
    return REFUSED_AT


@inline
def digits_end(at: int) -> int:
    """Return where digits end, at least one and not very many."""
    some = trailing(~among(at, "09"))
    return at + some if 1 <= some <= _MOST_DIGITS else REFUSED_AT


@called
def whole_end(at: int) -> int:
    """Return where a whole number not below 0 ends, of at most 18 digits; what follows is no part of a number."""
    some = trailing(~among(at, "09"))
    if some < 1 or some > 18 or (byte(at) == ord("0") and some > 1):
        return REFUSED_AT
    after = byte(at + some)
    return REFUSED_AT if after == ord(".") or after == ord("e") or after == ord("E") else at + some


@called
def number_end(at: int) -> int:
    """Return where a number ends."""
    at += byte(at) == ord("-")
    first, at = at, digits_end(at)
    if at == REFUSED_AT or (byte(first) == ord("0") and at > first + 1):
        return REFUSED_AT
    if byte(at) == ord("."):
        at = digits_end(at + 1)
        if at == REFUSED_AT:
            return REFUSED_AT
    if byte(at) == ord("e") or byte(at) == ord("E"):
        sign = byte(at + 1) == ord("+") or byte(at + 1) == ord("-")
        return digits_end(at + 1 + sign)
    return at


@called
def scalar_end(at: int, end: int) -> int:
    """Return where a string, a number, or one of three words ends."""
    if byte(at) == _QUOTE:
        return string_end(at, end)
    for length, text in _WORDS:
        if low_bytes(word(at), length) == text:
            return at + length
    return number_end(at)


@called
def key_end(at: int, end: int) -> int:
    """Return where the value of a member begins, of which the key stands there."""
    at = string_end(blanks(at), end)
    if at == REFUSED_AT:
        return REFUSED_AT
    at = blanks(at)
    return blanks(at + 1) if byte(at) == ord(":") else REFUSED_AT


@called
def value_end(at: int, end: int) -> int:
    """Return where a value ends, whatever it is; one that is very deep is left to others."""
    depth, objects = 0, 0  # a bit each, the innermost lowest
    while at != REFUSED_AT and at < end:
        opening = byte(at)
        if opening == ord("{") or opening == ord("["):
            objects, depth, at = (objects << 1) | (opening == ord("{")), depth + 1, blanks(at + 1)
            if depth > _DEEPEST:
                return REFUSED_AT
            empty = byte(at) == ord("}") if opening == ord("{") else byte(at) == ord("]")
            if not empty:
                if opening == ord("{"):
                    at = key_end(at, end)
                continue
        else:
            at = scalar_end(at, end)
        while at != REFUSED_AT:
            if depth == 0:
                return at
            at = blanks(at)
            if byte(at) == ord(","):
                at = key_end(at + 1, end) if objects & 1 else blanks(at + 1)
                break
            if byte(at) != (ord("}") if objects & 1 else ord("]")):
                return REFUSED_AT
            objects, depth, at = objects >> 1, depth - 1, at + 1
    return REFUSED_AT
