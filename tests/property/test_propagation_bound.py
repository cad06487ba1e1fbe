"""What propagation promises of honest caches, on simulated ones whose every fetch is known."""

from __future__ import annotations

import json
import math
import random
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.dns.propagation import Propagation, propagation
from analyzer.dns.snapshots import Snapshots, read_snapshots

CHANGE = datetime(2026, 3, 2, 22, tzinfo=UTC)
OLD, NEW = "192.0.2.4", "198.51.100.5"
NAME = "app.example.com"


@dataclass(frozen=True)
class Entry:
    """An answer that a cache gave, and the truth behind it: seconds from the change."""

    resolver: str
    at_s: float
    fetched_s: float
    ttl_s: int
    other_ttl_s: int
    authoritative: bool = False

    @property
    def old(self) -> bool:
        """Whether it was fetched before the change."""
        return self.fetched_s < 0

    @property
    def dies_s(self) -> float:
        """When it expires [s]."""
        return self.fetched_s + self.ttl_s

    def line(self, *, cname_changes: bool) -> str:
        """Return it as a snapshot's line; the other RRset of the chain shows any TTL of its own."""
        shown = self.ttl_s if self.authoritative else math.ceil(self.dies_s - self.at_s)
        address = OLD if self.old else NEW
        cname_ttl, address_ttl = (shown, self.other_ttl_s) if cname_changes else (self.other_ttl_s, shown)
        target = ("old.example.net" if self.old else "new.example.net") if cname_changes else "web.example.net"
        answers = [
            {"name": NAME, "type": "CNAME", "ttl": cname_ttl, "data": f"{target}."},
            {"name": target, "type": "A", "ttl": address_ttl, "data": address},
        ]
        return json.dumps(
            {
                "schema": "cutover.dns/1", "at": moment(self.at_s).isoformat(), "resolver": self.resolver,
                "transport": "udp", "name": NAME, "type": "A", "rcode": "NOERROR",
                "authoritative": self.authoritative, "elapsed_ms": 1.0, "answers": answers,
                "error": None, "ede": None, "nsid": None,
            }
        )  # fmt: skip


@dataclass(frozen=True)
class World:
    """Answers of honest caches around a change at second 0, asked from -4 TTL to +4 TTL."""

    ttl_s: int
    cname_changes: bool
    entries: tuple[Entry, ...]

    def lines(self) -> list[str]:
        """Return all of it as lines."""
        return [entry.line(cname_changes=self.cname_changes) for entry in self.entries]


def moment(seconds: float) -> datetime:
    """Return a moment to the whole millisecond, as snapshots are written."""
    return CHANGE + timedelta(milliseconds=round(seconds * 1000))


def simulate(seed: int, *, authoritative: bool) -> World:
    """Return a world; a resolver has one to three caches behind its address, each of its own demand."""
    chance = random.Random(seed)  # noqa: S311 -- a simulation
    ttl_s = chance.choice([60, 300, 3600, 86_400])
    other_s = chance.choice([5, 60, 3600, 200_000])
    asked_s = [chance.uniform(-4 * ttl_s, 4 * ttl_s) for _ in range(chance.randint(3, 60))]
    entries = []
    for number in range(chance.randint(1, 6)):
        caches = [_fetches(chance, ttl_s) for _ in range(chance.randint(1, 3))]
        for at_s in asked_s:
            jittered = round(at_s + chance.uniform(0, 1), 3)
            fetched = max(one for one in chance.choice(caches) if one <= jittered)
            if fetched + ttl_s <= jittered:
                continue  # the cache is empty just then, and nobody answers
            entries.append(Entry(f"10.0.0.{number}", jittered, fetched, ttl_s, chance.randint(0, other_s)))
    if authoritative:
        own = (round(at_s, 3) for at_s in asked_s)
        entries += [Entry("192.0.2.53", at_s, at_s, ttl_s, other_s, authoritative=True) for at_s in own]
    return World(ttl_s, chance.random() < 0.5, tuple(entries))


def _fetches(chance: random.Random, ttl_s: int) -> list[float]:
    """Return when one cache fetched: again some time after each expiry, to the millisecond."""
    demand_s = chance.choice([1.0, ttl_s / 10, ttl_s])
    fetches = [round(-6 * ttl_s - chance.uniform(0, ttl_s), 3)]
    while fetches[-1] < 6 * ttl_s:
        fetches.append(round(fetches[-1] + ttl_s + chance.expovariate(1 / demand_s), 3))
    return fetches


def read(lines: list[str]) -> Snapshots:
    """Return the lines as they are read back from a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "dns.jsonl")
        path.write_text("\n".join(lines))
        return read_snapshots([str(path)])


def judge(snapshots: Snapshots, at_s: float, ttl_s: float | None = None) -> Propagation:
    """Return what they say so many seconds after the change."""
    old, new = [ip_address(OLD)], [ip_address(NEW)]
    return propagation(snapshots, names=[NAME], old=old, new=new, at=moment(at_s), ttl_s=ttl_s)


SEEDS = st.integers(min_value=0, max_value=2**32)
MANY = settings(max_examples=30, deadline=None, derandomize=True)


@MANY
@given(seed=SEEDS, authoritative=st.booleans(), when=st.floats(min_value=-4, max_value=4))
def test_no_entry_seen_outlives_the_bound(seed: int, authoritative: bool, when: float) -> None:
    """Every old entry seen up to a moment is gone by its resolver's bound, and by the bound of all."""
    world = simulate(seed, authoritative=authoritative)
    at_s = when * world.ttl_s
    seen = judge(read(world.lines()), at_s)
    bounds = {state.resolver: state.old_expires_at for state in seen.resolvers}
    for entry in world.entries:
        if entry.old and moment(entry.at_s) <= moment(at_s):
            bound = bounds[entry.resolver]
            assert bound is not None
            assert moment(entry.dies_s) <= bound
            assert seen.last_old_expires_at is not None
            assert bound <= seen.last_old_expires_at


@MANY
@given(seed=SEEDS, authoritative=st.booleans(), when=st.floats(min_value=-4, max_value=4))
def test_the_change_lies_in_the_interval(seed: int, authoritative: bool, when: float) -> None:
    """The change is never later than `changed_at`; with the TTL known, never earlier than `changed_after`."""
    world = simulate(seed, authoritative=authoritative)
    seen = judge(read(world.lines()), when * world.ttl_s, None if authoritative else world.ttl_s)
    if seen.changed_at is not None:
        assert seen.changed_at >= CHANGE
    if seen.changed_after is not None and moment(when * world.ttl_s) >= CHANGE:
        assert seen.changed_after <= CHANGE


@MANY
@given(seed=SEEDS)
def test_an_unknown_ttl_never_moves_the_change_before_itself(seed: int) -> None:
    """Caches alone, without a known TTL: `changed_at` is still never too early."""
    world = simulate(seed, authoritative=False)
    seen = judge(read(world.lines()), 4 * world.ttl_s)
    assert seen.changed_at is None or seen.changed_at >= CHANGE
    # Only once both servers' answers are seen is it known whose TTL counts.
    assert seen.ttl_s is None or seen.changed_at is None or seen.ttl_s <= world.ttl_s


@MANY
@given(seed=SEEDS, shuffle=st.randoms(use_true_random=False), when=st.floats(min_value=-4, max_value=4))
def test_the_order_of_lines_says_nothing(seed: int, shuffle: random.Random, when: float) -> None:
    """Any order of the lines, and a line told twice, give the same states and bounds."""
    world = simulate(seed, authoritative=True)
    lines = world.lines()
    other = list(lines)
    shuffle.shuffle(other)
    assert judge(read(lines), when * world.ttl_s) == judge(read(other), when * world.ttl_s)


@MANY
@given(seed=SEEDS, when=st.floats(min_value=-4, max_value=4))
def test_nothing_later_is_looked_at(seed: int, when: float) -> None:
    """The judgement at a moment is that of a file which ends there."""
    world = simulate(seed, authoritative=True)
    at_s = when * world.ttl_s
    earlier = replace(world, entries=tuple(one for one in world.entries if moment(one.at_s) <= moment(at_s)))
    assert judge(read(world.lines()), at_s) == judge(read(earlier.lines()), at_s)


@MANY
@given(seed=SEEDS, junk=st.text(max_size=60), place=st.integers(min_value=0, max_value=20))
def test_a_broken_line_changes_nothing_but_broken(seed: int, junk: str, place: int) -> None:
    """A line that is no snapshot is told, and has no other effect."""
    lines = simulate(seed, authoritative=True).lines()
    broken = [*lines[:place], "{" + " ".join(junk.splitlines()).encode("utf-8", "replace").decode(), *lines[place:]]
    clean, dirty = read(lines), read(broken)
    assert len(dirty.broken) == len(clean.broken) + 1
    assert judge(clean, 1e6) == judge(dirty, 1e6)


@MANY
@given(seed=SEEDS, authoritative=st.booleans(), when=st.floats(min_value=0, max_value=4))
def test_the_bound_holds_for_every_honest_cache(seed: int, authoritative: bool, when: float) -> None:
    """Asked or not, no entry fetched before the change outlives it; and nobody honest is said to go beyond."""
    world = simulate(seed, authoritative=authoritative)
    seen = judge(read(world.lines()), when * world.ttl_s, world.ttl_s if not authoritative else None)
    assert seen.beyond == ()
    if seen.bound is not None and seen.bound.at is not None:
        assert seen.bound.at >= CHANGE + timedelta(seconds=world.ttl_s)
        assert seen.turns == () or [turn.to for turn in seen.turns] == ["new"]
    assert not [one for one in seen.warnings if "rolled back" in one or "forgotten" in one]
