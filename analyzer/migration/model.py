"""The concepts of a migration, as plain frozen values."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.units import DAY_S

if TYPE_CHECKING:
    from datetime import datetime

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class LogSet:
    """The access logs of one server.

    Attributes
    ----------
    paths
        Files, globs and URLs; relative ones are resolved against the folder of the file that names them.
    format
        A preset's name, `auto` or a LogFormat string.
    trusted_proxies
        Networks of the proxies before the server, whose X-Forwarded-For says who the client is.
    """

    paths: tuple[str, ...]
    format: str
    trusted_proxies: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class DnsSettings:
    """The recorded snapshots to read, and the resolvers to ask."""

    snapshots: tuple[str, ...] = ()
    resolvers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """What a removal of the old server may cost.

    Attributes
    ----------
    horizon_s
        [s] the period after the removal that is looked at.
    max_lost_requests
        [requests] the budget: at most so many may be lost within the horizon.
    confidence
        (0..1) of the upper bound that must stay within the budget.
    counts
        Kinds of clients whose lost requests count.
    accepted
        Networks whose loss is accepted.
    """

    horizon_s: float = 30.0 * DAY_S
    max_lost_requests: float = 10.0
    confidence: float = 0.95
    counts: tuple[str, ...] = ("person", "program")
    accepted: tuple[Network, ...] = ()

    def accepts(self, address: str) -> bool:
        """Return whether the loss of the client at this address (or name, as logged) is accepted.

        Examples
        --------
        >>> Policy(accepted=(ipaddress.ip_network("192.0.2.0/24"),)).accepts("192.0.2.9")
        True
        """
        if not self.accepted:
            return False
        try:
            client = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        client = getattr(client, "ipv4_mapped", None) or client
        return any(client in network for network in self.accepted)


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Who gets the report by mail, and through which server.

    Attributes
    ----------
    to, sender
        Bare addresses.
    server, port
        Of submission.
    security
        `tls` from the first byte, `starttls`, or `none`.
    user
        To log in as; None sends without a login. `CUTOVER_SMTP_USER` in the environment counts before it.
    password_file
        Its first line is the password; only its owner may read it. `CUTOVER_SMTP_PASSWORD` counts before it.
    ca_file
        Certificates that may sign the server's; None for the system's.
    """

    to: tuple[str, ...]
    sender: str
    server: str
    port: int
    security: str = "starttls"
    user: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration, as `cutover.toml` describes it.

    Attributes
    ----------
    names
        Host names that move: lower-case ASCII A-labels without a trailing dot.
    old, new
        Addresses of the two servers; no address is in both.
    staging
        The temporary name of the new server.
    changed_at
        When the DNS change was published, UTC; None if it is to be found from snapshots.
    ttl_s
        [s] the record's TTL before the change; None if it is to be found from snapshots.
    old_logs, new_logs
        The two servers' access logs; None where the file names none.
    mail
        Who gets the report by mail; None if nobody.
    source
        The file itself.
    """

    names: tuple[str, ...]
    old: tuple[Address, ...]
    new: tuple[Address, ...]
    staging: str | None = None
    changed_at: datetime | None = None
    ttl_s: float | None = None
    old_logs: LogSet | None = None
    new_logs: LogSet | None = None
    dns: DnsSettings = field(default_factory=DnsSettings)
    policy: Policy = field(default_factory=Policy)
    source: Path = Path("cutover.toml")
    mail: MailSettings | None = None
