"""The people whom caches still lead to the old address, all together: whoever they are, seen there or not.

Before the last cache has expired most of those who will come to the old address have not come since the change. What
they send follows from normal demand and from the caches: a few large resolvers serve most people, and each lets go at
one moment, so that the flow falls in steps about the mixture's mean.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.caches import Caches, Line
from analyzer.drain.clients import PERSON

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.drain.demand import Demand
    from analyzer.drain.leaving import Leaving
    from analyzer.drain.stays import Stays
    from analyzer.drain.surprise import Surprises
    from analyzer.drain.visits import Visits

RESOLVERS = 30  # caches that people are behind, all told, at the turn,
POPULARITY = 0.5  # [1] whose shares are a Dirichlet's with this parameter: three of them serve a third
LEAST_OLD = 4  # of them that are old still, while any is
LEVEL_VISITS = 6.0  # [visits] that the baseline's level weighs: today may be a holiday, or the site has grown
STAY_EXPONENT, STAY_SPREAD = 1.0, 0.5  # [1] of those whom no cache holds: median, and spread of its logarithm
DRAWS = 400
SEED = 20_260_302
STEPS = 24  # of the later half of the time since the turn, over which the demand met there is summed
FOR_EVER = Caches((Line(1e12, count=1e6),))  # a turn that is yet to come: everybody is led there, and goes on
LEAST_LED = 0.005  # [1] of people that caches still lead there: with fewer, those seen there tell more
LEAST_MET = 0.01  # [normal days] of demand met, a quarter of an hour: less tells nothing


@dataclass(frozen=True, slots=True)
class Flow:
    """People's visits to the old address while caches lead to it.

    Attributes
    ----------
    at_s, turn_s, scale_s
        [s since the epoch], and [s after the turn] from when on those whom no cache holds leave as Pareto says.
    since_s
        [s since the epoch] From when on their visits are counted.
    caches, unheld
        The mixture, and the clients that no cache holds.
    visits
        [visits] that people made to the old address since then.
    usual_per_day
        [visits/normal day] that they made before the turn; None where that is not known.
    requests_per_visit
        [requests/visit]
    normal
        Normal demand.
    """

    at_s: float
    turn_s: float
    scale_s: float
    since_s: float
    caches: Caches
    unheld: float
    visits: float
    usual_per_day: float | None
    requests_per_visit: float
    normal: Demand

    @property
    def age_s(self) -> float:
        """[s after the turn] Now."""
        return self.at_s - self.turn_s

    def draw(self, rng: np.random.Generator, draws: int, edges_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return draws of the mean visits between moments that lie ahead, shape (draws, intervals) [visits].

        Parameters
        ----------
        edges_s
            float64, shape (intervals, 2) [s from now]: from, to.
        """
        weight = rng.dirichlet(np.append(self.caches.counts, self.unheld), draws)
        exponent = STAY_EXPONENT * np.exp(STAY_SPREAD * rng.standard_normal(draws))
        now = weight * self._old(np.array([self.age_s]), exponent)[:, 0]
        share = now.sum(axis=1)
        level = self._level(rng, weight, exponent)
        count = max(round(RESOLVERS * float(share.mean())), LEAST_OLD)
        life_s = self._lives_s(rng, now / share[:, None], exponent, count)
        popular = rng.dirichlet(np.full(count, POPULARITY), draws)
        found = np.empty((draws, len(edges_s)))
        for i, (start, end) in enumerate(edges_s):
            until = self.at_s + np.clip(life_s, start, end)
            found[:, i] = (popular * self.normal.normal_days(self.at_s + start, until)).sum(axis=1)
        return np.asarray(found * (level * share)[:, None], np.float64)

    def _old(self, age_s: NDArray[np.float64], exponent: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share that is old of each line, and of whom no cache holds, shape (draws, ages, lines + 1)."""
        staying = (self.scale_s / np.maximum(age_s, self.scale_s)) ** exponent[:, None]
        lines = np.broadcast_to(self.caches.shares(age_s), (len(exponent), len(age_s), len(self.caches.lines)))
        return np.concatenate([lines, staying[:, :, None]], axis=2)

    def _level(
        self, rng: np.random.Generator, weight: NDArray[np.float64], exponent: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return draws of the visits a normal day, to either server: by the baseline, and by what came to the old."""
        edges = np.linspace(self.since_s, self.at_s, STEPS + 1)
        days = self.normal.normal_days(edges[:-1], edges[1:])
        old = (self._old((edges[:-1] + edges[1:]) / 2 - self.turn_s, exponent) * weight[:, None]).sum(axis=2)
        met = old @ days
        if not self.usual_per_day:
            drawn = rng.gamma(self.visits + 0.5, 1.0, len(met)) / np.maximum(met, LEAST_MET)
            return np.asarray(drawn, np.float64)
        prior = LEVEL_VISITS / self.usual_per_day
        return np.asarray(rng.gamma(self.visits + LEVEL_VISITS, 1.0, len(met)) / (met + prior), np.float64)

    def _lives_s(
        self, rng: np.random.Generator, part: NDArray[np.float64], exponent: NDArray[np.float64], count: int
    ) -> NDArray[np.float64]:
        """Return draws of how long caches that are old now still are, shape (draws, count) [s]."""
        size = (len(part), count)
        chosen = (rng.random(size)[:, :, None] > np.cumsum(part, axis=1)[:, None, :-1]).sum(axis=2)
        chance = 1.0 - rng.random(size)  # never 0: nobody stays for ever
        life_s = max(self.scale_s, self.age_s) * chance ** (-1.0 / exponent[:, None]) - self.age_s
        for number, line in enumerate(self.caches.lines):
            mine = chosen == number
            life_s[mine] = Caches((line,)).residual(self.age_s).lives_s(chance[mine])
        return np.asarray(life_s, np.float64)


def flow(some: Clients, after: Visits, law: Leaving, normal: Demand, at_s: float) -> Flow | None:
    """Return the people's flow; None where the last cache has expired.

    While the DNS still leads to the old address all people do, and go on.

    Parameters
    ----------
    some
        The counted clients.
    after
        Their visits to the old server since the change.
    """
    age_s = float(law.age_s(at_s))
    if law.caches is None or (age_s >= law.scale_s and float(law.caches.share(age_s)) < LEAST_LED):
        return None
    people = some.kind == PERSON
    before, every = float(some.before[people].sum()), max(float(some.before.sum()), 1.0)
    since_s = law.change_s + age_s / 2
    late = (after.start >= since_s) & np.isin(after.client, some.code[people])
    return Flow(
        at_s=at_s,
        turn_s=law.change_s,
        scale_s=law.scale_s,
        since_s=since_s,
        caches=FOR_EVER if law.pending else law.caches,
        unheld=law.unheld,
        visits=float(late.sum()),
        usual_per_day=None
        if normal.visits_per_day is None
        else normal.visits_per_day * float(normal.grown(at_s)) * before / every,
        requests_per_visit=max(
            float(some.requests[people].sum()) / max(before + float(some.after[people].sum()), 1), 1
        ),
        normal=normal,
    )


def to_come(faces: Surprises, led: Flow, stay: Stays, some: Clients, horizon_s: float) -> Surprises:
    """Return the faces with those whom caches will lead to the old address and who were not seen there yet."""
    known = float((stay.expected_requests / stay.per_visit)[some.kind == PERSON].sum())
    drawn = led.draw(np.random.default_rng(SEED), DRAWS, np.array([[0.0, horizon_s]]))[:, 0]
    unseen = np.maximum(drawn - known, 0.0)
    mean, variance = float(unseen.mean()), float(unseen.var())
    if mean <= 0 or variance <= 0:
        return faces
    return replace(faces, coming=mean, coming_shape=mean**2 / variance)
