"""When in its silence a client moved: until then it was silent by chance, from then on for sure.

References
----------
Schmittlein, Morrison, Colombo: Counting your customers, Management Science 33 (1987), for the chance to be alive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.rates import silence_until

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.drain.demand import Demand
    from analyzer.drain.leaving import Leaving
    from analyzer.drain.rates import Population

PARTS = 6  # of a silence, growing: a client leaves its last visit's neighbourhood fast
EDGES = (np.arange(PARTS + 1) / PARTS) ** 2  # [1] of the silence
MIDDLES = ((np.arange(PARTS) + 0.5) / PARTS) ** 2


def silent_until_it_moved(
    some: Clients, law: Leaving, normal: Demand, among: Population, at_s: float
) -> NDArray[np.float64]:
    """Return the chance that each client was silent until it moved, if it did so since its last visit.

    With F the share that moved by a time, and S the chance of a silence as long, if it is there:
    the integral of S dF over the silence, over F at its end. 1 would be right for one that moved at once.

    Returns
    -------
    float64, shape (n,) [1]
        1 for those not seen since the change, and where nobody moved.
    """
    found = np.ones(len(some))
    rows = np.flatnonzero(some.seen_after & ~some.cleared)
    seen = some.take(rows)
    silent_s = np.maximum(at_s - seen.last_s, 0.0)[:, None]
    until = silence_until(seen, normal, among, seen.last_s[:, None] + silent_s * MIDDLES)
    edges = seen.last_s[:, None] + silent_s * EDGES
    still = np.stack([law.still(seen.kind, seen.last_after_s, edge) for edge in edges.T], axis=1)
    moved = np.maximum(-np.diff(still, axis=1), 0.0)
    whole = moved.sum(axis=1)
    found[rows] = np.where(whole > 0, (moved * until).sum(axis=1) / np.maximum(whole, 1e-300), until.mean(axis=1))
    return found
