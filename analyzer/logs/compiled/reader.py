"""A thread's share of the lines: found, taken apart, looked up, summed up."""

from __future__ import annotations

from analyzer.logs.compiled.bits import WIDER, byte, equal, fetch, half, put_half, put_word, trailing, word
from analyzer.logs.compiled.counting import folded_in
from analyzer.logs.compiled.language import called, entry, inline
from analyzer.logs.compiled.layout import (
    AGENTS,
    ARENA,
    CELL_BYTES,
    CLIENT_AT,
    CLIENT_LENGTH,
    CLIENTS,
    DASH_TEXT,
    DONE,
    FITS,
    FOUND,
    GROUP,
    GUESS,
    KEY,
    LATEST_PAIR,
    LATEST_ROW,
    LEFT,
    LEFT_COUNT,
    LEFT_ROOM,
    MASK,
    NO_ROOM,
    NO_VALUE,
    OFFSETS,
    PAIRS,
    RECORD,
    ROWS,
    SCAN_BYTES,
    SCANNED,
    SCRATCH,
    SEED,
    SLOTS,
    TAKEN,
)  # fmt: skip
from analyzer.logs.compiled.lines import fits
from analyzer.logs.compiled.tables import agent_of, text_of
from analyzer.logs.compiled.words import hashed

_NEWLINE = ord("\n")
_NUMBER = (1 << 32) - 1


@inline
def hashed_client(record: int, state: int) -> int:
    """Give a record the hash of its client, and have the slot come nearer."""
    if word(record + CLIENT_LENGTH) < 0:
        put_word(record + CLIENT_AT, state + DASH_TEXT)
        put_word(record + CLIENT_LENGTH, 1)
    key = hashed(word(record + CLIENT_AT), word(record + CLIENT_LENGTH), word(state + SEED))
    put_word(record + KEY, key)
    return fetch(word(state + CLIENTS + SLOTS) + 8 * (key & word(state + CLIENTS + MASK)))


@called
def fetched(records: int, count: int, state: int) -> int:
    """Have what some records will be looked up in come nearer, one step after the other: lookups wait for memory."""
    clients, pairs, agents = state + CLIENTS, state + PAIRS, state + AGENTS
    for n in range(count):
        record = records + RECORD * n
        slot = word(word(clients + SLOTS) + 8 * (word(record + KEY) & word(clients + MASK)))
        guess = (slot & _NUMBER) - 1
        put_word(record + GUESS, guess)
        if guess >= 0:
            fetch(word(clients + OFFSETS) + 8 * guess)
            fetch(word(state + LATEST_PAIR) + 4 * guess)
    for n in range(count):
        record = records + RECORD * n
        guess = word(record + GUESS)
        if guess >= 0:
            fetch(text_of(clients, guess))
            guess = half(word(state + LATEST_PAIR) + 4 * guess)
            put_word(record + GUESS, guess)
        if guess >= 0:
            fetch(word(pairs + ARENA) + 8 * guess)
            fetch(word(state + LATEST_ROW) + 4 * guess)
    for n in range(count):
        record = records + RECORD * n
        guess = word(record + GUESS)
        if guess >= 0:
            fetch(word(state + ROWS) + CELL_BYTES * half(word(state + LATEST_ROW) + 4 * guess))
            guess = agent_of(state, guess)
            put_word(record + GUESS, guess)
            fetch(word(agents + OFFSETS) + 8 * guess)
    for n in range(count):
        guess = word(records + RECORD * n + GUESS)
        if guess >= 0:
            fetch(text_of(agents, guess))
            fetch(text_of(agents, guess) + WIDER)
    return DONE


@called
def taken_group(state: int, data: int, starts: int, first: int, after: int) -> int:
    """Fold at most `GROUP` lines; return the one that there was no room for, or the one after them."""
    records, count = state + SCRATCH, after - first
    for n in range(count):
        at, record = data + half(starts + 4 * (first + n)), records + RECORD * n
        put_word(record + FITS, fits(at, data + half(starts + 4 * (first + n) + 4), record, state))
        hashed_client(record, state)
    fetched(records, count, state)
    for n in range(count):
        found = folded_in(records + RECORD * n, state) if word(records + RECORD * n + FITS) else NO_VALUE
        if found == NO_VALUE and word(state + LEFT_COUNT) == word(state + LEFT_ROOM):
            found = NO_ROOM
        if found == NO_ROOM:
            return first + n
        if found == NO_VALUE:
            put_half(word(state + LEFT) + 4 * word(state + LEFT_COUNT), first + n)
            put_word(state + LEFT_COUNT, word(state + LEFT_COUNT) + 1)
    return after


@entry
def take(state: int, data: int, starts_at: int, length: int) -> int:
    """Fold the lines of a text that end `bits.WIDER` bytes before its end, or earlier; return `DONE`, or `NO_ROOM`.

    Lines are found shortly before they are folded: they are in the processor's cache then.

    Parameters
    ----------
    starts_at
        int32: where in `data` lines begin, and where the last one ends; the state says of how many that is known.
    """
    first, found, safe = word(state + TAKEN), word(state + FOUND), length - WIDER
    while True:
        while found < first + GROUP and word(state + SCANNED) < length:
            begin = word(state + SCANNED)
            put_word(state + SCANNED, min(begin + SCAN_BYTES, length))
            found += starts(data, begin, word(state + SCANNED), starts_at + 4 * found + 4)
            put_word(state + FOUND, found)
        after = min(first + GROUP, found)
        while after > first and half(starts_at + 4 * after) > safe:
            after -= 1
        if after == first:
            return DONE
        first = taken_group(state, data, starts_at, first, after)
        put_word(state + TAKEN, first)
        if first < after:
            return NO_ROOM


@entry
def take_records(state: int, records: int, first: int, end: int) -> int:
    """Fold records that were made otherwise, as `take` does."""
    for line in range(first, end):
        hashed_client(records + RECORD * line, state)
        if folded_in(records + RECORD * line, state) == NO_ROOM:
            return line
    return end


@entry
def starts(data: int, first: int, length: int, into: int) -> int:
    """Return how many places are filled in as int32: where lines end in some bytes, looked for from a place on."""
    at, place = first, into
    while at + WIDER <= length:
        found = equal(data + at, _NEWLINE)
        put_half(place, at + trailing(found) + 1)  # most have one at most: whether they do decides no jump
        found, place = found & (found - 1), place + 4 * (found != 0)
        while found != 0:
            put_half(place, at + trailing(found) + 1)
            found, place = found & (found - 1), place + 4
        at += WIDER
    while at < length:
        if byte(data + at) == _NEWLINE:
            put_half(place, at + 1)
            place += 4
        at += 1
    return (place - into) >> 2
