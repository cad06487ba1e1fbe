"""Numbers, moments and strangers' text as a report spells them.

Every rounding of a report is here. A rounded number never contradicts the comparison that was made on the full one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

from analyzer.units import MINUTE_S, rfc3339

# strftime follows the process's locale; these do not.
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MOST_DIGITS = 15  # decimals after which two floats that still print alike are shown in full
ASCII_END = 0x7F
SPOKEN = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def visible(text: str, length: int = 200) -> str:
    r"""Return a stranger's text as one bounded line in which nothing is hidden or obeyed.

    Control characters, line ends, direction overrides, zero-width characters and lone surrogates become their escapes.

    Parameters
    ----------
    text
        Text from a log, a DNS answer or a file name.
    length
        [characters] at most, the ellipsis included.

    Examples
    --------
    >>> visible("curl\x1b[31m\u202e")
    'curl\\x1b[31m\\u202e'
    >>> visible("abcdef", 4)
    'abc…'
    """
    head = text[:length]  # never escape megabytes of which a line is shown
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in head)
    return line if len(text) <= length and len(line) <= length else line[: length - 1] + "…"


def visible_ascii(text: str, length: int = 200) -> str:
    r"""Return `visible` text in which every character exists in any font: what is not ASCII is an escape.

    >>> visible_ascii("dns.münchen")
    'dns.m\\xfcnchen'
    """
    head = text[:length]
    line = "".join(c if " " <= c < chr(ASCII_END) else c.encode("unicode_escape").decode("ascii") for c in head)
    return line if len(text) <= length and len(line) <= length else line[: length - 3] + "..."


def whole(value: float) -> str:
    """Return a count with its thousands set apart.

    >>> whole(1234567)
    '1,234,567'
    """
    return f"{value:,.0f}"


def exact(value: float) -> str:
    """Return a number that a person chose (a budget, a threshold) as it was chosen.

    >>> exact(10.0), exact(0.5), exact(12000)
    ('10', '0.5', '12,000')
    """
    return _plain(Decimal(f"{value:.{MOST_DIGITS}g}"))


def amount(value: float) -> str:
    """Return a measured or estimated number to about two figures, whole from a hundred on.

    >>> amount(319.6), amount(31.52), amount(0.0139), amount(0.0)
    ('320', '31.5', '0.014', '0')
    """
    if not math.isfinite(value):
        return "not known"
    size = abs(value)
    digits = 0 if size >= 100 or size == 0 else 1 if size >= 1 else 1 - math.floor(math.log10(size))  # noqa: PLR2004 -- hundred
    return _plain(_rounded(value, digits)) if digits <= MOST_DIGITS else "0"


def percent(share: float) -> str:
    """Return a share [0..1] as per cent.

    >>> percent(0.0004)
    '0.04 %'
    """
    return f"{amount(100 * share)} %"


def bounded(expected: float, upper: float, limit: float) -> tuple[str, str]:
    """Return an expected value and its upper bound, rounded so that neither changes sides.

    The bound is rounded up, never down. Digits are added until expected, bound and limit print in the order in which
    they stand.

    Parameters
    ----------
    expected, upper
        The estimate, in the limit's unit.
    limit
        What the bound is held against; it is printed by `exact`.

    Examples
    --------
    >>> bounded(9.2, 10.04, 10)
    ('9.2', '10.1')
    >>> bounded(318.7, 409.2, 10)
    ('319', '410')
    """
    first = 0 if upper >= 100 else 1 if upper >= 1 else 2  # noqa: PLR2004 -- hundred
    for digits in range(first, MOST_DIGITS):
        low, high = _rounded(expected, digits), _rounded(upper, digits, ROUND_CEILING)
        true_order = (expected <= upper, upper <= limit, expected <= limit, expected <= 0)
        if (low <= high, high <= limit, low <= limit, low <= 0) == true_order:
            return _plain(low), _plain(high)
    return repr(expected), repr(upper)


def against(value: float, threshold: float) -> tuple[str, str]:
    """Return a value and its threshold so that the one prints on the side of the other on which it is.

    >>> against(23.98, 24.0)
    ('23.98', '24')
    """
    for digits in range(1, MOST_DIGITS):
        seen = _rounded(value, digits)
        if (seen < threshold, seen > threshold) == (value < threshold, value > threshold):
            return _plain(seen), exact(threshold)
    return repr(value), repr(threshold)


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number of things as a sentence has them: up to ten in words.

    >>> counted(1, "client"), counted(12, "client")
    ('one client', '12 clients')
    """
    spelled = SPOKEN[number] if number < len(SPOKEN) else whole(number)
    return f"{spelled} {noun if number == 1 else plural or noun + 's'}"


@dataclass(frozen=True, slots=True)
class Stamp:
    """One moment as a reader sees it: in the zone of the report (`brief`: day and hour) and in UTC; for machines."""

    local: str
    brief: str
    utc: str
    iso: str

    @property
    def both(self) -> str:
        """The moment in both zones, once if they say the same."""
        return self.local if self.local == self.utc else f"{self.local} ({self.utc})"


def stamp(moment: datetime, zone: tzinfo, *, up: bool = False) -> Stamp:
    """Return a moment to the minute, in a zone and in UTC.

    Parameters
    ----------
    moment
        Aware.
    zone
        The reader's.
    up
        Round to the next minute (a promise: safe *from*), not to the one before.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> stamp(datetime(2026, 3, 2, 22, 0, 30, tzinfo=UTC), ZoneInfo("Europe/Berlin"), up=True).both
    'Mon 2 Mar 2026 23:01 CET (22:01 UTC)'
    """
    over = timedelta(seconds=moment.second, microseconds=moment.microsecond)
    minute = moment.astimezone(UTC) - over
    if up and over:
        minute += timedelta(seconds=MINUTE_S)
    here = minute.astimezone(zone)
    clock = f"{here:%H:%M} {zone_short(here)}"
    local = f"{day(here)} {clock}"
    utc = f"{minute:%H:%M} UTC" if here.date() == minute.date() else f"{day(minute)} {minute:%H:%M} UTC"
    brief = f"{here.day} {MONTHS[here.month - 1]} {clock}"
    return Stamp(local, brief, local if zone_short(here) == "UTC" else utc, rfc3339(minute))


def day(moment: datetime) -> str:
    """Return the day of a moment, in the moment's own zone: `Mon 2 Mar 2026`."""
    return f"{DAYS[moment.weekday()]} {moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def zone_short(moment: datetime) -> str:
    """Return the zone's short name at a moment (`CET`), or its offset where it has none (`UTC+3`)."""
    name = moment.tzname() or ""
    return name if name.isalpha() else offset(moment)


def offset(moment: datetime) -> str:
    """Return the moment's distance from UTC: `UTC`, `UTC+1`, `UTC+5:30`."""
    minutes = round((moment.utcoffset() or timedelta()).total_seconds() / MINUTE_S)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return "UTC" if minutes == 0 else f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")


def _rounded(value: float, digits: int, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """Return the value, as the shortest decimal that is this float, at so many decimals."""
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), rounding=rounding)


def _plain(value: Decimal) -> str:
    """Return a decimal without exponent and trailing zeros."""
    text = f"{value + 0:,f}"  # plus nothing: a negative zero becomes one
    return text.rstrip("0").rstrip(".") if "." in text else text
