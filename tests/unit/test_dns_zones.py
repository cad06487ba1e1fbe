"""Servers of a zone, delegations, and chains over several zones: cases worked out by hand."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from dns_questions import CHANGED, NEW, OLD, OLD6, TTL_S, Row, asked, at, judge, rrset, told

from analyzer.dns.zones import newer


def soa(minutes: float, server: str, serial: int, **more: Any) -> Row:
    """Return a server's SOA record."""
    data = f"ns1.example.com. host.example.com. {serial} 7200 600 86400 60"
    answers = rrset(60, data, name="example.com", kind="SOA")
    return asked(minutes, server, answers, name="example.com", type="SOA", authoritative=True) | more


def ns(minutes: float, server: str, *names: str, ttl: int, authoritative: bool) -> Row:
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
