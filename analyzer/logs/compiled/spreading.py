"""Rows as narrow columns: how wide these have to be, and each value in its place."""

from __future__ import annotations

from analyzer.logs.compiled.bits import half, put_word, short, word
from analyzer.logs.compiled.language import entry, inline
from analyzer.logs.compiled.layout import CELL_BYTES, CELL_FIELDS, DONE, KEPT_PARTS, PAIR
from analyzer.logs.compiled.ordering import put_value

_FIELDS = tuple((8 * n, at, size) for n, (_, at, size) in enumerate(CELL_FIELDS))
_WIDTH = 8 * len(_FIELDS)  # [bytes] a number a field
_LESS, _LEAST = (1 << 63) - 1, -(1 << 63)


@inline
def field_of(row: int, at: int, size: int) -> int:
    """Return a field of a row."""
    if size == 8:
        return word(row + at)
    return half(row + at) if size == 4 else short(row + at)


@entry
def measured(rows: int, count: int, counts: int, extremes: int) -> int:
    """Fill in how many rows each part has, and each field's least and greatest value; return `DONE`.

    Parameters
    ----------
    counts
        int64, `KEPT_PARTS` zeros.
    extremes
        int64: the least ones, then the greatest ones.
    """
    for place, _at, _size in _FIELDS:
        put_word(extremes + place, _LESS)
        put_word(extremes + _WIDTH + place, _LEAST)
    for n in range(count):
        row = rows + CELL_BYTES * n
        part = counts + 8 * (half(row + PAIR) & (KEPT_PARTS - 1))
        put_word(part, word(part) + 1)
        for place, at, size in _FIELDS:
            value = field_of(row, at, size)
            put_word(extremes + place, min(word(extremes + place), value))
            put_word(extremes + _WIDTH + place, max(word(extremes + _WIDTH + place), value))
    return DONE


@entry
def spread(rows: int, count: int, places: int, widths: int) -> int:
    """Write rows as columns; return `DONE`.

    Parameters
    ----------
    places
        int64, a number for each field of each part: the address where its next value is written, and moved on.
    widths
        int64: the bytes that each field's values are written in.
    """
    for n in range(count):
        row = rows + CELL_BYTES * n
        part = places + _WIDTH * (half(row + PAIR) & (KEPT_PARTS - 1))
        for place, at, size in _FIELDS:
            value, to, width = field_of(row, at, size), word(part + place), word(widths + place)
            put_value(to, width, value)
            put_word(part + place, to + width)
    return DONE
