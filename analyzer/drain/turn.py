"""When the DNS was turned to the new server for good, as far as its servers have shown.

The change that the migration names may not be the last one: it may have been taken back and made again, or one of
the record types may have been forgotten. Nobody can have left for good before the last turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.dns.propagation import Propagation, ResolverState


@dataclass(frozen=True, slots=True)
class Turn:
    """The last turn to the new address.

    Attributes
    ----------
    at_s
        [s since the epoch] When it was published at the latest.
    pending
        True while an authoritative server still answers with the old address: the last turn is yet to come.
        `at_s` is the change that is known, then.
    """

    at_s: float
    pending: bool


def last_turn(seen: Propagation | None, change_s: float, bound_s: float, at_s: float) -> Turn:
    """Return the last turn, given the change [s since the epoch] and how long honest caches hold an answer [s].

    Without an authoritative server the caches stand for it, by what half of them say: one that lies moves nothing.
    """
    if seen is None or not seen.resolvers:
        return Turn(change_s, pending=False)
    told = [one for one in seen.resolvers if one.authoritative]
    if told:
        pending = any(one.on_old for one in told)
        latest = max((turn.at.timestamp() for turn in seen.turns if turn.to == "new"), default=change_s)
    else:
        ordered = sorted(_last_old_s(one) for one in seen.resolvers)
        latest = ordered[(len(ordered) - 1) // 2] - bound_s + _step_s(seen)
        pending = 2 * seen.on_old > len(seen.resolvers) and at_s > change_s + 2 * bound_s
    if pending:
        return Turn(change_s, pending=True)
    return Turn(min(max(change_s, latest), at_s), pending=False)


def _last_old_s(one: ResolverState) -> float:
    return float("-inf") if one.last_old_at is None else one.last_old_at.timestamp()


def _step_s(seen: Propagation) -> float:
    """Return the usual time between two questions [s]: so long after the last old answer the turn may be."""
    if seen.first_at is None or seen.last_at is None:
        return 0.0
    rounds = max(one.questions for one in seen.resolvers)
    return (seen.last_at - seen.first_at).total_seconds() / max(rounds - 1, 1)
