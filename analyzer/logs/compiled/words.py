"""Bytes at addresses, eight at a time. Callers hold the arrays that the addresses are of, and keep within them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from analyzer.logs.compiled.jit import compiled

WIDTH = 8  # [bytes]
ONES, HIGH = np.uint64(0x0101_0101_0101_0101), np.uint64(0x8080_8080_8080_8080)
_MULTIPLIER = np.uint64(0x9E37_79B9_7F4A_7C15)  # 2**64 / golden ratio, odd: Knuth, TAOCP 3, section 6.4
_QUOTE, _BACKSLASH = 34, 92


if TYPE_CHECKING:

    def byte(at: int) -> int:
        """Return the byte at an address."""

    def load(at: int) -> np.uint64:
        """Return the eight bytes from an address on, as a number."""

    def _trailing_zeros(value: np.uint64) -> np.uint64:
        """Return how many low bits of a number that is not 0 are 0."""

else:

    def _loading(bits, result, widened):
        """Return the code that loads so many bits from an address; to hand on arrays costs more than to read them."""

        def code(_context, builder, _signature, args):
            place = builder.inttoptr(args[0], ir.IntType(bits).as_pointer())
            loaded = builder.load(place, align=1)
            return builder.zext(loaded, ir.IntType(64)) if widened else loaded

        return result(types.int64), code

    @intrinsic
    def byte(_context, _at):
        """Return the code for `byte`, as numba wants it."""
        return _loading(8, types.int64, widened=True)

    @intrinsic
    def load(_context, _at):
        """Return the code for `load`, as numba wants it."""
        return _loading(64, types.uint64, widened=False)

    @intrinsic
    def _trailing_zeros(_context, _value):
        """Return the code for `_trailing_zeros`, as numba wants it."""

        def code(_context, builder, _signature, args):
            return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

        return types.uint64(types.uint64), code


@compiled
def _zeros(word: np.uint64) -> np.uint64:
    """Return a number whose lowest set bit is in the lowest byte of a word that is 0; 0 if none is."""
    return (word - ONES) & ~word & HIGH


@compiled
def closing_quote(at: int, end: int) -> int:
    """Return where the next quote stands that no backslash is before; `end` or more without one."""
    quote, backslash = ONES * np.uint64(_QUOTE), ONES * np.uint64(_BACKSLASH)
    while at < end:
        if at + WIDTH <= end:
            word = load(at)
            found = _zeros(word ^ quote) | _zeros(word ^ backslash)
            if found == 0:
                at += WIDTH
                continue
            at += int(_trailing_zeros(found) >> np.uint64(3))
        here = byte(at)
        if here == _QUOTE:
            return at
        at += 2 if here == _BACKSLASH else 1
    return at


@compiled
def hashed(at: int, length: int, seed: np.uint64) -> np.uint64:
    """Return a hash of some bytes."""
    state, end = seed ^ (np.uint64(length) * _MULTIPLIER), at + length
    while at + WIDTH <= end:
        state = (state ^ load(at)) * _MULTIPLIER
        state ^= state >> np.uint64(32)
        at += WIDTH
    rest = np.uint64(0)
    while at < end:
        rest = (rest << np.uint64(8)) | np.uint64(byte(at))
        at += 1
    state = (state ^ rest) * _MULTIPLIER
    return state ^ (state >> np.uint64(29))


@compiled
def same(one: int, other: int, length: int) -> bool:
    """Return whether so many bytes from both addresses on are equal."""
    at = 0
    while at + WIDTH <= length:
        if load(one + at) != load(other + at):
            return False
        at += WIDTH
    while at < length:
        if byte(one + at) != byte(other + at):
            return False
        at += 1
    return True
