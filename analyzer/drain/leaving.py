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

from analyzer.drain.caches import UNHELD, Caches, Line
from analyzer.drain.clients import PERSON
from analyzer.drain.identities import lasts
from analyzer.drain.moves import first_direct_s, learned
from analyzer.logs.agents import KINDS
from analyzer.units import DAY_S, HOUR_S, WEEK_S

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from analyzer.drain.clients import Clients

# Residual-life exponents [1]: people restart browsers and phones within days; programs are restarted with the
# next release, or never. Priors, chosen so that simulated migrations keep the bound (docs/model.md).
EXPONENT = {"person": 2.0, "program": 0.5}
OTHER_EXPONENT = 0.5
EXPONENTS_CONSIDERED = np.geomspace(0.5, 6.0, 40)  # [1] of people, and
EXPONENT_SPREAD = 0.4  # [1] how far, in its logarithm, it is believed to be from the prior
LEARNED_WINDOW = 8.0  # [1] it is learned from the last part of the time since the change, from this fraction on
LEAST_SCALE_S = HOUR_S  # [s] below it "how long already" has no meaning
# Prior share of clients that stay beyond the DNS bound, as pseudo counts (stayed, moved).
STAYED_PRIOR = {"person": (0.5, 200.0), "program": (0.5, 10.0)}
OTHER_STAYED_PRIOR = (0.5, 10.0)
# [1] Before the bound nobody can have shown it: busy pools and pinned addresses are a good part of programs that poll.
EARLY_STAYED = {"program": 0.35}
LEAST_SHARE = 1e-6  # [1] nothing is quite impossible
UNSEEN_STAYED = 0.2  # [1] least prior chance that a program which has not come since the change has a pinned address
STOPPED = 0.02  # [1] prior weight of a client that has stopped coming altogether, whatever the address,
COMES_BACK = 0.5  # [1] and of people who did the share that comes back some day, with the address they had:
REST_EXPONENT = 0.5  # [1] the longer they have been away, the longer they will be
# Prior share of those that never move among the ones left at the bound or a day after the change, whichever is later,
# as pseudo counts (never, moved later).
NEVER_PRIOR = {"person": (0.1, 30.0), "program": (1.0, 6.0)}
OTHER_NEVER_PRIOR = (1.0, 6.0)
NEVER_SCALE_S = DAY_S  # [s] the age to which this share belongs, at least
REGULAR_VISITS, REGULAR_S = 4, WEEK_S  # [visits] before the change, so far apart [s] at most: a person who is missed
LEAST_LATELY_S = DAY_S  # [s] in which every hour had its turn
SETTLED_S = WEEK_S  # [s] after the bound: who still comes then counts as one that never moves


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
    caches
        The caches; None where nothing is known of them.
    unheld
        [clients] Evidence, beside the caches' counts, for clients that no cache holds.
    lately
        Share of the regular people who are there still [1]; None where the time since the bound is too short to tell.
    """

    change_s: float
    bound_s: float
    stayed: dict[str, float]
    never: dict[str, float] = field(default_factory=dict)
    pending: bool = False
    exponent: dict[str, float] = field(default_factory=lambda: dict(EXPONENT))
    caches: Caches | None = None
    unheld: float = 1.0
    lately: float | None = None

    def still(self, kind: NDArray[np.int8], last_s: NDArray[np.float64], at_s: ArrayLike) -> NDArray[np.float64]:
        """Return the prior chance that clients seen at the old address at `last_s` still use it at `at_s`.

        It falls with `at_s`, rises with `last_s`, and is 1 where they are equal.
        """
        if self.pending:
            return np.ones(len(last_s))
        age = self.age_s(at_s)
        then, stayed = np.minimum(self.age_s(last_s), age), by_kind(kind, self.stayed, 1.0, least=LEAST_SHARE)
        return np.minimum(self._share(age, kind, stayed) / self._share(then, kind, stayed), 1.0)

    def _share(
        self, age: NDArray[np.float64], kind: NDArray[np.int8], stayed: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the share of clients still there at an age: held by caches, or staying as Pareto says, or for ever."""
        return np.asarray((1.0 - stayed) * self.mixture.share(age) + stayed * self.staying(age, kind), np.float64)

    def staying(self, age: ArrayLike, kind: NDArray[np.int8]) -> NDArray[np.float64]:
        """Return the share of those that stay for other reasons than caches who are still there at an age."""
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

    def exponents(self, kind: NDArray[np.int8]) -> NDArray[np.float64]:
        """Return the residual-life exponent of each client's kind."""
        return by_kind(kind, self.exponent, OTHER_EXPONENT)

    def unseen(self, kind: NDArray[np.int8]) -> NDArray[np.float64]:
        """Return the prior chance that clients not seen anywhere since the change still use the old address.

        Of a program time alone does not lower it: who has not come has had no occasion to show that it moved. Of people
        as many as of those who come as often, and would have been seen.
        """
        stayed = by_kind(kind, self.stayed, 1.0)
        people = stayed if self.lately is None else self.lately
        return np.where(kind == PERSON, people, np.maximum(stayed, UNSEEN_STAYED))

    def age_s(self, at_s: ArrayLike) -> NDArray[np.float64]:
        """Return seconds since the change, not below zero."""
        return np.maximum(np.asarray(at_s, np.float64) - self.change_s, 0.0)

    @property
    def scale_s(self) -> float:
        """[s] The age from which the residual-life law holds."""
        return max(self.bound_s, LEAST_SCALE_S)


def by_kind(kind: NDArray[np.int8], values: dict[str, float], other: float, least: float = 0.0) -> NDArray[np.float64]:
    """Return each client's value by its kind, at least `least`."""
    table = np.full(len(KINDS), max(other, least))
    for name, value in values.items():
        table[KINDS.index(name)] = max(value, least)
    return np.asarray(table[kind], np.float64)


def leaving(
    some: Clients, change_s: float, bound_s: float, at_s: float, *, pending: bool = False, caches: Caches | None = None
) -> Leaving:
    """Return the law, with the shares that stay and that never move learned from the clients seen after the bound.

    Parameters
    ----------
    caches
        What is believed of the caches before any client was seen to move; None: one straight line to the bound.
    """
    border = change_s + max(bound_s, LEAST_SCALE_S)
    late_old = some.last_after_s >= border
    late_new = some.last_direct_s >= border
    moved_on = some.last_direct_s > some.last_after_s
    settled = some.last_after_s >= border + SETTLED_S
    shares, never = {}, {}
    for code in np.unique(some.kind).tolist():
        kind, mine = KINDS[code], some.kind == code
        stayed = float(some.genuine[mine & late_old & ~moved_on].sum())  # the background was never led there
        moved = int((mine & late_new).sum()) if late_new.any() else _expected_again(some, mine, border, at_s)
        shares[kind] = _share_of(stayed, moved, STAYED_PRIOR.get(kind, OTHER_STAYED_PRIOR))
        left = int((mine & late_old & moved_on).sum())
        settled_there = float(some.genuine[mine & settled & ~moved_on].sum())
        never[kind] = _share_of(settled_there, left, NEVER_PRIOR.get(kind, OTHER_NEVER_PRIOR))
    exponent = EXPONENT | {"person": _learned_exponent(some, change_s, max(bound_s, LEAST_SCALE_S), at_s)}
    law = Leaving(change_s, bound_s, shares, never, pending, exponent, lately=_lately(some, border, at_s))
    if pending or caches is None:
        return replace(law, caches=caches)
    return _with_caches(law, some, caches, at_s)


def _with_caches(law: Leaving, some: Clients, prior: Caches, at_s: float) -> Leaving:
    """Return the law with the mixture of caches that the clients' moves make likely."""
    moved_s = first_direct_s(some, at_s) - law.change_s
    rows = np.flatnonzero((some.seen_after | np.isfinite(moved_s)) & (moved_s > 0))
    last_s = np.maximum(np.nan_to_num(some.last_after_s[rows] - law.change_s), 0.0)
    gone = np.where(np.isinf(moved_s[rows]), 0.0, law.staying(moved_s[rows], some.kind[rows]))
    stays = law.staying(last_s, some.kind[rows]) - gone
    caches, unheld = learned(prior, UNHELD, last_s, moved_s[rows], stays)
    return replace(law, caches=caches, unheld=unheld)


def _learned_exponent(some: Clients, change_s: float, scale_s: float, at_s: float) -> float:
    """Return how fast people leave: the posterior mean of k, given when those left lately were last seen and moved.

    Last at the old address at an age a, later at the new one at b: they left in between, with the chance
    (f / a)^k (1 - (a / b)^k) from the beginning f of the stretch looked at. Who was not seen again tells nothing: it is
    given that they left by the stretch's end s, which has the chance 1 - (f / s)^k.
    """
    age_s = at_s - change_s
    from_s = max(age_s / LEARNED_WINDOW, scale_s)
    last, moved = some.last_after_s - change_s, np.maximum(some.last_after_s, some.last_direct_s) - change_s
    lately = (some.kind == PERSON) & (last >= from_s) & (moved > last)
    # The first direct visit after the last old one is not known, only the latest: it lies in the mean of m steps.
    steps = np.maximum(some.direct_since[lately], 1.0)
    a, b = last[lately], last[lately] + (moved[lately] - last[lately]) / steps
    grid = EXPONENTS_CONSIDERED
    log_weight = -0.5 * (np.log(grid / EXPONENT["person"]) / EXPONENT_SPREAD) ** 2
    log_weight += grid * np.log(from_s / a).sum()
    log_weight += np.log(np.maximum(-np.expm1(np.log(a / b)[:, None] * grid), 1e-12)).sum(axis=0)
    if len(a):
        log_weight -= len(a) * np.log(-np.expm1(grid * np.log(from_s / age_s)))
    weight = np.exp(log_weight - log_weight.max())
    return float((weight * grid).sum() / weight.sum())


def _share_of(yes: float, no: int, prior: tuple[float, float]) -> float:
    """Return the posterior mean of a share, given counts and a beta prior's pseudo counts."""
    return (yes + prior[0]) / (yes + no + sum(prior))


def _lately(some: Clients, border_s: float, at_s: float) -> float | None:
    """Return the share of regular people that came to the old address of late, of those who would have if all did.

    Of late is the later half of the time since the change, behind the bound.
    """
    since_s = max(border_s, (at_s + border_s) / 2)
    if at_s - since_s < LEAST_LATELY_S:
        return None
    regular = (some.kind == PERSON) & (some.before >= REGULAR_VISITS) & (some.interval_s <= REGULAR_S)
    known = lasts(some.churn[regular], at_s - some.last_before_s[regular])
    due = known * -np.expm1(-(at_s - since_s) / some.interval_s[regular])
    came = regular & (some.last_after_s >= since_s) & ~some.cleared
    yes, no = STAYED_PRIOR["person"]
    return float((some.genuine[came].sum() + yes) / (max(due.sum(), came.sum()) + yes + no))


def _expected_again(some: Clients, mine: NDArray[np.bool_], border_s: float, at_s: float) -> int:
    """Return how many clients would have come again after the bound; for want of a log of the new server."""
    frequent = some.interval_s * 2 < max(at_s - border_s, 0.0)
    return int((mine & frequent & ~(some.last_after_s >= border_s)).sum())


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
