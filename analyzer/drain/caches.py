"""How caches let go of the old address: a mixture of lines to zero, one an effective TTL, with layers and stale tails.

A cache that was filled at a random moment before the turn answers old for what was left of its TTL: of many, the share
1 - s / T is old at an age s. What lies above it and keeps what it got for a time of its own (a browser, a proxy) adds
that time: the sum of two uniform ages. Which lines there are, and how much of the demand is behind each, is told by the
record's TTL, by what snapshots showed of resolvers, and by the clients that turn up at the new server (`moves.py`).

References
----------
RFC 1035 section 3.2.1 (TTL); RFC 8767 sections 4 and 5 (stale answers).
Jung, Berger, Balakrishnan: Modeling TTL-based Internet caches, INFOCOM 2003.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analyzer.units import DAY_S, HOUR_S, MINUTE_S

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

    from analyzer.dns.propagation import ResolverState

LEAST_TTL_S = 1.0  # [s] TTLs are whole seconds: a record that is not kept is asked for each time
BROWSER_S = 60.0  # [s] Chromium's HostCache and Firefox's network.dnsCacheExpiration keep an address so long
STALE_RATE = 1.0 / HOUR_S  # [look-ups/s] of caches whose stale answers matter: busy ones refresh at once
# Lines that there are beside the TTL's own: limits that resolvers set (docs/dns.md), and no cache at all.
CUTS_S = (MINUTE_S, 5 * MINUTE_S, 15 * MINUTE_S, HOUR_S, 2 * HOUR_S, 6 * HOUR_S, DAY_S)
HOLDS_S = (HOUR_S / 2, 6 * HOUR_S)  # [s] of devices and proxies (Squid's positive_dns_ttl)
# Prior weights [clients]: of the TTL's own line, of nothing kept, of each shorter and longer limit, of each hold above,
# of each resolver that was watched, and of who is led by no cache.
OWN, NONE, CUT, RAISED, HELD, WATCHED, UNHELD = 8.0, 1.0, 0.5, 0.25, 0.5, 0.5, 0.5
GRID = 400  # [points] of the table by which a residual stay is found


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of cache on clients' way to an address.

    Attributes
    ----------
    ttl_s
        [s] for which its resolver keeps the record.
    hold_s
        [s] for which the layer above keeps what it got, whatever was left of the TTL; 0 without one.
    stale_s
        [s] for which the resolver answers with an expired record while it fetches; 0 where it does not.
    count
        [clients] Evidence that clients are behind such caches: pseudo clients of the prior, and those seen.
    """

    ttl_s: float
    hold_s: float = 0.0
    stale_s: float = 0.0
    count: float = 1.0

    @property
    def longest_s(self) -> float:
        """[s after the turn] From when on it answers old no more."""
        return self.ttl_s + self.hold_s + self.stale_s

    def share(self, age_s: ArrayLike) -> NDArray[np.float64]:
        """Return the share of such caches that answer old at an age [1]."""
        if self.stale_s > 0:
            return served_stale(age_s, self.ttl_s, self.stale_s, STALE_RATE)
        return stacked(age_s, self.ttl_s, self.hold_s) if self.hold_s > 0 else expiring(age_s, self.ttl_s)


@dataclass(frozen=True, slots=True)
class Caches:
    """The mixture of all lines; of each the weight is its count over all counts."""

    lines: tuple[Line, ...]

    @property
    def longest_s(self) -> float:
        """[s after the turn] From when on no cache answers old."""
        return max(line.longest_s for line in self.lines)

    @property
    def counts(self) -> NDArray[np.float64]:
        """[clients] float64, shape (lines,)."""
        return np.array([line.count for line in self.lines])

    def shares(self, age_s: ArrayLike) -> NDArray[np.float64]:
        """Return the share that each line still has at some ages, shape (ages, lines)."""
        age = np.atleast_1d(np.asarray(age_s, np.float64))
        return np.stack([line.share(age) for line in self.lines], axis=-1)

    def share(self, age_s: ArrayLike) -> NDArray[np.float64]:
        """Return the share of clients whose cache answers old at some ages [1], shape as they."""
        age = np.asarray(age_s, np.float64)
        found, old = np.zeros(age.shape), age < self.longest_s
        if old.any():
            found[old] = self.shares(age[old]) @ (self.counts / self.counts.sum())
        return found

    def residual(self, age_s: float) -> Residual:
        """Return how long those that answer old at an age still do."""
        if age_s >= self.longest_s:
            return Residual(np.zeros(1), np.zeros(1))
        ages = np.unique(np.append(np.linspace(age_s, self.longest_s, GRID), self.corners(age_s)))
        return Residual(ages - age_s, self.share(ages))

    def corners(self, age_s: float) -> NDArray[np.float64]:
        """Return the ages from a given one on at which a line ends or a layer's own curve begins."""
        ends = [end for line in self.lines for end in (line.ttl_s, line.hold_s, line.longest_s) if end > age_s]
        return np.array(ends, np.float64)

    def within(self, longest_s: float) -> Caches:
        """Return those lines that have ended by an age; one line to it, where none has."""
        return Caches(tuple(line for line in self.lines if line.longest_s <= longest_s) or (Line(longest_s),))


@dataclass(frozen=True, slots=True, eq=False)
class Residual:
    """How long the caches that answer old now still do.

    Attributes
    ----------
    ahead_s
        float64, shape (n,) [s from now], ascending from 0.
    share
        float64, shape (n,) [1]: of all clients, those behind a cache that is still old then; falls to 0.
    """

    ahead_s: NDArray[np.float64]
    share: NDArray[np.float64]

    def lives_s(self, chance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the further times [s] that are exceeded with a chance; draws, if that is uniform."""
        return np.asarray(np.interp(-chance * self.share[0], -self.share, self.ahead_s), np.float64)

    def exceeded(self, ahead_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the chance [1] to be old for longer than some times [s]."""
        return np.asarray(np.interp(ahead_s, self.ahead_s, self.share / max(self.share[0], 1e-300)), np.float64)

    def mean_s(self, horizon_s: float) -> float:
        """[s] Mean further time within a horizon."""
        inside = np.append(self.ahead_s[self.ahead_s < horizon_s], min(horizon_s, self.ahead_s[-1]))
        return float(np.trapezoid(self.exceeded(inside), inside))


def expiring(age_s: ArrayLike, ttl_s: float) -> NDArray[np.float64]:
    """Return the share of caches, filled at random before the turn, that are old at an age: 1 - s / T, or none."""
    return np.asarray(np.clip(1.0 - np.asarray(age_s, np.float64) / max(ttl_s, LEAST_TTL_S), 0.0, 1.0), np.float64)


def stacked(age_s: ArrayLike, ttl_s: float, hold_s: float) -> NDArray[np.float64]:
    """Return the share of two layers in series that is old at an age, the upper one with a hold of its own.

    What the upper one has is as old as its entry and the entry that it took, both uniform:
    P(U_T + U_C > s) = ((T + C - s)+^2 - (T - s)+^2 - (C - s)+^2) / (2 T C).
    """
    age = np.maximum(np.asarray(age_s, np.float64), 0.0)
    ttl = max(ttl_s, LEAST_TTL_S)
    square = [np.maximum(end - age, 0.0) ** 2 for end in (ttl + hold_s, ttl, hold_s)]
    return np.asarray(np.clip((square[0] - square[1] - square[2]) / (2 * ttl * hold_s), 0.0, 1.0), np.float64)


def served_stale(age_s: ArrayLike, ttl_s: float, window_s: float, per_s: float) -> NDArray[np.float64]:
    """Return the share of look-ups answered old by a cache that answers with expired records while it fetches.

    With Poisson look-ups at a rate l, a TTL T and a window W (RFC 8767 section 5): up to T it is
    1 - l s / (1 + l T) - exp(-l W) / (1 + l T), then (exp(-l (s - T)) - exp(-l W)) / (1 + l T), up to T + W.
    """
    age, busy = np.maximum(np.asarray(age_s, np.float64), 0.0), per_s * ttl_s
    lost = np.exp(-per_s * window_s)
    fresh = 1.0 - (per_s * age + lost) / (1.0 + busy)
    stale = np.maximum(np.exp(-per_s * np.maximum(age - ttl_s, 0.0)) - lost, 0.0) / (1.0 + busy)
    return np.asarray(np.where(age < ttl_s, fresh, stale), np.float64)


def expected_caches(ttl_s: float, resolvers: Iterable[ResolverState] = ()) -> Caches:
    """Return the mixture before any client was seen to move: by the TTL and what snapshots showed of resolvers.

    Parameters
    ----------
    ttl_s
        [s] of the RRset that changed, before the change.
    resolvers
        What each showed: a cap on TTLs, longer TTLs than there are, expired records.
    """
    ttl = max(ttl_s, LEAST_TTL_S)
    lines = [Line(LEAST_TTL_S, count=NONE), Line(ttl, BROWSER_S, count=OWN)]
    lines += [Line(cut, BROWSER_S, count=CUT if cut < ttl else RAISED) for cut in CUTS_S if cut != ttl]
    lines += [Line(ttl, hold, count=HELD) for hold in HOLDS_S]
    lines += [_watched(one, ttl) for one in resolvers if not one.authoritative]
    return _grouped(lines)


def _grouped(lines: Iterable[Line]) -> Caches:
    """Return the mixture with lines that are alike as one."""
    counts: dict[Line, float] = {}
    for line in lines:
        alike = replace(line, count=0.0)
        counts[alike] = counts.get(alike, 0.0) + line.count
    return Caches(tuple(replace(line, count=count) for line, count in counts.items()))


def _watched(one: ResolverState, ttl_s: float) -> Line:
    """Return the line that a resolver showed."""
    if one.stale:
        return Line(ttl_s, stale_s=DAY_S, count=WATCHED)
    shown_s = one.ttl_s if one.stretches_ttl else one.caps_ttl_s
    return Line(max(shown_s or ttl_s, LEAST_TTL_S), BROWSER_S, count=WATCHED)
