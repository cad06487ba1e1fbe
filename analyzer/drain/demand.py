"""Normal demand: how much traffic each hour of the week has when nothing is being moved.

Time is measured in *normal days* where people are concerned: a quiet night proves little, a quiet Monday
morning much, a holiday as much as came on it. The shape is hour of day times day of week, each as far as the baseline
supports it; the level may grow or shrink from week to week, as far as the baseline shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.quiet import AT_ONCE, Quiet, by_day, quiet_days
from analyzer.units import DAY_S, HOUR_S, WEEK_S

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from analyzer.drain.visits import Begun, Visits

EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday (Monday is 0)
PRIOR_VISITS = 12.0  # [visits] of flat demand mixed into each hour's and day's count: a few visits make no rhythm
HOURS = 24
DAYS = 7
_HOURS = np.arange(HOURS * DAYS + 1)  # of a week, their ends
SATURDAY = 5
FLOOR = 0.02  # [of the mean hour] demand never counts as quite nothing
GROWTH_SPREAD = 0.1  # [1] standard deviation of the logarithm of a week's growth, before anything is seen
GROWS_FOR_S = 4 * WEEK_S  # [s] beyond the baseline's end, at most: nothing grows for ever
LEAST_TREND_S = WEEK_S  # [s] of baseline that a trend is taken from
ROUNDS = 2  # of shape, trend and holidays, each found with what is known of the others
STEPS = 8  # of Newton's method
MOST_STEP = 0.2  # [1] of the growth's logarithm in one of them


@dataclass(frozen=True, slots=True)
class Demand:
    """The shape of a normal week and the level of the baseline.

    Attributes
    ----------
    shape
        float64, shape (168,): demand of each hour of the week (Monday 00 UTC first) over its mean [1].
    visits_per_day
        [visits/normal day] at the baseline's end; None without one.
    requests_per_visit
        [requests/visit] in the baseline; None without one.
    baseline_s
        [s] length of the baseline.
    growth
        Logarithm [1] of the factor from one week to the next.
    end_s
        [s since the epoch] The baseline's end.
    quiet
        Days on which fewer came.
    """

    shape: NDArray[np.float64]
    visits_per_day: float | None
    requests_per_visit: float | None
    baseline_s: float
    growth: float = 0.0
    end_s: float = 0.0
    quiet: Quiet = field(default_factory=Quiet)

    def normal_days(self, start: ArrayLike, end: ArrayLike) -> NDArray[np.float64]:
        """Return the exposure between moments [s since the epoch] in normal days; never negative.

        Additive: the exposure of two adjoining stretches is the sum of theirs. Of a quiet day only what came on it.
        """
        return np.maximum(self._exposed(end) - self._exposed(start), 0.0)

    def _exposed(self, at: ArrayLike) -> NDArray[np.float64]:
        """Return normal days since the Monday before the epoch, less what quiet days did not have."""
        usual = self._since_epoch(at)
        return usual - self.quiet.missing(at, self._since_epoch) if self.quiet.start_s else usual

    @property
    def weekends(self) -> Demand:
        """The same, of Saturdays and Sundays (UTC) only."""
        rests = np.arange(HOURS * DAYS) >= HOURS * SATURDAY
        return replace(self, shape=np.where(rests, self.shape, 0.0))

    @property
    def rhythm(self) -> Demand:
        """The same, as if no day were quiet: for those who keep no holidays."""
        return replace(self, quiet=Quiet())

    def visits(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the visits that are usual between moments [s since the epoch], over those of a day at the end [1].

        With the trend, and as if no day were quiet.
        """
        return (self._since_epoch(end) - self._since_epoch(start)) * self.grown((start + end) / 2)

    def grown(self, at: ArrayLike) -> NDArray[np.float64]:
        """Return the level of demand at moments [s since the epoch] over that at the baseline's end [1]."""
        ahead_s = np.minimum(np.asarray(at, np.float64) - self.end_s, GROWS_FOR_S)
        return np.asarray(np.exp(self.growth * ahead_s / WEEK_S), np.float64)

    def _since_epoch(self, at: ArrayLike) -> NDArray[np.float64]:
        """Return normal days since the Monday before the epoch."""
        at_s = np.asarray(at, np.float64) + EPOCH_WEEKDAY * DAY_S
        weeks, rest_s = np.divmod(at_s, WEEK_S)
        into = _into(np.asarray(self.shape, np.float64).tobytes())
        days = weeks * into[-1] + np.interp(rest_s / HOUR_S, _HOURS, into)
        return np.asarray(days, np.float64)

    def at_hours(self, start: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the demand of the hours that begin at `start` [s since the epoch] over the mean hour's [1]."""
        return self.normal_days(start, start + HOUR_S) * HOURS

    def requests_per_hour(self, start: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return normal requests in the hours that begin at `start` [s since the epoch]; NaN without a baseline."""
        if self.visits_per_day is None or self.requests_per_visit is None:
            return np.full(len(start), np.nan)
        level = self.visits_per_day * self.requests_per_visit / HOURS
        return np.asarray(self.at_hours(start) * self.grown(start) * level, np.float64)


@lru_cache(maxsize=16)
def _into(shape: bytes) -> NDArray[np.float64]:
    """Return the normal days that have passed at the end of each hour of a week, from 0 on; asked for all the time."""
    return np.asarray(np.concatenate([[0.0], np.cumsum(np.frombuffer(shape))]) / HOURS, np.float64)


def on_weekend(at_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which moments [s since the epoch] lie on a Saturday or a Sunday (UTC)."""
    days = np.floor(at_s / DAY_S).astype(np.int64) + EPOCH_WEEKDAY
    return np.asarray(days % DAYS >= SATURDAY, np.bool_)


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
    began = baseline.start if inside.all() else baseline.start[inside]
    found = Demand(np.ones(HOURS * DAYS), None, None, length_s, end_s=end_s)
    for _ in range(ROUNDS if length_s >= DAY_S else 0):
        found = _refined(found, began, start_s, end_s)
    if length_s < HOUR_S or not len(began):
        return found
    edges = np.linspace(start_s, end_s, int(np.ceil(length_s / DAY_S)) + 1)
    exposure = found.normal_days(edges[:-1], edges[1:]) * found.grown((edges[:-1] + edges[1:]) / 2)
    per_day = len(began) / max(float(exposure.sum()), 1 / HOURS)
    per_visit = float(baseline.requests[inside].sum()) / len(began)
    return replace(found, visits_per_day=per_day, requests_per_visit=per_visit)


def _refined(found: Demand, began: NDArray[np.float64], start_s: float, end_s: float) -> Demand:
    """Return the demand with shape, trend and quiet days found anew, each with what is known of the others."""
    found = replace(found, shape=_shape(began, found, start_s, end_s))
    if end_s - start_s < LEAST_TREND_S:
        return found
    days = np.arange(end_s, start_s - 1e-6, -DAY_S)[::-1]  # whole ones, up to the end
    came = by_day(began, days[0], len(days) - 1, end_s)
    middle = (days[:-1] + days[1:]) / 2
    found = replace(found, growth=_growth(came, found.normal_days(days[:-1], days[1:]), (middle - end_s) / WEEK_S))
    return replace(found, quiet=quiet_days(began, found.visits, start_s, end_s))


def _growth(came: NDArray[np.float64], due: NDArray[np.float64], weeks: NDArray[np.float64]) -> float:
    """Return the likeliest logarithm of a week's growth: Poisson counts, overdispersed as they are, and a normal prior.

    With counts y of mean L e exp(g t), L free, and a dispersion f: sum (y - mean) t / f = g / spread^2.
    """
    total = float(came.sum())
    if total <= 0 or len(came) <= DAYS:
        return 0.0
    growth, dispersion = 0.0, 1.0
    for _ in range(STEPS):
        part = due * np.exp(growth * weeks)
        part /= max(float(part.sum()), 1e-300)
        mean = total * part
        dispersion = max(1.0, float(((came - mean) ** 2 / np.maximum(mean, 1e-9)).sum()) / (len(came) - 1))
        centre = float((part * weeks).sum())
        slope = float(((came - mean) * weeks).sum()) / dispersion - growth / GROWTH_SPREAD**2
        curve = total * float((part * (weeks - centre) ** 2).sum()) / dispersion + 1 / GROWTH_SPREAD**2
        growth += float(np.clip(slope / curve, -MOST_STEP, MOST_STEP))
    return growth


def _shape(began: NDArray[np.float64], known: Demand, start_s: float, end_s: float) -> NDArray[np.float64]:
    """Return hour-of-day times day-of-week factors, each shrunk to flat where visits are few.

    Time covered counts by the level that it had: a quiet day, or one of a smaller site, asks for fewer visits.
    """
    quarter = np.arange(start_s, end_s, HOUR_S / 4)
    flat = replace(known, shape=np.ones(HOURS * DAYS))
    level = flat.normal_days(quarter, quarter + HOUR_S / 4) * flat.grown(quarter)
    seen, covered = _by_week(began), _by_week(quarter, level / max(float(level.mean()), 1e-12))
    by_hour = _factor(seen.sum(axis=0), covered.sum(axis=0))
    by_day = _factor(seen.sum(axis=1), covered.sum(axis=1)) if end_s - start_s >= WEEK_S else np.ones(DAYS)
    shape = np.maximum(np.outer(by_day, by_hour).ravel(), FLOOR)
    return np.asarray(shape / shape.mean(), np.float64)


def _by_week(at_s: NDArray[np.float64], weight: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Return how many moments lie in each hour of each day of the week, shape (7, 24); Monday is first."""
    count = np.zeros(HOURS * DAYS)
    for row in range(0, len(at_s), AT_ONCE):
        some = slice(row, row + AT_ONCE)
        hours = np.floor(at_s[some] / HOUR_S).astype(np.int64) + EPOCH_WEEKDAY * HOURS
        count += np.bincount(hours % (HOURS * DAYS), None if weight is None else weight[some], HOURS * DAYS)
    return count.reshape(DAYS, HOURS)


def _factor(count: NDArray[np.float64], time: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return visits a unit of covered time, over their mean, with a flat prior."""
    mean = count.sum() / time.sum()
    prior_time = PRIOR_VISITS / max(mean, 1e-12)
    factor = (count + PRIOR_VISITS) / (time + prior_time) / max(mean, 1e-12)
    return np.asarray(factor / factor.mean(), np.float64)
