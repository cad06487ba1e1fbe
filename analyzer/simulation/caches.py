"""Resolvers as caches: which record each look-up is answered with, event by event.

References
----------
RFC 1035 section 3.2.1 (TTL); RFC 8767 (serve-stale: sections 4 and 5); docs of Unbound `cache-min-ttl`,
`cache-max-ttl`, `serve-expired`, `prefetch`.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.parts import IPV6
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from analyzer.simulation.parts import Bools, Floats, Ints, Lookups
    from analyzer.simulation.zone import Zone

STALE_TTL_S = 30  # [s] TTL of a stale answer, RFC 8767 section 4
MAX_BACKENDS = 16


@dataclass(frozen=True, slots=True)
class Resolver:
    """One resolver as its clients meet it: how long it keeps a record, and how many caches stand behind its address."""

    floor_s: int = 0  # raises shorter TTLs (cache-min-ttl)
    ceiling_s: int = 7 * DAY_S  # lowers longer ones (cache-max-ttl); RFC 8767 recommends 7 days
    stale_s: float = 0.0  # answers so long after expiry with the old record while it fetches the new one
    prefetch: float = 0.0  # fetches anew where it is asked in this last share of a record's life
    backends: int = 1  # caches behind one address; each look-up meets one of them
    weight: float = 1.0  # its share of the clients

    @property
    def refreshes(self) -> bool:
        """True if it answers with what it holds while it fetches."""
        return self.stale_s > 0 or self.prefetch > 0

    def granted_s(self, ttl_s: int) -> int:
        """Return how long a record with a TTL is kept.

        >>> Resolver(floor_s=2400).granted_s(300)
        2400
        """
        return min(max(ttl_s, self.floor_s), self.ceiling_s)


@dataclass(frozen=True, slots=True)
class Answers:
    """What each look-up was answered with, in columns that go with the look-ups."""

    old: Bools  # the record was the old one
    fetched_s: Floats  # when the cache had it from an authoritative server [s since the change]
    granted_s: Floats  # for how long it keeps it
    backend: Ints

    def remaining_s(self, at_s: Floats) -> Floats:
        """Return the TTL that the answer shows [s]: what is left, or that of a stale answer."""
        left_s = self.fetched_s + self.granted_s - at_s
        return np.where(left_s > 0, left_s, STALE_TTL_S)


def one_cache(
    at_s: Floats, resolver: Resolver, zone: Zone, family: int, lags_s: Floats
) -> tuple[Bools, Floats, Floats]:
    """Return (old, fetched_s, granted_s) of each look-up at one cache.

    Parameters
    ----------
    at_s : shape (n,), ascending
        When the cache is asked [s since the change].
    lags_s : shape (n,)
        Lag of the authoritative server that a fetch caused by that look-up would ask [s].
    """
    times, count = at_s.tolist(), len(at_s)
    runs: list[int] = []
    old: list[bool] = []
    fetched: list[float] = []
    granted: list[int] = []
    at, first = 0, 0  # the look-up that causes the fetch, and the first one that it answers
    while at < count:
        when = times[at]
        is_old = zone.is_old(when, family, float(lags_s[at]))
        kept_s = resolver.granted_s(zone.ttl_s if is_old else zone.new_ttl_s)
        at = bisect_left(times, when + kept_s * (1.0 - resolver.prefetch), first)
        # A look-up in the last part of the record's life, or in the stale window after it, gets the record it holds,
        # and makes it fetch.
        holds = at < count and times[at] <= when + kept_s + resolver.stale_s
        end = at + 1 if holds and resolver.refreshes else at
        runs.append(end - first)
        old.append(is_old)
        fetched.append(when)
        granted.append(kept_s)
        first = end
    return np.repeat(old, runs), np.repeat(fetched, runs), np.repeat(granted, runs).astype(np.float64)


def answer(lookups: Lookups, resolvers: tuple[Resolver, ...], zone: Zone, draw: np.random.Generator) -> Answers:
    """Return what every look-up is answered with, all resolvers, backends and record types apart.

    Parameters
    ----------
    lookups : any order
    draw : numpy.random.Generator
        Chooses the backend that a look-up meets and the authoritative server that a fetch asks.
    """
    count = len(lookups.at_s)
    behind = np.array([r.backends for r in resolvers], dtype=np.int64)[lookups.resolver]
    backend = (draw.random(count) * behind).astype(np.int64)
    lags_s = np.array(zone.lags_s)[draw.integers(len(zone.lags_s), size=count)]
    cache = (lookups.resolver * MAX_BACKENDS + backend) * 2 + (lookups.family == IPV6)
    order = np.lexsort((lookups.at_s, cache))
    old = np.zeros(count, dtype=np.bool_)
    fetched, granted = np.zeros(count), np.zeros(count)
    starts = np.flatnonzero(np.diff(cache[order], prepend=-1))
    for rows in np.split(order, starts[1:]) if count else ():
        resolver, family = resolvers[int(lookups.resolver[rows[0]])], int(lookups.family[rows[0]])
        old[rows], fetched[rows], granted[rows] = one_cache(lookups.at_s[rows], resolver, zone, family, lags_s[rows])
    return Answers(old, fetched, granted, backend)
