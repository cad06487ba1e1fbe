"""DNS messages: the bytes of a question, and a snapshot's object from the bytes of an answer. Nothing is sent here."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from analyzer.dns.record import DATA_LENGTH, MOST_ANSWERS, SCHEMA, TEXT_LENGTH, TTL_SIGN_BIT, plain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from analyzer.dns.targets import Target

PAYLOAD_BYTES = 1232  # what passes every path unfragmented (DNS flag day 2020)
HEADER_BYTES = 12  # RFC 1035 s4.1.1
TRUNCATED = 0x0200
MOST_CHARACTERS = 400_000  # of all answers of one message: names repeat by compression, and a stranger chose them
_RR = struct.Struct("!HHIH")  # type, class, TTL, length: RFC 1035 s4.1.3
_OPT = 41  # its TTL field holds flags: RFC 6891 s6.1.3
_POINTER = 0xC0  # RFC 1035 s4.1.4


@dataclass(frozen=True, slots=True)
class Ask:
    """One question for one resolver."""

    target: Target
    name: str
    type: str


class Unreadable(ValueError):  # noqa: N818 -- it reads as what the answer is
    """Bytes that are no answer to the question."""


def question(ask: Ask, identity: int, *, subnet: str | None = None, edns: bool = True) -> bytes:
    """Return the bytes of a question.

    Parameters
    ----------
    identity
        The message id; 0 for https and quic (RFC 8484 s4.1, RFC 9250 s4.2.1).
    subnet
        A network told to the resolver as the client's (RFC 7871), like `203.0.113.0/24`.
    edns
        Ask with EDNS: NSID (RFC 5001), larger answers, extended errors (RFC 8914).
    """
    return identity.to_bytes(2, "big") + _after_id(ask.name, ask.type, ask.target.recurse, subnet, edns)


@lru_cache(maxsize=1024)
def _after_id(name: str, kind: str, recurse: bool, subnet: str | None, edns: bool) -> bytes:
    """Return a question's bytes after the id: many resolvers are asked the same."""
    options: list[dns.edns.Option] = [dns.edns.GenericOption(dns.edns.OptionType.NSID, b"")]
    if subnet is not None:
        options.append(dns.edns.ECSOption.from_text(subnet))
    more: dict[str, Any] = {"use_edns": 0, "payload": PAYLOAD_BYTES, "options": options} if edns else {"use_edns": -1}
    message = dns.message.make_query(name, kind, id=0, **more)
    message.flags = dns.flags.Flag.RD if recurse else dns.flags.Flag(0)
    return message.to_wire()[2:]


@lru_cache(maxsize=1024)
def _question(name: str, kind: str) -> tuple[dns.name.Name, dns.rdatatype.RdataType]:
    """Return what an answer's question section must hold."""
    return dns.name.from_text(name), dns.rdatatype.from_text(kind)


def answers_id(wire: bytes, identity: int) -> bool:
    """Return whether the bytes have an answer's head with this id: others are a stranger's, and are waited past."""
    return len(wire) >= HEADER_BYTES and int.from_bytes(wire[:2], "big") == identity and bool(wire[2] & 0x80)


def is_truncated(wire: bytes) -> bool:
    """Return whether the answer is cut: it is asked for again over TCP (RFC 7766 s5)."""
    return bool(int.from_bytes(wire[2:4], "big") & TRUNCATED)


def refuses_edns(wire: bytes) -> bool:
    """Return whether the answer is that of a server too old for EDNS (RFC 6891 s7): it is asked again without."""
    few = int.from_bytes(wire[10:12], "big") == 0
    return few and wire[3] & 0x0F in {dns.rcode.FORMERR, dns.rcode.NOTIMP}


def read_answer(wire: bytes, ask: Ask) -> dns.message.Message:
    """Return the answer that the bytes hold.

    Raises
    ------
    Unreadable
        If they hold none to this question.
    """
    read = _message if len(wire) <= PAYLOAD_BYTES else _message.__wrapped__
    try:
        found = read(wire[2:])
    except (dns.exception.DNSException, ValueError, struct.error, IndexError, OverflowError) as error:
        raise Unreadable(type(error).__name__) from None
    if not found.flags & dns.flags.QR:
        raise Unreadable("a question, no answer")
    asked = _question(ask.name, ask.type)
    # Servers that understand nothing of a question (FORMERR, REFUSED) may leave it out: dnspython agrees.
    if found.question and (found.question[0].name, found.question[0].rdtype) != asked:
        raise Unreadable("answers another question")
    if not found.question and found.rcode() == dns.rcode.NOERROR:
        raise Unreadable("answers no question")
    if sum(len(rrset) for rrset in found.answer) > MOST_ANSWERS:
        raise Unreadable("more records than a message has room for")
    return found


@lru_cache(maxsize=256)
def _message(after_id: bytes) -> dns.message.Message:
    """Return the message in bytes without their id: many resolvers give the same. Nobody changes it."""
    return dns.message.from_wire(_with_sound_ttls(b"\0\0" + after_id), ignore_trailing=True)


def record(
    ask: Ask, found: dns.message.Message, *, at: datetime, elapsed_s: float, transport: str, age_s: int = 0
) -> dict[str, Any]:
    """Return the snapshot's object of an answer.

    Parameters
    ----------
    at
        When it was asked.
    elapsed_s
        [s] until the answer came.
    transport
        By which it came: tcp where the answer over udp was cut.
    age_s
        [s] that an HTTP cache has had the answer; taken off its TTLs (RFC 8484 s5.1).

    Raises
    ------
    Unreadable
        If its records are longer than any sound answer's.
    """
    answers = []
    room = MOST_CHARACTERS
    for name, kind, ttl_s, data in _records(ask, found):
        answers.append({"name": name, "type": kind, "ttl": max(ttl_s - age_s, 0), "data": data})
        room -= len(name) + len(data)
        if room < 0 or len(data) > DATA_LENGTH:
            raise Unreadable("longer than a sound answer")
    return {
        **_head(ask, at, transport),
        "rcode": dns.rcode.to_text(found.rcode()),
        "authoritative": bool(found.flags & dns.flags.AA),
        "elapsed_ms": _milliseconds(elapsed_s),
        "answers": answers,
        "error": None,
        "ede": _ede(found),
        "nsid": _nsid(found),
    }


def failure(ask: Ask, error: str, *, at: datetime, elapsed_s: float, transport: str) -> dict[str, Any]:
    """Return the snapshot's object of a question without a usable answer.

    Parameters
    ----------
    error
        timeout, refused, unreachable, malformed or tls.
    """
    return {
        **_head(ask, at, transport),
        "rcode": None,
        "authoritative": False,
        "elapsed_ms": _milliseconds(elapsed_s),
        "answers": [],
        "error": error,
        "ede": None,
        "nsid": None,
    }


def _head(ask: Ask, at: datetime, transport: str) -> dict[str, Any]:
    """Return what was asked, whom and when."""
    return {
        "schema": SCHEMA,
        "at": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "resolver": ask.target.resolver,
        "transport": transport,
        "name": plain_name(ask.name),
        "type": ask.type,
    }


def _milliseconds(seconds: float) -> float:
    """Return seconds as milliseconds to a tenth."""
    return round(seconds * 1000, 1)


def _records(ask: Ask, found: dns.message.Message) -> Iterator[tuple[str, str, int, str]]:
    """Yield owner, type, TTL [s] and data of each record; a referral's NS are the parent's answer to the question."""
    sections = found.answer
    if ask.type == "NS" and not sections and found.rcode() == dns.rcode.NOERROR:
        owner = dns.name.from_text(ask.name)
        sections = [one for one in found.authority if one.rdtype == dns.rdatatype.NS and one.name == owner]
    for rrset in sections:
        name, kind = plain_name(rrset.name.to_text()), dns.rdatatype.to_text(rrset.rdtype)
        for data in rrset:
            text = data.to_text()
            if text:
                yield name, kind, rrset.ttl, text


def _ede(found: dns.message.Message) -> str | None:
    """Return the extended errors (RFC 8914) as `CODE (Name): text`, several parted by "; "."""
    told = [option.to_text() for option in found.options if isinstance(option, dns.edns.EDEOption)]
    text = "; ".join(one.removeprefix("EDE ") for one in told)
    return _bounded(text)


def _nsid(found: dns.message.Message) -> str | None:
    """Return which of its machines answered (RFC 5001): as text where it is one, else in hex."""
    for option in found.options:
        if option.otype == dns.edns.OptionType.NSID:
            raw = bytes(getattr(option, "nsid", b"") or getattr(option, "data", b""))
            return _bounded(raw.decode("ascii") if raw.isascii() and raw.decode("ascii").isprintable() else raw.hex())
    return None


def _bounded(text: str) -> str | None:
    """Return a stranger's text of bounded length; None if there is none."""
    return text.replace("\0", "\\0")[:TEXT_LENGTH] or None


def _with_sound_ttls(wire: bytes) -> bytes:
    """Return the message with TTLs from 2^31 on as the largest TTL there is.

    They count as positive (RFC 8767 s4), but dnspython reads them as 0, as RFC 2181 s8 had it.

    Raises
    ------
    IndexError, struct.error
        If the message ends before its records do.
    """
    asked, *sections = struct.unpack_from("!HHHH", wire, 4)
    at = HEADER_BYTES
    for _ in range(asked):
        at = _after_name(wire, at) + 4
    sound = bytearray(wire)
    for _ in range(sum(sections)):
        at = _after_name(wire, at)
        kind, _, ttl_s, length = _RR.unpack_from(wire, at)
        if ttl_s >= TTL_SIGN_BIT and kind != _OPT:
            struct.pack_into("!I", sound, at + 4, TTL_SIGN_BIT - 1)
        at += _RR.size + length
    return bytes(sound)


def _after_name(wire: bytes, at: int) -> int:
    """Return where a name ends; each label is longer than nothing, so this ends with the message."""
    while length := wire[at]:
        if length >= _POINTER:
            return at + 2
        at += 1 + length
    return at + 1
