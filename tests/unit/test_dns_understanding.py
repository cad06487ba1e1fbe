"""The bound and what sets it, who goes beyond it, rollbacks, forgotten records, zones: cases worked out by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import pytest

from analyzer.dns.answers import says_stale
from analyzer.dns.propagation import Propagation, propagation
from analyzer.dns.snapshots import read_snapshots
from analyzer.dns.zones import newer

NAME = "app.example.com"
T0 = datetime(2026, 3, 2, 22, tzinfo=UTC)
OLD, NEW, OLD6, NEW6 = "192.0.2.4", "198.51.100.5", "2001:db8::4", "2001:db8:1::5"
TTL_S = 3600


def at(minutes: float) -> datetime:
    """Return a moment so many minutes after T0."""
    return T0 + timedelta(minutes=minutes)


def rrset(ttl: int, *data: str, name: str = NAME, kind: str = "A") -> list[dict[str, Any]]:
    """Return the records of one RRset."""
    return [{"name": name, "type": kind, "ttl": ttl, "data": one} for one in data]


def asked(minutes: float, resolver: str, answers: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a question asked so many minutes after T0."""
    question = {
        "schema": "cutover.dns/1", "at": at(minutes).isoformat(), "resolver": resolver, "transport": "udp",
        "name": NAME, "type": "A", "rcode": "NOERROR", "authoritative": False, "elapsed_ms": 3.0, "answers": answers,
        "error": None, "ede": None, "nsid": None,
    }  # fmt: skip
    return question | more


def told(minutes: float, server: str, *data: str, ttl: int = TTL_S, **more: Any) -> dict[str, Any]:
    """Return what an authoritative server answered."""
    kind = more.get("type", "A")
    return asked(minutes, server, rrset(ttl, *data, kind=kind), authoritative=True, **more)


def judge(*questions: dict[str, Any], now: float = 600, **more: Any) -> Propagation:
    """Return what the questions say `now` minutes after T0."""
    snapshots = read_snapshots([], (json.dumps(one) for one in questions))
    assert snapshots.broken == ()
    old, new = [ip_address(OLD), ip_address(OLD6)], [ip_address(NEW), ip_address(NEW6)]
    return propagation(snapshots, names=[NAME], old=old, new=new, at=at(now), **more)


CHANGED = (told(-5, "ns1", OLD), told(0, "ns1", NEW, ttl=300))
BOUND = at(60) + timedelta(seconds=2)  # the change was seen at 0, the TTL before it is an hour, TTLs round twice


# --- the bound -----------------------------------------------------------------------------------------------------


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


# --- who goes beyond -----------------------------------------------------------------------------------------------


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
def test_who_goes_beyond_is_named_with_the_reason(questions: list[dict[str, Any]], word: str) -> None:
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


# --- back and forth ------------------------------------------------------------------------------------------------


def test_a_rollback_and_a_second_change_are_seen_as_such() -> None:
    """New at 0, old again at 30, new at 60: three turns; the last one counts."""
    seen = judge(*CHANGED, told(30, "ns1", OLD), told(60, "ns1", NEW))
    assert [(turn.to, turn.after, turn.at) for turn in seen.turns] == [
        ("new", at(-5), at(0)),
        ("old", at(0), at(30)),
        ("new", at(30), at(60)),
    ]
    assert (seen.changed_after, seen.changed_at) == (at(30), at(60))
    assert seen.warnings == ()
    assert seen.bound is not None
    assert seen.bound.at == at(120) + timedelta(seconds=2)


def test_a_rollback_that_stands_is_warned_of() -> None:
    """The last word is old."""
    seen = judge(*CHANGED, told(30, "ns1", OLD))
    assert "changed back to the old address by 2026-03-02T22:30:00Z" in seen.warnings[0]
    assert seen.authoritative_agree is False


def test_a_lagging_server_is_no_rollback() -> None:
    """One follows later than the other: one turn, over when both have."""
    seen = judge(*CHANGED, told(0, "ns2", OLD), told(30, "ns2", NEW))
    assert [(turn.to, turn.after, turn.at) for turn in seen.turns] == [("new", at(-5), at(30))]


def test_several_caches_that_fetch_old_again_tell_of_a_rollback() -> None:
    """No server was asked; three resolvers had new at 5 min, and a whole old TTL at 40."""
    before = [asked(-10, r, rrset(600, OLD)) for r in "abc"]
    between = [asked(5, r, rrset(300, NEW)) for r in "abc"]
    again = [asked(40, r, rrset(590, OLD)) for r in "abc"]
    back = judge(*before, *between, *again)
    assert "rolled back?" in back.warnings[0]
    assert back.bound is not None
    assert back.bound.at is None, "while it stands, nothing is promised"
    assert judge(*before, *between, *again[:1]).warnings == ()
    assert judge(*before, *between, *again, *(asked(90, r, rrset(300, NEW)) for r in "abc")).warnings == ()


def test_a_pool_that_flips_is_no_rollback() -> None:
    """Old entries that were fetched before the change, seen beside new ones."""
    rows = [asked(m, r, rrset(3600 - 60 * m - 60, OLD)) for m in (1, 11, 21) for r in "abc"]
    rows += [asked(m + 2, r, rrset(200, NEW)) for m in (1, 11, 21) for r in "abc"]
    assert judge(*rows, asked(-2, "a", rrset(3600, OLD))).warnings == ()


# --- forgotten -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "data", "word"),
    [("AAAA", OLD6, "leads to"), ("HTTPS", f'1 . alpn="h2" ipv4hint="{OLD}"', "hints at")],
)
def test_a_record_that_was_forgotten_is_a_loud_reason(kind: str, data: str, word: str) -> None:
    """A was changed, the other still leads to the old server, at the zone's own server."""
    seen = judge(*CHANGED, told(-5, "ns1", data, type=kind), told(10, "ns1", data, type=kind), now=11)
    expected = f"The {kind} record of {NAME} still {word} the old server, though A was changed: forgotten?"
    assert seen.warnings == (expected,)
    assert seen.authoritative_agree is False


def test_a_record_that_only_lives_in_caches_was_not_forgotten() -> None:
    """Its server answers new; the cache's entry is from before."""
    aaaa = told(-5, "ns1", OLD6, type="AAAA"), told(0, "ns1", NEW6, type="AAAA")
    cached = asked(10, "a", rrset(2900, OLD6, kind="AAAA"), type="AAAA")
    assert judge(*CHANGED, *aaaa, cached, now=11).warnings == ()


# --- zones ---------------------------------------------------------------------------------------------------------


def soa(minutes: float, server: str, serial: int, **more: Any) -> dict[str, Any]:
    """Return a server's SOA record."""
    data = f"ns1.example.com. host.example.com. {serial} 7200 600 86400 60"
    answers = rrset(60, data, name="example.com", kind="SOA")
    return asked(minutes, server, answers, name="example.com", type="SOA", authoritative=True) | more


def ns(minutes: float, server: str, *names: str, ttl: int, authoritative: bool) -> dict[str, Any]:
    """Return an NS RRset, from the zone itself or from the one above."""
    answers = rrset(ttl, *(f"{name}." for name in names), name="example.com", kind="NS")
    return asked(minutes, server, answers, name="example.com", type="NS", authoritative=authoritative)


def test_a_serial_behind_is_named_with_the_refresh() -> None:
    """The secondary has 41 where the primary has 42; it asks again every two hours."""
    (zone,) = judge(soa(0, "ns1", 42), soa(0, "ns2", 41)).zones
    assert [(one.server, one.serial, one.behind) for one in zone.servers] == [("ns1", 42, False), ("ns2", 41, True)]
    behind = "ns2 of the zone example.com serves an earlier copy than the others (serial)"
    assert zone.sentences == (f"{behind}; a secondary asks again after 2 h.",)


@pytest.mark.parametrize(
    ("one", "other", "later"),
    [(1, 0, True), (0, 2**32 - 1, True), (2**32 - 1, 0, False), (2**31, 0, False), (2**31 - 1, 0, True)],
)
def test_serials_go_round(one: int, other: int, later: bool) -> None:
    """RFC 1982 s3.2; half a circle away is neither."""
    assert newer(one, other) is later


def test_a_lame_server_is_named() -> None:
    """It refuses what it is named for; one that does not answer is another case."""
    lame = soa(0, "ns2", 0, answers=[], authoritative=False, rcode="REFUSED")
    dead = soa(0, "ns3", 0, answers=[], authoritative=False, rcode=None, error="timeout")
    (zone,) = judge(soa(0, "ns1", 42), lame, dead).zones
    assert [one.lame for one in zone.servers] == [False, True, False]
    assert "ns2 is named as a server of example.com and is none: lame delegation (REFUSED)." in zone.sentences
    assert "ns3 of the zone example.com gives no answer (timeout)." in zone.sentences


def test_parent_and_child_that_disagree() -> None:
    """The zone above still names a server that the zone itself does not."""
    above = ns(0, "192.0.2.1", "a.example", "b.example", ttl=172_800, authoritative=False)
    (zone,) = judge(ns(0, "ns1", "a.example", ttl=3600, authoritative=True), above).zones
    assert zone.child is not None
    assert zone.parent is not None
    assert (zone.child.ttl_s, zone.parent.ttl_s) == (3600, 172_800)
    assert zone.sentences == ("The zone example.com and the one above disagree about its servers: b.example.",)


def test_a_provider_change_adds_the_delegations_ttl() -> None:
    """The former provider's server is asked no more, and was old: caches may ask it for two days, and keep an hour."""
    names = {False: "ns.old.example", True: "ns.new.example"}
    rounds = range(-300, 601, 60)
    parent = [ns(m, "192.0.2.1", names[m >= 0], ttl=172_800, authoritative=False) for m in rounds]
    old = [told(m, "ns-old", OLD) for m in rounds if m < 0]
    new = [told(m, "ns-new", NEW) for m in rounds if m >= 0]
    seen = judge(*parent, *old, *new, now=600)
    assert seen.authoritative_agree is True
    assert seen.bound is not None
    assert seen.bound.at == at(48 * 60 + 60) + timedelta(seconds=2)
    assert "ns-old was a server of the zone and still answered old" in seen.bound.because
    assert seen.last_old_expires_at == at(600 + 60), "a cache may ask it just now"
    later = judge(*parent, *old, *new, now=100 * 60)
    assert later.last_old_expires_at == at(48 * 60 + 60)


# --- chains over zones ---------------------------------------------------------------------------------------------


def test_a_chain_that_leaves_the_zone_is_followed_to_the_other_zones_servers() -> None:
    """The zone's server has the CNAME only; the hoster's has the address, and moves."""
    alias = rrset(TTL_S, "web.hoster.example.", kind="CNAME")
    rows = [asked(m, "ns1", alias, authoritative=True) for m in (-5, 0)]
    far = {"name": "web.hoster.example", "authoritative": True}
    rows += [asked(m, "nsh", rrset(120, data, name="web.hoster.example"), **far) for m, data in ((-5, OLD), (0, NEW))]
    seen = judge(*rows, now=1)
    assert [(one.resolver, one.state) for one in seen.resolvers] == [("ns1", "new")]
    assert (seen.changed_after, seen.changed_at, seen.ttl_s) == (at(-5), at(0), 120)


def test_an_address_that_is_gone_behind_an_alias_is_gone() -> None:
    """The server has the alias' zone itself, and no AAAA there any more: that is no chain that leaves the zone."""
    alias = rrset(TTL_S, "web.example.com.", kind="CNAME")
    web = rrset(60, NEW, name="web.example.com")
    rows = [
        asked(-5, "ns1", alias + rrset(60, OLD6, name="web.example.com", kind="AAAA"), type="AAAA", authoritative=True),
        asked(0, "ns1", alias + web, authoritative=True),
        asked(1, "ns1", alias, type="AAAA", authoritative=True),
    ]
    seen = judge(*rows, now=2)
    assert {kind.type: kind.state for one in seen.resolvers for kind in one.kinds} == {"A": "new", "AAAA": "empty"}
    assert seen.authoritative_agree is True


def test_nothing_later_is_followed() -> None:
    """The judgement at a moment is that of a file which ends there, also where a chain is put together."""
    alias = rrset(TTL_S, "web.hoster.example.", kind="CNAME")
    far = {"name": "web.hoster.example", "authoritative": True}
    rows = [
        row
        for m, data in ((0, OLD), (5, OLD), (10, NEW), (15, NEW))
        for row in (
            asked(m, "ns1", alias, authoritative=True),
            asked(m + 0.1, "nsh1", rrset(120, data, name="web.hoster.example"), **far),
            asked(m + 0.2, "nsh2", rrset(120, data, name="web.hoster.example"), **far),
        )
    ]
    for now in (0, 0.1, 0.15, 5.1, 10, 10.15, 15):
        earlier = [row for row in rows if datetime.fromisoformat(row["at"]) <= at(now)]
        assert judge(*rows, now=now) == judge(*earlier, now=now)


def test_an_alias_alone_says_nothing() -> None:
    """Nobody asked the other zone's servers."""
    alias = rrset(TTL_S, "web.hoster.example.", kind="CNAME")
    assert judge(asked(0, "ns1", alias, authoritative=True)).resolvers == ()


def test_a_forwarder_that_passes_authority_on_is_no_server() -> None:
    """As dnsmasq does: what it has just fetched bears the flag, what it has cached does not."""
    fresh = asked(5, "fw", rrset(TTL_S, OLD), authoritative=True)
    assert judge(*CHANGED, fresh, now=6).authoritative_agree is False, "nothing tells it from a server yet"
    seen = judge(*CHANGED, fresh, asked(6, "fw", rrset(TTL_S - 60, OLD)), now=7)
    assert {one.resolver: one.authoritative for one in seen.resolvers} == {"fw": False, "ns1": True}
    assert seen.authoritative_agree is True


def test_an_alias_in_place_of_the_old_address_is_old_no_more() -> None:
    """The server had the old address, and has a CNAME into another zone now, whose servers were not asked."""
    alias = rrset(TTL_S, "cdn.example.net.", kind="CNAME")
    seen = judge(told(-5, "ns1", OLD), asked(0, "ns1", alias, authoritative=True), asked(1, "a", rrset(60, NEW)), now=2)
    assert seen.authoritative_agree is True
    assert seen.on_old == 0
