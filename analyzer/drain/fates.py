"""Uniform draws for clients, some of which have one fate: a fleet gets one release, an office one resolver.

Each client errs alone in half of the draws. In the others those of a kin (programs of one agent, people behind one
address) are there together, and leave together. What is expected stays the same; the bound knows that all may stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOGETHER = 0.5  # [1] of the draws in which a kin has one fate


class Fates:
    """Who has one fate in which draw.

    Parameters
    ----------
    kin
        int64, shape (n,): the same number for those who may have one.
    """

    def __init__(self, rng: np.random.Generator, kin: NDArray[np.int64], draws: int) -> None:
        _, group, size = np.unique(kin, return_inverse=True, return_counts=True)
        several = np.flatnonzero(size > 1)
        self._rng, self._shape = rng, (draws, len(kin))
        self._some = np.flatnonzero(size[group] > 1)
        self._group = np.full(len(kin), -1)
        self._group[self._some] = np.searchsorted(several, group[self._some])
        self._kins = draws, len(several)
        self._together = rng.random(self._kins) < TOGETHER

    def of_all(self) -> NDArray[np.float32]:
        """Return uniform draws for everybody, shape (draws, n): the same ones for a kin where it has one fate."""
        found = self._rng.random(self._shape, np.float32)  # to 6e-8, in half the time
        if len(self._some):
            group = self._group[self._some]
            common = self._rng.random(self._kins, np.float32)[:, group]
            found[:, self._some] = np.where(self._together[:, group], common, found[:, self._some])
        return found

    def of(self, draw: NDArray[np.int64], who: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the same for some clients, each in one of the draws."""
        found = self._rng.random(len(who))
        if len(self._some):
            at = np.flatnonzero(self._group[who] >= 0)
            place = draw[at], self._group[who[at]]
            found[at] = np.where(self._together[place], self._rng.random(self._kins)[place], found[at])
        return found
