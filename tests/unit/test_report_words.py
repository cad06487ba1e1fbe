"""Numbers, moments and strangers' text as a report spells them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from analyzer.words import (
    against,
    amount,
    bounded,
    counted,
    exact,
    offset,
    percent,
    stamp,
    visible,
    visible_ascii,
)

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("expected", "upper", "budget", "printed"),
    [
        (9.2, 10.04, 10, ("9.2", "10.1")),  # not "10", which would be within the budget
        (9.96, 10.0, 10, ("10", "10")),  # all of it is within the budget
        (10.0000001, 10.0000002, 10, ("10.0000001", "10.0000002")),
        (31.52, 58.04, 10, ("31.5", "58.1")),  # a bound is rounded up
        (318.7, 409.2, 10, ("319", "410")),
        (0.0, 0.0, 10, ("0", "0")),
        (0.0004, 0.3, 10, ("0.0004", "0.3")),  # something is not nothing
        (3.2, 3.2, 10, ("3.2", "3.2")),  # 3.2 in binary is a little more: it is not 3.3 for that
        (1234567.1, 1234567.2, 1e6, ("1,234,567", "1,234,568")),
    ],
)
def test_a_rounded_estimate_stands_where_the_full_one_stands(
    expected: float, upper: float, budget: float, printed: tuple[str, str]
) -> None:
    """Neither the expected value nor the bound changes sides when it is printed."""
    assert bounded(expected, upper, budget) == printed


@pytest.mark.parametrize(
    ("value", "threshold", "printed"),
    [
        (23.98, 24.0, ("23.98", "24")),
        (24.0, 24.0, ("24", "24")),
        (0.04, 0.0, ("0.04", "0")),
        (60, 3600, ("60", "3,600")),
    ],
)
def test_a_value_is_printed_on_its_side_of_the_threshold(
    value: float, threshold: float, printed: tuple[str, str]
) -> None:
    """What is less prints as less, what is equal as equal."""
    assert against(value, threshold) == printed


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (0, "0"),
        (319.6, "320"),
        (31.52, "31.5"),
        (1.0, "1"),
        (0.0139, "0.014"),
        (12345.6, "12,346"),
        (float("inf"), "not known"),
    ],
)
def test_amounts_keep_about_two_figures(value: float, printed: str) -> None:
    """Large numbers are whole, small ones keep what is left of them."""
    assert amount(value) == printed


def test_a_budget_prints_as_it_was_written() -> None:
    """Nothing is rounded that a person chose."""
    assert (exact(10), exact(0.5), exact(10.04), exact(12000.0)) == ("10", "0.5", "10.04", "12,000")
    assert percent(0.95) == "95 %"


def test_counts_up_to_ten_are_words() -> None:
    """A sentence says one client, two clients, 11 clients."""
    assert (counted(0, "gap"), counted(1, "gap"), counted(11, "gap")) == ("no gaps", "one gap", "11 gaps")


def test_a_promise_is_rounded_to_the_next_minute_and_a_fact_to_the_last() -> None:
    """Safe from 12:00:01 is not safe at 12:00."""
    at = datetime(2026, 3, 12, 12, 0, 1, tzinfo=UTC)
    assert stamp(at, BERLIN).both == "Thu 12 Mar 2026 13:00 CET (12:00 UTC)"
    assert stamp(at, BERLIN, up=True).both == "Thu 12 Mar 2026 13:01 CET (12:01 UTC)"


@pytest.mark.parametrize(
    ("zone", "at", "both"),
    [
        ("UTC", datetime(2026, 3, 12, 13, 0, tzinfo=UTC), "Thu 12 Mar 2026 13:00 UTC"),
        ("Europe/Berlin", datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "Sun 29 Mar 2026 01:59 CET (00:59 UTC)"),
        ("Europe/Berlin", datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "Sun 29 Mar 2026 03:00 CEST (01:00 UTC)"),
        (
            "Europe/Berlin",
            datetime(2026, 3, 2, 23, 30, tzinfo=UTC),
            "Tue 3 Mar 2026 00:30 CET (Mon 2 Mar 2026 23:30 UTC)",
        ),
        ("Asia/Kathmandu", datetime(2026, 3, 2, 6, 0, tzinfo=UTC), "Mon 2 Mar 2026 11:45 UTC+5:45 (06:00 UTC)"),
        ("America/Sao_Paulo", datetime(2026, 3, 2, 6, 0, tzinfo=UTC), "Mon 2 Mar 2026 03:00 UTC-3 (06:00 UTC)"),
    ],
)
def test_a_moment_says_its_zone_and_utc(zone: str, at: datetime, both: str) -> None:
    """Both clocks, the other day where it is another day, and once where they are the same."""
    assert stamp(at, ZoneInfo(zone)).both == both


def test_the_distance_from_utc_has_its_sign_and_minutes() -> None:
    """UTC-3:30 is three hours and a half behind, not two and a half."""
    assert offset(datetime(2026, 1, 5, tzinfo=ZoneInfo("America/St_Johns"))) == "UTC-3:30"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31m", "a\\x1b[31m"),
        ("a\r\nb", "a\\r\\nb"),
        ("\u202egnp", "\\u202egnp"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\udc80", "\\udc80"),
        ("München $x$ <b>", "München $x$ <b>"),
    ],
)
def test_nothing_in_a_strangers_text_is_hidden_or_obeyed(text: str, shown: str) -> None:
    """What does not print becomes its escape; what prints stays."""
    assert visible(text) == shown


def test_a_strangers_text_is_bounded() -> None:
    """Also where escapes make it longer."""
    assert visible("A" * 10_000, 20) == "A" * 19 + "…"
    assert len(visible("\x00" * 15, 20)) == 20
    assert len(visible_ascii("é" * 15, 20)) == 20
    assert visible_ascii("é") == "\\xe9"
