"""Normal demand: how much traffic each hour of the week has when nothing is being moved.

Time is measured in *normal days* where people are concerned: a quiet night proves little, a quiet Monday
morning much. The shape is hour of day times day of week, each as far as the baseline supports it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.units import DAY_S, HOUR_S, WEEK_S

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from analyzer.drain.visits import Begun, Visits

EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday (Monday is 0)
PRIOR_VISITS = 12.0  # [visits] of flat demand mixed into each hour's and day's count: a few visits make no rhythm
HOURS = 24
DAYS = 7
FLOOR = 0.02  # [of the mean hour] demand never counts as quite nothing


@dataclass(frozen=True, slots=True)
class Demand:
    """The shape of a normal week and the level of the baseline.

    Attributes
    ----------
    shape
        float64, shape (168,): demand of each hour of the week (Monday 00 UTC first) over its mean [1].
    visits_per_day
        [visits/normal day] in the baseline; None without one.
    requests_per_visit
        [requests/visit] in the baseline; None without one.
    baseline_s
        [s] length of the baseline.
    """

    shape: NDArray[np.float64]
    visits_per_day: float | None
    requests_per_visit: float | None
    baseline_s: float

    def normal_days(self, start: ArrayLike, end: ArrayLike) -> NDArray[np.float64]:
        """Return the exposure between moments [s since the epoch] in normal days; never negative.

        Additive: the exposure of two adjoining stretches is the sum of theirs.
        """
        return np.maximum(self._since_epoch(end) - self._since_epoch(start), 0.0)

    def _since_epoch(self, at: ArrayLike) -> NDArray[np.float64]:
        """Return normal days since the Monday before the epoch."""
        at_s = np.asarray(at, np.float64) + EPOCH_WEEKDAY * DAY_S
        weeks, rest_s = np.divmod(at_s, WEEK_S)
        into = np.concatenate([[0.0], np.cumsum(self.shape)]) / HOURS
        return weeks * DAYS + np.interp(rest_s / HOUR_S, np.arange(HOURS * DAYS + 1), into)

    def at_hours(self, start: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the demand of the hours that begin at `start` [s since the epoch] over the mean hour's [1]."""
        return self.normal_days(start, start + HOUR_S) * HOURS

    def requests_per_hour(self, start: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return normal requests in the hours that begin at `start` [s since the epoch]; NaN without a baseline."""
        if self.visits_per_day is None or self.requests_per_visit is None:
            return np.full(len(start), np.nan)
        level = self.visits_per_day * self.requests_per_visit / HOURS
        return np.asarray(self.at_hours(start) * level, np.float64)


def demand(baseline: Begun | Visits, start_s: float, end_s: float) -> Demand:
    """Return the normal demand that the visits between two moments (before the change) show.

    Parameters
    ----------
    baseline
        Visits of the kinds that count.
    start_s, end_s
        [s since the epoch] The stretch that the log covers before the change.
    """
    length_s = max(end_s - start_s, 0.0)
    inside = (baseline.start >= start_s) & (baseline.start < end_s)
    began = baseline.start[inside]
    shape = _shape(began, start_s, end_s) if length_s >= DAY_S else np.ones(HOURS * DAYS)
    flat = Demand(shape, None, None, length_s)
    if length_s < HOUR_S or not len(began):
        return flat
    exposure = max(float(flat.normal_days(start_s, end_s)), 1 / HOURS)
    return Demand(shape, len(began) / exposure, float(baseline.requests[inside].sum()) / len(began), length_s)


def _shape(began: NDArray[np.float64], start_s: float, end_s: float) -> NDArray[np.float64]:
    """Return hour-of-day times day-of-week factors, each shrunk to flat where visits are few."""
    seen, covered = _by_week(began), _by_week(np.arange(start_s, end_s, HOUR_S / 4))
    by_hour = _factor(seen.sum(axis=0), covered.sum(axis=0))
    by_day = _factor(seen.sum(axis=1), covered.sum(axis=1)) if end_s - start_s >= WEEK_S else np.ones(DAYS)
    shape = np.maximum(np.outer(by_day, by_hour).ravel(), FLOOR)
    return np.asarray(shape / shape.mean(), np.float64)


def _by_week(at_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how many moments lie in each hour of each day of the week, shape (7, 24); Monday is first."""
    hours = np.floor(at_s / HOUR_S).astype(np.int64) + EPOCH_WEEKDAY * HOURS
    return np.bincount(hours % (HOURS * DAYS), minlength=HOURS * DAYS).reshape(DAYS, HOURS).astype(np.float64)


def _factor(count: NDArray[np.float64], time: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return visits a unit of covered time, over their mean, with a flat prior."""
    mean = count.sum() / time.sum()
    prior_time = PRIOR_VISITS / max(mean, 1e-12)
    factor = (count + PRIOR_VISITS) / (time + prior_time) / max(mean, 1e-12)
    return np.asarray(factor / factor.mean(), np.float64)
