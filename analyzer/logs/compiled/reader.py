"""A thread's share of the lines: taken apart, looked up, summed up."""

from __future__ import annotations

from analyzer.logs.compiled.bits import WIDER, among, byte, copy, equal, fetch, half, put_half, put_word, trailing, word
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
    HEADS,
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
from analyzer.logs.holes import FACTOR, HEAD, LOWER, METHOD, SHIFT, TABLE_BITS

_NEWLINE = ord("\n")
_HTTP_1 = int.from_bytes(b" HTTP/1.", "little")
_BEYOND_ASCII = 128
_HIGH_BITS = 0x8080_8080
_NUMBER = (1 << 32) - 1
_TABLE_MASK = (1 << TABLE_BITS) - 1
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


@inline
def is_of_text(letter: int) -> int:
    """Return whether a byte may be a part of what is another letter as text."""
    return letter == ord("\\") or letter >= _BEYOND_ASCII


@inline
def may_look_for_holes(at: int, length: int, state: int) -> int:
    """Return whether the path that is asked for begins like one that nobody serves, by its first four bytes.

    Where escapes, or bytes beyond ASCII, are among what is looked at, only text can tell.
    """
    place, last = at, at + min(length - HEAD - 1, METHOD)
    while place < last and byte(place) != ord("/") and not is_of_text(byte(place)):
        place += 1
    if place > last or byte(place) != ord("/"):
        return place <= last and is_of_text(byte(place))
    head = half(place + 1)
    if head & _HIGH_BITS or trailing(equal(place + 1, ord("\\"))) < HEAD:
        return True
    head = (head | LOWER) & _NUMBER
    return byte(word(state + HEADS) + ((head * FACTOR >> SHIFT) & _TABLE_MASK)) == 1


@inline
def is_surely_a_request(at: int, length: int) -> int:
    """Return whether a request line is one at first sight: a method in capitals, a path, and HTTP's version behind it.

    Escapes within do not count: none reaches over the slash, or into the last nine bytes.
    """
    slash, last = at + trailing(~among(at, "AZ")) + 1, at + length - 9
    return (
        at + 1 < slash < last
        and byte(slash - 1) == ord(" ")
        and byte(slash) == ord("/")
        and word(last) == _HTTP_1
        and ord("0") <= byte(last + 8) <= ord("9")
    )


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
    if status >= _REFUSED or may_look_for_holes(word(record + ASKED_AT), asked, state):
        end, place = word(state + TEXTS_END), word(state + REFUSED) + ASKED_BYTES * refused
        copy(word(state + TEXTS) + end, word(record + ASKED_AT), asked)
        put_word(place, row)
        put_word(place + 8, ours)
        put_word(place + 16, (word(record + ASKED_LENGTH) >= 0) * (2 if status < _REFUSED else 1))
        if status >= _REFUSED and asked > 0 and is_surely_a_request(word(record + ASKED_AT), asked):
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
