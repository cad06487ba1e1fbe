"""The ways to a resolver: UDP, TCP, TLS, HTTPS and QUIC. With `ask`, all of the network is in here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analyzer.dns.transports.common import Failed, Reply, Transport, trust
from analyzer.dns.transports.encrypted import Https, Quic
from analyzer.dns.transports.plain import Stream, Udp

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.dns.targets import Target

__all__ = ["Failed", "Reply", "Transport", "transport", "trust"]


def transport(target: Target, limit_s: float, ca: Path | None = None) -> Transport:
    """Return the way to a resolver; nothing is opened yet.

    Parameters
    ----------
    limit_s
        [s] for one question, tries and all.
    ca
        Certificates to trust beside the system's.
    """
    made: dict[str, Any] = {"udp": Udp, "tcp": Stream, "tls": Stream, "https": Https, "quic": Quic}
    found: Transport = made[target.transport](target, limit_s, ca)
    return found
