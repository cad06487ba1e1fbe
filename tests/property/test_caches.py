"""How caches let go: closed forms against simulated caches, limits, and weights learned from simulated clients."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.dns.resolvers import ResolverState
from analyzer.drain.caches import (
    BROWSER_S,
    UNHELD,
    Caches,
    Line,
    expected_caches,
    expiring,
    served_stale,
    stacked,
)
from analyzer.drain.moves import learned
from analyzer.simulation.caches import Resolver, one_cache
from analyzer.simulation.zone import Zone

HOUR_S, DAY_S = 3_600.0, 86_400.0
ttls = st.floats(1.0, 7 * DAY_S)
ages = st.floats(0.0, 9 * DAY_S)
lines = st.builds(
    Line,
    ttl_s=ttls,
    hold_s=st.sampled_from([0.0, 60.0, 1_800.0, DAY_S]),
    stale_s=st.just(0.0),
    count=st.floats(0.1, 50),
)
mixtures = st.lists(lines, min_size=1, max_size=6).map(lambda some: Caches(tuple(some)))


# --- one line --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_ttl", [0.5, 5.0])
def test_a_line_is_the_share_of_look_ups_that_simulated_caches_answer_old(per_ttl: float) -> None:
    """Whatever the demand, the shape is 1 - s / T: demand only sets how many are cached at all."""
    ttl_s = 600
    old = look_ups(Resolver(), ttl_s, per_ttl / ttl_s, 730)
    cached = per_ttl / (1 + per_ttl)
    for age in (100.0, 300.0, 500.0):
        assert old(age) == pytest.approx(cached * float(expiring(age, ttl_s)), abs=0.03)
    assert old(670.0) == 0 == expiring(670.0, ttl_s)


@pytest.mark.parametrize("per_ttl", [0.5, 4.0])
def test_stale_answers_are_those_of_simulated_caches(per_ttl: float) -> None:
    """Up to the TTL, and beyond it, where the first who asks is answered with what has expired."""
    ttl_s, window_s = 600, 1_800.0
    old = look_ups(Resolver(stale_s=window_s), ttl_s, per_ttl / ttl_s, 2_600)
    for age in (100.0, 500.0, 700.0, 1_200.0, 2_000.0):
        assert old(age) == pytest.approx(float(served_stale(age, ttl_s, window_s, per_ttl / ttl_s)), abs=0.03)
    assert served_stale(ttl_s + window_s, ttl_s, window_s, per_ttl / ttl_s) == pytest.approx(0, abs=1e-12)


def look_ups(resolver: Resolver, ttl_s: int, per_s: float, until_s: float):  # noqa: ANN201 -- a small function
    """Return the share of look-ups answered old at an age, of many simulated caches with Poisson demand."""
    rng = np.random.default_rng(21)
    at, old = [], []
    zone = Zone(ttl_s=ttl_s, new_ttl_s=ttl_s)
    for _ in range(20_000):
        start_s = -rng.uniform(6.0, 9.0) * ttl_s - 2 * resolver.stale_s  # caches must not be in step
        times = np.sort(rng.uniform(start_s, until_s, rng.poisson(per_s * (until_s - start_s))))
        at.append(times)
        old.append(one_cache(times, resolver, zone, 4, np.zeros(len(times)))[0] if len(times) else np.zeros(0, bool))
    asked, said = np.concatenate(at), np.concatenate(old).astype(bool)
    return lambda age: said[(asked > age - 60) & (asked <= age + 60)].mean()


@given(ttls, st.floats(1.0, 3 * DAY_S), st.floats(0, 1.2))
def test_two_layers_are_the_sum_of_two_uniform_ages(ttl: float, hold: float, part: float) -> None:
    """P(T U + C V > s), by a fine grid of both."""
    age = part * (ttl + hold)
    grid = (np.arange(400) + 0.5) / 400
    numeric = np.clip(1 - np.clip((age - hold * grid) / ttl, 0, 1), 0, 1).mean()
    assert float(stacked(age, ttl, hold)) == pytest.approx(numeric, abs=3e-3)


@given(ttls, ages)
def test_a_layer_that_holds_nothing_changes_nothing(ttl: float, age: float) -> None:
    """The limits: a hold of a hundredth of a second above a TTL, and a TTL of a second below a hold."""
    assert float(stacked(age, ttl, 0.01)) == pytest.approx(float(expiring(age, ttl)), abs=0.006)
    assert float(stacked(age, 0.0, 100 * DAY_S)) == pytest.approx(float(expiring(age, 100 * DAY_S)), abs=1e-6)


# --- the mixture -----------------------------------------------------------------------------------------------------


@given(mixtures, st.lists(ages, min_size=2, max_size=2))
def test_the_mixture_falls_from_all_to_none(caches: Caches, two: list[float]) -> None:
    """It is 1 at the turn, never rises, and is 0 when the longest line has ended."""
    first, second = sorted(two)
    assert float(caches.share(0.0)) == pytest.approx(1)
    assert 0 <= float(caches.share(second)) <= float(caches.share(first)) + 1e-9
    assert float(caches.share(caches.longest_s)) == pytest.approx(0, abs=1e-9)


@given(mixtures, st.floats(2, 100))
def test_only_the_ratio_of_counts_matters_to_the_mean(caches: Caches, times: float) -> None:
    """Counts say how sure it is, not what it is."""
    more = Caches(tuple(replace(line, count=line.count * times) for line in caches.lines))
    at = np.linspace(0, caches.longest_s, 9)
    assert more.share(at) == pytest.approx(caches.share(at))


@given(mixtures, st.floats(0, 0.95), st.floats(0.01, 0.99))
def test_the_time_that_is_exceeded_with_a_chance_has_that_chance(caches: Caches, part: float, chance: float) -> None:
    """Of those old at an age; both ways through the same table."""
    left = caches.residual(part * caches.longest_s)
    life = left.lives_s(np.array([chance]))
    assert left.exceeded(life)[0] == pytest.approx(chance, abs=1e-6)


@given(mixtures, st.floats(0, 0.9), st.floats(HOUR_S, 30 * DAY_S))
def test_the_mean_further_time_is_that_of_draws(caches: Caches, part: float, horizon: float) -> None:
    """Within a horizon, against draws spread evenly over all chances."""
    left = caches.residual(part * caches.longest_s)
    drawn = np.minimum(left.lives_s((np.arange(4_000) + 0.5) / 4_000), horizon)
    assert left.mean_s(horizon) == pytest.approx(drawn.mean(), rel=0.01, abs=1.0)


# --- what is believed, and learned -----------------------------------------------------------------------------------


def resolver(name: str, **seen: object) -> ResolverState:
    """Return a resolver that is as usual, but for what is given."""
    usual = {
        "resolver": name, "transport": "udp", "name": "www.example.org", "type": "A", "state": "old",
        "asked_at": datetime(2026, 3, 2, tzinfo=UTC), "old_expires_at": None, "ttl_s": 3_600.0, "authoritative": False,
        "problem": "", "first_new_at": None, "last_old_at": None, "questions": 9, "entries": 1, "constant_ttl": False,
        "stretches_ttl": False,
    }  # fmt: skip
    return ResolverState(**(usual | seen))


def weight(caches: Caches, ttl_s: float, *, stale_s: float = 0.0) -> float:
    """Return the weight of the line of a resolver with a browser above it, or of one with stale answers."""
    hold_s = 0.0 if stale_s else BROWSER_S
    return sum(one.count for one in caches.lines if (one.ttl_s, one.hold_s, one.stale_s) == (ttl_s, hold_s, stale_s))


def test_snapshots_tell_what_lines_there_are() -> None:
    """A cap, a stretched TTL and stale answers each are a line; a plain resolver speaks for the TTL's own."""
    alone = expected_caches(3_600.0)
    shown = (
        resolver("plain"),
        resolver("capped", caps_ttl_s=777.0),
        resolver("longer", stretches_ttl=True, ttl_s=14_400.0),
        resolver("stale", stale=True),
        resolver("server", authoritative=True, ttl_s=5.0, stretches_ttl=True),
    )
    seen = expected_caches(3_600.0, shown)
    assert weight(seen, 3_600.0) > weight(alone, 3_600.0)
    assert [weight(alone, one) for one in (777.0, 14_400.0)] == [0, 0]
    assert weight(seen, 777.0) == weight(seen, 14_400.0) == weight(seen, 3_600.0, stale_s=DAY_S) > 0
    assert weight(seen, 5.0) == 0, "a server of the zone is no cache"
    assert sum(seen.counts) == pytest.approx(sum(alone.counts) + 4 * weight(seen, 777.0))


def moved(rng: np.random.Generator, ttl_s: float, size: int, every_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Return when simulated clients were last at the old server and first at the new, coming at random."""
    left = ttl_s * rng.random(size)
    return np.maximum(left - rng.exponential(every_s, size), 0.0), left + rng.exponential(every_s, size)


def test_weights_are_learned_from_clients_that_turn_up_at_the_new_server() -> None:
    """Of a day's TTL most are found to be kept an hour only, as they are: the data outweigh the TTL."""
    rng = np.random.default_rng(22)
    prior = expected_caches(DAY_S)
    short, long = moved(rng, HOUR_S, 700, 300.0), moved(rng, DAY_S, 300, 300.0)
    last, new = (np.concatenate(both) for both in zip(short, long, strict=True))
    found, unheld = learned(prior, UNHELD, last, new, np.zeros(len(last)))
    for age in (1_800.0, 3 * HOUR_S, 12 * HOUR_S):
        true = 0.7 * float(expiring(age, HOUR_S)) + 0.3 * float(expiring(age, DAY_S))
        assert abs(float(found.share(age)) - true) < 0.5 * abs(float(prior.share(age)) - true)
    assert unheld == pytest.approx(UNHELD), "who moved within a day was held by a cache"


def test_clients_that_tell_nothing_change_nothing() -> None:
    """Never seen at the old server, and at the new one only after the last line: each line makes that as likely."""
    prior = expected_caches(3_600.0)
    late = np.full(5_000, 40 * DAY_S)
    found, unheld = learned(prior, UNHELD, np.zeros(5_000), late, np.ones(5_000))
    assert found.counts == pytest.approx(prior.counts)
    assert unheld == pytest.approx(UNHELD)


def test_who_is_seen_when_every_cache_has_expired_is_held_by_none() -> None:
    """They count for those that stay, up to what so many clients may weigh."""
    prior = expected_caches(300.0)
    found, unheld = learned(prior, UNHELD, np.full(50, 3 * DAY_S), np.full(50, np.inf), np.ones(50))
    assert found.counts == pytest.approx(prior.counts)
    assert unheld > 15
