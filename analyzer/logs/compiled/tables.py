"""Tables of distinct byte strings by number.

A slot is 0, or a part of the string's hash above and its number + 1 below: most strings that differ are told apart
without looking at them. There are at least twice as many slots as strings.
"""

from __future__ import annotations

from analyzer.logs.compiled.bits import copy, half, put_half, put_word, word
from analyzer.logs.compiled.language import called, entry, inline
from analyzer.logs.compiled.layout import ARENA, COUNT, DONE, MASK, NO_ROOM, OFFSETS, PAIR_KEY, PAIRS, ROOM, SEED, SLOTS
from analyzer.logs.compiled.words import hashed, same

_NUMBER = (1 << 32) - 1  # the part of a slot that is a number


@inline
def interned(table: int, at: int, length: int, seed: int) -> int:
    """Return the number of a string, a new one if there is none; `NO_ROOM` if there is no room for it."""
    return found_or_new(table, at, length, hashed(at, length, seed))


@inline
def found_or_new(table: int, at: int, length: int, key: int) -> int:
    """Return what `interned` does, of a string whose hash is known."""
    mask, slots = word(table + MASK), word(table + SLOTS)
    offsets, arena = word(table + OFFSETS), word(table + ARENA)
    place = key & mask
    slot = word(slots + 8 * place)
    while slot != 0:
        if (slot >> 32) == (key >> 32):
            code = (slot & _NUMBER) - 1
            begin = word(offsets + 8 * code)
            if word(offsets + 8 * code + 8) - begin == length and same(at, arena + begin, length):
                return code
        place = (place + 1) & mask
        slot = word(slots + 8 * place)
    count = word(table + COUNT)
    begin = word(offsets + 8 * count)
    if 2 * count >= mask or begin + length > word(table + ROOM):
        return NO_ROOM
    copy(arena + begin, at, length)
    put_word(offsets + 8 * count + 8, begin + length)
    put_word(slots + 8 * place, ((key >> 32) << 32) | (count + 1))
    put_word(table + COUNT, count + 1)
    return count


@called
def text_of(table: int, code: int) -> int:
    """Return where a string of a table stands."""
    return word(table + ARENA) + word(word(table + OFFSETS) + 8 * code)


@called
def length_of(table: int, code: int) -> int:
    """Return how long a string of a table is."""
    offset = word(table + OFFSETS) + 8 * code
    return word(offset + 8) - word(offset)


@entry
def rehash(table: int, seed: int) -> int:
    """Fill empty slots with the strings that there are."""
    mask, slots = word(table + MASK), word(table + SLOTS)
    for code in range(word(table + COUNT)):
        key = hashed(text_of(table, code), length_of(table, code), seed)
        place = key & mask
        while word(slots + 8 * place) != 0:
            place = (place + 1) & mask
        put_word(slots + 8 * place, ((key >> 32) << 32) | (code + 1))
    return DONE


@entry
def adopt(to: int, table: int, source: int, first: int, codes: int) -> int:
    """Give a table the strings of another one of the same place from a number on; return how far that is done.

    Parameters
    ----------
    to, source
        States.
    table
        Which of their tables.
    codes
        int32, filled: the number that each has now.
    """
    count = word(source + table + COUNT)
    for code in range(first, count):
        text, length = text_of(source + table, code), length_of(source + table, code)
        found = interned(to + table, text, length, word(to + SEED))
        if found == NO_ROOM:
            return code
        put_half(codes + 4 * code, found)
    return count


@inline
def key_of(state: int, pair: int) -> int:
    """Return a pair as it stands in its table: the number of the client above, that of the agent + 1 below."""
    return word(word(state + PAIRS + ARENA) + 8 * pair)


@inline
def agent_of(state: int, pair: int) -> int:
    """Return the number of a pair's agent, or -1."""
    return (key_of(state, pair) & _NUMBER) - 1


@called
def pair_of(state: int, client: int, agent: int) -> int:
    """Return the number of a client's address and agent (a number, or -1)."""
    put_word(state + PAIR_KEY, (client << 32) | (agent + 1))
    return interned(state + PAIRS, state + PAIR_KEY, 8, word(state + SEED))


@entry
def adopt_pairs(to: int, source: int, first: int, maps: int) -> int:
    """Do as `adopt` does for pairs.

    Parameters
    ----------
    maps
        Three addresses of int32: the new numbers of clients and of agents, and those of pairs, to be filled.
    """
    count = word(source + PAIRS + COUNT)
    for code in range(first, count):
        client, agent = key_of(source, code) >> 32, agent_of(source, code)
        new_agent = half(word(maps + 8) + 4 * agent) if agent >= 0 else -1
        found = pair_of(to, half(word(maps) + 4 * client), new_agent)
        if found == NO_ROOM:
            return code
        put_half(word(maps + 16) + 4 * code, found)
    return count
