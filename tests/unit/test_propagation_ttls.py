"""How long old entries live: which RRset counts, which TTL, and whose entries; worked out by hand."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

from dns_questions import NEW, OLD, T0, asked, at, judge, rrset


def test_the_changed_cname_counts_not_the_address() -> None:
    """`www CNAME app.old` with TTL 3600 changed: the old path lives 50 min more, though the address has 60 s."""
    before = rrset(3000, "app.old.example.", kind="CNAME") + rrset(60, OLD, name="app.old.example")
    after = rrset(3600, "app.new.example.", kind="CNAME") + rrset(60, NEW, name="app.new.example")
    seen = judge(asked(0, "a", before), asked(1, "b", after), now=10)
    assert seen.last_old_expires_at == at(50)
    assert seen.ttl_s == 3000


def test_the_changed_address_counts_not_the_cname() -> None:
    """The CNAME has a day, but the address below it is what changed: two minutes."""
    before = rrset(86_400, "web.example.", kind="CNAME") + rrset(120, OLD, name="web.example")
    after = rrset(86_400, "web.example.", kind="CNAME") + rrset(300, NEW, name="web.example")
    seen = judge(asked(0, "a", before), asked(1, "b", after), now=10)
    assert seen.last_old_expires_at == at(2)


def test_until_the_change_is_seen_the_longest_rrset_counts() -> None:
    """Nobody knows yet whether the CNAME or the address will change."""
    before = rrset(86_400, "web.example.", kind="CNAME") + rrset(120, OLD, name="web.example")
    assert judge(asked(0, "a", before)).last_old_expires_at == at(24 * 60)


def test_an_address_that_became_a_cname() -> None:
    """The A RRset at the name was replaced by a CNAME: the A RRset's TTL counts."""
    after = rrset(300, "cdn.example.", kind="CNAME") + rrset(20, NEW, name="cdn.example")
    assert judge(asked(0, "a", rrset(600, OLD)), asked(1, "b", after)).last_old_expires_at == at(10)


def test_an_rrset_lives_as_long_as_its_shortest_record() -> None:
    """RFC 2181 s5.2: unequal TTLs in an RRset mean the least."""
    answers = rrset(600, OLD) + rrset(120, "192.0.2.99")
    assert judge(asked(0, "a", answers), asked(1, "b", rrset(60, NEW))).last_old_expires_at == at(2)


def test_an_old_entry_of_another_cache_outlives_a_new_answer() -> None:
    """The pool answers new at 5 min, but the entry seen at 0 lives until 10 min."""
    seen = judge(asked(0, "a", rrset(600, OLD)), asked(5, "a", rrset(3600, NEW)), now=6)
    assert seen.on_new == 1
    assert seen.last_old_expires_at == at(10)
    assert seen.resolvers[0].old_expires_at == at(10)


def test_two_caches_behind_one_address_are_told_apart() -> None:
    """Entries that expire at 60 and at 30 min are seen side by side: two caches."""
    seen = judge(asked(0, "a", rrset(3600, OLD)), asked(1, "a", rrset(1740, OLD)), asked(2, "a", rrset(3480, OLD)))
    assert seen.resolvers[0].entries == 2
    assert "has 2 caches or more behind one address" in seen.resolvers[0].facts


def test_successive_entries_are_one_cache() -> None:
    """Fetched again after it expired: one entry at a time."""
    seen = judge(asked(0, "a", rrset(300, OLD)), asked(6, "a", rrset(300, OLD)), asked(8, "a", rrset(180, OLD)))
    assert seen.resolvers[0].entries == 1


def test_a_ttl_lowered_early_enough_counts_as_lowered() -> None:
    """A day until two days before the change, then five minutes: entries with a day are gone by the change."""
    ns = [asked(-60 * h, "ns", rrset(86_400, OLD), authoritative=True) for h in (72, 60, 50)]
    ns += [asked(-60 * h, "ns", rrset(300, OLD), authoritative=True) for h in (40, 20, 1)]
    changed = asked(0, "ns", rrset(300, NEW), authoritative=True)
    assert judge(*ns, changed).ttl_s == 300
    late = asked(-60 * 5, "ns", rrset(86_400, OLD), authoritative=True)
    assert judge(*ns, late, changed).ttl_s == 86_400


def test_a_ttl_shorter_than_the_steps_of_asking_is_found_all_the_same() -> None:
    """Asked every half hour, a TTL of five minutes shows 300 s or less; just before the change it happened to be 30."""
    asks = [asked(-30 * n - 1, "a", rrset(30 if n == 0 else 300, OLD)) for n in range(10)]
    assert judge(*asks, asked(4, "a", rrset(300, NEW))).ttl_s == 300


def test_the_resolver_that_stretches_the_ttl_is_named() -> None:
    """8,423 s for a zone of 300 s: named, and not the TTL; its own entry is bounded by what it showed."""
    others = [asked(0, f"10.0.0.{n}", rrset(200 + n, OLD)) for n in range(5)]
    seen = judge(*others, asked(0, "10.1.1.1", rrset(8423, OLD)), asked(1, "10.0.0.0", rrset(300, NEW)))
    assert [one.resolver for one in seen.resolvers if one.stretches_ttl] == ["10.1.1.1"]
    assert seen.ttl_s == 204
    assert seen.last_old_expires_at == T0 + timedelta(seconds=8423)


def test_standing_ttls_are_no_ages() -> None:
    """600 s each minute: the resolver shows the original TTL, and its entry may be as old as that."""
    still = [asked(m, "a", rrset(600, OLD)) for m in range(4)]
    seen = judge(*still, asked(8, "b", rrset(600, NEW)), ttl_s=600)
    assert [one.constant_ttl for one in seen.resolvers] == [True, False]
    assert seen.changed_after is not None
    assert seen.changed_after <= at(-7)
    assert judge(*still, ttl_s=3600).last_old_expires_at == at(3 + 60)


def test_full_ttls_far_apart_are_honest() -> None:
    """Asked every 20 min, a TTL of 600 s has always started anew."""
    assert not judge(*(asked(20 * n, "a", rrset(600, OLD)) for n in range(4))).resolvers[0].constant_ttl


def test_a_ttl_beyond_a_week_is_cut() -> None:
    """RFC 8767 s4: seven days; nobody waits 68 years for a liar."""
    assert judge(asked(0, "a", rrset(2**31 - 1, OLD))).last_old_expires_at == T0 + timedelta(days=7)
