"""A thread's share of the lines: taken apart, looked up, summed up."""

from __future__ import annotations

from analyzer.logs.compiled.asking import is_surely_a_request, may_count
from analyzer.logs.compiled.bits import WIDER, byte, copy, equal, fetch, half, put_half, put_word, trailing, word
from analyzer.logs.compiled.language import apart, called, entry, inline
from analyzer.logs.compiled.layout import (
    AGENT_AT,
    AGENT_LENGTH,
    AGENTS,
    ARENA,
    ASKED_AT,
    ASKED_BYTES,
    ASKED_LENGTH,
    CELL_BYTES,
    CLIENT_AT,
    CLIENT_LENGTH,
    CLIENTS,
    DASH_TEXT,
    DONE,
    FITS,
    FRACTION,
    GROUP,
    GUESS,
    KEY,
    LATEST_PAIR,
    LATEST_ROW,
    LEFT,
    LEFT_COUNT,
    MASK,
    NAME_AT,
    NAME_LENGTH,
    NO_ROOM,
    NO_VALUE,
    OFFSETS,
    PAIRS,
    RECORD,
    REFUSED,
    REFUSED_COUNT,
    REFUSED_ROOM,
    ROWS,
    SCRATCH,
    SEED,
    SLOTS,
    STATUS,
    TEXTS,
    TEXTS_END,
    TEXTS_ROOM,
    TIME,
    WANTED,
    WANTED_AT,
    WANTED_COUNT,
)  # fmt: skip
from analyzer.logs.compiled.lines import fits
from analyzer.logs.compiled.rows import counted
from analyzer.logs.compiled.tables import agent_of, found_or_new, interned, length_of, pair_of, text_of
from analyzer.logs.compiled.words import hashed, same

_NEWLINE = ord("\n")
_BEYOND_ASCII = 128
_NUMBER = (1 << 32) - 1
_REFUSED, _FAILED = 400, 500  # status from which a request was refused (RFC 9110 section 15.5), or failed (15.6)
_LOG_IN, _SLOWLY = 401, 429  # who is let in later (`analyzer.logs.fold.LET_IN_LATER`)


@called
def named(at: int, length: int, state: int) -> int:
    """Return 1 where a host is one of the wanted, 0 where not; `NO_VALUE` where only text can tell.

    Upper case, a port and dots at the end do not count. A host with escapes or bytes beyond ASCII is text.
    """
    end, digits = at + length, at + length
    for place in range(at, end):
        if byte(place) >= _BEYOND_ASCII or byte(place) == ord("\\"):
            return NO_VALUE
    while digits > at and ord("0") <= byte(digits - 1) <= ord("9"):
        digits -= 1
    if digits > at and byte(digits - 1) == ord(":") and is_whole(at, digits - 1):
        end = digits - 1
    while end > at and byte(end - 1) == ord("."):
        end -= 1
    for which in range(word(state + WANTED_COUNT)):
        begin = word(word(state + WANTED_AT) + 8 * which)
        if word(word(state + WANTED_AT) + 8 * which + 8) - begin == end - at:
            place = at
            while place < end and byte(word(state + WANTED) + begin + place - at) == lower(byte(place)):
                place += 1
            if place == end:
                return 1
    return 0


@inline
def is_whole(at: int, end: int) -> int:
    """Return whether a host before a port has no colon, or brackets around it: else the port is an address's end."""
    if byte(at) == ord("[") and byte(end - 1) == ord("]"):
        return True
    while at < end and byte(at) != ord(":"):
        at += 1
    return at == end


@inline
def lower(letter: int) -> int:
    """Return a byte in lower case."""
    return letter + 32 if ord("A") <= letter <= ord("Z") else letter


@inline
def pair(record: int, state: int) -> int:
    """Return the number of who asked; most clients have the agent that they had last."""
    at, length = word(record + CLIENT_AT), word(record + CLIENT_LENGTH)
    client = found_or_new(state + CLIENTS, at, length, word(record + KEY))
    if client == NO_ROOM:
        return NO_ROOM
    latest = half(word(state + LATEST_PAIR) + 4 * client)
    at, length = word(record + AGENT_AT), word(record + AGENT_LENGTH)
    if latest >= 0:
        agent = agent_of(state, latest)
        if agent < 0 and length < 0:
            return latest
        if (
            agent >= 0
            and length_of(state + AGENTS, agent) == length
            and same(at, text_of(state + AGENTS, agent), length)
        ):
            return latest
    agent = interned(state + AGENTS, at, length, word(state + SEED)) if length >= 0 else -1
    found = pair_of(state, client, agent) if agent != NO_ROOM or length < 0 else NO_ROOM
    if found != NO_ROOM:
        put_half(word(state + LATEST_PAIR) + 4 * client, found)
    return found


@apart
def folded_in(record: int, state: int) -> int:
    """Return `DONE` when a line has been counted; `NO_ROOM`, or `NO_VALUE` if only text can tell whose it is."""
    ours, status = 1, word(record + STATUS)
    if word(state + WANTED_COUNT) and word(record + NAME_LENGTH) >= 0:
        ours = named(word(record + NAME_AT), word(record + NAME_LENGTH), state)
        if ours == NO_VALUE:
            return NO_VALUE
    refused = word(state + REFUSED_COUNT)
    asked = max(word(record + ASKED_LENGTH), 0)
    if refused == word(state + REFUSED_ROOM) or word(state + TEXTS_END) + asked > word(state + TEXTS_ROOM):
        return NO_ROOM
    who = pair(record, state)
    if who == NO_ROOM:
        return NO_ROOM
    denied = _REFUSED <= status < _FAILED and status != _LOG_IN and status != _SLOWLY  # noqa: PLR1714 -- the language
    row = counted(state, who, word(record + TIME), word(record + FRACTION), ours, status >= _FAILED, denied)
    if row == NO_ROOM:
        return NO_ROOM
    is_one = status >= _REFUSED and asked > 0 and is_surely_a_request(word(record + ASKED_AT), asked)
    if may_count(word(record + ASKED_AT), asked, status >= _REFUSED, is_one, state):
        end, place = word(state + TEXTS_END), word(state + REFUSED) + ASKED_BYTES * refused
        copy(word(state + TEXTS) + end, word(record + ASKED_AT), asked)
        put_word(place, row)
        put_word(place + 8, ours)
        put_word(place + 16, (word(record + ASKED_LENGTH) >= 0) * (2 if status < _REFUSED else 1))
        if is_one:
            put_word(place + 16, 3)
        put_word(place + 24, end + asked)
        put_word(state + TEXTS_END, end + asked)
        put_word(state + REFUSED_COUNT, refused + 1)
    return DONE


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


@entry
def take(state: int, data: int, starts: int, first: int, end: int) -> int:
    """Fold lines from the first one on; return the one that there was no room for, or `end`.

    Parameters
    ----------
    starts
        int32: where in `data` lines begin, and where the last one ends; `bits.WIDER` bytes after it can be read.
    """
    records = state + SCRATCH
    while first < end:
        count = min(GROUP, end - first)
        for n in range(count):
            at, record = data + half(starts + 4 * (first + n)), records + RECORD * n
            put_word(record + FITS, fits(at, data + half(starts + 4 * (first + n) + 4), record, state))
            hashed_client(record, state)
        fetched(records, count, state)
        for n in range(count):
            found = folded_in(records + RECORD * n, state) if word(records + RECORD * n + FITS) else NO_VALUE
            if found == NO_ROOM:
                return first + n
            if found == NO_VALUE:
                put_half(word(state + LEFT) + 4 * word(state + LEFT_COUNT), first + n)
                put_word(state + LEFT_COUNT, word(state + LEFT_COUNT) + 1)
        first += count
    return end


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
