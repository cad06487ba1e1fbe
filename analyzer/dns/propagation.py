"""Who still answers with the old address, until when; and when the change was published.

Each answer is held against what is known to be old and new, never against what most others say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyzer.dns.answers import STATES
from analyzer.dns.bound import Beyond, Bound, beyond, bound
from analyzer.dns.evidence import EPOCH, SECOND_US, Evidence, evidence
from analyzer.dns.expiry import old_expiry_us
from analyzer.dns.observed import Observed, observe
from analyzer.dns.published import each, together
from analyzer.dns.resolvers import ResolverState, moment, resolver_states
from analyzer.dns.servers import agree, asked_until_us, former
from analyzer.dns.turns import Turn, forgotten, led_astray, moved_on, rolled_back, turns
from analyzer.dns.zones import Zone, zones

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from analyzer.dns.answers import Address
    from analyzer.dns.snapshots import Snapshots

__all__ = ["Beyond", "Bound", "Propagation", "ResolverState", "Turn", "Zone", "propagation", "states"]


@dataclass(frozen=True, slots=True)
class Propagation:
    """What the recorded answers say at one moment.

    Attributes
    ----------
    at
        The moment; nothing later was looked at.
    changed_after, changed_at
        The earliest and the latest moment at which the change can have been published; where evidence disagrees, the
        later, and of several names and types the last. None where no change, or nothing before it, was seen.
    ttl_s
        [s] TTL of the RRset that changed, before the change.
    resolvers
        Each resolver once.
    authoritative_agree
        Whether the authoritative servers' last answers are alike and without the old address; None if none was asked.
    last_old_expires_at
        The latest moment at which an entry that was seen could still hold the old address; None if none was seen.
    first_at, last_at
        When the first and the last question looked at were asked; None without any.
    questions
        Number of questions looked at.
    first_changed_at
        The latest moment at which the first of the names and types can have been changed: before it nobody had moved.
    bound
        After which moment no cache that honours TTLs can answer old, whether it was asked or not, and what sets it;
        None without any old answer.
    beyond
        Who keeps the old address for longer than that, and why.
    turns
        Each change that the authoritative servers were seen to make: back and forth.
    moved_on
        Where they led on to another address of the new server afterwards.
    zones
        The zones' servers, serials and delegations.
    warnings
        What the admin should look at, each one sentence, the weightiest first: rolled back, forgotten, lame, behind.
    """

    at: datetime
    changed_after: datetime | None
    changed_at: datetime | None
    ttl_s: float | None
    resolvers: tuple[ResolverState, ...]
    authoritative_agree: bool | None
    last_old_expires_at: datetime | None
    first_at: datetime | None
    last_at: datetime | None
    questions: int
    first_changed_at: datetime | None = None
    bound: Bound | None = None
    beyond: tuple[Beyond, ...] = ()
    turns: tuple[Turn, ...] = ()
    moved_on: tuple[Turn, ...] = ()
    zones: tuple[Zone, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def on_new(self) -> int:
        """Number of resolvers whose every last answer is the new address."""
        return sum(one.state == "new" for one in self.resolvers)

    @property
    def on_old(self) -> int:
        """Number of resolvers that still answer with the old address, alone or beside the new one."""
        return sum(one.on_old for one in self.resolvers)

    @property
    def failing(self) -> int:
        """Number of resolvers whose last answer cannot be used."""
        return sum(one.state == "failing" for one in self.resolvers)


def propagation(
    snapshots: Snapshots,
    *,
    names: Iterable[str],
    old: Iterable[Address],
    new: Iterable[Address],
    at: datetime,
    changed_at: datetime | None = None,
    ttl_s: float | None = None,
) -> Propagation:
    """Return what the snapshots say about the names at a moment.

    Parameters
    ----------
    snapshots
        As `read_snapshots` returns them.
    names, old, new
        The migration's names and the two servers' addresses.
    at
        The moment of judgement: no later answer is looked at.
    changed_at, ttl_s
        The change and the TTL [s] before it, where they are known; found otherwise.
    """
    seen = evidence_at(snapshots, names=names, old=old, new=new, at=at)
    return _judged(seen, at, zones(snapshots, at), ttl_s, None if changed_at is None else _us(changed_at))


def _judged(
    seen: Evidence, at: datetime, around: tuple[Zone, ...], ttl_s: float | None, changed_us: int | None
) -> Propagation:
    """Return what the evidence says, with what is known of the zones around the names."""
    gone = former(seen, around)
    parts = each(seen, ttl_s, changed_us, gone)
    found = together(parts, ttl_s, changed_us)
    until_us = asked_until_us(seen, around, gone)
    expiry_us = old_expiry_us(seen, found.ttl_s, until_us, found.outliers)
    changes = turns(seen)
    back = rolled_back(seen, parts, changes)
    asked_us = seen.observed.at_us[: seen.n]
    return Propagation(
        at=at,
        changed_after=_moment(found.after_us),
        changed_at=_moment(found.at_us),
        first_changed_at=_moment(found.first_us),
        ttl_s=found.ttl_s,
        resolvers=resolver_states(seen, expiry_us, found),
        authoritative_agree=agree(seen, until_us),
        last_old_expires_at=moment(expiry_us.max()) if seen.observed.oldish[: seen.n].any() else None,
        first_at=moment(asked_us[0]) if seen.n else None,
        last_at=moment(asked_us[-1]) if seen.n else None,
        questions=seen.n,
        bound=_bound(seen, back, lambda: bound(seen, parts, expiry_us, until_us)),
        beyond=beyond(seen, parts, expiry_us, until_us),
        turns=changes,
        moved_on=moved_on(seen),
        zones=around,
        warnings=(
            *back,
            *forgotten(seen, parts),
            *led_astray(seen),
            *(one for zone in around for one in zone.sentences),
        ),
    )


def _moment(us: int | None) -> datetime | None:
    """Return a moment, if there is one."""
    return None if us is None else moment(us)


def states(
    snapshots: Snapshots, *, names: Iterable[str], old: Iterable[Address], new: Iterable[Address], at: datetime
) -> pd.DataFrame:
    """Return every answer's state over time, for a figure.

    Parameters
    ----------
    snapshots, names, old, new, at
        As in `propagation`.

    Returns
    -------
    pandas.DataFrame
        at (datetime64[us, UTC]), resolver, transport, name, type, state (str), authoritative (bool), expires_at
        (datetime64[us, UTC]: of an old answer; NaT for others), in order of time.
    """
    seen = evidence_at(snapshots, names=names, old=old, new=new, at=at)
    observed, rows = seen.observed, seen.observed.rows[: seen.n]
    asked_us = observed.at_us[: seen.n]
    expires_us = asked_us + np.maximum(seen.remaining_s, 0) * SECOND_US
    return pd.DataFrame(
        {
            "at": pd.Series(asked_us.astype("datetime64[us]")).dt.tz_localize("UTC"),
            "resolver": pd.Series([row.resolver for row in rows], dtype="str"),
            "transport": pd.Series([row.transport for row in rows], dtype="str"),
            "name": pd.Series([row.question[0] for row in rows], dtype="str"),
            "type": pd.Series([row.question[1] for row in rows], dtype="str"),
            "state": pd.Series([STATES[row.rank] for row in rows], dtype="str"),
            "authoritative": observed.authoritative[: seen.n],
            "expires_at": pd.Series(expires_us.astype("datetime64[us]"))
            .dt.tz_localize("UTC")
            .where(observed.oldish[: seen.n]),
        }
    )


def evidence_at(
    snapshots: Snapshots, *, names: Iterable[str], old: Iterable[Address], new: Iterable[Address], at: datetime
) -> Evidence:
    """Return the observations up to a moment.

    Parameters
    ----------
    snapshots, names, old, new, at
        As in `propagation`.
    """
    return evidence(_observe(snapshots, tuple(names), tuple(old), tuple(new)), _us(at))


def _bound(seen: Evidence, back: tuple[str, ...], known: Callable[[], Bound]) -> Bound | None:
    """Return the bound: none where nobody was old, an open one while a rollback stands."""
    if not seen.observed.oldish[: seen.n].any():
        return None
    found = known()
    return Bound(None, back[0]) if back and found.at is not None else found


@lru_cache(maxsize=2)
def _observe(
    snapshots: Snapshots, names: tuple[str, ...], old: tuple[Address, ...], new: tuple[Address, ...]
) -> Observed:
    """Return the observations, made once for the many moments that are asked about."""
    return observe(snapshots, names=names, old=old, new=new)


def _us(at: datetime) -> int:
    """Return a moment as Unix time [us]."""
    return (at - EPOCH) // timedelta(microseconds=1)
