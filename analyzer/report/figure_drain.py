"""The drain curve: what arrived at the old server, what went straight to the new one, and what is still to come."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyzer.report.axis import Mark, draw_marks, number, time_axis
from analyzer.report.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE,
    VERMILLION,
    WIDTH_IN,
    empty_figure,
    new_figure,
    settle,
    styled,
    write_title,
)
from analyzer.units import DAY_S, spoken_duration
from analyzer.words import amount, exact, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analyzer.drain.curve import Curve
    from analyzer.drain.verdict import Gap, Verdict

HEIGHT_IN = 5.6
TITLE = "Requests at the old server"
ENOUGH = 10  # [requests] in a step of the mean: its standard error is a third
LONGEST_S = DAY_S  # [s] of a step of the mean: a day has every hour once
LOWEST_RATE = 1e-4  # [requests/hour]: one in 14 months; below it the axis ends


def drain_figure(curve: Curve | None, verdict: Verdict, zone: tzinfo) -> Figure:
    """Return the drain curve on a logarithmic scale that has a place for zero.

    Parameters
    ----------
    curve
        Measured hours, the forecast's band and the budget, all [requests/hour]; None where there is no forecast.
    verdict
        Gives the change, now, the gaps, the budget and when it will be safe.
    zone
        Of the time axis; its distance from UTC is said on the axis.
    """
    if curve is None or curve.measured.empty:
        return empty_figure(TITLE, "no drain curve: without a change and requests there is nothing to draw")
    with styled():
        figure = new_figure(HEIGHT_IN)
        axes = figure.add_subplot()
        start, end = _span(curve, verdict)
        _draw_gaps(axes, verdict)
        _draw_measured(axes, known(curve.measured, verdict.evidence.gaps), verdict.changed_at)
        _draw_forecast(axes, curve.band)
        _scale(axes, curve)
        time_axis(axes, start, end, zone)
        _draw_budget(axes, curve, verdict)
        draw_marks(axes, _marks(verdict, zone), WIDTH_IN - 1.1, HEIGHT_IN)
        write_title(figure, TITLE)
        figure.legend(loc="outside lower left", ncols=4, handlelength=1.8, columnspacing=1.6)
        return settle(figure)


def known(measured: pd.DataFrame, gaps: Iterable[Gap]) -> pd.DataFrame:
    """Return the measured hours, `old` NaN where more than half of one lies in a gap: silence there says nothing."""
    start_s = _naive(measured["start"]).astype(np.int64) / 1e6
    end_s = start_s + measured["width_s"].to_numpy(dtype=float)
    lost_s = np.zeros(len(measured))
    for gap in gaps:
        inside_s = np.minimum(end_s, gap.end.timestamp()) - np.maximum(start_s, gap.start.timestamp())
        lost_s += np.maximum(inside_s, 0.0)
    return measured.assign(old=measured["old"].mask(lost_s > (end_s - start_s) / 2))


def mean_rate(measured: pd.DataFrame, changed_at: datetime | None) -> pd.DataFrame:
    """Return the measured rate in steps that hold enough requests to mean something.

    An hour with ten requests is a step of its own; quieter hours are put together until they hold ten, or a day. No
    step reaches over the change or over an hour without evidence.

    Parameters
    ----------
    measured
        As `Curve.measured`: start (datetime64, UTC), width_s [s], old [requests/hour, NaN without evidence].
    changed_at
        The DNS change; None if unknown.

    Returns
    -------
    pandas.DataFrame
        start, end (datetime64[us, UTC]), per_hour [requests/hour].
    """
    steps: list[tuple[pd.Timestamp, pd.Timestamp, float]] = []
    begin: pd.Timestamp | None = None
    end, requests, width_s = begin, 0.0, 0.0
    for start, hour_s, rate in measured[["start", "width_s", "old"]].itertuples(index=False, name=None):
        crosses = changed_at is not None and begin is not None and begin < changed_at <= start
        if begin is not None and end is not None and (crosses or math.isnan(rate) or start > end):
            steps.append((begin, end, requests / width_s))
            begin, requests, width_s = None, 0.0, 0.0
        if math.isnan(rate) or hour_s <= 0:
            continue
        begin, end = begin if begin is not None else start, start + pd.Timedelta(seconds=hour_s)
        requests, width_s = requests + rate * hour_s / 3600, width_s + hour_s / 3600
        if requests >= ENOUGH or width_s * 3600 >= LONGEST_S:
            steps.append((begin, end, requests / width_s))
            begin, requests, width_s = None, 0.0, 0.0
    if begin is not None and end is not None:
        steps.append((begin, end, requests / width_s))
    frame = pd.DataFrame(steps, columns=["start", "end", "per_hour"])
    moments = "datetime64[us, UTC]"
    return frame.astype({"start": moments, "end": moments, "per_hour": float})


def _span(curve: Curve, verdict: Verdict) -> tuple[datetime, datetime]:
    """Return the time that the figure shows: all that was measured, and as much again of the forecast at most."""
    start: datetime = curve.measured["start"].iloc[0].to_pydatetime()
    measured = max(verdict.at - start, timedelta(days=1))
    end = verdict.at + measured / 12
    if not curve.band.empty:
        last: datetime = curve.band["at"].iloc[-1].to_pydatetime()
        end = max(end, min(last, verdict.at + measured))
    promised = verdict.safe_at.upper if verdict.safe_at is not None else None
    if promised is not None and end < promised < verdict.at + 2 * measured:
        end = promised + measured / 20
    return start, end


def _draw_measured(axes: Axes, measured: pd.DataFrame, changed_at: datetime | None) -> None:
    """Draw normal demand, the new server's direct requests, and the old server's hours and mean."""
    middle = _naive(measured["start"]) + (measured["width_s"].to_numpy() / 2 * 1e6).astype("timedelta64[us]")
    if measured["normal"].notna().any():
        axes.plot(middle, measured["normal"], color=GREY, linewidth=1.2, linestyle=(0, (1, 1)), label="normal demand")
    direct = measured["direct_new"].where(measured["start"] >= pd.Timestamp(changed_at or measured["start"].iloc[0]))
    if direct.notna().any():
        axes.plot(middle, direct, color=BLUE, linewidth=1.3, alpha=0.85, label="straight to the new server")
    old = measured["old"].to_numpy(dtype=float)
    some, none = old > 0, old == 0
    axes.plot(
        middle[some],
        old[some],
        linestyle="",
        marker="o",
        markersize=2.6,
        color=VERMILLION,
        alpha=0.4,
        markeredgewidth=0,
        label="old server, each hour",
    )
    if none.any():
        axes.plot(
            middle[none],
            old[none],
            linestyle="",
            marker="|",
            markersize=7,
            color=VERMILLION,
            alpha=0.8,
            clip_on=False,
            label="hour without a request",
        )
    steps = mean_rate(measured, changed_at)
    start, end, rate = _naive(steps["start"]), _naive(steps["end"]), steps["per_hour"].to_numpy()
    after = np.where(np.append(start[1:], end[-1:]) == end, rate, np.nan)  # no line over hours without evidence
    axes.plot(
        np.column_stack([start, end, end]).ravel(),
        np.column_stack([rate, rate, after]).ravel(),
        color=VERMILLION,
        linewidth=1.9,
        label=f"old server, mean of {ENOUGH} requests or a day",
    )


def _draw_forecast(axes: Axes, band: pd.DataFrame) -> None:
    """Draw what is still to come: the expected rate within its bounds."""
    if band.empty:
        return
    at = _naive(band["at"])
    axes.fill_between(
        at, band["lower"], band["upper"], color=ORANGE, alpha=0.3, linewidth=0, label="forecast, its bounds"
    )
    axes.plot(at, band["expected"], color=VERMILLION, linewidth=1.8, linestyle=(0, (4, 2)), label="forecast, expected")


def _draw_budget(axes: Axes, curve: Curve, verdict: Verdict) -> None:
    """Draw the budget as the steady rate that would use it up within the horizon."""
    rate = curve.budget_per_hour
    label = f"budget: {exact(verdict.budget_requests)} in {spoken_duration(verdict.horizon_s)}"
    axes.axhline(rate, color=GREEN, linewidth=1.5, linestyle=(0, (6, 3)), label=label)
    axes.annotate(
        f"budget: {amount(rate)} an hour",
        (0.006, rate),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        color="#00694d",
        fontsize=9.5,
        va="bottom",
    )


def _draw_gaps(axes: Axes, verdict: Verdict) -> None:
    """Shade the time in which the log would have shown requests and shows none."""
    for n, gap in enumerate(verdict.evidence.gaps):
        axes.axvspan(
            number(gap.start),
            number(gap.end),
            facecolor=PALE,
            alpha=0.7,
            hatch="//",
            edgecolor=GREY,
            linewidth=0,
            label="_" * (n > 0) + "gap in the log",
        )


def _scale(axes: Axes, curve: Curve) -> None:
    """Let the y axis be logarithmic down to the smallest rate that matters, and linear from there to zero."""
    rates = np.concatenate(
        [curve.measured["old"], curve.measured["normal"], curve.measured["direct_new"], curve.band["upper"]]
    )
    highest = max(float(np.nanmax(rates, initial=1.0)), curve.budget_per_hour, 1.0)
    lowest = 10.0 ** math.floor(math.log10(min(max(curve.budget_per_hour, LOWEST_RATE), 1.0)))
    axes.set_yscale("symlog", linthresh=lowest, linscale=0.5)
    axes.set_ylim(-0.2 * lowest, highest * 2.2)
    decades = [10.0**power for power in range(round(math.log10(lowest)), math.ceil(math.log10(highest)) + 1)]
    axes.set_yticks([0.0, *decades], ["0", *(exact(decade) for decade in decades)])
    axes.set_yticks([], minor=True)
    axes.grid(axis="y")
    axes.set_ylabel("requests per hour")


def _marks(verdict: Verdict, zone: tzinfo) -> list[Mark]:
    """Return the change, now, and when it is expected to be safe."""
    marks = [Mark(verdict.at, f"now: {stamp(verdict.at, zone).both}", INK)]
    if verdict.changed_at is not None:
        marks.append(Mark(verdict.changed_at, f"DNS change: {stamp(verdict.changed_at, zone).both}", BLUE))
    if verdict.safe_at is not None and verdict.safe_at.median is not None:
        words = "safe since" if verdict.verdict == "safe" else "expected safe"
        local = stamp(verdict.safe_at.median, zone, up=True).local
        marks.append(Mark(verdict.safe_at.median, f"{words}: {local}", "#00694d", (0, (2, 2))))
    return marks


def _naive(moments: pd.Series[pd.Timestamp]) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    """Return moments as matplotlib takes them: UTC without saying so."""
    return moments.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
