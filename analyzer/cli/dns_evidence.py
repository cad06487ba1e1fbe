"""What has been recorded of a migration's DNS: in the files that it names, and in its state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.cli.console import warn
from analyzer.errors import Fault, UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from analyzer.dns.propagation import Propagation
    from analyzer.dns.snapshots import Snapshots
    from analyzer.migration import Migration

STATE_NAME = "cutover.sqlite"


def state_file(mine: Migration, given: Path | None) -> Path:
    """Return the file of a migration's state."""
    return given or mine.source.with_name(STATE_NAME)


def recorded(mine: Migration, state: Path | None) -> Snapshots:
    """Return the answers recorded in the files that a migration names, and in its state.

    Parameters
    ----------
    state
        The state's file, which need not exist; None to leave it out.

    Raises
    ------
    UsageError
        If there is neither.
    """
    from analyzer.dns.snapshots import read_snapshots

    kept = state is not None and state.exists()
    if not mine.dns.snapshots and not kept:
        remedy = 'run cutover dns snapshot, or write [dns] with snapshots = ["dns.jsonl"]'
        raise UsageError(Fault("no DNS snapshots are named", str(mine.source), "", remedy))
    snapshots = read_snapshots(mine.dns.snapshots, _lines(state) if kept and state is not None else ())
    warn(f"{one.source}:{one.line}: {one.reason}; the line is left out" for one in snapshots.broken)
    warn(f"{one.source}: {one.trouble}" for one in snapshots.files if one.trouble)
    return snapshots


def seen_at(mine: Migration, snapshots: Snapshots, at: datetime) -> Propagation:
    """Return what recorded answers say of a migration at a moment."""
    from analyzer.dns.propagation import propagation

    return propagation(
        snapshots,
        names=mine.names,
        old=mine.old,
        new=mine.new,
        at=at,
        changed_at=mine.changed_at,
        ttl_s=mine.ttl_s,
    )


def _lines(state: Path) -> list[str]:
    """Return the lines that a state holds."""
    from analyzer.state import State

    with State.open(state, create=False) as kept:
        return list(kept.questions())
