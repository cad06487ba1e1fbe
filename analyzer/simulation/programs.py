"""Programs: API clients, jobs and monitors, regular as a clock, each bound to its address in its own way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.addresses import crowd
from analyzer.simulation.agents import LIBRARIES
from analyzer.simulation.bindings import Binding, Fresh, Pool
from analyzer.simulation.parts import Client, Lookups, Part, Requests, constant, join, nobody, texts
from analyzer.simulation.resolvers import choose
from analyzer.simulation.site import took_s
from analyzer.units import DAY_S, HOUR_S, MINUTE_S

if TYPE_CHECKING:
    from analyzer.simulation.parts import Floats, Ints
    from analyzer.simulation.runs import Runs
    from analyzer.simulation.world import World


@dataclass(frozen=True, slots=True)
class Job:
    """One program that calls at regular times until the end of what is simulated."""

    address: str
    agent: str
    every_s: float
    lines: tuple[str, ...]  # the request lines of one run, in order
    binding: Binding
    kind: str = "program"
    phase_s: float = 0.0  # after local midnight of a Monday, and every `every_s` from there
    jitter_s: float = 2.0  # a run starts up to so much later
    pace_s: float = 0.8  # mean time between the requests of a run
    size: int = 2_400  # [bytes] of a typical answer
    size_spread: float = 0.4  # its relative spread, up and down
    user: str = "-"
    runs: Runs | None = None  # when it runs, if not every `every_s`

    def part(self, world: World, draw: np.random.Generator) -> Part:
        """Return this program, its look-ups and requests, up to the end of the known future."""
        calls_s = self._runs_s(world, draw)
        lookups_s, of = self.binding.resolve(calls_s, draw)
        client = Client(self.address, self.agent, self.kind, self.binding.says, self.user)
        resolver = int(choose(world.resolvers, 1, draw)[0])
        lookups = Lookups(
            lookups_s,
            np.full(len(lookups_s), resolver, dtype=np.int64),
            np.full(len(lookups_s), client.family, dtype=np.int64),
        )
        return Part((client,), lookups, self._requests(calls_s, of.repeat(len(self.lines)), draw))

    def _runs_s(self, world: World, draw: np.random.Generator) -> Floats:
        """Return when the runs start [s since the change]."""
        if self.runs is not None:
            return self.runs.at_s(world, draw)
        midnights_s = world.midnights_s(world.warm_from_s - 6 * DAY_S, world.warm_from_s + DAY_S)
        monday_s = float(midnights_s[world.weekdays(midnights_s) == 0][0])
        runs_s = np.arange(monday_s + self.phase_s, world.known_until_s, self.every_s)
        runs_s = runs_s[runs_s >= world.warm_from_s]
        return np.sort(runs_s + draw.random(len(runs_s)) * self.jitter_s)

    def _requests(self, calls_s: Floats, lookup: Ints, draw: np.random.Generator) -> Requests:
        """Return the requests of all runs."""
        step, runs = len(self.lines), len(calls_s)
        waits_s = draw.exponential(self.pace_s, (runs, step))
        waits_s[:, 0] = 0.0
        at_s = (calls_s[:, None] + np.cumsum(waits_s, axis=1)).ravel()
        posts = np.tile([line.startswith("POST") for line in self.lines], runs)
        return Requests(
            at_s=at_s,
            took_s=took_s(len(at_s), 0.06, draw),
            client=np.zeros(len(at_s), dtype=np.int64),
            lookup=lookup,
            line=np.tile(texts(self.lines), runs),
            status=np.where(posts, 201, 200),
            size=(self.size * (1.0 + self.size_spread * (2.0 * draw.random(len(at_s)) - 1.0))).astype(np.int64),
            referer=constant("-", len(at_s)),
        )


PERIODS_S = (5 * MINUTE_S, 15 * MINUTE_S, HOUR_S, HOUR_S, DAY_S)
CALLS = (
    ("GET /api/v1/orders?status=open HTTP/1.1",),
    ("GET /api/v1/stock HTTP/1.1",),
    ("GET /api/v1/prices?page=1 HTTP/1.1", "GET /api/v1/prices?page=2 HTTP/1.1", "GET /api/v1/prices?page=3 HTTP/1.1"),
    ("POST /api/v1/tracking HTTP/1.1",),
    ("GET /export/products.xml HTTP/1.1",),
)


@dataclass(frozen=True, slots=True)
class Partners:
    """Programs of other companies: drawn periods and agents; each looks up each time or keeps connections."""

    count: int = 8
    mean_life_s: float = 3.0 * HOUR_S  # of a kept connection
    pool_share: float = 0.3

    def part(self, world: World, draw: np.random.Generator) -> Part:
        """Return these programs, their look-ups and requests."""
        addresses = crowd(self.count, draw)
        if not addresses:
            return nobody()
        return join([self._job(address, draw).part(world, draw) for address in addresses])

    def _job(self, address: str, draw: np.random.Generator) -> Job:
        """Return one drawn program."""
        keeps = float(draw.random()) < self.pool_share
        every_s = float(PERIODS_S[int(draw.integers(len(PERIODS_S)))])
        return Job(
            address=address,
            agent=LIBRARIES[int(draw.integers(len(LIBRARIES)))],
            every_s=every_s,
            lines=CALLS[int(draw.integers(len(CALLS)))],
            binding=Pool(self.mean_life_s) if keeps else Fresh(),
            phase_s=float(draw.random()) * every_s,
            jitter_s=0.02 * every_s,
        )
