"""Addresses of simulated clients: only from ranges that nobody uses in earnest.

References
----------
RFC 5737 (192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24: named servers and clients), RFC 3849 (2001:db8::/32),
RFC 2544 (198.18.0.0/15) and RFC 6598 (100.64.0.0/10) for the crowd.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_BENCHMARK = (int(IPv4Address("198.18.0.0")), 1 << 17)
_SHARED = (int(IPv4Address("100.64.0.0")), 1 << 22)
_DOCUMENTATION6 = int(IPv6Address("2001:db8::"))
IPV6_SHARE = 0.25  # of clients


def crowd(count: int, draw: np.random.Generator, *, ipv6_share: float = IPV6_SHARE) -> tuple[str, ...]:
    """Return client addresses, IPv4 and IPv6."""
    six = draw.random(count) < ipv6_share
    wide = draw.random(count) < 0.7  # noqa: PLR2004 -- most from the wider of the two ranges
    hosts = draw.integers(1, 1 << 62, size=count)
    return tuple(
        _ipv6(host) if is_six else _ipv4(host, *(_SHARED if is_wide else _BENCHMARK))
        for is_six, is_wide, host in zip(six.tolist(), wide.tolist(), hosts.tolist(), strict=True)
    )


def _ipv4(host: int, base: int, size: int) -> str:
    """Return one address of a range."""
    return str(IPv4Address(base + host % size))


def _ipv6(host: int) -> str:
    """Return one address in a /64 of its own: two bytes of network, eight of interface identifier."""
    network, interface = 0x1000 + host % 0xE000, host & ~(0xFFFF << 32)
    return str(IPv6Address(_DOCUMENTATION6 | network << 80 | interface))
