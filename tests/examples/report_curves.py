"""Drain curves and what a change cost, made by hand, for the tests of the report: no product code computes them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from report_examples import AT, CHANGED, HORIZON_S

from analyzer.drain.curve import Curve
from analyzer.handover.downtime import (
    Downtime,
    FailedMinute,
    Failures,
    Latency,
    Price,
    Silence,
    Silences,
    Window,
)

if TYPE_CHECKING:
    from analyzer.drain.verdict import Word


def demand(moment: datetime) -> float:
    """Return requests an hour at this moment of the week: quiet nights and weekends."""
    hour = moment.hour + moment.minute / 60
    day = 0.12 + math.sin(math.pi * (hour - 5) / 18) ** 2 if 5 <= hour <= 23 else 0.12
    return 260 * day * (0.35 if moment.weekday() >= 5 else 1.0)


def curve(word: Word = "wait", *, seed: int = 7) -> Curve:
    """Return a drain curve: a week before the change to AT, and a forecast of as long as the horizon."""
    random = np.random.default_rng(seed)
    tail, floor = {"safe": (3.0, 0.0), "wait": (30.0, 0.0), "stuck": (8.0, 9.0), "unknown": (30.0, 0.0)}[word]
    starts = pd.date_range(datetime(2026, 2, 23, tzinfo=UTC), AT, freq="h", inclusive="left", unit="us")
    normal = np.array([demand(moment) for moment in starts])
    since_h = np.array([(moment - CHANGED).total_seconds() / 3600 for moment in starts])
    share = np.where(
        since_h < 0, 1.0, np.maximum(0.9 * (1 - since_h / 1.5), 0) + 0.1 * np.exp(-np.maximum(since_h, 0) / tail)
    )
    old = random.poisson(normal * share + np.where(since_h > 0, floor, 0)).astype(float)
    direct = np.where(since_h > 0, random.poisson(normal * (1 - share)), 0).astype(float)
    if word == "unknown":
        old[(starts >= "2026-03-09T02:00Z") & (starts < "2026-03-10T09:00Z")] = 0
        direct[:] = np.nan
    measured = pd.DataFrame({"start": starts, "width_s": 3600.0, "old": old, "direct_new": direct, "normal": normal})
    return Curve(measured=measured, band=_band(word, tail, floor), budget_per_hour=10 / 720)


def _band(word: Word, tail: float, floor: float) -> pd.DataFrame:
    """Return the forecast."""
    at = pd.date_range(AT, AT + timedelta(seconds=HORIZON_S), freq="3h", unit="us")
    hours = (at - AT).total_seconds().to_numpy() / 3600
    if word == "unknown":
        at, hours = at[:0], hours[:0]
    expected = 0.2 * np.exp(-hours / (4 * tail)) + floor
    frame = {
        "at": at,
        "expected": expected,
        "lower": expected * np.exp(-0.5 - hours / 300) * (floor > 0),
        "upper": expected * 1.8 + 0.01,
    }
    return pd.DataFrame(frame)


def downtime(**changed: Any) -> Downtime:
    """Return what was measured around the change: two bad minutes, a silence of ten minutes, a proxy of 3 ms."""
    bad = CHANGED + timedelta(minutes=2)
    quiet = Silence(bad, bad + timedelta(minutes=10), 31.5, 12, unusual=True)
    values = {
        "changed_at": CHANGED,
        "proxied_from": CHANGED - timedelta(hours=2),
        "window": Window(CHANGED - timedelta(days=8), CHANGED - timedelta(days=1), CHANGED + timedelta(days=1)),
        "failures": Failures(
            requests=12_034,
            failed=48,
            usual_share=0.0004,
            kinds=(("person", 40), ("program", 8)),
            statuses=((503, 45), (500, 3)),
            servers=(("old", 46), ("new", 2)),
            minutes=(
                FailedMinute(bad, "old", 60, 46, (("person", 40), ("program", 6)), ((503, 45), (500, 1))),
                FailedMinute(bad + timedelta(minutes=30), "new", 20, 2, (("program", 2),), ((500, 2),)),
            ),
        ),
        "silences": Silences(quiet, quiet, 240.0, 9.0),
        "price": Price(Latency(8_000, 12.0, 80.4, 190.25), Latency(3_000, 15.5, 91.0, 240.0), None, 3.25, 41, "before"),
        "notes": ("The new server's log holds no durations: add %D to its LogFormat.",),
    }
    return Downtime(**(values | changed))
