"""Parts of the figures: stretches of equal answers, ticks, labels."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_curves
import report_examples as examples

from analyzer.report.axis import LETTER_IN, place_labels, time_ticks, zone_sentence
from analyzer.report.figure_dns import runs
from analyzer.report.figures import drain_figure

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 2, tzinfo=UTC)


def asked(*rows: tuple[int, str, str]) -> pd.DataFrame:
    """Return answers of one resolver: minute, type, state."""
    frame = pd.DataFrame(rows, columns=["minute", "type", "state"])
    at = pd.Series([START + timedelta(minutes=minute) for minute in frame["minute"]]).astype("datetime64[us, UTC]")
    return frame.assign(at=at, resolver="r", authoritative=False, name="n")


def stretches(frame: pd.DataFrame, until: int) -> list[tuple[str, float, float]]:
    """Return the runs as state, first and last minute."""
    found = runs(frame, START + timedelta(minutes=until))
    minutes = [(moment - START) / timedelta(minutes=1) for column in ("start", "end") for moment in found[column]]
    return list(zip(found["state"], minutes[: len(found)], minutes[len(found) :], strict=True))


def test_equal_answers_are_one_stretch_and_a_pause_is_none() -> None:
    """Asked every 10 minutes, an answer stands for 25 at most: after that nothing is known."""
    frame = asked(
        *[(minute, "A", "old") for minute in (0, 10, 20)], *[(minute, "A", "new") for minute in (90, 100, 110)]
    )
    assert stretches(frame, until=115) == [("old", 0, 45), ("new", 90, 115)]


def test_an_answer_stands_as_long_as_was_usual_then() -> None:
    """Asked every 10 minutes and later every 6 hours, an answer stands for that long; a blank is a missed round."""
    frame = asked(*[(minute, "A", "old") for minute in (0, 10, 20, 380, 740, 1100, 3000, 3360)])
    assert stretches(frame, until=4000) == [("old", 0, 2000), ("old", 3000, 3720)]


def test_of_two_questions_the_worse_answer_stands() -> None:
    """A new A record does not hide an old AAAA; the stretch ends when the last of them is new."""
    frame = asked(
        (0, "A", "old"),
        (1, "AAAA", "old"),
        (10, "A", "new"),
        (11, "AAAA", "old"),
        (20, "A", "new"),
        (21, "AAAA", "new"),
    )
    assert stretches(frame, until=30) == [("old", 0, 21), ("new", 21, 30)]


def test_one_answer_stands_for_half_an_hour() -> None:
    """Asked once, nothing says how long it stands: it is drawn short, and never beyond now."""
    assert stretches(asked((0, "A", "new")), until=200) == [("new", 0, 30)]
    assert stretches(asked((0, "A", "new")), until=10) == [("new", 0, 10)]


@pytest.mark.parametrize("span", [timedelta(minutes=30), timedelta(hours=5), timedelta(days=2), timedelta(days=9),
                                  timedelta(days=40), timedelta(days=200), timedelta(days=3000)])  # fmt: skip
def test_ticks_are_few_in_order_and_inside(span: timedelta) -> None:
    """Between two and a dozen labels, whatever the span."""
    ticks = time_ticks(START, START + span, BERLIN)
    moments = [at for at, _ in ticks]
    assert 2 <= len(ticks) <= 12
    assert moments == sorted(set(moments))
    assert moments[0] >= START
    assert moments[-1] <= START + span


def test_midnight_stays_midnight_over_a_change_of_the_clocks() -> None:
    """In Berlin the clocks change on 29 March 2026: ticks are local midnights before and after."""
    ticks = time_ticks(datetime(2026, 3, 25, tzinfo=UTC), datetime(2026, 4, 2, tzinfo=UTC), BERLIN)
    assert {f"{at.astimezone(BERLIN):%H:%M}" for at, _ in ticks} == {"00:00"}
    assert [label for _, label in ticks][3:6] == ["Sun\n29 Mar", "Mon\n30 Mar", "Tue\n31 Mar"]


def test_the_axis_says_how_local_time_stands_to_utc() -> None:
    """Also where that changes within the figure, and where local time is UTC."""
    assert zone_sentence(START, START + timedelta(days=40), BERLIN) == "local time, Europe/Berlin: UTC+1, later UTC+2"
    assert zone_sentence(START, START + timedelta(days=4), ZoneInfo("UTC")) == "time in UTC"


def test_labels_stand_clear_of_each_other_and_of_other_lines() -> None:
    """A line ends at its own label, so it may cross labels of higher rows only; and no label leaves the figure."""
    places, widths = [0.4, 0.42, 0.95], [0.3, 0.3, 0.3]
    rooms = place_labels(places, widths)
    boxes = [(begin, begin + width, row) for (begin, row), width in zip(rooms, widths, strict=True)]
    assert all(begin >= 0 and end <= 1 for begin, end, _ in boxes)
    assert not any(a[2] == b[2] and a[0] < b[1] and b[0] < a[1] for n, a in enumerate(boxes) for b in boxes[:n])
    higher = [(a, places[n]) for a in boxes for n, b in enumerate(boxes) if b[2] > a[2]]
    assert higher
    assert not any(begin < line < end for (begin, end, _), line in higher)


def test_letters_are_as_wide_as_the_labels_are_planned_for() -> None:
    """The width that labels are placed by is at least the width that they have."""
    figure = drain_figure(report_curves.curve("wait"), examples.verdict("wait"), BERLIN)
    figure.draw_without_rendering()
    for label in figure.axes[0].texts:
        assert label.get_window_extent().width / figure.dpi <= LETTER_IN * len(label.get_text()) * 1.05
