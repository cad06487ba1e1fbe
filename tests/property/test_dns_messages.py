"""Whatever a resolver sends, an answer is read or refused; and what is recorded can be read back."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

import dns.edns
import dns.flags
import dns.message
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.dns.foreign import translate
from analyzer.dns.message import Ask, Unreadable, answers_id, is_truncated, question, read_answer, record, refuses_edns
from analyzer.dns.record import parse_question
from analyzer.dns.targets import target

ASK = Ask(target("192.0.2.53"), "app.example.com", "A")
AT = datetime(2026, 3, 2, 22, tzinfo=UTC)
MANY = settings(max_examples=150, deadline=None, derandomize=True)


def whole() -> bytes:
    """Return a large sound answer."""
    made = dns.message.make_response(dns.message.from_wire(question(ASK, 7)))
    owner = "app.example.com."
    made.answer.append(dns.rrset.from_text(owner, 300, "IN", "CNAME", "web.example.com."))
    made.answer.append(dns.rrset.from_text("web.example.com.", 60, "IN", "A", "192.0.2.4", "192.0.2.5"))
    made.answer.append(dns.rrset.from_text(owner, 60, "IN", "HTTPS", '1 . alpn="h2" ipv4hint=192.0.2.4'))
    made.answer.append(dns.rrset.from_text(owner, 60, "IN", "TXT", '"' + "x" * 200 + '"'))
    made.use_edns(0, options=[dns.edns.NSIDOption(b"fra\x01"), dns.edns.EDEOption(3, "stale")])
    return made.to_wire()


WHOLE = whole()


def taken(wire: bytes) -> None:
    """Read an answer as the asking does; what is recorded must be a sound line."""
    if not answers_id(wire, 7):
        return
    is_truncated(wire)
    refuses_edns(wire)
    with contextlib.suppress(Unreadable):
        one = record(ASK, read_answer(wire, ASK), at=AT, elapsed_s=0.01, transport="udp", age_s=5)
        line = json.dumps(one, allow_nan=False)
        assert line.isprintable()
        parse_question(line.encode())


@MANY
@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_refused(junk: bytes) -> None:
    """With a sound head, so that more than the first check is met."""
    taken(WHOLE[:12] + junk)
    taken(b"\0\x07\x84\0\0\0\0\x01\0\0\0\0" + junk)


@MANY
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_answer_is_read_or_refused(damage: list[tuple[int, int]]) -> None:
    """Some octets are others."""
    wire = bytearray(WHOLE)
    for place, value in damage:
        wire[place] = value
    taken(bytes(wire))


def test_every_cut_is_read_or_refused() -> None:
    """Wherever it ends."""
    for end in range(len(WHOLE)):
        taken(WHOLE[:end])


@MANY
@given(st.text(max_size=60), st.integers(0, 2**32 - 1))
def test_any_ttl_and_any_text_of_an_error_are_recorded(text: str, ttl_s: int) -> None:
    """From 0 to 2^32 - 1: positive from 2^31 on."""
    made = dns.message.make_response(dns.message.from_wire(question(ASK, 7)))
    made.answer.append(dns.rrset.from_text("app.example.com.", 1, "IN", "A", "192.0.2.4"))
    made.use_edns(0, options=[dns.edns.EDEOption(3, text or None)])
    wire = made.to_wire().replace(b"\0\0\0\x01\0\x04", ttl_s.to_bytes(4, "big") + b"\0\x04")
    one = record(ASK, read_answer(wire, ASK), at=AT, elapsed_s=0.01, transport="udp")
    assert one["answers"][0]["ttl"] == min(ttl_s, 2**31 - 1)
    assert one["ede"].startswith("3 (Stale Answer)")
    parse_question(json.dumps(one).encode())


@MANY
@given(st.lists(st.binary(max_size=80), max_size=8))
def test_any_lines_of_others_are_translated_or_left_out(lines: list[bytes]) -> None:
    """Nothing that is imported breaks the import."""
    begun = [start + line for line, start in zip(lines, [b'{"results":', b"- type: ", b"{", b""] * 2, strict=False)]
    found = translate([*lines, *begun], "some")
    assert all(parse_question(json.dumps(one).encode()) for one in found.records)


def test_an_answer_that_unfolds_is_refused() -> None:
    """Compression lets 64 KiB hold megabytes of names: no line of a snapshot is that long."""
    owner = ".".join([r"\255" * 60] * 4) + "."
    made = dns.message.make_response(dns.message.make_query(owner, "A", id=7))
    data = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(3000)]
    made.answer.append(dns.rrset.from_text(owner, 60, "IN", "A", *data))
    ask = Ask(target("192.0.2.53"), owner, "A")
    answer = read_answer(made.to_wire(max_size=65_535), ask)
    with pytest.raises(Unreadable, match="longer than a sound answer"):
        record(ask, answer, at=AT, elapsed_s=0.01, transport="tcp")


def test_a_huge_text_is_recorded_whole() -> None:
    """As long as one message can be."""
    ask = Ask(target("192.0.2.53"), "app.example.com", "TXT")
    made = dns.message.make_response(dns.message.from_wire(question(ask, 7)))
    made.answer.append(
        dns.rrset.from_text("app.example.com.", 60, "IN", "TXT", " ".join(['"' + "x" * 255 + '"'] * 200))
    )
    one = record(ask, read_answer(made.to_wire(max_size=65_535), ask), at=AT, elapsed_s=0.01, transport="tcp")
    assert one["answers"][0]["data"].count("x") == 200 * 255
    parse_question(json.dumps(one).encode())
