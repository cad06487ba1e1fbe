"""A delegation that changes: from when on the zone above names other servers, and which are the former ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Named:
    """The NS RRset that one server answered at a moment: the names, and the TTL [s]."""

    at: datetime
    server: str
    names: frozenset[str]
    ttl_s: float


@dataclass(frozen=True, slots=True)
class Move:
    """The last change of the NS RRset in the zone above.

    Attributes
    ----------
    before
        The names until then.
    ttl_s
        [s] the longest TTL that these had there, or in the zone itself.
    now
        The names since.
    after, at
        The earliest and the latest moment of it: of the server of the zone above that followed last.
    """

    before: frozenset[str]
    ttl_s: float
    now: frozenset[str]
    after: datetime
    at: datetime


def last_move(above: Sequence[Named], own: Iterable[Named]) -> Move | None:
    """Return the last change in the zone above; None if there was none, or if some of its servers have yet to follow.

    Parameters
    ----------
    above, own
        What the servers of the zone above, and the zone's own, answered; in order of time.
    """
    turns = [turn for server in {one.server for one in above} for turn in _last_turn(above, server)]
    turns = turns or _from_one_to_another(above)
    if not turns:
        return None
    earlier, later = max(turns, key=lambda turn: turn[1].at)
    if any(one.names != later.names for one in above if one.at > later.at):
        return None
    lived = [one.ttl_s for one in (*above, *own) if one.names == earlier.names and one.at <= later.at]
    return Move(earlier.names, max(lived), later.names, earlier.at, later.at)


def former_servers(move: Move, own: Iterable[Named]) -> frozenset[str]:
    """Return the servers that the zone has moved away from: their own NS RRset names none of those named above now."""
    last = {one.server: one.names for one in own}
    return frozenset(server for server, names in last.items() if not names & move.now)


def _last_turn(above: Sequence[Named], server: str) -> list[tuple[Named, Named]]:
    """Return the last two answers of a server that differ, if any do."""
    mine = [one for one in above if one.server == server]
    found = [place for place in range(1, len(mine)) if mine[place].names != mine[place - 1].names]
    return [(mine[found[-1] - 1], mine[found[-1]])] if found else []


def _from_one_to_another(above: Sequence[Named]) -> list[tuple[Named, Named]]:
    """Return the two answers between which it changed, where no server was asked both before and after."""
    found = [place for place in range(1, len(above)) if above[place].names != above[place - 1].names]
    return [(above[found[0] - 1], above[found[0]])] if len(found) == 1 else []
