"""Who asked when: access logs folded into a client's requests per half hour, and into requests per minute.

Activity adds: parts of the logs, read apart and merged, give what one reading gives, exactly. All sums are of whole
numbers, clients are numbered in the order of their address and agent, and time is cut at fixed slots and moments.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import numpy as np

from analyzer.loading import OnDemand
from analyzer.logs.by_member import NO_REQUEST
from analyzer.logs.fold import SLOT_S
from analyzer.logs.later import Later, later
from analyzer.logs.parts import Part, joined
from analyzer.logs.sums import Sums, sums_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from analyzer.logs.parts import Texts
else:
    pa = OnDemand("pyarrow")

__all__ = ["SLOT_S", "Activity", "FileReading"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FileReading:
    """What was read of one file; `lines` = `parsed` + `quarantined`, always.

    Attributes
    ----------
    first, last
        Earliest and latest time of a request (UTC), wherever in the file; None without one.
    trouble
        What could not be read, and why; None if all was.
    """

    source: str
    lines: int
    parsed: int
    quarantined: int
    first: datetime | None
    last: datetime | None
    trouble: str | None = None


@dataclass(frozen=True)
class Activity:
    """What access logs say of when which client asked.

    Attributes
    ----------
    clients
        One row a client; the index is its code. `address` (string), `agent` (string; null if none was logged).
    cells
        One row a client, slot and part, in that order. `client` (int32), `slot` (datetime64[us, UTC], start of the half
        hour), `part` (int16), `requests` (int64: for the names, or no host was logged), `foreign` (int64: for
        other hosts, and what was refused as no request at all), `probes` (int64: looking for holes), `denied` (int64:
        answered 4xx, but for 401 and 429), `failed` (int64: answered 5xx), `blind` (int64: for what anybody asks for of
        any server), `first` and `last` (datetime64[us, UTC], of all its requests).
    minutes
        One row a minute and part, in that order. `minute` (datetime64[us, UTC]), `part` (int16), `requests` (int64, all
        of them), `failed` (int64).
    files
        One reading a file.
    moments
        Where it can be cut, ascending. A request at time t has part k = the number of moments < t.
    quarantined
        Lines by the reason why they were refused.
    has_host
        True if the format logs the host that was asked.
    """

    clients: pd.DataFrame
    cells: pd.DataFrame
    minutes: pd.DataFrame
    files: tuple[FileReading, ...]
    moments: tuple[datetime, ...]
    quarantined: dict[str, int]
    has_host: bool

    def __add__(self, other: Activity) -> Activity:
        """Return the activity of both, as one reading of all their lines gives it.

        Raises
        ------
        ValueError
            If they were cut at other moments, or only one knows the hosts.
        """
        if self.moments != other.moments or self.has_host != other.has_host:
            raise ValueError(
                "only readings with the same moments and of formats that both log the host, or both do not, add"
            )
        clients, cells, minutes = later(*joined([self._part(), other._part()]))
        return Activity(
            clients=clients,
            cells=cells,
            minutes=minutes,
            files=self.files + other.files,
            moments=self.moments,
            quarantined=dict(sorted((Counter(self.quarantined) + Counter(other.quarantined)).items())),
            has_host=self.has_host,
        )

    def _part(self) -> Part:
        """Return the sums as those of some lines."""
        return Part(*self.texts, self.sums("cells"), self.sums("minutes"))

    @property
    def directives(self) -> int:
        """How many quarantined lines are the log's own directives, as `#Fields: …`: they are understood."""
        return self.quarantined.get(NO_REQUEST, 0)

    @property
    def texts(self) -> tuple[Texts, Texts]:
        """Addresses and agents of the clients, by their code."""
        known = vars(self)["_clients"]
        if isinstance(known, pa.Table):
            return known.column("address"), known.column("agent")
        return known["address"].array.__arrow_array__(), known["agent"].array.__arrow_array__()

    def sums(self, name: str) -> Sums:
        """Return `cells` or `minutes` as narrow columns: for millions of cells, when no frame of them is needed."""
        known = vars(self)[f"_{name}"]
        return Sums(dict(known.columns), known.unit_us) if isinstance(known, Sums) else sums_of(known)

    def by_client(self, count: str) -> NDArray[np.int64]:
        """Return the sum of a column of `cells` for each client."""
        cells, clients = vars(self)["_cells"], len(vars(self)["_clients"])
        if isinstance(cells, Sums):
            return cells.by_client(count, clients)
        return np.bincount(cells["client"].to_numpy(), cells[count].to_numpy(), clients).astype(np.int64)

    def with_files(self, files: tuple[FileReading, ...]) -> Activity:
        """Return the same, read from these files."""
        clients, cells, minutes = (vars(self)[f"_{name}"] for name in ("clients", "cells", "minutes"))
        return Activity(clients, cells, minutes, files, self.moments, self.quarantined, self.has_host)

    def until(self, moment: datetime) -> Activity:
        """Return what was there up to and at one of the moments; clients keep their codes, files stay.

        Raises
        ------
        ValueError
            If the moment is none of those at which it can be cut.
        """
        part, known = self.moments.index(moment), vars(self)
        cells, minutes = (_until(known[name], part) for name in ("_cells", "_minutes"))
        return Activity(known["_clients"], cells, minutes, self.files, self.moments, self.quarantined, self.has_host)

    def cut(self, moment: datetime) -> None:
        """Give up what came after one of the moments, for good: nobody will ask for it."""
        part = self.moments.index(moment)
        for known in (vars(self)["_cells"], vars(self)["_minutes"]):
            if isinstance(known, Sums):
                known.cut(part)


def _until(known: pd.DataFrame | Sums, part: int) -> pd.DataFrame:
    """Return the rows of the parts up to one of them, as what they are."""
    if isinstance(known, Sums):
        return cast("pd.DataFrame", known.until(part))
    return known[known["part"] <= part].reset_index(drop=True)


for _name in ("clients", "cells", "minutes"):
    setattr(Activity, _name, Later(_name))
