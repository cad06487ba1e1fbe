"""Which servers have the last word on a name: what to ask next, and what the answers mean. Nothing is sent here.

`delegated` is a generator: it yields questions, is sent their answers, and returns the questions for the zones' own
servers. So it runs in memory as well as on a network.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analyzer.dns.answers import MOST_LINKS
from analyzer.dns.message import Ask
from analyzer.dns.record import plain_name
from analyzer.dns.targets import at_address, is_address

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    import dns.message

    from analyzer.dns.targets import Target

    Asks = tuple[Ask, ...]
    Answers = tuple["dns.message.Message | None", ...]
    Steps = Generator[Asks, Answers, "Delegated"]

TYPES = ("A", "AAAA", "HTTPS")  # the records that carry an address
MOST_SERVERS = 64  # addresses of one zone's servers; the root has 26
MOST_PARENTS = 4  # addresses of the parent zone's servers: they agree among each other, and have other work
Found = dict[tuple[str, str], "list[dns.message.Message]"]


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone and its servers.

    Attributes
    ----------
    name
        Its apex; "." for the root.
    servers
        Its own servers at each of their addresses, asked without recursion; `operator` is the server's name.
    parents
        Some servers of the zone above.
    """

    name: str
    servers: tuple[Target, ...]
    parents: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Delegated:
    """The zones that the names lie in, the questions for their servers, and what could not be found."""

    zones: tuple[Zone, ...]
    asks: tuple[Ask, ...]
    troubles: tuple[str, ...]


def delegated(names: Iterable[str], via: tuple[Target, ...], port: int = 53) -> Steps:
    """Yield questions and return which servers are authoritative for the names, and what to ask them.

    Parameters
    ----------
    names
        Host names.
    via
        Recursive resolvers that lead there; of each question the first usable answer counts.
    port
        At which authoritative servers listen.

    Yields
    ------
    tuple of Ask
        To be answered, in the same order, by `send`; None where nothing usable came.
    """
    owners, via = yield from _owners(tuple(names), via)
    apexes = yield from _apexes(owners, via)
    zones, troubles = [], []
    for apex in sorted({found for found, _ in apexes.values() if found}):
        above = next(above for found, above in apexes.values() if found == apex)
        zones.append((yield from _zone(apex, above, via, port)))
        if not zones[-1].servers:
            troubles.append(f"the servers of the zone {apex} cannot be found")
    troubles += [f"the zone of {owner} cannot be found" for owner, (apex, _) in apexes.items() if not apex]
    asks = tuple(ask for zone in zones for ask in _last(zone, [o for o in owners if apexes[o][0] == zone.name]))
    return Delegated(tuple(zones), asks, tuple(troubles))


def _last(zone: Zone, owners: Iterable[str]) -> Iterator[Ask]:
    """Yield what a zone's servers and its parent's are asked in a snapshot."""
    for server in zone.servers:
        yield from (Ask(server, owner, kind) for owner in owners for kind in TYPES)
        yield from (Ask(server, zone.name, kind) for kind in ("SOA", "NS"))
    yield from (Ask(parent, zone.name, "NS") for parent in zone.parents)


def _owners(
    names: tuple[str, ...], via: tuple[Target, ...]
) -> Generator[Asks, Answers, tuple[tuple[str, ...], tuple[Target, ...]]]:
    """Return the names and those that they are aliases of, each once; and the resolvers that answered at all."""
    asks = tuple(Ask(target, name, "A") for name in names for target in via)
    answers: Answers = (yield asks) if asks else ()
    owners = dict.fromkeys(names)
    for message in answers:
        for rrset in message.answer[: 2 * MOST_LINKS] if message is not None else ():
            if rrset.rdtype.name == "CNAME":
                owners |= dict.fromkeys([plain_name(rrset[0].target.to_text())])
    alive = {ask.target.resolver for ask, message in zip(asks, answers, strict=True) if message is not None}
    return tuple(owners)[: len(names) * MOST_LINKS], tuple(one for one in via if one.resolver in alive)


def _apexes(owners: tuple[str, ...], via: tuple[Target, ...]) -> Generator[Asks, Answers, dict[str, tuple[str, str]]]:
    """Return the zone of each owner, and the zone above; empty where it is not known.

    A zone begins at a name that has an SOA record of its own.
    """
    lineage = {owner: _ancestors(owner) for owner in owners}
    wanted = sorted({one for names in lineage.values() for one in names})
    found = yield from _put([(name, "SOA") for name in wanted], via)
    apex = {name for (name, _), answers in found.items() if any(_has(one, name, "SOA") for one in answers)}
    chains = {owner: [name for name in names if name in apex] for owner, names in lineage.items()}
    return {owner: ((chain or [""])[0], (chain[1:] or [""])[0]) for owner, chain in chains.items()}


def _zone(apex: str, above: str, via: tuple[Target, ...], port: int) -> Generator[Asks, Answers, Zone]:
    """Return a zone with the servers that it names itself, and those that its parent names."""
    listed = yield from _put([(name, "NS") for name in (apex, above) if name], via)
    own, upper = _servers(listed, apex), _servers(listed, above)
    addresses = yield from _addresses({*own, *upper}, via)
    parents = _targets(upper, addresses, port)[:MOST_PARENTS]
    referred = yield from _put([(apex, "NS")], parents)
    glue = _glue(referred)
    others = [name for name in _servers(referred, apex) if name not in own]
    addresses |= yield from _addresses(others, via)
    known = {name: addresses.get(name) or glue.get(name, ()) for name in (*own, *others)}
    return Zone(apex, _targets((*own, *others), known, port)[:MOST_SERVERS], parents)


def _addresses(names: Iterable[str], via: tuple[Target, ...]) -> Generator[Asks, Answers, dict[str, tuple[str, ...]]]:
    """Return the addresses of servers."""
    wanted = sorted(names)
    found = yield from _put([(name, kind) for name in wanted for kind in ("A", "AAAA")], via)
    addresses: dict[str, dict[str, None]] = {name: {} for name in wanted}
    for (name, kind), answers in found.items():
        for rrset in (rrset for one in answers for rrset in one.answer if rrset.rdtype.name == kind):
            addresses[name] |= dict.fromkeys(data.to_text() for data in rrset)
    return {name: tuple(found) for name, found in addresses.items()}


def _put(questions: list[tuple[str, str]], via: tuple[Target, ...]) -> Generator[Asks, Answers, Found]:
    """Ask each question of each target; return the usable answers by question."""
    asks = tuple(Ask(target, name, kind) for name, kind in questions for target in via)
    answers: Answers = (yield asks) if asks else ()
    found: Found = {}
    for ask, message in zip(asks, answers, strict=True):
        if message is not None and message.rcode().name in {"NOERROR", "NXDOMAIN"}:
            found.setdefault((ask.name, ask.type), []).append(message)
    return found


def _servers(found: Found, zone: str) -> tuple[str, ...]:
    """Return the names of a zone's servers, from answers and referrals."""
    names: dict[str, None] = {}
    for message in found.get((zone, "NS"), ()):
        for rrset in (*message.answer, *message.authority):
            if rrset.rdtype.name == "NS" and plain_name(rrset.name.to_text()) == zone:
                names |= dict.fromkeys(plain_name(data.target.to_text()) for data in rrset)
    return tuple(sorted(names)[:MOST_SERVERS])


def _glue(found: Found) -> dict[str, tuple[str, ...]]:
    """Return the addresses that referrals bring along."""
    glue: dict[str, tuple[str, ...]] = {}
    for message in (one for answers in found.values() for one in answers):
        for rrset in message.additional:
            if rrset.rdtype.name in {"A", "AAAA"}:
                name = plain_name(rrset.name.to_text())
                glue[name] = tuple(dict.fromkeys((*glue.get(name, ()), *(data.to_text() for data in rrset))))
    return glue


def _targets(names: Iterable[str], addresses: dict[str, tuple[str, ...]], port: int) -> tuple[Target, ...]:
    """Return servers at each of their addresses, each address once."""
    found: dict[str, Target] = {}
    for name in names:
        for address in addresses.get(name, ()):
            if is_address(address):
                found.setdefault(address, replace(at_address(address, port).authoritative(), operator=name))
    return tuple(found.values())


def _has(message: dns.message.Message, name: str, kind: str) -> bool:
    """Return whether an answer has a record of that very name."""
    return any(rrset.rdtype.name == kind and plain_name(rrset.name.to_text()) == name for rrset in message.answer)


def _ancestors(name: str) -> tuple[str, ...]:
    """Return a name and the names above it, the root last.

    >>> _ancestors("a.b")
    ('a.b', 'b', '.')
    """
    labels = name.split(".")
    return (*(".".join(labels[n:]) for n in range(len(labels))), ".")
