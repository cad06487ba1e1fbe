"""Kept rows in the order of their client, stretch of time and part: counted, placed, and put right where they are not.

A client's rows are kept nearly in the order of time, so there is next to nothing to put right.
"""

from __future__ import annotations

from analyzer.logs.compiled.bits import byte, half, put_byte, put_half, put_short, put_word, short, word
from analyzer.logs.compiled.language import entry, inline
from analyzer.logs.compiled.layout import DONE, NO_ROOM

PART_BITS = 16  # of a key: below them; above, a stretch of time's start


@inline
def value_at(column: int, width: int, n: int) -> int:
    """Return a value, with its sign, of a column of so many bytes each."""
    if width == 8:
        return word(column + 8 * n)
    if width == 4:
        return half(column + 4 * n)
    if width == 2:
        return (short(column + 2 * n) ^ 0x8000) - 0x8000
    return (byte(column + n) ^ 0x80) - 0x80


@inline
def put_value(at: int, width: int, value: int) -> int:
    """Write a value in so many bytes."""
    if width == 1:
        return put_byte(at, value)
    if width == 2:
        return put_short(at, value)
    return put_half(at, value) if width == 4 else put_word(at, value)


@entry
def counted_by(client: int, width: int, count: int, places: int, counts: int) -> int:
    """Count the rows of each client (int32) at its place (int32, of each number); return `DONE`."""
    for n in range(count):
        at = counts + 4 * half(places + 4 * value_at(client, width, n))
        put_half(at, half(at) + 1)
    return DONE


@entry
def placed(client: int, start: int, part: int, widths: int, count: int, into: int) -> int:
    """Write each row's key and number where its client's next one belongs; return `DONE`.

    Parameters
    ----------
    client, start, part
        Columns.
    widths
        [bytes] of their values: three numbers.
    into
        Five numbers: where the clients' places are (int32), where the next row of each place goes (int32, moved on),
        the keys (int64) and the rows (int32), and the number of the first row.
    """
    places, next_of, keys, rows, first = word(into), word(into + 8), word(into + 16), word(into + 24), word(into + 32)
    client_width, start_width, part_width = word(widths), word(widths + 8), word(widths + 16)
    for n in range(count):
        at = next_of + 4 * half(places + 4 * value_at(client, client_width, n))
        row = half(at)
        key = (value_at(start, start_width, n) << PART_BITS) + value_at(part, part_width, n)
        put_word(keys + 8 * row, key)
        put_half(rows + 4 * row, first + n)
        put_half(at, row + 1)
    return DONE


@entry
def put_right(bounds: int, clients: int, keys: int, rows: int, patience: int) -> int:
    """Sort the rows of each client by their keys.

    Returns `DONE`, or `NO_ROOM` when more moves are needed than there is patience for: not all is sorted then.

    Parameters
    ----------
    bounds
        int32: where each client's rows begin, and where the last one's end.
    """
    for client in range(clients):
        begin = half(bounds + 4 * client)
        for n in range(begin, half(bounds + 4 * client + 4)):
            key, row, place = word(keys + 8 * n), half(rows + 4 * n), n
            while place > begin and word(keys + 8 * place - 8) > key:
                put_word(keys + 8 * place, word(keys + 8 * place - 8))
                put_half(rows + 4 * place, half(rows + 4 * place - 4))
                place -= 1
            if place < n:
                put_word(keys + 8 * place, key)
                put_half(rows + 4 * place, row)
                patience -= n - place
                if patience < 0:
                    return NO_ROOM
    return DONE


@entry
def in_order(bounds: int, places: int, clients: int, keys: int, rows: int, into: int) -> int:
    """Write one row a key, client by client; return how many they are.

    Parameters
    ----------
    places
        int32: whose rows come next.
    into
        Ten numbers: where the columns of clients, starts and parts are, and the bytes of each one's values; where the
        number of each row goes (int32), that of each row whose key was there before (int32), and where that was
        (int32); the last one is filled in: how many of those there are.
    """
    made, more, firsts, others, to = 0, 0, word(into + 48), word(into + 56), word(into + 64)
    for client in range(clients):
        place = bounds + 4 * half(places + 4 * client)
        begin = half(place)
        for n in range(begin, half(place + 4)):
            key = word(keys + 8 * n)
            if n > begin and key == word(keys + 8 * n - 8):
                put_half(others + 4 * more, half(rows + 4 * n))
                put_half(to + 4 * more, made - 1)
                more += 1
            else:
                put_value(word(into) + made * word(into + 8), word(into + 8), client)
                put_value(word(into + 16) + made * word(into + 24), word(into + 24), key // (1 << PART_BITS))
                put_value(word(into + 32) + made * word(into + 40), word(into + 40), key & ((1 << PART_BITS) - 1))
                put_half(firsts + 4 * made, half(rows + 4 * n))
                made += 1
    put_word(into + 72, more)
    return made


@entry
def picked(values: int, width: int, rows: int, count: int, into: int) -> int:
    """Write the values of some rows (int32) one after the other; return `DONE`."""
    for n in range(count):
        put_value(into + width * n, width, value_at(values, width, half(rows + 4 * n)))
    return DONE
