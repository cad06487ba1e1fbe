"""What one answer says: which server it names, and along which RRsets."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from analyzer.dns.record import plain_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from analyzer.dns.record import Answer

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Link = tuple[str, str, str]  # an RRset on the way to the address: owner, type, target (of a CNAME, else "")

# From the best to the worst; a resolver counts by the worst of what it answers.
STATES = ("new", "empty", "neither", "failing", "mixed", "old")
RANK = {state: rank for rank, state in enumerate(STATES)}
OLDISH = ("old", "mixed")

MOST_LINKS = 16  # resolvers give up on longer chains (BIND's max-query-restarts: 11)
_HINTS = re.compile(r"\bipv[46]hint=\"?([0-9A-Fa-f:.,]{2,4096})")  # RFC 9460 s7.3
_CODES = re.compile(r"(?:^|;|[\[,{]|code\W{1,4}|EDE:?)\s*(\d{1,5})\b", re.IGNORECASE)
_STALE = frozenset({3, 19})  # RFC 8914 s4.4 Stale Answer, s4.20 Stale NXDOMAIN Answer
_USABLE = ("NOERROR", "NXDOMAIN")  # RFC 8767 s4: only these say something about the data


@dataclass(frozen=True, slots=True)
class Known:
    """The addresses of the two servers."""

    old: frozenset[Address]
    new: frozenset[Address]

    def types(self) -> tuple[str, ...]:
        """Return the record types that can lead to the old server."""
        versions = {address.version for address in self.old}
        return (*(kind for kind, version in (("A", 4), ("AAAA", 6)) if version in versions), "HTTPS")

    def leaves(self, kind: str) -> bool:
        """Return whether the new server has no address of this type, so that no record at all is the new state."""
        version = {"A": 4, "AAAA": 6}.get(kind)
        return version is not None and all(address.version != version for address in self.new)


def known(old: Iterable[Address], new: Iterable[Address]) -> Known:
    """Return the two servers' addresses as sets."""
    return Known(frozenset(old), frozenset(new))


def state_of(
    kind: str, rcode: str | None, error: str | None, answers: Collection[Answer], servers: Known
) -> str | None:
    """Return what an answer says, one of `STATES`; None if it says nothing about addresses (HTTPS without hints).

    Parameters
    ----------
    kind
        The type asked for.
    rcode, error, answers
        What came back.
    servers
        What is old and what is new: the only yardstick. A majority of resolvers is none.
    """
    found = set(addresses_of(kind, answers))
    if kind == "HTTPS" and not found & (servers.old | servers.new):
        return None
    if error is not None or rcode not in _USABLE:
        return "failing"
    if not found:
        return "new" if rcode == "NOERROR" and servers.leaves(kind) else "empty"
    if found & servers.old:
        return "mixed" if found & servers.new else "old"
    return "new" if found & servers.new else "neither"


def without_hints(rcode: str | None, error: str | None, answers: Collection[Answer]) -> str | None:
    """Return what an HTTPS answer that hints at neither server says where hints led to the old one before.

    None if it says nothing about the data.
    """
    if error is not None or rcode not in _USABLE:
        return None
    return "neither" if set(addresses_of("HTTPS", answers)) else "new"


def says_stale(ede: str | None) -> bool:
    """Return whether an extended error says that the record had expired, in whatever form it was recorded.

    >>> says_stale("3 (Stale Answer)"), says_stale('{"code": 19}'), says_stale("22 (No Reachable Authority): 3 tried")
    (True, True, False)
    """
    return ede is not None and any(int(code) in _STALE for code in _CODES.findall(ede))


def path_of(name: str, kind: str, answers: Collection[Answer]) -> tuple[tuple[Link, int], ...]:
    """Return the RRsets from the name to its addresses, each with its remaining TTL [s].

    An RRset's TTL is the least of its records' (RFC 2181 s5.2). Where the chain does not lead to the addresses that
    were answered, their RRsets are appended: they were answered all the same.
    """
    ttls: dict[tuple[str, str], int] = {}
    targets: dict[str, str] = {}
    for answer in answers:
        key = (answer.name, answer.type)
        ttls[key] = min(ttls.get(key, answer.ttl_s), answer.ttl_s)
        if answer.type == "CNAME":
            target = plain_name(answer.data)
            targets[answer.name] = min(targets.get(answer.name, target), target)
    path: list[tuple[Link, int]] = []
    owner = name
    while (owner, kind) not in ttls and owner in targets and len(path) < MOST_LINKS:
        path.append(((owner, "CNAME", targets[owner]), ttls[owner, "CNAME"]))
        owner = targets[owner]
    if (owner, kind) in ttls:
        path.append(((owner, kind, ""), ttls[owner, kind]))
    else:
        path.extend(((other, kind, ""), ttl) for (other, asked), ttl in sorted(ttls.items()) if asked == kind)
    return tuple(path[: 2 * MOST_LINKS])


def addresses_of(kind: str, answers: Iterable[Answer]) -> Iterable[Address]:
    """Yield the addresses in the records of this type."""
    for answer in answers:
        if answer.type == kind:
            yield from _parsed(answer.data, hints=kind == "HTTPS")


@lru_cache(maxsize=4096)
def _parsed(data: str, *, hints: bool) -> tuple[Address, ...]:
    """Return the addresses that a record's data holds; none if it is not what its type promises."""
    texts = [text for group in _HINTS.findall(data) for text in group.split(",")] if hints else [data]
    found = []
    for text in texts:
        try:
            found.append(ipaddress.ip_address(text))
        except ValueError:
            continue
    return tuple(found)
