"""When programs run, other than every so many seconds: by the calendar, in office hours, or irregularly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import numpy as np

from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    from analyzer.simulation.parts import Floats
    from analyzer.simulation.world import World

SATURDAY = 5  # Monday is 0


class Runs(Protocol):
    """When a program runs."""

    def at_s(self, world: World, draw: np.random.Generator) -> Floats:
        """Return ascending moments up to the end of the known future [s since the change]."""
        ...


@dataclass(frozen=True, slots=True)
class Monthly:
    """On one day of each month, at one local time: a job of `cron`."""

    day: int  # of the month; at most 28
    time_s: float  # [s since local midnight]
    jitter_s: float = 60.0

    def at_s(self, world: World, draw: np.random.Generator) -> Floats:
        """Return the moments."""
        midnights_s = world.midnights_s(world.warm_from_s, world.known_until_s)
        local_s = world.local_s(midnights_s).tolist()
        here = np.array([datetime.fromtimestamp(round(s), UTC).day == self.day for s in local_s], dtype=np.bool_)
        runs_s = midnights_s[here] + self.time_s
        return np.sort(runs_s + draw.random(len(runs_s)) * self.jitter_s)


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """Every so often on workdays, while the office is open: a program on somebody's desk."""

    every_s: float
    from_s: float = 8.0 * HOUR_S  # [s since local midnight]
    until_s: float = 18.0 * HOUR_S

    def at_s(self, world: World, draw: np.random.Generator) -> Floats:
        """Return the moments."""
        midnights_s = world.midnights_s(world.warm_from_s, world.known_until_s)
        works = midnights_s[world.weekdays(midnights_s) < SATURDAY]
        steps = np.arange(self.from_s, self.until_s, self.every_s)
        runs_s = (works[:, None] + steps).ravel()
        return np.sort(runs_s + draw.random(len(runs_s)) * 0.1 * self.every_s)


@dataclass(frozen=True, slots=True)
class Irregular:
    """Bursts of calls at waits of heavy-tailed length: what events elsewhere cause.

    Waits are log-normal with the given median and spread, calls of a burst a minute or so apart.
    """

    median_s: float
    spread: float = 1.2  # standard deviation of the wait's logarithm
    burst: float = 3.0  # mean calls

    def at_s(self, world: World, draw: np.random.Generator) -> Floats:
        """Return the moments."""
        span_s = world.known_until_s - world.warm_from_s
        count = 20 + int(3 * span_s / self.median_s)
        starts_s = world.warm_from_s + np.cumsum(draw.lognormal(np.log(self.median_s), self.spread, count))
        calls = draw.geometric(1 / self.burst, count)
        runs_s = np.repeat(starts_s, calls) + draw.exponential(120.0, int(calls.sum()))
        return np.sort(runs_s[runs_s < world.known_until_s])


@dataclass(frozen=True, slots=True)
class Spell:
    """Another program's moments within a spell; or, where it is switched off in it, those before and after."""

    runs: Runs
    from_s: float  # [s since the change]
    until_s: float
    off: bool = False

    def at_s(self, world: World, draw: np.random.Generator) -> Floats:
        """Return the moments."""
        runs_s = self.runs.at_s(world, draw)
        within = (runs_s >= self.from_s) & (runs_s < self.until_s)
        kept: Floats = runs_s[within != self.off]
        return kept


@dataclass(frozen=True, slots=True)
class Every:
    """Every so many seconds."""

    every_s: float
    phase_s: float = 0.0

    def at_s(self, world: World, draw: np.random.Generator) -> Floats:
        """Return the moments."""
        runs_s = np.arange(world.warm_from_s + self.phase_s, world.known_until_s, self.every_s)
        return np.sort(runs_s + draw.random(len(runs_s)) * min(0.02 * self.every_s, float(DAY_S)))
