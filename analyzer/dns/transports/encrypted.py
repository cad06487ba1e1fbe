"""DNS over HTTPS (RFC 8484) and over QUIC (RFC 9250). Their libraries are loaded where somebody asks that way."""

from __future__ import annotations

import contextlib
import ssl
from typing import TYPE_CHECKING, Any

from analyzer.dns.transports.common import Failed, Reply, bounded, trust
from analyzer.units import before_port

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.dns.targets import Target

LONGEST_BYTES = 65_535  # of a message: RFC 1035 s4.2.2
LONGEST_AGE_S = 604_800  # [s] RFC 8767 s4: nothing lives longer in a cache
MEDIA = "application/dns-message"  # RFC 8484 s6
HTTPS_PORT = 443


class Https:
    """One HTTP connection; POST, so that HTTP caches keep out of it where they are sound (RFC 8484 s5.1)."""

    def __init__(self, target: Target, limit_s: float, ca: Path | None) -> None:
        import httpx2  # noqa: PLC0415 -- 0.2 s, only for who asks over HTTPS

        self._target, self._limit_s, self._ca = target, limit_s, ca
        self._httpx2: Any = httpx2
        self._client: Any = None

    async def exchange(self, wire: bytes) -> Reply:
        """Return the answer to a question."""
        try:
            async with bounded(self._limit_s):
                return await self._once(wire)
        except self._httpx2.ConnectError as error:
            raise Failed(_why(error)) from None
        except self._httpx2.HTTPError:
            raise Failed("malformed") from None

    async def _once(self, wire: bytes) -> Reply:
        """Return the answer; its connection is opened once."""
        if self._client is None:
            verify = trust(self._ca)
            self._client = self._httpx2.AsyncClient(http2=True, verify=verify, trust_env=False, timeout=None)
        host = before_port(self._target.host)
        there = before_port(self._target.address or self._target.host)
        url = f"https://{there}:{self._target.port}{self._target.path}"
        port = "" if self._target.port == HTTPS_PORT else f":{self._target.port}"
        head = {"host": host + port, "accept": MEDIA, "content-type": MEDIA, "accept-encoding": "identity"}
        name = {"sni_hostname": self._target.host}
        async with self._client.stream("POST", url, content=wire, headers=head, extensions=name) as response:
            if response.status_code != self._httpx2.codes.OK:
                raise Failed("refused")
            body = b""
            async for part in response.aiter_raw():
                body += part
                if len(body) > LONGEST_BYTES:
                    raise Failed("malformed")
            if response.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA:
                raise Failed("malformed")
            return Reply(body, "https", _age_s(response.headers.get("age", "")))

    async def close(self) -> None:
        """End what is open."""
        if self._client is not None:
            await self._client.aclose()


class Quic:
    """One QUIC connection, a stream a question (RFC 9250)."""

    def __init__(self, target: Target, limit_s: float, ca: Path | None) -> None:
        import dns.exception  # noqa: PLC0415 -- beside the next
        import dns.quic  # noqa: PLC0415 -- loads aioquic, only for who asks over QUIC

        self._target, self._limit_s, self._ca = target, limit_s, ca
        self._quic: Any = dns.quic
        self._timeout, self._ended = dns.exception.Timeout, dns.quic._common.UnexpectedEOF  # noqa: SLF001 -- no public name
        self._held = contextlib.AsyncExitStack()
        self._connection: Any = None

    async def exchange(self, wire: bytes) -> Reply:
        """Return the answer to a question."""
        try:
            async with bounded(self._limit_s):
                if self._connection is None:
                    self._connection = await self._connect()
                async with await self._connection.make_stream(self._limit_s) as stream:
                    await stream.send(wire, True)
                    return Reply(await stream.receive(self._limit_s), "quic")
        except self._timeout:
            raise Failed("timeout") from None
        except self._ended:  # so the library tells a handshake that was refused
            raise Failed("tls") from None

    async def _connect(self) -> Any:  # noqa: ANN401 -- of a module that is loaded late
        """Return a new connection."""
        verify = str(self._ca) if self._ca is not None else True
        manager = self._quic.AsyncioQuicManager(verify_mode=verify, server_name=self._target.host)
        held = await self._held.enter_async_context(manager)
        return held.connect(self._target.address or self._target.host, self._target.port)

    async def close(self) -> None:
        """End what is open."""
        with contextlib.suppress(Exception):  # a connection that never was cannot be ended
            await self._held.aclose()


def _age_s(text: str) -> int:
    """Return an Age header's seconds (RFC 9111 s5.1); 0 if it is none."""
    return min(int(text), LONGEST_AGE_S) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004 -- digits


def _why(error: BaseException) -> str:
    """Return the contract's word for a connection that could not be made, from what lies at its bottom."""
    seen: BaseException | None = error
    text = str(error).lower()
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return "tls"
        if isinstance(seen, ConnectionRefusedError):
            return "refused"
        seen = seen.__cause__ or seen.__context__
    return "tls" if "ssl" in text or "certificate" in text else "refused" if "refused" in text else "unreachable"
