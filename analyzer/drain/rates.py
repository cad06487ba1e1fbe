"""How often a client comes, and how telling its silence is.

The mathematics is that of customers who buy till they die: visits of a living client come at a rate of its own, the
rates of all clients are gamma distributed, and a client that has been silent for long *for its rhythm* has
probably gone. Repeats count, not the first visit: it is by that one that the client is known.

References
----------
Cox: Renewal theory (1962), for the variance of counts.
Fader, Hardie, Lee: "Counting your customers" the easy way, Marketing Science 24 (2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.clients import PERSON
from analyzer.drain.months import monthly_per_day, monthly_silence
from analyzer.drain.overdue import burst_silence, record_silence, regular_silence
from analyzer.drain.rhythm import LEAST_INTERVALS
from analyzer.drain.weekends import rests_of, weekends_share
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.drain.demand import Demand

SHAPE = 0.4  # [1] of each component's gamma distribution of rates: most clients come seldom, a few often
# [normal days] of its components: a visit in years (who came once), months, weeks, days, hours.
SCALES_DAYS = np.array([500.0, 32.0, 4.0, 0.5, 0.06])
ENOUGH_CLIENTS = 4_000  # [clients] that the weights are learned from, at most twice as many: a share to 1 %
ROUNDS = 12  # of expectation maximisation for the components' weights
PRIOR_CLIENTS = 0.5  # [clients] mixed into each component's weight
LEAST_LOG = -500.0  # [1] of a likelihood: nothing is quite impossible, and no row sums to nothing
MOST_BURSTS = 30.0  # [1] variance over mean; beyond it a few long silences are all there is to learn from


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
    bursts
        float64, shape (n,) [1]: variance over mean of the number of visits in a time; 1 for a Poisson process, less for
        a program that keeps time like a clock.
    """

    shape: NDArray[np.float64]
    exposure_days: NDArray[np.float64]
    silence: NDArray[np.float64]
    bursts: NDArray[np.float64]

    def take(self, some: NDArray[np.int64]) -> Rates:
        """Return some of the clients."""
        return Rates(self.shape[some], self.exposure_days[some], self.silence[some], self.bursts[some])

    @property
    def per_day(self) -> NDArray[np.float64]:
        """[visits/day] Posterior mean."""
        return self.shape / self.exposure_days


@dataclass(frozen=True, slots=True)
class Population:
    """What all clients together tell of a single one.

    Attributes
    ----------
    weights
        float64, shape (components,) or (2, components) [1]: of the gamma distributions of rates; they sum to 1. The
        second row is of people with an address of IPv6, which may be another one each day.
    began_s
        [s since the epoch] The first request of anybody.
    """

    weights: NDArray[np.float64]
    began_s: float


def population(some: Clients, normal: Demand, at_s: float) -> Population:
    """Return what the clients have in common, as known at `at_s`.

    The prior of a rate is a mixture of gamma distributions of very different scales, its weights learned from all
    clients: one distribution alone would pull a program that polls towards the many who came once.
    """
    began_s = float(np.min(some.first_s, initial=at_s))
    some = some.take(np.arange(0, len(some), max(len(some) // ENOUGH_CLIENTS, 1)))
    repeats, exposure = _repeats(some), _known(some, normal, began_s) + _silent(some, normal, at_s)
    group = _group(some)
    weights = [_weights(repeats[group == which], exposure[group == which]) for which in (0, 1)]
    return Population(np.stack(weights), began_s)


def _group(some: Clients) -> NDArray[np.int64]:
    """Return 1 for people with an address of IPv6, 0 for others."""
    return np.asarray(some.six & (some.kind == PERSON), np.int64)


def rates(
    some: Clients, normal: Demand, at_s: float, among: Population | None = None, *, horizon_s: float | None = None
) -> Rates:
    """Return the clients' visit rates as known at `at_s`.

    A person is known by the first visit, and it is the repeats that tell how often they come. A program was there
    before the log began: all its visits count, over the whole log.

    Parameters
    ----------
    among
        The population that they belong to; they themselves, if absent.
    horizon_s
        [s] Jobs of the month come as often as a month turns within it; if absent, as others do.
    """
    among = population(some, normal, at_s) if among is None else among
    known = _history(some, normal, among)
    silent = _silent(some, normal, at_s, known.rests)
    now = _responsibility(known.weights, known.repeats, known.until_last + silent)
    scale = SCALES_DAYS + (known.until_last + silent)[:, None]
    per_day = (now * known.shape[:, None] / scale).sum(axis=1) * (1.0 - known.rests * weekends_share(normal))
    clock = some.regular & (some.kind != PERSON) & (some.direct <= 0)
    per_day = np.where(clock, DAY_S / np.maximum(some.interval_s, 1.0), per_day)
    if horizon_s is not None:
        per_day = monthly_per_day(some, per_day, at_s, horizon_s)
    silence = _silence(some, known, silent, np.full(len(some), at_s))
    return Rates(known.shape, known.shape / per_day, silence, known.bursts)


def silence_until(
    some: Clients, normal: Demand, among: Population, moments_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the chance of each client's silence since its last visit until some moments, if it still came then.

    Parameters
    ----------
    moments_s
        float64, shape (n, m) [s since the epoch]: none before the client's last visit.

    Returns
    -------
    float64, shape (n, m) [1]
    """
    known = _history(some, normal, among)
    until = np.ones(moments_s.shape)
    for i, then_s in enumerate(moments_s.T):
        silent = _exposure(some, normal, some.last_s, then_s, known.rests)
        until[:, i] = _silence(some, known, silent, then_s)
    return until


@dataclass(frozen=True, slots=True)
class _History:
    """What each client did until its last visit, as aligned columns.

    `weights` are those of `Population`, a row a client; `then` what they were at its last visit.
    """

    repeats: NDArray[np.float64]
    until_last: NDArray[np.float64]
    rests: NDArray[np.float64]
    weights: NDArray[np.float64]
    then: NDArray[np.float64]
    bursts: NDArray[np.float64]

    @property
    def shape(self) -> NDArray[np.float64]:
        """[visits] Of each client's gamma distribution of rates."""
        return SHAPE + self.repeats


def _history(some: Clients, normal: Demand, among: Population) -> _History:
    """Return what each client did until its last visit."""
    rests = rests_of(some, normal)
    repeats, until_last = _repeats(some), _known(some, normal, among.began_s, rests)
    weights = np.atleast_2d(among.weights)
    weights = weights[np.minimum(_group(some), len(weights) - 1)]
    then = _responsibility(weights, repeats, until_last)
    return _History(repeats, until_last, rests, weights, then, _bursts(some))


def _silence(
    some: Clients, known: _History, silent: NDArray[np.float64], at_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the chance that each client, if it still comes, is silent until a moment of its own."""
    scale = SCALES_DAYS + known.until_last[:, None]
    irregular = (known.then * (scale / (scale + silent[:, None])) ** known.shape[:, None]).sum(axis=1)
    silence = np.where(some.regular, regular_silence(some, known.repeats, at_s), irregular)
    for least in (
        burst_silence(some, np.maximum(known.bursts, 1.0), at_s),
        record_silence(some, at_s),
        monthly_silence(some, at_s),
    ):
        silence = np.maximum(silence, least)
    return silence


def _bursts(some: Clients) -> NDArray[np.float64]:
    """Return how much programs' visits come in bursts: of a renewal process, the squared spread of its intervals.

    Of one like a clock it is told with the weight of its intervals against one interval of a Poisson process.
    """
    known = (some.kind != PERSON) & (some.intervals >= LEAST_INTERVALS)
    square = np.nan_to_num(some.spread) ** 2
    clock = (some.intervals * square + 1.0) / (some.intervals + 1.0)
    wild = np.clip(square, 1.0, MOST_BURSTS)
    return np.where(known, np.where(some.regular, clock, wild), 1.0)


def _repeats(some: Clients) -> NDArray[np.float64]:
    """Return how often each client came again [visits]."""
    again = np.maximum(some.before + some.after + some.direct - (some.kind == PERSON), 0.0)
    return np.asarray(again, np.float64)


def _known(
    some: Clients, normal: Demand, began_s: float, rests: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the exposure in which each client's repeats came."""
    return _exposure(some, normal, np.where(some.kind == PERSON, some.first_s, began_s), some.last_s, rests)


def _silent(
    some: Clients, normal: Demand, at_s: float, rests: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the exposure since each client's last visit."""
    return _exposure(some, normal, some.last_s, np.full(len(some), at_s), rests)


def _weights(repeats: NDArray[np.float64], exposure: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the components' weights that make the clients' counts likeliest (expectation maximisation)."""
    weights = np.full(len(SCALES_DAYS), 1.0 / len(SCALES_DAYS))
    likelihood = _likelihood(repeats, exposure)
    for _ in range(ROUNDS):
        part = likelihood * weights
        share = (part / part.sum(axis=1, keepdims=True)).sum(axis=0) + PRIOR_CLIENTS
        weights = share / share.sum()
    return weights


def _responsibility(
    weights: NDArray[np.float64], repeats: NDArray[np.float64], exposure: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return each component's posterior weight for each client, shape (clients, components); rows sum to 1.

    The count of a client with a gamma(a, b) rate in an exposure t is negative binomial: proportional to
    b**a / (b + t)**(a + n).
    """
    part = _likelihood(repeats, exposure) * weights
    return np.asarray(part / part.sum(axis=1, keepdims=True), np.float64)


def _likelihood(repeats: NDArray[np.float64], exposure: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each component's likelihood of each client's count over the largest one, shape (clients, components)."""
    log = SHAPE * np.log(SCALES_DAYS) - (SHAPE + repeats[:, None]) * np.log(SCALES_DAYS + exposure[:, None])
    return np.asarray(np.exp(np.maximum(log - log.max(axis=1, keepdims=True), LEAST_LOG)), np.float64)


def _exposure(
    some: Clients,
    normal: Demand,
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    rests: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return exposure in normal days for people, in plain days for those whom no night stops.

    Parameters
    ----------
    rests
        How much less each comes on weekends [1]; as everybody, if absent.
    """
    people = some.kind == PERSON
    exposed = np.where(people, normal.normal_days(start, end), np.maximum(end - start, 0.0) / DAY_S)
    if rests is not None and rests.any():
        rows = np.flatnonzero(rests)
        exposed[rows] -= rests[rows] * normal.weekends.normal_days(start[rows], end[rows])
    return np.asarray(exposed, np.float64)
