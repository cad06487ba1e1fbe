"""The way from a name to its zone's servers, run in memory: the world is a table of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dns.flags
import dns.message
import dns.rrset

from analyzer.dns.delegation import Delegated, delegated
from analyzer.dns.targets import target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analyzer.dns.message import Ask

VIA = target("10.0.0.1")
DEAD = target("10.0.0.2")
# (whom, name, type) -> records of the answer; "*" is any recursive resolver. A third part of a record is its section.
WORLD: dict[tuple[str, str, str], tuple[str, ...]] = {
    ("*", "www.example.com", "A"): ("www.example.com. 60 IN CNAME web.host.net.", "web.host.net. 60 IN A 192.0.2.4"),
    ("*", "example.com", "SOA"): ("example.com. 60 IN SOA ns.example.com. h.example.com. 7 1 1 1 1",),
    ("*", "host.net", "SOA"): ("host.net. 60 IN SOA ns.host.net. h.host.net. 7 1 1 1 1",),
    ("*", "com", "SOA"): ("com. 60 IN SOA a.gtld. h.gtld. 7 1 1 1 1",),
    ("*", "net", "SOA"): ("net. 60 IN SOA a.gtld. h.gtld. 7 1 1 1 1",),
    ("*", ".", "SOA"): (". 60 IN SOA a.root. h.root. 7 1 1 1 1",),
    ("*", "example.com", "NS"): ("example.com. 60 IN NS ns.example.com.", "example.com. 60 IN NS ns2.other.org."),
    ("*", "host.net", "NS"): ("host.net. 60 IN NS ns.host.net.",),
    ("*", "com", "NS"): ("com. 60 IN NS a.gtld.",),
    ("*", "net", "NS"): ("net. 60 IN NS a.gtld.",),
    ("*", "a.gtld", "A"): ("a.gtld. 60 IN A 10.9.9.9",),
    ("*", "ns.example.com", "A"): ("ns.example.com. 60 IN A 10.1.1.1",),
    ("*", "ns.example.com", "AAAA"): ("ns.example.com. 60 IN AAAA 2001:db8::1",),
    ("*", "ns2.other.org", "A"): ("ns2.other.org. 60 IN A 10.1.1.2",),
    ("*", "ns.host.net", "A"): ("ns.host.net. 60 IN A 10.2.2.2",),
    # the zone above knows of a server that the zone itself does not name, with glue
    ("10.9.9.9", "example.com", "NS"): (
        "authority example.com. 60 IN NS ns.example.com.",
        "authority example.com. 60 IN NS gone.example.com.",
        "additional gone.example.com. 60 IN A 10.1.1.9",
    ),
}


def answer(ask: Ask, world: Mapping[tuple[str, str, str], tuple[str, ...]]) -> dns.message.Message | None:
    """Return the world's answer to a question; the dead resolver gives none."""
    if ask.target.resolver == DEAD.resolver:
        return None
    made = dns.message.make_response(dns.message.make_query(ask.name, ask.type))
    who = "*" if ask.target.recurse else ask.target.host
    for text in world.get((who, ask.name, ask.type), ()):
        section, record = text.split(" ", 1) if text.split(" ")[0] in {"authority", "additional"} else ("answer", text)
        owner, ttl, _, kind, data = record.split(" ", 4)
        getattr(made, section).append(dns.rrset.from_text(owner, int(ttl), "IN", kind, data))
    return made


def run(names: list[str], world: Mapping[tuple[str, str, str], tuple[str, ...]] = WORLD) -> tuple[Delegated, int]:
    """Return what is found, and in how many steps."""
    steps = delegated(names, (VIA, DEAD))
    asks, count = next(steps), 1
    try:
        while True:
            asks = steps.send(tuple(answer(ask, world) for ask in asks))
            count += 1
            assert count < 30
            assert all(ask.target.resolver != DEAD.resolver for ask in asks), "who did not answer is not asked again"
    except StopIteration as done:
        found: Delegated = done.value
        return found, count


def test_each_zone_on_the_chain_is_found_with_all_addresses() -> None:
    """The name's own zone, and the one that its alias leads to."""
    found, _ = run(["www.example.com"])
    servers = {zone.name: {(one.host, one.operator) for one in zone.servers} for zone in found.zones}
    assert servers == {
        "example.com": {
            ("10.1.1.1", "ns.example.com"),
            ("2001:db8::1", "ns.example.com"),
            ("10.1.1.2", "ns2.other.org"),
            ("10.1.1.9", "gone.example.com"),
        },
        "host.net": {("10.2.2.2", "ns.host.net")},
    }
    assert found.troubles == ()


def test_what_the_servers_are_asked() -> None:
    """Each name of its own zone, SOA and NS; the zone above for NS; nobody to recurse."""
    found, _ = run(["www.example.com"])
    asked = {(ask.target.host, ask.name, ask.type) for ask in found.asks}
    assert {("10.1.1.9", "www.example.com", kind) for kind in ("A", "AAAA", "HTTPS")} <= asked
    assert {("10.2.2.2", "web.host.net", "A"), ("10.1.1.1", "example.com", "SOA")} <= asked
    assert ("10.9.9.9", "example.com", "NS") in asked
    assert ("10.2.2.2", "www.example.com", "A") not in asked
    assert not any(ask.target.recurse for ask in found.asks)


def test_no_answers_at_all_end_the_search() -> None:
    """And say what was not found."""
    found, count = run(["www.example.com"], {})
    assert (found.zones, found.asks) == ((), ())
    assert found.troubles == ("the zone of www.example.com cannot be found",)
    assert count <= 3


def test_a_zone_whose_servers_have_no_address() -> None:
    """It is told."""
    world = {key: records for key, records in WORLD.items() if key[1] != "ns.host.net"}
    found, _ = run(["www.example.com"], world)
    assert found.troubles == ("the servers of the zone host.net cannot be found",)


def test_a_loop_of_aliases_ends() -> None:
    """Each is an alias of the other."""
    loop = {("*", "a.com", "A"): ("a.com. 60 IN CNAME b.com.", "b.com. 60 IN CNAME a.com.")}
    found, _ = run(["a.com"], loop)
    assert found.troubles == ("the zone of a.com cannot be found", "the zone of b.com cannot be found")
