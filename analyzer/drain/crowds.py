"""Crowds: hours in which far more people came than is normal, to whichever server.

Most of a crowd come once, and look the name up for it: what they do tells nothing of those who come as usual. It is
named, so that nobody takes its end for the drain, nor its faces for stragglers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.demand import Demand

TIMES = 3.0  # [1] what is normal for the hour: a campaign, not a good day
SURE = 6.0  # [standard deviations] above it, as widely as the baseline's hours are spread
LEAST_MORE = 30.0  # [visits] above what is normal, all hours of a crowd together
LEAST_BASELINE_S = 7 * DAY_S  # [s] in which each hour of the week has had its turn
APART_H = 3  # [hours] as usual end a crowd
LEAST_DUE = 1e-9  # [visits] in an hour


@dataclass(frozen=True, slots=True)
class Crowd:
    """One crowd.

    Attributes
    ----------
    start_s, end_s
        [s since the epoch] The hours in which it came.
    came, usual
        [visits] of people in these hours, and what would be normal.
    """

    start_s: float
    end_s: float
    came: float
    usual: float


def crowds(
    came_s: NDArray[np.float64], times: NDArray[np.float64], normal: Demand, since_s: float, until_s: float
) -> tuple[Crowd, ...]:
    """Return the crowds since a moment, in order of time.

    Parameters
    ----------
    came_s, times
        float64, shape (n,) [s since the epoch], [visits]: when people came, to whichever server, and how many.
    normal
        What is normal, from the log before the change.
    since_s, until_s
        [s since the epoch] The stretch that is looked at; what was before it is held to be normal.
    """
    from_s = normal.end_s - normal.baseline_s
    if normal.baseline_s < LEAST_BASELINE_S or until_s <= since_s:
        return ()
    start = np.arange(np.ceil(from_s / HOUR_S) * HOUR_S, until_s, HOUR_S)
    hour = np.floor((came_s - start[0]) / HOUR_S).astype(np.int64)
    inside = (hour >= 0) & (hour < len(start)) & (came_s <= until_s)
    came = np.bincount(hour[inside], times[inside], len(start)).astype(np.float64)
    due = np.maximum(normal.visits(start, np.minimum(start + HOUR_S, until_s)), LEAST_DUE)
    before = start + HOUR_S <= min(since_s, normal.end_s)
    due *= float(came[before].sum()) / max(float(due[before].sum()), LEAST_DUE)
    due = np.maximum(due, LEAST_DUE)
    spread = max(float(np.mean((came - due)[before] ** 2 / due[before])), 1.0) if before.any() else 1.0
    many = (came > TIMES * due) & (came - due > SURE * np.sqrt(spread * due)) & (start >= since_s)
    return tuple(_joined(start, came, due, np.flatnonzero(many), until_s))


def _joined(
    start: NDArray[np.float64],
    came: NDArray[np.float64],
    due: NDArray[np.float64],
    many: NDArray[np.int64],
    until_s: float,
) -> list[Crowd]:
    """Return the crowds of which these are hours; few usual hours within one belong to it."""
    found = []
    for hours in np.split(many, np.flatnonzero(np.diff(many) > APART_H) + 1) if len(many) else []:
        all_of_it = slice(int(hours[0]), int(hours[-1]) + 1)
        more = float((came - due)[all_of_it].sum())
        if more >= LEAST_MORE:
            end_s = min(float(start[hours[-1]]) + HOUR_S, until_s)
            found.append(
                Crowd(float(start[hours[0]]), end_s, float(came[all_of_it].sum()), float(due[all_of_it].sum()))
            )
    return found
