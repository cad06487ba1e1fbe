"""HTTP asked of a server by its address: the host name stays that of the public URL, in Host, SNI and certificate.

The only module of the handover that talks to the network. Every wait and every buffer has its bound.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from analyzer.errors import Fault, UsageError
from analyzer.units import before_port
from analyzer.words import visible

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from analyzer.migration.model import Address

PORTS = {"http": 80, "https": 443}
BODY_BYTES = 2 << 20  # [bytes] of a body that are compared; pages are smaller, downloads show by their first part
WAIT_S = 30.0  # [s] for a whole answer, so long as a patient browser would wait
CONNECT_S = 10.0  # [s]
ERROR_LENGTH = 160  # [characters] of what went wrong
MS = 1_000.0


@dataclass(frozen=True, slots=True)
class Server:
    """One of the two servers, as it is asked: `old` or `new`, its address and port, `http` or `https`."""

    label: str
    address: Address
    port: int
    scheme: str

    def __str__(self) -> str:
        return f"{self.scheme}://{before_port(self.address)}:{self.port}"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a safe method, the public host name, path and query as they stand in the log."""

    method: str
    host: str
    target: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes
    ----------
    status
        None where no answer came; `error` then says why.
    headers
        Names in lower case, in the order in which they came.
    body
        Without its Content-Encoding, at most so many bytes as were wanted.
    whole
        Whether the body is all of it.
    first_ms, total_ms
        [ms] until the head had come, and the body.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    whole: bool = True
    first_ms: float = 0.0
    total_ms: float = 0.0
    error: str | None = None

    def header(self, name: str) -> str | None:
        """Return the header's value, several joined as RFC 9110 section 5.3 has it; None if it is not there."""
        values = [value for known, value in self.headers if known == name]
        return ", ".join(values) if values else None


class _One(AbstractResolver):
    """Resolves every name to one address and port."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def resolve(
        self,
        host: str,
        port: int = 0,  # noqa: ARG002 -- the interface's; the server's own port counts
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 -- the address says its family
    ) -> list[ResolveResult]:
        address = self._server.address
        kind = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 -- IPv4
        flags = socket.AI_NUMERICHOST
        return [
            ResolveResult(
                hostname=host, host=str(address), port=self._server.port, family=kind, proto=0, flags=int(flags)
            )
        ]

    async def close(self) -> None:
        """Hold nothing."""


class Asker:
    """Asks one server; a context manager that keeps its connections."""

    def __init__(self, server: Server, *, agent: str, ca: Path | None = None, body_bytes: int = BODY_BYTES) -> None:
        self._server, self._body_bytes = server, body_bytes
        self._headers = {"User-Agent": agent, "Accept": "*/*", "Accept-Encoding": "gzip"}
        self._tls = tls_context(ca) if server.scheme == "https" else None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            resolver=_One(self._server), ssl=self._tls or True, limit=0, use_dns_cache=False, keepalive_timeout=2.0
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=WAIT_S, sock_connect=CONNECT_S),
            auto_decompress=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def ask(self, question: Question) -> Answer:
        """Return the answer, or why none came; redirects are not followed."""
        if self._session is None:
            raise RuntimeError("an Asker is used as a context manager")
        path, _, query = question.target.partition("?")
        url = URL.build(
            scheme=self._server.scheme, authority=question.host, path=path, query_string=query, encoded=True
        )
        begun = time.perf_counter()
        try:
            async with self._session.request(question.method, url, allow_redirects=False) as response:
                first_ms = MS * (time.perf_counter() - begun)
                raw, whole = await self._read(response)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, asyncio.IncompleteReadError) as error:
            return Answer(None, error=_reason(error), total_ms=MS * (time.perf_counter() - begun))
        total_ms = MS * (time.perf_counter() - begun)
        headers = tuple((name.lower(), value) for name, value in response.headers.items())
        body, decoded = _decoded(raw, response.headers.get("Content-Encoding", ""), self._body_bytes)
        return Answer(response.status, headers, body, whole and decoded, first_ms, total_ms)

    async def _read(self, response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
        """Return the body's first part, and whether it is all."""
        parts, size = [], 0
        async for part in response.content.iter_any():
            parts.append(part)
            size += len(part)
            if size > self._body_bytes:
                response.close()  # the rest is not wanted
                return b"".join(parts)[: self._body_bytes], False
        return b"".join(parts), True


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server shows for a name: until when it is valid, or why it cannot be trusted."""

    server: str
    name: str
    not_after: datetime | None
    error: str | None


def certificate(server: Server, name: str, ca: Path | None = None) -> Certificate:
    """Return the certificate that a server shows for a name, verified under that name.

    Parameters
    ----------
    server
        Asked by its address.
    name
        In SNI, and what the certificate must hold.
    ca
        A PEM file with the authority; the system's otherwise.
    """
    context = tls_context(ca)
    try:
        with (
            socket.create_connection((str(server.address), server.port), timeout=CONNECT_S) as plain,
            context.wrap_socket(plain, server_hostname=name) as secured,
        ):
            shown = secured.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return Certificate(str(server), name, None, visible(error.verify_message, ERROR_LENGTH))
    except OSError as error:
        return Certificate(str(server), name, None, _reason(error))
    ends_s = ssl.cert_time_to_seconds(str(shown["notAfter"]))
    return Certificate(str(server), name, datetime.fromtimestamp(ends_s, UTC), None)


def tls_context(ca: Path | None) -> ssl.SSLContext:
    """Return a context that verifies certificates, by a file of authorities or by the system's.

    Raises
    ------
    UsageError
        If the file cannot be read or holds no certificate.
    """
    try:
        return ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or "no certificate in it"
        remedy = "name a PEM file with the authority's certificate"
        raise UsageError(Fault(f"cannot be used: {reason}", "--ca", str(ca), remedy)) from None


def _decoded(raw: bytes, coding: str, most: int) -> tuple[bytes, bool]:
    """Return the body without gzip or deflate, bounded, and whether it is whole; other codings stay as they are."""
    if coding.strip().lower() not in {"gzip", "x-gzip", "deflate"} or not raw:
        return raw, True
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)  # 32: gzip or zlib by its head
    try:
        body = inflate.decompress(raw, most)
    except zlib.error:
        return raw, True
    return body, not inflate.unconsumed_tail


def _reason(error: Exception) -> str:
    """Return in a few words why no answer came."""
    certificate = getattr(error, "certificate_error", None)
    if isinstance(certificate, ssl.SSLCertVerificationError):
        return visible(f"certificate: {certificate.verify_message}", ERROR_LENGTH)
    inner = getattr(error, "os_error", error)
    if isinstance(error, TimeoutError):
        told = "no answer in time"
    elif isinstance(inner, ssl.SSLError):
        told = f"TLS: {inner.reason or inner}"
    elif isinstance(inner, ConnectionRefusedError):
        told = "connection refused"
    elif isinstance(error, aiohttp.ServerDisconnectedError | ConnectionResetError):
        told = "connection closed without an answer"
    elif isinstance(inner, OSError) and inner.strerror:
        told = inner.strerror.lower()
    else:
        told = f"{type(error).__name__}: {error}"
    return visible(told, ERROR_LENGTH)
