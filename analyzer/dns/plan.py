"""What one snapshot asks, of whom and how fast: decided, and said, before anything is sent."""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from analyzer.dns.delegation import TYPES
from analyzer.dns.message import Ask
from analyzer.dns.targets import is_address
from analyzer.units import spoken_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from analyzer.dns.targets import Target

DEFAULT_RESOLVERS = ("public", "system", "authoritative")
PUBLIC_PAUSE_S = 60.0  # [s] between two snapshots of resolvers that others pay for
SLACK_S = 1.0  # [s] a round may begin so much early: clocks tick, and its first question is sent at random
OWN_PAUSE_S = 1.0  # [s] of resolvers on private and loopback addresses
MOST_VIA = 2  # recursive resolvers that lead to the zones' servers: one may be out of order


@dataclass(frozen=True, slots=True)
class Plan:
    """The questions of one snapshot.

    Attributes
    ----------
    asks
        Each question and whom it is asked of.
    floor_s
        [s] between two questions to the same resolver, at least.
    """

    asks: tuple[Ask, ...]
    floor_s: float

    @property
    def resolvers(self) -> int:
        """Number of resolvers and servers."""
        return len({ask.target.resolver for ask in self.asks})

    @property
    def most_each(self) -> int:
        """Largest number of questions for one of them."""
        counts: dict[str, int] = {}
        for ask in self.asks:
            counts[ask.target.resolver] = counts.get(ask.target.resolver, 0) + 1
        return max(counts.values(), default=0)

    def sentences(self) -> tuple[str, ...]:
        """Return what is going to be sent, for people."""
        span = spoken_duration(math.ceil(self.most_each * self.floor_s * 1.5))
        recursive = {ask.target.resolver for ask in self.asks if ask.target.recurse}
        pace = f"{self.most_each} at most to one, {self.floor_s * 1000:.0f} ms or more apart"
        return (
            f"{len(self.asks)} questions to {self.resolvers} resolvers and servers, {pace}: within {span} and a wait.",
            f"{len(recursive)} of them look the names up for us, and so keep what they find until its TTL is over.",
        )


def plan(
    names: Iterable[str], targets: Iterable[Target], own: Iterable[Ask] = (), *, recurse: bool = True, floor_s: float
) -> Plan:
    """Return the questions of one snapshot.

    Parameters
    ----------
    names
        Each is asked for A, AAAA and HTTPS.
    targets
        The recursive resolvers.
    own
        The questions for the zones' own servers.
    recurse
        Whether the resolvers shall look up what they do not have: without, nothing is planted in their caches, but
        many refuse to answer.
    floor_s
        [s] between two questions to the same resolver, at least.
    """
    chosen = [one if recurse else replace(one, recurse=False) for one in targets]
    asked = [Ask(target, name, kind) for target in chosen for name in names for kind in TYPES]
    return Plan((*asked, *own), floor_s)


def via(targets: Iterable[Target], system: Iterable[Target]) -> tuple[Target, ...]:
    """Return the recursive resolvers that lead to the zones' servers: the system's, and the first to be asked."""
    return tuple([*list(system)[:1], *targets][:MOST_VIA])


def least_pause_s(targets: Iterable[Target]) -> float:
    """Return how long to wait between two snapshots at least [s]: longer where only others' resolvers are asked.

    Beside resolvers of one's own, those of others are left out of the rounds that come too early for them.
    """
    targets = tuple(targets)
    return PUBLIC_PAUSE_S if targets and not any(_is_own(one) for one in targets) else OWN_PAUSE_S


def too_early(targets: Iterable[Target], asked: Mapping[str, datetime], at: datetime) -> tuple[Target, ...]:
    """Return the resolvers of others that were asked so short a time ago that they are not to be asked again yet.

    Parameters
    ----------
    targets
        Whom to ask.
    asked
        When each was asked last, by the name that a snapshot gives it: the begin of that round.
    at
        Now.
    """
    least = timedelta(seconds=PUBLIC_PAUSE_S - SLACK_S)
    return tuple(
        one
        for one in targets
        if not _is_own(one) and one.resolver in asked and timedelta(0) <= at - asked[one.resolver] < least
    )


def planted(asks: Iterable[Ask], old_seen: Iterable[str]) -> Iterator[str]:
    """Yield a warning where asking before the change plants the old record in resolvers' caches.

    Parameters
    ----------
    asks
        What is asked.
    old_seen
        Resolvers that answered with the old address, where nobody has answered with the new one yet.
    """
    recursive = {ask.target.resolver for ask in asks if ask.target.recurse}
    count = len(recursive & set(old_seen))
    if count:
        yield (
            f"asking before the change plants the old record in {count} resolvers' caches; "
            "until it, ask the zone's own servers only: --resolver authoritative"
        )


def _is_own(target: Target) -> bool:
    """Return whether a resolver is on a private or loopback address."""
    host = target.address or target.host
    return is_address(host) and ipaddress.ip_address(host.partition("%")[0]).is_private
