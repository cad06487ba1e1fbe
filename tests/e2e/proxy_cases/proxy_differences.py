"""How a proxied answer differs from the direct one, and what the new server was asked likewise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from proxy_client import HOP, Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

# What the proxy adds to a request, on purpose.
ADDED = {"x-forwarded-for", "x-forwarded-proto", "x-migration-hop", "x-migration-id"}


def differences(direct: Answer, proxied: Answer, *, over_h2: bool = False) -> Iterator[str]:
    """Yield how the proxied answer differs from the direct one, and the request that the origin saw likewise."""
    if direct.status != proxied.status:
        yield f"status {direct.status} -> {proxied.status}"
        return
    if not over_h2 and direct.reason != proxied.reason:
        yield f"reason {direct.reason!r} -> {proxied.reason!r}"
    if direct.complete != proxied.complete:
        yield f"complete {direct.complete} -> {proxied.complete}"
    if [one for one in direct.interim if one != 100] != [one for one in proxied.interim if one != 100] and not over_h2:
        yield f"interim {direct.interim} -> {proxied.interim}"
    mine, other = _compared(direct), _compared(proxied)
    for name in sorted(set(mine) | set(other)):
        if mine.get(name) != other.get(name):
            yield f"header {name}: {str(mine.get(name))[:80]} -> {str(other.get(name))[:80]}"
    if direct.echoed is None or proxied.echoed is None:
        if direct.body != proxied.body:
            yield f"body {direct.body[:60]!r} ({len(direct.body)}) -> {proxied.body[:60]!r} ({len(proxied.body)})"
        return
    yield from _echo_differences(direct.echoed, proxied.echoed, over_h2=over_h2)


def _compared(answer: Answer) -> dict[str, tuple[str, ...]]:
    """Return the headers of an answer that must be the same, by name, in their order."""
    found: dict[str, tuple[str, ...]] = {}
    skipped = HOP | (
        {"content-length"} if answer.echoed is not None or answer.header("content-length") is None else set()
    )
    for name, value in answer.headers:
        if name.lower() not in skipped:
            same = re.sub(r",\s*", ", ", value) if name.lower() == "vary" else value  # a list's spacing means nothing
            found[name.lower()] = (*found.get(name.lower(), ()), same)
    if "content-length" in found and "transfer-encoding" in {name.lower() for name, _ in answer.headers}:
        del found["content-length"]
    return found


def _echo_differences(direct: dict[str, Any], proxied: dict[str, Any], *, over_h2: bool) -> Iterator[str]:
    """Yield how what the origin was asked differs."""
    if origin_form(direct["line"]) != origin_form(proxied["line"]):
        yield f"request line {direct['line'][:90]!r} -> {proxied['line'][:90]!r}"
    for name in ("body_bytes", "body_digest"):
        if direct[name] != proxied[name]:
            yield f"{name} {direct[name]} -> {proxied[name]}"
    framing = {"content-length"} | ({"expect"} if over_h2 else set())
    mine, other = _joined(direct["headers"], HOP | ADDED | framing), _joined(proxied["headers"], HOP | ADDED | framing)
    for name in sorted(set(mine) | set(other)):
        if mine.get(name) != other.get(name):
            yield f"asked {name}: {str(mine.get(name))[:80]} -> {str(other.get(name))[:80]}"


def origin_form(line: str) -> str:
    """Return a request line as a proxy must send it on (RFC 9112 s3.2.1), in its own version of HTTP/1."""
    found = re.sub(r"^(\S+) https?://[^/? ]*", r"\1 ", line).replace(" HTTP/1.0", " HTTP/1.1")
    return re.sub(r"^(\S+) (?=\?|HTTP/| )", r"\1 /", found).replace("/ HTTP", "/ HTTP") if "://" in line else found


def _joined(headers: list[list[str]], skipped: set[str]) -> dict[str, str]:
    """Return headers by name; repeated ones joined, which means the same (RFC 9110 s5.3)."""
    found: dict[str, str] = {}
    for name, value in headers:
        if name.lower() not in skipped:
            between = "; " if name.lower() == "cookie" else ", "  # RFC 9113 s8.2.3
            found[name.lower()] = f"{found[name.lower()]}{between}{value}" if name.lower() in found else value
    return found
