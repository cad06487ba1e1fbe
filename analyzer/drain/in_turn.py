"""Who comes to both servers in turn: several machines behind one address, or one that has several resolvers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.moves import came_back

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.drain.leaving import Leaving


def in_turn(some: Clients, law: Leaving, at_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the chance of what cleared clients did if they come to both servers in turn, and the old one's share.

    Who came back to the old address after a direct visit, when every cache had expired, is several machines behind one
    address, or has several resolvers. With a visits to the old server and d to the new one before the last return, the
    next m direct ones in a row have the chance (1 - (a + 1) / (a + d + 2))^m if it goes on so; at least 1 / (m + 1)
    (Laplace's rule), for they may come in runs, and that of the absences it came back from, for the machine that does
    not move keeps its own time; both with a power tail beyond the longest time it was ever away.
    """
    flips = came_back(some, law)
    row, old = some.direct_since, some.after
    before = np.maximum(some.direct - row, 0.0)
    going_on = (1.0 - (old + 1.0) / (old + before + 2.0)) ** row
    away_s = np.maximum(at_s - some.last_after_s, 1.0)
    longest_s = np.where(np.isfinite(some.longest_s), some.longest_s, away_s)
    runs = np.minimum(longest_s / away_s, 1.0) ** 2 * np.maximum(some.absent, 1.0 / (1.0 + row))
    chance = np.where(flips, np.maximum(going_on, runs), 0.0)
    return chance, np.where(flips & some.cleared, (old + 1.0) / (old + before + row + 2.0), 1.0)
