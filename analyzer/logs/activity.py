"""Who asked when: access logs folded into a client's requests per half hour, and into requests per minute.

Activity adds: parts of the logs, read apart and merged, give what one reading gives, exactly. All sums are of whole
numbers, clients are numbered in the order of their address and agent, and time is cut at fixed slots and moments.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from analyzer.logs import formats
from analyzer.logs.columns import host_sql
from analyzer.logs.fold import SLOT_S, Fold, Tally
from analyzer.logs.formats import LogFormat
from analyzer.logs.proof import Proof
from analyzer.logs.sources import Block, Ended, blocks, expand, stored_bytes
from analyzer.logs.sums import CELL_KEYS, MINUTE_KEYS, summed, whole_numbers
from analyzer.logs.times import MICROSECOND
from analyzer.units import utc

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

__all__ = ["SLOT_S", "Activity", "FileReading", "read_activity"]
EMPTY_FILE = "is empty"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Codes = npt.NDArray[np.int32]


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
        other hosts, and what was refused as no request at all), `probes` (int64: looking for holes), `failed` (int64:
        answered 5xx), `first` and `last` (datetime64[us, UTC], of all its requests).
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
        clients, recoded = _united(self.clients, other.clients)
        cells = [
            one.cells.assign(client=codes[one.cells["client"]])
            for one, codes in zip((self, other), recoded, strict=True)
        ]
        return Activity(
            clients=clients,
            cells=summed(whole_numbers(cells), CELL_KEYS),
            minutes=summed(whole_numbers([self.minutes, other.minutes]), MINUTE_KEYS),
            files=self.files + other.files,
            moments=self.moments,
            quarantined=dict(sorted((Counter(self.quarantined) + Counter(other.quarantined)).items())),
            has_host=self.has_host,
        )

    def until(self, moment: datetime) -> Activity:
        """Return what was there up to and at one of the moments; clients keep their codes, files stay.

        Raises
        ------
        ValueError
            If the moment is none of those at which it can be cut.
        """
        part = self.moments.index(moment)
        cells, minutes = (frame[frame["part"] <= part].reset_index(drop=True) for frame in (self.cells, self.minutes))
        return replace(self, cells=cells, minutes=minutes)


def read_activity(
    paths: Iterable[str] | str,
    log_format: str | LogFormat = "combined",
    *,
    names: Collection[str] = (),
    moments: Sequence[datetime] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Activity:
    """Return the activity that log files show.

    Parameters
    ----------
    paths
        Files and globs; a file named twice is read once.
    log_format
        A preset's name, a LogFormat string or a `LogFormat`.
    names
        Host names that count as `requests`, others as `foreign`; empty: all count. Without a host logged all count.
    moments
        Where it must be possible to cut it; aware, at most 32,000.
    progress
        Called with the bytes read and all bytes, of the files as stored.

    Raises
    ------
    InputError
        If nothing can be read, or the files are of another format.
    """
    chosen = log_format if isinstance(log_format, LogFormat) else formats.log_format(log_format)
    cuts = tuple(sorted({utc(moment) for moment in moments}))
    files = expand(paths)
    fold = Fold(chosen, names, [(moment - EPOCH) // MICROSECOND for moment in cuts])
    readings, quarantined = _read(files, fold, Proof(chosen, len(files)), progress or (lambda _done, _total: None))
    clients, codes = fold.clients()
    cells = fold.sums("cells")
    cells["client"] = codes[cells["client"]]
    return Activity(
        clients=clients,
        cells=summed(cells, CELL_KEYS),
        minutes=summed(fold.sums("minutes"), MINUTE_KEYS),
        files=readings,
        moments=cuts,
        quarantined=quarantined,
        has_host=host_sql(chosen) is not None,
    )


def _read(
    files: tuple[str, ...], fold: Fold, proof: Proof, progress: Callable[[int, int], None]
) -> tuple[tuple[FileReading, ...], dict[str, int]]:
    """Fold the files; return what was read of each, and the refused lines by reason."""
    total, before = stored_bytes(files), 0
    readings: list[FileReading] = []
    tally, quarantined = Tally(), Counter[str]()
    for item in blocks(files):
        if isinstance(item, Block):
            proof.saw(item, fold.add(item, tally))
            progress(before + item.read_bytes, total)
            continue
        before += stored_bytes([item.source])
        readings.append(_reading(proof.ended(item), tally))
        quarantined.update(tally.reasons)
        tally = Tally()
    proof.done()
    if not any(reading.lines for reading in readings):
        readings = [replace(reading, trouble=reading.trouble or EMPTY_FILE) for reading in readings]
    return tuple(readings), dict(sorted(quarantined.items()))


def _reading(end: Ended, tally: Tally) -> FileReading:
    """Return what was read of a file that ended."""
    first, last = (None if us is None else EPOCH + us * MICROSECOND for us in (tally.first_us, tally.last_us))
    return FileReading(end.source, end.lines, tally.parsed, end.lines - tally.parsed, first, last, end.trouble)


def _united(one: pd.DataFrame, other: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Codes, Codes]]:
    """Return the clients of both in their order, and the new codes of each side's."""
    both = pd.concat([one, other], ignore_index=True)
    clients = both.drop_duplicates().sort_values(["address", "agent"], na_position="first", ignore_index=True)
    index = pd.MultiIndex.from_frame(clients)
    codes = index.get_indexer(pd.MultiIndex.from_frame(both)).astype(np.int32)
    return clients, (codes[: len(one)], codes[len(one) :])
