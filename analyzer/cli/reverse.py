"""Names of clients, asked of a resolver."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from analyzer.cli.console import now
from analyzer.errors import Fault, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_ASKED = 20  # clients: as many as the report shows


def names_of(clients: Iterable[str], resolver: str) -> dict[str, str]:
    """Return what the DNS calls the addresses of some clients; those without a name are left out.

    Whoever holds an address chooses its name: it says who might be asked, and proves nothing.

    Parameters
    ----------
    clients
        The first are asked; a host name is none that has to be.
    resolver
        A set or an address, as of `cutover dns snapshot --resolver`; the first of them is asked.

    Raises
    ------
    UsageError
        If there is no such resolver.
    """
    from analyzer.dns.ask import ask_all, system_resolvers
    from analyzer.dns.catalogue import select
    from analyzer.dns.message import Ask

    targets = select([resolver], system=system_resolvers()).targets
    if not targets:
        raise UsageError(Fault("nobody to ask for names", "--resolver", resolver, "name the address of a resolver"))
    pointers = {client: pointer for client in clients if (pointer := _pointer(client))}
    wanted = dict(list(pointers.items())[:MOST_ASKED])
    records = ask_all([Ask(targets[0], pointer, "PTR") for pointer in wanted.values()], clock=now)
    found = {}
    for client, record in zip(wanted, records, strict=True):
        names = [str(one["data"]).rstrip(".") for one in record["answers"] if one["type"] == "PTR"]
        if names:
            found[client] = names[0]
    return found


def _pointer(client: str) -> str | None:
    """Return the name under which an address's name is asked (RFC 1035 s3.5, RFC 3596 s2.5)."""
    try:
        return ipaddress.ip_address(client.partition("%")[0]).reverse_pointer
    except ValueError:
        return None
