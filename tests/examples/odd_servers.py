"""Small servers for what the packaged ones do not do: QUIC, an HTTP cache, and answers that nobody should send."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import dns.exception
import dns.flags
import dns.message
import dns.rrset
from aioquic.asyncio import QuicConnectionProtocol, serve
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent, StreamDataReceived
from name_servers import HERE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ADDRESS, TTL_S = "192.0.2.4", 300


def answer(query: bytes) -> bytes:
    """Return a sound answer with one address."""
    asked = dns.message.from_wire(query)
    made = dns.message.make_response(asked)
    made.answer.append(dns.rrset.from_text(asked.question[0].name, TTL_S, "IN", "A", ADDRESS))
    return made.to_wire()


@contextlib.contextmanager
def over_https(folder: Path, headers: dict[str, str], body: Callable[[bytes], bytes] = answer) -> Iterator[int]:
    """Serve DNS over HTTPS with these headers besides; yield the port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            wire = body(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            for name, value in {"content-type": "application/dns-message", **headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(wire)))
            self.end_headers()
            self.wfile.write(wire)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((HERE, 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "leaf.pem", folder / "leaf.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Doq(QuicConnectionProtocol):
    """Answers each stream's question: two octets of length, then the message (RFC 9250 s4.2)."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._held: dict[int, bytes] = {}

    def quic_event_received(self, event: QuicEvent) -> None:
        """Take what comes, and answer when a question is whole."""
        if isinstance(event, StreamDataReceived):
            held = self._held[event.stream_id] = self._held.get(event.stream_id, b"") + event.data
            if event.end_stream:
                wire = answer(held[2:])
                self._quic.send_stream_data(event.stream_id, len(wire).to_bytes(2, "big") + wire, end_stream=True)
                self.transmit()


@contextlib.contextmanager
def over_quic(folder: Path, port: int) -> Iterator[None]:
    """Serve DNS over QUIC at a port."""
    configuration = QuicConfiguration(is_client=False, alpn_protocols=["doq"])
    configuration.load_cert_chain(folder / "leaf.pem", folder / "leaf.key")
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def run() -> None:
        server = await serve(HERE, port, configuration=configuration, create_protocol=_Doq)
        ended.add_done_callback(lambda _: server.close())
        ready.set()
        await ended

    ended: asyncio.Future[None] = loop.create_future()
    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(ended.set_result, None)
        thread.join()
        loop.run_until_complete(asyncio.sleep(0.05))
        loop.close()


@contextlib.contextmanager
def over_tcp(each: int) -> Iterator[list[int]]:
    """Answer over TCP, and end each connection after so many questions; yield the port and the connections' counts."""
    with socket.create_server((HERE, 0)) as server:
        server.settimeout(0.05)
        ended, counts = threading.Event(), [int(server.getsockname()[1])]

        def run() -> None:
            while not ended.is_set():
                with contextlib.suppress(TimeoutError, OSError, dns.exception.DNSException):
                    connection, _ = server.accept()
                    counts.append(0)
                    with connection:
                        connection.settimeout(1)
                        for _ in range(each):
                            size = int.from_bytes(connection.recv(2, socket.MSG_WAITALL), "big")
                            wire = answer(connection.recv(size, socket.MSG_WAITALL))
                            connection.sendall(len(wire).to_bytes(2, "big") + wire)
                            counts[-1] += 1

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield counts
        finally:
            ended.set()
            thread.join()


@contextlib.contextmanager
def over_udp(reply: Callable[[bytes], list[bytes]], here: str = HERE) -> Iterator[int]:
    """Answer each datagram with those that `reply` makes of it; yield the port."""
    family = socket.AF_INET6 if ":" in here else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as server:
        server.bind((here, 0))
        server.settimeout(0.05)
        ended = threading.Event()

        def run() -> None:
            while not ended.is_set():
                with contextlib.suppress(TimeoutError, ConnectionError):
                    query, there = server.recvfrom(4096)
                    for one in reply(query):
                        server.sendto(one, there)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            ended.set()
            thread.join()
