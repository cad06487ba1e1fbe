"""Questions sent to many resolvers at once, and their answers. With `transports` the only module that opens sockets.

The time is not read here: `clock` tells it. What is asked is decided by `plan` and `delegation`, what an answer means
by `message`.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.dns.message import Ask, Unreadable, failure, question, read_answer, record, refuses_edns
from analyzer.dns.transports import Failed, Reply, Transport, transport, trust
from analyzer.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    import dns.message

    from analyzer.dns.delegation import Delegated, Steps

    Clock = Callable[[], datetime]

RESOLV_CONF = Path("/etc/resolv.conf")
MOST_NAMESERVERS = 8  # of resolv.conf; the C library takes three
RESOLV_CONF_BYTES = 1 << 16
WITHOUT_ID = ("https", "quic")  # RFC 8484 s4.1, RFC 9250 s4.2.1: the id is 0, the stream tells answers apart


@dataclass(frozen=True, slots=True)
class Limits:
    """How politely, and for how long, is asked.

    Attributes
    ----------
    question_s
        [s] for one question, tries and all.
    at_once
        Questions under way.
    floor_s
        [s] between two questions to the same resolver, at least.
    ca
        Certificates to trust beside the system's.
    subnet
        A network told to resolvers as the client's (RFC 7871).
    """

    question_s: float = 3.0
    at_once: int = 256
    floor_s: float = 0.05
    ca: Path | None = None
    subnet: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question: a message, or an error of the contract.

    Attributes
    ----------
    at
        When it was asked.
    elapsed_s
        [s] until the answer came, or nobody waited any longer.
    """

    ask: Ask
    at: datetime
    elapsed_s: float
    transport: str
    message: dns.message.Message | None
    error: str | None
    age_s: int

    def as_record(self) -> dict[str, Any]:
        """Return the snapshot's object."""
        at, took_s, way = self.at, self.elapsed_s, self.transport
        if self.message is not None:
            try:
                return record(self.ask, self.message, at=at, elapsed_s=took_s, transport=way, age_s=self.age_s)
            except Unreadable:
                pass
        return failure(self.ask, self.error or "malformed", at=at, elapsed_s=took_s, transport=way)


def ask_all(
    asks: Iterable[Ask],
    *,
    clock: Clock,
    limits: Limits | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> tuple[dict[str, Any], ...]:
    """Return a snapshot's objects, in the order of the questions.

    Parameters
    ----------
    clock
        Returns the present moment, aware.
    limits
        Of time and haste.
    tell
        Called with the number of questions answered, and of all.

    Raises
    ------
    InputError
        If the certificates to trust cannot be read.
    """
    wanted = tuple(asks)
    outcomes = asyncio.run(_all(wanted, clock, _checked(limits or Limits()), tell))
    return tuple(one.as_record() for one in outcomes)


def find_servers(steps: Steps, *, clock: Clock, limits: Limits | None = None) -> Delegated:
    """Return what a search for authoritative servers finds: its questions are asked until it is done."""
    return asyncio.run(_find(steps, clock, _checked(limits or Limits())))


def system_resolvers(path: Path = RESOLV_CONF) -> tuple[str, ...]:
    """Return the addresses of the system's own resolvers; none if there is no such file."""
    try:
        with path.open("rb") as file:
            text = file.read(RESOLV_CONF_BYTES).decode("utf-8", "replace")
    except OSError:
        return ()
    words = [line.split() for line in text.splitlines()]
    found = [line[1] for line in words if len(line) > 1 and line[0] == "nameserver"]
    return tuple(dict.fromkeys(found))[:MOST_NAMESERVERS]


def _checked(limits: Limits) -> Limits:
    """Return the limits, if the certificates that they name can be read."""
    if limits.ca is not None:
        try:
            trust(limits.ca)
        except (OSError, ValueError) as error:
            why = "none is in there" if isinstance(error, ssl.SSLError) else getattr(error, "strerror", None)
            what = f"certificates cannot be read: {why or 'not PEM'}"
            raise InputError(Fault(what, str(limits.ca), remedy="name a PEM file with --ca")) from None
    return limits


async def _find(steps: Steps, clock: Clock, limits: Limits) -> Delegated:
    """Return what the steps find."""
    try:
        asks = next(steps)
        while True:
            outcomes = await _all(asks, clock, limits, None)
            asks = steps.send(tuple(one.message for one in outcomes))
    except StopIteration as done:
        found: Delegated = done.value
        return found


async def _all(
    asks: tuple[Ask, ...], clock: Clock, limits: Limits, tell: Callable[[int, int], None] | None
) -> list[Outcome]:
    """Return what became of all questions: all resolvers at once, each no faster than the floor."""
    ways: dict[tuple[str, str, str], Transport] = {}
    turns: dict[tuple[str, str, str], float] = {}
    chance = random.SystemRandom()
    slots = asyncio.Semaphore(limits.at_once)
    done = 0

    async def one(ask: Ask, delay_s: float, way: Transport) -> Outcome:
        nonlocal done
        await asyncio.sleep(delay_s)
        async with slots:
            found = await _one(ask, way, clock, limits)
        done += 1
        if tell is not None:
            tell(done, len(asks))
        return found

    tasks = []
    for ask in asks:
        key = (ask.target.resolver, ask.target.transport, ask.target.address)
        if key not in ways:
            ways[key] = transport(ask.target, limits.question_s, limits.ca)
            turns[key] = limits.floor_s * chance.random()
        tasks.append(one(ask, turns[key], ways[key]))
        turns[key] += limits.floor_s * (1 + chance.random() / 2)
    try:
        return await asyncio.gather(*tasks)
    finally:
        await asyncio.gather(*(way.close() for way in ways.values()))


async def _one(ask: Ask, way: Transport, clock: Clock, limits: Limits) -> Outcome:
    """Return what became of one question; a server too old for EDNS is asked again without it."""
    loop = asyncio.get_running_loop()
    at, start_s = clock(), loop.time()
    transport_used, message, error, age_s = ask.target.transport, None, None, 0
    try:
        reply = await _reply(ask, way, limits)
        transport_used, age_s = reply.transport, reply.age_s
        message = read_answer(reply.wire, ask)
    except Failed as failed:
        error = failed.error
    except Unreadable:
        error = "malformed"
    return Outcome(ask, at, loop.time() - start_s, transport_used, message, error, age_s)


async def _reply(ask: Ask, way: Transport, limits: Limits) -> Reply:
    """Return the bytes that come back."""
    identity = 0 if ask.target.transport in WITHOUT_ID else secrets.randbelow(1 << 16)
    reply = await way.exchange(question(ask, identity, subnet=limits.subnet))
    if len(reply.wire) > 11 and refuses_edns(reply.wire):  # noqa: PLR2004 -- a message's head
        return await way.exchange(question(ask, identity, edns=False))
    return reply
