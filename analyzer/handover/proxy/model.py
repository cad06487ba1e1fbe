"""The concepts of a proxy's configuration, as plain frozen values: all of them checked before they come here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from analyzer.units import before_port

if TYPE_CHECKING:
    from analyzer.handover.proxy.vhost import Vhost
    from analyzer.migration.model import Address, Network

DEFAULT_PORT = {"http": 80, "https": 443}


class Server(StrEnum):
    """The program that the configuration is for."""

    APACHE = "apache"
    NGINX = "nginx"
    HAPROXY = "haproxy"
    CADDY = "caddy"


class Role(StrEnum):
    """What the server does with what arrives.

    DRAIN: the old one hands everything to the new one. FREEZE: it refuses, while data moves; testers are handed on.
    ROLLBACK: the new one hands everything back to the old. NEW: what the new one needs to believe the old.
    """

    DRAIN = "drain"
    ROLLBACK = "rollback"
    FREEZE = "freeze"
    NEW = "new"


class Method(StrEnum):
    """How Apache proxies."""

    REWRITE = "rewrite"
    PROXYPASS = "proxypass"


@dataclass(frozen=True, slots=True)
class Upstream:
    """An address that requests are handed to: always an address, for a name would be followed by the DNS change."""

    address: Address

    @property
    def family(self) -> int:
        """4 or 6."""
        return self.address.version

    @property
    def host(self) -> str:
        """The address as it stands in a URL."""
        return before_port(self.address)

    def authority(self, scheme: str, port: int) -> str:
        """Return address and port; without the port that the scheme has anyway, as Apache names its workers."""
        return self.host if DEFAULT_PORT[scheme] == port else f"{self.host}:{port}"

    def pattern(self, port: int) -> str:
        """Return a regular expression for address and port of https; the port that it has anyway may be left out."""
        host = re.sub(r"([.\[\]])", r"\\\1", self.host)
        return f"{host}(?::{port})?" if port == DEFAULT_PORT["https"] else f"{host}:{port}"


@dataclass(frozen=True, slots=True)
class Brownout:
    """Minutes of each day, in the server's own time zone, in which everything is refused.

    Attributes
    ----------
    minutes
        `HH:MM`, one each.
    """

    minutes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tls:
    """The certificate that clients see, and the authorities that the upstream's certificate must come from.

    Attributes
    ----------
    certificate, key
        None where the user's own virtual host says them.
    """

    certificate: str | None
    key: str | None
    ca: str


def key_beside(tls: Tls) -> bool:
    """Return whether HAProxy can find the key by its name: `app.key` beside `app.crt`."""
    certificate = tls.certificate or ""
    return certificate.endswith(".crt") and tls.key == certificate.removesuffix(".crt") + ".key"


@dataclass(frozen=True, slots=True)
class Site:
    """One configuration to write.

    Attributes
    ----------
    names
        Host names that move, the first is the site's own.
    schemes
        `http` and `https`, those that are written.
    listen, upstream_ports
        Port by scheme.
    upstreams
        Where requests go: one, or one of each address family.
    trusted
        Role new: the addresses of the server that proxies.
    source
        The address that connections to the upstream leave from; None: the system's choice.
    tls
        None where no https is written.
    testers
        Role freeze: networks that are handed on.
    keepalive
        False: every answer closes its connection, so that pooled clients resolve the name again.
    pooled
        True: connections to the upstream are kept. Saves one round trip a request (two with TLS), and loses requests
        whenever the upstream closes one that is just being used.
    switch
        A file while which exists the rules act; None: they always act.
    workers
        Apache's MaxRequestWorkers; 0 leaves the server's own threads alone.
    ipv6
        Whether the server has an IPv6 address to listen on.
    vhost
        The user's own virtual host, taken apart.
    """

    server: Server
    role: Role
    method: Method
    names: tuple[str, ...]
    schemes: tuple[str, ...]
    listen: dict[str, int]
    upstream_ports: dict[str, int]
    upstreams: tuple[Upstream, ...]
    trusted: tuple[Address, ...]
    source: Address | None
    tls: Tls | None
    log_dir: str
    acme_dir: str | None
    testers: tuple[Network, ...]
    keepalive: bool
    pooled: bool
    switch: str | None
    brownout: Brownout | None
    workers: int
    ipv6: bool
    vhost: Vhost | None = None

    @property
    def token(self) -> str:
        """What marks a request that has passed a proxy of this migration: the same on both servers."""
        return self.names[0]
