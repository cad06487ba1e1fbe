"""Takes a line apart by a plan: where the values kept start and end, the time, the status, and whether the line fits.

Up to `bits.WIDER` bytes after the line can be read, too.
"""

from __future__ import annotations

from analyzer.logs.compiled.bits import WIDE, among, byte, put_word, trailing, word
from analyzer.logs.compiled.language import called, inline
from analyzer.logs.compiled.layout import (
    AGENT_LENGTH,
    ASKED_LENGTH,
    CLIENT_LENGTH,
    MEMO,
    NAME_LENGTH,
    STATUS,
    TIME,
)  # fmt: skip
from analyzer.logs.compiled.plan import (
    ADDRESS,
    BLANK,
    FLAG,
    HOST,
    LITERAL,
    NOTHING,
    NUMBER,
    QUOTED,
    STAMP,
    WORD,
)  # fmt: skip
from analyzer.logs.compiled.words import closing_quote, low_bytes
from analyzer.logs.rows import LINE_LIMIT

STEPS: tuple[tuple[int, int, int, int], ...] = ()  # a format's, when it is compiled
REFUSED_AT = -1  # what a step returns where a line does not fit; no address is below 0
_STAMP_BYTES, _DAY_S = 28, 86_400
_NO_TIME, _NO_DAY = -1_000_000_000_000, -10_000_000  # long before any year that %t writes here
_GROUPS, _GROUP = 8, 4  # of an IPv6 address, and the most digits of one
MONTHS = tuple(
    (n, int.from_bytes(name)) for n, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())
)
_LONG_MONTHS = sum(1 << n for n in (0, 2, 4, 6, 7, 9, 11))  # a bit each
_FEBRUARY = 1
_IN_HOSTS, _IN_SIX = "azAZ09--..__", "09afAF::"


@inline
def number(at: int, least: int, most: int) -> int:
    """Return where a number, or `-`, ends."""
    if byte(at) == ord("-"):
        return at + 1
    digits = trailing(~among(at, "09"))
    return at + digits if least <= digits <= most else REFUSED_AT


@inline
def status_at(at: int) -> int:
    """Return a number of three digits; -1 for `-`."""
    if byte(at) == ord("-"):
        return -1
    return byte(at) * 100 + byte(at + 1) * 10 + byte(at + 2) - ord("0") * 111


@inline
def two(at: int, most: int) -> int:
    """Return a number of two digits up to `most`; a negative one if it is not."""
    tens, ones = byte(at) - ord("0"), byte(at + 1) - ord("0")
    value = tens * 10 + ones
    return value if 0 <= tens <= 9 and 0 <= ones <= 9 and value <= most else -10_000


@called
def day_of(at: int) -> int:
    """Return the days since 1970 of `23/Nov/2026`; `_NO_DAY` if it is none."""
    day, century, years = two(at, 31), two(at + 7, 29), two(at + 9, 99)
    name, month = (byte(at + 3) << 16) + (byte(at + 4) << 8) + byte(at + 5), 12
    for n, text in MONTHS:
        if name == text:
            month = n
    if day < 1 or century < 19 or years < 0 or month == 12 or byte(at + 2) != ord("/") or byte(at + 6) != ord("/"):
        return _NO_DAY
    year = century * 100 + years
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    longest = 30 + ((_LONG_MONTHS >> month) & 1)
    if month == _FEBRUARY:
        longest = 29 if leap else 28
    if day > longest:
        return _NO_DAY
    # Days from civil: years begin in March, so the leap day is the last one.
    shifted, from_march = year, month - 2
    if month < 2:
        shifted, from_march = year - 1, month + 10
    return shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400 + (153 * from_march + 2) // 5 + day - 719_469


@called
def whole_stamp(at: int) -> int:
    """Return the seconds since 1970 of `[23/Nov/2026:18:30:44 +0530]`; `_NO_TIME` if it is none, or a leap second."""
    day = day_of(at + 1)
    marks = (
        byte(at) == ord("[") and byte(at + 12) == ord(":") and byte(at + 15) == ord(":") and byte(at + 18) == ord(":")
        and byte(at + 21) == ord(" ") and byte(at + 27) == ord("]")
    )  # fmt: skip
    if not marks or day == _NO_DAY:
        return _NO_TIME
    hour, minute, second = two(at + 13, 23), two(at + 16, 59), two(at + 19, 59)
    local = hour * 3600 + minute * 60 + second
    offset = two(at + 23, 23) * 3600 + two(at + 25, 59) * 60
    sign = byte(at + 22)
    if local < 0 or offset < 0 or (sign != ord("+") and sign != ord("-")):
        return _NO_TIME
    return day * _DAY_S + local - (offset if sign == ord("+") else -offset)


@inline
def stamp(at: int, end: int, state: int) -> int:
    """Return what `whole_stamp` does; most lines are of the same minute as the one before."""
    if at + _STAMP_BYTES > end:
        return _NO_TIME
    memo, zone = state + MEMO, word(at + 20) >> 8
    known = word(at) == word(memo) and word(at + 8) == word(memo + 8) and word(at + 11) == word(memo + 16)
    if known and zone == word(memo + 24):
        second = two(at + 19, 59)
        return word(memo + 32) + second if second >= 0 else _NO_TIME
    moment = whole_stamp(at)
    if moment != _NO_TIME:
        put_word(memo, word(at))
        put_word(memo + 8, word(at + 8))
        put_word(memo + 16, word(at + 11))
        put_word(memo + 24, zone)
        put_word(memo + 32, moment - two(at + 19, 59))
    return moment


@inline
def host(at: int) -> int:
    """Return where a host name or an IPv4 address ends."""
    start, some = at, trailing(~among(at, _IN_HOSTS))
    while some == WIDE:
        at += WIDE
        some = trailing(~among(at, _IN_HOSTS))
    at += some
    return at if at > start else REFUSED_AT


@called
def six(at: int, end: int) -> int:
    """Return where an IPv6 address without a dotted end or a zone ends."""
    groups, left, digits = 0, -1, 0
    while at < end and among(at, _IN_SIX) & 1:
        if byte(at) != ord(":"):
            digits += 1
            groups += digits == 1
            if digits > _GROUP:
                return REFUSED_AT
        elif at + 1 < end and byte(at + 1) == ord(":"):
            if left >= 0:
                return REFUSED_AT
            left, digits = groups, 0
            at += 1
        else:
            if digits == 0:
                return REFUSED_AT  # a single colon that follows nothing
            digits = 0
        at += 1
    if byte(at - 1) == ord(":") and not (left == groups and byte(at - 2) == ord(":")):
        return REFUSED_AT
    whole = groups == _GROUPS if left < 0 else left < _GROUPS and groups - left < _GROUPS
    return at if whole else REFUSED_AT


@inline
def address(at: int, end: int) -> int:
    """Return where a host name, an IPv4 or a plain IPv6 address ends."""
    stop = host(at)
    looked = at if stop == REFUSED_AT else stop
    return six(at, end) if byte(looked) == ord(":") else stop


@inline
def free_word(at: int, end: int, stop: int) -> int:
    """Return where a word ends: at white space or at one byte; a bare quote refuses the line."""
    while at < end:
        here = byte(at)
        blank = here == ord(" ") or ord("\t") <= here <= ord("\r")
        if (stop == BLANK and blank) or (stop != BLANK and here == stop):
            return at
        if here == ord('"'):
            return REFUSED_AT
        at += 2 if here == ord("\\") else 1
    return at if at == end else REFUSED_AT


@inline
def one_of(at: int, what: int) -> int:
    """Return where a lone `-`, or a flag, ends."""
    fits = byte(at) == ord("-") or (what == FLAG and (byte(at) == ord("X") or byte(at) == ord("+")))
    return at + 1 if fits else REFUSED_AT


@inline
def text_end(at: int, end: int, what: int, one: int) -> int:
    """Return where what a step reads as bytes ends."""
    if what == QUOTED:
        closing = closing_quote(at, end)
        return closing if closing < end else REFUSED_AT
    if what == WORD:
        return free_word(at, end, one)
    if what == ADDRESS:
        return address(at, end)
    return host(at) if what == HOST else one_of(at, what)


@inline
def step(at: int, end: int, what: int, one: int, other: int, kept: int, record: int, state: int) -> int:
    """Return where a step ends, or `REFUSED_AT`; what it gives is in the record then."""
    if what == LITERAL:
        return at + other if at + other <= end and low_bytes(word(at), other) == one else REFUSED_AT
    if what == NUMBER:
        if kept != NOTHING:
            put_word(record + STATUS, status_at(at))
        return number(at, one, other)
    if what == STAMP:
        second = stamp(at, end, state)
        put_word(record + TIME, second)
        return at + _STAMP_BYTES if second > _NO_TIME else REFUSED_AT
    stop = text_end(at, end, what, one)
    if kept != NOTHING and stop != REFUSED_AT and not (stop - at == 1 and byte(at) == ord("-")):
        put_word(record + 16 * kept, at)
        put_word(record + 16 * kept + 8, stop - at)
    return stop


@called
def fits(at: int, end: int, record: int, state: int) -> int:
    """Return whether a line fits the format; its values are in the record then."""
    too_long = end - at > LINE_LIMIT
    while end > at and (byte(end - 1) == ord("\n") or byte(end - 1) == ord("\r")):
        end -= 1
    put_word(record + STATUS, -1)
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
    return at == end
