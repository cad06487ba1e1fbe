"""Faces in a stretch of time, and the law of their rate: a power of the time since something happened.

The rate is taken as s**(k - 1): k = 1 is a constant rate, as behind a floor that never drains; k = 0 falls like 1/s;
below that it dies out fast. All are possible until the data speak, so k has a prior and a posterior; a constant rate is
a law of its own, seldom, but not impossible.

References
----------
Crow: Reliability analysis for complex, repairable systems (1974), for the power-law process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXPONENTS = np.linspace(-4.0, 1.0, 101)  # [1] the k's considered
PRIOR_MEAN, PRIOR_SPREAD = -2.0, 1.0  # [1] normal prior of k, cut to them: rates fall like s**-3 or so
EVENLY = 0.005  # [1] prior chance of a constant rate
AGES = 65  # ages at which it is worked out how long what led faces lasts: between them to 1 %
MOST = 0.9  # [1] of the faces of a crowd lie in its window,
WINDOWS = np.array([2.0, 4.0, 8.0, 16.0, 32.0])  # [1] of which so many fit into the stretch,
PLACES = 65  # which may begin at so many moments
TELL_NOTHING = 3.0  # [clients] by whom the window is known


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
        evenly = np.where(EXPONENTS[-1] > EXPONENTS, 0.0, 1.0)
        if self.constant:
            return evenly
        log_weight = self._log_likelihood() + _log_prior()
        weight = np.exp(log_weight - log_weight.max())
        power, even = self._log_laws()
        share = float(np.exp(np.log(EVENLY) + even - np.logaddexp(np.log(EVENLY) + even, np.log(1.0 - EVENLY) + power)))
        return np.asarray((1.0 - share) * weight / weight.sum() + share * evenly, np.float64)

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

    def log_evidence(self) -> float:
        """Return the logarithm of the likelihood of the faces' ages: by a power law, or (seldom) at an even rate."""
        power, even = self._log_laws()
        return float(np.logaddexp(np.log(1.0 - EVENLY) + power, np.log(EVENLY) + even))

    def log_evidence_of_crowd(self) -> float:
        """Return the same of a crowd: by a power law, evenly, or most of it in a window of time, as likely each.

        Where the window lies, and how wide it is, is learned from the faces themselves: three of them tell nothing
        more, and one household's are no crowd.
        """
        width_s = (self.end_s - self.start_s) / WINDOWS[:, None]
        begin_s = self.start_s + (self.end_s - self.start_s - width_s) * np.linspace(0.0, 1.0, PLACES)
        order = np.argsort(self.ages_s)
        ages_s, until = self.ages_s[order], np.append(0.0, np.cumsum(self.weight[order]))
        first, last = np.searchsorted(ages_s, begin_s), np.searchsorted(ages_s, begin_s + width_s, side="right")
        inside, outside = until[last] - until[first], (1.0 - MOST) / (self.end_s - self.start_s)
        windows = inside * np.log(MOST / width_s + outside) + (self.total - inside) * np.log(outside)
        told = max(self.total - TELL_NOTHING, 0.0) / max(self.total, 1.0)
        power, even = self._log_laws()
        window = told * (np.logaddexp.reduce(windows, axis=None) - np.log(windows.size)) + (1.0 - told) * even
        return float(np.logaddexp.reduce([power, even, window]) - np.log(3.0))

    def _log_laws(self) -> tuple[float, float]:
        """Return the logarithms of the likelihood of the ages by a power law, whatever its exponent, and evenly."""
        power = np.logaddexp.reduce(self._log_likelihood() + _log_prior()) - self.total * np.log(self.now_s)
        return float(power), float(-self.total * np.log(self.end_s - self.start_s))

    def _log_likelihood(self) -> NDArray[np.float64]:
        """Return the logarithm of the likelihood of the ages, in parts of the time now, of each of `EXPONENTS`."""
        log = (EXPONENTS - 1.0) * (self.weight * np.log((self.ages_s - self.origin_s) / self.now_s)).sum()
        return np.asarray(log - self.total * np.log(self.whole(EXPONENTS) / self.now_s**EXPONENTS), np.float64)


def _log_prior() -> NDArray[np.float64]:
    """Return the logarithm of the prior of `EXPONENTS`."""
    believed = np.exp(-0.5 * ((EXPONENTS - PRIOR_MEAN) / PRIOR_SPREAD) ** 2)
    return np.asarray(np.log(believed / believed.sum()), np.float64)


def integral(
    k: NDArray[np.float64], start_s: float | NDArray[np.float64], end_s: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the integral of s**(k - 1) from start to end; the logarithm of their ratio where k is 0."""
    ratio = np.log(end_s / start_s)
    small = np.abs(k) < 1e-9  # noqa: PLR2004 -- the logarithm's own case
    safe = np.where(small, 1.0, k)
    return np.asarray(np.where(small, ratio, end_s**k * -np.expm1(-safe * ratio) / safe), np.float64)
