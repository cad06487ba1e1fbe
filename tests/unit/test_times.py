"""Times as Apache writes them become moments, and what is no time becomes none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analyzer.errors import InputError
from analyzer.logs.times import reader, stamp_us, time_form


def us(*parts: int) -> int:
    """Return a UTC moment in µs since 1970."""
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (b"[23/Nov/2026:18:30:44 +0000]", us(2026, 11, 23, 18, 30, 44)),
        (b"[23/Nov/2026:18:30:44 +0530]", us(2026, 11, 23, 13, 0, 44)),
        (b"[25/Oct/2026:02:30:00 +0200]", us(2026, 10, 25, 0, 30)),
        (b"[25/Oct/2026:02:30:00 +0100]", us(2026, 10, 25, 1, 30)),
        (b"[31/Dec/2025:23:59:59 -1200]", us(2026, 1, 1, 11, 59, 59)),
        (b"[29/Feb/2028:00:00:00 +0000]", us(2028, 2, 29)),
        (b"[31/Dec/1969:19:00:00 -0500]", 0),
    ],
)
def test_stamp_is_the_moment_with_its_offset(text: bytes, moment: int) -> None:
    """The offset counts, half hours too, and the night that has one hour twice has two moments."""
    assert stamp_us(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        b"[31/Feb/2026:00:00:00 +0000]",
        b"[29/Feb/2026:00:00:00 +0000]",
        b"[31/Nov/2026:00:00:00 +0000]",
        b"[00/Nov/2026:00:00:00 +0000]",
        b"[32/Jan/2026:00:00:00 +0000]",
        b"[23/Nov/2026:24:00:00 +0000]",
        b"[23/Nov/2026:18:60:00 +0000]",
        b"[23/Nov/2026:18:30:60 +0000]",
        b"[31/Dec/2016:23:59:61 +0000]",
    ],
)
def test_a_time_that_does_not_exist_is_none(text: bytes) -> None:
    """Days, hours and seconds beyond their range are no time."""
    assert stamp_us(text) is None


def test_leap_second_is_the_next_midnight() -> None:
    """As POSIX counts: 23:59:60 UTC is 00:00:00, in any zone; elsewhere there is no second 60."""
    midnight = us(2017, 1, 1)
    assert stamp_us(b"[31/Dec/2016:23:59:60 +0000]") == midnight
    assert stamp_us(b"[01/Jan/2017:05:29:60 +0530]") == midnight
    assert stamp_us(b"[31/Dec/2016:23:58:60 +0000]") is None


@pytest.mark.parametrize(
    ("arguments", "texts", "moment"),
    [
        (["sec"], [b"1795438844"], 1_795_438_844_000_000),
        (["msec"], [b"1795438844968"], 1_795_438_844_968_000),
        (["usec"], [b"1795438844968218"], 1_795_438_844_968_218),
        (["begin:usec"], [b"1795438844968218"], 1_795_438_844_968_218),
        (["%s"], [b"1795438844"], 1_795_438_844_000_000),
        (["sec", "usec_frac"], [b"1795438844", b"000007"], 1_795_438_844_000_007),
        (["msec_frac", "sec"], [b"968", b"1795438844"], 1_795_438_844_968_000),
        (["%Y-%m-%dT%H:%M:%S", "msec_frac", "%z"], [b"2026-11-23T18:30:44", b"967", b"+0530"], 1_795_438_844_967_000),
        (["%d/%b/%Y %T", "%z"], [b"23/Nov/2026 18:30:44", b"+0000"], us(2026, 11, 23, 18, 30, 44)),
        (["%F %R"], [b"2026-11-23 18:30"], us(2026, 11, 23, 18, 30)),
        (["%e %B %Y %I:%M:%S %p %z"], [b" 3 November 2026 06:30:44 PM -0100"], us(2026, 11, 3, 19, 30, 44)),
        (["begin"], [b"[23/Nov/2026:18:30:44 +0000]"], us(2026, 11, 23, 18, 30, 44)),
        (["", "usec"], [b"[01/Jan/1970:00:00:01 +0000]", b"1000007"], 1_000_007),
        (["", "usec"], [b"[01/Jan/1970:00:00:01 +0000]", b"2000007"], 1_000_000),
        (["sec", "msec", "usec"], [b"1", b"1002", b"1002003"], 1_002_003),
        (["sec", "msec", "usec"], [b"1", b"1002", b"2002003"], 1_002_000),
        (["usec", "sec"], [b"1002003", b"1"], 1_002_003),
        (["msec", "usec_frac"], [b"1967", b"967218"], 1_967_218),
        (["msec", "usec_frac"], [b"1967", b"968218"], 1_967_000),
        (["", "msec_frac"], [b"[01/Jan/1970:00:00:01 +0000]", b"967"], 1_967_000),
    ],
)  # fmt: skip
def test_every_documented_form_gives_its_moment(arguments: list[str], texts: list[bytes], moment: int) -> None:
    """Epochs, fractions and strftime, alone or together; without an offset it is UTC."""
    assert reader([time_form(argument) for argument in arguments])(texts) == moment


def test_end_is_known_as_the_end() -> None:
    """`end:` says when the answer ended, which is not when the request came."""
    assert time_form("end:usec").end
    assert time_form("end").end
    assert not time_form("begin:usec").end
    assert not time_form("").end


@pytest.mark.parametrize("argument", ["%Q", "%Y%"])
def test_a_conversion_that_cannot_be_read_back_is_named(argument: str) -> None:
    """They are none of strftime's."""
    with pytest.raises(InputError, match="cannot be read back"):
        time_form(argument)


def test_a_time_without_a_date_is_refused() -> None:
    """A clock alone makes no moment."""
    with pytest.raises(InputError, match="whole date and time"):
        reader([time_form("%H:%M:%S")])
