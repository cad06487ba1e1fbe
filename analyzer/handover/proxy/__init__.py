"""The proxy's configuration for a migration, written from templates and checked values; and whether it works.

`site` checks what is wanted, `render` writes it, `check` lets the server itself look at it, `verify` asks both servers.
"""

from analyzer.handover.proxy.model import Brownout, Method, Role, Server, Site, Upstream
from analyzer.handover.proxy.render import render
from analyzer.handover.proxy.wanted import Wanted, site

__all__ = ["Brownout", "Method", "Role", "Server", "Site", "Upstream", "Wanted", "render", "site"]
