"""Laws that hold for any seed: of caches, of the logs, and of the truth."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer import simulation
from analyzer.simulation.caches import Resolver, answer
from analyzer.simulation.parts import Lookups
from analyzer.simulation.people import People
from analyzer.simulation.run import arrive_old
from analyzer.simulation.truth import COUNTS, TrueClient, Truth
from analyzer.simulation.world import World
from analyzer.simulation.zone import Zone

CACHES = 4000
TTL_S = 1000
ZONE = Zone(ttl_s=TTL_S, new_ttl_s=TTL_S, lags_s=(0.0,))


def share_old(demand: float, resolver: Resolver, from_s: float, until_s: float) -> tuple[float, float]:
    """Return the share of look-ups in a period that many like caches answer old, and its standard error.

    Each cache gets Poisson look-ups with `demand` a TTL. The error comes from the caches, which are independent. They
    start at different moments of a mean cycle: started together, busy caches would still expire together.
    """
    draw = np.random.default_rng([7, int(demand * 10), int(from_s)])
    start_s = -(10.0 + (1 + 1 / demand) * draw.random(CACHES)) * TTL_S
    counts = draw.poisson(demand * (until_s - start_s) / TTL_S)
    which = np.repeat(np.arange(CACHES), counts)
    at_s = start_s[which] + draw.random(len(which)) * (until_s - start_s[which])
    old = answer(Lookups(at_s, which, np.full(len(which), 4)), (resolver,) * CACHES, ZONE, draw).old
    inside = at_s >= from_s
    asked = np.bincount(which[inside], minlength=CACHES)
    of_old = np.bincount(which[inside], weights=old[inside], minlength=CACHES)
    share = of_old.sum() / asked.sum()
    return share, float(np.sqrt(np.sum((of_old - share * asked) ** 2)) / asked.sum())


@pytest.mark.parametrize("demand", [0.2, 1.0, 5.0, 20.0])
@pytest.mark.parametrize("tenth", [0, 4, 8])
def test_honest_cache_decays_on_a_straight_line(demand: float, tenth: int) -> None:
    """F(s) = lambda (T - s)+ / (1 + lambda T): renewal cycle of T and an exponential wait, PASTA (Wolff 1982)."""
    from_s, until_s = tenth * TTL_S / 10, (tenth + 2) * TTL_S / 10
    share, error = share_old(demand, Resolver(), from_s, until_s)
    middle = 1 - (tenth + 1) / 10
    assert abs(share - demand * middle / (1 + demand)) < 4 * error


@pytest.mark.parametrize("demand", [0.2, 1.0, 5.0])
def test_honest_cache_ends_at_its_ttl(demand: float) -> None:
    """No look-up later than T after the change is answered old."""
    assert share_old(demand, Resolver(), TTL_S, 2 * TTL_S)[0] == 0.0


@pytest.mark.parametrize("demand", [0.2, 1.0])
def test_stale_window_makes_an_exponential_tail(demand: float) -> None:
    """With stale-while-revalidate for W: F(s) = (exp(-l (s - T)) - exp(-l W)) / (1 + l T) for T <= s <= T + W.

    Each cycle is T and an exponential wait; the look-up that ends it is answered old if the wait was at most W.
    """
    window = 2.0
    from_s, until_s = 1.2 * TTL_S, 1.4 * TTL_S
    share, error = share_old(demand, Resolver(stale_s=window * TTL_S), from_s, until_s)
    s = np.linspace(0.2, 0.4, 1001)
    expected = np.mean(np.exp(-demand * s) - np.exp(-demand * window)) / (1 + demand)
    assert abs(share - expected) < 4 * error + 1e-4


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), ttl_s=st.sampled_from([60, 300, 3600]))
def test_no_honest_client_is_old_after_the_ttl_and_the_browsers_hold(seed: int, ttl_s: int) -> None:
    """With honest resolvers and browsers that keep an address 60 s, all is over at lag + T + 60 s and a page's load."""
    resolvers = tuple(Resolver(backends=1 + i % 3, weight=1 / (i + 1)) for i in range(10))
    world = World(seed=seed, zone=Zone(ttl_s=ttl_s), resolvers=resolvers)
    part = People(holds_s=((60.0, 1.0),)).part(world, world.rng("people"))
    answers = answer(part.lookups, resolvers, world.zone, world.rng("caches"))
    old_s = part.requests.at_s[arrive_old(part, answers.old)]
    page_load_s = 15.0
    assert old_s.max() < max(world.zone.lags_s) + ttl_s + 60.0 + page_load_s
    assert (old_s < 0).sum() > 1000


def everything(migrated: simulation.Migrated) -> bytes:
    """Return all that is written of a migration."""
    files = [f.name.encode() + f.data for f in migrated.old_files + migrated.new_files]
    return b"".join(files) + migrated.snapshots.encode() + migrated.truth.arrivals_s.tobytes()


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_seed_decides_everything(seed: int) -> None:
    """The same seed gives the same bytes, another one gives others."""
    once = everything(simulation.simulate("quiet", seed))
    assert everything(simulation.simulate("quiet", seed)) == once
    assert everything(simulation.simulate("quiet", seed + 1)) != once


LINE = re.compile(rb'(\S+) - \S+ \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d+) \d+ "(?:[^"\\]|\\.)*" "((?:[^"\\]|\\.)*)"')


@cache
def logged(scenario: str) -> tuple[Truth, list[tuple[datetime, str]]]:
    """Return the truth, and (time, kind) of each request in the old server's log by a parser of its own."""
    migrated = simulation.simulate(scenario, 11)
    kinds = {(c.address, c.agent): c.kind for c in migrated.truth.clients}
    found = []
    for file in migrated.old_files:
        data = gzip.decompress(file.data) if file.name.endswith(".gz") else file.data
        for line in data.split(b"\n"):
            match = LINE.fullmatch(line)
            if match is None or match[3] == b"-" or match[1] == b"::1":
                continue
            at = datetime.strptime(match[2].decode(), "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC)
            agent = match[5].decode().replace('\\"', '"').replace("\\\\", "\\")
            found.append((at, kinds[match[1].decode(), None if agent == "-" else agent]))
    return migrated.truth, found


@settings(max_examples=60, deadline=None)
@given(
    scenario=st.sampled_from(["sample", "rollback", "quiet"]),
    after_s=st.integers(0, 10 * 86_400 - 2),
    kind=st.sampled_from(["person", "program", "crawler", "monitor", "scanner"]),
)
def test_truth_counts_what_the_log_shows(scenario: str, after_s: int, kind: str) -> None:
    """Requests in the old log later than any moment are those that the truth says a removal then would lose."""
    truth, requests = logged(scenario)
    at = truth.changed_at + timedelta(seconds=after_s)
    until = truth.logs_end_at - timedelta(seconds=1)
    in_log = sum(1 for moment, found in requests if found == kind and at < moment <= until)
    assert truth.lost_requests(at, (until - at).total_seconds(), counts=(kind,)) == in_log


def test_the_gap_hides_only_its_own_hours() -> None:
    """The truth counts what arrived in the gap, the log does not show it, and elsewhere both agree."""
    truth, requests = logged("gap")
    ((gap_from, gap_until),) = truth.gaps
    assert not [at for at, _ in requests if gap_from <= at < gap_until]
    second = timedelta(seconds=1)
    monitor = truth.lost_requests(gap_from - second, (gap_until - gap_from).total_seconds(), counts=("monitor",))
    assert monitor == 9 * 12, "a monitor that asks every five minutes, in nine hours"
    after = sum(1 for at, kind in requests if at >= gap_until and kind == "monitor")
    rest_s = (truth.logs_end_at - gap_until).total_seconds()
    assert truth.lost_requests(gap_until - second, rest_s, counts=("monitor",)) == after


def test_a_forgotten_aaaa_record_keeps_ipv6_people_on_the_old_server() -> None:
    """On day 4, just before the AAAA record is changed, those who still arrive do so over IPv6, and they are many."""
    truth = simulation.simulate("aaaa", 3).truth
    is_person = np.array([c.kind == "person" for c in truth.clients])[truth.arrival_client]
    late = truth.arrival_client[is_person & (truth.arrivals_s > 3.5 * 86_400) & (truth.arrivals_s < 4 * 86_400)]
    assert len(late) > 50
    assert all(":" in truth.clients[code].address for code in late.tolist())


@settings(deadline=None)
@given(
    arrivals=st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["person", "program", "scanner"])), max_size=12),
    horizon=st.integers(1, 40),
    budget=st.integers(0, 4),
)
def test_safe_from_is_what_trying_every_moment_finds(
    arrivals: list[tuple[int, str]], horizon: int, budget: int
) -> None:
    """The first second from which `lost_requests` stays within the budget, by trying all of them."""
    arrivals.sort(key=lambda row: row[0])
    changed = datetime(2026, 1, 1, tzinfo=UTC)
    clients = tuple(TrueClient("192.0.2.1", kind, kind, "", None, None) for _, kind in arrivals)
    times = np.array([at for at, _ in arrivals], dtype=np.int64)
    end = changed + timedelta(seconds=60)
    truth = Truth("", 0, changed, 1, end, end, (changed,), (), clients, times, np.arange(len(arrivals)))
    lost = [truth.lost_requests(changed + timedelta(seconds=s), horizon) for s in range(60 - horizon + 1)]
    by_hand = [sum(1 for t, k in arrivals if k in COUNTS and s < t <= s + horizon) for s in range(60 - horizon + 1)]
    assert lost == by_hand
    bad = [s for s, count in enumerate(lost) if count > budget]
    expected = None if bad and bad[-1] == 60 - horizon else changed + timedelta(seconds=bad[-1] + 1 if bad else 0)
    assert truth.safe_from(horizon, budget) == expected
