"""What clients' moves tell of the caches: each left between its last visit to the old server and its first to the new.

References
----------
Turnbull: The empirical distribution function with arbitrarily grouped data, JRSS B 38 (1976).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.caches import Caches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.drain.leaving import Leaving

MOST_LEARNED = 40.0  # [clients] that the weights may rest on: so few large resolvers serve most of all clients
ROUNDS = 30  # of expectation maximisation
ENOUGH_CLIENTS = 500  # [clients] that the weights are learned from, at most twice as many
LONG_SILENCE = 3.0  # [intervals] without the new server's log, so long a silence is taken for a move


def came_back(some: Clients, law: Leaving) -> NDArray[np.bool_]:
    """Return who came to the old address after a direct visit, when every cache had expired."""
    late = some.last_after_s > law.change_s + law.scale_s
    return np.asarray((some.last_after_s > some.first_direct_s) & late, bool)


def first_direct_s(some: Clients, at_s: float) -> NDArray[np.float64]:
    """Return when clients came directly after their last visit to the old server [s since the epoch]; inf if never.

    Without the new server's log who has been silent for long for its rhythm is taken to have moved in between.
    """
    last, steps = some.last_after_s, np.maximum(some.direct_since, 1.0)
    # Of one that came to both in turn the first visit after the last old one lies in the mean of m steps.
    moved = np.where(some.last_direct_s > last, last + (some.last_direct_s - last) / steps, np.inf)
    moved = np.where(some.first_direct_s > np.nan_to_num(last), some.first_direct_s, moved)
    if np.isfinite(some.first_direct_s).any():
        return np.asarray(moved, np.float64)
    due = last + LONG_SILENCE * some.interval_s
    return np.asarray(np.where(due < at_s, due, np.inf), np.float64)


def first_in_s(
    first_s: NDArray[np.float64], interval_s: NDArray[np.float64], last_s: NDArray[np.float64], from_s: float
) -> NDArray[np.float64]:
    """Return when each client was first seen from an age on: half an interval later, where it was seen before it."""
    waited = np.where(np.isfinite(interval_s), interval_s, np.inf) / 2
    return np.minimum(np.where(first_s >= from_s, first_s, from_s + waited), last_s)


def learned(
    prior: Caches,
    unheld: float,
    last_s: NDArray[np.float64],
    moved_s: NDArray[np.float64],
    stays: NDArray[np.float64],
) -> tuple[Caches, float]:
    """Return the mixture after clients were seen to move, and how many of them no cache holds [clients].

    Each client left between its last visit to the old server, at an age a, and its first one to the new at b: with the
    chance sum of w_j (F_j(a) - F_j(b)), one term a line, and one for those that stay for other reasons.

    Parameters
    ----------
    prior
        The mixture before.
    unheld
        [clients] That no cache holds, before.
    last_s, moved_s
        float64, shape (n,) [s after the turn]: a (0 where it was not seen at the old one) and b (infinite where it was
        not seen at the new one).
    stays
        float64, shape (n,) [1]: the chance of the same for who stays for other reasons.
    """
    some = slice(None, None, max(len(last_s) // ENOUGH_CLIENTS, 1))
    first, then = prior.shares(last_s[some]), prior.shares(np.where(np.isinf(moved_s), prior.longest_s, moved_s)[some])
    chance = np.column_stack([np.maximum(first - then, 0.0), stays[some]])
    chance = chance[chance.max(axis=1, initial=0.0) > 0]
    start = np.append(prior.counts, unheld)
    counts = start
    for _ in range(ROUNDS):
        part = chance * (counts / counts.sum())
        part /= part.sum(axis=1, keepdims=True)
        told = _told(chance, counts / counts.sum())
        seen = told @ part
        counts = start + seen * min(1.0, MOST_LEARNED / max(float(told.sum()), 1e-12))
    lines = (replace(line, count=float(count)) for line, count in zip(prior.lines, counts, strict=False))
    return Caches(tuple(lines)), float(counts[-1])


def _told(chance: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much each client tells of the weights [1]: nothing, where each line makes it as likely."""
    mean = chance @ weight
    return np.asarray(1.0 - mean**2 / np.maximum(chance**2 @ weight, 1e-300), np.float64)
