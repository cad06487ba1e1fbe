"""Bytes compared, hashed and looked through, many at a time; up to `bits.WIDER` bytes after them can be read, too."""

from __future__ import annotations

from analyzer.logs.compiled.bits import WIDER, byte, differing, equal, folded, put_byte, put_word, trailing, word
from analyzer.logs.compiled.language import called, entry, inline

_ONE, _OTHER = 0x2D35_8DCC_AA6C_78A5, 0x8BB8_4B93_962E_ACC9  # odd, half of their bits set: Wang Yi, wyhash
_QUOTE, _BACKSLASH = ord('"'), ord("\\")


@inline
def low_bytes(value: int, count: int) -> int:
    """Return up to eight of the first bytes of a word."""
    return value if count >= 8 else value & ((1 << (8 * count)) - 1)


@inline
def closing_quote(at: int, end: int) -> int:
    """Return where the next quote stands that no backslash is before; `end` or more without one."""
    while at < end:
        found = equal(at, _QUOTE) | equal(at, _BACKSLASH)
        if found == 0:
            at += WIDER
        else:
            at += trailing(found)
            if byte(at) == _QUOTE:
                return at
            at += 2
    return at


@inline
def same(one: int, other: int, length: int) -> int:
    """Return whether so many bytes from both addresses on are equal."""
    while length > WIDER:
        if differing(one, other):
            return False
        one, other, length = one + WIDER, other + WIDER, length - WIDER
    return trailing(differing(one, other)) >= length


@called
def hashed(at: int, length: int, seed: int) -> int:
    """Return a hash of some bytes; nobody who does not know the seed can tell which bytes have the same."""
    state, left = seed ^ (length * _ONE), length
    while left > 16:
        state = folded(word(at) ^ seed ^ _OTHER, word(at + 8) ^ state)
        at, left = at + 16, left - 16
    first = low_bytes(word(at), left)
    second = low_bytes(word(at + 8), left - 8) if left > 8 else 0
    state = folded(first ^ seed ^ _OTHER, second ^ state)
    return folded(state ^ _ONE, seed ^ _OTHER)


@entry
def memcpy(to: int, at: int, length: int) -> int:
    """Copy so many bytes to an address, and return that: LLVM has `bits.copy` call a function of this name."""
    end = to + length
    while to + 8 <= end:
        put_word(to, word(at))
        to, at = to + 8, at + 8
    while to < end:
        put_byte(to, byte(at))
        to, at = to + 1, at + 1
    return end - length
