"""Every transport against a real server, and what is said where one fails."""

from __future__ import annotations

import json
import os
import struct
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from name_servers import HERE, NAMED, ZONE, Servers, Zone, certificates, free_port, wait_for
from odd_servers import ADDRESS, TTL_S, answer, over_https, over_quic, over_tcp, over_udp

from analyzer.dns.ask import Limits, ask_all, find_servers
from analyzer.dns.delegation import delegated
from analyzer.dns.message import Ask
from analyzer.dns.record import parse_question
from analyzer.dns.targets import target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME = f"app.{ZONE}"
LIMIT_S = 1.0

pytestmark = pytest.mark.skipif(
    not NAMED.exists() and "CI" not in os.environ, reason="needs Debian's bind9; in CI it must be there"
)


@dataclass(frozen=True, slots=True)
class Here:
    """One BIND that answers over UDP, TCP, TLS and HTTPS."""

    folder: Path
    ca: Path
    port: int
    dot: int
    doh: int


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """Return the server."""
    servers = Servers(tmp_path_factory.mktemp("dns"))
    folder = servers.folder("primary")
    ca = certificates(folder, "dns.example.test")
    Zone(folder, servers=1, ttl_s=TTL_S).write("192.0.2.4", "2001:db8::4")
    found = Here(folder, ca, free_port(), free_port(), free_port())
    try:
        servers.primary(folder, found.port, dot=found.dot, doh=found.doh)
        wait_for([found.port])
        yield found
    finally:
        servers.stop()


def clock() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def asked(
    *resolvers: str, name: str = NAME, kind: str = "A", ca: Path | None = None, **more: Any
) -> list[dict[str, Any]]:
    """Return the records of one question to several resolvers; each is one that can be read back."""
    limits = Limits(question_s=LIMIT_S, floor_s=0.001, ca=ca, **more)
    records = ask_all([Ask(target(one), name, kind) for one in resolvers], clock=clock, limits=limits)
    for one in records:
        parse_question(json.dumps(one).encode())
    return list(records)


def test_every_transport_gives_the_same(here: Here) -> None:
    """With the same chain and TTLs, and the server's NSID."""
    with over_quic(here.folder, here.dot):  # UDP is free there
        found = asked(
            f"{HERE}:{here.port}",
            f"tcp://{HERE}:{here.port}",
            f"tls://{HERE}:{here.dot}",
            f"tls://dns.example.test:{here.dot}?address={HERE}",
            f"https://{HERE}:{here.doh}/dns-query",
            f"quic://{HERE}:{here.dot}",
            ca=here.ca,
        )
    assert [one["transport"] for one in found] == ["udp", "tcp", "tls", "tls", "https", "quic"]
    assert [one["error"] for one in found] == [None] * 6
    chain = [(answer["type"], answer["ttl"], answer["data"]) for answer in found[0]["answers"]]
    assert chain == [("CNAME", TTL_S, f"web.{ZONE}."), ("A", TTL_S, ADDRESS)]
    assert all(one["answers"] == found[0]["answers"] for one in found[:5])
    assert {one["nsid"] for one in found[:5]} == {"primary"}
    assert [(one["type"], one["data"]) for one in found[5]["answers"]] == [("A", ADDRESS)]


def test_what_is_cut_over_udp_comes_over_tcp(here: Here) -> None:
    """Three kilobytes of TXT."""
    (one,) = asked(f"{HERE}:{here.port}", name=f"long.{ZONE}", kind="TXT")
    assert one["transport"] == "tcp"
    assert len(one["answers"][0]["data"]) > 3000


@pytest.mark.parametrize("scheme", ["tls", "https", "quic"])
def test_a_certificate_that_is_not_trusted_is_tls(here: Here, scheme: str) -> None:
    """Nobody told of the test's authority."""
    port = {"tls": here.dot, "https": here.doh, "quic": here.dot}[scheme]
    with over_quic(here.folder, here.dot):
        (one,) = asked(f"{scheme}://{HERE}:{port}")
    assert (one["error"], one["rcode"], one["answers"]) == ("tls", None, [])


def test_a_certificate_for_another_name_is_tls(here: Here) -> None:
    """The authority is trusted, the name is not in it."""
    (one,) = asked(f"tls://other.example.test:{here.dot}?address={HERE}", ca=here.ca)
    assert one["error"] == "tls"


def test_a_url_whose_address_is_known_needs_no_name_server(here: Here) -> None:
    """As those of the list: the name is in the certificate and the request, the address is connected to."""
    known = replace(target(f"https://dns.example.test:{here.doh}/dns-query"), address=HERE)
    limits = Limits(question_s=LIMIT_S, ca=here.ca)
    (one,) = ask_all([Ask(known, NAME, "A")], clock=clock, limits=limits)
    assert (one["rcode"], one["resolver"]) == ("NOERROR", f"https://dns.example.test:{here.doh}/dns-query")
    other = replace(target(f"https://other.example.test:{here.doh}/dns-query"), address=HERE)
    (one,) = ask_all([Ask(other, NAME, "A")], clock=clock, limits=limits)
    assert one["error"] == "tls"


@pytest.mark.parametrize(("each", "counts"), [(3, [3]), (1, [1, 1, 1])], ids=["kept", "ended after each answer"])
def test_a_connection_serves_as_long_as_the_server_keeps_it(each: int, counts: list[int]) -> None:
    """RFC 7766 s6.2.1: one after the other over one connection; a new one where the old one was ended."""
    with over_tcp(each) as seen:
        resolver = target(f"tcp://{HERE}:{seen[0]}")
        found = ask_all([Ask(resolver, NAME, "A")] * 3, clock=clock, limits=Limits(question_s=LIMIT_S, floor_s=0.05))
    assert [one["error"] for one in found] == [None] * 3
    assert seen[1:] == counts


def test_a_lost_datagram_is_sent_again() -> None:
    """The first one is not answered, the second is; both bear the same id."""
    came: list[bytes] = []

    def reply(query: bytes) -> list[bytes]:
        came.append(query)
        return [answer(query)] if len(came) > 1 else []

    with over_udp(reply) as port:
        (one,) = asked(f"{HERE}:{port}")
    assert (one["error"], len(came), came[0] == came[1]) == (None, 2, True)
    assert one["elapsed_ms"] >= LIMIT_S * 400


def test_over_ipv6() -> None:
    """Where this machine has it."""
    try:
        with over_udp(lambda query: [answer(query)], "::1") as port:
            (one,) = asked(f"[::1]:{port}")
    except OSError:
        pytest.skip("no IPv6 on loopback")
    assert (one["resolver"], one["error"]) == (f"[::1]:{port}", None)


def test_what_is_asked() -> None:
    """NSID always; the client's network if it is told; recursion of resolvers only; ids that differ."""
    came: list[dns.message.Message] = []

    def reply(query: bytes) -> list[bytes]:
        came.append(dns.message.from_wire(query))
        return [answer(query)]

    with over_udp(reply) as port:
        resolver = target(f"{HERE}:{port}")
        limits = Limits(question_s=LIMIT_S, floor_s=0.001, subnet="203.0.113.0/24")
        ask_all([Ask(resolver, NAME, "A"), *[Ask(resolver.authoritative(), NAME, "A")] * 5], clock=clock, limits=limits)
    assert sum(bool(one.flags & dns.flags.RD) for one in came) == 1
    assert len({one.id for one in came}) > 1
    for one in came:
        assert {option.otype for option in one.options} == {dns.edns.OptionType.NSID, dns.edns.OptionType.ECS}
        assert one.payload == 1232


def test_the_floor_between_two_questions() -> None:
    """To one resolver never faster; to two at once."""
    came: dict[int, list[float]] = {0: [], 1: []}

    def reply(which: int) -> Callable[[bytes], list[bytes]]:
        def note(query: bytes) -> list[bytes]:
            came[which].append(time.monotonic())
            return [answer(query)]

        return note

    with over_udp(reply(0)) as first, over_udp(reply(1)) as second:
        resolvers = [target(f"{HERE}:{port}") for port in (first, second)]
        asks = [Ask(one, NAME, "A") for _ in range(4) for one in resolvers]
        ask_all(asks, clock=clock, limits=Limits(question_s=LIMIT_S, floor_s=0.1))
    for moments in came.values():
        gaps = [later - earlier for earlier, later in pairwise(moments)]
        assert len(gaps) == 3
        assert sum(gaps) >= 0.28, "a busy machine may delay one, never all"
    assert max(came[0]) > min(came[1])
    assert max(came[1]) > min(came[0])


def test_an_http_caches_age_is_taken_off(here: Here) -> None:
    """RFC 8484 s5.1: it has had the answer for 100 s; more than the TTL leaves nothing."""
    for age, left in (("100", TTL_S - 100), ("100000", 0), ("-5", TTL_S), ("soon", TTL_S)):
        with over_https(here.folder, {"age": age}) as port:
            (one,) = asked(f"https://{HERE}:{port}", ca=here.ca)
        assert [answer["ttl"] for answer in one["answers"]] == [left]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "text/html"}, answer),
        ({}, lambda _: b"<html>please log in</html>"),
        ({}, lambda query: answer(query) + b"x" * 70_000),
    ],
    ids=["a page's type", "a page", "too long"],
)
def test_a_page_is_no_answer(here: Here, headers: dict[str, str], body: Callable[[bytes], bytes]) -> None:
    """A hotel's portal answers everything."""
    with over_https(here.folder, headers, body) as port:
        (one,) = asked(f"https://{HERE}:{port}", ca=here.ca)
    assert one["error"] == "malformed"


def test_who_does_not_listen_costs_nobody_else_anything(here: Here) -> None:
    """Refused at once, silent until the limit; the one that answers does so meanwhile."""
    with over_udp(lambda _: []) as silent:
        start_s = time.monotonic()
        found = asked(f"{HERE}:{here.port}", f"{HERE}:{free_port()}", f"tcp://{HERE}:{free_port()}", f"{HERE}:{silent}")
    assert [one["error"] for one in found] == [None, "refused", "refused", "timeout"]
    assert time.monotonic() - start_s < 2 * LIMIT_S
    assert found[0]["elapsed_ms"] < LIMIT_S * 1000 / 2
    assert found[3]["elapsed_ms"] >= LIMIT_S * 1000 * 0.9


def test_no_route_and_no_name_are_unreachable() -> None:
    """Where this machine has no way, or there is no such resolver."""
    (one,) = asked("tls://no-such-resolver.invalid")
    assert one["error"] in {"unreachable", "timeout"}  # a name server may be slow to say that there is none
    (one,) = asked("[fe80::1]:53")
    assert one["error"] in {"unreachable", "timeout"}


def wrong_id(query: bytes) -> bytes:
    """Return a sound answer to another question."""
    return bytes([query[0] ^ 1]) + answer(query)[1:]


def without_edns(query: bytes) -> list[bytes]:
    """Return what a server of the last century does with EDNS."""
    asked_of = dns.message.from_wire(query)
    if asked_of.edns < 0:
        return [answer(query)]
    refused = dns.message.make_response(asked_of)
    refused.use_edns(-1)
    refused.set_rcode(dns.rcode.FORMERR)
    return [refused.to_wire()]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (lambda query: [answer(query)[:-3]], "malformed"),
        (lambda query: [answer(query)[:13]], "malformed"),
        (lambda query: [wrong_id(query)], "malformed"),
        (lambda query: [wrong_id(query), b"junk", query, answer(query)], None),
        (lambda query: [query[:2] + answer(b"\0\0" + make("other.example"))[2:]], "malformed"),
        (without_edns, None),
    ],
    ids=["cut", "head only", "wrong id", "strangers first", "another question", "no EDNS"],
)
def test_what_no_answer_should_be(reply: Callable[[bytes], list[bytes]], expected: str | None) -> None:
    """Told as malformed, or waited past."""
    with over_udp(reply) as port:
        (one,) = asked(f"{HERE}:{port}")
    assert one["error"] == expected
    assert [answer["data"] for answer in one["answers"]] == ([] if expected else [ADDRESS])


def make(name: str) -> bytes:
    """Return a question's bytes without its id."""
    return dns.message.make_query(name, "A", use_edns=0).to_wire()[2:]


def edited(*records: dns.rrset.RRset, rcode: int = 0, ede: int | None = None) -> Callable[[bytes], list[bytes]]:
    """Return what makes an answer of these records."""

    def reply(query: bytes) -> list[bytes]:
        made = dns.message.make_response(dns.message.from_wire(query))
        made.answer += records
        made.set_rcode(dns.rcode.Rcode(rcode))
        if ede is not None:
            made.use_edns(0, options=[dns.edns.EDEOption(ede, "by\x1b[31m<b>hand")])
        return [made.to_wire(max_size=65_535)]

    return reply


def cname(owner: str, data: str) -> dns.rrset.RRset:
    """Return a CNAME record."""
    return dns.rrset.from_text(f"{owner}.", 60, "IN", "CNAME", f"{data}.")


@pytest.mark.parametrize(
    ("reply", "rcode", "count"),
    [
        (edited(*(cname(NAME if n == 0 else f"n{n}.x", f"n{n + 1}.x") for n in range(20))), "NOERROR", 20),
        (edited(cname(NAME, "b.x"), cname("b.x", NAME)), "NOERROR", 2),
        (edited(rcode=3), "NXDOMAIN", 0),
        (edited(rcode=2, ede=22), "SERVFAIL", 0),
        (edited(rcode=5), "REFUSED", 0),
        (edited(dns.rrset.from_text(f"{NAME}.", 0, "IN", "A", ADDRESS)), "NOERROR", 1),
        (edited(cname(NAME, r"\027[31m<b>\000\"x")), "NOERROR", 1),
    ],
    ids=["20 deep", "loop", "NXDOMAIN", "SERVFAIL", "REFUSED", "TTL 0", "escape sequences"],
)
def test_odd_answers_are_recorded(reply: Callable[[bytes], list[bytes]], rcode: str, count: int) -> None:
    """As they are, and clean: nothing in them moves a cursor."""
    with over_udp(reply) as port:
        (one,) = asked(f"{HERE}:{port}")
    assert (one["rcode"], len(one["answers"]), one["error"]) == (rcode, count, None)
    assert all(answer["data"].isprintable() for answer in one["answers"])
    assert one["ede"] is None or one["ede"].startswith("22 (No Reachable Authority)")


def test_a_ttl_of_half_the_range_is_positive() -> None:
    """2^31 counts as long, not as nothing (RFC 8767 s4); a week is what is made of it."""

    def reply(query: bytes) -> list[bytes]:
        old, new = struct.pack("!I", TTL_S), struct.pack("!I", 2**31)
        return [answer(query).replace(old, new)]

    with over_udp(reply) as port:
        (one,) = asked(f"{HERE}:{port}")
    assert one["answers"][0]["ttl"] == 2**31 - 1


def test_the_zones_servers_are_found(here: Here) -> None:
    """From the name to its zone, the zone's servers and their addresses; asked without recursion."""
    via = (target(f"{HERE}:{here.port}"),)
    found = find_servers(delegated([NAME], via, here.port), clock=clock, limits=Limits(question_s=LIMIT_S))
    assert [zone.name for zone in found.zones] == [ZONE]
    assert [(one.resolver, one.operator) for one in found.zones[0].servers] == [(f"{HERE}:{here.port}", f"ns1.{ZONE}")]
    assert {(ask.name, ask.type) for ask in found.asks} >= {(ZONE, "SOA"), (ZONE, "NS"), (f"web.{ZONE}", "A")}
    records = ask_all(found.asks, clock=clock, limits=Limits(question_s=LIMIT_S, floor_s=0.001))
    assert all(one["authoritative"] for one in records)
    assert next(one for one in records if one["type"] == "SOA")["answers"][0]["data"].startswith(f"ns1.{ZONE}. host")
