"""Who is led to the old address by something that is old for others as well: a stale cache that many share.

Newcomers, whom nobody saw there before the change, had no occasion to keep an address of their own; and of people who
were there before, and have come only once since every honest cache expired, hardly any keeps one. So they tell of each
other. A rate of faces that has fallen to a tenth says that nine of ten of what led them are mended by now; one by one,
of people that come once in a year, no silence could ever tell that.
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
LED_ONCE = 0.85  # [1] the same of people who were there before the change, and once since the last honest cache expired
FEW_VISITS = 2  # [visits] of a newcomer: who comes more often shows by itself how long it stays


@dataclass(frozen=True, slots=True)
class Newcomers:
    """How newcomers are led, as the rate of faces tells.

    Attributes
    ----------
    led
        float64, shape (n,) [1]: the chance that what led each is old still.
    share
        float64, shape (n,) [1]: the chance that it was led by that; 0 of who is no newcomer.
    exponent
        [1] Of its further life: it falls as the rate does.
    """

    led: NDArray[np.float64]
    share: NDArray[np.float64]
    exponent: float

    @classmethod
    def none(cls, size: int) -> Newcomers:
        """Return that nobody is one, of so many clients."""
        return cls(np.ones(size), np.zeros(size), 0.0)

    def still(self, alone: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the prior chance to be there still, given what it is for who stays for itself alone [1]."""
        return np.minimum(alone, self.share * self.led + (1.0 - self.share) * alone)

    def never(self, alone: NDArray[np.float64], never: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the chance to be there for ever [1], given what both chances are for who stays for itself alone."""
        own = (1.0 - self.share) * alone / np.maximum(self.still(alone), 1e-300)
        return np.where(self.share > 0, np.minimum(own, 1.0) * never, never)

    def exponents(self, alone: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the exponents of the residual lives [1], given what they are for who stays for itself alone."""
        return np.where(self.share > 0, np.maximum(alone, self.exponent), alone)


def newcomers(
    some: Clients,
    law: Leaving,
    faces: Surprises,
    *,
    named: bool,
    devices: NDArray[np.bool_],
    six: NDArray[np.bool_],
) -> Newcomers:
    """Return how newcomers are led; there are none while caches are expected to hold the old address.

    Parameters
    ----------
    named
        Agents tell who is a person: without them a rare job may look like one, and that keeps its address.
    devices
        bool, shape (n,): programs that many people have on theirs.
    six
        bool, shape (n,): led there by an AAAA record, which is no cache.
    """
    if law.pending or faces.constant:
        return Newcomers.none(len(some))
    age_s = some.last_after_s - law.change_s
    person = some.kind == PERSON
    late = (person | devices) & (age_s > law.scale_s) & ~six
    new = late & (some.before <= 0) & (some.after <= FEW_VISITS)
    once = late & (some.before > 0) & (some.after <= 1) & (devices | named & _by_itself(some))
    share = np.where(new, LED, np.where(once, LED_ONCE, 0.0))
    led = np.ones(len(some))
    led[share > 0] = faces.lasting(age_s[share > 0])
    return Newcomers(led, share, faces.falls_by)


def _by_itself(some: Clients) -> NDArray[np.bool_]:
    """Return who shares its address with no other one that may be there: an office's resolver may keep the old one."""
    _, row, count = np.unique(some.kin, return_inverse=True, return_counts=True)
    return np.asarray(count[row] == 1, np.bool_)
