"""A resolver as people write it -> where and how it is asked."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from analyzer.errors import Fault, InputError
from analyzer.units import LAST_PORT, before_port, is_port

if TYPE_CHECKING:
    from urllib.parse import SplitResult

# RFC 1035 s4.2, RFC 7858 s3.1, RFC 8484, RFC 9250 s4.1.1
PORTS = {"udp": 53, "tcp": 53, "tls": 853, "https": 443, "quic": 853}
URL_LENGTH = 512  # [characters] of a resolver's URL
DOH_PATH = "/dns-query"  # RFC 8484's own example, and what nearly all servers use
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*\.?")
_PORTED = re.compile(r"\[([0-9A-Fa-f:.%\w]+)\]:(\d{1,5})|(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})")
_URL = re.compile(r"(udp|tcp|tls|https|quic)://([\x21-\x7e]+)")
REMEDY = "write an address, ADDRESS:PORT, [V6]:PORT, https://…, tls://…, quic://…, or a set's name"


@dataclass(frozen=True, slots=True)
class Target:
    """One resolver, or one authoritative server, and how it is asked.

    Attributes
    ----------
    resolver
        What a snapshot calls it: an address, with its port if that is odd, or a URL.
    transport
        udp (TCP where an answer is truncated), tcp, tls, https or quic.
    host, port
        Where it listens; `host` is an address or a name.
    address
        What to connect to where `host` is a name and its address is known; empty otherwise.
    path
        Of the URL, for https.
    recurse
        It is asked to recurse; no server is that is asked for what it has itself.
    operator, country
        Who runs it, and where (ISO 3166); empty if that is not known.
    """

    resolver: str
    transport: str
    host: str
    port: int
    address: str = ""
    path: str = ""
    recurse: bool = True
    operator: str = ""
    country: str = ""

    def authoritative(self) -> Target:
        """Return the same server, asked for what it has itself."""
        return replace(self, recurse=False)


def is_address(text: str) -> bool:
    """Return whether a text is an IPv4 or IPv6 address, with or without a zone.

    >>> is_address("2001:db8::53"), is_address("dns.example")
    (True, False)
    """
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def target(written: str) -> Target:
    """Return the resolver that an address or a URL names.

    Parameters
    ----------
    written
        `ADDRESS`, `ADDRESS:PORT`, `[V6]:PORT`, or a URL: `udp://`, `tcp://`, `tls://`, `https://`, `quic://`. A name
        in `tls://NAME?address=ADDRESS` (and `quic://`) is what the certificate must say.

    Raises
    ------
    InputError
        If it is none of these.

    Examples
    --------
    >>> target("[2001:db8::53]:5300").resolver
    '[2001:db8::53]:5300'
    >>> target("tls://dns.example.net").port
    853
    """
    if is_address(written):
        return at_address(written)
    ported = _PORTED.fullmatch(written)
    if ported:
        return at_address(ported[1] or ported[3], _port(int(ported[2] or ported[4]), written))
    url = _URL.fullmatch(written)
    if url is None or len(written) > URL_LENGTH:
        raise InputError(Fault("not a resolver", value=written, remedy=REMEDY))
    return _of_url(written, url[1])


def at_address(address: str, port: int = 53, transport: str = "udp") -> Target:
    """Return a resolver at an address.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        host = ipaddress.ip_address(address)
    except ValueError:
        raise InputError(Fault("not an IPv4 or IPv6 address", value=address, remedy=REMEDY)) from None
    text = str(host)
    name = text if port == PORTS["udp"] else f"{before_port(text)}:{port}"
    return Target(name, transport, text, port)


def _of_url(written: str, scheme: str) -> Target:
    """Return the resolver of a URL."""
    parts = _split(written)
    host = (parts.hostname or "").lower()
    if not (is_address(host) or _HOST.fullmatch(host)):
        raise InputError(Fault("a resolver's URL without a host", value=written, remedy=REMEDY))
    port = _url_port(parts, written, PORTS[scheme])
    if scheme in {"udp", "tcp"}:
        if not is_address(host):
            raise InputError(Fault("a resolver needs an address here", value=written, remedy=REMEDY))
        return at_address(host, port, scheme)
    if scheme == "https":
        path = (parts.path or DOH_PATH) + (f"?{parts.query}" if parts.query else "")
        return Target(written, scheme, host, port, path=path.replace("{?dns}", ""))
    address = parse_qs(parts.query).get("address", [""])[0]
    if address and not is_address(address):
        raise InputError(Fault("not an address after address=", value=written, remedy=REMEDY))
    return Target(written, scheme, host, port, address=address)


def _split(written: str) -> SplitResult:
    """Return a URL's parts; no user, no fragment."""
    try:
        parts = urlsplit(written)
    except ValueError:
        raise InputError(Fault("not a URL", value=written, remedy=REMEDY)) from None
    if "@" in parts.netloc or parts.fragment:
        raise InputError(Fault("a resolver's URL has no user and no fragment", value=written, remedy=REMEDY))
    return parts


def _url_port(parts: SplitResult, written: str, usual: int) -> int:
    """Return a URL's port, or the usual one where it has none."""
    try:
        port = parts.port
    except ValueError:  # beyond the last, or no number
        port = 0
    return usual if port is None else _port(port, written)


def _port(number: int, written: str) -> int:
    """Return a port."""
    if not is_port(number):
        raise InputError(Fault(f"not a port (1 to {LAST_PORT})", value=written, remedy=REMEDY))
    return number
