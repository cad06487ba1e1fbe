"""Who still comes to the old address and does not count: kinds that the policy leaves out, and accepted clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.cells import cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.evidence import Evidence

ACCEPTED, ITSELF = "accepted", "itself"
OWN_RULES = ("internal", "own-address")  # by which `analyzer.logs.kinds` knows what the old server asks of itself
NAMED = 10  # addresses of a kind that are named at most, the busiest first


@dataclass(frozen=True, slots=True)
class Others:
    """Requests of the last 24 h, of one kind that does not count.

    Attributes
    ----------
    kind
        crawler, monitor, scanner, …; `ACCEPTED`, of clients whose loss the policy accepts; or `ITSELF`, of the old
        server's own requests.
    requests, clients
        How many.
    addresses
        Of the busiest clients, the busiest first.
    """

    kind: str
    requests: int
    clients: int
    addresses: tuple[str, ...]


def others(evidence: Evidence, counted: NDArray[np.bool_]) -> tuple[Others, ...]:
    """Return who came in the last 24 h and does not count, the most requests first.

    Parameters
    ----------
    counted
        bool, one a client of the old server's log: whether its loss counts.
    """
    late = cells(evidence.old, ~counted, after_part=evidence.day_part)
    requests = np.bincount(late.client, late.requests, len(counted)).astype(np.int64)
    who = np.flatnonzero(requests)
    kind, rule = (_values(evidence, name, who) for name in ("kind", "rule"))
    kind = np.where(np.isin(kind, list(evidence.migration.policy.counts)), ACCEPTED, kind)
    kind = np.where(np.isin(rule, OWN_RULES), ITSELF, kind)
    found = [_others(evidence, str(one), who[kind == one], requests) for one in sorted(set(kind.tolist()))]
    return tuple(sorted(found, key=lambda one: (-one.requests, one.kind)))


def _values(evidence: Evidence, name: str, who: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return kind or rule of some clients."""
    column = evidence.kinds[name].array
    found: NDArray[np.object_] = np.asarray(column.categories, object)[column.codes[who]]
    return found


def _others(evidence: Evidence, kind: str, who: NDArray[np.int64], requests: NDArray[np.int64]) -> Others:
    """Return those of one kind, by their codes."""
    busiest = who[np.argsort(-requests[who], kind="stable")]
    named = evidence.old.clients["address"].iloc[busiest[: 4 * NAMED]].astype(str).tolist()
    return Others(kind, int(requests[who].sum()), len(who), tuple(dict.fromkeys(named))[:NAMED])
