"""Lines that Apache writes without a request: idle sockets that time out, and its own dummy connections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.addresses import crowd
from analyzer.simulation.agents import INTERNAL_DUMMY
from analyzer.simulation.parts import (
    FIXED_NEW,
    FIXED_OLD,
    NOT_A_REQUEST,
    Client,
    Part,
    Requests,
    constant,
    join,
    no_lookups,
)
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from analyzer.simulation.world import World

TIMEOUT_S = 20.0  # [s] until an idle socket is logged as 408 (mod_reqtimeout, header=20)


@dataclass(frozen=True, slots=True)
class ApacheNoise:
    """Idle sockets and dummy connections on both servers, as long as they run."""

    timeouts_per_day: float = 2.5
    dummies_per_day: float = 5.0

    def part(self, world: World, draw: np.random.Generator) -> Part:
        """Return these lines."""
        return join([self._server(server, world, draw) for server in (FIXED_OLD, FIXED_NEW)])

    def _server(self, server: int, world: World, draw: np.random.Generator) -> Part:
        """Return one server's lines."""
        span_s = world.known_until_s - world.warm_from_s
        idle, dummies = (
            int(n) for n in draw.poisson(np.array([self.timeouts_per_day, self.dummies_per_day]) * span_s / DAY_S)
        )
        count = idle + dummies
        is_idle = np.arange(count) < idle
        clients = [Client(a, None, NOT_A_REQUEST, "idle socket") for a in crowd(idle, draw)]
        clients.append(Client("::1", INTERNAL_DUMMY, NOT_A_REQUEST, "internal dummy connection"))
        return Part(
            tuple(clients),
            no_lookups(),
            Requests(
                at_s=world.warm_from_s + draw.random(count) * span_s,
                took_s=np.where(is_idle, TIMEOUT_S, 0.0),
                client=np.minimum(np.arange(count), idle),
                lookup=np.full(count, server, dtype=np.int64),
                line=np.where(is_idle, constant("-", count), constant("OPTIONS * HTTP/1.0", count)),
                status=np.where(is_idle, 408, 200),
                size=np.where(is_idle, 0, 126),
                referer=constant("-", count),
            ),
        )
