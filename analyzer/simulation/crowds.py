"""People who do not come by their own rhythm: a flash crowd, readers behind a CDN, and visitors of another site."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.addresses import crowd
from analyzer.simulation.agents import BROWSERS
from analyzer.simulation.browser import Visitors, browse
from analyzer.simulation.parts import FIXED_OLD, Client, Lookups, Part, no_lookups, weighted
from analyzer.simulation.resolvers import choose
from analyzer.simulation.visits import Visits, moments
from analyzer.units import DAY_S, HOUR_S, MINUTE_S

if TYPE_CHECKING:
    from analyzer.simulation.parts import Ints
    from analyzer.simulation.people import People
    from analyzer.simulation.world import World

BROWSER_HOLD_S = 60.0  # Chromium and Firefox


def strangers(count: int, draw: np.random.Generator, mechanism: str) -> tuple[Client, ...]:
    """Return people whom nobody has seen before."""
    agents = weighted(draw, [weight for _, weight in BROWSERS], count).tolist()
    return tuple(
        Client(address, BROWSERS[agent][0], "person", mechanism)
        for address, agent in zip(crowd(count, draw), agents, strict=True)
    )


def browsers(clients: tuple[Client, ...], resolver: Ints, draw: np.random.Generator) -> Visitors:
    """Return the browsers of people, each with its resolver."""
    count = len(clients)
    family = np.array([c.family for c in clients], dtype=np.int64)
    return Visitors(resolver, family, draw.integers(2, size=count), np.full(count, BROWSER_HOLD_S))


@dataclass(frozen=True, slots=True)
class FlashCrowd:
    """Many people who come once, within hours: a newspaper has linked to the site."""

    at_s: float  # [s since the change]
    people: int
    fades_s: float = 4.0 * HOUR_S  # mean time after `at_s`

    def part(self, world: World, draw: np.random.Generator) -> Part:
        """Return these people."""
        clients = strangers(self.people, draw, "flash crowd")
        visits = Visits(np.arange(self.people), self.at_s + draw.exponential(self.fades_s, self.people))
        visitors = browsers(clients, choose(world.resolvers, self.people, draw), draw)
        return Part(clients, *browse(visits, visitors, world.name, draw))


@dataclass(frozen=True, slots=True)
class Edge:
    """A CDN between people and the servers: the log shows its nodes, and people only in X-Forwarded-For.

    Each node looks up the origin's name when it has held the address for `hold_s`.
    """

    nodes: int = 6
    visits_per_day: float = 60.0
    hold_s: float = 5.0 * MINUTE_S

    def part(self, world: World, draw: np.random.Generator) -> Part:
        """Return readers, as the nodes ask for them."""
        until_s = world.settled_s + self.hold_s
        count = int(draw.poisson(self.visits_per_day * (until_s - world.warm_from_s) / DAY_S))
        readers = strangers(count, draw, f"behind a CDN that holds an address {self.hold_s:.0f} s")
        nodes = crowd(self.nodes, draw, ipv6_share=0.0)
        node = draw.integers(self.nodes, size=count)
        clients = tuple(
            replace(reader, address=nodes[at], forwarded_for=reader.address)
            for reader, at in zip(readers, node.tolist(), strict=True)
        )
        visits = Visits(np.arange(count), moments(world, count, world.warm_from_s, until_s, draw))
        resolver = choose(world.resolvers, self.nodes, draw)
        _, requests = browse(visits, browsers(clients, resolver[node], draw), world.name, draw)
        # The node's look-up decides, not the reader's: one an epoch of its own.
        phase_s = draw.random(self.nodes)[node] * self.hold_s
        of = requests.client
        epoch = np.floor((requests.at_s + phase_s[of]) / self.hold_s).astype(np.int64)
        order = np.argsort(requests.at_s, kind="stable")
        key = (node[of] * (2 * abs(epoch).max(initial=0) + 1) + epoch)[order]
        _, first, lookup = np.unique(key, return_index=True, return_inverse=True)
        back = np.empty(len(order), dtype=np.int64)
        back[order] = lookup
        asked = order[first]
        lookups = Lookups(requests.at_s[asked], resolver[node[of[asked]]], np.full(len(asked), 4, dtype=np.int64))
        return Part(clients, lookups, replace(requests, lookup=back))


@dataclass(frozen=True, slots=True)
class Carrier:
    """People behind the few addresses of a mobile carrier: each visit comes from another one (RFC 6598)."""

    people: People
    addresses: int = 60

    def part(self, world: World, draw: np.random.Generator) -> Part:
        """Return these people; an address with one browser is a client, and many people."""
        drawn = self.people.part(world, draw)
        requests = drawn.requests
        pool = crowd(self.addresses, draw, ipv6_share=0.0)
        half_hour = np.floor((requests.at_s - world.warm_from_s) / HOUR_S).astype(np.int64)
        visit, of = np.unique(requests.client * (int(half_hour.max(initial=0)) + 1) + half_hour, return_inverse=True)
        address = draw.integers(self.addresses, size=len(visit))[of]
        keys, client = np.unique(requests.client * self.addresses + address, return_inverse=True)
        clients = tuple(
            replace(drawn.clients[who], address=pool[at]) for who, at in zip(*divmod(keys, self.addresses), strict=True)
        )
        return replace(drawn, clients=clients, requests=replace(requests, client=client.astype(np.int64)))


@dataclass(frozen=True, slots=True)
class Renamed:
    """People with other agents than browsers: an application on their telephones."""

    people: People
    agents: tuple[str, ...]
    kind: str = "program"

    def part(self, world: World, draw: np.random.Generator) -> Part:
        """Return these people, each with one of the agents."""
        drawn = self.people.part(world, draw)
        which = draw.integers(len(self.agents), size=len(drawn.clients)).tolist()
        clients = (replace(c, agent=self.agents[i], kind=self.kind) for c, i in zip(drawn.clients, which, strict=True))
        return replace(drawn, clients=tuple(clients))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Visitors of another site on the same old server, which does not move: only formats with Host tell them apart."""

    host: str = "intranet.example.org"
    visits_per_day: float = 20.0

    def part(self, world: World, draw: np.random.Generator) -> Part:
        """Return these visitors, to the end of the known future."""
        count = int(draw.poisson(self.visits_per_day * (world.known_until_s - world.warm_from_s) / DAY_S))
        clients = tuple(replace(c, host=self.host) for c in strangers(count, draw, "visits another site"))
        visits = Visits(np.arange(count), moments(world, count, world.warm_from_s, world.known_until_s, draw))
        visitors = browsers(clients, np.zeros(count, dtype=np.int64), draw)
        _, requests = browse(visits, visitors, self.host, draw)
        fixed = np.full(len(requests.at_s), FIXED_OLD, dtype=np.int64)
        return Part(clients, no_lookups(), replace(requests, lookup=fixed))
