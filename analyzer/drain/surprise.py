"""Faces not expected at the old address: clients first seen there long after the change.

Their rate is taken as a power of the time since the change (`stretch`), over the last eighth to the whole of that time,
unless there was a crowd that is over (`ended`). Only the recent part is fitted: what the first hours brought says
nothing about the third week.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.clients import PERSON
from analyzer.drain.ended import crowd_is_over, lasting, laws
from analyzer.drain.stretch import EXPONENTS, Stretch, integral
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.drain.leaving import Leaving

PRIOR_FACES = 0.1  # [clients] expected in the stretch before anything is seen,
HOLD_S = 3 * DAY_S  # [s] and the more the younger the change: phones and pools hold an address for days
WINDOW = 8.0  # [1] the stretch begins at this part of the time since the change
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

    def draw(self, rng: np.random.Generator, draws: int, horizon_s: float) -> NDArray[np.float64]:
        """Return draws of the mean number of further faces within the horizon, shape (draws,) [clients]."""
        if self.coming > 0:
            return rng.gamma(self.coming_shape, self.coming / self.coming_shape, draws)
        k, level, now_s = laws(rng, self.stretch, draws)
        return np.asarray(level * integral(k, now_s, now_s + horizon_s), np.float64)

    def draw_per_hour(
        self, rng: np.random.Generator, draws: int, ahead_s: NDArray[np.float64], horizon_s: float
    ) -> NDArray[np.float64]:
        """Return draws of the rate of faces at some times from now, shape (draws, times) [clients/hour].

        A stretch shorter than its age tells how many come, and not when: they are spread over the horizon evenly.
        """
        if self.end_s < 2 * self.start_s:
            even = self.draw(rng, draws, horizon_s) / horizon_s * HOUR_S
            return np.repeat(even[:, None], len(ahead_s), axis=1)
        k, level, now_s = laws(rng, self.stretch, draws)
        return np.asarray(level[:, None] * (now_s[:, None] + ahead_s) ** (k[:, None] - 1.0) * HOUR_S, np.float64)

    @property
    def stretch(self) -> Stretch:
        """The faces for themselves, and the law of their rate."""
        weight = np.ones(len(self.ages_s)) if self.genuine is None else self.genuine
        prior = PRIOR_FACES * max(HOLD_S / self.end_s, 1.0)
        return Stretch(self.ages_s, weight, self.start_s, self.end_s, prior, self.constant)

    @property
    def crowd_is_over(self) -> NDArray[np.float64]:
        """float64, shape of `ended.CROWD_ENDS` [1]: the chance that a crowd was over at each."""
        return crowd_is_over(self.stretch)

    def lasting(self, ages_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the rate of faces now over what it was at some ages, shape (n,) [1]."""
        return lasting(self.stretch, ages_s)

    @property
    def falls_by(self) -> float:
        """[1] The rate falls with this power of the time since the change: 1 - k."""
        return float(self.stretch.posterior() @ (1.0 - EXPONENTS))

    def draw_hidden(self, rng: np.random.Generator, draws: int, horizon_s: float) -> NDArray[np.float64]:
        """Return draws of the requests of the client that nobody can have seen, shape (draws,) [requests].

        It has not come until now, and will within the horizon: with exponentially distributed rates, once in `HIDDEN_S`
        on average, it has not come until s with the chance HIDDEN_S / (HIDDEN_S + s).
        """
        chance = HIDDEN_S / (HIDDEN_S + self.end_s) - HIDDEN_S / (HIDDEN_S + self.end_s + horizon_s)
        return np.where(rng.random(draws) < self.hidden * chance, min(self.requests_per_face, HIDDEN_REQUESTS), 0.0)


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
