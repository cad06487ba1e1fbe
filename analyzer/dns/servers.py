"""The authoritative servers among those that were asked: whether they agree, and who was taken out of the zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from analyzer.dns.answers import RANK
from analyzer.dns.evidence import EPOCH, SECOND_US
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from analyzer.dns.evidence import Evidence
    from analyzer.dns.observed import Ints
    from analyzer.dns.zones import Zone

FOR_EVER_US = 2**62
DELEGATION_S = 2.0 * DAY_S  # [s] the TTL of a delegation where it was not asked for: what com. and net. give
LEAST_ROUNDS = 3  # in which others were asked and a server was not, before it counts as taken out
LEAST_AWAY_US = HOUR_S * SECOND_US


@dataclass(frozen=True, slots=True)
class Former:
    """A server that its zone has moved away from.

    Attributes
    ----------
    after_us, at_us
        [us] the earliest and the latest moment of that.
    until_us
        [us] until when caches may ask it: the former delegation's TTL is over then.
    """

    after_us: int
    at_us: int
    until_us: int


def former(seen: Evidence, zones: Iterable[Zone]) -> dict[int, Former]:
    """Return the servers (indices of resolvers) that zones have moved away from: another provider has them now.

    Each says so itself, by an NS RRset that shares no name with the one above; or it is asked no more since.

    Parameters
    ----------
    seen
        The evidence.
    zones
        What is known of the zones' delegations.
    """
    left_us, found = _left_us(seen), {}
    number = {name: index for index, name in enumerate(seen.observed.resolvers)}
    for zone in zones:
        if zone.before is None or zone.moved_at is None or zone.moved_after is None:
            continue
        after_us, at_us = ((one - EPOCH) // timedelta(microseconds=1) for one in (zone.moved_after, zone.moved_at))
        moved = Former(after_us, at_us, at_us + int(zone.before.ttl_s * SECOND_US))
        for one in zone.servers:
            index = number.get(one.server)
            if index is not None and (one.former or at_us <= left_us[index] < FOR_EVER_US):
                found[index] = moved
    return found


def asked_until_us(seen: Evidence, zones: Iterable[Zone], gone: Mapping[int, Former]) -> Ints:
    """Return until when caches may ask each resolver or server for the names [us]; far away if it is in use.

    A server that was taken out of the zone is still asked by caches that hold the former delegation, for its TTL.

    Parameters
    ----------
    gone
        As `former` found them.
    """
    ttls_s = [one.ttl_s for zone in zones for one in (zone.before, zone.parent, zone.child) if one is not None]
    left_us = _left_us(seen)
    until: Ints = np.where(left_us < FOR_EVER_US, left_us + int(max(ttls_s, default=DELEGATION_S) * SECOND_US), left_us)
    for index, moved in gone.items():
        until[index] = moved.until_us
    return until


def agree(seen: Evidence, until_us: Ints) -> bool | None:
    """Return whether all servers of the zone answer alike and none old, each judged by its last usable answer.

    Parameters
    ----------
    until_us
        As `asked_until_us`: who is asked for the names for some time only has no say.

    Returns
    -------
    bool or None
        None if none was asked.
    """
    observed, n = seen.observed, seen.n
    present = (until_us == FOR_EVER_US)[observed.resolver[:n]]
    usable = np.flatnonzero(observed.authoritative[:n] & (observed.rank[:n] != RANK["failing"]) & present)
    last = {(int(observed.resolver[row]), int(observed.question[row])): int(observed.rank[row]) for row in usable}
    answers = {(question, rank) for (_, question), rank in last.items()}
    alike = len(answers) == len({question for question, _ in answers})
    return alike and all(rank < RANK["mixed"] for _, rank in answers) if last else None


def _left_us(seen: Evidence) -> Ints:
    """Return by when each server had been taken out of the zone [us]; far away if it was not.

    Nobody says so: it is not asked any more, for longer than it ever was not, while others are.
    """
    observed, n = seen.observed, seen.n
    left = np.full(len(observed.resolvers), FOR_EVER_US, dtype=np.int64)
    rows = np.flatnonzero(observed.authoritative[:n])
    servers = np.unique(observed.resolver[rows])
    times = {int(one): np.unique(observed.at_us[:n][observed.resolver[:n] == one]) for one in servers}
    newest_us = max((int(at_us[-1]) for at_us in times.values()), default=0)
    for server, at_us in times.items():
        away_us = newest_us - int(at_us[-1])
        later = [other[other > at_us[-1]] for one, other in times.items() if one != server]
        rounds = max((len(other) for other in later), default=0)
        if rounds >= LEAST_ROUNDS and away_us > max(3 * int(np.diff(at_us).max(initial=0)), LEAST_AWAY_US):
            left[server] = min(int(other[0]) for other in later if len(other))
    return left
