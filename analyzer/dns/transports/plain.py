"""Datagrams and streams: DNS over UDP, TCP and TLS."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from analyzer.dns.message import Unreadable, answers_id, is_truncated
from analyzer.dns.transports.common import Reply, bounded, trust

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.dns.targets import Target

FIRST_TRY = 0.4  # share of the time limit after which a datagram is sent again: it may have been lost
SECOND_TRY = 0.55  # share that the second one is waited for: a little is left to say what came instead


class _Datagrams(asyncio.DatagramProtocol):
    """Waits for the one answer; datagrams of others are passed over, as if they had not come."""

    def __init__(self, identity: int) -> None:
        self.identity = identity
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.junk = False

    def datagram_received(self, data: bytes, _: object) -> None:
        """Take an answer with the question's id."""
        if self.answer.done():
            return
        if answers_id(data, self.identity):
            self.answer.set_result(data)
        else:
            self.junk = True

    def error_received(self, exc: Exception) -> None:
        """Take what the way back says: nobody listens there."""
        if not self.answer.done():
            self.answer.set_exception(exc)

    def give_up(self) -> None:
        """End the wait: nothing came, or only what others sent."""
        if not self.answer.done():
            self.answer.set_exception(Unreadable("only others' answers") if self.junk else TimeoutError())


class Udp:
    """Datagrams, each question from a port of its own; TCP where an answer is cut."""

    def __init__(self, target: Target, limit_s: float, ca: Path | None) -> None:
        self._target, self._limit_s = target, limit_s
        self._stream = Stream(target, limit_s, ca)

    async def exchange(self, wire: bytes) -> Reply:
        """Return the answer to a question."""
        async with bounded(self._limit_s):
            answer = await self._datagram(wire)
            return await self._stream.exchange(wire) if is_truncated(answer) else Reply(answer, "udp")

    async def _datagram(self, wire: bytes) -> bytes:
        """Return the datagram that answers; the question is sent twice if need be."""
        loop = asyncio.get_running_loop()
        waiting = _Datagrams(int.from_bytes(wire[:2], "big"))
        there = (self._target.host, self._target.port)
        sender, _ = await loop.create_datagram_endpoint(lambda: waiting, remote_addr=there)
        sender.sendto(wire)
        again = loop.call_later(FIRST_TRY * self._limit_s, sender.sendto, wire)
        over = loop.call_later((FIRST_TRY + SECOND_TRY) * self._limit_s, waiting.give_up)
        try:
            return await waiting.answer
        finally:
            again.cancel()
            over.cancel()
            sender.close()

    async def close(self) -> None:
        """End what is open."""
        await self._stream.close()


class Stream:
    """One connection over TCP or TLS, for one question after the other (RFC 7766 s6.2.1)."""

    def __init__(self, target: Target, limit_s: float, ca: Path | None) -> None:
        self._target, self._limit_s, self._ca = target, limit_s, ca
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._turn = asyncio.Lock()

    async def exchange(self, wire: bytes) -> Reply:
        """Return the answer to a question."""
        async with bounded(self._limit_s), self._turn:
            reused = self._open is not None
            try:
                return await self._once(wire)
            except (EOFError, ConnectionError):  # servers end idle connections as they like
                if not reused:
                    raise
                return await self._once(wire)

    async def _once(self, wire: bytes) -> Reply:
        """Return the answer, over the connection that is open or a new one; a broken one is ended."""
        try:
            if self._open is None:
                self._open = await self._connect()
            reader, writer = self._open
            writer.write(len(wire).to_bytes(2, "big") + wire)
            answer = b""
            while not answers_id(answer, int.from_bytes(wire[:2], "big")):
                answer = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
        except BaseException:
            await self.close()
            raise
        return Reply(answer, "tls" if self._target.transport == "tls" else "tcp")

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return a new connection."""
        there = self._target.address or self._target.host
        reader, writer = await asyncio.open_connection(there, self._target.port)
        if self._target.transport == "tls":
            bare = writer.transport
            try:
                await writer.start_tls(trust(self._ca, "dot"), server_hostname=self._target.host)
            except BaseException:  # a handshake that is given up would keep its socket
                bare.abort()
                raise
        return reader, writer

    async def close(self) -> None:
        """End what is open."""
        if self._open is not None:
            _, writer = self._open
            self._open = None
            writer.transport.abort()
