"""The zone's own servers that were seen to follow a change: when, and how long what they handed out before may live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.dns.evidence import SECOND_US

if TYPE_CHECKING:
    from analyzer.dns.evidence import Evidence
    from analyzer.dns.observed import Ints


@dataclass(frozen=True, slots=True)
class Lives:
    """How long what the servers handed out may live.

    Attributes
    ----------
    until_us
        [us] when the last entry that can have been fetched of them expires.
    fetched_us, ttl_s
        [us] when that can have been fetched at the latest, and [s] its TTL.
    """

    until_us: int
    fetched_us: int
    ttl_s: int


@dataclass(frozen=True, slots=True)
class Followed:
    """The servers that were old and are so no more.

    Attributes
    ----------
    servers
        Indices of resolvers.
    first_us
        [us] when each server was first new at all, of those too that are old again.
    at_us
        [us] when each was first new for good.
    lives
        How long old answers of these may live; None without such a server.
    """

    servers: tuple[int, ...]
    first_us: tuple[int, ...]
    at_us: tuple[int, ...]
    lives: Lives | None


def followed(seen: Evidence, old: Ints, new: Ints) -> Followed:
    """Return which servers have followed, and when.

    A server that is new says nothing of another that was old a moment ago: caches may ask that one until it is seen
    to have followed.

    Parameters
    ----------
    seen
        The evidence.
    old, new
        The servers' answers to one question (indices of observations).
    """
    at_us, resolver = seen.observed.at_us, seen.observed.resolver
    first_us, found = [], []
    for server in np.unique(resolver[old]).tolist():
        was, turned = old[resolver[old] == server], new[resolver[new] == server]
        first_us += at_us[turned[at_us[turned] > at_us[was[0]]]][:1].tolist()
        for_good = turned[at_us[turned] > at_us[was[-1]]]
        if len(for_good):
            found.append((server, int(at_us[for_good[0]]), _lives(seen, was, turned)))
    if not found:
        return Followed((), tuple(first_us), (), None)
    servers, last_us, lives = zip(*found, strict=True)
    return Followed(servers, tuple(first_us), last_us, max(lives, key=lambda one: one.until_us))


def _lives(seen: Evidence, old: Ints, new: Ints) -> Lives:
    """Return how long old answers of one server may live: each may have been given until its next answer was."""
    at_us = seen.observed.at_us
    all_us = np.sort(np.concatenate([at_us[old], at_us[new]]))
    fetched_us = all_us[np.searchsorted(all_us, at_us[old], side="right")]
    ttl_s = np.maximum(seen.remaining_s[old], 0)
    until_us = fetched_us + ttl_s * SECOND_US
    place = int(until_us.argmax())
    return Lives(int(until_us[place]), int(fetched_us[place]), int(ttl_s[place]))
