"""Options that the handover's commands share: the migration, which server is asked, and how."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.errors import Fault, UsageError
from analyzer.units import is_port

if TYPE_CHECKING:
    from analyzer.handover.asking import Server
    from analyzer.migration.model import Address

_PLACE = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::([0-9]{1,5}))?|([0-9.]+)(?::([0-9]{1,5}))?|([0-9A-Fa-f:.]+)")

Config = Annotated[Path, typer.Option("--config", "-c", help="The migration's cutover.toml.")]


class Scheme(StrEnum):
    """How the servers are asked."""

    HTTP = "http"
    HTTPS = "https"


def server_option(label: str, given: str | None, known: tuple[Address, ...], scheme: Scheme) -> Server:
    """Return the server that an option names, else the first of the migration's addresses.

    Parameters
    ----------
    label
        `old` or `new`: the option's name too.
    given
        ADDRESS, ADDRESS:PORT or [V6]:PORT.
    known
        The migration's addresses.
    scheme
        Its usual port counts where none is given.

    Raises
    ------
    UsageError
        If the text is no address with a port.
    """
    from analyzer.handover.asking import PORTS, Server

    address, port = (known[0], None) if given is None else _place(given, f"--{label}")
    return Server(label, address, PORTS[scheme.value] if port is None else port, scheme.value)


def _place(given: str, option: str) -> tuple[Address, int | None]:
    """Return address and port of a text."""
    from ipaddress import ip_address

    remedy = "write ADDRESS, ADDRESS:PORT or [V6]:PORT: 192.0.2.4:8443"
    match = _PLACE.fullmatch(given.strip())
    if match is None:
        raise UsageError(Fault("not an address", option, given, remedy))
    try:
        address = ip_address(match[1] or match[3] or match[5])
    except ValueError:
        raise UsageError(Fault("not an address", option, given, remedy)) from None
    written = match[2] or match[4]
    port = None if written is None else int(written)
    if port is not None and not is_port(port):
        raise UsageError(Fault("not a port", option, given, remedy))
    return address, port
