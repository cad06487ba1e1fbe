"""Visits in the rows of a table of clients: sums, first and last moments, and what the times between them are like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.units import DAY_S, HALF_HOUR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.visits import Visits

LEAST_ABSENCES = 3  # that a client came back from, to tell how long another one may last
LEAST_INTERVALS = 4  # intervals that a rhythm must have shown to be called regular
REGULAR_SPREAD = 0.25  # [1] standard deviation over mean of a regular client's intervals, at most
# A program that comes every week to the hour is one after two of them: by chance one in fifty is as exact.
EXACT_INTERVALS, EXACT_SPREAD, EXACT_S = 2, 0.02, 0.8 * DAY_S  # [1], [1], [s] of an interval, at least


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The times between each client's visits, as aligned columns.

    Attributes
    ----------
    count
        float64: how many are known; a visit that goes on is one each half hour.
    mean_s, longest_s, spread
        float64 [s], [s], [1]: their mean, the longest, the standard deviation over the mean; NaN without any.
    regular
        bool: whether they hardly differ.
    exact
        bool: whether they differ by so little that two of them, of a day at least, tell.
    """

    count: NDArray[np.float64]
    mean_s: NDArray[np.float64]
    longest_s: NDArray[np.float64]
    spread: NDArray[np.float64]
    regular: NDArray[np.bool_]
    exact: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Placed:
    """Visits, in which row of a table of so many clients each one belongs, and when each client came.

    Attributes
    ----------
    first_s, last_s
        float64, shape (size,) [s since the epoch]: each client's first and last moment; NaN where it has none.
    """

    visits: Visits
    row: NDArray[np.int64]
    first_s: NDArray[np.float64]
    last_s: NDArray[np.float64]

    @classmethod
    def of(cls, some: Visits, code: NDArray[np.int64]) -> Placed:
        """Return the visits of clients with these codes."""
        row = rows_of(some.client, code)
        first, last = np.full(len(code), np.nan), np.full(len(code), np.nan)
        begins = np.flatnonzero(np.diff(row, prepend=-1))
        first[row[begins]] = some.start[begins]
        last[row[begins]] = some.end[np.append(begins, len(row))[1:] - 1]
        return cls(some, row, first, last)

    @property
    def size(self) -> int:
        """[clients] Rows of the table."""
        return len(self.first_s)

    def sum(self, values: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of what each client's visits have."""
        return np.bincount(self.row, weights=values, minlength=self.size).astype(np.float64)

    def varied(self, wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the variance of the requests of some clients' visits [requests²/visit]; 0 of one visit, and of others.

        One that goes on is a visit each half hour: so much longer, so much more it brings. How its requests lie within
        the half hours is not known: they vary as those of a Poisson process at least.

        Parameters
        ----------
        wanted
            bool, shape (size,).
        """
        mine = np.flatnonzero(wanted[self.row])
        row, weight, requests = self.row[mine], self.visits.weight[mine], self.visits.requests[mine]
        count, whole, sent = (np.bincount(row, some, self.size) for some in (None, weight, requests))
        mean = sent / np.maximum(whole, 1.0)
        beyond = (requests - mean[row] * weight) ** 2
        found = np.bincount(row, beyond, self.size) / np.maximum(whole, 1.0) * count / np.maximum(count - 1, 1)
        goes_on = np.bincount(row, weight * (weight > 1), self.size) / np.maximum(whole, 1.0)
        return np.maximum(found, goes_on * mean)

    def as_long(self, at_s: float) -> NDArray[np.float64]:
        """Return the chance of an absence as long as that since each client's last visit, shape (size,) [1].

        It came back from n others, m of them longer than that: (m + 1/2) / (n + 1), which is Jeffreys' rule. Of fewer
        than `LEAST_ABSENCES` nothing is told, 0.
        """
        same = self.row[1:] == self.row[:-1]
        away_s, at = (self.visits.start[1:] - self.visits.end[:-1])[same], self.row[1:][same]
        known = np.bincount(at, minlength=self.size)
        longer = np.bincount(at, away_s > at_s - self.last_s[at], self.size)
        return np.where(known >= LEAST_ABSENCES, (longer + 0.5) / (known + 1.0), 0.0)

    def rhythm(self) -> Rhythm:
        """Return what the times between each client's visits are like; one that goes on is a visit each half hour."""
        same = self.row[1:] == self.row[:-1]
        further = (self.visits.weight - 1).astype(np.float64)
        ticked = self.visits.start + further * HALF_HOUR_S
        gap, at = (self.visits.start[1:] - ticked[:-1])[same], self.row[1:][same]
        ticks = self.sum(further)
        count = (np.bincount(at, minlength=self.size) + ticks).astype(np.float64)
        longest = np.where(ticks > 0, float(HALF_HOUR_S), np.nan)
        begins = np.flatnonzero(np.diff(at, prepend=-1))
        if len(begins):
            longest[at[begins]] = np.fmax(longest[at[begins]], np.maximum.reduceat(gap, begins))
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (np.bincount(at, weights=gap, minlength=self.size) + HALF_HOUR_S * ticks) / count
            square = (np.bincount(at, weights=gap**2, minlength=self.size) + HALF_HOUR_S**2 * ticks) / count
            spread = np.sqrt(np.maximum(square - mean**2, 0.0)) / mean
        regular = (count >= LEAST_INTERVALS) & (spread <= REGULAR_SPREAD)
        exact = (count >= EXACT_INTERVALS) & (spread <= EXACT_SPREAD) & (mean >= EXACT_S)
        return Rhythm(count, mean, longest, spread, regular, exact)


def rows_of(client: NDArray[np.int64], code: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return in which row of a table each of some clients stands; all of them are in it, by their codes, ascending."""
    if not len(code):
        return np.zeros(0, np.int64)
    row: NDArray[np.int64] = np.zeros(int(code[-1] - code[0]) + 1, np.int64)
    row[code - code[0]] = np.arange(len(code))
    return np.asarray(row[client - code[0]], np.int64)
