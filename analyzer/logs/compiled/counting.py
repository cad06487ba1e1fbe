"""A line that has been taken apart, counted: who asked, for one of the names or not, and whether it was refused."""

from __future__ import annotations

from analyzer.logs.compiled.asking import asks_blindly, first_sight, is_surely_a_request, lower, may_be_a_probe
from analyzer.logs.compiled.bits import byte, copy, half, put_half, put_word, word
from analyzer.logs.compiled.language import apart, called, inline
from analyzer.logs.compiled.layout import (
    AGENT_AT,
    AGENT_LENGTH,
    AGENTS,
    ASKED_AT,
    ASKED_BYTES,
    ASKED_LENGTH,
    CLIENT_AT,
    CLIENT_LENGTH,
    CLIENTS,
    DONE,
    FRACTION,
    KEY,
    LATEST_PAIR,
    NAME_AT,
    NAME_LENGTH,
    NO_ROOM,
    NO_VALUE,
    REFUSED,
    REFUSED_COUNT,
    REFUSED_ROOM,
    SEED,
    SERVED_BIT,
    STATUS,
    TEXT_BIT,
    TEXTS,
    TEXTS_END,
    TEXTS_ROOM,
    TIME,
    WANTED,
    WANTED_AT,
    WANTED_COUNT,
)  # fmt: skip
from analyzer.logs.compiled.rows import counted
from analyzer.logs.compiled.tables import agent_of, found_or_new, interned, length_of, pair_of, text_of
from analyzer.logs.compiled.words import same

_BEYOND_ASCII = 128
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
    at = word(record + ASKED_AT)
    seen = first_sight(at, asked, state)
    blind = asks_blindly(at, asked, seen, state)
    moment, fraction = word(record + TIME), word(record + FRACTION)
    row = counted(state, who, moment, fraction, ours, status >= _FAILED, denied, blind == 1)
    if row == NO_ROOM:
        return NO_ROOM
    is_one = status >= _REFUSED and asked > 0 and is_surely_a_request(at, asked)
    # What only a request's text tells: whether it counts, looks for holes, or is blind.
    doubted = seen & (SERVED_BIT | TEXT_BIT) if status < _REFUSED else not is_one or may_be_a_probe(at, asked, state)
    if doubted or blind == NO_VALUE:
        end, place = word(state + TEXTS_END), word(state + REFUSED) + ASKED_BYTES * refused
        copy(word(state + TEXTS) + end, at, asked)
        put_word(place, row)
        put_half(place + 8, ours)
        put_half(place + 12, blind == NO_VALUE)
        put_word(place + 16, (word(record + ASKED_LENGTH) >= 0) * (2 if status < _REFUSED else 1))
        if is_one:
            put_word(place + 16, 3)
        put_word(place + 24, end + asked)
        put_word(state + TEXTS_END, end + asked)
        put_word(state + REFUSED_COUNT, refused + 1)
    return DONE
