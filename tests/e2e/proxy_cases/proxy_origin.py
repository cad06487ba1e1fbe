"""The new server of the tests: it says, byte by byte, what it was asked, and answers oddly where a path wants it."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import json
import ssl
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

HEAD_BYTES = 1 << 20  # [bytes] of a request's head
DATE = "Mon, 23 Nov 2026 12:00:00 GMT"
PIECE = bytes(range(256)) * 256  # 64 KiB
BIG_BYTES = 100 << 20  # [bytes] 100 MB up and down
WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 s1.3


@dataclass(slots=True)
class Asked:
    """One request as it arrived."""

    line: bytes
    headers: list[tuple[str, str]]
    body_bytes: int = 0
    body_digest: str = ""

    def header(self, name: str) -> str:
        """Return the values of a header, joined."""
        return ", ".join(value for known, value in self.headers if known.lower() == name)

    @property
    def path(self) -> str:
        """The path without query, as it was written."""
        target = self.line.split(b" ")[1].decode("latin-1")
        return target.partition("?")[0]


@dataclass(slots=True)
class Origin:
    """A server on one address, plain and with TLS, on ports that the system chose."""

    address: str
    http: int = 0
    https: int = 0
    seen: list[Asked] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)
    _shown: tuple[str, str] = ("", "")
    _hushed: bool = False
    _context: ssl.SSLContext | None = None
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None
    _servers: list[asyncio.Server] = field(default_factory=list)

    def start(self, certificate: str = "", key: str = "") -> None:
        """Begin to listen; without a certificate nobody comes over TLS."""
        self._shown = (certificate, key)
        self._context = context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0  # no session is resumed: each connection shows the certificate
        if certificate:
            context.load_cert_chain(certificate, key)
        context.sni_callback = lambda _socket, name, _context: self.server_names.append(name)
        ready = threading.Event()

        async def listen() -> None:
            plain = await asyncio.start_server(self._serve, self.address, self.http, limit=HEAD_BYTES)
            safe = await asyncio.start_server(self._serve, self.address, self.https, ssl=context, limit=HEAD_BYTES)
            self.http, self.https = plain.sockets[0].getsockname()[1], safe.sockets[0].getsockname()[1]
            self._servers.extend((plain, safe))
            ready.set()

        def run() -> None:
            asyncio.set_event_loop(self._loop)
            self._loop.set_exception_handler(lambda _loop, _context: None)
            self._loop.create_task(listen())
            self._loop.run_forever()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        assert ready.wait(10)

    def hush(self) -> None:
        """Say from now on only the request line, not the headers: the same, whoever asks."""
        self._hushed = True

    def show(self, certificate: Path, key: Path) -> None:
        """Show another certificate from now on."""
        assert self._context is not None
        self._context.load_cert_chain(certificate, key)

    def again(self) -> None:
        """Begin once more, on the same ports."""
        self._loop, self._servers = asyncio.new_event_loop(), []
        self.start(*self._shown)

    def stop(self) -> None:
        """Stop, and leave no task behind."""

        async def close() -> None:
            for server in self._servers:
                server.close()
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread:
            self._thread.join(10)
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ValueError, IndexError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection stays."""
        head = await reader.readuntil(b"\r\n\r\n")
        first, *rest = head[:-4].split(b"\r\n")
        headers = [tuple(part.strip().decode("latin-1") for part in line.split(b":", 1)) for line in rest]
        asked = Asked(first, headers)  # type: ignore[arg-type] -- pairs
        self.seen.append(asked)
        if "upgrade" in asked.header("connection").lower() and asked.header("upgrade").lower() == "websocket":
            await _websocket(asked, reader, writer)
            return False
        if asked.path == "/refuse-body":
            writer.write(_answer(413, [("Connection", "close")], b"too big"))
            await writer.drain()
            while await asyncio.wait_for(reader.read(1 << 16), 2):  # close slowly, or the answer is lost on the way
                pass
            return False
        if asked.header("expect").lower() == "100-continue" and asked.path != "/no-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await _read_body(asked, reader)
        answer = ANSWERS.get(asked.path)
        if answer is not None:
            return await answer(asked, writer)
        writer.write(_echo(replace(asked, headers=[]) if self._hushed else asked))
        await writer.drain()
        return first.endswith(b"1.1") and "close" not in asked.header("connection").lower()


async def _read_body(asked: Asked, reader: asyncio.StreamReader) -> None:
    """Read the body, whatever its framing; only its length and digest are kept."""
    digest = hashlib.sha256()
    if "chunked" in asked.header("transfer-encoding").lower():
        while size := int((await reader.readline()).split(b";")[0], 16):
            part = await reader.readexactly(size + 2)
            digest.update(part[:-2])
            asked.body_bytes += size
        while (await reader.readline()) not in (b"\r\n", b""):
            pass
    elif length := asked.header("content-length"):
        left = int(length)
        while left > 0:
            part = await reader.read(min(left, 1 << 18))
            if not part:
                raise ConnectionError
            digest.update(part)
            left -= len(part)
            asked.body_bytes += len(part)
    asked.body_digest = digest.hexdigest()


def _answer(status: int, headers: list[tuple[str, str]], body: bytes, reason: str = "") -> bytes:
    """Return an answer's bytes with its length."""
    told = reason or {200: "OK", 404: "Not Found", 304: "Not Modified"}.get(status, "Told")
    lines = [f"HTTP/1.1 {status} {told}", f"Date: {DATE}", "Server: origin/1"]
    lines += [f"{name}: {value}" for name, value in headers]
    if status not in {204, 304} and status >= 200:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def _echo(asked: Asked) -> bytes:
    """Return what was asked, as JSON."""
    told: dict[str, Any] = {
        "line": asked.line.decode("latin-1"),
        "headers": asked.headers,
        "body_bytes": asked.body_bytes,
        "body_digest": asked.body_digest,
    }
    body = json.dumps(told).encode()
    head = asked.line.startswith(b"HEAD ")
    answer = _answer(200, [("Content-Type", "application/json"), ("X-Echo", "1")], body)
    return answer[: -len(body)] if head else answer


async def _websocket(asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept, say one thing first, then echo raw bytes until the end."""
    accept = base64.b64encode(hashlib.sha1(asked.header("sec-websocket-key").encode() + WEBSOCKET).digest())  # noqa: S324 -- RFC 6455
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\nhello"
    )
    await writer.drain()
    while part := await reader.read(1 << 16):
        writer.write(part)
        await writer.drain()


# --- odd answers, by path --------------------------------------------------------------------------------------------

ANSWERS: dict[str, Callable[[Asked, asyncio.StreamWriter], Awaitable[bool]]] = {}


def fixed(path: str, status: int, headers: list[tuple[str, str]], body: bytes = b"", reason: str = "") -> None:
    """Add a path that always answers the same."""

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> bool:
        whole = _answer(status, headers, body, reason)
        writer.write(whole[: len(whole) - len(body)] if asked.line.startswith(b"HEAD ") else whole)
        await writer.drain()
        return "close" not in asked.header("connection").lower()

    ANSWERS[path] = answer


def raw(path: str, *parts: bytes, wait_s: float = 0.0) -> None:
    """Add a path that answers with these bytes, one after the other, and closes."""

    async def answer(_asked: Asked, writer: asyncio.StreamWriter) -> bool:
        for number, part in enumerate(parts):
            if number and wait_s:
                await asyncio.sleep(wait_s)
            writer.write(part)
            await writer.drain()
        return False

    ANSWERS[path] = answer


TEXT = ("Content-Type", "text/plain")
for code in (201, 202, 204, 206, 400, 401, 403, 404, 405, 409, 410, 418, 422, 429, 451, 500, 501, 502, 503, 504):
    fixed(f"/status/{code}", code, [TEXT, ("X-Told", str(code))], b"" if code == 204 else b"body of %d" % code)
for code in (301, 302, 303, 307, 308):
    fixed(f"/redirect/{code}", code, [TEXT, ("Location", "https://app.example.com/there?a=1%2F2#x")], b"there")
fixed("/redirect/relative", 302, [("Location", "../up?x=%20")])
fixed("/redirect/own", 302, [("Location", "http://127.0.0.5/own")])
fixed(
    "/cookies", 200, [("Set-Cookie", "a=1; Path=/; HttpOnly"), ("Set-Cookie", "b=2; Domain=example.com; Secure")], b"c"
)
fixed("/reason", 200, [TEXT], b"x", "Quite All Right")
fixed("/vary", 200, [("Vary", "Accept, Cookie"), ("ETag", 'W/"v1"'), ("Cache-Control", "private")], b"vary")
fixed("/not-modified", 304, [("ETag", '"v1"'), ("Cache-Control", "max-age=60"), ("Content-Type", "text/html")])
fixed("/gzip", 200, [("Content-Encoding", "gzip"), ("ETag", '"z"'), TEXT], gzip.compress(b"zipped " * 500, mtime=0))
fixed("/plain-big", 200, [TEXT, ("ETag", '"plain"')], b"compress me " * 2000)
fixed("/html", 200, [("Content-Type", "text/html; charset=utf-8"), ("ETag", '"html"')], b"<p>hello</p>" * 500)
fixed("/range-ignored", 200, [TEXT, ("Accept-Ranges", "bytes")], b"0123456789" * 10)
fixed("/range-served", 206, [TEXT, ("Content-Range", "bytes 2-5/100")], b"2345")
fixed("/long-header", 200, [TEXT, ("X-Long", "v" * 20_000)], b"long")
fixed("/many-headers", 200, [(f"X-H{n}", str(n)) for n in range(80)], b"many")
fixed("/odd-bytes", 200, [TEXT, ("X-Utf", "gr\xfc\xdfe")], bytes(range(256)))
fixed("/security", 200, [("Strict-Transport-Security", "max-age=1"), ("Content-Security-Policy", "default-src 'self'")])
fixed("/auth", 401, [("WWW-Authenticate", 'Basic realm="new"')], b"who")
fixed("/link", 200, [("Link", "</style.css>; rel=preload; as=style"), TEXT], b"link")
fixed("/empty", 200, [TEXT])
fixed(
    "/accel", 200, [("X-Accel-Redirect", "/internal"), ("X-Accel-Buffering", "no"), ("X-Sendfile", "/etc/passwd")], b"a"
)
fixed("/retry", 503, [("Retry-After", "120"), TEXT], b"later")
fixed("/server-status", 200, [TEXT], b"the new server's own status")
fixed("/.htaccess", 200, [TEXT], b"the new server's own file")
fixed("/cgi-bin/x", 200, [TEXT], b"the new server's own script")
fixed("/icons/", 200, [TEXT], b"the new server's own icons")
fixed("/index.php", 200, [TEXT], b"the new server's own page")
HEAD = b"HTTP/1.1 200 OK\r\nDate: " + DATE.encode() + b"\r\nServer: origin/1\r\n"
raw("/chunked", HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"4;x=1\r\ndefg\r\n0\r\n\r\n")
raw("/until-close", HEAD + b"Connection: close\r\n\r\nall until the end")
raw("/early", b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + HEAD + b"Content-Length: 2\r\n\r\nok")
for path, kind, piece in (
    ("/events", "text/event-stream", b"data: %d\n\n"),
    ("/html-stream", "text/html", b"<p>%d</p>\n"),
):
    head = HEAD + f"Content-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    raw(path, head, *[b"%x\r\n" % len(piece % n) + piece % n + b"\r\n" for n in range(3)], b"0\r\n\r\n", wait_s=0.12)
raw("/broken-length", HEAD + b"Content-Length: 100\r\n\r\nonly this")
raw("/broken-chunks", HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
raw("/garbage", b"this is no answer\r\n\r\n")
raw("/silence")
raw("/trailers", HEAD + b"Transfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n")
raw("/late", b"", HEAD + b"Content-Length: 4\r\n\r\nlate", wait_s=2.2)
raw("/slow", b"", HEAD + b"Content-Length: 4\r\n\r\nslow", wait_s=0.6)


async def _big(asked: Asked, writer: asyncio.StreamWriter) -> bool:
    """Answer with 100 MB."""
    writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % BIG_BYTES)
    for _ in range(BIG_BYTES // len(PIECE)):
        writer.write(PIECE)
        await writer.drain()
    return "close" not in asked.header("connection").lower()


ANSWERS["/big"] = _big
