"""People whose address changes: phones, and lines that are numbered anew each night."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.addresses import crowd
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from analyzer.simulation.parts import Part
    from analyzer.simulation.people import People
    from analyzer.simulation.world import World


@dataclass(frozen=True, slots=True)
class Roaming:
    """People who have another address each day, and keep their browser and its held address."""

    people: People

    def part(self, world: World, draw: np.random.Generator) -> Part:
        """Return these people; each of their days is a client of its own, as the log would have it."""
        drawn = self.people.part(world, draw)
        requests = drawn.requests
        day = np.floor((requests.at_s - world.warm_from_s) / DAY_S).astype(np.int64)
        span = int(day.max(initial=0)) + 1
        found, client = np.unique(requests.client * span + day, return_inverse=True)
        person = (found // span).tolist()
        # An address of the same family: the look-ups rest on it.
        fours = crowd(len(found), draw, ipv6_share=0.0)
        sixes = crowd(len(found), draw, ipv6_share=1.0)
        clients = tuple(
            replace(
                drawn.clients[who],
                address=four if drawn.clients[who].family == 4 else six,  # noqa: PLR2004 -- IPv4
                mechanism=f"roams, {drawn.clients[who].mechanism}",
            )
            for who, four, six in zip(person, fours, sixes, strict=True)
        )
        return replace(drawn, clients=clients, requests=replace(requests, client=client.astype(np.int64)))
