"""Durations, moments and ports as people write them, and back.

Inside, a moment is an aware `datetime` in UTC and a duration a number of seconds.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

MINUTE_S = 60
HALF_HOUR_S = 1_800
HOUR_S = 3_600
DAY_S = 86_400
WEEK_S = 7 * DAY_S
LAST_PORT = 65_535  # RFC 9293 s3.1: sixteen bits
UNITS_S = {"s": 1, "m": MINUTE_S, "min": MINUTE_S, "h": HOUR_S, "d": DAY_S, "w": WEEK_S}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(s|min|m|h|d|w)?")


def parse_duration_s(text: str) -> float:
    """Return the seconds of `30d`, `12h`, `90min`, `5m`, `300s` or `300` (seconds).

    Raises
    ------
    ValueError
        If the text is not a duration, or not more than nothing.

    Examples
    --------
    >>> parse_duration_s("36h")
    129600.0
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or float(match[1]) <= 0:
        raise ValueError("not a duration; write 30d, 12h, 90min or 300s")
    return float(match[1]) * UNITS_S[match[2] or "s"]


def parse_moment(text: str) -> datetime:
    """Return the moment, in UTC, that an RFC 3339 text with its offset names.

    Raises
    ------
    ValueError
        If it is not a moment, or has no offset: a bare local time means another moment on each machine.

    Examples
    --------
    >>> parse_moment("2026-03-02T23:00:00+01:00").isoformat()
    '2026-03-02T22:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("not a time; write 2026-03-02T22:00:00Z") from None
    return utc(moment)


def utc(moment: datetime) -> datetime:
    """Return an aware moment in UTC.

    Raises
    ------
    ValueError
        If it has no offset, or lies before the year 1 or after 9999 in UTC.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without its offset; write 2026-03-02T22:00:00Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time that no calendar has; write 2026-03-02T22:00:00Z") from None


def rfc3339(moment: datetime) -> str:
    """Return the moment as contract text: UTC, `Z`, microseconds only if there are any.

    >>> rfc3339(parse_moment("2026-03-02T23:00:00+01:00"))
    '2026-03-02T22:00:00Z'
    """
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def spoken_share(share: float) -> str:
    """Return a share, or a chance, as a person says it: none is certain.

    >>> spoken_share(0.634), spoken_share(0.001), spoken_share(0.999)
    ('63 %', 'under 1 %', 'over 99 %')
    """
    return "under 1 %" if share < 0.01 else "over 99 %" if share > 0.99 else f"{100 * share:.0f} %"  # noqa: PLR2004 -- 1 %


def spoken_duration(seconds: float) -> str:
    """Return a duration as a person says it, in its two largest fitting units at most.

    >>> spoken_duration(93_600)
    '26 h'
    >>> spoken_duration(2_592_000)
    '30 days'
    """
    if seconds < 2 * MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR_S:
        return f"{seconds / MINUTE_S:.0f} min"
    if seconds < 3 * DAY_S:
        return f"{seconds / HOUR_S:.0f} h"
    days = seconds / DAY_S
    return f"{days:.0f} days" if days >= 10 or days == int(days) else f"{days:.1f} days"  # noqa: PLR2004 -- ten days


def is_port(number: int) -> bool:
    """Return whether a server can listen at a port of that number; 0 means any.

    >>> is_port(65_535), is_port(65_536), is_port(0)
    (True, False, False)
    """
    return 1 <= number <= LAST_PORT


def before_port(address: object) -> str:
    """Return an address as it stands before a port, and in a URL: IPv6 in brackets (RFC 3986 s3.2.2).

    >>> before_port("192.0.2.4"), before_port("2001:db8::4")
    ('192.0.2.4', '[2001:db8::4]')
    """
    text = str(address)
    return f"[{text}]" if ":" in text else text
