"""How clients leave the old address: the chance that one that was there still is.

Up to the DNS bound honest caches expire along straight lines. What is left after it is there for another reason
(a pooled connection, a pinned address, a number in a file), and the longer it has stayed the longer it will:
P(still there at s + u | there at s) = (s / (s + u)) ** k, with s counted from the change (Lindy's law, a Pareto
residual life). k says how fast a kind moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from analyzer.drain.clients import Clients

# Residual-life exponents [1]: people restart browsers and phones within days; programs are restarted with the
# next release, or never. Priors, chosen so that simulated migrations keep the bound (docs/model.md).
EXPONENT = {"person": 2.0, "program": 0.5}
OTHER_EXPONENT = 0.5
LEAST_SCALE_S = HOUR_S  # [s] below it "how long already" has no meaning
# Prior share of clients that stay beyond the DNS bound, as pseudo counts (stayed, moved).
STAYED_PRIOR = {"person": (0.5, 200.0), "program": (0.5, 10.0)}
OTHER_STAYED_PRIOR = (0.5, 10.0)
LEAST_SHARE = 1e-6  # [1] nothing is quite impossible
UNSEEN_STAYED = 0.2  # [1] least prior chance that a program which has not come since the change has a pinned address
GONE = 0.02  # [1] prior weight of a client that has left the application altogether, whatever the address


@dataclass(frozen=True, slots=True)
class Leaving:
    """The law by which clients leave.

    Attributes
    ----------
    change_s
        [s since the epoch] When the change was published.
    bound_s
        [s after the change] When the last honest cache has expired.
    stayed
        Share of a kind's clients that stay beyond the bound [1], by kind.
    """

    change_s: float
    bound_s: float
    stayed: dict[str, float]

    def still(self, kind: NDArray[np.object_], last_s: NDArray[np.float64], at_s: float) -> NDArray[np.float64]:
        """Return the prior chance that clients seen at the old address at `last_s` still use it at `at_s`.

        It falls with `at_s`, rises with `last_s`, and is 1 where they are equal.
        """
        age, then = self.age_s(at_s), np.minimum(self.age_s(last_s), self.age_s(at_s))
        stayed = np.array([max(self.stayed.get(str(k), 1.0), LEAST_SHARE) for k in kind], np.float64)
        return np.minimum(
            _law(age, self.scale_s, stayed, exponents(kind)) / _law(then, self.scale_s, stayed, exponents(kind)), 1.0
        )

    def unseen(self, kind: NDArray[np.object_]) -> NDArray[np.float64]:
        """Return the prior chance that clients not seen anywhere since the change still use the old address.

        Time alone does not lower it: who has not come has had no occasion to show that it moved.
        """
        stayed = np.array([self.stayed.get(str(k), 1.0) for k in kind], np.float64)
        return np.maximum(stayed, UNSEEN_STAYED)

    def age_s(self, at_s: ArrayLike) -> NDArray[np.float64]:
        """Return seconds since the change, not below zero."""
        return np.maximum(np.asarray(at_s, np.float64) - self.change_s, 0.0)

    @property
    def scale_s(self) -> float:
        """[s] The age from which the residual-life law holds."""
        return max(self.bound_s, LEAST_SCALE_S)


def _law(
    age: NDArray[np.float64], scale_s: float, stayed: NDArray[np.float64], exponent: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the share of clients still there at an age: a line down to `stayed`, then Pareto."""
    line = stayed + (1.0 - stayed) * np.clip(1.0 - age / scale_s, 0.0, 1.0)
    return line * np.minimum((scale_s / np.maximum(age, scale_s)) ** exponent, 1.0)


def exponents(kind: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the residual-life exponent of each client's kind."""
    return np.array([EXPONENT.get(str(k), OTHER_EXPONENT) for k in kind], np.float64)


def leaving(some: Clients, change_s: float, bound_s: float, at_s: float) -> Leaving:
    """Return the law, with the share that stays learned from the clients seen after the bound."""
    border = change_s + max(bound_s, LEAST_SCALE_S)
    late_old = some.last_after_s >= border
    late_new = some.last_direct_s >= border
    shares = {}
    for kind in {str(k) for k in some.kind}:
        mine = some.kind == kind
        stayed = int((mine & late_old & ~(some.last_direct_s > some.last_after_s)).sum())
        moved = int((mine & late_new).sum()) if late_new.any() else _expected_again(some, mine, border, at_s)
        yes, no = STAYED_PRIOR.get(kind, OTHER_STAYED_PRIOR)
        shares[kind] = (stayed + yes) / (stayed + yes + moved + no)
    return Leaving(change_s, bound_s, shares)


def _expected_again(some: Clients, mine: NDArray[np.bool_], border_s: float, at_s: float) -> int:
    """Return how many clients would have come again after the bound; for want of a log of the new server."""
    frequent = some.interval_s * 2 < max(at_s - border_s, 0.0)
    return int((mine & frequent & ~(some.last_after_s >= border_s)).sum())


def residual_life_s(
    age_s: NDArray[np.float64], exponent: NDArray[np.float64], chance: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """Return the further stay [s] that clients exceed with a given chance: the quantile of the residual life."""
    return age_s * (np.asarray(chance, np.float64) ** (-1.0 / exponent) - 1.0)


def expected_stay_s(age_s: NDArray[np.float64], exponent: NDArray[np.float64], horizon_s: float) -> NDArray[np.float64]:
    """Return the mean further stay [s] within a horizon: the integral of (s / (s + u))**k over u from 0 to it."""
    near = np.abs(exponent - 1.0) < 1e-9  # noqa: PLR2004 -- the logarithm's own case
    k = np.where(near, 2.0, exponent)
    power = age_s**k * ((age_s + horizon_s) ** (1 - k) - age_s ** (1 - k)) / (1 - k)
    return np.where(near, age_s * np.log1p(horizon_s / age_s), power)


MOST_BOUND_S = 7 * DAY_S  # [s] RFC 8767 section 4: resolvers should cap a TTL at 604,800 s
