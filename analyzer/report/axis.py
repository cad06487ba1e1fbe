"""The time axis of a figure: readable ticks in two zones, and marks whose labels hide nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING

from matplotlib.dates import date2num

from analyzer.report.style import INK
from analyzer.units import DAY_S, HOUR_S
from analyzer.words import DAYS, MONTHS, offset

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from matplotlib.axes import Axes

MOST_TICKS = 11
MOST_MIDNIGHTS = 100  # days that still get a small tick each
SHORT_S = 4 * DAY_S  # [s] of an axis that shows hours
STEPS_DAYS = (1, 2, 7, 14, 28, 91, 365, 3650)
AROUND_IN = 1.7  # [inch] of a figure's height beside the axes: title, labels, legend
LETTER_IN = 0.068  # [inch] that a letter of a mark's label takes


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment that a figure marks with a line and a label above it."""

    at: datetime
    label: str
    colour: str = INK
    line: str | tuple[float, tuple[float, ...]] = "-"


def time_axis(axes: Axes, start: datetime, end: datetime, zone: tzinfo) -> None:
    """Let the x axis run from start to end with readable local ticks, and say how the local time stands to UTC."""
    axes.set_xlim(number(start), number(end))
    ticks = time_ticks(start, end, zone)
    axes.set_xticks([number(at) for at, _ in ticks], [label for _, label in ticks])
    if SHORT_S < (end - start).total_seconds() < MOST_MIDNIGHTS * DAY_S:
        axes.set_xticks([number(at) for at, _ in time_ticks(start, end, zone, step_days=1)], minor=True)
    axes.set_xlabel(zone_sentence(start, end, zone))


def number(moment: datetime) -> float:
    """Return a moment on matplotlib's time axis: days since its epoch, UTC."""
    naive = moment.astimezone(UTC).replace(tzinfo=None)
    return float(date2num(naive))  # type: ignore[no-untyped-call]  # -- matplotlib types few of its functions


def time_ticks(
    start: datetime, end: datetime, zone: tzinfo, step_days: int | None = None
) -> list[tuple[datetime, str]]:
    """Return the ticks of a time axis: local midnights, or whole hours where the span is short.

    Parameters
    ----------
    step_days
        [days] between midnights; chosen so that the labels do not touch if None.

    Returns
    -------
    list of (moment in UTC, label)
    """
    span_s = max((end - start).total_seconds(), 60.0)
    if step_days is None and span_s <= SHORT_S:
        steps_s = (60, 300, 900, HOUR_S, 3 * HOUR_S, 6 * HOUR_S)
        return _hours(start, end, zone, next((s for s in steps_s if span_s / s <= MOST_TICKS), 12 * HOUR_S))
    chosen = step_days or next((n for n in STEPS_DAYS if span_s / DAY_S / n <= MOST_TICKS), STEPS_DAYS[-1])
    return _midnights(start, end, zone, chosen)


def zone_sentence(start: datetime, end: datetime, zone: tzinfo) -> str:
    """Return what the axis's times are, beside UTC: `local time, Europe/Berlin (UTC+1, from 29 Mar UTC+2)`."""
    here, there = offset(start.astimezone(zone)), offset(end.astimezone(zone))
    if here == there == "UTC":
        return "time in UTC"
    name = getattr(zone, "key", None) or "this machine"
    return f"local time, {name}: {here}" if here == there else f"local time, {name}: {here}, later {there}"


def draw_marks(axes: Axes, marks: Sequence[Mark], width_in: float, height_in: float) -> None:
    """Draw a line through the axes at each moment, and its label above them where it hides nothing.

    Parameters
    ----------
    axes
        Their limits are set.
    marks
        Those outside the limits are left out.
    width_in, height_in
        [inch] about the axes' width, and the whole figure's height.
    """
    left, right = axes.get_xlim()
    places = [(number(mark.at) - left) / (right - left) for mark in marks]
    seen = [(mark, place) for mark, place in zip(marks, places, strict=True) if 0 <= place <= 1]
    rooms = place_labels([place for _, place in seen], [LETTER_IN / width_in * len(mark.label) for mark, _ in seen])
    for (mark, place), (begin, row) in zip(seen, rooms, strict=True):
        top = 1 + (0.06 + 0.26 * row) / (height_in - AROUND_IN)
        axes.plot(
            [place, place],
            [0, top],
            transform=axes.transAxes,
            color=mark.colour,
            linestyle=mark.line,
            linewidth=1.3,
            zorder=3,
            clip_on=False,
        )
        axes.annotate(mark.label, (begin, top), xycoords="axes fraction", color=mark.colour, va="bottom", fontsize=9.5)


def place_labels(places: Sequence[float], widths: Sequence[float]) -> list[tuple[float, int]]:
    """Return where each mark's label begins, and in which row above the axes (0 is the lowest).

    A label stands around its line, to its right or to its left. Of all ways to place them the one is chosen that hides
    least: labels on labels are worst, then lines through labels (a line ends at its own label), then rows.

    Parameters
    ----------
    places, widths
        Of lines and labels, as shares [0..1] of the axes' width; a handful.

    Examples
    --------
    >>> place_labels([0.5, 0.55], [0.2, 0.2])
    [(0.295, 0), (0.555, 0)]
    """
    wishes = []
    for place, width in zip(places, widths, strict=True):
        last = max(1.0 - width, 0.0)
        begins = [min(max(begin, 0.0), last) for begin in (place - width / 2, place + 0.005, place - width - 0.005)]
        wishes.append([(round(begin, 6), row) for row in range(len(places)) for begin in begins])
    ways = [list(way) for way in product(*wishes)]
    return min(ways, key=lambda rooms: _hidden(rooms, places, widths))


def _hidden(rooms: Sequence[tuple[float, int]], places: Sequence[float], widths: Sequence[float]) -> float:
    """Return how bad it is to have the labels there."""
    cost = 0.0
    for k, (begin, row) in enumerate(rooms):
        end = begin + widths[k]
        cost += row + abs((begin + end) / 2 - places[k])
        for n, (other, its_row) in enumerate(rooms):
            if n != k:
                apart = row != its_row or begin >= other + widths[n] + 0.01 or other >= end + 0.01
                cost += 0 if apart else 100
                cost += 10 if its_row > row and begin < places[n] < end else 0
    return cost


def _midnights(start: datetime, end: datetime, zone: tzinfo, step_days: int) -> list[tuple[datetime, str]]:
    """Return every so many local midnights; weekly steps begin on Mondays."""
    here = start.astimezone(zone)
    one = datetime(here.year, here.month, here.day, tzinfo=zone) + timedelta(days=1)
    if step_days % 7 == 0:
        one += timedelta(days=-one.weekday() % 7)
    ticks: list[tuple[datetime, str]] = []
    while one.astimezone(UTC) <= end and len(ticks) < MOST_MIDNIGHTS:
        year = f" {one.year}" if not ticks or step_days > 28 else ""  # noqa: PLR2004 -- days of four weeks
        ticks.append((one.astimezone(UTC), f"{DAYS[one.weekday()]}\n{one.day} {MONTHS[one.month - 1]}{year}"))
        one += timedelta(days=step_days)  # wall-clock days: midnight stays midnight over a change of the clocks
    return ticks


def _hours(start: datetime, end: datetime, zone: tzinfo, step_s: int) -> list[tuple[datetime, str]]:
    """Return every so many whole hours or minutes."""
    first = datetime.fromtimestamp((start.timestamp() // step_s + 1) * step_s, UTC)
    number_of = int((end - first).total_seconds() // step_s) + 1
    moments = [first + timedelta(seconds=step_s * n) for n in range(number_of)]
    return [(at, _hour_label(at.astimezone(zone))) for at in moments]


def _hour_label(here: datetime) -> str:
    """Return the label of a tick within a day."""
    return f"{here:%H:%M}\n{DAYS[here.weekday()]} {here.day} {MONTHS[here.month - 1]}"
