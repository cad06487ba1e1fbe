"""Apache's modules that a configuration cannot do without, and those that it uses where they are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.handover.proxy.model import Role

if TYPE_CHECKING:
    from analyzer.handover.proxy.model import Site


def needed(site: Site) -> tuple[str, ...]:
    """Return the modules, as a2enmod names them, without which Apache refuses the configuration."""
    if site.role is Role.NEW:
        return ("remoteip", "headers", "setenvif")
    tls = ("ssl",) if "https" in site.schemes else ()
    return ("authz_core", "rewrite", "proxy", "proxy_http", "headers", "setenvif", *tls)


def used_if_there(site: Site) -> tuple[str, ...]:
    """Return the modules that make it better: HTTP/2 for clients, ids in both servers."""
    if site.role is Role.NEW:
        return ()
    return (*(("http2",) if "https" in site.schemes else ()), "unique_id", "reqtimeout")
