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

from analyzer.dns.answers import OLDISH
from analyzer.dns.observed import Observed, observe, remaining_s
from analyzer.dns.published import SECOND_US, published
from analyzer.dns.resolvers import EPOCH, ResolverState, constant_ttl, moment, old_expiry_us, resolver_states

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from analyzer.dns.answers import Address
    from analyzer.dns.snapshots import Snapshots

__all__ = ["Propagation", "ResolverState", "propagation", "states"]


@dataclass(frozen=True, slots=True)
class Propagation:
    """What the recorded answers say at one moment.

    Attributes
    ----------
    at
        The moment; nothing later was looked at.
    changed_after, changed_at
        The earliest and the latest moment at which the change can have been published; where evidence disagrees, the
        later. None where no change, or nothing before it, was seen.
    ttl_s
        [s] TTL of the RRset that changed, before the change.
    resolvers
        Each resolver once.
    authoritative_agree
        Whether every authoritative server's last answer is the new one; None if none was asked.
    last_old_expires_at
        The latest moment at which an entry that was seen could still hold the old address; None if none was seen.
    first_at, last_at
        When the first and the last question looked at were asked; None without any.
    questions
        Number of questions looked at.
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
    observed = _observe(snapshots, tuple(names), tuple(old), tuple(new))
    rows = _evidence(observed, at)
    told_us = None if changed_at is None else _us(changed_at)
    found = published(rows[rows["oldish"] | (rows["state"] == "new")], ttl_s, told_us)
    rows = rows.assign(expiry_us=np.int64(-1))
    oldish = rows["oldish"]
    rows.loc[oldish, "expiry_us"] = old_expiry_us(rows[oldish], found.ttl_s, _us(at))
    return Propagation(
        at=at,
        changed_after=_moment(found.after_us),
        changed_at=_moment(found.at_us),
        ttl_s=found.ttl_s,
        resolvers=resolver_states(rows, found.outliers),
        authoritative_agree=_agree(rows),
        last_old_expires_at=_moment(rows.loc[oldish, "expiry_us"].max() if oldish.any() else None),
        first_at=_moment(rows["at_us"].min() if len(rows) else None),
        last_at=_moment(rows["at_us"].max() if len(rows) else None),
        questions=len(rows),
    )


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
    rows = _evidence(_observe(snapshots, tuple(names), tuple(old), tuple(new)), at)
    expires = rows["at_us"] + rows["remaining_s"].clip(lower=0) * SECOND_US
    rows = rows.assign(
        state=rows["state"].astype("str"), expires_at=pd.to_datetime(expires, unit="us", utc=True).where(rows["oldish"])
    )
    columns = ["at", "resolver", "transport", "name", "type", "state", "authoritative", "expires_at"]
    return rows[columns].reset_index(drop=True)


@lru_cache(maxsize=2)
def _observe(
    snapshots: Snapshots, names: tuple[str, ...], old: tuple[Address, ...], new: tuple[Address, ...]
) -> Observed:
    """Return the observations, made once for the many moments that are asked about."""
    return observe(snapshots, names=names, old=old, new=new)


def _evidence(observed: Observed, at: datetime) -> pd.DataFrame:
    """Return the observations not later than a moment, with what their TTLs say."""
    rows = observed.rows
    rows = rows[rows["at"] <= at]
    rows = rows.assign(
        at_us=rows["at"].astype("int64"), oldish=rows["state"].isin(OLDISH), remaining_s=remaining_s(observed, rows)
    )
    last = ~rows.duplicated(["resolver", "name", "type"], keep="last")
    answered = rows["oldish"] | (rows["state"] == "new")
    constant = pd.Series(False, index=rows.index)
    constant[answered] = constant_ttl(rows[answered])
    return rows.assign(last=last, constant=constant)


def _agree(rows: pd.DataFrame) -> bool | None:
    """Return whether all authoritative servers say new, each judged by its last usable answer."""
    told = rows[rows["authoritative"] & (rows["state"] != "failing")]
    told = told[~told.duplicated(["resolver", "name", "type"], keep="last")]
    return bool((told["state"] == "new").all()) if len(told) else None


def _us(at: datetime) -> int:
    """Return a moment as Unix time [us]."""
    return (at - EPOCH) // timedelta(microseconds=1)


def _moment(us: int | None) -> datetime | None:
    """Return the moment of a Unix time [us], if there is one."""
    return None if us is None else moment(us)
