"""Faces in a stretch of time, and the law of their rate: a power of the time since something happened.

The rate is taken as s**(k - 1): k = 1 is a constant rate, as behind a floor that never drains; k = 0 falls like 1/s;
below that it dies out fast. All are possible until the data speak, so k has a prior and a posterior.

References
----------
Crow: Reliability analysis for complex, repairable systems (1974), for the power-law process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

EXPONENTS = np.linspace(-4.0, 1.0, 101)  # [1] the k's considered
PRIOR_MEAN, PRIOR_SPREAD = -2.0, 1.0  # [1] normal prior of k, cut to them: rates fall like s**-3 or so
AGES = 65  # ages at which it is worked out how long what led faces lasts: between them to 1 %
MOST = 0.9  # [1] of the faces of a crowd that begins late


@dataclass(frozen=True, slots=True)
class Stretch:
    """The faces seen in a stretch of time.

    Attributes
    ----------
    ages_s
        float64, shape (n,) [s after the change]: when each face was first seen.
    weight
        float64, shape (n,) [clients]: as how many each face counts.
    start_s, end_s
        [s after the change] From when until when.
    prior
        [clients] Faces expected in it before anything is seen.
    constant
        The rate is known to be constant.
    origin_s
        [s after the change] From when on the time is counted whose power the rate is.
    """

    ages_s: NDArray[np.float64]
    weight: NDArray[np.float64]
    start_s: float
    end_s: float
    prior: float
    constant: bool = False
    origin_s: float = 0.0

    @property
    def total(self) -> float:
        """[clients] Faces seen."""
        return float(self.weight.sum())

    @property
    def now_s(self) -> float:
        """[s] The time whose power the rate is, at the end."""
        return self.end_s - self.origin_s

    def whole(self, k: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the integral of s**(k - 1) over the stretch."""
        return integral(k, self.start_s - self.origin_s, self.now_s)

    def posterior(self) -> NDArray[np.float64]:
        """Return the posterior weights of `EXPONENTS`, given when the faces came; they sum to 1."""
        if self.constant:
            return np.where(EXPONENTS[-1] > EXPONENTS, 0.0, 1.0)
        log_weight = self._log_likelihood() - 0.5 * ((EXPONENTS - PRIOR_MEAN) / PRIOR_SPREAD) ** 2
        weight = np.exp(log_weight - log_weight.max())
        return np.asarray(weight / weight.sum(), np.float64)

    def draw(self, rng: np.random.Generator, draws: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return draws of k, and of the factor that makes s**(k - 1) the rate of faces [clients/s]."""
        k = rng.choice(EXPONENTS, draws, p=self.posterior())
        seen = rng.gamma(self.prior + self.total, 1.0, draws)
        return k, np.asarray(seen / self.whole(k), np.float64)

    def rate_now(self) -> float:
        """Return the mean rate of faces at the end [clients/s]."""
        each = (self.prior + self.total) / self.whole(EXPONENTS) * self.now_s ** (EXPONENTS - 1.0)
        return float(self.posterior() @ each)

    def lasting(self, ages_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the rate now over what it was at some ages, shape (n,) [1]."""
        part = (np.clip(ages_s, self.start_s, self.end_s) - self.origin_s) / self.now_s
        known = np.geomspace((self.start_s - self.origin_s) / self.now_s, 1.0, AGES)
        return np.interp(part, known, known[:, None] ** (1.0 - EXPONENTS) @ self.posterior())

    def log_evidence(self, begun_s: Sequence[float] = ()) -> float:
        """Return the logarithm of the likelihood of the faces' ages: by a power law or at an even rate, as likely each.

        Parameters
        ----------
        begun_s
            [s after the change] From when on most may have come as well, evenly; a few came at any time.
        """
        believed = np.exp(-0.5 * ((EXPONENTS - PRIOR_MEAN) / PRIOR_SPREAD) ** 2)
        power = np.logaddexp.reduce(self._log_likelihood() + np.log(believed / believed.sum()))
        evenly = 1.0 / (self.end_s - self.start_s)
        laws = [power - self.total * np.log(self.now_s), self.total * np.log(evenly)]
        for one in begun_s:
            each = MOST / (self.end_s - one) * (self.ages_s > one) + (1.0 - MOST) * evenly
            laws.append(float((self.weight * np.log(each)).sum()))
        return float(np.logaddexp.reduce(laws) - np.log(len(laws)))

    def _log_likelihood(self) -> NDArray[np.float64]:
        """Return the logarithm of the likelihood of the ages, in parts of the time now, of each of `EXPONENTS`."""
        log = (EXPONENTS - 1.0) * (self.weight * np.log((self.ages_s - self.origin_s) / self.now_s)).sum()
        return np.asarray(log - self.total * np.log(self.whole(EXPONENTS) / self.now_s**EXPONENTS), np.float64)


def integral(
    k: NDArray[np.float64], start_s: float | NDArray[np.float64], end_s: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the integral of s**(k - 1) from start to end; the logarithm of their ratio where k is 0."""
    ratio = np.log(end_s / start_s)
    small = np.abs(k) < 1e-9  # noqa: PLR2004 -- the logarithm's own case
    safe = np.where(small, 1.0, k)
    return np.asarray(np.where(small, ratio, end_s**k * -np.expm1(-safe * ratio) / safe), np.float64)
