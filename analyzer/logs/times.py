"""Times as Apache writes them: `%t`, and every `%{…}t`, alone or several making one time.

A minute of 61 seconds: `:60` is a time only as 23:59:60 UTC, and is the same moment as 00:00:00 after it, as POSIX
counts. Apache writes local time; a strftime format without `%z` (and without an epoch) is read as UTC.

References
----------
Apache 2.4 mod_log_config, "Custom Log Formats"; POSIX.1-2017 4.16 "Seconds Since the Epoch".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from analyzer.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DATE = rf"\[\d\d/(?:{'|'.join(MONTHS)})/(?:19|2\d)\d\d:\d\d:\d\d:\d\d"  # what stands before the space in %t
ZONE = r"[+-](?:[01]\d|2[0-3])[0-5]\d\]"  # and after it
STAMP = f"{DATE} {ZONE}"
MICROSECOND = timedelta(microseconds=1)
SECOND_US = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCHS = {"sec": (r"\d{1,11}", SECOND_US), "msec": (r"\d{1,14}", 1_000), "usec": (r"\d{1,17}", 1)}
_FRACTIONS = {"msec_frac": (r"\d{3}", 1_000), "usec_frac": (r"\d{6}", 1)}
_WEEKDAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_TWO = r"\d\d"
_STRFTIME = {  # what one conversion writes in the C locale, under which Apache runs
    "Y": r"(?:19|2\d)\d\d", "y": _TWO, "m": _TWO, "d": _TWO, "e": r"[ \d]\d", "j": r"\d{3}", "H": _TWO, "I": _TWO,
    "M": _TWO, "S": _TWO, "p": "(?:AM|PM)", "b": f"(?:{'|'.join(MONTHS)})", "h": f"(?:{'|'.join(MONTHS)})",
    "a": _WEEKDAY, "z": r"[+-](?:[01]\d|2[0-3])[0-5]\d", "%": "%", "A": "[A-Z][a-z]{5,8}",
    "B": "[A-Z][a-z]{2,8}",
}  # fmt: skip
_SHORTHANDS = {"T": "%H:%M:%S", "R": "%H:%M", "F": "%Y-%m-%d", "D": "%m/%d/%y", "n": "\n", "t": "\t"}


@dataclass(frozen=True, slots=True)
class TimeForm:
    """One `%{…}t`: what it writes and what it says of the time.

    Attributes
    ----------
    part
        `stamp` (the whole time of `%t`), `epoch`, `fraction` or `strftime`.
    pattern
        Regular expression of what it writes.
    unit_us
        [µs] of one, for an epoch or a fraction.
    strptime
        The format, for strftime.
    end
        True if it is the time at which the answer ended, not that of the request.
    """

    part: str
    pattern: str
    unit_us: int = 0
    strptime: str = ""
    end: bool = False


def time_form(argument: str) -> TimeForm:
    """Return the form of `%{argument}t`; an empty one is `%t`.

    Raises
    ------
    InputError
        If it has a conversion that cannot be read back.
    """
    end = argument == "end" or argument.startswith("end:")
    name = re.sub(r"^(?:begin|end)(?::|$)", "", argument)
    if not name:
        return TimeForm("stamp", STAMP, end=end)
    if name in _EPOCHS or name == "%s":
        pattern, unit_us = _EPOCHS["sec" if name == "%s" else name]
        return TimeForm("epoch", pattern, unit_us, end=end)
    if name in _FRACTIONS:
        pattern, unit_us = _FRACTIONS[name]
        return TimeForm("fraction", pattern, unit_us, end=end)
    for short, long in _SHORTHANDS.items():
        name = name.replace(f"%{short}", long)
    return TimeForm("strftime", _strftime_pattern(name, argument), strptime=_strptime(name), end=end)


def _strptime(name: str) -> str:
    """Return the format as Python's strptime has it."""
    return name.replace("%e", "%d").replace("%h", "%b")


def _strftime_pattern(name: str, argument: str) -> str:
    """Return the regular expression of what a strftime format writes."""
    out = []
    for literal, conversion in re.findall(r"([^%]+)|%(.?)", name):
        if not literal and conversion not in _STRFTIME:
            raise InputError(
                Fault(
                    f"the conversion %{conversion} cannot be read back",
                    where="LogFormat",
                    value=f"%{{{argument}}}t",
                    remedy="write the time with %Y %m %d %H %M %S %z, or as %t",
                )
            )
        out.append(re.escape(literal) if literal else _STRFTIME[conversion])
    return "".join(out)


def stamp_us(text: bytes) -> int | None:
    """Return the moment that `[23/Nov/2026:18:30:44 +0530]` names, in µs since 1970; None if there is no such time.

    >>> stamp_us(b"[01/Jan/1970:01:00:00 +0100]")
    0
    >>> stamp_us(b"[31/Feb/2026:00:00:00 +0000]") is None
    True
    """
    minute_s = _minute_s(text[:18] + text[21:27])
    second = int(text[19:21])
    if minute_s is None or second > _last_second(minute_s):
        return None
    return (minute_s + second) * SECOND_US


def _last_second(minute_s: int) -> int:
    """Return the highest second that this minute can have: 60 in the last minute of a UTC day."""
    return 60 if minute_s % 86_400 == 86_340 else 59  # noqa: PLR2004 -- 23:59 in seconds of the day


@lru_cache(maxsize=65_536)
def _minute_s(text: bytes) -> int | None:
    """Return the seconds since 1970 of `[23/Nov/2026:18:30` and ` +0530`."""
    try:
        return int(datetime.strptime(text.decode(), "[%d/%b/%Y:%H:%M %z").timestamp())
    except ValueError:
        return None


def reader(forms: Sequence[TimeForm]) -> Callable[[Sequence[bytes]], int | None]:
    """Return the function that makes one moment [µs since 1970] of what the forms wrote, or None of no such time.

    Raises
    ------
    InputError
        If the forms together do not make a date and a time.
    """
    fractions = [(n, form.unit_us) for n, form in enumerate(forms) if form.part == "fraction"]
    whole = next((n for n, form in enumerate(forms) if form.part in {"stamp", "epoch"}), None)
    if whole is not None:
        unit_us = forms[whole].unit_us
        if forms[whole].part == "stamp":
            return _with_fraction(lambda texts: stamp_us(texts[whole]), fractions)
        return _with_fraction(lambda texts: int(texts[whole]) * unit_us, fractions if unit_us == SECOND_US else [])
    dated = [(n, form.strptime) for n, form in enumerate(forms) if form.part == "strftime"]
    wanted = " ".join(text for _, text in dated)
    if not (re.search("%[Yy]", wanted) and re.search("%[mbB]|%j", wanted) and re.search("%[HI]", wanted)):
        raise InputError(
            Fault("the times logged do not make a whole date and time", where="LogFormat", remedy="log %t")
        )
    return _with_fraction(lambda texts: _parsed_us(b" ".join(texts[n] for n, _ in dated), wanted), fractions)


def _with_fraction(
    whole: Callable[[Sequence[bytes]], int | None], fractions: list[tuple[int, int]]
) -> Callable[[Sequence[bytes]], int | None]:
    """Return the reader of the whole seconds with its fraction, the finest logged, added."""
    if not fractions:
        return whole
    which, unit_us = min(fractions, key=lambda fraction: fraction[1])

    def read(texts: Sequence[bytes]) -> int | None:
        second = whole(texts)
        return None if second is None else second + int(texts[which]) * unit_us

    return read


@lru_cache(maxsize=65_536)
def _parsed_us(text: bytes, strptime: str) -> int | None:
    """Return the moment of a strftime text; a text without an offset is UTC."""
    try:
        moment = datetime.strptime(text.decode(), strptime)  # noqa: DTZ007 -- the offset is in the format, or it is UTC
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // MICROSECOND
