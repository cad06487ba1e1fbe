"""Visits from activity: a client's requests less than 30 minutes apart are one.

Requests come in bursts (a page and its pictures), so they are no independent events; visits nearly are.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
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


@dataclass(frozen=True, slots=True)
class Cells:
    """A client's requests in one half hour, as aligned columns sorted by client and time.

    Attributes
    ----------
    client
        int64, shape (n,): the client's code in the activity.
    slot, first, last
        int64, shape (n,) [µs since the epoch]: the half hour's start, and its first and last request.
    part
        int16, shape (n,): between which of the activity's moments the requests came.
    requests
        int64, shape (n,) [requests], more than none.
    """

    client: NDArray[np.int64]
    slot: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    part: NDArray[np.int16]
    requests: NDArray[np.int64]

    def where(self, mask: NDArray[np.bool_] | NDArray[np.int64]) -> Cells:
        """Return those cells for which `mask` holds."""
        return Cells(**{field.name: getattr(self, field.name)[mask] for field in fields(self)})

    def of(self, clients: NDArray[np.int64]) -> Cells:
        """Return the cells of some clients, by their codes."""
        wanted = np.zeros(max(int(self.client.max(initial=-1)), int(clients.max(initial=-1))) + 1, bool)
        wanted[clients] = True
        return self.where(wanted[self.client])


def cells(activity: Activity) -> Cells:
    """Return an activity's cells that hold requests for the migration's names."""
    frame = activity.cells
    requests = frame["requests"].to_numpy(dtype=np.int64)
    columns = Cells(
        client=frame["client"].to_numpy(dtype=np.int64),
        slot=microseconds(frame["slot"]),
        first=microseconds(frame["first"]),
        last=microseconds(frame["last"]),
        part=frame["part"].to_numpy(dtype=np.int16),
        requests=requests,
    )
    return columns.where(requests > 0)


def visits(some: Cells) -> Visits:
    """Return the visits that half-hour cells add up to; exact, because no gap within a cell reaches 30 minutes."""
    client, first, last, requests = some.client, some.first, some.last, some.requests
    if len(client) == 0:
        empty, empty_s = np.zeros(0, np.int64), np.zeros(0, np.float64)
        return Visits(empty, empty_s, empty_s, empty, empty)
    if not ((client[1:] > client[:-1]) | ((client[1:] == client[:-1]) & (first[1:] >= first[:-1]))).all():
        order = np.lexsort((first, client))
        client, first, last, requests = client[order], first[order], last[order], requests[order]
    opens = np.ones(len(client), bool)
    opens[1:] = (client[1:] != client[:-1]) | (first[1:] - last[:-1] >= VISIT_GAP_US)
    at = np.flatnonzero(opens)
    start, end = first[at] / 1e6, np.maximum.reduceat(last, at) / 1e6
    weight = 1 + ((end - start) // HALF_HOUR_S).astype(np.int64)
    return Visits(client[at], start, end, np.add.reduceat(requests, at), weight)


def parted(some: Cells, at_s: float) -> tuple[Visits, Visits]:
    """Return the visits before and from a moment on; one that lasts over it is cut there.

    Exact where the activity was read with that moment among its moments.
    """
    late = some.last >= at_s * 1e6
    return visits(some.where(np.flatnonzero(~late))), visits(some.where(np.flatnonzero(late)))


def microseconds(column: pd.Series) -> NDArray[np.int64]:
    """Return a column of moments as microseconds since the epoch."""
    return column.to_numpy(dtype="datetime64[us]").astype(np.int64)


def seconds(moment: datetime) -> float:
    """Return a moment as seconds since the epoch."""
    return moment.timestamp()
