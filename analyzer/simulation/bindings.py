"""How a program comes to the address that it uses: a look-up a call, a connection or a start, or none at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from analyzer.simulation.parts import FIXED_NEW, FIXED_OLD
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from analyzer.simulation.parts import Floats, Ints


class Binding(Protocol):
    """Which look-up each call rests on."""

    @property
    def says(self) -> str:
        """The mechanism's name in the truth."""
        ...

    def resolve(self, calls_s: Floats, draw: np.random.Generator) -> tuple[Floats, Ints]:
        """Return when it looks up, and for each call the index of its look-up (or FIXED_OLD, FIXED_NEW).

        Parameters
        ----------
        calls_s : shape (n,), ascending
            When connections are wanted [s since the change].
        """
        ...


@dataclass(frozen=True, slots=True)
class Fresh:
    """A look-up for each call: curl from cron, a script, a browser-like library."""

    says: str = "looks up each time"

    def resolve(self, calls_s: Floats, draw: np.random.Generator) -> tuple[Floats, Ints]:  # noqa: ARG002 -- the protocol
        """Return one look-up a call."""
        return calls_s, np.arange(len(calls_s))


@dataclass(frozen=True, slots=True)
class Pool:
    """A look-up for each connection; connections live on while they are used, and end at random."""

    mean_life_s: float
    says: str = "keeps connections"

    def resolve(self, calls_s: Floats, draw: np.random.Generator) -> tuple[Floats, Ints]:
        """Return a look-up at the first call after each connection's end."""
        span_s = float(calls_s[-1] - calls_s[0]) if len(calls_s) else 0.0
        lives = draw.exponential(self.mean_life_s, 20 + int(2 * span_s / self.mean_life_s))
        return by_epoch(calls_s, np.searchsorted(calls_s[:1].sum() + np.cumsum(lives), calls_s))


@dataclass(frozen=True, slots=True)
class Pinned:
    """A look-up at the first call after each start, kept for ever: a JVM with `networkaddress.cache.ttl=-1`."""

    restarts_s: tuple[float, ...]  # [s since the change]
    says: str = "pins the address until it restarts"

    def resolve(self, calls_s: Floats, draw: np.random.Generator) -> tuple[Floats, Ints]:  # noqa: ARG002 -- the protocol
        """Return a look-up at the first call after each restart."""
        return by_epoch(calls_s, np.searchsorted(np.array(sorted(self.restarts_s)), calls_s, side="right"))


@dataclass(frozen=True, slots=True)
class HardCoded:
    """No look-up: the address stands in a configuration, in a hosts file, or is what a monitor watches."""

    old: bool = True
    says: str = "uses the address itself"

    def resolve(self, calls_s: Floats, draw: np.random.Generator) -> tuple[Floats, Ints]:  # noqa: ARG002 -- the protocol
        """Return no look-up; all calls go to the one server."""
        return np.empty(0), np.full(len(calls_s), FIXED_OLD if self.old else FIXED_NEW, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Busy:
    """A look-up when the last connection has been idle for too long, or the network has broken it.

    A pool that is always in use never looks up again while the old address answers (vert.x 6251, okhttp 9218).
    """

    idle_s: float = 300.0
    mean_break_s: float = 5.0 * DAY_S
    says: str = "keeps busy connections"

    def resolve(self, calls_s: Floats, draw: np.random.Generator) -> tuple[Floats, Ints]:
        """Return a look-up at the first call after each idle time or break."""
        span_s = float(calls_s[-1] - calls_s[0]) if len(calls_s) else 0.0
        lives = draw.exponential(self.mean_break_s, 20 + int(2 * span_s / self.mean_break_s))
        broken = np.searchsorted(calls_s[:1].sum() + np.cumsum(lives), calls_s)
        idle = np.cumsum(np.diff(calls_s, prepend=calls_s[:1]) > self.idle_s)
        return by_epoch(calls_s, broken + idle)


@dataclass(frozen=True, slots=True)
class ByHand:
    """The old address itself, until somebody changes the configuration."""

    moved_s: float  # [s since the change]
    says: str = "uses the address itself until somebody changes it"

    def resolve(self, calls_s: Floats, draw: np.random.Generator) -> tuple[Floats, Ints]:  # noqa: ARG002 -- the protocol
        """Return no look-up; calls before the moment go to the old server, later ones to the new."""
        return np.empty(0), np.where(calls_s < self.moved_s, FIXED_OLD, FIXED_NEW).astype(np.int64)


def by_epoch(calls_s: Floats, epoch: Ints | Floats) -> tuple[Floats, Ints]:
    """Return a look-up at the first call of each epoch, and for each call the index of its epoch's look-up."""
    _, first, of = np.unique(epoch, return_index=True, return_inverse=True)
    return calls_s[first], of.astype(np.int64)
