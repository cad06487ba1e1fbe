"""What activity holds of clients' requests in half hours, as plain columns: of all clients, or of some at a time."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from analyzer.logs.sums import Sums
from analyzer.units import HALF_HOUR_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from analyzer.logs.activity import Activity

ROWS_AT_ONCE = 1 << 16  # [cells] what is made of them is some megabytes
CELL_COLUMNS = ("client", "start", "part", "requests", "first", "last")


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

    def where(self, rows: NDArray[np.bool_] | NDArray[np.int64] | slice) -> Cells:
        """Return some of the cells."""
        return Cells(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def of(self, clients: NDArray[np.int64]) -> Cells:
        """Return the cells of some clients, by their codes, ascending."""
        if not len(clients):
            return self.where(slice(0))
        low, high = int(clients[0]), int(clients[-1])
        near = self.where(slice(*np.searchsorted(self.client, [low, high + 1])))
        wanted = np.zeros(high - low + 1, bool)
        wanted[clients - low] = True
        return near.where(wanted[near.client - low])


_NOTHING = np.zeros(0, np.int64)
NO_CELLS = Cells(_NOTHING, _NOTHING, _NOTHING, _NOTHING, np.zeros(0, np.int16), _NOTHING)


def cells(activity: Activity, clients: NDArray[np.bool_] | None = None, *, after_part: int = -1) -> Cells:
    """Return an activity's cells that hold requests for the migration's names.

    Parameters
    ----------
    clients
        bool, one a client: whose; of all, if absent.
    after_part
        Only what came after this part.
    """
    known = activity.sums("cells")
    columns = known.columns
    here = columns["requests"] > 0
    if clients is not None:
        here &= clients[columns["client"]]
    if after_part >= 0:
        here &= columns["part"] > after_part
    return _cells(known, np.flatnonzero(here))


@dataclass(frozen=True, slots=True)
class HalfHours:
    """What some clients did together, in each half hour in which any of them came.

    Attributes
    ----------
    start_s
        float64, shape (n,) [s since the epoch], ascending.
    came, requests
        float64, shape (n,) [cells], [requests].
    """

    start_s: NDArray[np.float64]
    came: NDArray[np.float64]
    requests: NDArray[np.float64]


def half_hours(activity: Activity, clients: NDArray[np.bool_]) -> HalfHours:
    """Return what some clients asked for the migration's names, by half hours."""
    columns = activity.sums("cells").columns
    start, client, requests = columns["start"], columns["client"], columns["requests"]
    if not len(start):
        return HalfHours(np.zeros(0), np.zeros(0), np.zeros(0))
    first = int(start.min())
    size = (int(start.max()) - first) // HALF_HOUR_S + 1
    came, asked = np.zeros(size), np.zeros(size)
    for begin in range(0, len(start), ROWS_AT_ONCE):
        some = slice(begin, begin + ROWS_AT_ONCE)
        sent = requests[some] * clients[client[some]]
        row = (start[some].astype(np.int64) - first) // HALF_HOUR_S
        came += np.bincount(row, sent > 0, size)
        asked += np.bincount(row, sent, size)
    busy = np.flatnonzero(came)
    return HalfHours(first + HALF_HOUR_S * busy.astype(np.float64), came[busy], asked[busy])


def some_at_a_time(activity: Activity, clients: NDArray[np.bool_], *, foreign: bool = False) -> Iterator[Cells]:
    """Yield the same cells, those of some clients at a time: there may be millions, and what is made of them is wider.

    Parameters
    ----------
    clients
        bool, one a client: whose.
    foreign
        Requests for other hosts count, too.
    """
    known = activity.sums("cells")
    client, end = known.columns["client"], 0
    while end < len(client):
        start, last = end, client[min(end + ROWS_AT_ONCE, len(client)) - 1]
        end = int(np.searchsorted(client, last, side="right"))
        some = slice(start, end)
        requests = known.columns["requests"][some]
        if foreign:
            requests = requests.astype(np.int64) + known.columns["foreign"][some]
        rows = np.flatnonzero(clients[client[some]] & (requests > 0))
        yield replace(_cells(known, start + rows), requests=requests[rows].astype(np.int64))


def _cells(known: Sums, rows: NDArray[np.int64]) -> Cells:
    """Return some rows of an activity's cells."""
    some = Sums({name: known.columns[name][rows] for name in CELL_COLUMNS}, known.unit_us)
    return Cells(
        client=some.columns["client"].astype(np.int64),
        slot=some.moments_us("start"),
        first=some.moments_us("first"),
        last=some.moments_us("last"),
        part=some.columns["part"].astype(np.int16),
        requests=some.columns["requests"].astype(np.int64),
    )


def span_us(activity: Activity) -> tuple[int, int] | None:
    """Return the first and the last request [µs since the epoch] of an activity, whoever sent it; None without any."""
    known = activity.sums("cells")
    start = known.columns["start"]
    if not len(start):
        return None
    first, last = (known.where(start == edge) for edge in (start.min(), start.max()))
    return int(first.moments_us("first").min()), int(last.moments_us("last").max())
