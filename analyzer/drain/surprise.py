"""Faces not expected at the old address: clients first seen there long after the change.

Their rate is taken as a power law of the time since the change, s**(k - 1), over the last eighth to the whole of
that time: k = 1 is a constant rate, as behind a floor that never drains; k = 0 falls like 1/s; below that it
dies out fast. All are possible until the data speak, so k has a prior and a posterior. Only the recent part is
fitted: what the first hours brought says nothing about the third week.

References
----------
Crow: Reliability analysis for complex, repairable systems (1974), for the power-law process.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import lgamma
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.clients import PERSON
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.drain.leaving import Leaving

PRIOR_FACES = 0.1  # [clients] expected in the stretch before anything is seen,
HOLD_S = 3 * DAY_S  # [s] and the more the younger the change: phones and pools hold an address for days
WINDOW = 8.0  # [1] the stretch begins at this part of the time since the change
CROWD = 0.3  # [1] prior chance that there was a crowd: a holiday, a campaign, a resolver of many
CROWD_ENDS = (0.25, 0.375, 0.5, 0.625, 0.75)  # [1] of the time since the change: when a crowd may have been over
AFTER, BEFORE = 0.2, 3.0  # [1] of the beta distribution of the share of faces that come after it: few, by its name
SURE = 1 - 1e-9  # [1] no part is quite the whole
ANY_LONGER = 1.05  # [1] a stretch that begins earlier than that
EXPONENTS = np.linspace(-4.0, 1.0, 101)  # [1] the k's considered
PRIOR_MEAN, PRIOR_SPREAD = -2.0, 1.0  # [1] normal prior of k, cut to them: rates fall like s**-3 or so
HIDDEN = 0.1  # [1] prior chance of one client more, with the address in a file,
HIDDEN_S = 7 * DAY_S  # [s] that comes once in so long: the mean of an exponential distribution of rates is 1 / HIDDEN_S
HIDDEN_REQUESTS = 3.0  # [requests] that it sends, at most: whose visits are greater came more often and was seen
DEFAULT_REQUESTS = 5.0  # [requests] of a face where none was ever seen and no baseline tells


@dataclass(frozen=True, slots=True)
class Surprises:
    """The faces seen in the stretch that ends now.

    Attributes
    ----------
    ages_s
        float64, shape (n,) [s after the change]: when each face was first seen.
    start_s, end_s
        [s after the change] The stretch looked at.
    requests_per_face
        [requests/client] that such a client sends in all.
    constant
        The rate is known to be constant: while the DNS still leads to the old address.
    hidden
        Prior chance [1] of one more client, that comes so seldom that nobody can have seen it.
    coming, coming_shape
        [clients], [1]: mean and shape of a gamma distribution of those whom caches will still lead to the old address.
        While there are any, they are the faces: the stretch says nothing yet.
    genuine
        float64, shape (n,) [1]: the chance of each face to count as one; of all 1, if absent.
    part
        [1] Of the time since the change, by which the prior counts: faces are as likely in each part of it.
    """

    ages_s: NDArray[np.float64]
    start_s: float
    end_s: float
    requests_per_face: float
    constant: bool = False
    hidden: float = 0.0
    coming: float = 0.0
    coming_shape: float = 1.0
    genuine: NDArray[np.float64] | None = None
    part: float = 1.0

    def draw(self, rng: np.random.Generator, draws: int, horizon_s: float) -> NDArray[np.float64]:
        """Return draws of the mean number of further faces within the horizon, shape (draws,) [clients]."""
        if self.coming > 0:
            return rng.gamma(self.coming_shape, self.coming / self.coming_shape, draws)
        k, level = self._law(rng, draws)
        return np.asarray(level * _integral(k, self.end_s, self.end_s + horizon_s), np.float64)

    def draw_per_hour(
        self, rng: np.random.Generator, draws: int, ahead_s: NDArray[np.float64], horizon_s: float
    ) -> NDArray[np.float64]:
        """Return draws of the rate of faces at some times from now, shape (draws, times) [clients/hour].

        A stretch shorter than its age tells how many come, and not when: they are spread over the horizon evenly.
        """
        if self.end_s < 2 * self.start_s:
            even = self.draw(rng, draws, horizon_s) / horizon_s * HOUR_S
            return np.repeat(even[:, None], len(ahead_s), axis=1)
        k, level = self._law(rng, draws)
        return np.asarray(level[:, None] * (self.end_s + ahead_s) ** (k[:, None] - 1.0) * HOUR_S, np.float64)

    def _law(self, rng: np.random.Generator, draws: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return draws of k, and of the factor that makes s**(k - 1) the rate of faces [clients/s] at an age s [s].

        By the whole stretch, or by its last part alone: where those before it came as a crowd that is over.
        """
        k = rng.choice(EXPONENTS, draws, p=self.posterior())
        seen = rng.gamma(self.prior_faces + float(self.weight.sum()), 1.0, draws)
        level = np.asarray(seen / _integral(k, self.start_s, self.end_s), np.float64)
        low_s, high_s = self._crowd_edges()
        which = rng.random(draws) if high_s[-1] else np.ones(draws)
        for end, low, high in zip(CROWD_ENDS, low_s, high_s, strict=True):
            mine = (which >= low) & (which < high)
            if mine.any():
                late = self.late(end)
                k[mine] = rng.choice(EXPONENTS, int(mine.sum()), p=late.posterior())
                seen = rng.gamma(late.prior_faces + float(late.weight.sum()), 1.0, int(mine.sum()))
                level[mine] = seen / _integral(k[mine], late.start_s, late.end_s)
        return k, level

    def _crowd_edges(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return between which uniform draws each crowd is taken to be over."""
        high = np.cumsum(self.crowd_is_over)
        return np.append(0.0, high[:-1]), high

    def late(self, end: float) -> Surprises:
        """Return those of the last part of the time since the change, for themselves."""
        mine = self.ages_s > self.end_s * end
        start_s = self.end_s * end
        return replace(self, ages_s=self.ages_s[mine], genuine=self.weight[mine], start_s=start_s, part=1.0 - end)

    @property
    def crowd_is_over(self) -> NDArray[np.float64]:
        """float64, shape of `CROWD_ENDS` [1]: the chance that what comes after each goes by a law of its own.

        One power law gives the m late of n faces the chance of a binomial distribution; a crowd and the rest that of a
        share that is not known, but small: a beta-binomial distribution.
        """
        ends_s = self.end_s * np.array(CROWD_ENDS)
        told = ends_s > self.start_s * ANY_LONGER
        total = float(self.weight.sum())
        if self.constant or not told.any() or not total:
            return np.zeros(len(ends_s))
        late = np.array([float(self.weight[self.ages_s > end_s].sum()) for end_s in ends_s])
        whole = _integral(EXPONENTS, self.start_s, self.end_s)
        share = (_integral(EXPONENTS, ends_s[:, None], self.end_s) / whole).clip(0.0, SURE)
        ways = lgamma(total + 1) - _log_gamma(late + 1) - _log_gamma(total - late + 1)
        log_one = late[:, None] * np.log(share) + (total - late)[:, None] * np.log1p(-share)
        one = np.exp(ways[:, None] + log_one) @ self.posterior()
        log_crowd = _log_gamma(late + AFTER) + _log_gamma(total - late + BEFORE) - lgamma(total + AFTER + BEFORE)
        crowd = np.exp(ways + log_crowd + lgamma(AFTER + BEFORE) - lgamma(AFTER) - lgamma(BEFORE))
        odds = np.where(told, CROWD / (1 - CROWD) / told.sum() * crowd / np.maximum(one, 1e-300), 0.0)
        return np.asarray(odds / (1.0 + odds.sum()), np.float64)

    def draw_hidden(self, rng: np.random.Generator, draws: int, horizon_s: float) -> NDArray[np.float64]:
        """Return draws of the requests of the client that nobody can have seen, shape (draws,) [requests].

        It has not come until now, and will within the horizon: with exponentially distributed rates, once in `HIDDEN_S`
        on average, it has not come until s with the chance HIDDEN_S / (HIDDEN_S + s).
        """
        chance = HIDDEN_S / (HIDDEN_S + self.end_s) - HIDDEN_S / (HIDDEN_S + self.end_s + horizon_s)
        return np.where(rng.random(draws) < self.hidden * chance, min(self.requests_per_face, HIDDEN_REQUESTS), 0.0)

    @property
    def weight(self) -> NDArray[np.float64]:
        """float64, shape (n,) [clients]: as how many each face counts."""
        return np.ones(len(self.ages_s)) if self.genuine is None else self.genuine

    @property
    def prior_faces(self) -> float:
        """[clients] Faces expected in the stretch before anything is seen."""
        return PRIOR_FACES * max(HOLD_S / self.end_s, 1.0) * self.part

    def posterior(self) -> NDArray[np.float64]:
        """Return the posterior weights of `EXPONENTS`, given when the faces came; they sum to 1."""
        if self.constant:
            return np.where(EXPONENTS[-1] > EXPONENTS, 0.0, 1.0)
        log_weight = -0.5 * ((EXPONENTS - PRIOR_MEAN) / PRIOR_SPREAD) ** 2
        where = (self.weight * np.log(self.ages_s / self.end_s)).sum()
        log_weight += (EXPONENTS - 1) * where
        seen = float(self.weight.sum())
        log_weight -= seen * np.log(_integral(EXPONENTS, self.start_s, self.end_s) / self.end_s**EXPONENTS)
        weight = np.exp(log_weight - log_weight.max())
        return np.asarray(weight / weight.sum(), np.float64)


def _log_gamma(some: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithms of the gamma function at a few numbers."""
    return np.array([lgamma(one) for one in some.tolist()])


def _integral(k: NDArray[np.float64], start_s: float | NDArray[np.float64], end_s: float) -> NDArray[np.float64]:
    """Return the integral of s**(k - 1) from start to end; the logarithm of their ratio where k is 0."""
    ratio = np.log(end_s / start_s)
    small = np.abs(k) < 1e-9  # noqa: PLR2004 -- the logarithm's own case
    safe = np.where(small, 1.0, k)
    return np.asarray(np.where(small, ratio, end_s**k * -np.expm1(-safe * ratio) / safe), np.float64)


def surprises(some: Clients, law: Leaving, at_s: float) -> Surprises:
    """Return the surprising faces among the counted clients: people, and programs that the baseline does not know.

    A client that comes back to the old address after a direct visit to the new one is one as well.
    """
    end = max(at_s - law.change_s, law.scale_s * 1.01)
    start = min(max(end / WINDOW, law.scale_s, _known_from_s(some) - law.change_s), end / 1.01)
    unknown = (some.kind == PERSON) | (some.before <= 0)
    ages = some.first_after_s - law.change_s
    back = some.last_after_s > some.first_direct_s
    ages = np.where(back, some.last_after_s - law.change_s, ages)
    new = unknown & (ages > start) & (ages <= end) & some.seen_after
    sent = _requests_per_face(some, new, back)
    return Surprises(ages[new], start, end, sent, law.pending, HIDDEN, genuine=some.genuine[new])


def _known_from_s(some: Clients) -> float:
    """Return from when on a face is new [s since the epoch]: where the log begins after the change, a day later."""
    if (some.before > 0).any() or not some.seen_after.any():
        return -np.inf
    return float(np.nanmin(some.first_after_s)) + DAY_S


def _requests_per_face(some: Clients, new: NDArray[np.bool_], back: NDArray[np.bool_]) -> float:
    """Return what a face sends: as those seen did, with one more that does as people do in a visit.

    Of those that came back only what a visit brings is known to be of their return.
    """
    people = some.kind == PERSON
    visits = float((some.before + some.after)[people].sum())
    usual = max(float(some.requests[people].sum()) / visits, 1.0) if visits else DEFAULT_REQUESTS
    sent = np.where(back, some.requests_per_visit, some.requests_after)[new]
    weight = some.genuine[new]
    return max((float((weight * sent).sum()) + usual) / (float(weight.sum()) + 1), 1.0)
