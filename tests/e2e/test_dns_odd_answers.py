"""Questions and odd answers over UDP, as small servers on loopback get and give them."""

from __future__ import annotations

import struct
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from asked_resolvers import LIMIT_S, NAME, asked, clock
from name_servers import HERE
from odd_servers import ADDRESS, TTL_S, answer, over_udp

from analyzer.dns.ask import Limits, ask_all
from analyzer.dns.message import Ask
from analyzer.dns.targets import target

if TYPE_CHECKING:
    from collections.abc import Callable


def make(name: str) -> bytes:
    """Return a question's bytes without its id."""
    return dns.message.make_query(name, "A", use_edns=0).to_wire()[2:]


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


def test_no_route_and_no_name_are_unreachable() -> None:
    """Where this machine has no way, or there is no such resolver."""
    (one,) = asked("tls://no-such-resolver.invalid")
    assert one["error"] in {"unreachable", "timeout"}  # a name server may be slow to say that there is none
    (one,) = asked("[fe80::1]:53")
    assert one["error"] in {"unreachable", "timeout"}


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
