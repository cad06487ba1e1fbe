"""The resolvers that the clients of a migration use, and those that are watched."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.caches import Resolver
from analyzer.simulation.parts import weighted
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    from analyzer.simulation.parts import Ints

# Limits of real caches: dnscrypt-proxy's example has 2,400 s, Pi-hole allows up to 1 h, some providers keep longer;
# Google lowers to 6 h, Cloudflare's DNS firewall to 900 s, systemd-resolved to 2 h.
FLOORS_S = (2_400, HOUR_S, 2 * HOUR_S, 6 * HOUR_S, 12 * HOUR_S, DAY_S)
PREFETCH = 0.1  # Unbound fetches anew in the last tenth
CEILINGS_S = (300, 900, 2 * HOUR_S, 6 * HOUR_S)


@dataclass(frozen=True, slots=True)
class Population:
    """What resolvers there are besides the watched ones: how many, and which shares of them are not plain."""

    unwatched: int = 30
    raising: float = 0.09  # 8.74 % extend TTLs (Bhowmick 2023)
    lowering: float = 0.10
    stale: float = 0.06
    prefetching: float = 0.0
    floors_s: tuple[int, ...] = FLOORS_S
    most_backends: int = 3  # of the more popular ones


@dataclass(frozen=True, slots=True)
class Watched:
    """A resolver that the snapshots ask."""

    asked_as: str  # what a snapshot calls it
    transport: str = "udp"
    resolver: Resolver = field(default_factory=Resolver)
    timeouts: float = 0.01  # share of questions without an answer
    servfails: float = 0.0
    block_page: str | None = None  # answers with this address instead


# Addresses of the documentation range (RFC 5737); behaviours of the large public resolvers.
WATCHED = (
    Watched("203.0.113.193", resolver=Resolver(ceiling_s=6 * HOUR_S, backends=4, weight=14)),
    Watched("203.0.113.194", resolver=Resolver(backends=3, weight=10)),
    Watched("203.0.113.195", resolver=Resolver(backends=2, weight=5)),
    Watched("203.0.113.196", resolver=Resolver(weight=4)),
    Watched("203.0.113.197", resolver=Resolver(floor_s=4 * HOUR_S, weight=1.5)),
    Watched("203.0.113.198", resolver=Resolver(ceiling_s=900, weight=2)),
    Watched("203.0.113.199", resolver=Resolver(stale_s=1.0 * DAY_S, weight=1)),
    Watched("https://doh.example.net/dns-query", "https", Resolver(backends=2, weight=2)),
    Watched("tls://dot.example.net", "tls", Resolver(weight=1)),
    Watched("203.0.113.200", "tcp", Resolver(weight=0.5), timeouts=0.2),
    Watched("203.0.113.201", resolver=Resolver(weight=1), servfails=0.08),
    Watched("203.0.113.202", resolver=Resolver(weight=0), block_page="203.0.113.250"),
)
AUTHORITATIVE = ("192.0.2.53", "198.51.100.53")  # in the order of Zone.lags_s


def population(of: Population, draw: np.random.Generator) -> tuple[Resolver, ...]:
    """Return the watched resolvers, then providers', companies' and routers' resolvers of falling popularity."""
    roles = draw.random(of.unwatched)
    others: list[Resolver] = []
    for rank, role in enumerate(roles.tolist()):
        backends = 1 + int(draw.integers(of.most_backends)) if rank < of.unwatched // 4 else 1
        plain = Resolver(backends=backends, weight=20 / (rank + 2))
        if role < of.raising:
            others.append(replace(plain, floor_s=of.floors_s[int(draw.integers(len(of.floors_s)))]))
        elif role < of.raising + of.lowering:
            others.append(replace(plain, ceiling_s=CEILINGS_S[int(draw.integers(len(CEILINGS_S)))]))
        elif role < of.raising + of.lowering + of.stale:
            others.append(replace(plain, stale_s=1.0 * DAY_S))
        elif role > 1.0 - of.prefetching:
            others.append(replace(plain, prefetch=PREFETCH))
        else:
            others.append(plain)
    return tuple(w.resolver for w in WATCHED) + tuple(others)


def choose(resolvers: tuple[Resolver, ...], count: int, draw: np.random.Generator) -> Ints:
    """Return the resolver of each of `count` clients, by popularity."""
    return weighted(draw, np.array([r.weight for r in resolvers]), count)
