"""Histories of a change: its servers, TTLs and caches; what is said of them, each worked out by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from dns_histories import MINUTES, Says, asked, at, bound_s, cache, dead, judge, server, state_of, turned
from dns_questions import NEW, OLD

from analyzer.cli.dns_words import as_text


def test_a_quick_server_says_nothing_of_a_slow_one() -> None:
    """The primary is new at 0; the secondary, asked just before it in each round, is old until 600."""
    slow = server("ns2", turned(600), range(-1201, 3599, 60))
    seen = judge(server("ns1", turned(0)), slow, now=2000)
    assert bound_s(seen) == 659 + 300
    assert (seen.changed_after, seen.changed_at, seen.first_changed_at) == (at(599), at(659), at(0))


def test_who_lags_moves_the_change_only_once_it_follows() -> None:
    """Meanwhile the change is that of the others, however often the slow one is asked; and no bound is given."""
    slow = server("ns2", turned(10_000))
    for now in (120, 600, 3000):
        seen = judge(server("ns1", turned(0)), slow, now=now)
        assert (seen.changed_after, seen.changed_at) == (at(-60), at(0))
        assert (bound_s(seen), seen.authoritative_agree) == (None, False)


def test_a_server_that_died_old_is_old() -> None:
    """It answers nobody since 60: when it is back, it may be as old as it was."""
    gone = server("ns2", turned(500), range(-1200, 60, 60)) + dead("ns2", range(60, 3600, 60))
    seen = judge(server("ns1", turned(0)), gone, now=3500)
    assert (bound_s(seen), seen.authoritative_agree, state_of(seen, "ns2").state) == (None, False, "failing")
    assert seen.bound is not None
    assert (
        "when it last answered, at 2026-03-02T22:00:00Z"
        in judge(server("ns1", turned(0)), gone, now=4000).bound.because
    )  # type: ignore[union-attr] -- as just asserted


def test_a_change_that_is_taken_back_and_made_again() -> None:
    """New at 0, old at 600, new at 1800: the last turn counts; until it, the second is told."""
    says: Says = lambda seconds: OLD if seconds < 0 or 600 <= seconds < 1800 else NEW  # noqa: E731 -- beside `turned`
    during, after = (judge(server("ns1", says), cache("a", says), now=now) for now in (1000, 3000))
    assert [(turn.to, turn.at) for turn in after.turns] == [("new", at(0)), ("old", at(600)), ("new", at(1800))]
    assert (after.changed_after, after.changed_at, after.first_changed_at) == (at(1740), at(1800), at(0))
    assert bound_s(after) == 2100
    assert bound_s(during) is None
    assert "The A record of app.example.com was changed back" in during.warnings[0]
    assert "The change was seen, and was taken back by 2026-03-02T22:10:00Z." in as_text(during)


def test_a_mistyped_address_is_told() -> None:
    """The zone leads to a third server: nobody is on old any more, and nobody on new."""
    seen = judge(server("ns1", turned(0, new="198.51.100.50")), now=600)
    assert (seen.changed_at, seen.on_new, state_of(seen, "ns1").state) == (None, 0, "neither")
    assert any("leads to neither the old nor the new server" in warning for warning in seen.warnings)
    block = cache("filter", lambda _: "203.0.113.66")
    assert judge(server("ns1", turned(0)), block, now=600).warnings == ()


def test_both_addresses_together_are_old_still() -> None:
    """Old, then both until 600, then new: a cache that has both until 900 may send people to the old one."""
    both = [asked(one, "ns1", 300, OLD, NEW, authoritative=True) for one in range(0, 600, 60)]
    rest = server("ns1", turned(0), [*range(-1200, 0, 60), *range(600, 3600, 60)])
    assert judge(both, rest, now=300).authoritative_agree is False
    seen = judge(both, rest, now=2000)
    assert (seen.changed_after, seen.changed_at, bound_s(seen)) == (at(540), at(600), 900)


def test_a_ttl_lowered_too_late_lives_on() -> None:
    """A day until an hour before the change: what was fetched then lives for 23 hours, neither 5 min nor 24 h."""
    rounds = range(-90_000, 3600, 300)
    rows = [
        asked(one, "ns1", 86_400 if one < -3600 else 300, OLD if one < 0 else NEW, authoritative=True) for one in rounds
    ]
    seen = judge(rows, now=3000)
    assert bound_s(seen) == 86_400 - 3600
    assert seen.bound is not None
    assert seen.bound.because.startswith(
        "The A record of app.example.com had a TTL of 24 h until 2026-03-02T21:00:00Z;"
    )


def test_a_ttl_lowered_before_anybody_asked_accuses_nobody() -> None:
    """The servers say 300 s since they were first asked, at -1200; three caches count down from an hour."""
    caches = [
        asked(one, f"c{number}", fetched + 3600 - one, OLD)
        for number, fetched in enumerate((-2000, -2500, -3000))
        for one in range(-1190, fetched + 3600, 60)
    ]
    seen = judge(server("ns1", turned(0)), caches, now=500)
    assert seen.beyond == ()
    assert not any(state.stretches_ttl for state in seen.resolvers)
    bound = bound_s(seen)
    assert bound is not None
    assert bound >= 1600, "the youngest of them was fetched at -2000"


def test_one_that_alone_shows_more_stretches() -> None:
    """As before, but four others agree with the servers: it is named with the moment its entry expires."""
    odd = [asked(one, "x", 1600 - one, OLD) for one in range(-1190, 1600, 60)]
    honest = [row for n in range(4) for row in cache(f"d{n}", turned(0), phase=40 * n)]
    seen = judge(server("ns1", turned(0)), odd, honest, now=600)
    assert [(beyond.resolver, beyond.until, beyond.over) for beyond in seen.beyond] == [("x", at(1600), False)]
    assert bound_s(seen) == 300


def test_many_that_keep_fetching_longer_stretch() -> None:
    """Both keep an hour, and did so again in entries fetched since the servers were asked: that is no older TTL."""
    rounds = range(-12_000, 1200, 60)
    keepers = cache("x", turned(0), rounds, life=3600) + cache("y", turned(0), rounds, phase=700, life=3600)
    seen = judge(server("ns1", turned(0), rounds), keepers, now=60)
    assert {state.resolver for state in seen.resolvers if state.stretches_ttl} == {"x", "y"}
    assert bound_s(seen) == 300


@pytest.mark.parametrize(("ttl", "life", "phase", "cap"), [(3600, 600, 17, True), (300, 300, 20, False)])
def test_a_cap_is_proven_or_not_said(ttl: int, life: int, phase: int, cap: bool) -> None:
    """Each entry can have begun with ten minutes and a round at most, of an hour; an honest one begins unseen."""
    rounds = range(-12_000, 0, 60)
    state = state_of(
        judge(server("ns1", turned(0), rounds, ttl=ttl), cache("a", turned(0), rounds, phase=phase, life=life), now=0),
        "a",
    )
    assert (state.caps_ttl_s is not None) is cap
    assert state.caps_ttl_s is None or life - 60 < state.caps_ttl_s <= life


def test_a_zone_that_is_not_cached() -> None:
    """A TTL of 0: over with the change."""
    assert bound_s(judge(server("ns1", turned(0), ttl=0), now=600)) == 0


def test_caches_behind_one_address_are_counted() -> None:
    """Three, a hundred seconds apart, of which each question meets another."""
    rows = [
        cache("pool", turned(100), [one], phase=100 * (number % 3))[0]
        for number, one in enumerate(range(-900, 700, 20))
    ]
    state = state_of(judge(server("ns1", turned(100)), rows, now=250), "pool")
    assert (state.entries, state.state, state.old_expires_at) == (3, "old", at(300))


def test_an_entry_fetched_before_the_last_expired_is_one_cache() -> None:
    """Prefetched in the last tenth of 300 s: each 270 s a full one."""
    rows = [
        asked(one, "a", 300 - (one - 10) % 270, OLD if one - (one - 10) % 270 < 0 else NEW)
        for one in range(-6000, 600, 30)
    ]
    state = state_of(judge(server("ns1", turned(0), range(-6000, 600, 60)), rows, now=500), "a")
    assert state.entries == 1


def test_an_address_fetched_again_with_its_alias_is_one_cache() -> None:
    """An alias of a minute brings a new address each time (PowerDNS Recursor): the former is never seen again."""
    rows = [asked(t, "a", 300 - t % 60, OLD if t < 0 else NEW) for t in range(-1200, 600, 10)]
    assert state_of(judge(server("ns1", turned(0)), rows, now=500), "a").entries == 1


def test_three_questions_at_once_meet_three_caches() -> None:
    """With 300, 120 and 240 s left of 300 within two seconds, nobody can have fetched one after the other."""
    rows = [asked(t, "a", left, OLD) for t, left in ((-62, 300), (-61, 120), (-60, 240))]
    for servers in (server("ns1", turned(0)), []):
        assert state_of(judge(servers, rows, now=-30), "a").entries == 3


def test_expired_answers_are_no_caches() -> None:
    """From 300 to 1500 each answer is said to have expired: one cache, beyond the bound, over when it is new."""
    stale = [asked(one, "a", 30, OLD, ede="3 (Stale Answer)") for one in range(300, 1500, 10)]
    rows = cache("a", turned(0), range(-1200, 300, 60)) + stale + cache("a", turned(0), range(1500, 3600, 60))
    for now, over in ((1000, False), (3000, True)):
        seen = judge(server("ns1", turned(0)), rows, now=now)
        assert state_of(seen, "a").entries == 1
        assert [(beyond.resolver, beyond.over) for beyond in seen.beyond] == [("a", over)]
        assert seen.beyond[0].because == "serves expired records, and says so (RFC 8767)"


def test_what_is_passed_on_as_it_came_is_kept_longer_all_the_same() -> None:
    """It keeps 900 s of 300: an entry shows 300 to whom it was fetched for, and counts down from 900 for all others."""
    rows = [asked(t, "a", 300 if t % 900 == 0 else 900 - t % 900, OLD if t < 900 else NEW) for t in MINUTES]
    for now, until in ((0, 840), (60, 900), (600, 900), (899, 900)):
        state = state_of(judge(server("ns1", turned(0)), rows, now=now), "a")
        assert (state.old_expires_at, state.entries) == (at(until), 1), "840 s is the longest that was seen by 0"
