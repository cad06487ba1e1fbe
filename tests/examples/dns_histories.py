"""Histories of a change, asked in rounds from end to end, and what is said of them.

Times are seconds from the change at 0; servers are asked each minute and hand out 300 s, unless a test says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import dns_questions as questions
from dns_questions import NAME, NEW, OLD, T0, Row, question, rrset

if TYPE_CHECKING:
    from datetime import datetime

    from analyzer.dns.propagation import Propagation, ResolverState

OTHER, ZONE = "www.example.com", "example.com"
MINUTES = range(-1200, 3600, 60)
ROUNDING_S = 2  # TTLs are whole seconds, and a forwarder rounds again

Says = Callable[[int], str]


def at(seconds: float) -> datetime:
    """Return a moment so many seconds after the change."""
    return questions.at(seconds=seconds)


def asked(seconds: float, resolver: str, ttl: int, *data: str, **more: Any) -> Row:
    """Return a question, and the one RRset that answers it."""
    answers = rrset(ttl, *data, name=more.get("name", NAME), kind=more.get("type", "A"))
    return question(at(seconds), resolver, answers, **more)


def turned(change_s: int, old: str = OLD, new: str = NEW) -> Says:
    """Return what is published: old before a moment, new from then on."""
    return lambda seconds: old if seconds < change_s else new


def server(who: str, says: Says, times: Iterable[int] = MINUTES, ttl: int = 300, **more: Any) -> list[Row]:
    """Return what a server of the zone answers."""
    return [asked(one, who, ttl, says(one), authoritative=True, **more) for one in times]


def cache(who: str, says: Says, times: Iterable[int] = MINUTES, *, phase: int = 0, life: int = 300) -> list[Row]:
    """Return what a cache answers that fetches anew each `life` seconds, the first time at `phase`."""
    return [asked(one, who, life - (one - phase) % life, says(one - (one - phase) % life)) for one in times]


def dead(who: str, times: Iterable[int]) -> list[Row]:
    """Return what came of one that gives no answer."""
    return [asked(one, who, 0, rcode=None, error="timeout") for one in times]


def judge(*parts: list[Row], now: float, names: tuple[str, ...] = (NAME,), six: bool = False) -> Propagation:
    """Return what the rows say at a moment."""
    rows = (row for part in parts for row in part)
    return questions.judge(*rows, now=now / 60, names=names, six=six)


def bound_s(seen: Propagation) -> float | None:
    """Return the bound [s] without its rounding; None while it is open."""
    assert seen.bound is not None
    return None if seen.bound.at is None else (seen.bound.at - T0).total_seconds() - ROUNDING_S


def state_of(seen: Propagation, resolver: str) -> ResolverState:
    """Return the state of one resolver."""
    (found,) = [state for state in seen.resolvers if state.resolver == resolver]
    return found
