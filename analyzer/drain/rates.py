"""How often a client comes, and how telling its silence is.

The mathematics is that of customers who buy till they die: visits of a living client come at a rate of its own, the
rates of all clients are gamma distributed, and a client that has been silent for long *for its rhythm* has
probably gone. Repeats count, not the first visit: it is by that one that the client is known.

References
----------
Fader, Hardie, Lee: "Counting your customers" the easy way, Marketing Science 24 (2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.units import DAY_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.drain.demand import Demand

SHAPE = 0.4  # [1] of the gamma distribution of rates: most clients come seldom, a few often
PRIOR_DAYS = 7.0  # [normal days] of exposure behind the prior rate where no client ever repeated
SLACK = 0.3  # [1] of a regular client's interval that it may be late


@dataclass(frozen=True, slots=True)
class Rates:
    """Posterior visit rates: gamma(`shape`, `exposure_days`) for each client.

    Attributes
    ----------
    shape
        float64, shape (n,) [visits].
    exposure_days
        float64, shape (n,) [normal days]; for programs, plain days.
    silence
        float64, shape (n,) [1]: chance of the silence since the client's last visit, if it still came.
    """

    shape: NDArray[np.float64]
    exposure_days: NDArray[np.float64]
    silence: NDArray[np.float64]

    @property
    def per_day(self) -> NDArray[np.float64]:
        """[visits/day] Posterior mean."""
        return self.shape / self.exposure_days


def rates(some: Clients, normal: Demand, at_s: float) -> Rates:
    """Return the clients' visit rates as known at `at_s`."""
    repeats = np.maximum(some.before + some.after + some.direct - 1.0, 0.0)
    until_last = _exposure(some, normal, some.first_s, some.last_s)
    silent = _exposure(some, normal, some.last_s, np.full(len(some), at_s))
    prior_days = _prior_days(repeats, until_last + silent)
    shape = SHAPE + repeats
    known = prior_days + until_last
    irregular = (known / (known + silent)) ** shape
    return Rates(shape, known + silent, np.where(some.regular, _regular_silence(some, repeats, at_s), irregular))


def _exposure(
    some: Clients, normal: Demand, start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return exposure in normal days for people, in plain days for those whom no night stops."""
    people = some.kind == "person"
    return np.where(people, normal.normal_days(start, end), np.maximum(end - start, 0.0) / DAY_S)


def _prior_days(repeats: NDArray[np.float64], exposure: NDArray[np.float64]) -> float:
    """Return the prior's exposure: `SHAPE` visits at the mean rate of the least frequent nine in ten clients."""
    if not len(repeats):
        return PRIOR_DAYS
    usual = repeats <= np.quantile(repeats, 0.9)
    total, days = float(repeats[usual].sum()), float(exposure[usual].sum())
    return PRIOR_DAYS if total < 1 or days <= 0 else min(SHAPE * days / total, 4 * PRIOR_DAYS)


def _regular_silence(some: Clients, repeats: NDArray[np.float64], at_s: float) -> NDArray[np.float64]:
    """Return the chance that a client which kept time like a clock misses all its turns since the last visit.

    After k turns kept and none missed, the chance of missing one is 1 / (k + 2) (Laplace's rule).
    """
    interval = np.where(np.isfinite(some.interval_s) & (some.interval_s > 0), some.interval_s, np.inf)
    missed = np.floor(np.maximum((at_s - some.last_s) / interval - SLACK, 0.0))
    return np.asarray((1.0 / (repeats + 2.0)) ** missed, np.float64)
