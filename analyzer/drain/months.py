"""Jobs of the first or the last of a month: of those a log of a few weeks shows one run, and the next is to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.clients import PROGRAM
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients

MONTHLY = 0.75  # [1] chance that a program whose one run, or both, lie at the turn of a month comes with each
MOST_RUNS = 2  # [visits] of which no rhythm can be told
LEAST_RUN = 5.0  # [requests] who asks for less at once is one of the passers-by
EARLY_S, LATE_S = 14 * HOUR_S, 38 * HOUR_S  # [s] before and after midnight UTC: the last and the first, in all zones
BY_CHANCE = 1 / 13  # [1] so many moments lie at the turn of a month: of 30.4 days 2.2
SHORTEST_S = 28 * DAY_S  # [s] of a month
PATIENCE_S = 2 * DAY_S  # [s] a run is waited for: a weekend


def monthly_silence(some: Clients, at_s: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the least chance that a program seen at the turn of a month only is silent until now, if it still comes.

    Returns
    -------
    float64, shape (n,) [1]
        0 for all others, and where the next run is overdue.
    """
    chance = np.zeros(len(some))
    rows = np.flatnonzero(monthly(some))
    due_s = _turn_s(some.last_s[rows], months=1) + LATE_S + PATIENCE_S
    chance[rows] = np.where(np.broadcast_to(at_s, len(some))[rows] < due_s, MONTHLY, 0.0)
    return chance


def monthly_per_day(some: Clients, per_day: NDArray[np.float64], at_s: float, horizon_s: float) -> NDArray[np.float64]:
    """Return the rates of visits within a horizon: of jobs of the month by the turns that lie in it.

    Of those who only seem to be such, as many as come at a turn by chance, the rate is what it was.

    Returns
    -------
    float64, shape (n,) [1/day]
    """
    rows = np.flatnonzero(monthly(some))
    if not len(rows):
        return per_day
    found = per_day.copy()
    last_s = some.last_s[rows]
    most = int((at_s + horizon_s - float(last_s.min())) / SHORTEST_S) + 2
    turns = np.array([_turn_s(last_s, months) for months in range(1, most)])
    due = ((turns - EARLY_S < at_s + horizon_s) & (turns + LATE_S + PATIENCE_S > at_s)).sum(axis=0)
    found[rows] = due / horizon_s * DAY_S + BY_CHANCE * per_day[rows]
    return found


def monthly(some: Clients) -> NDArray[np.bool_]:
    """Return which clients are programs that the log before the change shows, at the turn of a month only."""
    runs = some.before + some.after + some.direct
    few = (some.kind == PROGRAM) & (some.before > 0) & (runs <= MOST_RUNS) & (some.requests_per_visit >= LEAST_RUN)
    rows = np.flatnonzero(few)  # few they are indeed, and calendars are slow
    few[rows] = _at_turn(some.first_s[rows]) & _at_turn(some.last_s[rows])
    return np.asarray(few, np.bool_)


def _at_turn(at_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which moments lie at the turn of a month, in whatever time zone."""
    return np.asarray(at_s - _turn_s(at_s) <= LATE_S, np.bool_)


def _turn_s(at_s: NDArray[np.float64], months: int = 0) -> NDArray[np.float64]:
    """Return the turn of the month that moments lie after, or shortly before, or one some months later."""
    month = np.asarray(np.floor(at_s + EARLY_S), "datetime64[s]").astype("datetime64[M]") + months
    return month.astype("datetime64[s]").astype(np.float64)
