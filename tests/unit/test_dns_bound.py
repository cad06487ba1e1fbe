"""What sets the bound, and who goes beyond it: cases worked out by hand."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

from dns_questions import CHANGED, NAME, NEW, OLD, OLD6, Row, asked, at, judge, rrset, told

from analyzer.dns.answers import says_stale

BOUND = at(60) + timedelta(seconds=2)  # the change was seen at 0, the TTL before it is an hour, TTLs round twice


def test_the_bound_is_the_change_and_a_ttl() -> None:
    """Published at 0 min at the latest, with an hour before it: and it says so."""
    seen = judge(*CHANGED)
    assert seen.bound is not None
    assert seen.bound.at == BOUND
    assert seen.bound.because == (
        f"The A record of {NAME} had a TTL of 60 min; its change was published by 2026-03-02T22:00:00Z."
    )


def test_the_record_that_changed_is_named() -> None:
    """A CNAME of a day that changed sets the bound, not the address below it with a minute."""
    before = rrset(86_400, "old.example.", kind="CNAME") + rrset(60, OLD, name="old.example")
    after = rrset(86_400, "new.example.", kind="CNAME") + rrset(60, NEW, name="new.example")
    seen = judge(asked(-5, "ns", before, authoritative=True), asked(0, "ns", after, authoritative=True))
    assert seen.bound is not None
    assert seen.bound.at == at(24 * 60) + timedelta(seconds=2)
    assert f"The CNAME record of {NAME} had a TTL of 24 h" in seen.bound.because


def test_while_a_server_is_old_there_is_no_bound() -> None:
    """Caches keep learning the old address, and the server that teaches it is named."""
    seen = judge(*CHANGED, told(0, "ns2", OLD), now=5)
    assert seen.bound is not None
    assert seen.bound.at is None
    assert "ns2 still answers with the old A" in seen.bound.because
    later = judge(*CHANGED, told(0, "ns2", OLD), now=600).bound
    assert later is not None
    assert later.at is None
    assert "ns2 answered with the old A of app.example.com when it last answered, at 2026-03-02T22" in later.because


def test_the_slowest_server_sets_the_change() -> None:
    """The lagging secondary followed between 30 and 35 min: an entry may have been fetched there until then."""
    seen = judge(*CHANGED, told(30, "ns2", OLD), told(35, "ns2", NEW))
    assert seen.bound is not None
    assert seen.bound.at == at(95) + timedelta(seconds=2)


def test_caches_alone_never_give_a_bound_before_an_honest_entry() -> None:
    """No server was asked: an entry seen with more left than any before sets the bound."""
    seen = judge(asked(-1, "a", rrset(100, OLD)), asked(-1, "b", rrset(900, OLD)), asked(0, "c", rrset(300, NEW)))
    assert seen.bound is not None
    assert seen.bound.at == at(15) + timedelta(seconds=2)
    assert "showed a TTL" in seen.bound.because


def test_nothing_old_no_bound() -> None:
    """Nobody was ever seen on the old address."""
    assert judge(told(0, "ns1", NEW)).bound is None


@pytest.mark.parametrize(
    ("questions", "word"),
    [
        ([asked(20, "x", rrset(8423, OLD))], "keeps records for longer than their TTL: it showed"),
        ([asked(90, "x", rrset(30, OLD), ede="3 (Stale Answer)")], "serves expired records, and says so"),
        ([asked(90, "x", rrset(30, OLD)), asked(95, "x", rrset(30, OLD))], "serves expired records: 30 s left"),
        ([asked(m, "x", rrset(3600, OLD)) for m in (50, 55, 62)], "always shows the same TTL"),
        ([asked(m, "x", rrset(300, OLD)) for m in range(60, 100, 5)], "always shows the same TTL"),
        ([asked(50, "x", rrset(3000, OLD))], "starts the TTL anew"),
    ],
    ids=["raises", "stale, said", "stale, silent", "constant", "constant, asked as rarely", "resets"],
)
def test_who_goes_beyond_is_named_with_the_reason(questions: list[Row], word: str) -> None:
    """The TTL is an hour, the change was at 0: after 60 min no honest cache is old."""
    seen = judge(*CHANGED, asked(10, "honest", rrset(2990, OLD)), *questions, now=100)
    assert [(one.resolver, one.over) for one in seen.beyond] == [("x", False)]
    assert word in seen.beyond[0].because
    assert seen.beyond[0].until > BOUND


def test_a_liar_that_has_moved_is_over() -> None:
    """It answered new since, and its entry's time is past."""
    seen = judge(*CHANGED, asked(20, "x", rrset(8423, OLD)), asked(200, "x", rrset(60, NEW)), now=300)
    assert [one.over for one in seen.beyond] == [True]


def test_honest_caches_are_not_named() -> None:
    """Fetched at the last moment, asked at each: always within the bound."""
    entries = [asked(m, "a", rrset(3600 - 60 * m, OLD)) for m in range(0, 60, 7)]
    assert judge(*CHANGED, *entries).beyond == ()


@pytest.mark.parametrize(
    ("ede", "stale"),
    [
        (None, False), ("3", True), ("3 (Stale Answer)", True), ("22 (No Reachable Authority); 3 (Stale Answer)", True),
        ("19 (Stale NXDOMAIN Answer)", True), ('{"code": 3, "text": ""}', True), ('[{"info-code": 19}]', True),
        ("[3]", True), ("22 (No Reachable Authority): tried 3 servers", False), ("30 (Unassigned)", False),
    ],
)  # fmt: skip
def test_what_says_that_a_record_is_stale(ede: str | None, stale: bool) -> None:
    """RFC 8914: codes 3 and 19, in any form that an extended error is recorded in."""
    assert says_stale(ede) is stale


def test_a_cap_shows_where_entries_begin_with_it() -> None:
    """A day's TTL, but entries always begin with six hours."""
    entries = [asked(-60 * h, "g", rrset(21_600, OLD)) for h in (49, 42, 35, 28, 21)]
    seen = judge(told(-3000, "ns", OLD, ttl=86_400), told(0, "ns", NEW), *entries, now=1)
    assert {one.resolver: one.caps_ttl_s for one in seen.resolvers} == {"g": 21_600.0, "ns": None}


def test_each_record_type_has_its_own_state() -> None:
    """New over IPv4 with nothing left, old over IPv6 for ten minutes more."""
    old6 = asked(0, "a", rrset(600, OLD6, kind="AAAA"), type="AAAA")
    (one,) = judge(asked(0, "a", rrset(60, NEW)), old6, now=1).resolvers
    kinds = {kind.type: (kind.state, kind.old_expires_at, kind.entries) for kind in one.kinds}
    assert kinds == {"A": ("new", None, 0), "AAAA": ("old", at(10), 1)}
