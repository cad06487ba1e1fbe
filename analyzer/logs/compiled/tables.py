"""Tables of what is distinct: byte strings by number, and sums by client, half hour and part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.logs.compiled.jit import compiled
from analyzer.logs.compiled.words import hashed, same

if TYPE_CHECKING:
    from numpy.typing import NDArray

NULL = -1
COUNTS = 5  # requests, foreign, probes, failed, and all lines
REQUESTS, FOREIGN, PROBES, FAILED, LINES = range(COUNTS)
_MIX = np.uint64(0xBF58_476D_1CE4_E5B9)  # Steele, Lea and Flood (2014), SplitMix64


@compiled
def intern(
    data: NDArray[np.uint8],
    spans: NDArray[np.int32],
    fits: NDArray[np.bool_],
    seed: np.uint64,
    slots: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    arena: NDArray[np.uint8],
    count: int,
    codes: NDArray[np.int32],
) -> int:
    """Fill the number of each line's value in a table of distinct ones; return how many those are now.

    Parameters
    ----------
    spans
        Shape (2, lines): start and length; a negative length is null.
    slots
        Open addressing, a power of two, at least twice as many as values: number + 1, or 0.
    offsets, arena
        Value k is `arena[offsets[k]:offsets[k + 1]]`; there is room for all that these lines can bring.
    """
    mask, base, kept = np.uint64(len(slots) - 1), data.ctypes.data, arena.ctypes.data
    for line in range(len(fits)):
        start, length = int(spans[0, line]), int(spans[1, line])
        if not fits[line] or length < 0:
            codes[line] = NULL
            continue
        key = hashed(base + start, length, seed)
        place = key & mask
        while True:
            code = slots[place] - 1
            if code < 0:
                begin = offsets[count]
                arena[begin : begin + length] = data[start : start + length]
                offsets[count + 1], hashes[count] = begin + length, key
                slots[place], code, count = count + 1, count, count + 1
                break
            begin = offsets[code]
            if hashes[code] == key and offsets[code + 1] - begin == length and same(base + start, kept + begin, length):
                break
            place = (place + np.uint64(1)) & mask
        codes[line] = code
    return count


@compiled
def rehash(hashes: NDArray[np.uint64], count: int, slots: NDArray[np.int32]) -> None:
    """Fill empty slots with the values that there are."""
    mask = np.uint64(len(slots) - 1)
    for code in range(count):
        place = hashes[code] & mask
        while slots[place]:
            place = (place + np.uint64(1)) & mask
        slots[place] = code + 1


@compiled
def numbered(keys: NDArray[np.int64], slots: NDArray[np.int32], known: NDArray[np.int64], count: int) -> int:
    """Replace each key by its number in a table of distinct ones; return how many those are now.

    Parameters
    ----------
    slots
        Open addressing, a power of two, at least twice as many as keys: number + 1, or 0.
    known
        Key by number; there is room for all that these can bring.
    """
    mask = np.uint64(len(slots) - 1)
    for row in range(len(keys)):
        key = keys[row]
        mixed = np.uint64(key) * _MIX
        place = (mixed ^ (mixed >> np.uint64(31))) & mask
        while slots[place] and known[slots[place] - 1] != key:
            place = (place + np.uint64(1)) & mask
        if slots[place] == 0:
            known[count], count = key, count + 1
            slots[place] = count
        keys[row] = slots[place] - 1
    return count


@compiled
def _part(moments: NDArray[np.int64], moment: int) -> int:
    """Return how many of the moments are before this one."""
    low, high = 0, len(moments)
    while low < high:
        middle = (low + high) // 2
        if moments[middle] < moment:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def summed_up(
    keys: NDArray[np.int64],
    seconds: NDArray[np.int64],
    width_s: int,
    moments: NDArray[np.int64],
    flags: NDArray[np.uint8],
    seed: np.uint64,
    groups: NDArray[np.int64],
    counts: NDArray[np.int32],
) -> int:
    """Fill the sums by key, stretch of time and part; return how many there are.

    Parameters
    ----------
    keys
        Who, a line each; a negative one is left out.
    seconds, width_s
        [s since 1970] of each line, and [s] of a stretch.
    moments
        [µs since 1970], ascending.
    flags
        Bit k is set where count k goes up.
    groups
        Shape (lines, 5), filled: key, start [s] and part, first and last [s].
    counts
        Shape (lines, COUNTS), filled.
    """
    capacity = 16
    while capacity < 2 * len(keys):
        capacity *= 2
    slots, mask, count = np.zeros(capacity, np.int32), np.uint64(capacity - 1), 0
    for line in range(len(keys)):
        who, second = keys[line], seconds[line]
        if who < 0:
            continue
        start, part = second - second % width_s, _part(moments, second * 1_000_000)
        mixed = (np.uint64(who) * _MIX ^ np.uint64(start + part) ^ seed) * _MIX
        place = (mixed ^ (mixed >> np.uint64(31))) & mask
        while True:
            group = slots[place] - 1
            if group < 0:
                group, slots[place], count = count, count + 1, count + 1
                groups[group, 0], groups[group, 1], groups[group, 2] = who, start, part
                groups[group, 3] = groups[group, 4] = second
                counts[group, :] = 0
                break
            if groups[group, 0] == who and groups[group, 1] == start and groups[group, 2] == part:
                break
            place = (place + np.uint64(1)) & mask
        groups[group, 3], groups[group, 4] = min(groups[group, 3], second), max(groups[group, 4], second)
        for which in range(COUNTS):
            counts[group, which] += (flags[line] >> which) & 1
    return count


@compiled
def named(
    data: NDArray[np.uint8],
    spans: NDArray[np.int32],
    fits: NDArray[np.bool_],
    wanted: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    out: NDArray[np.int8],
) -> None:
    """Fill 1 where a line's host is one of the wanted or null, 0 where not, -1 where only text can tell.

    Upper case, a port and dots at the end do not count. A host with escapes or bytes beyond ASCII is text.
    """
    for line in range(len(out)):
        start, length = int(spans[0, line]), int(spans[1, line])
        out[line] = 1
        if length < 0 or not fits[line]:
            continue
        end, digits = start + length, start + length
        for at in range(start, end):
            if data[at] >= 128 or data[at] == ord("\\"):
                out[line] = -1
        while digits > start and ord("0") <= data[digits - 1] <= ord("9"):
            digits -= 1
        if digits > start and data[digits - 1] == ord(":"):
            end = digits - 1
        while end > start and data[end - 1] == ord("."):
            end -= 1
        if out[line] == 1:
            out[line] = _is_one(data, start, end - start, wanted, offsets)


@compiled
def _is_one(
    data: NDArray[np.uint8], start: int, length: int, wanted: NDArray[np.uint8], offsets: NDArray[np.int64]
) -> int:
    """Return 1 if these bytes, in lower case, are one of the wanted names."""
    for which in range(len(offsets) - 1):
        begin = offsets[which]
        if offsets[which + 1] - begin != length:
            continue
        at = 0
        while at < length:
            byte = data[start + at]
            if wanted[begin + at] != (byte + 32 if ord("A") <= byte <= ord("Z") else byte):
                break
            at += 1
        if at == length:
            return 1
    return 0
