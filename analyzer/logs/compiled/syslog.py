"""What syslog writes before a line: `<134>Nov 23 18:30:44 web1 haproxy[14389]: `, an ISO 8601 time, or nothing."""

from __future__ import annotations

from analyzer.logs.compiled.bits import among, byte, trailing
from analyzer.logs.compiled.language import called, inline
from analyzer.logs.compiled.layout import REFUSED_AT

_PRIORITY, _TAG, _PID, _FRACTION, _HOST = 3, 64, 10, 9, 255  # the most digits or bytes of each


@inline
def at_least(at: int, count: int) -> int:
    """Return whether exactly so many digits stand there, or more."""
    return trailing(~among(at, "09")) >= count


@inline
def time_of_day(at: int) -> int:
    """Return whether digits like `18:30:44` stand there."""
    colons = byte(at + 2) == ord(":") and byte(at + 5) == ord(":")
    return colons and at_least(at, 2) and at_least(at + 3, 2) and at_least(at + 6, 2)


@inline
def traditional(at: int) -> int:
    """Return where `Nov 23 18:30:44` ends."""
    name = (among(at, "AZ") & 1) and trailing(~among(at + 1, "az")) == 2 and byte(at + 3) == ord(" ")
    day = (byte(at + 4) == ord(" ") or at_least(at + 4, 1)) and at_least(at + 5, 1) and byte(at + 6) == ord(" ")
    return at + 15 if name and day and time_of_day(at + 7) else REFUSED_AT


@inline
def iso(at: int) -> int:
    """Return where `2026-11-23T18:30:44.123+01:00` ends."""
    date = at_least(at, 4) and byte(at + 4) == ord("-") and at_least(at + 5, 2) and byte(at + 7) == ord("-")
    if not (date and at_least(at + 8, 2) and byte(at + 10) == ord("T") and time_of_day(at + 11)):
        return REFUSED_AT
    at += 19
    if byte(at) == ord("."):
        some = trailing(~among(at + 1, "09"))
        if some < 1 or some > _FRACTION:
            return REFUSED_AT
        at += 1 + some
    if byte(at) == ord("Z"):
        return at + 1
    sign = byte(at) == ord("+") or byte(at) == ord("-")
    return at + 6 if sign and at_least(at + 1, 2) and byte(at + 3) == ord(":") and at_least(at + 4, 2) else REFUSED_AT


@called
def tag(at: int, end: int) -> int:
    """Return where `haproxy[14389]: ` ends."""
    start = at
    while at < end and byte(at) > ord(" ") and byte(at) != ord("[") and byte(at) != ord("]") and byte(at) != ord(":"):
        at += 1
    if at == start or at - start > _TAG:
        return REFUSED_AT
    if byte(at) == ord("["):
        some = trailing(~among(at + 1, "09"))
        if some < 1 or some > _PID or byte(at + 1 + some) != ord("]"):
            return REFUSED_AT
        at += some + 2
    return at + 2 if at + 2 <= end and byte(at) == ord(":") and byte(at + 1) == ord(" ") else REFUSED_AT


@inline
def word_end(at: int, end: int) -> int:
    """Return where a word ends, and a space."""
    start = at
    while at < end and byte(at) > ord(" "):
        at += 1
    return at + 1 if start < at <= start + _HOST and byte(at) == ord(" ") else REFUSED_AT


@called
def syslog(at: int, end: int) -> int:
    """Return where what syslog wrote ends: where the line's own text begins."""
    if byte(at) == ord("<"):
        some = trailing(~among(at + 1, "09"))
        if some < 1 or some > _PRIORITY or byte(at + 1 + some) != ord(">"):
            return REFUSED_AT
        at += some + 2
    stop = traditional(at)
    if stop == REFUSED_AT:
        stop = iso(at)
    if stop == REFUSED_AT:
        return REFUSED_AT if byte(at) == ord("1") and byte(at + 1) == ord(" ") else at
    if byte(stop) != ord(" "):
        return REFUSED_AT
    host = word_end(stop + 1, end)
    after = tag(host, end) if host != REFUSED_AT else REFUSED_AT
    return after if after != REFUSED_AT else tag(stop + 1, end)
