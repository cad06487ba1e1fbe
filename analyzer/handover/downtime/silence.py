"""Good answers -> the stretches without one, each held against the same time of the days before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from analyzer.handover.downtime.failures import FAILED
from analyzer.handover.downtime.model import Silence, Silences, Window
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

US = 1_000_000
DAY_US = DAY_S * US
MOST_COMPARED = 500  # of the longest silences; the one that cost most is among them
MOST_DAYS = 14  # compared with a silence: a week of normal, and the window itself in between
LEAST_USUAL = 3.0  # [requests] expected in a silence that says something: Poisson gives none a chance of exp(-3) = 5 %
UNUSUAL = 2.0  # times the costliest silence of the days before: of hundreds looked at, one is always the worst

_Moments = npt.NDArray[np.int64]


def answered_us(frames: Iterable[pd.DataFrame]) -> _Moments:
    """Return when requests were answered well (status below 500) [µs since the epoch], ascending."""
    found: list[_Moments] = [np.empty(0, np.int64)]
    for frame in frames:
        good = frame.loc[frame["status"].fillna(0).astype("int64") < FAILED, "time"]
        found.append(np.asarray(good.astype("int64[pyarrow]"), np.int64))
    return np.sort(np.concatenate(found))


def silences(good_us: _Moments, window: Window) -> Silences:
    """Return the longest and the costliest silence of the window, and what the days before had.

    Parameters
    ----------
    good_us
        Moments of the good answers of both servers [µs since the epoch], ascending.
    window
        What is looked at, and what is normal; its end is where the logs end.
    """
    start, end = _us(window.start), _us(window.end)
    before, within = good_us[good_us < start], good_us[good_us >= start]
    usual = _longest(before, before)
    usual_longest_s = max((one.seconds for one in usual), default=None)
    usual_worst = max((one.usual_requests for one in usual if one.usual_requests is not None), default=None)
    if len(within) < 2:  # noqa: PLR2004 -- a silence lies between two
        return Silences(None, None, usual_longest_s, usual_worst)
    edges = np.concatenate([before[-1:], within, np.array([max(end, int(within[-1]))], np.int64)])
    found = [_marked(one, usual_worst) for one in _longest(edges, before)]
    worst = max(found, key=lambda one: (one.usual_requests or 0.0, one.seconds))
    return Silences(found[0], worst, usual_longest_s, usual_worst)


def _longest(edges: _Moments, normal: _Moments) -> list[Silence]:
    """Return the longest stretches between moments, the longest first, beside the same time of other days."""
    lengths = np.diff(edges)
    candidates = np.argsort(-lengths, kind="stable")[:MOST_COMPARED]
    return [_silence(int(edges[i]), int(edges[i + 1]), normal) for i in candidates]


def _silence(start: int, end: int, normal: _Moments) -> Silence:
    """Return a silence with what the same time of other days had."""
    counts = []
    for days in (*range(-MOST_DAYS, 0), *range(1, MOST_DAYS + 1)):
        low, high = start - days * DAY_US, end - days * DAY_US
        if len(normal) and low >= normal[0] and high <= normal[-1]:
            # Strictly between: a silence has good answers at both its ends.
            counts.append(int(np.searchsorted(normal, high, "left") - np.searchsorted(normal, low, "right")))
    mean, least = (float(np.mean(counts)), min(counts)) if counts else (None, None)
    return Silence(_moment(start), _moment(end), usual_requests=mean, quietest=least)


def _marked(one: Silence, usual_worst: float | None) -> Silence:
    """Return a silence that says whether it was unusual."""
    if one.usual_requests is None:
        return one
    return replace(one, unusual=one.usual_requests >= max(LEAST_USUAL, UNUSUAL * (usual_worst or 0.0)))


def _us(moment: datetime) -> int:
    """Return a moment as µs since the epoch, exactly."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _moment(us: int) -> datetime:
    """Return the moment of so many µs since the epoch."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
