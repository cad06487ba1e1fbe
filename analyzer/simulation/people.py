"""People with browsers: at home, in offices, and on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation import visits
from analyzer.simulation.addresses import crowd
from analyzer.simulation.agents import BROWSERS
from analyzer.simulation.browser import Visitors, browse
from analyzer.simulation.parts import Client, Part, weighted
from analyzer.simulation.resolvers import choose
from analyzer.simulation.world import LONGEST_HOLD_S
from analyzer.units import DAY_S, HOUR_S, spoken_duration

if TYPE_CHECKING:
    from analyzer.simulation.parts import Ints
    from analyzer.simulation.world import World

HTTP2_SHARE = 0.75
# How long a browser, its device, or a proxy on its way keeps an address (seconds, weight). Browsers: 60 s; Squid's
# positive_dns_ttl: 6 h; the rest are devices that sleep with their connections, and applications in frames of pages.
HOLDS_S = ((60.0, 86.0), (1_800.0, 5.0), (6.0 * HOUR_S, 4.0), (1.0 * DAY_S, 3.0), (float(LONGEST_HOLD_S), 2.0))


@dataclass(frozen=True, slots=True)
class People:
    """People who come daily, weekly or once; some of the daily ones sit in offices behind one address."""

    daily: int = 200
    weekly: int = 1_000
    once_per_day: float = 200.0
    offices: int = 3
    office_size: int = 6
    uniform_offices: bool = False  # all of an office have the same browser: the log cannot tell them apart
    holds_s: tuple[tuple[float, float], ...] = HOLDS_S

    def part(self, world: World, draw: np.random.Generator) -> Part:
        """Return these people, their look-ups and requests up to `world.settled_s`: later ones reach the new server."""
        once = visits.once(world, self.once_per_day, draw)
        counts = (self.daily, self.weekly, len(once.person))
        groups = (visits.daily(world, self.daily, draw), visits.weekly(world, self.weekly, draw), once)
        count = sum(counts)
        addresses = np.array(crowd(count, draw), dtype=object)
        resolver = choose(world.resolvers, count, draw)
        behind = self._offices(count)
        addresses, resolver = addresses[behind], resolver[behind]
        agent = weighted(draw, [weight for _, weight in BROWSERS], count)
        if self.uniform_offices:
            agent = agent[behind]
        hold_s = np.array([s for s, _ in self.holds_s])[weighted(draw, [weight for _, weight in self.holds_s], count)]
        habits = np.repeat(["daily", "weekly", "once"], counts).tolist()
        clients = tuple(
            Client(address, BROWSERS[which][0], "person", f"comes {habit}, keeps an address {spoken_duration(kept_s)}")
            for address, which, habit, kept_s in zip(
                addresses.tolist(), agent.tolist(), habits, hold_s.tolist(), strict=True
            )
        )
        family = np.array([c.family for c in clients], dtype=np.int64)
        protocol = (draw.random(count) < HTTP2_SHARE).astype(np.int64)
        visitors = Visitors(resolver, family, protocol, hold_s)
        come = visits.attended(world, visits.together(groups, counts), world.rng("people.attendance"))
        return Part(clients, *browse(come, visitors, world.name, draw))

    def _offices(self, count: int) -> Ints:
        """Return for each person whose address and resolver he shares: his own, or his office's first one."""
        person = np.arange(count)
        sits = person < min(self.offices * self.office_size, self.daily)
        return np.where(sits, person - person % max(self.office_size, 1), person)


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
