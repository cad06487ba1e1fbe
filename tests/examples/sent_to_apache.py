"""Requests as bytes, odd ones above all, and what Apache's line of each must say; derived from what is sent."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

PASSWORD = "secret"  # noqa: S105 -- of a server that lives for a second
USERS = ("mary ann", "x] [y", 'say "hi"', "jörg")


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as bytes, and what its line must say.

    Attributes
    ----------
    request
        First line as logged; None where nothing was asked.
    more
        Other columns by name.
    raw
        The bytes sent.
    """

    name: str
    raw: bytes
    request: str | None
    status: int
    more: dict[str, Any] = field(default_factory=dict)


def asking(line: bytes, *headers: bytes, body: bytes = b"") -> bytes:
    """Return a request for one answer."""
    return b"\r\n".join([line, b"Host: app.example.com", b"Connection: close", *headers, b"", body])


def plain(name: str, line: str, status: int, **more: Any) -> Sent:
    """Return a request that is logged as it was sent: method, target and protocol follow from its first line."""
    method, target, protocol = line.split(" ")
    parts = {"method": method, "target": target, "protocol": protocol}
    return Sent(name, asking(line.encode()), line, status, {"agent": None, "referer": None, **parts, **more})


def agent(name: str, value: bytes, logged: str | None) -> Sent:
    """Return a request with an agent of some bytes."""
    return Sent(name, asking(b"GET / HTTP/1.1", b"User-Agent: " + value), "GET / HTTP/1.1", 200, {"agent": logged})


def private(name: str, user: str, status: int = 200, password: str = PASSWORD) -> Sent:
    """Return a request of a user with a name."""
    token = base64.b64encode(f"{user}:{password}".encode())
    line = "GET /private/ HTTP/1.1"
    return Sent(name, asking(line.encode(), b"Authorization: Basic " + token), line, status, {"user": user})


def no_request(name: str, raw: bytes, request: str | None, status: int) -> Sent:
    """Return bytes that are no request: there is no method, no target."""
    return Sent(name, raw, request, status, {"method": None, "target": None, "protocol": None})


FORGED = 'x" 200 5 "-" "Googlebot'
LONG = "a" * 8_000
SENT = (
    plain("simple", "GET / HTTP/1.1", 200),
    plain("old protocol", "GET / HTTP/1.0", 200),
    plain("not there", "GET /nowhere.html HTTP/1.1", 404),
    plain("query", "GET /?a=1&b=%22%20%5B HTTP/1.1", 200),
    plain("quotes in the target", 'GET /?q="x"&r=\\ HTTP/1.1', 200),
    plain("UTF-8 in the target", "GET /café/東京 HTTP/1.1", 404),
    plain("slash missing", "GET /folder HTTP/1.1", 301),
    plain("HEAD", "HEAD / HTTP/1.1", 200),
    plain("HEAD of nothing", "HEAD /nowhere HTTP/1.1", 404),
    plain("OPTIONS of all", "OPTIONS * HTTP/1.1", 200),
    plain("TRACE", "TRACE / HTTP/1.1", 405),
    plain("own method", "BREW /pot HTTP/1.1", 501),
    plain("absolute", "GET http://app.example.com/ HTTP/1.1", 200),
    plain("long", f"GET /{LONG} HTTP/1.1", 403),  # a name longer than the file system takes
    plain("path upwards", "GET /../../etc/passwd HTTP/1.1", 400),
    plain("scanner", "GET /.env HTTP/1.1", 404),
    agent("quotes", b'a "quoted" agent', 'a "quoted" agent'),
    agent("only quotes", b'"' * 1_000, '"' * 1_000),
    agent("backslash at the end", b"C:\\bin\\", "C:\\bin\\"),
    agent("forged fields", FORGED.encode(), FORGED),
    agent("UTF-8", "Überwachung/1.0 \U0001f40c".encode(), "Überwachung/1.0 \U0001f40c"),
    agent("Latin-1", b"caf\xe9/1.0", "café/1.0"),
    agent("escape written out", rb"\x41\n\"", r"\x41\n\""),
    agent("tab", b"a\tb", "a\tb"),
    agent("empty", b"", ""),
    agent("blank", b"   ", ""),
    agent("a minus", b"-", None),  # cannot be told from none
    agent("two", b"one\r\nUser-Agent: two", "one, two"),
    Sent(
        "referer",
        asking(b"GET / HTTP/1.1", b'Referer: http://x/?"><', b"User-Agent: me"),
        "GET / HTTP/1.1",
        200,
        {"referer": 'http://x/?"><', "agent": "me"},
    ),
    *(private(f"user {user}", user) for user in USERS),
    private("wrong password", "mary ann", 401, "wrong"),
    private("user without a name", "", 401),
    Sent("no password", asking(b"GET /private/ HTTP/1.1"), "GET /private/ HTTP/1.1", 401, {"user": None}),
    Sent("no protocol", b"GET /\r\n\r\n", "GET /", 200, {"method": "GET", "target": "/", "protocol": None}),
    Sent("bare newline", b"GET / HTTP/1.0\n\n", "GET / HTTP/1.0\n", 400, {}),
    no_request("TLS", b"\x16\x03\x01\x00\xc4\x01\x00\x00\xc0\x03\x03" + bytes(64) + b"\n", "\x16\x03\x01", 400),
    no_request("remote desktop", b"\x03\x00\x00\x13\x0e\xe0\x00\x00" + bytes(8) + b"\r\n", "\x03", 400),
    no_request("too slow", b"GET / HTT", None, 408),
    Sent(
        "body",
        asking(b"POST / HTTP/1.1", b"Content-Length: 5", body=b"a=1\r\n"),
        "POST / HTTP/1.1",
        200,
        {"method": "POST"},
    ),
)  # fmt: skip


def address_of(number: int) -> str:
    """Return the loopback address that a request is sent from."""
    return f"127.0.1.{number + 1}"
