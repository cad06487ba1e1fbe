"""Crawlers of search engines: sessions of pages at any hour, robots.txt, a few addresses each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.addresses import crowd
from analyzer.simulation.bindings import by_epoch
from analyzer.simulation.parts import Client, Lookups, Part, Requests, constant
from analyzer.simulation.resolvers import choose
from analyzer.simulation.site import pages, took_s
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from analyzer.simulation.world import World

ROBOTS_SHARE = 0.4  # of sessions that begin with robots.txt


@dataclass(frozen=True, slots=True)
class Crawler:
    """One search engine's crawler; it keeps an address for `hold_s`, longer than the TTL allows."""

    agent: str
    pages_per_day: float = 120.0
    addresses: int = 5
    session_pages: int = 12
    pace_s: float = 9.0
    hold_s: float = DAY_S / 2

    def part(self, world: World, draw: np.random.Generator) -> Part:
        """Return this crawler, its look-ups and requests."""
        span_s = world.settled_s + self.hold_s - world.warm_from_s
        sessions = int(draw.poisson(self.pages_per_day / self.session_pages * span_s / DAY_S))
        starts_s = np.sort(world.warm_from_s + draw.random(sessions) * span_s)
        client = np.repeat(draw.integers(self.addresses, size=sessions), self.session_pages)
        waits_s = draw.exponential(self.pace_s, (sessions, self.session_pages))
        at_s = (starts_s[:, None] + np.cumsum(waits_s, axis=1)).ravel()
        clients = tuple(
            Client(address, self.agent, "crawler", "crawler") for address in crowd(self.addresses, draw, ipv6_share=0.0)
        )
        lookups_s, lookup = by_epoch(starts_s, (starts_s - starts_s[:1].sum()) // self.hold_s)
        resolver = int(choose(world.resolvers, 1, draw)[0])
        lookups = Lookups(lookups_s, np.full(len(lookups_s), resolver, np.int64), np.full(len(lookups_s), 4, np.int64))
        drawn = pages(len(at_s), np.ones(len(at_s), dtype=np.bool_), draw)
        robots = np.tile(np.arange(self.session_pages) == 0, sessions) & (draw.random(len(at_s)) < ROBOTS_SHARE)
        line = np.where(robots, "GET /robots.txt", drawn.line) + constant(" HTTP/1.1", len(at_s))
        return Part(
            clients,
            lookups,
            Requests(
                at_s=at_s,
                took_s=took_s(len(at_s), 0.15, draw),
                client=client,
                lookup=lookup.repeat(self.session_pages),
                line=line,
                status=np.where(robots, 200, drawn.status),
                size=np.where(robots, 421, drawn.size),
                referer=constant("-", len(at_s)),
            ),
        )
