"""Times as Apache writes them: `%t`, and every `%{…}t`, alone or several making one time.

A minute of 61 seconds: `:60` is a time only as 23:59:60 UTC, and is the same moment as 00:00:00 after it, as POSIX
counts. Apache writes local time; a strftime format without a zone (and without an epoch) is read as UTC.

References
----------
Apache 2.4 mod_log_config, "Custom Log Formats"; POSIX.1-2017 4.16 "Seconds Since the Epoch".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from analyzer.errors import Fault, InputError
from analyzer.logs.strftime import MONTHS, Written, moment_us, written

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DATE = rf"\[\d\d/(?:{'|'.join(MONTHS)})/(?:19|2\d)\d\d:\d\d:\d\d:\d\d"  # what stands before the space in %t
ZONE = r"[+-](?:[01]\d|2[0-3])[0-5]\d\]"  # and after it
STAMP = f"{DATE} {ZONE}"
MICROSECOND = timedelta(microseconds=1)
SECOND_US = 1_000_000
_EPOCHS = {"sec": (r"\d{1,11}", SECOND_US), "msec": (r"\d{1,14}", 1_000), "usec": (r"\d{1,17}", 1)}
_FRACTIONS = {"msec_frac": (r"\d{3}", 1_000), "usec_frac": (r"\d{6}", 1)}


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
    written
        What its conversions write, for strftime.
    end
        True if it is the time at which the answer ended, not that of the request.
    """

    part: str
    pattern: str
    unit_us: int = 0
    written: Written | None = None
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
    form = written(name, argument)
    return TimeForm("strftime", form.pattern, written=form, end=end)


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
    read, unit_us = _whole(forms)
    finer = sorted((form.unit_us, n, form.part) for n, form in enumerate(forms) if 0 < form.unit_us < unit_us)
    return _refined(read, unit_us, finer)


def _whole(forms: Sequence[TimeForm]) -> tuple[Callable[[Sequence[bytes]], int | None], int]:
    """Return the reader of the first form that is a whole time, or of all those of strftime; and its unit [µs]."""
    whole = next((n for n, form in enumerate(forms) if form.part in {"stamp", "epoch"}), None)
    if whole is not None:
        unit_us = forms[whole].unit_us
        if forms[whole].part == "stamp":
            return (lambda texts: stamp_us(texts[whole])), SECOND_US
        return (lambda texts: int(texts[whole]) * unit_us), unit_us
    dated = [(n, form.written) for n, form in enumerate(forms) if form.written is not None]
    wanted = Written(
        " ".join(one.pattern for _, one in dated),
        " ".join(one.grouped for _, one in dated),
        tuple(letter for _, one in dated for letter in one.conversions),
    )
    if not wanted.whole:
        raise InputError(
            Fault("the times logged do not make a whole date and time", where="LogFormat", remedy="log %t")
        )
    return (lambda texts: moment_us(b" ".join(texts[n] for n, _ in dated), wanted)), SECOND_US


def _refined(
    whole: Callable[[Sequence[bytes]], int | None], unit_us: int, finer: Sequence[tuple[int, int, str]]
) -> Callable[[Sequence[bytes]], int | None]:
    """Return the reader of a time to the finest that is logged beside it, and is the same moment.

    Parameters
    ----------
    unit_us
        [µs] of what the whole time counts in.
    finer
        Unit, number and part of each epoch and fraction of a smaller unit, the finest first.
    """
    if not finer:
        return whole

    def read(texts: Sequence[bytes]) -> int | None:
        moment = whole(texts)
        if moment is None:
            return None
        second = moment - moment % SECOND_US
        said = (int(texts[n]) * one_us + (second if part == "fraction" else 0) for one_us, n, part in finer)
        return next((one for one in said if one - one % unit_us == moment), moment)

    return read
