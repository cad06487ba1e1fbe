"""A line of Caddy in one pass: the members that say something are looked at, the others only for being JSON.

What is not as Caddy writes it every day (a key twice, escapes in what is kept, bytes beyond ASCII, another type) is
left to the strict reading.
"""

from __future__ import annotations

from analyzer.logs.compiled.bits import among, byte, put_word, trailing, word
from analyzer.logs.compiled.json_words import blanks, number_end, plain_end, string_end, value_end, whole_end
from analyzer.logs.compiled.language import called, inline
from analyzer.logs.compiled.layout import FRACTION, PIECES, REFUSED_AT, STATUS, TIME
from analyzer.logs.compiled.steps import AGENT, ASKED, CLIENT, NAME
from analyzer.logs.compiled.words import low_bytes

_LINE, _REQUEST, _HEADERS, _TLS = range(1, 5)  # which object
(
    _TS,
    _STATUS,
    _WHOLE,
    _DURATION,
    _TEXT,
    _CLIENT_IP,
    _REMOTE_IP,
    _URI,
    _HOST,
    _LISTED,
    _AGENT,
    _OF_REQUEST,
    _OF_HEADERS,
    _OF_TLS,
) = range(1, 15)  # fmt: skip -- what a member is
_NAMES = (
    (_LINE, b"ts", _TS), (_LINE, b"status", _STATUS), (_LINE, b"size", _WHOLE), (_LINE, b"bytes_read", _WHOLE),
    (_LINE, b"duration", _DURATION), (_LINE, b"user_id", _TEXT), (_LINE, b"request", _OF_REQUEST),
    (_REQUEST, b"client_ip", _CLIENT_IP), (_REQUEST, b"remote_ip", _REMOTE_IP), (_REQUEST, b"proto", _TEXT),
    (_REQUEST, b"method", _TEXT), (_REQUEST, b"host", _HOST), (_REQUEST, b"uri", _URI),
    (_REQUEST, b"headers", _OF_HEADERS), (_REQUEST, b"tls", _OF_TLS), (_HEADERS, b"User-Agent", _AGENT),
    (_HEADERS, b"Referer", _LISTED), (_HEADERS, b"X-Forwarded-For", _LISTED), (_TLS, b"version", _WHOLE),
)  # fmt: skip
_MEMBERS = tuple(
    (n, which, len(name), int.from_bytes(name[:8], "little"), int.from_bytes(name[8:], "little"), what)
    for n, (which, name, what) in enumerate(_NAMES)
)
_NUMBER, _KIND = 8, 255  # bits: a member is its number, and what it is
_SEEN, _REMOTE_AT, _REMOTE_LENGTH = range(PIECES, PIECES + 24, 8)
_SECONDS_DIGITS, _FRACTION_DIGITS, _SECOND_US = 10, 12, 1_000_000  # of a time in seconds; other units have more
_BEHIND = 22  # bits of a double behind the point, of times from 2**30 to 2**31 [s since 1970]
_EARLIEST, _LATEST = -(-(1 << 50) // _SECOND_US), (1 << 31) - 2  # in µs they have 51 bits before the point
_DURATION_DIGITS = 15


@inline
def member(which: int, at: int, length: int) -> int:
    """Return which member of an object a key names, and what it is; 0 if it says nothing."""
    found, low, high = 0, low_bytes(word(at), length), low_bytes(word(at + 8), max(length - 8, 0))
    for n, of, size, first, second, what in _MEMBERS:
        if which == of and length == size and low == first and high == second:
            found = (n << _NUMBER) | what
    return found


@inline
def kept(at: int, end: int, place: int) -> int:
    """Return what follows a string without escapes; where it is, is written down."""
    stop = plain_end(at + 1, end) if byte(at) == ord('"') else REFUSED_AT
    put_word(place, at + 1)
    put_word(place + 8, stop - at - 1)
    return stop + 1 if stop != REFUSED_AT else REFUSED_AT


@inline
def nearest(value: int, places: int) -> int:
    """Return a number without so many of its lowest bits, rounded; half to the even one."""
    whole, rest, half = value >> places, value & ((1 << places) - 1), 1 << (places - 1)
    return whole + (rest > half or (rest == half and (whole & 1)))


@inline
def microsecond(rest: int, scale: int) -> int:
    """Return what `round(float(text) * 1e6)` is more than whole seconds, the text being those and `rest / scale`.

    A double has 22 bits behind the point there, and 2 after it is multiplied.
    """
    doubled = (rest << _BEHIND) // scale
    over = 2 * ((rest << _BEHIND) - doubled * scale)
    bits = doubled + (over > scale or (over == scale and (doubled & 1)))
    quarters = nearest(bits * _SECOND_US, _BEHIND - 2)
    return nearest(quarters, 2)


@called
def moment_end(at: int, record: int) -> int:
    """Return where a time in seconds ends."""
    some, second, rest, scale = trailing(~among(at, "09")), 0, 0, 1
    if some != _SECONDS_DIGITS:
        return REFUSED_AT
    for n in range(some):
        second = second * 10 + byte(at + n) - ord("0")
    at += some
    if byte(at) == ord("."):
        some = trailing(~among(at + 1, "09"))
        if some < 1 or some > _FRACTION_DIGITS:
            return REFUSED_AT
        for n in range(some):
            rest, scale = rest * 10 + byte(at + 1 + n) - ord("0"), scale * 10
        at += 1 + some
    if second < _EARLIEST or second > _LATEST or byte(at) == ord("e") or byte(at) == ord("E"):
        return REFUSED_AT
    rest = microsecond(rest, scale)
    put_word(record + TIME, second + rest // _SECOND_US)
    put_word(record + FRACTION, rest % _SECOND_US)
    return at


@inline
def status_end(at: int, record: int) -> int:
    """Return where a status ends: one to three digits; 0 is none."""
    end, value = whole_end(at), 0
    if end == REFUSED_AT or end > at + 3:
        return REFUSED_AT
    while at < end:
        value, at = value * 10 + byte(at) - ord("0"), at + 1
    put_word(record + STATUS, value if value > 0 else -1)
    return end


@inline
def duration_end(at: int) -> int:
    """Return where a duration ends: a number not below 0 without an exponent, and not very large."""
    some = trailing(~among(at, "09"))
    if some < 1 or some >= _DURATION_DIGITS:
        return REFUSED_AT
    end = number_end(at)
    return end if end != REFUSED_AT and trailing(~among(at, "09..")) == end - at else REFUSED_AT


@inline
def list_end(at: int, end: int) -> int:
    """Return where a list of texts ends."""
    if byte(at) != ord("["):
        return REFUSED_AT
    at = blanks(at + 1)
    if byte(at) == ord("]"):
        return at + 1
    while True:
        at = string_end(at, end)
        if at == REFUSED_AT:
            return REFUSED_AT
        at = blanks(at)
        if byte(at) != ord(","):
            return at + 1 if byte(at) == ord("]") else REFUSED_AT
        at = blanks(at + 1)


@inline
def only_end(at: int, end: int, place: int) -> int:
    """Return where a list of one text without escapes ends; where the text is, is written down."""
    at = kept(blanks(at + 1), end, place) if byte(at) == ord("[") else REFUSED_AT
    if at == REFUSED_AT:
        return REFUSED_AT
    at = blanks(at)
    return at + 1 if byte(at) == ord("]") else REFUSED_AT


@called
def known_end(at: int, end: int, what: int, record: int, state: int) -> int:
    """Return where the value of a member that says something ends."""
    if what == _TEXT:
        return string_end(at, end)
    if what == _CLIENT_IP:
        return kept(at, end, record + 16 * CLIENT)
    if what == _REMOTE_IP:
        return kept(at, end, state + _REMOTE_AT)
    if what == _URI:
        return kept(at, end, record + 16 * ASKED)
    if what == _HOST:
        return kept(at, end, record + 16 * NAME)
    if what == _AGENT:
        return only_end(at, end, record + 16 * AGENT)
    if what == _LISTED:
        return list_end(at, end)
    if what == _TS:
        return moment_end(at, record)
    if what == _STATUS:
        return status_end(at, record)
    return duration_end(at) if what == _DURATION else whole_end(at)


@called
def members_end(at: int, end: int, which: int, record: int, state: int) -> int:
    """Return where an object ends; what its members say is in the record then."""
    if byte(at) != ord("{"):
        return REFUSED_AT
    at = blanks(at + 1)
    if byte(at) == ord("}"):
        return at + 1
    while True:
        close = plain_end(at + 1, end) if byte(at) == ord('"') else REFUSED_AT
        if close == REFUSED_AT:
            return REFUSED_AT
        found = member(which, at + 1, close - at - 1)
        at = blanks(close + 1)
        at = value_of(blanks(at + 1), end, found, record, state) if byte(at) == ord(":") else REFUSED_AT
        if at == REFUSED_AT:
            return REFUSED_AT
        at = blanks(at)
        if byte(at) != ord(","):
            return at + 1 if byte(at) == ord("}") else REFUSED_AT
        at = blanks(at + 1)


@called
def value_of(at: int, end: int, found: int, record: int, state: int) -> int:
    """Return where the value of a member ends."""
    if found == 0:
        return value_end(at, end)
    seen, bit, what = word(state + _SEEN), 1 << (found >> _NUMBER), found & _KIND
    if seen & bit:
        return REFUSED_AT
    put_word(state + _SEEN, seen | bit)
    if what == _OF_REQUEST:
        return members_end(at, end, _REQUEST, record, state)
    if what == _OF_HEADERS:
        return members_end(at, end, _HEADERS, record, state)
    if what == _OF_TLS:
        return members_end(at, end, _TLS, record, state)
    return known_end(at, end, what, record, state)


_NEEDED = sum(1 << n for n, (_, name, _) in enumerate(_NAMES) if name in {b"ts", b"request"})


@called
def caddy(at: int, end: int, record: int, state: int) -> int:
    """Return where a line's object ends: one with a time, a request and a client."""
    put_word(state + _SEEN, 0)
    put_word(state + _REMOTE_LENGTH, 0)
    at = members_end(blanks(at), end, _LINE, record, state)
    if at == REFUSED_AT or (word(state + _SEEN) & _NEEDED) != _NEEDED:
        return REFUSED_AT
    if word(record + 16 * CLIENT + 8) > 0:
        return at
    if word(state + _REMOTE_LENGTH) <= 0:
        return REFUSED_AT
    put_word(record + 16 * CLIENT, word(state + _REMOTE_AT))
    put_word(record + 16 * CLIENT + 8, word(state + _REMOTE_LENGTH))
    return at
