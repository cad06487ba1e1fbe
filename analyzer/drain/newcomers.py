"""Newcomers: people never seen before the change, whom something old leads to the old address long after it.

They had no occasion to keep an address of their own: a cache led them that is old for others as well, and others come
by it who are seen only once, as they are. So newcomers tell of each other. A rate of faces that has fallen to a tenth
says that nine of ten of what led them are mended by now; one by one, of people that come once in a year, no silence
could ever tell that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.clients import PERSON

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.drain.leaving import Leaving
    from analyzer.drain.surprise import Surprises

LED = 0.98  # [1] of newcomers are led by what leads others too; the rest may have the address in a file
FEW_VISITS = 2  # [visits] of a newcomer: who comes more often shows by itself how long it stays


@dataclass(frozen=True, slots=True)
class Newcomers:
    """How newcomers are led, as the rate of faces tells.

    Attributes
    ----------
    led
        float64, shape (n,) [1]: the chance that what led each is old still; NaN of who is no newcomer.
    exponent
        [1] Of its further life: it falls as the rate does.
    """

    led: NDArray[np.float64]
    exponent: float

    def still(self, alone: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the prior chance to be there still, given what it is for who stays for itself alone [1]."""
        return np.where(np.isnan(self.led), alone, np.minimum(alone, LED * self.led + (1.0 - LED) * alone))

    def never(self, alone: NDArray[np.float64], never: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the chance to be there for ever [1], given what both chances are for who stays for itself alone."""
        own = (1.0 - LED) * alone / np.maximum(self.still(alone), 1e-300)
        return np.where(np.isnan(self.led), never, np.minimum(own, 1.0) * never)

    def exponents(self, alone: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the exponents of the residual lives [1], given what they are for who stays for itself alone."""
        return np.where(np.isnan(self.led), alone, np.maximum(alone, self.exponent))


def newcomers(some: Clients, law: Leaving, faces: Surprises) -> Newcomers:
    """Return how newcomers are led; there are none while caches are expected to hold the old address."""
    age_s = some.last_after_s - law.change_s
    new = (some.kind == PERSON) & (some.before <= 0) & (some.after <= FEW_VISITS) & (age_s > law.scale_s)
    led = np.full(len(some), np.nan)
    if not (law.pending or faces.constant):
        led[new] = faces.lasting(age_s[new])
    return Newcomers(led, faces.falls_by)
