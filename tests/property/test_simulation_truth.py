"""The truth follows from the list of events, found by a slow way of its own; a mechanism changes only its clients."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.simulation import SCENARIOS, run
from analyzer.simulation.accesslog import old_log
from analyzer.simulation.bindings import Busy, HardCoded
from analyzer.simulation.caches import Resolver, answer
from analyzer.simulation.crowds import Neighbours
from analyzer.simulation.formats import FORMATS
from analyzer.simulation.parts import FIXED_OLD, IPV6, Lookups
from analyzer.simulation.programs import Job
from analyzer.simulation.resolvers import Population
from analyzer.simulation.scanners import Scanners
from analyzer.simulation.world import World
from analyzer.simulation.zone import Zone

if TYPE_CHECKING:
    from analyzer.simulation.caches import Answers
    from analyzer.simulation.scenario import Mechanism, Setting
    from analyzer.simulation.truth import Truth

SEED = 5
STORIES = ("a-stale", "a-jvm", "a-rollback", "b-hamlet")


def setting(name: str) -> Setting:
    """Return a family's setting with servers that lag alike, and caches of every sort."""
    drawn = SCENARIOS[name].setting(World(seed=SEED).rng(f"family.{name}"))
    world = replace(drawn.world, zone=replace(drawn.world.zone, lags_s=(7.0, 7.0)))
    return replace(drawn, world=world, population=Population(12, 0.2, 0.2, 0.2, 0.2))


@dataclass
class Entry:
    """What a cache holds of one record."""

    old: bool
    fetched_s: float
    kept_s: float


def answered_one_by_one(world: World, lookups: Lookups, answers: Answers) -> list[bool]:
    """Return which look-ups are answered old: all caches at once, one look-up after the other."""
    zone = world.zone
    entries: dict[tuple[int, int, int], Entry] = {}
    old = [False] * len(lookups.at_s)
    for row in np.argsort(lookups.at_s, kind="stable").tolist():
        at_s, which, family = float(lookups.at_s[row]), int(lookups.resolver[row]), int(lookups.family[row])
        resolver = world.resolvers[which]
        turns_s = zone.turns6_s if family == IPV6 else zone.turns_s
        published_old = sum(turn + zone.lags_s[0] <= at_s for turn in turns_s) % 2 == 0
        ttl_s = zone.ttl_s if published_old else zone.new_ttl_s
        fresh = Entry(published_old, at_s, min(max(ttl_s, resolver.floor_s), resolver.ceiling_s))
        key = (which, int(answers.backend[row]), family)
        held = entries.get(key)
        if held is not None and at_s - held.fetched_s < held.kept_s * (1 - resolver.prefetch):
            old[row] = held.old
            continue
        refreshes = resolver.prefetch > 0 or resolver.stale_s > 0
        usable = held is not None and refreshes and at_s - held.fetched_s <= held.kept_s + resolver.stale_s
        old[row] = held.old if held is not None and usable else fresh.old
        entries[key] = fresh
    return old


@settings(max_examples=150, deadline=None)
@given(
    times=st.lists(st.integers(-3_000, 3_000), min_size=1, max_size=60, unique=True),
    resolver=st.builds(
        Resolver,
        floor_s=st.sampled_from([0, 700]),
        ceiling_s=st.sampled_from([300, 10_000]),
        stale_s=st.sampled_from([0.0, 250.0]),
        prefetch=st.sampled_from([0.0, 0.1, 0.5]),
    ),
    turns_s=st.sampled_from([(0.0,), (0.0, 400.0, 900.0)]),
)
def test_a_cache_answers_as_one_look_up_after_the_other(
    times: list[int], resolver: Resolver, turns_s: tuple[float, ...]
) -> None:
    """All look-ups of a cache at once give what stepping through them gives."""
    at_s = np.sort(np.array(times, dtype=np.float64))
    zone = Zone(ttl_s=500, new_ttl_s=100, turns_s=turns_s, turns6_s=turns_s, lags_s=(0.0,))
    world = World(zone=zone, resolvers=(resolver,))
    lookups = Lookups(at_s, np.zeros(len(at_s), np.int64), np.full(len(at_s), 4))
    answers = answer(lookups, world.resolvers, zone, np.random.default_rng(0))
    assert answers.old.tolist() == answered_one_by_one(world, lookups, answers)


@dataclass(frozen=True)
class Event:
    """One request that arrives at the old server, in whole seconds after the change, and who sends it."""

    second: int
    client: int


@dataclass(frozen=True)
class Story:
    """A migration: its truth, and by the slow way who arrives where."""

    truth: Truth
    old: list[Event]  # from the change on
    new: list[Event]
    played: run.Played


@cache
def story(name: str) -> Story:
    """Return a migration."""
    chosen = setting(name)
    played = run.played(chosen, SEED)
    looked_up = answered_one_by_one(played.world, played.lookups, played.answers)
    looked_up = looked_up[len(played.lookups.at_s) - len(played.part.lookups.at_s) :]
    requests, known_s = played.part.requests, played.world.known_until_s
    old, new = [], []
    for at_s, client, lookup in zip(
        requests.at_s.tolist(), requests.client.tolist(), requests.lookup.tolist(), strict=True
    ):
        here = looked_up[lookup] if lookup >= 0 else lookup == FIXED_OLD
        sender = played.part.clients[client]
        if not sender.kind or sender.host is not None:
            continue
        if here and 0 <= at_s < known_s:
            old.append(Event(int(at_s), client))
        elif not here and 0 <= at_s < played.world.settled_s:
            new.append(Event(int(at_s), client))
    return Story(run.seen(name, chosen, played).truth, old, new, played)


@settings(max_examples=30, deadline=None)
@given(
    name=st.sampled_from(STORIES),
    after_s=st.integers(0, 30 * 86_400),
    horizon_s=st.integers(3_600, 30 * 86_400),
    counts=st.sampled_from([("person",), ("program",), ("person", "program"), ("scanner", "monitor")]),
    accepted=st.sampled_from([(), ("203.0.113.0/24",), ("2001:db8::/32",), ("100.64.0.0/10", "198.18.0.0/15")]),
)
def test_lost_are_the_events_of_the_horizon(
    name: str, after_s: int, horizon_s: int, counts: tuple[str, ...], accepted: tuple[str, ...]
) -> None:
    """Requests and clients that a removal would lose, counted one event after the other."""
    told = story(name)
    truth, played = told.truth, told.played
    networks = [ip_network(network) for network in accepted]
    fine = [any(ip_address(one.address) in network for network in networks) for one in played.part.clients]
    lost: list[tuple[str, str | None]] = []
    for event in told.old:
        if after_s < event.second <= after_s + horizon_s:
            sender = played.part.clients[event.client]
            if sender.kind in counts and not fine[event.client]:
                lost.append((sender.address, sender.agent))
    at = truth.changed_at + timedelta(seconds=after_s)
    assert truth.lost_requests(at, horizon_s, counts, accepted) == len(lost)
    assert truth.lost_clients(at, horizon_s, counts, accepted) == len(set(lost))


@pytest.mark.parametrize("name", STORIES)
def test_who_moves_when_follows_from_the_events(name: str) -> None:
    """A client's last request at the old server, its first direct one since, and who is stuck at the logs' end."""
    told = story(name)
    truth, senders = told.truth, told.played.part.clients
    last: dict[tuple[str, str | None], int] = {}
    for event in told.old:
        who = (senders[event.client].address, senders[event.client].agent)
        last[who] = max(last.get(who, 0), event.second)
    moved: dict[tuple[str, str | None], int] = {}
    for event in told.new:
        who = (senders[event.client].address, senders[event.client].agent)
        if who in last and event.second >= last[who]:
            moved[who] = min(moved.get(who, event.second), event.second)
    since = [
        ((c.address, c.agent), c.last_old_at - truth.changed_at, c.moved_at and c.moved_at - truth.changed_at)
        for c in truth.clients
        if c.last_old_at is not None and c.last_old_at >= truth.changed_at
    ]
    assert {who: int(old.total_seconds()) for who, old, _ in since} == last
    assert {who: int(new.total_seconds()) for who, _, new in since if new is not None} == moved
    kinds = {(sender.address, sender.agent): sender.kind for sender in senders}
    for after_s in (3_600, told.played.world.after_s):
        here = {who for who, at in last.items() if at > after_s and kinds[who] in {"person", "program"}}
        stuck = truth.stuck_clients(truth.changed_at + timedelta(seconds=after_s))
        assert {(c.address, c.agent) for c in stuck} == here - set(moved)


EXTRA: dict[str, Mechanism] = {
    "hard-coded": Job("203.0.113.222", "Java/21", 600.0, ("GET /x HTTP/1.1",), HardCoded()),
    "scanners": Scanners(30.0, (86_400.0,)),
    "neighbours": Neighbours(visits_per_day=5.0),
}


def without(played: run.Played, known: int) -> list[tuple[float, int, bool, str]]:
    """Return the requests of the first clients: when, who, whether at the old server, and what."""
    requests = played.part.requests
    mine = requests.client < known
    columns = (requests.at_s[mine], requests.client[mine], played.old[mine], requests.line[mine])
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("which", list(EXTRA))
def test_a_mechanism_that_asks_no_resolver_changes_only_its_clients(which: str) -> None:
    """All others send the same requests at the same moments to the same servers, and their lines stand in the log."""
    chosen = setting("a-low")
    before = run.played(chosen, SEED)
    after = run.played(replace(chosen, mechanisms=(*chosen.mechanisms, EXTRA[which])), SEED)
    known = len(before.part.clients)
    assert len(after.part.clients) > known
    assert without(after, known) == without(before, known)
    lines = [
        {line for file in old_log(p.world, p.part, p.old, FORMATS["combined"])[:2] for line in file.data.splitlines()}
        for p in (before, after)
    ]
    assert lines[0] < lines[1]


def test_a_mechanism_that_asks_resolvers_changes_nobodys_requests() -> None:
    """Who else asks the same caches may come to another answer; what he asks of the servers, and when, stays."""
    chosen = setting("a-low")
    pool = Job("203.0.113.222", "okhttp/4", 60.0, ("GET /x HTTP/1.1",), Busy())
    before = run.played(chosen, SEED)
    after = run.played(replace(chosen, mechanisms=(*chosen.mechanisms, pool)), SEED)
    known = len(before.part.clients)
    strip = [[(at, who, what) for at, who, _, what in without(p, known)] for p in (before, after)]
    assert strip[0] == strip[1]
    assert after.part.clients[:known] == before.part.clients
