"""What strftime writes, read back: the conversions of glibc in the C locale, under which Apache runs.

References
----------
POSIX.1-2017 strftime; glibc `time/strftime_l.c`; ISO 8601 weeks (`%G %V %u`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from analyzer.errors import Fault, InputError

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400
# Names of zones that mean one offset [h]: those of RFC 5322 section 4.3 as it has them (CST of China and Cuba, PST of
# the Philippines are not meant), and those that mean one in all zones of the IANA database since 2019. Others (IST of
# India, Ireland, Israel) mean several, so a time with such a name alone is not read.
ZONES: dict[str, float] = {
    "UTC": 0, "GMT": 0, "UT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3,
    "MSK": 3, "BST": 1, "IDT": 3, "WAT": 1, "CAT": 2, "SAST": 2, "EAT": 3, "PKT": 5, "WIB": 7, "WITA": 8, "WIT": 9,
    "HKT": 8, "JST": 9, "KST": 9, "AWST": 8, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "ChST": 10, "SST": -11, "HST": -10, "HDT": -9, "AKST": -9, "AKDT": -8, "AST": -4, "ADT": -3, "NST": -3.5,
    "NDT": -2.5,
}  # fmt: skip
_SHORTHANDS = {
    "T": "%H:%M:%S", "R": "%H:%M", "F": "%Y-%m-%d", "D": "%m/%d/%y", "n": "\n", "t": "\t", "c": "%a %b %e %H:%M:%S %Y",
    "x": "%m/%d/%y", "X": "%H:%M:%S", "r": "%I:%M:%S %p", "h": "%b", "+": "%a %b %e %H:%M:%S %Z %Y",
}  # fmt: skip
_TWO, _THREE, _PADDED = r"\d\d", r"\d{3}", r"[ \d]\d"
_NUMBERED = r"[+-]\d{2}(?:\d\d)?"  # a zone without a name
WRITTEN = {
    "Y": r"(?:19|2\d)\d\d", "G": r"(?:19|2\d)\d\d", "C": r"(?:19|2\d)", "y": _TWO, "g": _TWO, "m": _TWO, "d": _TWO,
    "e": _PADDED, "j": _THREE, "H": _TWO, "k": _PADDED, "I": _TWO, "l": _PADDED, "M": _TWO, "S": _TWO,
    "p": "(?:AM|PM)", "P": "(?:am|pm)", "b": f"(?:{'|'.join(MONTHS)})", "B": f"(?:{'|'.join(_LONG_MONTHS)})",
    "a": f"(?:{'|'.join(_DAYS)})", "A": f"(?:{'|'.join(_LONG_DAYS)})", "u": "[1-7]", "w": "[0-6]", "U": _TWO,
    "V": _TWO, "W": _TWO, "z": r"[+-](?:[01]\d|2[0-3])[0-5]\d", "Z": rf"[A-Z][A-Za-z]{{0,7}}|{_NUMBERED}",
    "s": r"\d{1,11}",
}  # fmt: skip
_ZONE_OF_ANY_CASE = f"[A-Za-z]{{1,8}}|{_NUMBERED}"
_NAMES = "aAbB"
_CONVERSION = re.compile(r"([^%]+)|%([_0^#-]?)(.?)", re.DOTALL)
_ANY_CASE = {name.upper(): offset_h for name, offset_h in ZONES.items()}


@dataclass(frozen=True, slots=True)
class Written:
    """What a strftime format writes.

    Attributes
    ----------
    pattern
        Regular expression, without groups.
    grouped
        The same with a group for each conversion.
    conversions
        The conversion letter of each group.
    pieces
        Conversion letter and expression of each piece in its order; a literal text has no letter, and is itself.
    """

    pattern: str
    grouped: str
    conversions: tuple[str, ...]
    pieces: tuple[tuple[str, str], ...] = ()

    @property
    def whole(self) -> bool:
        """True if it makes a date and an hour."""
        got = set(self.conversions)
        dated = got & set("Yy") and ((got & {"m", "b", "B"} and got & {"d", "e"}) or "j" in got)
        iso = got & set("Gg") and "V" in got and got & set("uwaA")
        return "s" in got or bool((dated or iso) and got & set("HkIl"))


def written(text: str, argument: str) -> Written:
    """Return what a strftime format writes.

    Parameters
    ----------
    text
        The format.
    argument
        As it stands in the LogFormat, for messages.

    Raises
    ------
    InputError
        If it has a conversion that cannot be read back.
    """
    plain: list[str] = []
    grouped: list[str] = []
    conversions: list[str] = []
    pieces: list[tuple[str, str]] = []
    for literal, flag, letter in _CONVERSION.findall(_long(text)):
        if literal or letter == "%":
            plain.append(re.escape(literal or "%"))
            grouped.append(plain[-1])
            pieces.append(("", literal or "%"))
            continue
        pattern = _pattern(flag, letter)
        if pattern is None:
            raise InputError(
                Fault(
                    f"the conversion %{flag}{letter} cannot be read back",
                    where="LogFormat",
                    value=f"%{{{argument}}}t",
                    remedy="write the time with %Y %m %d %H %M %S %z, or as %t",
                )
            )
        plain.append(f"(?:{pattern})")
        grouped.append(f"({pattern})")
        conversions.append(letter)
        pieces.append((letter, pattern))
    return Written("".join(plain), "".join(grouped), tuple(conversions), tuple(pieces))


def _long(text: str) -> str:
    """Return a format with its shorthands written out, and without the E and O that mean nothing in the C locale."""

    def longer(match: re.Match[str]) -> str:
        if match[1]:
            return f"%{match[1]}{'b' if match[2] == 'h' else match[2]}"
        return _SHORTHANDS.get(match[2], f"%{match[2]}")

    return re.sub(r"%([_0^#-]?)[EO]?([a-zA-Z+%])", longer, text)


def _pattern(flag: str, letter: str) -> str | None:
    """Return what a conversion with its flag of glibc writes; None if that cannot be read back."""
    pattern = WRITTEN.get(letter)
    if not flag or pattern is None:
        return pattern
    if flag in "^#":
        return _in_another_case(flag, letter, pattern)
    digits = {_TWO: 2, _PADDED: 2, _THREE: 3}.get(pattern, 0)
    if not digits:
        return None if letter == "z" else pattern  # a name has no padding, a year of four digits neither
    return {"-": rf"\d{{1,{digits}}}", "_": rf"[ \d]{{{digits - 1}}}\d", "0": rf"\d{{{digits}}}"}[flag]


def _in_another_case(flag: str, letter: str, pattern: str) -> str:
    """Return what a conversion writes in upper case (`^`), or in the other one (`#`): the upper one of names."""
    if letter == "Z":
        return _ZONE_OF_ANY_CASE
    if letter == "p":
        return pattern if flag == "^" else pattern.lower()
    return pattern.upper() if letter in _NAMES else pattern


@lru_cache(maxsize=65_536)
def moment_us(text: bytes, form: Written) -> int | None:
    """Return the moment that a text names [µs since 1970]; None if there is no such time.

    A text without an offset, a zone's name or an epoch is UTC.
    """
    match = re.fullmatch(form.grouped, text.decode("latin-1"), re.DOTALL)
    if match is None:
        return None
    got = dict(zip(form.conversions, match.groups(), strict=True))
    try:
        if "s" in got:
            return int(got["s"]) * 1_000_000
        second_s = int(got.get("S", 0))
        clock_s = _hour(got) * _HOUR_S + int(got.get("M", 0)) * _MINUTE_S
        moment = datetime.combine(_day(got), datetime.min.time(), UTC) + timedelta(seconds=clock_s - _offset_s(got))
    except (ValueError, OverflowError, KeyError):
        return None
    # A leap second is only at the end of a UTC day, and is the same moment as the second after it (POSIX 4.16).
    last_s = _MINUTE_S if moment.hour == 23 and moment.minute == 59 else _MINUTE_S - 1  # noqa: PLR2004 -- 23:59
    if second_s > last_s or int(got.get("M", 0)) >= _MINUTE_S:
        return None
    return (moment - _EPOCH) // _MICROSECOND + second_s * 1_000_000


def _day(got: dict[str, str]) -> date:
    """Return the day; ValueError if there is none."""
    if not set(got) & set("Yy") and set(got) & set("Gg"):
        year = int(got["G"]) if "G" in got else _century(int(got["g"]))
        return date.fromisocalendar(year, int(got["V"]), _weekday(got))
    year = int(got["Y"]) if "Y" in got else int(got["C"] + got["y"]) if "C" in got else _century(int(got["y"]))
    if "j" in got and not set(got) & set("mbB"):
        day = date(year, 1, 1) + timedelta(days=int(got["j"]) - 1)
        if day.year != year:
            raise ValueError("no such day of the year")
        return day
    month = int(got["m"]) if "m" in got else _month(got)
    return date(year, month, int(got.get("d") or got.get("e") or 0))


def _month(got: dict[str, str]) -> int:
    """Return the month that a name means."""
    name = (got.get("b") or got["B"]).capitalize()
    return (MONTHS if "b" in got else _LONG_MONTHS).index(name) + 1


def _weekday(got: dict[str, str]) -> int:
    """Return the day of the week, Monday is 1."""
    if "u" in got:
        return int(got["u"])
    if "w" in got:
        return int(got["w"]) or 7
    name = (got.get("a") or got["A"]).capitalize()
    return (_DAYS if "a" in got else _LONG_DAYS).index(name) + 1


def _century(year: int) -> int:
    """Return the year that two digits mean: 1969 to 2068, as POSIX has it."""
    return year + (1900 if year > 68 else 2000)  # noqa: PLR2004 -- POSIX strptime %y


def _hour(got: dict[str, str]) -> int:
    """Return the hour of 24; ValueError if there is none."""
    if "H" in got or "k" in got:
        hour, last = int(got.get("H") or got["k"]), 23
    else:
        hour, last = int(got.get("I") or got["l"]), 12
        if hour == 0:
            raise ValueError("no hour 0 of 12")
        hour = hour % 12 + (12 if (got.get("p") or got.get("P", "")).upper() == "PM" else 0) if hour <= last else 99
        last = 23
    if hour > last:
        raise ValueError("no such hour")
    return hour


def _offset_s(got: dict[str, str]) -> int:
    """Return how far the zone is ahead of UTC [s]; KeyError for a name that means several."""
    zone = got.get("z")
    if zone is None:
        name = got.get("Z")
        if name is None:
            return 0
        if name[0] not in "+-":
            return round(_ANY_CASE[name.upper()] * _HOUR_S)
        zone = name.ljust(5, "0")
    offset_s = int(zone[1:3]) * _HOUR_S + int(zone[3:5]) * _MINUTE_S
    return -offset_s if zone[0] == "-" else offset_s
