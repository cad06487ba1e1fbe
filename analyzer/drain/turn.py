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
    after_s, at_s
        [s since the epoch] When it was published at the earliest (the old answer was still seen), and at the latest.
    pending
        True while an authoritative server still answers with the old address: the last turn is yet to come.
        `at_s` is the change that is known, then.
    """

    after_s: float
    at_s: float
    pending: bool


def last_turn(seen: Propagation | None, change_s: float, bound_s: float, at_s: float) -> Turn:
    """Return the last turn, given the change [s since the epoch] and how long honest caches hold an answer [s].

    Without an authoritative server the caches stand for it, by what half of them say: one that lies moves nothing.
    """
    if seen is None or not seen.resolvers:
        return Turn(change_s, change_s, pending=False)
    told = [one for one in seen.resolvers if one.authoritative]
    if told:
        pending = any(one.on_old for one in told)
        latest = max((turn.at.timestamp() for turn in seen.turns if turn.to == "new"), default=change_s)
        after = max(_last_old_s(one) for one in told)
    else:
        ordered = sorted(_last_old_s(one) for one in seen.resolvers)
        after = ordered[(len(ordered) - 1) // 2] - bound_s
        latest = after + _step_s(seen)
        pending = 2 * seen.on_old > len(seen.resolvers) and at_s > change_s + 2 * bound_s
    if pending:
        return Turn(change_s, change_s, pending=True)
    latest = min(max(change_s, latest), at_s)
    first = _changed_after_s(seen, change_s)
    return Turn(min(max(first, after), latest) if latest > change_s else first, latest, pending=False)


def _changed_after_s(seen: Propagation, change_s: float) -> float:
    """Return the earliest moment of the change: the same as the latest, unless it is known by the answers alone."""
    if seen.changed_at is None or seen.changed_after is None or seen.changed_at.timestamp() != change_s:
        return change_s
    return min(seen.changed_after.timestamp(), change_s)


def _last_old_s(one: ResolverState) -> float:
    return float("-inf") if one.last_old_at is None else one.last_old_at.timestamp()


def _step_s(seen: Propagation) -> float:
    """Return the usual time between two questions [s]: so long after the last old answer the turn may be."""
    if seen.first_at is None or seen.last_at is None:
        return 0.0
    rounds = max(one.questions for one in seen.resolvers)
    return (seen.last_at - seen.first_at).total_seconds() / max(rounds - 1, 1)
