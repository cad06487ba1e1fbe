"""Resolvers as people write them, the sets that name them, and what a snapshot is going to ask."""

from __future__ import annotations

import pytest

from analyzer.dns.catalogue import PUBLIC, catalogue, own_list, select, whose
from analyzer.dns.message import Ask
from analyzer.dns.plan import OWN_PAUSE_S, PUBLIC_PAUSE_S, least_pause_s, plan, planted
from analyzer.dns.targets import target
from analyzer.errors import InputError


@pytest.mark.parametrize(
    ("written", "resolver", "transport", "host", "port"),
    [
        ("192.0.2.53", "192.0.2.53", "udp", "192.0.2.53", 53),
        ("192.0.2.53:53", "192.0.2.53", "udp", "192.0.2.53", 53),
        ("192.0.2.53:5300", "192.0.2.53:5300", "udp", "192.0.2.53", 5300),
        ("2001:DB8::53", "2001:db8::53", "udp", "2001:db8::53", 53),
        ("[2001:db8::53]:5300", "[2001:db8::53]:5300", "udp", "2001:db8::53", 5300),
        ("udp://192.0.2.53", "192.0.2.53", "udp", "192.0.2.53", 53),
        ("tcp://[2001:db8::53]:54", "[2001:db8::53]:54", "tcp", "2001:db8::53", 54),
        ("tls://dns.example", "tls://dns.example", "tls", "dns.example", 853),
        ("tls://192.0.2.53:8853", "tls://192.0.2.53:8853", "tls", "192.0.2.53", 8853),
        ("https://dns.example/q{?dns}", "https://dns.example/q{?dns}", "https", "dns.example", 443),
        ("quic://dns.example", "quic://dns.example", "quic", "dns.example", 853),
    ],
)
def test_what_is_written_is_understood(written: str, resolver: str, transport: str, host: str, port: int) -> None:
    """Every form of the contract, and what a snapshot calls it."""
    found = target(written)
    assert (found.resolver, found.transport, found.host, found.port) == (resolver, transport, host, port)


def test_the_path_and_the_address_of_a_url() -> None:
    """The template's part is taken off, the usual path added, the address connected to."""
    assert target("https://dns.example/q{?dns}").path == "/q"
    assert target("https://dns.example").path == "/dns-query"
    assert target("tls://dns.example?address=192.0.2.53").address == "192.0.2.53"


@pytest.mark.parametrize(
    "written",
    [
        "", " ", "192.0.2", "192.0.2.256", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:", "[::1]", "[::1]:x", "::1::",
        "tls://", "https://u@dns.example/", "https://dns.example/#x", "udp://dns.example", "http://dns.example",
        "tls://dns.example?address=x", "tls://a\x1b[31m", "https://" + "a" * 600, "tls://-a.example", "https://[::1",
        "tls://dns.example:99999", "[::1]:65536", "192.0.2.1:99999", "udp://192.0.2.1:0", "https://dns.example:0/",
    ],
)  # fmt: skip
def test_what_is_no_resolver_is_told(written: str) -> None:
    """In one line, with what to write instead, and nothing that moves a cursor."""
    with pytest.raises(InputError) as told:
        select([written])
    (fault,) = told.value.faults
    assert "\x1b" not in str(fault)
    assert fault.remedy


def test_the_default_is_fourteen() -> None:
    """Each of them is in the list, and asked once at one address."""
    found = select(["public"]).targets
    assert len(PUBLIC) == len(found) == 14
    assert {whose(one.resolver)[0] for one in found} == {one.operator for one in catalogue() if one.name in PUBLIC}
    assert all(one.recurse for one in found)


def test_sets_are_names_operators_and_countries() -> None:
    """In any case; one that is named twice is asked once."""
    assert {one.country for one in select(["ch"]).targets} == {"CH"}
    assert [one.resolver for one in select(["quad9-foundation"]).targets] == ["9.9.9.9", "9.9.9.10", "9.9.9.12"]
    assert len(select(["google"]).targets) == 4, "its own name: all addresses"
    assert len(select(["9.9.9.9", "QUAD9", "9.9.9.9:53"]).targets) == 4
    assert len(select(["all"]).targets) == len(catalogue())
    assert select(["authoritative"]).authoritative
    assert [one.resolver for one in select(["system"], system=["127.0.0.53"]).targets] == ["127.0.0.53"]


def test_who_answers_no_plain_dns_is_asked_by_url() -> None:
    """Mullvad refuses Do53; its URL is asked, at the address that is known."""
    (one,) = select(["mullvad"]).targets
    assert (one.transport, one.resolver) == ("https", "https://dns.mullvad.net/dns-query")
    assert one.address == "194.242.2.2"


def test_a_near_miss_is_told() -> None:
    """The nearest name, and how to list them."""
    with pytest.raises(InputError, match="did you mean cloudflare"):
        select(["cloudflair"])


def test_an_own_list() -> None:
    """Comments, a heading and further columns are passed over; a bad line is told with its number."""
    text = "ip_address,name\n192.0.2.1,a\n# no\n\n tls://dns.example # yes\n"
    assert own_list(text, "list") == ("192.0.2.1", "tls://dns.example")
    with pytest.raises(InputError, match=r"^list:2: "):
        own_list("192.0.2.1\nnonsense\n", "list")


def test_every_name_is_asked_for_every_type_of_every_resolver() -> None:
    """A, AAAA and HTTPS; the zones' servers besides."""
    targets = [target("192.0.2.1"), target("192.0.2.2")]
    own = [Ask(target("192.0.2.3").authoritative(), "x.example", "SOA")]
    found = plan(["a.example", "b.example"], targets, own, floor_s=0.05)
    assert len(found.asks) == 2 * 2 * 3 + 1
    assert (found.resolvers, found.most_each) == (3, 6)
    assert found.sentences()[0].startswith("13 questions to 3 resolvers and servers, 6 at most to one, 50 ms or more")
    assert found.sentences()[1].startswith("2 of them look the names up")
    assert not any(ask.target.recurse for ask in plan(["a.example"], targets, recurse=False, floor_s=1).asks)


def test_planting_the_old_record_is_warned_of() -> None:
    """Only for resolvers that look it up."""
    asks = plan(["a.example"], [target("192.0.2.1"), target("192.0.2.2")], floor_s=1).asks
    (warning,) = planted(asks, ["192.0.2.1", "192.0.2.9"])
    assert "in 1 resolvers' caches" in warning
    assert list(planted([Ask(one.target.authoritative(), "a.example", "A") for one in asks], ["192.0.2.1"])) == []


def test_others_resolvers_are_asked_rarely() -> None:
    """Once a minute at most, where all are on public addresses; else those are left out of some rounds."""
    assert least_pause_s([target("127.0.0.1"), target("10.1.1.1"), target("[fd00::1]:53")]) == OWN_PAUSE_S
    assert least_pause_s([target("127.0.0.1"), target("9.9.9.9")]) == OWN_PAUSE_S
    assert least_pause_s([target("8.8.8.8"), target("9.9.9.9")]) == PUBLIC_PAUSE_S
    assert least_pause_s([target("tls://dns.example")]) == PUBLIC_PAUSE_S
