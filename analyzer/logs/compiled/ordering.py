"""Kept rows in the order of their client, stretch of time and part: counted, placed, and put right where they are not.

A client's rows are kept nearly in the order of time, so there is next to nothing to put right.
"""

from __future__ import annotations

from analyzer.logs.compiled.bits import byte, copy, half, put_byte, put_half, put_short, put_word, short, word
from analyzer.logs.compiled.language import called, entry, inline
from analyzer.logs.compiled.layout import DONE

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


@called
def sorted_at(keys: int, rows: int, count: int, spare_keys: int, spare_rows: int) -> int:
    """Return where so many keys are in their order, with their rows: there or in what is to spare, which is as long.

    Stretches that are in order are merged, each time twice as long: nobody can write a log for which it takes long.
    """
    width = 1
    while width < count:
        for begin in range((count + 2 * width - 1) // (2 * width)):
            one = 2 * width * begin
            middle, end = min(one + width, count), min(one + 2 * width, count)
            other = middle
            for to in range(one, end):
                if one < middle and (other == end or word(keys + 8 * one) <= word(keys + 8 * other)):
                    put_word(spare_keys + 8 * to, word(keys + 8 * one))
                    put_half(spare_rows + 4 * to, half(rows + 4 * one))
                    one += 1
                else:
                    put_word(spare_keys + 8 * to, word(keys + 8 * other))
                    put_half(spare_rows + 4 * to, half(rows + 4 * other))
                    other += 1
        keys, rows, spare_keys, spare_rows = spare_keys, spare_rows, keys, rows
        width = 2 * width
    return keys


@entry
def put_right(bounds: int, clients: int, keys: int, rows: int, spare: int) -> int:
    """Sort the rows of each client by their keys; return `DONE`.

    Parameters
    ----------
    bounds
        int32: where each client's rows begin, and where the last one's end.
    spare
        Two numbers: where there is room for the keys of one client, and for its rows.
    """
    for client in range(clients):
        begin, end = half(bounds + 4 * client), half(bounds + 4 * client + 4)
        at = begin + 1
        while at < end and word(keys + 8 * at - 8) <= word(keys + 8 * at):
            at += 1
        if at < end:
            mine, numbers, count = keys + 8 * begin, rows + 4 * begin, end - begin
            if sorted_at(mine, numbers, count, word(spare), word(spare + 8)) != mine:
                copy(mine, word(spare), 8 * count)
                copy(numbers, word(spare + 8), 4 * count)
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
