"""A port is a number from 1 to 65535, wherever one may be written."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from analyzer.cli.servers import Scheme, server_option
from analyzer.dns.targets import target
from analyzer.errors import CutoverError
from analyzer.handover.proxy.paths import safe_port
from analyzer.migration.values import Refused, mail_server, resolver
from analyzer.watch.channels import Webhook
from analyzer.watch.serve import place

if TYPE_CHECKING:
    from collections.abc import Callable

KNOWN = (ip_address("192.0.2.4"),)
WRITTEN: dict[str, Callable[[int], object]] = {
    "resolver": lambda port: target(f"192.0.2.4:{port}"),
    "resolver, IPv6": lambda port: target(f"[2001:db8::4]:{port}"),
    "resolver, URL": lambda port: target(f"https://dns.example:{port}/dns-query"),
    "cutover.toml resolvers": lambda port: resolver(f"[2001:db8::4]:{port}"),
    "cutover.toml mail.server": lambda port: mail_server(f"mail.example:{port}"),
    "--old": lambda port: server_option("old", f"192.0.2.4:{port}", KNOWN, Scheme.HTTP),
    "--old, IPv6": lambda port: server_option("old", f"[2001:db8::4]:{port}", KNOWN, Scheme.HTTP),
    "--upstream-http": lambda port: safe_port(port, "--upstream-http"),
    "--listen": lambda port: place(f"127.0.0.1:{port}"),
    "--webhook": lambda port: Webhook(f"https://hooks.example:{port}/secret"),
}


@pytest.mark.parametrize("port", [65_536, 70_000, 99_999])
@pytest.mark.parametrize("written", WRITTEN.values(), ids=list(WRITTEN))
def test_a_port_beyond_the_last_is_refused_where_it_is_written(written: Callable[[int], object], port: int) -> None:
    """In one line that says so, and that tells no secret of a URL."""
    with pytest.raises((CutoverError, Refused), match=r"not a port|no port has that number") as told:
        written(port)
    assert "\n" not in str(told.value)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("port", [1, 65_535])
@pytest.mark.parametrize("written", WRITTEN.values(), ids=list(WRITTEN))
def test_the_first_and_the_last_port_are_taken(written: Callable[[int], object], port: int) -> None:
    """No error."""
    written(port)
