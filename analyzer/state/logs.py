"""One reading of what is new in logs, kept in the state; and the activity of all that has ever been read of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from analyzer.errors import InputError
from analyzer.logs.activity import Activity, FileReading
from analyzer.logs.columns import host_sql
from analyzer.logs.engine import fold_for_bytes
from analyzer.logs.later import later
from analyzer.logs.memory import give_back
from analyzer.logs.parts import Part, joined
from analyzer.logs.proof import Proof
from analyzer.logs.reading import activity_of
from analyzer.logs.sources import Block, Ended
from analyzer.logs.sums import Sums
from analyzer.state import grains, log_memory
from analyzer.state.batches import Batch, Present, peeked
from analyzer.state.database import written
from analyzer.state.readings import readings, to_us, unfinished
from analyzer.units import utc

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from analyzer.logs.sums import Column
    from analyzer.state.log_memory import Memory, Remembered
    from analyzer.state.reading import Reading
    from analyzer.state.settings import LogSettings

MOST_CODES = 500_000  # clients that are looked up without asking the state
_COLUMNS = ("client", "first", "last", *grains.COUNTS)


class _NewFiles(Proof):
    """Looks at the format of files that are read from their beginning, over several batches."""

    new = False

    def saw(self, block: Block, parsed: int) -> None:
        self.new |= block.first_line == 1
        if self.new:
            super().saw(block, parsed)

    def late(self, parsed: int) -> None:
        if self.new:
            super().late(parsed)

    def ended(self, end: Ended) -> Ended:
        told = super().ended(end) if self.new else end
        self.new = False
        return told

    def done(self) -> None:
        """Say nothing yet: this is the end of a batch only."""

    def unreadable(self, here: Present) -> None:
        """Take note of a file that gave no line."""
        super().ended(Ended(here.source, 0, here.trouble))

    def all_done(self) -> None:
        """Say so if nothing could be read."""
        super().done()


class LogReader:
    """Reads a set of logs into the state, and gives what is known of it.

    Attributes
    ----------
    memory
        What is remembered of the set.
    present
        The files that are there now.
    added
        What this reading added, a file each; a file may stand there more than once.
    read_before
        True if something was known before this reading.
    forgotten
        True if what was known had to be forgotten, because format, names or proxies are others now.
    """

    def __init__(
        self, connection: sqlite3.Connection, memory: Memory, settings: LogSettings, reading: Reading, files: int
    ) -> None:
        self.memory = memory
        self.added: list[FileReading] = []
        self.forgotten = False
        self._codes: dict[tuple[str, str | None], int] = {}
        self._connection, self._settings, self._reading = connection, settings, reading
        self.read_before = bool(memory.logs)
        self._proof = _NewFiles(settings.chosen, files if not self.read_before else files + 1)
        self._kept = (memory.places, memory.unchanged)

    @property
    def present(self) -> tuple[Present, ...]:
        """The files that are there now."""
        return tuple(self._reading.present.values())

    def run(self) -> None:
        """Read what is new, batch by batch; each is kept with its positions in one transaction.

        Raises
        ------
        InputError
            If nothing can be read, or the files are of another format; nothing is remembered then.
        """
        items = peeked(self._reading.items())
        try:
            while items is not None:
                batch = Batch(items)
                self._keep(batch, self._folded(batch))
                give_back()  # else what each batch leaves in pieces adds up
                items = peeked(items)
            if not self.read_before:
                for here in self.present:
                    if here.number is None and not here.unfinished:
                        self._proof.unreadable(here)
                self._proof.all_done()
        except InputError:
            if not self.read_before:
                with written(self._connection) as cursor:
                    log_memory.forget(cursor, self.memory.number)
            raise
        if self._reading.changed or self._kept != (self.memory.places, self.memory.unchanged):
            with written(self._connection) as cursor:
                log_memory.write(cursor, self.memory, self._reading.changed)

    def _folded(self, batch: Batch) -> Activity:
        """Return the activity of a batch, in grains."""
        fold = fold_for_bytes(self._settings.chosen, self._reading.coming)
        mine = self._settings
        return activity_of(
            iter(batch), mine.chosen, names=mine.names, slot_s=grains.GRAIN_S, proof=self._proof, fold=fold
        )

    def _keep(self, batch: Batch, activity: Activity) -> None:
        """Keep a batch: its grains, and how far the logs have been read."""
        for segment, read in zip(batch.segments, activity.files, strict=True):
            one = self.memory.logs[segment.number]
            self.memory.logs[segment.number] = _with(one, read, new=segment.new)
        counted = Counter(self.memory.reasons) + Counter(activity.quarantined)
        self.memory.reasons = dict(counted)
        self.added += activity.files
        with written(self._connection) as cursor:
            log_memory.write(cursor, self.memory, self._reading.changed)
            self._reading.changed.clear()
            if len(activity.sums("cells")):
                self._add(cursor, activity, self._codes_of(cursor, activity))

    def _codes_of(self, cursor: sqlite3.Cursor, activity: Activity) -> Column:
        """Return the code of each client of a batch; the next batch has many of the same."""
        columns = (texts.to_pylist() for texts in activity.texts)
        if len(self._codes) > MOST_CODES:
            self._codes.clear()
        found = np.empty(len(activity.texts[0]), np.int64)
        for index, client in enumerate(zip(*columns, strict=True)):
            code = self._codes.get(client)
            if code is None:
                code = self._codes[client] = log_memory.client_code(cursor, self.memory.number, *client)
            found[index] = code
        return found

    def _add(self, cursor: sqlite3.Cursor, activity: Activity, codes: Column) -> None:
        """Add a batch's grains; chunks of one size become one now and then."""
        sums = activity.sums("cells")
        columns = {name: sums.columns[name] for name in grains.COUNTS}
        columns["client"] = codes[sums.columns["client"]]
        columns |= {name: sums.moments_us(name) for name in ("first", "last")}
        log_memory.add_chunk(cursor, self.memory.number, len(columns["client"]), grains.packed(columns))
        while some := log_memory.alike(cursor, self.memory.number):
            together = grains.merged([grains.unpacked(one) for one in some.values()])
            log_memory.drop_chunks(cursor, some)
            log_memory.add_chunk(cursor, self.memory.number, len(together["client"]), grains.packed(together))

    def activity(self, moments: Sequence[datetime] = ()) -> Activity:
        """Return all that is known of the set, as one reading of all its lines gives it.

        Parameters
        ----------
        moments
            Where it must be possible to cut it; aware.

        Raises
        ------
        Straddled
            If a grain lies on both sides of a moment.
        """
        mine, cuts = self._settings, tuple(sorted({utc(moment) for moment in moments}))
        clients, cells, minutes = later(*self._sums(cuts))
        known = Activity(
            clients=clients,
            cells=cells,
            minutes=minutes,
            files=(),
            moments=cuts,
            quarantined=dict(sorted(self.memory.reasons.items())),
            has_host=host_sql(mine.chosen) is not None,
        )
        begun = unfinished(self.memory, self.present)
        if not begun:
            return known.with_files(readings(self.memory, self.present, {}))
        items = [item for one in begun for item in one.items()]
        late = activity_of(iter(items), mine.chosen, names=mine.names, moments=cuts)
        more = dict(zip((one.source for one in begun), late.files, strict=True))
        return (known + late).with_files(readings(self.memory, self.present, more))

    def files(self) -> tuple[FileReading, ...]:
        """Return what is known of each log for good: without last lines that have no end yet."""
        return readings(self.memory, self.present, {})

    @property
    def begun(self) -> int:
        """How many last lines have no end yet."""
        return len(unfinished(self.memory, self.present))

    def _sums(self, cuts: Sequence[datetime]) -> tuple[pa.Table, Sums, Sums]:
        """Return clients, cells and minutes of all grains."""
        moments_us = np.array([to_us(moment) for moment in cuts], np.int64)
        rows = log_memory.all_clients(self._connection, self.memory.number)
        codes = np.array([row[0] for row in rows], np.int64)
        nothing: dict[str, Column] = {name: np.empty(0, np.int64) for name in _COLUMNS}
        cells, minutes = [], []
        for one in [nothing, *map(grains.unpacked, log_memory.chunks(self._connection, self.memory.number))]:
            found = grains.cells(one, moments_us)
            cells.append({**found, "client": np.searchsorted(codes, found["client"])})
            minutes.append(grains.minutes(one, moments_us))
        address, agent = (pa.array([row[column] for row in rows], pa.string()) for column in (1, 2))
        return joined([Part(address, agent, Sums(_below(cells), 1), Sums(_below(minutes)))])


def _below(some: Sequence[dict[str, Column]]) -> dict[str, Column]:
    """Return the columns of all, one below the other."""
    return {name: np.concatenate([one[name] for one in some]) for name in some[0]}


def _with(one: Remembered, read: FileReading, *, new: bool) -> Remembered:
    """Return a log with what was read of it now."""
    firsts = [us for us in (one.first_us, to_us(read.first)) if us is not None]
    lasts = [us for us in (one.last_us, to_us(read.last)) if us is not None]
    parsed = one.parsed + read.parsed
    says = read.trouble if new else one.says
    if says and parsed and not new and says.startswith("no line fits"):
        says = None
    return replace(one, parsed=parsed, first_us=min(firsts, default=None), last_us=max(lasts, default=None), says=says)
