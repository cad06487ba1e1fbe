"""Mail servers on loopback: a real one (aiosmtpd) with TLS and login, and ones that fail in a chosen moment."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

USER, PASSWORD = "cutover", "correct horse"
LIMIT_S = 20.0


@dataclass
class Box:
    """What a server took, and how it behaves."""

    taken: list[tuple[tuple[str, ...], bytes]] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)  # recipient -> what it is told, one a try
    sessions: int = 0

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> Any:  # noqa: N802 -- aiosmtpd's name
        """Count who greets."""
        del server, envelope
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        """Take a recipient, or say what was chosen."""
        del server, session, options
        waiting = self.answers.get(address, [])
        answer = waiting.pop(0) if waiting else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        """Take the message."""
        del server, session
        self.taken.append((tuple(envelope.rcpt_tos), envelope.content))
        return "250 taken"


def certificate(folder: Path) -> tuple[Path, Path]:
    """Return a new key's certificate for 127.0.0.1, and the key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    line = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    line += ["-keyout", str(key), "-out", str(cert), "-days", "2", "-subj", "/CN=cutover test"]
    subprocess.run([*line, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return cert, key


@contextlib.contextmanager
def real(box: Box, *, tls: ssl.SSLContext | None = None, implicit: bool = False, login: bool = False) -> Iterator[int]:
    """Run aiosmtpd with this box; yield its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=known, handled=False)

    def one() -> SMTP:
        options: dict[str, Any] = {"authenticator": check, "auth_required": login, "auth_require_tls": not implicit}
        if tls is not None and not implicit:
            options |= {"tls_context": tls, "require_starttls": True}
        return SMTP(box, enable_SMTPUTF8=False, loop=loop, **(options if login or tls else {}))

    async def start() -> asyncio.Server:
        return await loop.create_server(one, "127.0.0.1", 0, ssl=tls if implicit else None)

    async def stop(server: asyncio.Server) -> None:
        server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.02)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(LIMIT_S)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(stop(server), loop).result(LIMIT_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(LIMIT_S)
        loop.close()


@contextlib.contextmanager
def scripted(*sessions: Callable[[socket.socket], None]) -> Iterator[int]:
    """Run a server that treats its first connection by the first script, and so on, the last for all others."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.1)
    ended = threading.Event()

    def serve() -> None:
        turn = 0
        while not ended.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = listening.accept()
                connection.settimeout(LIMIT_S)
                with connection, contextlib.suppress(OSError):
                    sessions[min(turn, len(sessions) - 1)](connection)
                turn += 1

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        ended.set()
        thread.join(LIMIT_S)
        listening.close()


def line(connection: socket.socket) -> bytes:
    """Return the next line that the client sends."""
    read = b""
    while not read.endswith(b"\n"):
        piece = connection.recv(1)
        if not piece:
            raise ConnectionError
        read += piece
    return read


def until_data(connection: socket.socket) -> None:
    """Say yes to everything up to the message."""
    connection.sendall(b"220 here\r\n")
    while not line(connection).upper().startswith(b"DATA"):
        connection.sendall(b"250 yes\r\n")
    connection.sendall(b"354 go on\r\n")


def message(connection: socket.socket) -> bytes:
    """Return the whole message with its end."""
    read = b""
    while not read.endswith(b"\r\n.\r\n"):
        piece = connection.recv(1 << 16)
        if not piece:
            raise ConnectionError
        read += piece
    return read


def dies_within_the_message(connection: socket.socket) -> None:
    """Read a little of it, and go."""
    until_data(connection)
    connection.recv(1000)


def dies_after_the_message(taken: list[bytes]) -> Callable[[socket.socket], None]:
    """Take the whole of it, keep it, and go without an answer."""

    def session(connection: socket.socket) -> None:
        until_data(connection)
        taken.append(message(connection))

    return session


def takes(taken: list[bytes]) -> Callable[[socket.socket], None]:
    """Take it as one should."""

    def session(connection: socket.socket) -> None:
        until_data(connection)
        taken.append(message(connection))
        connection.sendall(b"250 taken\r\n")
        with contextlib.suppress(ConnectionError):
            line(connection)
            connection.sendall(b"221 bye\r\n")

    return session


def says(*answers: bytes) -> Callable[[socket.socket], None]:
    """Greet with the first, answer each command with the next, and go."""

    def session(connection: socket.socket) -> None:
        for number, answer in enumerate(answers):
            if number:
                line(connection)
            connection.sendall(answer)

    return session


def dribbles(seconds: float) -> Callable[[socket.socket], None]:
    """Send a greeting of one byte each tenth of a second, that never ends."""

    def session(connection: socket.socket) -> None:
        until = time.monotonic() + seconds
        connection.sendall(b"220 ")
        while time.monotonic() < until:
            connection.sendall(b"x")
            time.sleep(0.1)

    return session


def trusting(cert: Path, key: Path) -> ssl.SSLContext:
    """Return the server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context
