"""A client that sends exactly the bytes it is told to, over HTTP/1 and HTTP/2, and keeps what came back."""

from __future__ import annotations

import json
import socket
import ssl
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.exceptions

LIMIT_S = 10.0  # [s] an answer that takes longer hangs
Headers = tuple[tuple[str, str], ...]
# Hop-by-hop: they belong to a connection, not to an answer (RFC 9110 s7.6.1).
HOP = {"connection", "keep-alive", "transfer-encoding", "proxy-connection", "te", "trailer", "upgrade"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: status 0 is none at all."""

    status: int
    reason: str = ""
    headers: Headers = ()
    body: bytes = b""
    complete: bool = True
    interim: tuple[int, ...] = ()
    pieces: int = 1
    first_s: float = 0.0

    def header(self, name: str) -> str | None:
        """Return a header's values joined, None without it."""
        values = [value for known, value in self.headers if known.lower() == name]
        return ", ".join(values) if values else None

    @property
    def echoed(self) -> dict[str, Any] | None:
        """What the origin says that it was asked."""
        if self.header("x-echo") is None or not self.body:
            return None
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


def connect(address: tuple[str, int], name: str | None, source: str, alpn: str = "http/1.1") -> socket.socket:
    """Return a connection; with TLS for a name, unless that is None. The certificate is the tests' own business."""
    source = "::1" if ":" in address[0] else source
    plain = socket.create_connection(address, timeout=LIMIT_S, source_address=(source, 0))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if name is None:
        return plain
    return unchecked(alpn).wrap_socket(plain, server_hostname=name)


@cache
def unchecked(alpn: str) -> ssl.SSLContext:
    """Return a context that takes any certificate; made once, for making one is slow."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols([alpn])
    return context


def exchange(
    address: tuple[str, int],
    raw: bytes,
    *,
    name: str | None = None,
    source: str = "127.0.0.1",
    wait_for_100: bytes = b"",
) -> Answer:
    """Return the answer to one request over a connection of its own."""
    begun_s = time.monotonic()
    try:
        with connect(address, name, source) as connection:
            reader = Reader(connection)
            connection.sendall(raw)
            if wait_for_100:
                status = reader.peek_status()
                if status == 100:
                    connection.sendall(wait_for_100)
            return reader.answer(head=raw.startswith(b"HEAD "), begun_s=begun_s)
    except OSError:
        return Answer(0, complete=False)


class Reader:
    """Answers of HTTP/1 out of a socket."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.left = b""
        self.pieces = 0

    def more(self) -> bool:
        """Read what is there; False at the end."""
        part = self.connection.recv(1 << 18)
        self.left += part
        self.pieces += bool(part)
        return bool(part)

    def peek_status(self) -> int:
        """Return the status of the next head, which stays."""
        while b"\r\n" not in self.left:
            if not self.more():
                return 0
        return int(self.left.split(b" ", 2)[1])

    def head(self) -> tuple[int, str, Headers] | None:
        """Return the next head; None at the end."""
        while b"\r\n\r\n" not in self.left:
            if not self.more():
                return None
        head, _, self.left = self.left.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        _, status, reason = (first + "  ").split(" ", 2)
        pairs = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        return int(status), reason.strip(), pairs

    def answer(self, *, head: bool = False, begun_s: float = 0.0) -> Answer:
        """Return the next answer with its body."""
        interim: list[int] = []
        while True:
            found = self.head()
            if found is None:
                return Answer(0, complete=False, interim=tuple(interim))
            status, reason, headers = found
            if status >= 200 or status == 101:
                break
            interim.append(status)
        first_s = time.monotonic() - begun_s
        told = Answer(status, reason, headers)
        before = self.pieces
        body, complete = (b"", True) if head or status in {101, 204, 304} else self.body(told)
        return Answer(status, reason, headers, body, complete, tuple(interim), self.pieces - before + 1, first_s)

    def body(self, told: Answer) -> tuple[bytes, bool]:
        """Return the body and whether it came to its end."""
        if "chunked" in (told.header("transfer-encoding") or ""):
            return self.chunks()
        length = told.header("content-length")
        if length is None:
            while self.more():
                pass
            body, self.left = self.left, b""
            return body, True
        parts, have = [self.left], len(self.left)
        while have < int(length):
            self.left = b""
            if not self.more():
                return b"".join(parts), False
            parts.append(self.left)
            have += len(self.left)
        whole = b"".join(parts)
        self.left = whole[int(length) :]
        return whole[: int(length)], True

    def chunks(self) -> tuple[bytes, bool]:
        """Return a chunked body."""
        body = b""
        try:
            while True:
                size = int(self.line().split(b";")[0], 16)
                while len(self.left) < size + 2:
                    if not self.more():
                        return body + self.left[:size], False
                body, self.left = body + self.left[:size], self.left[size + 2 :]
                if size == 0:
                    return body, True
        except (ConnectionError, ValueError):
            return body, False

    def line(self) -> bytes:
        """Return a line."""
        while b"\r\n" not in self.left:
            if not self.more():
                raise ConnectionError
        line, _, self.left = self.left.partition(b"\r\n")
        return line


def exchange_h2(
    address: tuple[str, int], method: str, target: str, *, headers: Headers, body: bytes, name: str
) -> Answer:
    """Return the answer to one request over HTTP/2."""
    try:
        with connect(address, name, "127.0.0.1", "h2") as connection:
            assert isinstance(connection, ssl.SSLSocket)
            if connection.selected_alpn_protocol() != "h2":
                return Answer(0, "no HTTP/2", complete=False)
            return _h2_answer(connection, method, target, headers=headers, body=body, name=name)
    except (OSError, h2.exceptions.ProtocolError):
        return Answer(0, complete=False)


def _h2_answer(
    connection: socket.socket, method: str, target: str, *, headers: Headers, body: bytes, name: str
) -> Answer:
    """Send the request and gather what comes."""
    config = h2.config.H2Configuration(
        client_side=True,
        header_encoding="latin-1",
        validate_outbound_headers=False,
        normalize_outbound_headers=False,
    )
    state = h2.connection.H2Connection(config=config)
    state.initiate_connection()
    state.increment_flow_control_window(1 << 30)
    authority = {key.lower(): value for key, value in headers}.get("host", name)
    told = [(":method", method), (":scheme", "https"), (":authority", authority), (":path", target)]
    told += [(key.lower(), value) for key, value in headers if key.lower() not in HOP | {"host"}]
    state.send_headers(1, [(key.encode(), value.encode("latin-1")) for key, value in told], end_stream=not body)
    connection.sendall(state.data_to_send())
    gathered: dict[str, Any] = {"status": 0, "headers": (), "body": b"", "complete": False, "interim": ()}
    left = body
    while left:
        room = min(state.local_flow_control_window(1), state.max_outbound_frame_size, len(left))
        if room:
            part, left = left[:room], left[room:]
            state.send_data(1, part, end_stream=not left)
            connection.sendall(state.data_to_send())
        elif _h2_events(connection, state, gathered):
            break
    while not gathered["complete"]:
        if _h2_events(connection, state, gathered):
            break
    gathered.pop("ended", None)
    return Answer(reason="", **gathered)


def _h2_events(connection: socket.socket, state: h2.connection.H2Connection, gathered: dict[str, Any]) -> bool:
    """Take in what has come; return whether the stream is over."""
    data = connection.recv(1 << 18)
    if not data:
        return True
    over = False
    for event in state.receive_data(data):
        if isinstance(event, h2.events.InformationalResponseReceived):
            gathered["interim"] += (int(dict(event.headers)[":status"]),)
        elif isinstance(event, h2.events.ResponseReceived):
            gathered["status"] = int(dict(event.headers)[":status"])
            gathered["headers"] = tuple((key, value) for key, value in event.headers if not key.startswith(":"))
        elif isinstance(event, h2.events.DataReceived):
            gathered["body"] += event.data
            state.acknowledge_received_data(event.flow_controlled_length, 1)
        elif isinstance(event, h2.events.StreamEnded):
            gathered["complete"] = True
        elif isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
            over = True
    connection.sendall(state.data_to_send())
    return over


class KeptH2:
    """One connection of HTTP/2 that asks one request after the other."""

    def __init__(self, address: tuple[str, int], name: str) -> None:
        self.name = name
        self.connection = connect(address, name, "127.0.0.1", "h2")
        config = h2.config.H2Configuration(client_side=True, header_encoding="latin-1")
        self.state = h2.connection.H2Connection(config=config)
        self.state.initiate_connection()

    def ask(self, target: str) -> tuple[int, bytes]:
        """Return status and body; status 0 where the connection ended without an answer."""
        stream = self.state.get_next_available_stream_id()
        told = [(":method", "GET"), (":scheme", "https"), (":authority", self.name), (":path", target)]
        self.state.send_headers(stream, told, end_stream=True)
        self.connection.sendall(self.state.data_to_send())
        status, body = 0, b""
        while data := self.connection.recv(1 << 16):
            for event in self.state.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived) and event.stream_id == stream:
                    status = int(dict(event.headers)[":status"])
                elif isinstance(event, h2.events.DataReceived):
                    body += event.data
                    self.state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded) and event.stream_id == stream:
                    return status, body
                elif isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
                    return 0, body
            self.connection.sendall(self.state.data_to_send())
        return 0, body
