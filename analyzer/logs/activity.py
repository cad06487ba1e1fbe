"""Who asked when: access logs folded into a client's requests per half hour, and into requests per minute.

Activity adds: parts of the logs, read apart and merged, give what one reading gives, exactly. All sums are of whole
numbers, clients are numbered in the order of their address and agent, and time is cut at fixed slots and moments.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import numpy as np

from analyzer.loading import OnDemand
from analyzer.logs.by_member import NO_REQUEST
from analyzer.logs.choosing import settled
from analyzer.logs.chunks import Over
from analyzer.logs.columns import host_sql
from analyzer.logs.engine import fold_for
from analyzer.logs.fold import SLOT_S, Fold
from analyzer.logs.later import Later, later
from analyzer.logs.parts import Part, joined
from analyzer.logs.proof import Proof
from analyzer.logs.sources import Block, Ended, blocks, expand, stored_bytes
from analyzer.logs.sums import Sums, sums_of
from analyzer.logs.times import MICROSECOND
from analyzer.units import utc

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from analyzer.logs.compiled.fold import CompiledFold
    from analyzer.logs.fold import Tally
    from analyzer.logs.formats import LogFormat
    from analyzer.logs.forwarded import Network
    from analyzer.logs.parts import Texts
    from analyzer.logs.sources import Item
else:
    pa = OnDemand("pyarrow")

__all__ = ["SLOT_S", "Activity", "FileReading", "activity_of", "read_activity"]
EMPTY_FILE = "is empty"
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
        answered 4xx, but for 401 and 429), `failed` (int64: answered 5xx), `first` and `last` (datetime64[us, UTC], of
        all its requests).
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


def read_activity(
    paths: Iterable[str] | str,
    log_format: str | LogFormat = "combined",
    *,
    names: Collection[str] = (),
    moments: Sequence[datetime] = (),
    trusted: Collection[Network] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Activity:
    """Return the activity that log files show.

    Parameters
    ----------
    paths
        Files and globs; a file named twice is read once.
    log_format
        A preset's name, `auto`, a LogFormat string or a `LogFormat`.
    names
        Host names that count as `requests`, others as `foreign`; empty: all count. Without a host logged all count.
    moments
        Where it must be possible to cut it; aware, at most 32,000.
    trusted
        Networks of proxies before the server: who asked through them is the rightmost address of X-Forwarded-For that
        lies in none of them.
    progress
        Called with the bytes read and all bytes, of the files as stored.

    Raises
    ------
    InputError
        If nothing can be read, or the files are of another format.
    """
    files = expand(paths)
    chosen = settled(log_format, files, trusted)
    proof, fold = Proof(chosen, len(files)), fold_for(chosen, files)
    items = blocks(files, fold.buffers(chosen))
    items = _told(items, files, progress) if progress else items
    read = activity_of(items, chosen, names=names, moments=moments, proof=proof, fold=fold)
    if any(file.lines for file in read.files):
        return read
    return read.with_files(tuple(replace(file, trouble=file.trouble or EMPTY_FILE) for file in read.files))


def activity_of(
    items: Iterable[Item],
    log_format: LogFormat,
    *,
    names: Collection[str] = (),
    moments: Sequence[datetime] = (),
    slot_s: int = SLOT_S,
    proof: Proof | None = None,
    fold: type[Fold | CompiledFold] = Fold,
) -> Activity:
    """Return the activity of blocks of lines, whatever part of which files they are.

    Parameters
    ----------
    items
        The blocks of each file, then how it ended, as `sources.blocks` gives them; one reading a file that ended.
    slot_s
        [s] how long the cells are: 1,800, or less, of which a day is a multiple.
    proof
        Watches whether the lines are in the format; None if that is known.
    fold
        What sums them up: `engine.fold_for` knows which suits how much there is to read.

    Raises
    ------
    InputError
        If the format lacks client or time, or by `proof`.
    """
    cuts = tuple(sorted({utc(moment) for moment in moments}))
    sums = fold(log_format, names, [(moment - EPOCH) // MICROSECOND for moment in cuts], slot_s)
    readings, quarantined = _read(items, sums, proof)
    clients, cells, minutes = later(*joined(list(sums.parts())))
    return Activity(
        clients=clients,
        cells=cells,
        minutes=minutes,
        files=readings,
        moments=cuts,
        quarantined=quarantined,
        has_host=host_sql(log_format) is not None,
    )


def _told(items: Iterable[Item], files: tuple[str, ...], progress: Callable[[int, int], None]) -> Iterator[Item]:
    """Yield the files' blocks, and tell how far they have been used."""
    total, before = stored_bytes(files), 0
    for item in items:
        yield item
        if isinstance(item, Ended | Over):
            before += stored_bytes([item.source])
        else:
            progress(before + item.read_bytes, total)


def _read(
    items: Iterable[Item], fold: Fold | CompiledFold, proof: Proof | None
) -> tuple[tuple[FileReading, ...], dict[str, int]]:
    """Fold the blocks; return what was read of each file, and the refused lines by reason."""
    readings: list[FileReading] = []
    quarantined = Counter[str]()
    with closing(fold.folded(iter(items))) as folded:
        for item, parsed, tally in folded:
            if isinstance(item, Block):
                if proof:
                    proof.saw(item, parsed)
                continue
            if proof:
                proof.late(parsed)
            readings.append(_reading(proof.ended(item) if proof else item, tally))
            quarantined.update(tally.reasons)
    if proof:
        proof.done()
    return tuple(readings), dict(sorted(quarantined.items()))


def _reading(end: Ended, tally: Tally) -> FileReading:
    """Return what was read of a file that ended."""
    first, last = (None if us is None else EPOCH + us * MICROSECOND for us in (tally.first_us, tally.last_us))
    return FileReading(end.source, end.lines, tally.parsed, end.lines - tally.parsed, first, last, end.trouble)
