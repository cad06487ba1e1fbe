"""The observations up to one moment, with what their TTLs say there. A later observation changes nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from analyzer.dns.answers import RANK
from analyzer.dns.record import TTL_CAP_S

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.dns.observed import Bools, Ints, Observed, Path

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_US = 1_000_000
# [us] TTLs are whole seconds, and a resolver and its forwarder may each round once.
ROUNDING_US = 2 * SECOND_US
LEAST_CONSTANT = 3  # questions that show the same TTL before it is called constant


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The first `n` observations, those not later than a moment.

    Attributes
    ----------
    at_us
        [us] the moment.
    remaining_s
        [s] int64, remaining TTL of the RRset that changed, seven days at most (RFC 8767 s4: what caches cap it to); -1
        where an answer has none.
    constant
        bool, whether the resolver's TTLs stand still although time passes.
    last
        bool, the last answer of its resolver to its question.
    stands
        bool, the last usable one: who gives none any more has not said that anything changed.
    """

    observed: Observed
    n: int
    at_us: int
    remaining_s: Ints
    constant: Bools
    last: Bools
    stands: Bools

    def old_of(self, question: int) -> Ints:
        """Return the observations (indices) that answer a question with an old address."""
        return np.flatnonzero(self.observed.oldish[: self.n] & (self.observed.question[: self.n] == question))

    def new_of(self, question: int) -> Ints:
        """Return the observations (indices) that answer a question with the new address only."""
        return np.flatnonzero(self.observed.new[: self.n] & (self.observed.question[: self.n] == question))


def evidence(observed: Observed, at_us: int) -> Evidence:
    """Return the observations not later than a moment.

    Parameters
    ----------
    observed
        All of them.
    at_us
        [us] the moment.
    """
    n = int(np.searchsorted(observed.at_us, at_us, side="right"))
    observed = _with_true_servers(observed, _forwarders(observed, n))
    told = _told(observed, tuple(owner and owner[0] for owner in owners(observed, n)))
    series = _series(observed)[:n]
    sizes = np.bincount(series)
    moved = np.bincount(series, weights=told.moved[:n])
    due = np.bincount(series, weights=told.due[:n])
    constant = ((sizes >= LEAST_CONSTANT) & (moved == 0) & (due > 0))[series] & ~observed.authoritative[:n]
    usable = np.flatnonzero(observed.rank[:n] != RANK["failing"])
    last, stands = _last(observed, np.arange(n), n), _last(observed, usable, n)
    return Evidence(observed, n, at_us, told.remaining_s[:n], constant, last, stands)


def _last(observed: Observed, rows: Ints, n: int) -> Bools:
    """Return which of the first n observations is the last among some of its resolver and question."""
    last = np.zeros(n, dtype=np.bool_)
    place = observed.resolver[rows] * len(observed.questions) + observed.question[rows]
    last[rows[len(rows) - 1 - np.unique(place[::-1], return_index=True)[1]]] = True
    return last


def _forwarders(observed: Observed, n: int) -> tuple[int, ...]:
    """Return the resolvers that claim authority now and then: dnsmasq passes the flag on with what it has just fetched.

    A server of the zone claims it for every record that it hands out.
    """
    leads = observed.rank[:n] != RANK["failing"]
    leads &= observed.path[:n] != (observed.paths.index(()) if () in observed.paths else -1)
    claims = np.unique(observed.resolver[:n][leads & observed.authoritative[:n]])
    fails_to = np.unique(observed.resolver[:n][leads & ~observed.authoritative[:n]])
    return tuple(np.intersect1d(claims, fails_to).tolist())


@lru_cache(maxsize=4)
def _with_true_servers(observed: Observed, forwarders: tuple[int, ...]) -> Observed:
    """Return the observations without the authority that forwarders claim."""
    if not forwarders:
        return observed
    return replace(observed, authoritative=observed.authoritative & ~np.isin(observed.resolver, forwarders))


def changed_owner(name: str, old: Iterable[Path], new: Iterable[Path]) -> str | None:
    """Return the owner of the first RRset in which old and new paths differ; None if that is not known.

    Examples
    --------
    >>> a, b = ("www.x", "CNAME", "old.x"), ("old.x", "A", "")
    >>> c, d = ("www.x", "CNAME", "new.x"), ("new.x", "A", "")
    >>> changed_owner("www.x", [(a, b)], [(c, d)])
    'www.x'
    >>> changed_owner("www.x", [(a, b)], [(a, b)])
    'old.x'
    """
    before, after = _links(old), _links(new)
    seen = set()
    while name in before and name in after and name not in seen:
        seen.add(name)
        common = sorted(target for kind, target in before[name] & after[name] if kind == "CNAME")
        if not common:
            return name
        name = common[0]
    return None


def _links(paths: Iterable[Path]) -> dict[str, set[tuple[str, str]]]:
    """Return the RRsets (type, target) seen at each owner."""
    links: dict[str, set[tuple[str, str]]] = {}
    for path in paths:
        for owner, kind, target in path:
            links.setdefault(owner, set()).add((kind, target))
    return links


def owners(observed: Observed, n: int) -> tuple[tuple[str, str] | None, ...]:
    """Return, for each question, owner and type of the RRset that changed, as far as the first n observations tell.

    Parameters
    ----------
    observed
        All observations.
    n
        How many of them, from the first on, are looked at.
    """
    taken: dict[tuple[int, bool], list[Path]] = {}
    for question, path, oldish, first in _ways(observed):
        if first < n:
            taken.setdefault((question, oldish), []).append(observed.paths[path])
    found: list[tuple[str, str] | None] = []
    for number, (name, _) in enumerate(observed.questions):
        before = taken.get((number, True), [])
        owner = changed_owner(name, before, taken.get((number, False), ()))
        kinds = sorted({kind for path in before for at, kind, _ in path if at == owner})
        found.append((owner, kinds[0]) if owner is not None and kinds else None)
    return tuple(found)


@lru_cache(maxsize=2)
def _ways(observed: Observed) -> tuple[tuple[int, int, bool, int], ...]:
    """Return each distinct (question, path, old?) that leads to a server, with its first observation."""
    rows = np.flatnonzero(observed.oldish | observed.new)
    ways = np.stack([observed.question[rows], observed.path[rows], observed.oldish[rows]], axis=1)
    distinct, first = np.unique(ways, axis=0, return_index=True) if len(rows) else (ways, rows)
    return tuple(
        (int(question), int(path), bool(oldish), int(rows[one]))
        for (question, path, oldish), one in zip(distinct, first, strict=True)
    )


@lru_cache(maxsize=2)
def _series(observed: Observed) -> Ints:
    """Return a number for each resolver, question and state alike: what a cache's TTL is compared within."""
    places = observed.resolver * len(observed.questions) + observed.question
    series: Ints = places * 3 + np.where(observed.oldish, 1, np.where(observed.new, 2, 0))
    return series


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """What the TTLs of all observations tell, given which RRset changed; each looks back only.

    Attributes
    ----------
    remaining_s
        As in `Evidence`.
    moved
        bool, the TTL differs from the one before in its series.
    due
        bool, it should: so much time has passed since, and not so much that the entry has expired.
    """

    remaining_s: Ints
    moved: Bools
    due: Bools


@lru_cache(maxsize=8)
def _told(observed: Observed, owners: tuple[str | None, ...]) -> _Told:
    """Return what the TTLs tell.

    The old address lives in a cache until the RRset **that changed** expires: an unchanged one before it in the chain
    is fetched again and leads to the same place. While it is not known what changes, the longest-lived one counts.
    """
    remaining: Ints = observed.ttls.max(axis=1, initial=-1)
    for question, owner in enumerate(owners):
        of_question = observed.question == question
        for path in np.unique(observed.path[of_question]):
            on_the_way = [link[0] for link in observed.paths[path]]
            if owner in on_the_way:
                chosen = of_question & (observed.path == path)
                remaining[chosen] = observed.ttls[chosen, on_the_way.index(owner)]
    remaining = np.minimum(remaining, TTL_CAP_S)
    series = _series(observed)
    order = np.argsort(series, kind="stable")
    before, here = order[:-1], order[1:]
    follows = (series[before] == series[here]) & (series[here] % 3 > 0)
    gap_us = observed.at_us[here] - observed.at_us[before]
    moved, due = (np.zeros(len(order), dtype=np.bool_) for _ in range(2))
    moved[here] = follows & (remaining[here] != remaining[before])
    # Asked after it expired, an honest cache shows the full TTL again: only a shorter gap must count down.
    due[here] = follows & (gap_us > ROUNDING_US) & (gap_us < remaining[before] * SECOND_US - ROUNDING_US)
    return _Told(remaining, moved, due)
