"""The generated configurations, read by a person once: a change of a template shows as a change of these files.

`python tests/golden/test_proxy_texts.py` writes them anew; read the difference before it is committed.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from analyzer.handover.proxy import Method, Role, Server, Wanted, render, site
from analyzer.migration.model import Migration

FOLDER = Path(__file__).parent / "proxy"
MINE = Migration(
    ("app.example.com", "www.example.com"),
    (ip_address("192.0.2.4"), ip_address("2001:db8::4")),
    (ip_address("198.51.100.5"), ip_address("2001:db8::5")),
)
TLS: dict[str, Any] = {"certificate": "/etc/ssl/app.pem", "key": "/etc/ssl/app.key"}
SWITCH: dict[str, Any] = {"switch": "/etc/cutover/on"}
CASES: dict[str, Wanted] = {
    "apache-drain-switched": Wanted(Server.APACHE, Role.DRAIN, **TLS, **SWITCH, acme_dir="/var/www/acme"),
    "apache-drain-proxypass": Wanted(Server.APACHE, Role.DRAIN, method=Method.PROXYPASS, keepalive=False),
    "apache-freeze": Wanted(Server.APACHE, Role.FREEZE, testers=(str(ip_network("203.0.113.0/24")),)),
    "apache-rollback": Wanted(Server.APACHE, Role.ROLLBACK, pooled=True, brownout="14:00/2m"),
    "apache-new": Wanted(Server.APACHE, Role.NEW),
    "nginx-drain": Wanted(Server.NGINX, Role.DRAIN, **TLS, **SWITCH),
    "nginx-new": Wanted(Server.NGINX, Role.NEW),
    "haproxy-drain": Wanted(Server.HAPROXY, Role.DRAIN, **TLS),
    "haproxy-new": Wanted(Server.HAPROXY, Role.NEW),
    "caddy-drain": Wanted(Server.CADDY, Role.DRAIN, **TLS, **SWITCH),
    "caddy-new": Wanted(Server.CADDY, Role.NEW),
}


def written(name: str) -> str:
    """Return a case's configuration."""
    return render(site(MINE, CASES[name])[0])


@pytest.mark.parametrize("name", CASES)
def test_the_text_is_the_one_that_was_read(name: str) -> None:
    """Byte for byte."""
    assert written(name) == (FOLDER / f"{name}.conf").read_text()


def test_no_file_is_left_over() -> None:
    """Each stands for a case."""
    assert {path.stem for path in FOLDER.iterdir()} == set(CASES)


if __name__ == "__main__":
    for case in CASES:
        (FOLDER / f"{case}.conf").write_text(written(case))
