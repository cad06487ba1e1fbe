"""The TTL that each record of the names has today, and had before: what TTL advice is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.dns.propagation import evidence_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from analyzer.dns.answers import Address
    from analyzer.dns.snapshots import Snapshots


@dataclass(frozen=True, slots=True)
class RecordTtl:
    """The TTL of one RRset on the way to an address.

    Attributes
    ----------
    ttl_s
        [s] as it was answered last: by the authoritative servers, or else the longest that caches showed.
    usual_ttl_s
        [s] the longest that was answered before; None if it was never longer.
    authoritative
        Whether authoritative servers told it; what caches show can be less than there is.
    """

    name: str
    type: str
    ttl_s: float
    usual_ttl_s: float | None
    authoritative: bool


def record_ttls(
    snapshots: Snapshots, *, names: Iterable[str], old: Iterable[Address], new: Iterable[Address], at: datetime
) -> tuple[RecordTtl, ...]:
    """Return the TTL of each RRset that leads from the names to the servers, CNAMEs first.

    Parameters
    ----------
    snapshots
        As `read_snapshots` returns them.
    names, old, new
        The migration's names and the two servers' addresses.
    at
        The moment; no later answer is looked at.
    """
    seen = evidence_at(snapshots, names=names, old=old, new=new, at=at)
    observed, n = seen.observed, seen.n
    leads = observed.oldish[:n] | observed.new[:n]
    told = leads & observed.authoritative[:n]
    rows = np.flatnonzero(told if told.any() else leads & ~seen.constant)
    last: dict[tuple[str, str], dict[str, int]] = {}
    longest: dict[tuple[str, str], int] = {}
    for row in rows.tolist():
        for (owner, kind, _), ttl_s in zip(observed.rows[row].path, observed.rows[row].ttls, strict=True):
            last.setdefault((owner, kind), {})[observed.rows[row].resolver] = ttl_s
            longest[owner, kind] = max(longest.get((owner, kind), 0), ttl_s)
    found = []
    for key, ttls in last.items():
        now_s = max(ttls.values()) if told.any() else longest[key]
        usual_s = float(longest[key]) if longest[key] > now_s else None
        found.append(RecordTtl(*key, float(now_s), usual_s, bool(told.any())))
    return tuple(sorted(found, key=lambda one: (one.type != "CNAME", one.name, one.type)))
