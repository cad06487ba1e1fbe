"""Times in the bytes of a line: `%t` as a whole, an epoch, and the pieces of strftime that together make a moment."""

from __future__ import annotations

from analyzer.logs.compiled.bits import among, byte, put_word, trailing, word
from analyzer.logs.compiled.language import called, inline
from analyzer.logs.compiled.layout import FRACTION, MEMO, PIECES, REFUSED_AT, TIME

STAMP_BYTES = 28
NO_TIME = -1_000_000_000_000  # long before any year that %t writes here
_DAY_S, _SECOND_US, _NO_DAY = 86_400, 1_000_000, -10_000_000
_MONTHS = tuple(
    (n, int.from_bytes(name)) for n, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())
)
_LONG_MONTHS = sum(1 << n for n in (0, 2, 4, 6, 7, 9, 11))  # a bit each
_FEBRUARY, _NO_MONTH = 1, 12
_YEAR, _MONTH, _DATE, _HOUR, _MINUTE, _SECOND, _OFFSET = range(PIECES, PIECES + 56, 8)
_NO_NUMBER = -1_000_000  # less than no hour, minute and second together make up for
_PIVOT = 68  # the last two digits of years up to 2068; others are of 1969 to 1999 (POSIX strptime %y)


@inline
def two(at: int, most: int) -> int:
    """Return a number of two digits up to `most`; a negative one if it is not."""
    tens, ones = byte(at) - ord("0"), byte(at + 1) - ord("0")
    value = tens * 10 + ones
    return value if 0 <= tens <= 9 and 0 <= ones <= 9 and value <= most else _NO_NUMBER


@inline
def month_at(at: int) -> int:
    """Return the month that three letters name, from 0; `_NO_MONTH` if none."""
    name, month = (byte(at) << 16) + (byte(at + 1) << 8) + byte(at + 2), _NO_MONTH
    for n, text in _MONTHS:
        if name == text:
            month = n
    return month


@called
def days(year: int, month: int, day: int) -> int:
    """Return the days since 1970 of a date, months from 0; `_NO_DAY` if there is none."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    longest = 30 + ((_LONG_MONTHS >> month) & 1)
    if month == _FEBRUARY:
        longest = 29 if leap else 28
    if day < 1 or day > longest:
        return _NO_DAY
    # Days from civil: years begin in March, so the leap day is the last one.
    shifted, from_march = year, month - 2
    if month < 2:
        shifted, from_march = year - 1, month + 10
    return shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400 + (153 * from_march + 2) // 5 + day - 719_469


@inline
def year_at(at: int) -> int:
    """Return a year of four digits from 1900 to 2999; a negative number if it is none."""
    century, years = two(at, 29), two(at + 2, 99)
    return century * 100 + years if century >= 19 and years >= 0 else -1


@called
def day_of(at: int) -> int:
    """Return the days since 1970 of `23/Nov/2026`; `_NO_DAY` if it is none."""
    day, month, year = two(at, 31), month_at(at + 3), year_at(at + 7)
    if year < 0 or month == _NO_MONTH or byte(at + 2) != ord("/") or byte(at + 6) != ord("/"):
        return _NO_DAY
    return days(year, month, day)


@called
def whole_stamp(at: int) -> int:
    """Return the seconds since 1970 of `[23/Nov/2026:18:30:44 +0530]`; `NO_TIME` if it is none, or a leap second."""
    day = day_of(at + 1)
    marks = (
        byte(at) == ord("[") and byte(at + 12) == ord(":") and byte(at + 15) == ord(":") and byte(at + 18) == ord(":")
        and byte(at + 21) == ord(" ") and byte(at + 27) == ord("]")
    )  # fmt: skip
    if not marks or day == _NO_DAY:
        return NO_TIME
    hour, minute, second = two(at + 13, 23), two(at + 16, 59), two(at + 19, 59)
    local = hour * 3600 + minute * 60 + second
    offset = two(at + 23, 23) * 3600 + two(at + 25, 59) * 60
    sign = byte(at + 22)
    if local < 0 or offset < 0 or (sign != ord("+") and sign != ord("-")):
        return NO_TIME
    return day * _DAY_S + local - (offset if sign == ord("+") else -offset)


@inline
def stamp(at: int, end: int, state: int) -> int:
    """Return what `whole_stamp` does; most lines are of the same minute as the one before."""
    if at + STAMP_BYTES > end:
        return NO_TIME
    memo, zone = state + MEMO, word(at + 20) >> 8
    known = word(at) == word(memo) and word(at + 8) == word(memo + 8) and word(at + 11) == word(memo + 16)
    if known and zone == word(memo + 24):
        second = two(at + 19, 59)
        return word(memo + 32) + second if second >= 0 else NO_TIME
    moment = whole_stamp(at)
    if moment != NO_TIME:
        put_word(memo, word(at))
        put_word(memo + 8, word(at + 8))
        put_word(memo + 16, word(at + 11))
        put_word(memo + 24, zone)
        put_word(memo + 32, moment - two(at + 19, 59))
    return moment


@called
def epoch(at: int, most: int, a_second: int, record: int) -> int:
    """Return where an epoch of at most so many digits ends, so many of which are a second."""
    digits, value = trailing(~among(at, "09")), 0
    if digits < 1 or digits > most:
        return REFUSED_AT
    for n in range(digits):
        value = value * 10 + byte(at + n) - ord("0")
    put_word(record + TIME, value // a_second)
    if a_second > 1:  # else a fraction may stand before it
        put_word(record + FRACTION, value % a_second * (_SECOND_US // a_second))
    return at + digits


@called
def fraction(at: int, digits: int, unit: int, record: int) -> int:
    """Return where so many digits end: a part of a second, each so many µs; with a unit of 0 it is not kept."""
    if trailing(~among(at, "09")) < digits:
        return REFUSED_AT
    value = 0
    for n in range(digits):
        value = value * 10 + byte(at + n) - ord("0")
    if unit > 0:
        put_word(record + FRACTION, value * unit)
    return at + digits


@inline
def padded(at: int) -> int:
    """Return a number of two digits, the first of which may be a space; a negative number if it is none."""
    ones = byte(at + 1) - ord("0")
    if byte(at) == ord(" "):
        return ones if 0 <= ones <= 9 else -1
    return two(at, 99)


@inline
def zone(at: int) -> int:
    """Return an offset like `+0530` [s]; `NO_TIME` if it is none."""
    offset, sign = two(at + 1, 23) * 3600 + two(at + 3, 59) * 60, byte(at)
    if offset < 0 or (sign != ord("+") and sign != ord("-")):
        return NO_TIME
    return offset if sign == ord("+") else -offset


@inline
def short_year(at: int) -> int:
    """Return the year that two digits mean; a negative number if they are none."""
    years = two(at, 99)
    if years < 0:
        return -1
    return years + (1900 if years > _PIVOT else 2000)


@called
def clock(at: int, letter: int, state: int) -> int:
    """Return where what a conversion of strftime wrote ends; what it says is in the state then."""
    value, place, size = -1, _YEAR, 2
    if letter == ord("Y"):
        value, size = year_at(at), 4
    elif letter == ord("y"):
        value = short_year(at)
    elif letter == ord("z"):
        value, place, size = zone(at), _OFFSET, 5
        if value == NO_TIME:
            return REFUSED_AT
        value += _DAY_S  # an offset to the west is no refusal
    elif letter == ord("b"):
        value, place, size = month_at(at), _MONTH, 3
        if value == _NO_MONTH:
            return REFUSED_AT
    elif letter == ord("m"):
        value, place = two(at, _NO_MONTH) - 1, _MONTH
    elif letter == ord("d") or letter == ord("e"):
        value, place = two(at, 31) if letter == ord("d") else padded(at), _DATE
    elif letter == ord("H") or letter == ord("k"):
        value, place = two(at, 23) if letter == ord("H") else padded(at), _HOUR
    else:
        value, place = two(at, 59), _MINUTE if letter == ord("M") else _SECOND
    put_word(state + place, value)
    return at + size if value >= 0 else REFUSED_AT


@called
def moment(state: int) -> int:
    """Return the seconds since 1970 of what the conversions of a line said; `NO_TIME` if there is no such time."""
    day, hour = days(word(state + _YEAR), word(state + _MONTH), word(state + _DATE)), word(state + _HOUR)
    if day == _NO_DAY or hour > 23:
        return NO_TIME
    offset = word(state + _OFFSET)
    if offset != 0:
        offset -= _DAY_S
    return day * _DAY_S + hour * 3600 + word(state + _MINUTE) * 60 + word(state + _SECOND) - offset
