"""Visits from activity: a client's requests less than 30 minutes apart are one.

Requests come in bursts (a page and its pictures), so they are no independent events; visits nearly are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd
    from numpy.typing import NDArray

    from analyzer.logs.activity import Activity

VISIT_GAP_US = 1_800_000_000  # [µs] 30 min, the customary session time-out of web analytics
HALF_HOUR_S = 1_800  # [s]


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits of one server's log, as aligned columns sorted by client and start.

    Attributes
    ----------
    client
        int64, shape (n,): the client's code in the activity.
    start, end
        float64, shape (n,) [s since the epoch]: first and last request.
    requests
        int64, shape (n,) [requests].
    weight
        int64, shape (n,): half hours begun. A visit that goes on and on (a program that polls) is evidence
        again every half hour; one look at a page is 1.
    """

    client: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    requests: NDArray[np.int64]
    weight: NDArray[np.int64]

    def where(self, mask: NDArray[np.bool_]) -> Visits:
        """Return those visits for which `mask` holds."""
        return Visits(self.client[mask], self.start[mask], self.end[mask], self.requests[mask], self.weight[mask])


def visits(activity: Activity, clients: NDArray[np.int64] | None = None) -> Visits:
    """Return the visits in an activity, of the given clients only if some are given.

    Requests for other hosts than the migration's are no part of it.
    """
    cells = activity.cells
    cells = cells[cells["requests"].to_numpy() > 0]
    if clients is not None:
        cells = cells[np.isin(cells["client"].to_numpy(), clients)]
    return from_cells(cells)


def from_cells(cells: pd.DataFrame) -> Visits:
    """Return the visits that half-hour cells add up to; exact, because no gap within a cell reaches 30 minutes."""
    client = cells["client"].to_numpy(dtype=np.int64)
    first, last = microseconds(cells["first"]), microseconds(cells["last"])
    order = np.lexsort((first, client))
    client, first, last = client[order], first[order], last[order]
    if len(client) == 0:
        empty, empty_s = np.zeros(0, np.int64), np.zeros(0, np.float64)
        return Visits(empty, empty_s, empty_s, empty, empty)
    opens = np.ones(len(client), bool)
    opens[1:] = (client[1:] != client[:-1]) | (first[1:] - last[:-1] >= VISIT_GAP_US)
    at = np.flatnonzero(opens)
    start, end = first[at] / 1e6, np.maximum.reduceat(last, at) / 1e6
    requests = np.add.reduceat(cells["requests"].to_numpy(dtype=np.int64)[order], at)
    weight = 1 + ((end - start) // HALF_HOUR_S).astype(np.int64)
    return Visits(client[at], start, end, requests, weight)


def microseconds(column: pd.Series) -> NDArray[np.int64]:
    """Return a column of moments as microseconds since the epoch."""
    return column.to_numpy(dtype="datetime64[us]").astype(np.int64)


def seconds(moment: datetime) -> float:
    """Return a moment as seconds since the epoch."""
    return moment.timestamp()
