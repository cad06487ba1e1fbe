"""Single values of cutover.toml: each function returns the checked value or raises `Refused`.

What passes here ends up in server configurations and shell lines, so only what is known to be good passes:
a name is letters, digits and inner hyphens; an address is one without zone or prefix.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from datetime import date, datetime
from typing import TYPE_CHECKING

from analyzer.dns.targets import at_address, target
from analyzer.errors import InputError
from analyzer.units import DAY_S, is_port, parse_duration_s, parse_moment, utc

if TYPE_CHECKING:
    from analyzer.migration.model import Address, Network

TEXT_LENGTH = 4096  # [characters] of a path or a LogFormat: PATH_MAX of Linux
NAME_LENGTH = 253  # [characters] of a name without its trailing dot: RFC 1035 s2.3.4, 255 octets on the wire
MAX_HORIZON_S = 3650 * DAY_S  # [s] nobody plans a removal for longer; keeps sums of times in range
FIRST_YEAR, LAST_YEAR = 1990, 2199  # outside of it, it is a typing error: the DNS is younger, the admin mortal

_DOTS = re.compile("[.\u3002\uff0e\uff61]")  # RFC 3490 s3.1: the four characters that separate labels
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LETTER_CATEGORIES = frozenset({"Ll", "Lo", "Lm", "Mn", "Mc", "Nd"})  # RFC 5892 s2.1 LetterDigits, lower case
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")  # RFC 5321 s4.1.2: a dot-string, unquoted
SECURITY = ("starttls", "tls", "none")
_RESOLVER = re.compile(r"(?:https|tls|quic|tcp|udp)://[A-Za-z0-9._~:/?&=%{}\[\]-]{1,255}|[A-Za-z0-9._:\[\]-]{1,255}")


class Refused(ValueError):  # noqa: N818 -- it reads as what happened to the value
    """A value that cannot be used: what is wrong with it, and what to write instead."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


def text(value: object) -> str:
    """Return a text that can be one line of a configuration: not empty, bounded, without control characters."""
    if not isinstance(value, str):
        raise Refused("must be text", 'write it in quotes: "…"')
    if not value.strip() or len(value) > TEXT_LENGTH:
        raise Refused("must be 1 to 4096 characters")
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c != "\t" for c in value):
        raise Refused("holds control characters", "remove them")
    return value


def host_name(value: object) -> str:
    """Return the host name as lower-case ASCII A-labels without a trailing dot.

    Raises
    ------
    Refused
        If it is no host name (RFC 1123 s2.1; international names RFC 5890).

    Examples
    --------
    >>> host_name("Bücher.Example.")
    'xn--bcher-kva.example'
    """
    name = text(value)
    if "*" in name:
        raise Refused("a wildcard is not a name", "list every name that moves")
    if any(c in name for c in "/:@ "):
        raise Refused("not a host name", "write the bare name, without scheme, port, path or spaces: app.example.com")
    labels = [_label(label) for label in _DOTS.split(name.removesuffix("."))]
    ascii_name = ".".join(labels)
    if len(ascii_name) > NAME_LENGTH:
        raise Refused("longer than a name can be (253 characters)")
    if labels[-1].isdigit():
        raise Refused("not a host name: the last part is a number", "addresses belong in old and new")
    return ascii_name


def _label(label: str) -> str:
    """Return one label as an A-label; no mapping of ß or final sigma, as browsers do since RFC 5891."""
    lower = unicodedata.normalize("NFKC", "".join(c.lower() for c in label))
    if lower.isascii():
        if _LABEL.fullmatch(lower) and (lower[2:4] != "--" or _is_a_label(lower)):
            return lower
    elif all(c == "-" or unicodedata.category(c) in _LETTER_CATEGORIES for c in lower) and lower[2:4] != "--":
        encoded = "xn--" + lower.encode("punycode").decode("ascii")
        if _LABEL.fullmatch(encoded) and not unicodedata.category(lower[0]).startswith("M"):
            return encoded
    raise Refused(
        "not a host name: a part of it is not 1 to 63 letters, digits or inner hyphens",
        "write a name like app.example.com",
    )


def _is_a_label(label: str) -> bool:
    """Return whether the label is the ASCII form of an international one."""
    if not label.startswith("xn--"):
        return False
    try:
        return not label[4:].encode("ascii").decode("punycode").isascii()
    except (UnicodeError, ValueError, OverflowError):
        return False


def address(value: object) -> Address:
    """Return the address of a server; IPv4-mapped IPv6 as the IPv4 that it means.

    Examples
    --------
    >>> address("::ffff:192.0.2.4")
    IPv4Address('192.0.2.4')
    """
    remedy = "write one like 192.0.2.4 or 2001:db8::4"
    written = text(value)
    try:
        found = ipaddress.ip_address(written)
    except ValueError:
        raise Refused("not an IPv4 or IPv6 address", remedy) from None
    if getattr(found, "scope_id", None) is not None:
        raise Refused("an address with a zone means another host on each machine", remedy)
    found = getattr(found, "ipv4_mapped", None) or found
    if found.is_unspecified or found.is_multicast or int(found) == 2**32 - 1:
        raise Refused("not the address of one server", remedy)
    return found


def network(value: object) -> Network:
    """Return the network that an address or a prefix names.

    Examples
    --------
    >>> network("192.0.2.9")
    IPv4Network('192.0.2.9/32')
    """
    written = text(value)
    if "%" in written:
        raise Refused("an address with a zone means another host on each machine", "leave the zone out")
    try:
        return ipaddress.ip_network(written)
    except ValueError:
        pass
    try:
        near = ipaddress.ip_network(written, strict=False)
    except ValueError:
        raise Refused("not an address or network", "write one like 192.0.2.9 or 192.0.2.0/24") from None
    raise Refused("an address inside a network, with the network's length", f"write {near}, or the address alone")


def moment(value: object) -> datetime:
    """Return the moment, in UTC, of a TOML date-time with offset, or of its text."""
    remedy = "write it with its offset: 2026-03-02T22:00:00Z or 2026-03-02T23:00:00+01:00"
    if not isinstance(value, str | datetime):
        raise Refused("a date without a time" if isinstance(value, date) else "not a time", remedy)
    try:
        found = parse_moment(value) if isinstance(value, str) else utc(value)
    except (ValueError, OverflowError) as error:
        raise Refused(str(error).partition(";")[0], remedy) from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Refused(f"a time outside the years {FIRST_YEAR} to {LAST_YEAR}", remedy)
    return found


def duration_s(value: object) -> float:
    """Return the seconds of a duration written as text: a bare number would leave its unit to guess."""
    remedy = 'write it with its unit: "30d", "12h" or "90min"'
    if not isinstance(value, str):
        raise Refused("not a duration", remedy)
    try:
        seconds = parse_duration_s(value)
    except ValueError:
        raise Refused("not a duration", remedy) from None
    if seconds > MAX_HORIZON_S:
        raise Refused("longer than 3650 days", "look at a shorter period")
    return seconds


def resolver(value: object) -> str:
    """Return a resolver as written: a set's name, an address (with port), or a URL."""
    written = text(value)
    remedy = "write a set's name like public, an address, or a URL: https://… (DoH), tls://… (DoT)"
    if not _RESOLVER.fullmatch(written):
        raise Refused("not a resolver", remedy)
    if ":" in written or re.fullmatch("[0-9.]+", written):  # what no set is called
        try:
            (target if ":" in written else at_address)(written)
        except InputError as error:
            raise Refused(error.faults[0].what, remedy) from None
    return written


def mail_address(value: object) -> str:
    """Return a bare mail address; it becomes a header and a command of SMTP, so nothing else passes.

    Examples
    --------
    >>> mail_address("ops@Example.com")
    'ops@example.com'
    """
    written = text(value)
    box, at, domain = written.rpartition("@")
    if not at or not _MAILBOX.fullmatch(box) or box.startswith(".") or box.endswith(".") or ".." in box:
        raise Refused("not a mail address", "write one like ops@example.com, without a name or brackets")
    return f"{box}@{host_name(domain)}"


def mail_server(value: object) -> tuple[str, int | None]:
    """Return host and port of a mail server; the port is None if the usual one is meant.

    Examples
    --------
    >>> mail_server("[2001:db8::25]:2525"), mail_server("mail.example.com")
    (('2001:db8::25', 2525), ('mail.example.com', None))
    """
    remedy = "write mail.example.com, mail.example.com:587 or [2001:db8::25]:587"
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:]+)|([0-9A-Fa-f:.]+))(?::([0-9]{1,5}))?", text(value))
    if found is None:
        raise Refused("not a mail server", remedy)
    host, port = found[1] or found[2] or found[3], found[4]
    if port is not None and not is_port(int(port)):
        raise Refused("no port has that number", "write one from 1 to 65535")
    try:
        server = str(ipaddress.ip_address(host))
    except ValueError:
        server = host_name(host)
    return server, None if port is None else int(port)


def mail_security(value: object) -> str:
    """Return how the way to the mail server is kept secret."""
    written = text(value)
    if written not in SECURITY:
        raise Refused("not a kind of security", f"write one of {', '.join(SECURITY)}")
    return written


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
