"""Everything that is known at one moment, and the one reading that serves many moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from analyzer.dns.propagation import Propagation, propagation, states
from analyzer.dns.snapshots import Snapshots, read_snapshots
from analyzer.drain.direct import agent_numbers, codes_in_old
from analyzer.drain.witness import forwarding
from analyzer.errors import Fault, InputError
from analyzer.logs.kinds import Named, kinds, named
from analyzer.logs.memory import give_back
from analyzer.logs.reading import read_activity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from analyzer.drain.witness import Forwarding
    from analyzer.logs.activity import Activity
    from analyzer.migration import Migration

RECENT = timedelta(hours=24)  # the window of `residual`
MOST_BROKEN = 10  # broken snapshot lines told one by one; the rest is counted


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known at `at`: nothing in it is later.

    Attributes
    ----------
    kinds, kinds_new
        Kind and rule of each client of `old` and `new`, by what it did until `at`.
    day_part
        The last part of `old` that lies 24 h or more before `at`: those above it are the last day, exactly.
    propagation
        What the DNS answers say; None without snapshots.
    troubles
        What could not be read of any input, and why.
    codes
        int64: for each client of `new` its code in `old`; None where they are to be found.
    through
        Who of the clients of `new` came through the old server; None where that is to be found.
    agents
        int32: a number for the agent of each client of `old`, -1 where there is none; None where that is to be found.
    """

    at: datetime
    migration: Migration
    old: Activity
    kinds: pd.DataFrame
    day_part: int
    new: Activity | None
    propagation: Propagation | None
    troubles: tuple[str, ...]
    codes: NDArray[np.int64] | None = None
    through: Forwarding | None = None
    agents: NDArray[np.int32] | None = None
    kinds_new: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """One reading of all inputs, from which the evidence at each of `moments` follows.

    `said` and `said_new` are what the two servers' clients say themselves of their kinds, `through` who came to the new
    server through the old one, `agents` the number of each client's agent; None where it is to be asked.
    """

    migration: Migration
    moments: tuple[datetime, ...]
    old: Activity
    new: Activity | None
    snapshots: Snapshots | None
    troubles: tuple[str, ...]
    codes: NDArray[np.int64] | None = None
    said: Named | None = None
    through: Forwarding | None = None
    agents: NDArray[np.int32] | None = None
    said_new: Named | None = None

    def at(self, moment: datetime) -> Evidence:
        """Return the evidence up to a moment.

        Parameters
        ----------
        moment
            One of `moments`.
        """
        old, new = self.old.until(moment), None if self.new is None else self.new.until(moment)
        return Evidence(
            at=moment,
            migration=self.migration,
            old=old,
            kinds=kinds(old, self.migration.old, self.said),
            day_part=self.old.moments.index(moment - RECENT),
            new=new,
            propagation=None if self.snapshots is None else _propagation(self.migration, self.snapshots, moment),
            troubles=self.troubles,
            codes=self.codes,
            through=self.through,
            agents=self.agents,
            kinds_new=None if new is None else kinds(new, known=self.said_new),
        )

    def answers(self, moment: datetime) -> pd.DataFrame:
        """Return each DNS answer's state up to a moment, as `analyzer.dns.propagation.states`; empty without any."""
        mine = self.migration
        if self.snapshots is None:
            return pd.DataFrame(columns=["at", "resolver", "transport", "name", "type", "state", "authoritative"])
        return states(self.snapshots, names=mine.names, old=mine.old, new=mine.new, at=moment)


def _propagation(mine: Migration, snapshots: Snapshots, moment: datetime) -> Propagation:
    return propagation(
        snapshots,
        names=mine.names,
        old=mine.old,
        new=mine.new,
        at=moment,
        changed_at=mine.changed_at,
        ttl_s=mine.ttl_s,
    )


def gather(
    migration: Migration,
    moments: Iterable[datetime],
    progress: Callable[[int, int], None] | None = None,
    *,
    read: Callable[..., Activity] = read_activity,
    questions: Sequence[str] = (),
) -> Gathered:
    """Return what the files of a migration hold, read once for all moments.

    Parameters
    ----------
    read
        Reads logs as `read_activity` does; one that remembers them need not read all of them again.
    questions
        Recorded DNS answers, as JSON lines, beside those in files.

    Raises
    ------
    InputError
        If nothing can be read of the old server's logs. What else cannot be read is a trouble, not an end.
    """
    wanted = tuple(sorted(set(moments)))
    if migration.old_logs is None:
        remedy = 'write [logs.old] with paths = ["old/access.log*"] and format = "combined"'
        raise InputError(Fault("no access log of the old server is named", str(migration.source), "", remedy))
    snapshots, dns_troubles = _snapshots(migration, questions)
    cuts = _cuts(migration, wanted, snapshots)
    logs = migration.old_logs
    proxies = logs.trusted_proxies
    old = read(logs.paths, logs.format, names=migration.names, moments=cuts, trusted=proxies, progress=progress)
    old.cut(cuts[-1])
    new, new_troubles = _new(migration, cuts, progress, read)
    troubles = (*(f"{file.source}: {file.trouble}" for file in old.files if file.trouble), *new_troubles, *dns_troubles)
    codes = None if new is None else codes_in_old(new, old)
    through = None if new is None else forwarding(new, old, {str(address) for address in migration.old})
    said, said_new = named(old.clients, migration.old), None if new is None else named(new.clients)
    give_back()  # a reading leaves more free than the model needs
    return Gathered(
        migration, wanted, old, new, snapshots, troubles, codes, said, through, agent_numbers(old), said_new
    )


def _cuts(migration: Migration, wanted: tuple[datetime, ...], snapshots: Snapshots | None) -> tuple[datetime, ...]:
    """Return the moments at which the activity must be divisible: those asked, a day before each, the change."""
    changed_at = migration.changed_at
    if changed_at is None and snapshots is not None and wanted:
        changed_at = _propagation(migration, snapshots, wanted[-1]).changed_at
    changes = () if changed_at is None else (changed_at,)
    return tuple(sorted({*wanted, *(moment - RECENT for moment in wanted), *changes}))


def _new(
    migration: Migration,
    cuts: tuple[datetime, ...],
    progress: Callable[[int, int], None] | None,
    read: Callable[..., Activity],
) -> tuple[Activity | None, tuple[str, ...]]:
    logs = migration.new_logs
    if logs is None:
        return None, ()
    try:
        proxies = logs.trusted_proxies
        new = read(logs.paths, logs.format, names=migration.names, moments=cuts, trusted=proxies, progress=progress)
    except InputError as error:
        return None, tuple(str(fault) for fault in error.faults)
    new.cut(cuts[-1])
    return new, tuple(f"{file.source}: {file.trouble}" for file in new.files if file.trouble)


def _snapshots(migration: Migration, questions: Sequence[str]) -> tuple[Snapshots | None, tuple[str, ...]]:
    if not migration.dns.snapshots and not questions:
        return None, ()
    try:
        snapshots = read_snapshots(migration.dns.snapshots, questions)
    except InputError as error:
        return None, tuple(str(fault) for fault in error.faults)
    return (snapshots if len(snapshots.questions) else None), tuple(_snapshot_troubles(snapshots))


def _snapshot_troubles(snapshots: Snapshots) -> Iterator[str]:
    """Yield what could not be read of the snapshots."""
    for one in snapshots.broken[:MOST_BROKEN]:
        yield f"{one.source}:{one.line}: {one.reason}; the line is left out"
    if len(snapshots.broken) > MOST_BROKEN:
        yield f"{len(snapshots.broken) - MOST_BROKEN:,} more lines of the DNS snapshots are left out"
    for file in snapshots.files:
        if file.trouble:
            yield f"{file.source}: {file.trouble}"
        elif not file.lines:
            yield f"{file.source}: is empty"
