"""Visits from activity: a client's requests less than 30 minutes apart are one.

Requests come in bursts (a page and its pictures), so they are no independent events; visits nearly are.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from analyzer.units import HALF_HOUR_S

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pandas as pd
    from _typeshed import DataclassInstance
    from numpy.typing import NDArray

    from analyzer.drain.cells import Cells

Columns = TypeVar("Columns", bound="DataclassInstance")
VISIT_GAP_US = 1_800_000_000  # [µs] 30 min, the customary session time-out of web analytics


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

    def begun(self) -> Begun:
        """Return when they began: as much of them as the normal demand is made of."""
        return Begun(self.start, self.requests.astype(np.int32))


@dataclass(frozen=True, slots=True)
class Begun:
    """When visits began, and what each brought: aligned columns.

    Attributes
    ----------
    start
        float64, shape (n,) [s since the epoch].
    requests
        int32, shape (n,) [requests].
    """

    start: NDArray[np.float64]
    requests: NDArray[np.int32]


def joined(parts: Sequence[Columns]) -> Columns:
    """Return the rows of all parts, one at least, of one kind: aligned columns, and nothing else."""
    if len(parts) == 1:
        return parts[0]
    names = [field.name for field in fields(parts[0])]
    return type(parts[0])(**{name: np.concatenate([getattr(one, name) for one in parts]) for name in names})


def visits(some: Cells) -> Visits:
    """Return the visits that half-hour cells add up to; exact, because no gap within a cell reaches 30 minutes."""
    some = _in_order(some)
    return _made(some, _opens(some))


def parted(some: Cells, at_s: float) -> tuple[Visits, Visits, Visits]:
    """Return all visits, then those before and those from a moment on; one that lasts over it is cut there.

    Exact where the activity was read with that moment among its moments.
    """
    some = _in_order(some)
    opens, late = _opens(some), some.last >= at_s * 1e6
    cut = opens.copy()
    cut[1:] |= late[1:] & ~late[:-1]
    pieces, after = _made(some, cut), late[cut]
    return _made(some, opens), pieces.where(~after), pieces.where(after)


def _in_order(some: Cells) -> Cells:
    """Return cells in the order of client and time."""
    client, first = some.client, some.first
    if ((client[1:] > client[:-1]) | ((client[1:] == client[:-1]) & (first[1:] >= first[:-1]))).all():
        return some
    return some.where(np.lexsort((first, client)))


def _opens(some: Cells) -> NDArray[np.bool_]:
    """Return which cells begin a visit."""
    opens = np.ones(len(some.client), bool)
    opens[1:] = (some.client[1:] != some.client[:-1]) | (some.first[1:] - some.last[:-1] >= VISIT_GAP_US)
    return opens


def _made(some: Cells, opens: NDArray[np.bool_]) -> Visits:
    """Return the visits of cells, given where they begin."""
    at = np.flatnonzero(opens)
    if not len(at):
        empty, empty_s = np.zeros(0, np.int64), np.zeros(0, np.float64)
        return Visits(empty, empty_s, empty_s, empty, empty)
    ends = np.append(at[1:], len(opens)) - 1  # cells do not overlap: the last one ends last
    start, end = some.first[at] / 1e6, some.last[ends] / 1e6
    weight = 1 + ((end - start) // HALF_HOUR_S).astype(np.int64)
    return Visits(some.client[at], start, end, np.add.reduceat(some.requests, at), weight)


def microseconds(column: pd.Series) -> NDArray[np.int64]:
    """Return a column of moments as microseconds since the epoch."""
    return column.to_numpy(dtype="datetime64[us]").astype(np.int64)


def seconds(moment: datetime) -> float:
    """Return a moment as seconds since the epoch."""
    return moment.timestamp()
