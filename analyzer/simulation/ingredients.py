"""What families draw from: sizes, TTLs, moments, and the ordinary site that their theme happens on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from analyzer.simulation.agents import APPLEBOT, BINGBOT, GOOGLEBOT, HEALTH_CHECKER, UPTIME_MONITOR
from analyzer.simulation.bindings import HardCoded
from analyzer.simulation.crawlers import Crawler
from analyzer.simulation.noise import ApacheNoise
from analyzer.simulation.people import People
from analyzer.simulation.programs import Job, Partners
from analyzer.simulation.scanners import Scanners
from analyzer.simulation.world import World
from analyzer.simulation.zone import Zone
from analyzer.units import DAY_S, HOUR_S, MINUTE_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.simulation.scenario import Mechanism

Value = TypeVar("Value")
# [s] of 6.26 M names 40 % have at most 5 min, 70 % at most 1 h (OpenDNS sample, 2012); (value, weight)
TTLS_S = ((60, 1), (300, 3), (900, 1), (HOUR_S, 4), (4 * HOUR_S, 1), (DAY_S, 1))
OFFSETS_S = (-5 * HOUR_S, -3 * HOUR_S, 0, 2 * HOUR_S, 5 * HOUR_S + 30 * MINUTE_S, 9 * HOUR_S)
FIRST_DAY = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
SPAN_DAYS = 250  # changes are made on any day of these


def between(draw: np.random.Generator, low: float, high: float) -> float:
    """Return a value between two, log-uniform: as likely in each doubling."""
    return float(np.exp(draw.uniform(np.log(low), np.log(high))))


def whole(draw: np.random.Generator, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`, both included."""
    return int(draw.integers(low, high + 1))


def one_of(draw: np.random.Generator, values: Sequence[Value]) -> Value:
    """Return one of some values."""
    return values[int(draw.integers(len(values)))]


def ttl_s(draw: np.random.Generator) -> int:
    """Return a TTL as zones have them [s]."""
    weights = np.array([weight for _, weight in TTLS_S], dtype=np.float64)
    return int(draw.choice([seconds for seconds, _ in TTLS_S], p=weights / weights.sum()))


def changed_at(draw: np.random.Generator, *, weekday: int | None = None, hour: int | None = None) -> datetime:
    """Return the moment of a change: any day and minute, unless told; Monday is 0."""
    day = int(draw.integers(SPAN_DAYS))
    if weekday is not None:
        day += (weekday - day) % 7
    minutes = int(draw.integers(24 * 60)) if hour is None else hour * 60 + int(draw.integers(60))
    return FIRST_DAY + timedelta(days=day, minutes=minutes)


def world(
    draw: np.random.Generator,
    *,
    days: float = 24,
    zone: Zone | None = None,
    at: datetime | None = None,
    before_days: float | None = None,
) -> World:
    """Return a world of drawn TTL, moment, clock and baseline; its logs end `days` after the change."""
    drawn_zone = Zone(ttl_s=ttl_s(draw), lags_s=(0.0, float(draw.uniform(0, 120))))
    drawn_at, drawn_before = changed_at(draw), float(whole(draw, 10, 28))
    return World(
        changed_at=at or drawn_at,
        zone=zone or drawn_zone,
        before_s=int((drawn_before if before_days is None else before_days) * DAY_S),
        after_s=int(days * DAY_S),
        utc_offset_s=one_of(draw, OFFSETS_S),
        rotate_days=one_of(draw, (1, 7, 7)),  # Debian's apache2; logrotate's own default
    )


def people(draw: np.random.Generator) -> People:
    """Return the people of a small or middling site."""
    size = between(draw, 0.4, 5.0)
    return People(
        daily=int(30 * size),
        weekly=int(120 * size),
        once_per_day=30.0 * size,
        offices=whole(draw, 0, 2),
        office_size=whole(draw, 2, 8),
    )


def site(draw: np.random.Generator) -> tuple[Mechanism, ...]:
    """Return an ordinary site: people, partners, crawlers, scanners, a monitor of the old address now and then."""
    crawler = one_of(draw, (GOOGLEBOT, BINGBOT, APPLEBOT))
    watched = (monitor(draw, 0),) if draw.integers(2) else ()
    return (
        people(draw),
        Partners(whole(draw, 0, 4)),
        Crawler(crawler, between(draw, 10, 80), addresses=whole(draw, 1, 5), hold_s=between(draw, HOUR_S, 2 * DAY_S)),
        Scanners(between(draw, 3, 40)),
        ApacheNoise(),
        *watched,
    )


def monitor(draw: np.random.Generator, number: int) -> Job:
    """Return the owner's monitor, which watches the old address itself."""
    return Job(
        address=f"203.0.113.{100 + number}",
        agent=UPTIME_MONITOR,
        every_s=one_of(draw, (60.0, 300.0, 900.0)),
        lines=("HEAD / HTTP/1.1",),
        binding=HardCoded(says="watches the address"),
        kind="monitor",
        phase_s=float(draw.uniform(0, 60)),
        size=259,
        size_spread=0.0,
    )


def health_checks(draw: np.random.Generator) -> tuple[Job, ...]:
    """Return a load balancer's checks of the old address, each of its nodes for itself."""
    every_s = one_of(draw, (30.0, 60.0))
    return tuple(
        Job(
            address=f"203.0.113.{120 + node}",
            agent=HEALTH_CHECKER,
            every_s=every_s,
            lines=("GET /health HTTP/1.1",),
            binding=HardCoded(says="checks the address"),
            kind="monitor",
            phase_s=float(draw.uniform(0, every_s)),
            size=291,
            size_spread=0.0,
        )
        for node in range(2)
    )
