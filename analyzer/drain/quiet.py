"""Quiet days: holidays, and others on which far fewer came than is normal. They are no rhythm, and prove little.

A day is held against what its hours of the week and the days before it promise. It is quiet where less than two thirds
came, and that is no chance. After the change only people at both servers together can tell a holiday from a drain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.units import DAY_S

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import ArrayLike, NDArray

    Expected = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]

QUIET = 2 / 3  # [1] of what is normal: between a Sunday of a shop (0.85) and a holiday
SURE = 3.0  # [standard deviations] below what is normal
KNOWN_DAYS, LEAST_DAYS = 28, 7  # [days] before it, whose median is normal; with fewer nobody can tell
LONGEST_DAYS = 14  # [days] of them that may be quiet: with more it is no holiday, but the new normal
LEAST_DUE = 1e-9  # [1] of demand on a day
AT_ONCE = 1 << 16  # [moments] there may be millions
PRIOR = 12.0  # [visits] of a normal day mixed into a quiet one's share
LEAST_SHARE = (
    1 / 3
)  # [1] that a quiet day counts: with less, a holiday of a week would make the verdict wait for it all
FROM_MEDIAN = 1.4826  # [1] standard deviation over median absolute deviation, of a normal distribution


@dataclass(frozen=True, slots=True)
class Quiet:
    """Days on which fewer came.

    Attributes
    ----------
    start_s
        [s since the epoch] Their midnights (UTC), ascending.
    share
        [1] Of normal demand that they had, below 1.
    """

    start_s: tuple[float, ...] = ()
    share: tuple[float, ...] = ()

    def missing(
        self, at: ArrayLike, since: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Return how much of the exposure up to moments [s since the epoch] quiet days did not have.

        Parameters
        ----------
        since
            Returns the exposure up to moments, as if no day were quiet.
        """
        at_s, start, lost = np.asarray(at, np.float64), np.array(self.start_s), 1.0 - np.array(self.share)
        begun, ended = since(start), since(start + DAY_S)
        whole = np.concatenate([[0.0], np.cumsum(lost * (ended - begun))])
        last = np.searchsorted(start, at_s, side="right") - 1
        row = np.maximum(last, 0)
        part = lost[row] * (since(np.minimum(at_s, start[row] + DAY_S)) - begun[row])
        return np.asarray(np.where(last >= 0, whole[row] + part, 0.0), np.float64)


def quiet_days(
    came_s: NDArray[np.float64],
    expected: Expected,
    from_s: float,
    until_s: float,
    times: NDArray[np.float64] | None = None,
) -> Quiet:
    """Return the quiet days of a stretch.

    Parameters
    ----------
    came_s
        float64, shape (n,) [s since the epoch]: when people came, to whichever server.
    expected
        Returns the demand between moments [s since the epoch], on any scale.
    from_s, until_s
        [s since the epoch] The stretch: whole days but for the last one.
    times
        float64, shape (n,): how many came at each of those moments; one, if absent.
    """
    start = np.arange(np.ceil(from_s / DAY_S) * DAY_S, until_s, DAY_S)
    if len(start) <= LEAST_DAYS:
        return Quiet()
    end = np.minimum(start + DAY_S, until_s)
    came = by_day(came_s, start[0], len(start), until_s, times)
    due = np.maximum(expected(start, end), LEAST_DUE)
    most = np.maximum.accumulate(came / due)
    quiet: dict[int, float] = {}
    for day in range(LEAST_DAYS, len(start)):
        if came[day] >= QUIET * most[day] * due[day]:
            continue
        known = _known(day, quiet)
        usual, spread = _usual(came[known], due[known], float(due[day]))
        if came[day] < QUIET * usual and usual - came[day] > SURE * spread:
            quiet[day] = usual
    shares = tuple(max(float((came[day] + PRIOR) / (usual + PRIOR)), LEAST_SHARE) for day, usual in quiet.items())
    return Quiet(tuple(float(start[day]) for day in quiet), shares)


def by_day(
    at_s: NDArray[np.float64], first_s: float, days: int, until_s: float, times: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return how many moments lie in each of so many days from one on; the last goes on until a moment, at most a day.

    As `numpy.histogram` does, several times as fast: the days are of one length, so nothing need be sorted.
    """
    count = np.zeros(days)
    for row in range(0, len(at_s), AT_ONCE):
        some = slice(row, row + AT_ONCE)
        day = np.minimum(np.floor((at_s[some] - first_s) / DAY_S), days - 1)
        inside = (day >= 0) & (at_s[some] <= until_s)
        count += np.bincount(day[inside].astype(np.int64), None if times is None else times[some][inside], days)
    return count


def _known(day: int, quiet: Collection[int]) -> list[int]:
    """Return the days by which one is judged: those of the month before it that were not quiet.

    Where too many of them were, it is no holiday but the new normal: then all.
    """
    before = range(max(day - KNOWN_DAYS, 0), day)
    usual = [one for one in before if one not in quiet]
    lasts = len(before) - len(usual) > LONGEST_DAYS or len(usual) < LEAST_DAYS
    return list(before) if lasts else usual


def _usual(came: NDArray[np.float64], due: NDArray[np.float64], today: float) -> tuple[float, float]:
    """Return how many come on a day with such a demand, and the standard deviation of that."""
    level = max(float(np.median(came / due)), LEAST_DUE)
    off = np.abs(came - level * due) / np.sqrt(level * due)
    return level * today, max(FROM_MEDIAN * float(np.median(off)), 1.0) * float(np.sqrt(level * today))
