"""Takes lines apart by a plan: where the values kept start and end, the time, the status, and whether the line fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.logs.compiled.jit import compiled
from analyzer.logs.compiled.plan import (
    ADDRESS,
    BLANK,
    FLAG,
    HOST,
    KEPT,
    LITERAL,
    NOTHING,
    NUMBER,
    QUOTED,
    STAMP,
    STATUS,
    WORD,
)  # fmt: skip
from analyzer.logs.compiled.words import byte, closing_quote, same
from analyzer.logs.strict import LINE_LIMIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

REFUSED_AT = -1  # what a step returns where a line does not fit
_HOST = np.array([chr(n).isascii() and (chr(n).isalnum() or chr(n) in "._-") for n in range(256)])
_HEX = np.array([chr(n) in "0123456789abcdefABCDEF" for n in range(256)])
_BLANK = np.array([chr(n) in " \t\n\r\f\v" for n in range(256)])
_MONTHS = np.array([int.from_bytes(name) for name in b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()])
_DAYS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_STAMP_BYTES, _DAY_S = 28, 86_400
_NO_TIME, _NO_DAY = -1_000_000_000_000, -10_000_000  # long before any year that %t writes here
_GROUPS, _GROUP = 8, 4  # of an IPv6 address, and the most digits of one


@compiled
def _number(at: int, end: int, least: int, most: int) -> tuple[int, int]:
    """Return where a number, or `-`, ends, and its value; -1 for `-`."""
    if at < end and byte(at) == ord("-"):
        return at + 1, -1
    start, value = at, 0
    while at < end and at - start < most and ord("0") <= byte(at) <= ord("9"):
        value = value * 10 + byte(at) - ord("0")
        at += 1
    return (at, value) if at - start >= least else (REFUSED_AT, -1)


@compiled
def _two(at: int, most: int) -> int:
    """Return a number of two digits up to `most`; a negative one if it is not."""
    tens, ones = byte(at) - ord("0"), byte(at + 1) - ord("0")
    value = tens * 10 + ones
    return value if 0 <= tens <= 9 and 0 <= ones <= 9 and value <= most else -10_000


@compiled
def _day(at: int) -> int:
    """Return the days since 1970 of `23/Nov/2026`; `_NO_DAY` if it is none."""
    day, century, years = _two(at, 31), _two(at + 7, 29), _two(at + 9, 99)
    name, month = (byte(at + 3) << 16) + (byte(at + 4) << 8) + byte(at + 5), 0
    while month < 12 and _MONTHS[month] != name:
        month += 1
    if day < 1 or century < 19 or years < 0 or month == 12 or byte(at + 2) != ord("/") or byte(at + 6) != ord("/"):
        return _NO_DAY
    year = century * 100 + years
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if day > _DAYS[month] or (month == 1 and day == 29 and not leap):
        return _NO_DAY
    # Days from civil: years begin in March, so the leap day is the last one.
    shifted, from_march = (year, month - 2) if month >= 2 else (year - 1, month + 10)
    return shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400 + (153 * from_march + 2) // 5 + day - 719_469


@compiled
def _stamp(at: int, end: int) -> int:
    """Return the seconds since 1970 of `[23/Nov/2026:18:30:44 +0530]`; `_NO_TIME` if it is none, or a leap second."""
    if at + _STAMP_BYTES > end:
        return _NO_TIME
    day = _day(at + 1)
    marks = (
        byte(at) == ord("[") and byte(at + 12) == ord(":") and byte(at + 15) == ord(":") and byte(at + 18) == ord(":")
        and byte(at + 21) == ord(" ") and byte(at + 27) == ord("]")
    )  # fmt: skip
    if not marks or day == _NO_DAY:
        return _NO_TIME
    local = _two(at + 13, 23) * 3600 + _two(at + 16, 59) * 60 + _two(at + 19, 59)
    offset = _two(at + 23, 23) * 3600 + _two(at + 25, 59) * 60
    sign = byte(at + 22)
    if local < 0 or offset < 0 or (sign != ord("+") and sign != ord("-")):
        return _NO_TIME
    return day * _DAY_S + local - (offset if sign == ord("+") else -offset)


@compiled
def _address(at: int, end: int) -> int:
    """Return where a host name, an IPv4 or a plain IPv6 address ends."""
    stop = _host(at, end)
    looked = at if stop == REFUSED_AT else stop
    begins_six = looked < end and byte(looked) == ord(":")
    return _six(at, end) if begins_six else stop


@compiled
def _host(at: int, end: int) -> int:
    """Return where a host name or an IPv4 address ends."""
    start = at
    while at < end and _HOST[byte(at)]:
        at += 1
    return at if at > start else REFUSED_AT


@compiled
def _six(at: int, end: int) -> int:
    """Return where an IPv6 address without a dotted end or a zone ends."""
    groups, left, digits = 0, -1, 0
    while at < end and (_HEX[byte(at)] or byte(at) == ord(":")):
        if byte(at) != ord(":"):
            digits += 1
            groups += digits == 1
            if digits > _GROUP:
                return REFUSED_AT
        elif at + 1 < end and byte(at + 1) == ord(":"):
            if left >= 0:
                return REFUSED_AT
            left, digits = groups, 0
            at += 1
        else:
            if digits == 0:
                return REFUSED_AT  # a single colon that follows nothing
            digits = 0
        at += 1
    if byte(at - 1) == ord(":") and not (left == groups and byte(at - 2) == ord(":")):
        return REFUSED_AT
    whole = groups == _GROUPS if left < 0 else left < _GROUPS and groups - left < _GROUPS
    return at if whole else REFUSED_AT


@compiled
def _word(at: int, end: int, stop: int) -> int:
    """Return where a word ends: at white space or at one byte; a bare quote refuses the line."""
    while at < end:
        here = byte(at)
        if (stop == BLANK and _BLANK[here]) or (stop != BLANK and here == stop):
            return at
        if here == ord('"'):
            return REFUSED_AT
        at += 2 if here == ord("\\") else 1
    return at if at == end else REFUSED_AT


@compiled
def _literal(at: int, end: int, text: int, length: int) -> int:
    """Return where a literal text ends."""
    if at + length > end or byte(at) != byte(text):
        return REFUSED_AT
    return at + length if length == 1 or same(at, text, length) else REFUSED_AT


@compiled
def _one_of(at: int, end: int, what: int) -> int:
    """Return where a lone `-`, or a flag, ends."""
    fits = at < end and (byte(at) == ord("-") or (what == FLAG and (byte(at) == ord("X") or byte(at) == ord("+"))))
    return at + 1 if fits else REFUSED_AT


@compiled
def _bytes(at: int, end: int, what: int, one: int) -> int:
    """Return where what a step reads as bytes ends."""
    if what == QUOTED:
        closing = closing_quote(at, end)
        return closing if closing < end else REFUSED_AT
    if what == WORD:
        return _word(at, end, one)
    if what == ADDRESS:
        return _address(at, end)
    if what == HOST:
        return _host(at, end)
    return _one_of(at, end, what)


@compiled
def _step(at: int, end: int, what: int, one: int, other: int, literals: int) -> tuple[int, int]:
    """Return where a step ends, or `REFUSED_AT`, and the number that it gives."""
    if what == LITERAL:
        return _literal(at, end, literals + one, other), 0
    if what == NUMBER:
        return _number(at, end, one, other)
    if what == STAMP:
        second = _stamp(at, end)
        return (at + _STAMP_BYTES if second > _NO_TIME else REFUSED_AT), second
    return _bytes(at, end, what, one), 0


@compiled
def take_apart(
    data: NDArray[np.uint8],
    starts: NDArray[np.int32],
    steps: NDArray[np.int32],
    literals: NDArray[np.uint8],
    spans: NDArray[np.int32],
    numbers: NDArray[np.int64],
    fits: NDArray[np.bool_],
) -> None:
    """Fill, a line each, the values kept and what fits.

    Parameters
    ----------
    starts
        Shape (lines + 1,); `data` has all their bytes, the last one a newline.
    spans
        Shape (KEPT, 2, lines), filled: start and length; a length of -1 is null, or not in the format.
    numbers
        Shape (2, lines), filled: the time [s since 1970], and the status or -1.
    """
    base, texts = data.ctypes.data, literals.ctypes.data
    for line in range(len(starts) - 1):
        at, end = base + starts[line], base + starts[line + 1]
        fits[line] = end - at <= LINE_LIMIT
        while end > at and (byte(end - 1) == ord("\n") or byte(end - 1) == ord("\r")):
            end -= 1
        numbers[STATUS - KEPT, line] = -1
        for which in range(KEPT):
            spans[which, 1, line] = -1
        for n in range(len(steps) if fits[line] else 0):
            start, kept = at, steps[n, 3]
            at, value = _step(at, end, steps[n, 0], steps[n, 1], steps[n, 2], texts)
            if at == REFUSED_AT:
                break
            if kept >= KEPT:
                numbers[kept - KEPT, line] = value
            elif kept != NOTHING and not (at - start == 1 and byte(start) == ord("-")):
                spans[kept, 0, line], spans[kept, 1, line] = start - base, at - start
        fits[line] &= at == end
