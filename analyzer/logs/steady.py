"""Who asks in fixed steps, day and night: the same in nearly every half hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.logs.activity import Activity
    from analyzer.logs.sums import Sums

LEAST_SLOTS = 40  # half hours: of the 48 of a day, so that nights are among them
SLOT_SHARE = 0.9  # of the half hours between the first and the last with requests
LEAST_STEADY = 288  # requests: one in five minutes for a day
STEADY_SPREAD = 0.15  # standard deviation by mean of the requests in a half hour; Poisson at 30 would be 0.18
SLOT_S = 1_800  # [s] the half hour of a cell


def steady(activity: Activity, some: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return which of some clients send the same in nearly every half hour of a day or more."""
    if not some.any():
        return np.zeros(0, np.int64)
    cells = activity.sums("cells")
    client, slot, requests = _half_hours(cells.where(some[cells.columns["client"]]))
    # The first and the last half hour are cut, and would look unsteady.
    inner = (np.diff(client, prepend=-1) == 0) & (np.diff(client, append=-1) == 0)
    client, slot, requests = client[inner], slot[inner], requests[inner]
    begins = np.flatnonzero(np.diff(client, prepend=-1))
    if not len(begins):
        return begins
    count = np.diff(begins, append=len(client))
    total, squares = np.add.reduceat(requests, begins), np.add.reduceat(requests**2, begins)
    span = slot[begins + count - 1] - slot[begins] + 1
    mean = total / count
    spread = np.sqrt(np.maximum(squares - total * mean, 0.0) / np.maximum(count - 1, 1))
    whole = (count >= np.maximum(LEAST_SLOTS, SLOT_SHARE * span)) & (span >= LEAST_SLOTS) & (total >= LEAST_STEADY)
    return np.asarray(client[begins][whole & (spread <= STEADY_SPREAD * mean)], np.int64)


def _half_hours(cells: Sums) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return client, number since 1970 and requests of each half hour; parts of one are neighbours, and summed."""
    client = cells.columns["client"].astype(np.int64)
    slot = cells.columns["start"].astype(np.int64) // SLOT_S
    begins = np.flatnonzero((np.diff(client, prepend=-1) != 0) | (np.diff(slot, prepend=-1) != 0))
    requests = cells.columns["requests"].astype(np.float64)
    return client[begins], slot[begins], np.add.reduceat(requests, begins) if len(begins) else requests
