"""Every transport against a real server, and what is said where one fails."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from asked_resolvers import LIMIT_S, NAME, asked, clock
from name_servers import HERE, NAMED, ZONE, Servers, Zone, certificates, free_port, wait_for
from odd_servers import ADDRESS, TTL_S, answer, over_https, over_quic, over_tcp, over_udp

from analyzer.dns.ask import Limits, ask_all, find_servers
from analyzer.dns.delegation import delegated
from analyzer.dns.message import Ask
from analyzer.dns.targets import target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
