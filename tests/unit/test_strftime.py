"""What strftime writes is read back, for every conversion that can be."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import InputError
from analyzer.logs.strftime import moment_us, written

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


@pytest.mark.parametrize("text", ["%Q", "%", "%^b", "%-b", "%é"])
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
