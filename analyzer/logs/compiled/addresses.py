"""Names and addresses in the bytes of a line."""

from __future__ import annotations

from analyzer.logs.compiled.bits import WIDE, among, byte, trailing
from analyzer.logs.compiled.language import called, inline
from analyzer.logs.compiled.layout import REFUSED_AT

_GROUPS, _GROUP = 8, 4  # of an IPv6 address, and the most digits of one
_IN_HOSTS, _IN_SIX, _IN_ZONES = "azAZ09--..__", "09afAF::", "azAZ09--..__~~"
_DOTTED, _PORT_DIGITS = 3, 5  # digits: of a part of an IPv4 address, of a port
_OCTET = 255  # the most that a part of an IPv4 address is


@inline
def host(at: int) -> int:
    """Return where a host name or an IPv4 address ends."""
    start, some = at, trailing(~among(at, _IN_HOSTS))
    while some == WIDE:
        at += WIDE
        some = trailing(~among(at, _IN_HOSTS))
    at += some
    return at if at > start else REFUSED_AT


@inline
def four(at: int) -> int:
    """Return where an IPv4 address ends."""
    others, large = ~among(at, "09"), 0
    for n in range(4):
        digits = trailing(others)
        if digits < 1 or digits > _DOTTED or (n < 3 and byte(at + digits) != ord(".")):
            return REFUSED_AT
        value = byte(at) * 100 + byte(at + 1) * 10 + byte(at + 2) - ord("0") * 111
        large += (digits == _DOTTED) * (value > _OCTET)
        others = others >> (digits + 1)
        at += digits + (n < 3)
    return at if large == 0 else REFUSED_AT


@inline
def is_named(at: int, stop: int) -> int:
    """Return whether a host is an IPv4 address, or a name: that ends in no label of digits, and in no dot here."""
    last = stop
    while last > at and ord("0") <= byte(last - 1) <= ord("9"):
        last -= 1
    if last > at and byte(last - 1) != ord("."):
        return True
    return last < stop and four(at) == stop


@inline
def zone_end(at: int) -> int:
    """Return where an IPv6 address with its zone, if there is one, ends: `%eth0`."""
    if byte(at) != ord("%"):
        return at
    some = trailing(~among(at + 1, _IN_ZONES))
    return at + 1 + some if some > 0 else REFUSED_AT


@called
def six(at: int, end: int) -> int:
    """Return where an IPv6 address ends: with a dotted end or a zone, or without."""
    groups, left, digits, dotted = 0, -1, 0, 0
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
    if at < end and byte(at) == ord("."):
        dotted, at = 1, four(at - digits)
        if digits == 0 or at == REFUSED_AT or at > end:
            return REFUSED_AT
    some = groups > 0 or left >= 0  # of nothing there is nothing before `at` to be looked at
    if dotted == 0 and some and byte(at - 1) == ord(":") and not (left == groups and byte(at - 2) == ord(":")):
        return REFUSED_AT
    whole = groups == _GROUPS - dotted if left < 0 else left < _GROUPS and groups - left < _GROUPS
    return zone_end(at) if whole else REFUSED_AT


@inline
def address(at: int, end: int) -> int:
    """Return where a host name, an IPv4 or an IPv6 address ends."""
    stop = four(at)  # most are that, and nothing else if a space follows
    if stop != REFUSED_AT and byte(stop) == ord(" "):
        return stop
    stop = host(at)
    looked = at if stop == REFUSED_AT else stop
    if byte(looked) == ord(":"):
        return six(at, end)
    return stop if stop != REFUSED_AT and is_named(at, stop) else REFUSED_AT


@called
def peer(at: int, end: int) -> int:
    """Return where an address ends that a colon and a port follow, and a space."""
    stop = host(at)
    if stop != REFUSED_AT and byte(stop) == ord(":") and is_named(at, stop):
        digits = trailing(~among(stop + 1, "09"))
        if 1 <= digits <= _PORT_DIGITS and byte(stop + 1 + digits) == ord(" "):
            return stop
    space = at
    while space < end and byte(space) != ord(" "):
        space += 1
    colon = space - 1
    while colon > at and byte(colon) != ord(":"):
        colon -= 1
    return colon if colon > at and six(at, colon) == colon else REFUSED_AT
