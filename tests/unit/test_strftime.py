"""What strftime writes is read back, for every conversion that can be."""

from __future__ import annotations

import time
import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import InputError
from analyzer.logs.strftime import ZONES, moment_us, written

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DATES = (
    "%Y-%m-%d",
    "%d/%b/%Y",
    "%e %B %Y",
    "%Y %j",
    "%D",
    "%F",
    "%G-W%V-%u",
    "%g %V %a",
    "%C%y%m%d",
    "%A %x",
    "%G%V%w",
)
CLOCKS = ("%H:%M:%S", "%T", "%I:%M:%S %p", "%l.%M.%S %P", "%k-%M-%S", "%r", "%X", "%R:%S", "%OH:%EX")
MOMENTS = st.integers(86_400, 3_100_000_000).map(lambda second: EPOCH + timedelta(seconds=second))


FLAGGED = (
    "%^b %-d %Y %_H:%-M:%0S",
    "%#b %_d %_Y %-k:%_M:%^S",
    "%^h %0e %-y %^H:%M:%S",
    "%d %^B %Y %-I:%M:%S %#p",
    "%^A %_V %G %l:%M:%S %^P",
    "%#a %-V %0G %_I:%M:%S %^p",
    "%_j %Y %T",
    "%-j %^Y %T",
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(MOMENTS, st.sampled_from(FLAGGED))
def test_flags_of_glibc_are_read_back(at: datetime, text: str) -> None:
    """Upper case, the other case, and every padding."""
    told = time.strftime(text, at.timetuple())
    assert moment_us(told.encode(), written(text, text)) == (at - EPOCH) // timedelta(microseconds=1)


def test_zones_are_those_that_mean_one_offset() -> None:
    """Every name that has one offset in the IANA database since 2019 is read so; of the others only RFC 5322's are."""
    offsets: dict[str, set[float]] = {}
    weeks = [datetime(2019, 1, 1, tzinfo=UTC) + timedelta(days=7 * n) for n in range(52 * 7)]
    for name in zoneinfo.available_timezones() - {"Factory", "localtime"}:
        zone = zoneinfo.ZoneInfo(name)
        for at in weeks:
            local = at.astimezone(zone)
            offset = local.utcoffset()
            assert offset is not None
            offsets.setdefault(str(local.tzname()), set()).add(offset / timedelta(hours=1))
    named = {name: some for name, some in offsets.items() if name[:1].isalpha()}
    one = {name: min(some) for name, some in named.items() if len(some) == 1}
    assert one.items() <= ZONES.items()
    assert (named.keys() - one.keys()) & ZONES.keys() <= {"CST", "CDT", "PST"}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(MOMENTS, st.sampled_from(DATES), st.sampled_from(CLOCKS), st.sampled_from(["", " %Z", " %%"]))
def test_what_the_system_writes_is_read_back(at: datetime, date: str, clock: str, zone: str) -> None:
    """Every date with every clock, as the C library of this machine writes them."""
    text = f"{date} {clock}{zone}"
    told = time.strftime(text.replace("%Z", "UTC"), at.timetuple())
    assert moment_us(told.encode(), written(text, text)) == (at - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "told", "wanted"),
    [
        ("%F %T %z", "2026-11-23 18:30:44 +0530", "2026-11-23T13:00:44"),
        ("%F %T %Z", "2026-11-23 18:30:44 CET", "2026-11-23T17:30:44"),
        ("%F %T %Z", "2026-07-23 18:30:44 CEST", "2026-07-23T16:30:44"),
        ("%F %T %Z", "2026-11-23 18:30:44 -03", "2026-11-23T21:30:44"),
        ("%F %T %Z", "2026-11-23 18:30:44 IST", None),
        ("%F %T %Z", "2026-11-24 03:30:44 JST", "2026-11-23T18:30:44"),
        ("%F %T %Z", "2026-11-23 15:00:44 NST", "2026-11-23T18:30:44"),
        ("%F %T %Z", "2026-11-24 04:00:44 ACST", "2026-11-23T18:30:44"),
        ("%F %T %Z", "2026-11-24 04:30:44 ChST", "2026-11-23T18:30:44"),
        ("%F %T %Z", "2026-11-23 12:30:44 CST", "2026-11-23T18:30:44"),
        ("%F %T %#Z", "2026-11-24 03:30:44 jst", "2026-11-23T18:30:44"),
        ("%F %T %^Z", "2026-11-24 04:30:44 CHST", "2026-11-23T18:30:44"),
        ("%F %I %#p", "2026-11-23 12 am", "2026-11-23T00:00:00"),
        ("%F %I %#p", "2026-11-23 12 AM", None),
        ("%s", "1795438844", "2026-11-23T13:00:44"),
        ("%F %T", "2026-12-31 23:59:60", "2027-01-01T00:00:00"),
        ("%F %T", "2026-12-31 22:59:60", None),
        ("%F %T", "2026-02-29 00:00:00", None),
        ("%F %T", "2026-02-28 24:00:00", None),
        ("%F %T", "2026-02-28 23:60:00", None),
        ("%Y %j %H", "2026 366 00", None),
        ("%F %I %p", "2026-11-23 12 AM", "2026-11-23T00:00:00"),
        ("%F %I %p", "2026-11-23 12 PM", "2026-11-23T12:00:00"),
        ("%F %I %p", "2026-11-23 13 PM", None),
        ("%F %I %p", "2026-11-23 00 AM", None),
        ("%-d.%-m.%Y %-H:%M", "3.9.2026 7:05", "2026-09-03T07:05:00"),
        ("%y%m%d %H", "681231 00", "2068-12-31T00:00:00"),
        ("%y%m%d %H", "690101 00", "1969-01-01T00:00:00"),
    ],
)  # fmt: skip
def test_times_and_what_is_none(text: str, told: str, wanted: str | None) -> None:
    """A time that no calendar has is none; a zone's name that means several is not guessed."""
    moment = None if wanted is None else datetime.fromisoformat(wanted).replace(tzinfo=UTC)
    found = moment_us(told.encode(), written(text, text))
    assert found == (None if moment is None else (moment - EPOCH) // timedelta(microseconds=1))


@pytest.mark.parametrize("text", ["%Q", "%", "%^c", "%-z", "%é"])
def test_what_cannot_be_read_back_is_said(text: str) -> None:
    """With the conversion and what to write instead."""
    with pytest.raises(InputError, match="cannot be read back"):
        written(text, text)


@pytest.mark.parametrize(
    ("text", "whole"), [("%F", False), ("%F %H", True), ("%m-%d %T", False), ("%s", True), ("%U %Y %H", False)]
)
def test_whether_it_is_a_whole_time(text: str, whole: bool) -> None:
    """A date and an hour at least."""
    assert written(text, text).whole is whole
