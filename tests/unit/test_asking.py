"""Asking a server that answers in every bad way: bounded in bytes and time, and always a result."""

from __future__ import annotations

import asyncio
import zlib
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from analyzer.handover import asking
from analyzer.handover.asking import Answer, Asker, Question, Server

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 50_000  # [bytes] of a body
OK = b"HTTP/1.1 200 OK\r\n"
BOMB = zlib.compressobj(9, zlib.DEFLATED, 31)
ZEROS = BOMB.compress(bytes(20 << 20)) + BOMB.flush()


def asked(
    raw: bytes | Iterable[bytes],
    target: str = "/a",
    *,
    address: str = "127.0.0.1",
    endless: bool = False,
    pause_s: float = 0,
) -> tuple[Answer, bytes]:
    """Return the answer that these bytes make, and what the server was asked."""

    async def talk() -> tuple[Answer, bytes]:
        heard, done = b"", asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal heard
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                heard = await reader.readuntil(b"\r\n\r\n")
                for part in [raw] if isinstance(raw, bytes) else raw:
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(pause_s)
                while endless:
                    writer.write(bytes(10_000))
                    await writer.drain()
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            done.set()

        server = await asyncio.start_server(serve, address, 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            place = Server("old", ip_address(address), port, "http")
            async with Asker(place, agent="cutover-test/1", body_bytes=MOST) as asker:
                found = await asyncio.wait_for(asker.ask(Question("GET", "app.example.com", target)), 20)
            await asyncio.wait_for(done.wait(), 20)
        return found, heard

    return asyncio.run(talk())


def test_an_endless_body_is_cut() -> None:
    """As much as is wanted, and no more."""
    found, _ = asked(OK + b"\r\n", endless=True)
    assert (found.status, len(found.body), found.whole) == (200, MOST, False)


def test_a_compressed_bomb_is_cut() -> None:
    """20 MiB of zeros in 20 kB: only the first part is inflated."""
    head = OK + f"Content-Encoding: gzip\r\nContent-Length: {len(ZEROS)}\r\n\r\n".encode()
    found, _ = asked(head + ZEROS)
    assert len(ZEROS) < MOST
    assert (found.status, found.body, found.whole) == (200, bytes(MOST), False)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        OK + b"Content-Length: 10\r\n\r\nshort",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        OK + b"Content-Length: -5\r\n\r\n",
        OK + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
        OK + b"no colon here\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        OK + b"X: \x1b[31mred\r\n" + b"Y: y\r\n" * 200_000 + b"\r\n",
    ],
)
def test_a_broken_answer_is_a_reason_in_one_line(raw: bytes) -> None:
    """No status, no exception, nothing that moves a terminal's cursor."""
    found, _ = asked(raw)
    assert found.status is None
    assert found.error
    assert found.error.isprintable()
    assert len(found.error) <= 160


def test_a_server_that_drips_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then does not hold it up for ever."""
    monkeypatch.setattr(asking, "WAIT_S", 0.3)
    found, _ = asked([OK + b"\r\n", *[b"x"] * 40], pause_s=0.1)
    assert (found.status, found.error) == (None, "no answer in time")


def test_nobody_listening_is_a_reason() -> None:
    """Told as what it is."""

    async def talk() -> Answer:
        async with Asker(Server("new", ip_address("127.0.0.1"), 9, "http"), agent="x") as asker:
            return await asker.ask(Question("GET", "app.example.com", "/"))

    assert asyncio.run(talk()).error == "connection refused"


@pytest.mark.parametrize(
    "target", ["/a?b=1", "/", "//two", "/a%2Fb%20c", "/a/../b", "/caf%C3%A9", "/x;y=1", "/[x]|y", "/?a=b&c?"]
)
def test_the_request_line_is_the_logged_one(target: str) -> None:
    """Escapes, slashes and dots as they were; Host without a port; an agent; no cookie."""
    _, heard = asked(OK + b"Content-Length: 0\r\n\r\n", target)
    lines = heard.decode().split("\r\n")
    assert lines[0] == f"GET {target} HTTP/1.1"
    assert "Host: app.example.com" in lines
    assert "User-Agent: cutover-test/1" in lines
    assert not [line for line in lines if line.lower().startswith("cookie")]


def test_an_ipv6_address_is_asked() -> None:
    """As well as an IPv4 one."""
    assert asked(OK + b"Content-Length: 0\r\n\r\n", address="::1")[0].status == 200
