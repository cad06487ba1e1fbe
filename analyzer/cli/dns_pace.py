"""How often each resolver is asked: what was asked a moment ago is left out of a round."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from analyzer.units import parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from analyzer.dns.delegation import Delegated
    from analyzer.dns.message import Ask

SERVERS_KEPT_S = 240.0  # [s] that the zones' servers are not searched for again: they and their parents have other work
UNSENT = "unreachable"  # no question went out: nobody was burdened


@dataclass(slots=True)
class Pace:
    """What is remembered from one round of questions to the next.

    Attributes
    ----------
    asked
        When each resolver was asked: the begin of the last round that it was in.
    servers
        The zones' own servers as they were found last, when, and for which names.
    """

    asked: dict[str, datetime] = field(default_factory=dict)
    servers: tuple[datetime, tuple[str, ...], Delegated] | None = None

    def known_servers(self, names: tuple[str, ...], at: datetime) -> Delegated | None:
        """Return the zones' own servers, if they were found a moment ago."""
        if self.servers is None or self.servers[1] != names:
            return None
        fresh = timedelta(0) <= at - self.servers[0] < timedelta(seconds=SERVERS_KEPT_S)
        return self.servers[2] if fresh else None

    def parted(self, asks: Iterable[Ask], at: datetime) -> tuple[tuple[Ask, ...], tuple[str, ...]]:
        """Return the questions that may be asked now, and the resolvers that are left out of the round.

        Parameters
        ----------
        asks
            What would be asked.
        at
            Now.
        """
        from analyzer.dns.plan import too_early

        asks = tuple(asks)
        early = {one.resolver for one in too_early({ask.target for ask in asks}, self.asked, at)}
        return tuple(ask for ask in asks if ask.target.resolver not in early), tuple(sorted(early))

    def took(self, records: Sequence[dict[str, Any]], at: datetime) -> None:
        """Remember who was asked in a round that began at a moment."""
        self.asked |= dict.fromkeys((one["resolver"] for one in records if one["error"] != UNSENT), at)


def paced(state: Path | None, at: datetime) -> Pace:
    """Return whom the state's last answers show to have been asked a moment ago.

    Parameters
    ----------
    state
        The state's file, which need not exist.
    at
        Now.
    """
    from analyzer.dns.plan import PUBLIC_PAUSE_S
    from analyzer.state import State

    pace = Pace()
    if state is None or not state.exists():
        return pace
    with State.open(state, create=False) as kept:
        lines = list(kept.questions(since=at - 2 * timedelta(seconds=PUBLIC_PAUSE_S)))
    gap = timedelta(seconds=PUBLIC_PAUSE_S / 2)  # the questions of one round follow each other more closely
    last: dict[str, datetime] = {}
    for line in lines:
        one = json.loads(line)
        asked = parse_moment(one["at"])
        if one["error"] == UNSENT or asked > at:
            continue
        if one["resolver"] not in last or asked - last[one["resolver"]] > gap:
            pace.asked[one["resolver"]] = asked
        last[one["resolver"]] = asked
    return pace
