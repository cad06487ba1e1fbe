"""Takes a line apart by a plan: where the values kept start and end, the time, the status, and whether the line fits.

Up to `bits.WIDER` bytes after the line can be read, too.
"""

from __future__ import annotations

from analyzer.logs.compiled.addresses import address, host, peer
from analyzer.logs.compiled.bits import among, byte, put_word, trailing, word
from analyzer.logs.compiled.caddy import caddy
from analyzer.logs.compiled.captures import captured, captured_agent, captured_host, to_agent, to_host
from analyzer.logs.compiled.language import apart, inline
from analyzer.logs.compiled.layout import (
    AGENT_LENGTH,
    ASKED_LENGTH,
    CLIENT_LENGTH,
    FRACTION,
    NAME_LENGTH,
    REFUSED_AT,
    STATUS,
    TIME,
)  # fmt: skip
from analyzer.logs.compiled.stamps import NO_TIME, STAMP_BYTES, clock, epoch, fraction, moment, stamp
from analyzer.logs.compiled.steps import (
    ADDRESS,
    BARE,
    CADDY,
    CAPTURED,
    CAPTURED_AGENT,
    CAPTURED_HOST,
    CLOCK,
    CODE,
    DIGITS,
    EPOCH,
    FLAG,
    HOST,
    IDENT,
    LETTERS,
    LITERAL,
    MOMENT,
    NOTHING,
    NUMBER,
    OF_A_SECOND,
    PEER,
    PORT_DIGITS,
    QUOTED,
    REQUEST,
    REST,
    STAMP,
    SYSLOG,
    TAIL,
    TO_AGENT,
    TO_HOST,
    TO_LAST,
    TO_QUOTE,
    UNBROKEN,
    USER,
    WORD,
)  # fmt: skip
from analyzer.logs.compiled.syslog import syslog
from analyzer.logs.compiled.texts import (
    bare,
    free_word,
    name,
    request,
    rest,
    tail,
    to_last,
    to_quote,
    user,
)  # fmt: skip
from analyzer.logs.compiled.words import closing_quote, low_bytes
from analyzer.logs.rows import LINE_LIMIT

STEPS: tuple[tuple[int, int, int, int], ...] = ()  # a format's, when it is compiled
_MARK = 0xEF  # of UTF-8, that an editor may write before all else: its first byte
_LAST_PORT = 65_535
_UNKNOWN = -2  # what is none of some steps


@inline
def number(at: int, least: int, most: int) -> int:
    """Return where a number, or `-`, ends."""
    if byte(at) == ord("-"):
        return at + 1
    return digit_run(at, least, most)


@inline
def digit_run(at: int, least: int, most: int) -> int:
    """Return where digits end."""
    some = trailing(~among(at, "09"))
    if most == PORT_DIGITS and some == PORT_DIGITS and five(at) > _LAST_PORT:
        return REFUSED_AT
    return at + some if least <= some <= most else REFUSED_AT


@inline
def five(at: int) -> int:
    """Return what five digits say."""
    value = 0
    for n in range(PORT_DIGITS):
        value = value * 10 + byte(at + n) - ord("0")
    return value


@inline
def signed(at: int, most: int, below: int) -> int:
    """Return where a number ends that may have a `+`, or be `-1`."""
    if byte(at) == ord("-"):
        return at + 2 if below and byte(at + 1) == ord("1") else REFUSED_AT
    return digit_run(at + (byte(at) == ord("+")), 1, most)


@inline
def status_at(at: int) -> int:
    """Return a number of three digits; -1 for `-` and `-1`."""
    if byte(at) == ord("-"):
        return -1
    return byte(at) * 100 + byte(at + 1) * 10 + byte(at + 2) - ord("0") * 111


@inline
def flag(at: int) -> int:
    """Return where a flag ends."""
    return at + 1 if byte(at) == ord("-") or byte(at) == ord("X") or byte(at) == ord("+") else REFUSED_AT


@inline
def letters(at: int, least: int, most: int) -> int:
    """Return where letters and dashes end."""
    some = trailing(~among(at, "azAZ--"))
    return at + some if least <= some <= most else REFUSED_AT


@inline
def foreign_end(at: int, end: int, what: int, one: int, other: int) -> int:
    """Return where a step of another server's line ends."""
    if what == BARE:
        return bare(at, end, one, other)
    if what == PEER:
        return peer(at, end)
    if what == TO_QUOTE:
        return to_quote(at, end)
    if what == SYSLOG:
        return syslog(at, end)
    if what == CAPTURED:
        return captured(at, end)
    if what == TAIL:
        return tail(at, end)
    return letters(at, one, other) if what == LETTERS else signed(at, one, other)


@inline
def header_end(at: int, end: int, what: int) -> int:
    """Return where a captured header, or what stands before it, ends."""
    if what == TO_HOST:
        return to_host(at, end)
    if what == CAPTURED_HOST:
        return captured_host(at, end)
    return to_agent(at, end) if what == TO_AGENT else captured_agent(at, end)


@inline
def text_end(at: int, end: int, what: int, one: int, other: int) -> int:
    """Return where what a step reads as bytes ends."""
    if what == QUOTED:
        closing = closing_quote(at, end)
        return closing if closing < end else REFUSED_AT
    if what == WORD:
        return free_word(at, end, one, other)
    if what == ADDRESS:
        return address(at, end)
    if what == HOST:
        return host(at)
    if what == IDENT:
        return name(at, end, one)
    if what == FLAG:
        return flag(at)
    if what == USER:
        return user(at, end, one, other)
    if what == REQUEST:
        return request(at, end, one, other)
    if what == TO_LAST:
        return to_last(at, end, one)
    return rest(at, end) if what == REST else foreign_end(at, end, what, one, other)


@inline
def time_end(at: int, end: int, what: int, one: int, other: int, record: int, state: int) -> int:
    """Return where a step of a time ends; `_UNKNOWN` if it is another step."""
    if what == STAMP:
        second = stamp(at, end, state)
        put_word(record + TIME, second)
        return at + STAMP_BYTES if second > NO_TIME else REFUSED_AT
    if what == EPOCH:
        return epoch(at, one, other, record)
    if what == CLOCK:
        return clock(at, one, state)
    if what == MOMENT:
        second = moment(state)
        put_word(record + TIME, second)
        return at if second > NO_TIME else REFUSED_AT
    return fraction(at, one, other, record) if what == OF_A_SECOND else _UNKNOWN


@inline
def counted_end(at: int, what: int, one: int, other: int, kept: int, record: int) -> int:
    """Return where a step of a number ends; `_UNKNOWN` if it is another step."""
    if what == NUMBER or what == CODE:
        if kept != NOTHING:
            put_word(record + STATUS, status_at(at))
        if what == CODE:
            return signed(at, 3, 1) if byte(at) == ord("-") else digit_run(at, 3, 3)
        return number(at, one, other)
    return digit_run(at, one, other) if what == DIGITS else _UNKNOWN


@inline
def step(at: int, end: int, what: int, one: int, other: int, kept: int, record: int, state: int) -> int:
    """Return where a step ends, or `REFUSED_AT`; what it gives is in the record then."""
    if what == LITERAL:
        return at + other if at + other <= end and low_bytes(word(at), other) == one else REFUSED_AT
    if what == NUMBER or what == CODE or what == DIGITS:
        return counted_end(at, what, one, other, kept, record)
    if what == STAMP or what == EPOCH or what == CLOCK or what == MOMENT or what == OF_A_SECOND:
        return time_end(at, end, what, one, other, record, state)
    if what == CADDY:
        return caddy(at, end, record, state)
    if what == UNBROKEN:
        return REFUSED_AT if byte(at) == 0 or byte(at) == _MARK else at
    header = what == TO_HOST or what == CAPTURED_HOST or what == TO_AGENT or what == CAPTURED_AGENT
    stop = header_end(at, end, what) if header else text_end(at, end, what, one, other)
    if header and stop == at:
        return at
    if kept != NOTHING and stop != REFUSED_AT and not (stop - at == 1 and byte(at) == ord("-")):
        put_word(record + 16 * kept, at)
        put_word(record + 16 * kept + 8, stop - at)
    return stop


@apart
def fits(at: int, end: int, record: int, state: int) -> int:
    """Return whether a line fits the format; its values are in the record then."""
    too_long = end - at > LINE_LIMIT
    while end > at and (byte(end - 1) == ord("\n") or byte(end - 1) == ord("\r")):
        end -= 1
    put_word(record + STATUS, -1)
    put_word(record + FRACTION, 0)
    put_word(record + CLIENT_LENGTH, -1)
    put_word(record + AGENT_LENGTH, -1)
    put_word(record + NAME_LENGTH, -1)
    put_word(record + ASKED_LENGTH, -1)
    if too_long:
        return False
    for what, one, other, kept in STEPS:
        at = step(at, end, what, one, other, kept, record, state)
        if at == REFUSED_AT:
            return False
    while at < end and (byte(at) == ord(" ") or byte(at) == ord("\t")):
        at += 1
    return at == end
