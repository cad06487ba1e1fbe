"""How clients leave the old address: the chance that one that was there still is.

Up to the DNS bound honest caches expire along straight lines (`caches.py`). What is left after it is there for another
reason (a pooled connection, a pinned address, a number in a file), and the longer it has stayed the longer it will:
P(still there at s + u | there at s) = (s / (s + u)) ** k, with s counted from the change (Lindy's law, a Pareto
residual life). k says how fast a kind moves. Some never do: an address in a configuration. They are a class of their
own, whose share among those left is learned and grows with time, as the others go.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.caches import Caches, Line
from analyzer.drain.clients import PERSON
from analyzer.logs.agents import KINDS
from analyzer.units import DAY_S, HOUR_S, WEEK_S

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from analyzer.drain.departures import Departures


# Residual-life exponents [1]: people restart browsers and phones within days; programs are restarted with the
# next release, or never. Priors, chosen so that simulated migrations keep the bound (docs/model.md).
EXPONENT = {"person": 2.0, "program": 0.5}
OTHER_EXPONENT = 0.5
LEAST_SCALE_S = HOUR_S  # [s] below it "how long already" has no meaning
# [1] Before the bound nobody can have shown it: busy pools and pinned addresses are a good part of programs that poll.
EARLY_STAYED = {"program": 0.35}
LEAST_SHARE = 1e-6  # [1] nothing is quite impossible
UNSEEN_STAYED = 0.2  # [1] least prior chance that a program which has not come since the change has a pinned address
STOPPED = 0.02  # [1] prior weight of a client that has stopped coming altogether, whatever the address,
COMES_BACK = 0.5  # [1] and of people who did the share that comes back some day, with the address they had:
REST_EXPONENT = 0.5  # [1] the longer they have been away, the longer they will be
AWAY, AWAY_S = 0.3, 4 * DAY_S  # [1], [s] least chance that all of a place are away, and how fast it falls: holidays
NEVER_SCALE_S = DAY_S  # [s] the age to which this share belongs, at least
REGULAR_VISITS, REGULAR_S = 4, WEEK_S  # [visits] before the change, so far apart [s] at most: a person who is missed


@dataclass(frozen=True, slots=True)
class Leaving:
    """The law by which clients leave.

    Attributes
    ----------
    change_s
        [s since the epoch] When the change was published: the last turn to the new address.
    bound_s
        [s after the change] When the last honest cache has expired.
    stayed
        Share of a kind's clients that stay beyond the bound [1], by kind.
    never
        Share of a kind's clients left at `never_scale_s` that never move [1], by kind.
    pending
        True while the last turn is yet to come: nobody leaves before it.
    exponent
        Residual-life exponent [1], by kind; the prior's, where it was not learned.
    doubt
        How far that may be off, of a kind's clients together [1]: the spread of its logarithm; none, if absent.
    caches
        The caches; None where nothing is known of them.
    unheld
        [clients] Evidence, beside the caches' counts, for clients that no cache holds.
    settled
        [clients] Of a kind that were seen not to move, and the prior's, by which `never` is known.
    shown
        When a kind's clients left as their visits show it, until now; the law alone, where a kind has none.
    unseen_moves
        Nobody is seen to move: a silence stands for it, and a whole place may be away.
    lately
        Share of the regular people who are there still [1]; None where the time since the bound is too short to tell.
    """

    change_s: float
    bound_s: float
    stayed: dict[str, float]
    never: dict[str, float] = field(default_factory=dict)
    pending: bool = False
    exponent: dict[str, float] = field(default_factory=lambda: dict(EXPONENT))
    doubt: dict[str, float] = field(default_factory=dict)
    caches: Caches | None = None
    unheld: float = 1.0
    lately: float | None = None
    settled: dict[str, float] = field(default_factory=dict)
    shown: dict[str, Departures] = field(default_factory=dict)
    unseen_moves: bool = False

    def still(self, kind: NDArray[np.int8], last_s: NDArray[np.float64], at_s: ArrayLike) -> NDArray[np.float64]:
        """Return the prior chance that clients seen at the old address at `last_s` still use it at `at_s`.

        It falls with `at_s`, rises with `last_s`, and is 1 where they are equal.
        """
        if self.pending:
            return np.ones(len(last_s))
        age = self.age_s(at_s)
        then, stayed = np.minimum(self.age_s(last_s), age), by_kind(kind, self.stayed, 1.0, least=LEAST_SHARE)
        chance = np.minimum(self._share(age, kind, stayed) / self._share(then, kind, stayed), 1.0)
        if not (self.shown and self.unseen_moves):
            return chance
        away = all_away(age - then)
        believed = self.as_believed().still(kind, last_s, at_s)
        return np.asarray(chance + away * np.maximum(believed - chance, 0.0), np.float64)

    def _share(
        self, age: NDArray[np.float64], kind: NDArray[np.int8], stayed: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the share of clients still there at an age: held by caches, or staying as Pareto says, or for ever."""
        return np.asarray((1.0 - stayed) * self.mixture.share(age) + stayed * self.staying(age, kind), np.float64)

    def staying(self, age: ArrayLike, kind: NDArray[np.int8]) -> NDArray[np.float64]:
        """Return the share of those that stay for other reasons than caches who are still there at an age."""
        share = self.believed(age, kind)
        for name, departures in self.shown.items():
            seen_s = np.minimum(age, departures.ages_s[-1])
            since = self.believed(age, kind) / self.believed(seen_s, kind)
            share = np.where(kind == KINDS.index(name), departures.at(seen_s) * since, share)
        return share

    def as_believed(self) -> Leaving:
        """Return the law alone, without what the visits show."""
        return replace(self, shown={}) if self.shown else self

    def since(self, change_s: float) -> Leaving:
        """Return the law with another moment of the change; what was shown stays where it was."""
        later_s = self.change_s - change_s
        shown = {name: replace(one, ages_s=one.ages_s + later_s) for name, one in self.shown.items()}
        return replace(self, change_s=change_s, shown=shown)

    def believed(self, age: ArrayLike, kind: NDArray[np.int8]) -> NDArray[np.float64]:
        """Return the same as the law alone has it, whatever the visits show."""
        floor = self._floor(kind)
        return np.asarray((self._tail(age, kind) + floor) / (1.0 + floor), np.float64)

    def held(self, kind: NDArray[np.int8], at_s: float) -> NDArray[np.float64]:
        """Return the chance that clients still there at `at_s` are so for a cache only, and go with it."""
        age, stayed = self.age_s(at_s), by_kind(kind, self.stayed, 1.0, least=LEAST_SHARE)
        if self.pending or age >= self.mixture.longest_s:
            return np.zeros(len(kind))
        stayed = np.maximum(stayed, by_kind(kind, EARLY_STAYED, 0.0))
        cached = (1.0 - stayed) * self.mixture.share(age)
        return np.asarray(cached / (cached + stayed * self.staying(age, kind)), np.float64)

    @property
    def mixture(self) -> Caches:
        """The caches that have all expired at `scale_s`, or the one line that stands for them."""
        return (Caches((Line(self.scale_s),)) if self.caches is None else self.caches).within(self.scale_s)

    def _tail(self, age: ArrayLike, kind: NDArray[np.int8]) -> NDArray[np.float64]:
        """Return the share of those left at the bound, and bound to move, that are still there at an age."""
        return np.asarray((self.scale_s / np.maximum(age, self.scale_s)) ** self.exponents(kind), np.float64)

    def _floor(self, kind: NDArray[np.int8]) -> NDArray[np.float64]:
        """Return how many never move for each one left at the bound that will."""
        never = by_kind(kind, self.never, 0.0)
        return never / (1.0 - never) * self._tail(max(self.scale_s, NEVER_SCALE_S), kind)

    def never_moves(self, kind: NDArray[np.int8], at_s: float) -> NDArray[np.float64]:
        """Return the chance that clients still there at `at_s` never move; it grows with time."""
        if self.pending:
            return np.ones(len(kind))
        floor = self._floor(kind)
        return np.asarray(floor / (self._tail(float(self.age_s(at_s)), kind) + floor), np.float64)

    def never_known_by(self, kind: NDArray[np.int8]) -> NDArray[np.float64]:
        """Return by how many clients that never moved `never_moves` is known [clients]; infinite where it is given."""
        return by_kind(kind, self.settled, np.inf)

    def exponents(self, kind: NDArray[np.int8]) -> NDArray[np.float64]:
        """Return the residual-life exponent of each client's kind."""
        return by_kind(kind, self.exponent, OTHER_EXPONENT)

    def unseen(self, kind: NDArray[np.int8]) -> NDArray[np.float64]:
        """Return the prior chance that clients not seen anywhere since the change still use the old address.

        Of a program time alone does not lower it: who has not come has had no occasion to show that it moved; that many
        others who stayed have left since does. Of people as many as of those who come as often, and would have been
        seen.
        """
        left = {name: self.shown[name].share[-1] for name in self.stayed if name in self.shown}
        stayed = by_kind(kind, self.stayed, 1.0) * by_kind(kind, left, 1.0)
        people = by_kind(kind, self.stayed, 1.0) if self.lately is None else self.lately
        return np.where(kind == PERSON, people, np.maximum(stayed, UNSEEN_STAYED))

    def age_s(self, at_s: ArrayLike) -> NDArray[np.float64]:
        """Return seconds since the change, not below zero."""
        return np.maximum(np.asarray(at_s, np.float64) - self.change_s, 0.0)

    @property
    def scale_s(self) -> float:
        """[s] The age from which the residual-life law holds."""
        return max(self.bound_s, LEAST_SCALE_S)


def all_away(rested_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the least chance that a whole place is away for so long: a weekend, a holiday."""
    return np.asarray(AWAY * np.exp(-rested_s / AWAY_S), np.float64)


def by_kind(kind: NDArray[np.int8], values: dict[str, float], other: float, least: float = 0.0) -> NDArray[np.float64]:
    """Return each client's value by its kind, at least `least`."""
    table = np.full(len(KINDS), max(other, least))
    for name, value in values.items():
        table[KINDS.index(name)] = max(value, least)
    return np.asarray(table[kind], np.float64)


def residual_life_s(
    age_s: NDArray[np.float64],
    exponent: NDArray[np.float64],
    chance: NDArray[np.float64] | float,
    never: NDArray[np.float64] | float = 0.0,
) -> NDArray[np.float64]:
    """Return the further stay [s] that clients exceed with a given chance; infinite where so many never move."""
    moves = (np.asarray(chance, np.float64) - never) / np.maximum(1.0 - np.asarray(never, np.float64), 1e-12)
    life = age_s * (np.maximum(moves, 1e-12) ** (-1.0 / exponent) - 1.0)
    return np.asarray(np.where(moves <= 0, np.inf, life), np.float64)


def ended_within(rested_s: NDArray[np.float64], horizon_s: float) -> NDArray[np.float64]:
    """Return the chance that rests which have lasted so long end within a horizon: 1 - (d / (d + H))**k."""
    return np.asarray(1.0 - (rested_s / (rested_s + horizon_s)) ** REST_EXPONENT, np.float64)


def expected_stay_s(age_s: NDArray[np.float64], exponent: NDArray[np.float64], horizon_s: float) -> NDArray[np.float64]:
    """Return the mean further stay [s] within a horizon: the integral of (s / (s + u))**k over u from 0 to it."""
    near = np.abs(exponent - 1.0) < 1e-9  # noqa: PLR2004 -- the logarithm's own case
    k = np.where(near, 2.0, exponent)
    power = age_s**k * ((age_s + horizon_s) ** (1 - k) - age_s ** (1 - k)) / (1 - k)
    return np.where(near, age_s * np.log1p(horizon_s / age_s), power)


MOST_BOUND_S = 7 * DAY_S  # [s] RFC 8767 section 4: resolvers should cap a TTL at 604,800 s
