"""Behind trusted proxies the client is the rightmost address of X-Forwarded-For that none of them has."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import pytest

from analyzer.errors import ConfigError, InputError
from analyzer.logs.choosing import settled
from analyzer.logs.forwarded import client_of
from analyzer.logs.presets import DRAIN
from analyzer.logs.reading import read_activity
from analyzer.migration import load

if TYPE_CHECKING:
    from pathlib import Path

PROXIES = "10.0.0.0/8 2001:db8:1::/48"
NETWORKS = [ipaddress.ip_network(text) for text in PROXIES.split()]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.7", "203.0.113.9", "192.0.2.7"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.66, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.66,203.0.113.9,10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "203.0.113.9, unknown", "10.0.0.1"),
        ("10.0.0.1", "unknown, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", ", ,", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9:51234", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::9]:443", "2001:db8::9"),
        ("2001:db8:1::5", "2001:DB8:0::9", "2001:db8::9"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("proxy.example.net", "203.0.113.9", "proxy.example.net"),
        (None, "203.0.113.9", None),
        ("10.0.0.1", "1.2.3.4, " + "10.0.0.2, " * 40 + "10.0.0.2", "10.0.0.2"),
    ],
)
def test_the_client_of_a_request(peer: str | None, forwarded: str | None, client: str | None) -> None:
    """What a client writes into the list itself stands left of what the proxies wrote, and is not believed."""
    assert client_of(peer, forwarded, PROXIES) == client


def test_activity_counts_the_clients_behind_the_proxies(tmp_path: Path) -> None:
    """Requests through a trusted proxy are of whom it names, others of their peer, with and without escapes."""
    at = "[23/Nov/2026:18:30:44 +0000]"
    line = "app.example.com:80 {} - - " + at + ' "GET / HTTP/1.1" 200 5 "-" "{}" host="app.example.com" xff="{}"'
    line += " peer=10.0.0.1 local=192.0.2.4 us=1 k=0 conn=+ handler=-\n"
    rows = (("10.0.0.1", "a", "198.51.100.6, 203.0.113.9"), ("10.0.0.1", r"\"b\"", "203.0.113.9"),
            ("192.0.2.7", "a", "203.0.113.9"))  # fmt: skip
    path = tmp_path / "access.log"
    path.write_text("".join(line.format(*row) for row in rows))
    plain, behind = (read_activity(str(path), "drain", trusted=trusted) for trusted in ((), NETWORKS))
    assert plain.clients["address"].tolist() == ["10.0.0.1", "10.0.0.1", "192.0.2.7"]
    assert behind.clients["address"].tolist() == ["192.0.2.7", "203.0.113.9", "203.0.113.9"]
    assert int(behind.cells["requests"].sum()) == 3


def test_a_format_without_the_header_cannot_serve() -> None:
    """It is said, and not passed over: all would be one client."""
    with pytest.raises(InputError, match="does not log X-Forwarded-For"):
        settled("combined", (), NETWORKS)
    assert settled(DRAIN, (), NETWORKS).trusted == PROXIES


def test_cutover_toml_names_them_for_each_server(tmp_path: Path) -> None:
    """Under [logs.old] or [logs.new]; `auto` is a format there; a network that is none is an error with its key."""
    toml = (
        '[migration]\nnames = ["app.example.com"]\nold = ["192.0.2.4"]\nnew = ["198.51.100.5"]\n'
        '[logs.old]\npaths = ["a.log"]\nformat = "auto"\ntrusted_proxies = ["10.0.0.0/8", "2001:db8:1::/48"]\n'
        '[logs.new]\npaths = ["b.log"]\n'
    )
    path = tmp_path / "cutover.toml"
    path.write_text(toml)
    found = load(path)
    assert found.old_logs is not None
    assert (found.old_logs.format, found.old_logs.trusted_proxies) == ("auto", tuple(NETWORKS))
    assert found.new_logs is not None
    assert found.new_logs.trusted_proxies == ()
    path.write_text(toml.replace("10.0.0.0/8", "10.0.0.1/8"))
    with pytest.raises(ConfigError, match=r"trusted_proxies.*write 10\.0\.0\.0/8"):
        load(path)
