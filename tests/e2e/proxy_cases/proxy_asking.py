"""Requests as the tests of the proxy send them, and the old server's answer to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy_client import Answer, exchange
from proxy_requests import NAME

if TYPE_CHECKING:
    from proxy_pair import Pair

CLIENT = "127.0.0.77"


def asking(target: str, *headers: str, method: str = "GET", host: str = NAME) -> bytes:
    """Return a request's bytes; its connection ends with the answer, if no header says otherwise."""
    close = [] if any(one.startswith("Connection") for one in headers) else ["Connection: close"]
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *close, *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def ask(servers: Pair, raw: bytes, over: str = "http", source: str = CLIENT) -> Answer:
    """Return what the old server answers."""
    return exchange(servers.old(over), raw, name=None if over == "http" else NAME, source=source)
