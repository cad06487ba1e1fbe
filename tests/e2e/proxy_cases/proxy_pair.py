"""Two servers: the old one, real, with a configuration that `cutover proxy` wrote, and the new one, which echoes."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from proxy_certificates import Authority, authority, issue
from proxy_origin import Origin
from proxy_requests import NAME
from proxy_servers import Running, folder, free_everywhere, start_apache, start_caddy, start_haproxy, start_nginx
from typer.testing import CliRunner

from analyzer.cli import proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

OLD, NEW = "127.0.0.4", "127.0.0.5"
NAMES = (NAME, "www.example.com")
PROGRAMS = {
    "apache": Path("/usr/sbin/apache2"),
    "nginx": Path("/usr/sbin/nginx"),
    "haproxy": Path("/usr/sbin/haproxy"),
    "caddy": Path("/usr/bin/caddy"),
}
FLAVOURS = {name: (name,) for name in PROGRAMS} | {"proxypass": ("apache", "--method", "proxypass")}
every_server = pytest.mark.parametrize("name", PROGRAMS)


def needed(server: str) -> None:
    """Skip where a server is not installed, but in CI."""
    if not PROGRAMS[server].exists() and "CI" not in os.environ:
        pytest.skip(f"needs {server}; in CI it must be there")


@dataclass(frozen=True, slots=True)
class Pair:
    """Both servers and what lies around them."""

    root: Path
    origin: Origin
    running: Running
    ports: dict[str, int]
    ca: Authority
    text: str
    here: str = OLD
    there: str = NEW

    @property
    def switch(self) -> Path:
        """The file that switches the rules on."""
        return self.root / "switch"

    def old(self, over: str = "http") -> tuple[str, int]:
        """Return where the server that hands on listens: the old one, unless it is rolled back."""
        return self.here, self.ports["http" if over == "http" else "https"]

    def new(self, over: str = "http") -> tuple[str, int]:
        """Return where the server that answers listens: the new one, unless it is rolled back."""
        return self.there, self.origin.http if over == "http" else self.origin.https

    def log(self) -> str:
        """Return what the old server has logged of its requests."""
        return (self.root / "log" / f"{NAME}-drain.log").read_text()


def migration(root: Path, names: tuple[str, ...] = NAMES, new: str = NEW, old: str = OLD) -> Path:
    """Write a cutover.toml, and return it."""
    path = root / "cutover.toml"
    listed = ", ".join(f'"{name}"' for name in names)
    path.write_text(f'[migration]\nnames = [{listed}]\nold = ["{old}"]\nnew = ["{new}"]\n')
    return path


def written(*arguments: object) -> str:
    """Return what `cutover proxy` prints; within this process, for the tests need it often."""
    done = CliRunner().invoke(proxy.app, [str(one) for one in arguments])
    if done.exception is not None:
        raise done.exception
    return done.stdout


@contextlib.contextmanager
def pair(
    server: str,
    *options: str,
    role: str = "drain",
    debian: bool = True,
    certificate_names: tuple[str, ...] = (*NAMES, "other.example.net"),
    mpm: str = "mpm_event",
    switched_on: bool = True,
    own: str = "",
    main: str = "",
    places: tuple[str, str] = (OLD, NEW),
) -> Iterator[Pair]:
    """Yield a real server in front of the echoing one, and stop both.

    Parameters
    ----------
    options
        More options of `cutover proxy`; `--switch` gets its file, `{root}` is the folder.
    debian
        With Debian's main configuration around; else a bare one.
    certificate_names
        What the new server's certificate is for.
    own
        The user's own virtual host, written to own.conf with its ports and root.
    main
        More lines of Apache's main configuration, before the generated ones.
    places
        Addresses of the old and the new server.
    """
    needed(server)
    here, there = reversed(places) if role == "rollback" else places
    with contextlib.ExitStack() as stack:
        root = stack.enter_context(folder(server))
        ca = authority("tests")
        certificate, key = issue(authority("between", ca), root, "site", *certificate_names)
        origin = Origin(there)
        origin.start(str(certificate), str(key))
        stack.callback(origin.stop)
        ports = dict(zip(("http", "https"), free_everywhere(2, here), strict=True))
        (root / "own.conf").write_text(own.format(root=root, **ports) if own else "")
        (root / "options-ssl-apache.conf").write_text("SSLEngine on\nSSLProtocol all -SSLv3\n")  # as certbot's
        migration(root, old=places[0], new=NEW if "--upstream" in options else places[1])
        text = _generated(server, options, role=role, root=root, origin=origin, ports=ports, ca=ca)
        (root / "site.conf").write_text(f"{main}\n{text}")
        if switched_on:
            (root / "switch").touch()
        running = started(server, root, here, list(ports.values()), debian=debian, mpm=mpm)
        stack.callback(running.stop)
        yield Pair(root, origin, running, ports, ca, text, here, there)


def _generated(
    server: str,
    options: tuple[str, ...],
    *,
    role: str,
    root: Path,
    origin: Origin,
    ports: dict[str, int],
    ca: Authority,
) -> str:
    """Return the configuration for these ports and certificates."""
    shown, key = issue(ca, root, "shown", *NAMES)
    if server == "haproxy":  # it reads both from one file
        shown.write_bytes(shown.read_bytes() + key.read_bytes())
        key = shown
    given = [part for one in options for part in ((one, str(root / "switch")) if one == "--switch" else (one,))]
    return written(
        "--config", root / "cutover.toml", "--server", server, "--role", role, "--listen-http", ports["http"],
        "--listen-https", ports["https"], "--upstream-http", origin.http, "--upstream-https", origin.https,
        "--certificate", shown, "--key", key, "--ca", ca.pem(root / "ca.pem"), "--log-dir", root / "log",
        *(part.replace("{root}", str(root)) for part in given),
    )  # fmt: skip


def started(server: str, root: Path, address: str, ports: list[int], *, debian: bool, mpm: str) -> Running:
    """Return the real server, running with the configuration."""
    needed(server)
    path = root / "site.conf"
    if server == "apache":
        return start_apache(root, address, ports, [path], debian=debian, mpm=mpm)
    if server == "nginx":
        return start_nginx(root, address, ports, [path])
    return (start_haproxy if server == "haproxy" else start_caddy)(root, address, ports, path)
