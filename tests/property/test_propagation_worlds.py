"""Servers that follow one after the other, and caches of every kind before them: what may be said of each.

Seconds from the first server's change. Every fetch is simulated, so that it is known until when each entry lives.
"""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.dns.propagation import Propagation, propagation
from analyzer.dns.snapshots import Snapshots, read_snapshots

T0 = datetime(2026, 3, 2, 22, tzinfo=UTC)
OLD, NEW, NAME = "192.0.2.4", "198.51.100.5", "app.example.com"
HONEST = ("honest", "pool", "cap")
KINDS = ("honest", "honest", "honest", "pool", "cap", "clamp", "constant", "stale", "reset")
LIMITS = {"clamp": (3.0, math.inf), "cap": (0.0, 0.25)}  # of the zone's TTL: as it was, as it is in the end
ROUNDING_S = 2.0
SLACK_S = 0.01  # moments are told to the millisecond


@dataclass(frozen=True)
class Zone:
    """What is published: the TTL is lowered at a moment, and each server follows the change at one of its own."""

    ttl_s: int
    usual_ttl_s: int
    lowered_s: float
    follows_s: tuple[float, ...]

    def ttl_at(self, at_s: float) -> int:
        """Return the TTL that is handed out [s]."""
        return self.ttl_s if at_s >= self.lowered_s else self.usual_ttl_s

    @property
    def over_s(self) -> float:
        """When the last entry that an honest cache can have fetched with the old address is gone [s]."""
        late = max(self.follows_s) + self.ttl_at(max(self.follows_s) - SLACK_S)
        return max(late, self.lowered_s + self.usual_ttl_s if self.lowered_s < max(self.follows_s) else late)


@dataclass
class Cache:
    """One cache: when its entry was fetched, until when it lives, and whether that is old."""

    zone: Zone
    kind: str
    chance: random.Random
    demand_s: float
    fetched_s: float = 0.0
    dies_s: float = -math.inf
    old: bool = True
    above: Cache | None = None

    def ask(self, at_s: float) -> tuple[int, bool]:
        """Return the TTL that is shown [s], and whether the entry had expired and is told all the same."""
        while self.dies_s <= at_s:
            if self.kind == "stale" and self.dies_s > -math.inf and self.chance.random() < 0.5:
                return 30, True
            self._fetch(
                min(max(self.dies_s, at_s - self.zone.usual_ttl_s) + self.chance.expovariate(1 / self.demand_s), at_s)
            )
        left_s = math.ceil(self.dies_s - at_s)
        return (self.zone.ttl_at(self.fetched_s) if self.kind == "constant" else left_s), False

    def _fetch(self, at_s: float) -> None:
        """Fetch anew, from any server of the zone or from the cache above."""
        ttl_s: float = self.zone.ttl_at(at_s)
        self.old = at_s < self.chance.choice(self.zone.follows_s)
        if self.above is not None:
            self.above.ask(at_s)
            self.old, ttl_s = self.above.old, self.zone.ttl_at(self.above.fetched_s)
        self.fetched_s = at_s
        least_s, most_s = LIMITS.get(self.kind, (0.0, math.inf))
        self.dies_s = at_s + min(max(ttl_s, least_s * self.zone.usual_ttl_s), most_s * self.zone.ttl_s)


@dataclass(frozen=True)
class World:
    """The answers, and for each resolver when an old one was seen and until when it lives."""

    zone: Zone
    every_s: float
    end_s: float
    lines: list[str] = field(default_factory=list)
    old: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def answer(
        self, at_s: float, who: str, ttl_s: int, *, old: bool, server: bool = False, ede: str | None = None
    ) -> None:
        """Write one answer down."""
        answers = [{"name": NAME, "type": "A", "ttl": ttl_s, "data": OLD if old else NEW}]
        fields = {"schema": "cutover.dns/1", "at": moment(at_s).isoformat(), "resolver": who, "transport": "udp"}
        fields |= {"name": NAME, "type": "A", "rcode": "NOERROR"}
        rest = {"authoritative": server, "elapsed_ms": 1.0, "answers": answers, "error": None, "ede": ede, "nsid": None}
        self.lines.append(json.dumps(fields | rest))


def moment(seconds: float) -> datetime:
    """Return a moment to the millisecond."""
    return T0 + timedelta(milliseconds=round(seconds * 1000))


def simulate(seed: int) -> World:
    """Return a world that is asked from long before the change until all is over."""
    chance = random.Random(seed)  # noqa: S311 -- a simulation
    ttl_s = chance.choice([60, 300, 3600])
    usual_s = ttl_s * chance.choice([1, 1, 4])
    every_s = ttl_s * chance.choice([0.2, 0.5, 1.0])
    lag_s = chance.choice([0.0, every_s / 2, 3 * every_s])
    follows = (0.0, *(chance.uniform(0, lag_s) for _ in range(chance.randint(0, 2))))
    zone = Zone(ttl_s, usual_s, -chance.uniform(0, 1.5 * usual_s), follows)
    world = World(zone, every_s, 5.0 * usual_s)
    start_s = zone.lowered_s - 2 * usual_s
    rounds = [start_s + every_s * number for number in range(int((world.end_s - start_s) / every_s))]

    def times() -> list[float]:
        return [round(one + chance.uniform(0, every_s / 8), 3) for one in rounds]

    for number, follows_s in enumerate(follows):
        for at_s in times():
            world.answer(at_s, f"ns{number}", zone.ttl_at(at_s), old=at_s < follows_s, server=True)
    for number in range(chance.randint(2, 6)):
        kind = chance.choice(KINDS)
        demand_s = chance.choice([0.5, ttl_s / 10, ttl_s])
        above = Cache(zone, "honest", chance, demand_s) if kind == "reset" else None
        caches = [Cache(zone, kind, chance, demand_s, above=above) for _ in range(3 if kind == "pool" else 1)]
        who = f"{kind}{number}"
        for at_s in times():
            cache = chance.choice(caches)
            shown_s, stale = cache.ask(at_s)
            world.answer(at_s, who, shown_s, old=cache.old, ede="3 (Stale Answer)" if stale else None)
            if cache.old and not stale:
                world.old.setdefault(who, []).append((at_s, cache.dies_s))
    return world


def judge(snapshots: Snapshots, at_s: float) -> Propagation:
    """Return what the answers say at a moment."""
    return propagation(snapshots, names=[NAME], old=[ip_address(OLD)], new=[ip_address(NEW)], at=moment(at_s))


def stretching(world: World) -> bool:
    """Return whether some keep records longer: where half do, they may as well have an older TTL than was ever told."""
    return any(who.startswith(("clamp", "reset")) for who in world.old)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(seed=st.integers(min_value=0, max_value=2**32), share=st.floats(min_value=0, max_value=1))
def test_what_is_said_of_each_cache_is_so(seed: int, share: float) -> None:
    """The bound holds and is an interval late at most; who goes beyond is named, nobody honest accused."""
    world = simulate(seed)
    at_s = share * world.end_s
    seen = judge(read_snapshots([], world.lines), at_s)
    bound_s = None if seen.bound is None or seen.bound.at is None else (seen.bound.at - T0).total_seconds()
    if at_s > max(world.zone.follows_s) + 1.2 * world.every_s:
        assert bound_s is not None
        assert bound_s >= world.zone.over_s - SLACK_S
        if sum(one.stretches_ttl for one in seen.resolvers) or not stretching(world):
            assert bound_s <= world.zone.over_s + ROUNDING_S + 1.2 * world.every_s
    beyond = {one.resolver: (one.until - T0).total_seconds() for one in seen.beyond}
    for one in seen.resolvers:
        lives = [dies_s for then_s, dies_s in world.old.get(one.resolver, []) if then_s <= at_s]
        kind = one.resolver.rstrip("0123456789")
        if kind in {*HONEST, "clamp", "reset"} and lives:
            assert one.old_expires_at is not None
            assert one.old_expires_at >= moment(max(lives) - SLACK_S)
            if bound_s is not None and max(lives) > bound_s + ROUNDING_S:
                assert beyond[one.resolver] >= max(lives) - SLACK_S
        if kind in HONEST:
            assert one.resolver not in beyond
            assert not one.stretches_ttl
            assert one.entries <= (3 if kind == "pool" else 1)
        assert one.caps_ttl_s is None or kind == "cap"
    assert seen.warnings == ()
