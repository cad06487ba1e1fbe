"""Strangers who go through addresses and do not say so: with a library's agent, or a browser's, and paths of any kind.

What they ask for is on nobody's list, and what they are answered is up to the site: most say 404, but one that
redirects all to https says 301, and an application of one page says 200 to everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.addresses import crowd
from analyzer.simulation.agents import BROWSERS
from analyzer.simulation.parts import (
    FIXED_NEW,
    FIXED_OLD,
    Client,
    Part,
    Requests,
    constant,
    no_lookups,
    texts,
    weighted,
)
from analyzer.simulation.site import took_s
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from analyzer.simulation.parts import Texts
    from analyzer.simulation.world import World

# fmt: off
AGENTS = (  # (agent or none, weight): what unnamed scanners call themselves
    ("Go-http-client/1.1", 25), ("python-requests/2.31.0", 20), ("curl/7.88.1", 15), (None, 10), ("Mozilla/5.0", 6),
    ("libwww-perl/6.67", 4), ("Java/1.8.0_151", 3), ("axios/1.6.8", 3), (BROWSERS[0][0], 8), (BROWSERS[1][0], 6),
)
WORDS = (
    "admin", "api", "app", "assets", "auth", "backend", "cms", "data", "db", "dev", "files", "gateway", "index",
    "login", "media", "old", "panel", "portal", "service", "status", "storage", "system", "test", "upload", "v1", "web",
)
# fmt: on
ENDINGS = ("", "/", ".php", ".aspx", ".jsp", ".cgi", ".zip", ".bak", ".json")
NOTHING_THERE, FORBIDDEN, MOVED, SERVED = 404, 403, 301, 200
HONEST = ((NOTHING_THERE, 88.0), (FORBIDDEN, 8.0), (MOVED, 2.0), (SERVED, 2.0))  # of a usual site
LOOKS = 0.25  # share of those who only ask for the front page, once
MEAN_LENGTH = 3.0  # requests of the others
PACE_S = 1.1  # [s] between two of them
SIZE = 1_247  # [bytes]


@dataclass(frozen=True, slots=True)
class Strangers:
    """Unnamed scanners at a steady rate on both servers, each once from an address of its own.

    `answers` are the statuses that the site gives them, with their weights.
    """

    per_day: float = 4.0
    answers: tuple[tuple[int, float], ...] = HONEST

    def part(self, world: World, draw: np.random.Generator) -> Part:
        """Return these strangers and their requests."""
        span_s = world.known_until_s - world.warm_from_s
        counts = draw.poisson(self.per_day * span_s / DAY_S, 2)
        server = np.repeat([FIXED_OLD, FIXED_NEW], counts)
        count = int(counts.sum())
        starts_s = world.warm_from_s + draw.random(count) * span_s
        looks = draw.random(count) < LOOKS
        which = weighted(draw, [weight for _, weight in AGENTS], count)
        clients = tuple(
            Client(address, AGENTS[agent][0], "scanner", "stranger")
            for address, agent in zip(crowd(count, draw, ipv6_share=0.0), which.tolist(), strict=True)
        )
        length = np.where(looks, 1, draw.geometric(1 / MEAN_LENGTH, count))
        of = np.repeat(np.arange(count), length)
        rank = np.arange(len(of)) - np.repeat(np.cumsum(length) - length, length)
        statuses = np.array([status for status, _ in self.answers])
        status = statuses[weighted(draw, [weight for _, weight in self.answers], len(of))]
        return Part(
            clients,
            no_lookups(),
            Requests(
                at_s=starts_s[of] + rank * PACE_S,
                took_s=took_s(len(of), 0.01, draw),
                client=of,
                lookup=server[of],
                line=np.where(looks[of], texts(["GET / HTTP/1.1"])[0], _paths(len(of), draw)),
                status=np.where(looks[of] & (status >= FORBIDDEN), SERVED, status),
                size=np.full(len(of), SIZE),
                referer=constant("-", len(of)),
            ),
        )


def _paths(count: int, draw: np.random.Generator) -> Texts:
    """Return request lines for paths that no site has."""
    first, second = draw.integers(len(WORDS), size=(2, count))
    ending, number = draw.integers(len(ENDINGS), size=count), draw.integers(100, size=count)
    return texts(
        [
            f"GET /{WORDS[a]}/{WORDS[b]}{n}{ENDINGS[e]} HTTP/1.1"
            for a, b, n, e in zip(first.tolist(), second.tolist(), number.tolist(), ending.tolist(), strict=True)
        ]
    )
