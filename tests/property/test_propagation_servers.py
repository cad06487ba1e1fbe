"""Servers of a zone that follow a change one after the other: what is said of the slowest of them."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.dns.propagation import Propagation, propagation
from analyzer.dns.snapshots import read_snapshots

T0 = datetime(2026, 3, 2, 22, tzinfo=UTC)
OLD, NEW, NAME = "192.0.2.4", "198.51.100.5", "app.example.com"
ROUNDING = timedelta(seconds=2)


@dataclass(frozen=True)
class Zone:
    """A zone whose servers are asked in rounds.

    Attributes
    ----------
    follows_s
        [s] when each server has the change.
    asked_s
        [s] when each was asked; some of its answers were lost.
    """

    ttl_s: int
    follows_s: tuple[float, ...]
    asked_s: tuple[tuple[float, ...], ...]

    def lines(self) -> list[str]:
        """Return the answers as lines of a snapshot, in any order."""
        return [
            line(at_s, f"192.0.2.{number}", self.ttl_s, OLD if at_s < follows_s else NEW)
            for number, (follows_s, asked_s) in enumerate(zip(self.follows_s, self.asked_s, strict=True))
            for at_s in asked_s
        ]

    def around(self, end_s: float) -> list[tuple[float | None, float | None]]:
        """Return for each server when it was last seen old, and first seen new, until a moment."""
        return [
            (
                max((one for one in asked_s if one < follows_s and one <= end_s), default=None),
                min((one for one in asked_s if follows_s <= one <= end_s), default=None),
            )
            for follows_s, asked_s in zip(self.follows_s, self.asked_s, strict=True)
        ]


def line(at_s: float, server: str, ttl_s: int, address: str) -> str:
    """Return one answer of a server of the zone."""
    return json.dumps(
        {
            "schema": "cutover.dns/1", "at": moment(at_s).isoformat(), "resolver": server, "transport": "udp",
            "name": NAME, "type": "A", "rcode": "NOERROR", "authoritative": True, "elapsed_ms": 1.0,
            "answers": [{"name": NAME, "type": "A", "ttl": ttl_s, "data": address}],
            "error": None, "ede": None, "nsid": None,
        }
    )  # fmt: skip


def moment(seconds: float) -> datetime:
    """Return a moment after the first server had the change."""
    return T0 + timedelta(milliseconds=round(seconds * 1000))


def simulate(seed: int) -> Zone:
    """Return one to four servers, asked every so often in an order that changes, each following when it likes."""
    chance = random.Random(seed)  # noqa: S311 -- a simulation
    every_s = chance.choice([10.0, 60.0, 300.0])
    count = chance.randint(1, 4)
    lag_s = chance.choice([0.0, every_s / 2, 4 * every_s])
    rounds = [every_s * number for number in range(-4, 12)]
    asked = tuple(
        tuple(round(one + chance.uniform(0, every_s / 4), 3) for one in rounds if chance.random() < 0.9)
        for _ in range(count)
    )
    return Zone(chance.choice([5, 300, 3600]), tuple(chance.uniform(0, lag_s) for _ in range(count)), asked)


def judge(zone: Zone, at_s: float) -> Propagation:
    """Return what the answers say at a moment."""
    snapshots = read_snapshots([], zone.lines())
    return propagation(snapshots, names=[NAME], old=[ip_address(OLD)], new=[ip_address(NEW)], at=moment(at_s))


SEEDS = st.integers(min_value=0, max_value=2**32)
MANY = settings(max_examples=150, deadline=None, derandomize=True)


@MANY
@given(seed=SEEDS, share=st.floats(min_value=0, max_value=1))
def test_the_bound_is_never_early_and_an_interval_late_at_most(seed: int, share: float) -> None:
    """A cache may have asked any server a moment before that followed; open while one of them is old."""
    zone = simulate(seed)
    end_s = share * max(max(asked) for asked in zone.asked_s if asked)
    seen, around = judge(zone, end_s), zone.around(end_s)
    known = [(was, turned, follows) for (was, turned), follows in zip(around, zone.follows_s, strict=True) if was]
    if not known:
        return
    assert seen.bound is not None
    if any(turned is None for _, turned, _ in known):
        assert seen.bound.at is None
        return
    slowest_s = max(follows for _, _, follows in known)
    latest_s = max(turned for _, turned, _ in known if turned is not None)
    assert seen.bound.at is not None
    assert seen.bound.at >= moment(slowest_s + zone.ttl_s)
    assert seen.bound.at <= moment(latest_s + zone.ttl_s) + ROUNDING
    assert seen.changed_at == moment(latest_s), "at most the time from one answer to the next of that server"


@MANY
@given(seed=SEEDS, share=st.floats(min_value=0, max_value=1))
def test_the_change_lies_between_what_was_seen_of_those_that_followed(seed: int, share: float) -> None:
    """Whoever has not followed yet moves neither end; the first to follow ends the time before the change."""
    zone = simulate(seed)
    end_s = share * max(max(asked) for asked in zone.asked_s if asked)
    seen = judge(zone, end_s)
    turned = [(was, then) for was, then in zone.around(end_s) if was is not None and then is not None]
    if not turned:
        return
    assert seen.changed_after == moment(max(was for was, _ in turned))
    assert seen.changed_at == max(moment(max(then for _, then in turned)), seen.changed_after)
    assert seen.first_changed_at == moment(min(then for _, then in turned))
