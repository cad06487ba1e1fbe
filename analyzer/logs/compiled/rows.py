"""Sums by client, stretch of time and part, and by minute and part: rows in the order in which they begin.

Lines come nearly in the order of time, so a line belongs to the row that its client had last, or begins a new one.
What stands in two rows is added at the end.
"""

from __future__ import annotations

from analyzer.logs.compiled.bits import half, put_half, put_short, put_word, short, word
from analyzer.logs.compiled.language import called, entry, inline
from analyzer.logs.compiled.layout import (
    BLIND,
    CELL_BYTES,
    DENIED,
    DONE,
    FAILED,
    FIRST,
    FIRST_OF,
    FOREIGN,
    FULL,
    LAST,
    LAST_OF,
    LATEST_MINUTES,
    LATEST_ROW,
    MINUTE_BYTES,
    MINUTE_FAILED,
    MINUTE_PART,
    MINUTE_REQUESTS,
    MINUTES,
    MINUTES_COUNT,
    MINUTES_KEPT,
    MINUTES_ROOM,
    MOMENTS,
    MOMENTS_COUNT,
    NO_FIRST,
    NO_ROOM,
    PAIR,
    PART,
    PER_SECOND,
    PROBES,
    REQUESTS,
    ROWS,
    ROWS_COUNT,
    ROWS_ROOM,
    START,
    WIDTH,
)  # fmt: skip

_MINUTE_S, _SECOND_US = 60, 1_000_000
_NOT_YET = 1 << 62


@inline
def part_of(state: int, moment: int) -> int:
    """Return how many of the moments are before a time [µs since 1970]."""
    low, high = 0, word(state + MOMENTS_COUNT)
    while low < high:
        middle = (low + high) >> 1
        if word(word(state + MOMENTS) + 8 * middle) < moment:
            low = middle + 1
        else:
            high = middle
    return low


@inline
def row_of(state: int, pair: int, start: int, part: int) -> int:
    """Return where the row of a client's stretch of time is, a new one if it is not the client's latest."""
    latest = word(state + LATEST_ROW) + 4 * pair
    row = word(state + ROWS) + CELL_BYTES * half(latest)
    known = half(latest) >= 0 and word(row + START) == start and short(row + PART) == part
    if known and short(row + REQUESTS) + short(row + FOREIGN) < FULL:
        return row
    count = word(state + ROWS_COUNT)
    if count == word(state + ROWS_ROOM):
        return NO_ROOM
    row = word(state + ROWS) + CELL_BYTES * count
    put_word(row + START, start)
    put_word(row + PAIR, pair)  # and the part, below
    put_short(row + PART, part)
    put_half(row + REQUESTS, 0)  # and no others
    put_half(row + PROBES, 0)  # and none that failed, below
    put_half(row + DENIED, 0)  # and none that was blind
    put_word(row + FIRST_OF, NO_FIRST)
    put_half(latest, count)
    put_word(state + ROWS_COUNT, count + 1)
    return row


@called
def minute_of(state: int, second: int, part: int) -> int:
    """Return where the row of a minute is."""
    start = second - second % _MINUTE_S
    latest = state + LATEST_MINUTES + 8 * ((start // _MINUTE_S) & (MINUTES_KEPT - 1))
    row = word(state + MINUTES) + MINUTE_BYTES * word(latest)
    if word(latest) >= 0 and word(row) == start and half(row + MINUTE_PART) == part:
        return row
    count = word(state + MINUTES_COUNT)
    if count == word(state + MINUTES_ROOM):
        return NO_ROOM
    row = word(state + MINUTES) + MINUTE_BYTES * count
    put_word(row, start)
    put_word(row + MINUTE_PART, part)  # and no requests
    put_word(row + MINUTE_FAILED, 0)
    put_word(latest, count)
    put_word(state + MINUTES_COUNT, count + 1)
    return row


@inline
def counted(state: int, pair: int, second: int, fraction: int, ours: int, failed: int, denied: int, blind: int) -> int:
    """Return the row in which a line has been counted, by its number; `NO_ROOM` if there was no room for one."""
    moment, width, unit = second * _SECOND_US + fraction, word(state + WIDTH), word(state + PER_SECOND)
    part, start = part_of(state, moment), second - second % width
    late = (second - start) * unit + (fraction if unit > 1 else 0)
    minute = minute_of(state, second, part)
    row = row_of(state, pair, start, part) if minute != NO_ROOM else NO_ROOM
    if row == NO_ROOM:
        return NO_ROOM
    put_half(minute + MINUTE_REQUESTS, half(minute + MINUTE_REQUESTS) + 1)
    put_half(minute + MINUTE_FAILED, half(minute + MINUTE_FAILED) + failed)
    put_half(row + FIRST_OF, min(half(row + FIRST_OF), late))
    put_half(row + LAST_OF, max(half(row + LAST_OF), late))
    put_short(row + REQUESTS, short(row + REQUESTS) + ours)
    put_short(row + FOREIGN, short(row + FOREIGN) + 1 - ours)
    put_short(row + FAILED, short(row + FAILED) + failed)
    put_short(row + DENIED, short(row + DENIED) + denied)
    put_short(row + BLIND, short(row + BLIND) + blind)
    put_word(state + FIRST, min(word(state + FIRST), moment))
    put_word(state + LAST, max(word(state + LAST), moment))
    return (row - word(state + ROWS)) // CELL_BYTES


@called
def added(state: int, row: int, pair: int) -> int:
    """Return `DONE` when a row of another state is added; `NO_ROOM` if there is no room for it."""
    into = row_of(state, pair, word(row + START), short(row + PART))
    if into == NO_ROOM:
        return NO_ROOM
    if short(into + REQUESTS) + short(into + FOREIGN) + short(row + REQUESTS) + short(row + FOREIGN) > FULL:
        put_half(word(state + LATEST_ROW) + 4 * pair, -1)  # a row of its own
        into = row_of(state, pair, word(row + START), short(row + PART))
        if into == NO_ROOM:
            return NO_ROOM
    put_half(into + FIRST_OF, min(half(into + FIRST_OF), half(row + FIRST_OF)))
    put_half(into + LAST_OF, max(half(into + LAST_OF), half(row + LAST_OF)))
    put_short(into + REQUESTS, short(into + REQUESTS) + short(row + REQUESTS))
    put_short(into + FOREIGN, short(into + FOREIGN) + short(row + FOREIGN))
    put_short(into + PROBES, short(into + PROBES) + short(row + PROBES))
    put_short(into + FAILED, short(into + FAILED) + short(row + FAILED))
    put_short(into + DENIED, short(into + DENIED) + short(row + DENIED))
    put_short(into + BLIND, short(into + BLIND) + short(row + BLIND))
    return DONE


@entry
def merge(to: int, sources: int, count: int) -> int:
    """Add the rows of some states to one, in the order in which they begin; return `DONE`, or `NO_ROOM` on the way.

    Parameters
    ----------
    sources
        Three numbers each: a state, its pairs' numbers in the other one (int32), and how many rows are done.
    """
    while True:
        least, chosen = _NOT_YET, -1
        for n in range(count):
            one = sources + 24 * n
            done = word(one + 16)
            if done < word(word(one) + ROWS_COUNT):
                start = word(word(word(one) + ROWS) + CELL_BYTES * done + START)
                if start < least:
                    least, chosen = start, one
        if chosen == -1:
            return DONE
        row = word(word(chosen) + ROWS) + CELL_BYTES * word(chosen + 16)
        if added(to, row, half(word(chosen + 8) + 4 * half(row + PAIR))) == NO_ROOM:
            return NO_ROOM
        put_word(chosen + 16, word(chosen + 16) + 1)
