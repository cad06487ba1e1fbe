"""The new server's side and the way back, on each of the four servers: whom it believes, and that nothing circles."""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent / "proxy_cases"))
from proxy_asking import CLIENT, asking
from proxy_client import exchange
from proxy_comparisons import COMPARISONS, unexplained
from proxy_differences import differences
from proxy_origin import Origin
from proxy_pair import NAMES, NEW, OLD, every_server, migration, needed, pair, written
from proxy_requests import NAME
from proxy_servers import folder, free_everywhere, logged, start_apache, start_caddy, start_haproxy, start_nginx

from analyzer.logs.requests import read_requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_client import Answer

DIRECT, APPLICATION = "127.0.0.78", "127.0.0.6"
FORGED = ("X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: gopher", "X-Migration-Id: forged", "X-Migration-Hop: forged")
# The generated lines within a server that hands on to an application and tells it who asked.
SITES = {
    "apache": """<VirtualHost *:{port}>
        ServerName staging.example.com
        {new}
        RequestHeader set X-Client "expr=%{{REMOTE_ADDR}}"
        ProxyPreserveHost On
        ProxyPass / http://{application}/
        </VirtualHost>""",
    "nginx": """{format}
        server {{ listen {port}; {new}
        {log}
        location / {{ proxy_pass http://{application}; proxy_set_header Host $http_host;
            proxy_set_header X-Client $remote_addr; proxy_set_header X-Forwarded-Proto $cutover_proto;
            proxy_set_header X-Migration-Hop $cutover_hop; proxy_set_header X-Migration-Id $cutover_id; }} }}""",
    "haproxy": """global
        log stdout format raw local0 info
        defaults
        mode http
        log global
        timeout client 9s
        timeout server 9s
        timeout connect 9s
        frontend new
        bind :{port}
        {new}
        http-request set-header X-Client %[src]
        default_backend application
        backend application
        server application {application}
        """,
    "caddy": """http://:{port} {{
        log {{
            output file {root}/log/app.example.com-drain.log
        }}
        {new}
        reverse_proxy {application} {{
            trusted_proxies 127.0.0.1
        }}
        }}""",
}
STARTS = {
    "apache": lambda root, address, port, path: start_apache(root, address, [port], [path]),
    "nginx": lambda root, address, port, path: start_nginx(root, address, [port], [path]),
    "haproxy": lambda root, address, port, path: start_haproxy(root, address, [port], path),
    "caddy": lambda root, address, port, path: start_caddy(root, address, [port], path),
}


@dataclass(frozen=True, slots=True)
class Chain:
    """An old server that drains to a new one, with an application behind it."""

    application: Origin
    root: Path
    old: tuple[str, int]
    new: tuple[str, int]


def raw(*headers: str, target: str = "/who/asks") -> bytes:
    """Return a request."""
    return asking(target, *headers, host=NAMES[1])


@pytest.fixture
def chain(name: str) -> Iterator[Chain]:
    """Yield the three, old and new with what was generated for them."""
    needed(name)
    with ExitStack() as stack:
        old, new = stack.enter_context(folder("old")), stack.enter_context(folder("new"))
        application = Origin(APPLICATION)
        application.start()
        stack.callback(application.stop)
        ports = free_everywhere(2)
        given = ("--config", migration(old), "--server", name)
        leaves_by = "127.0.0.1" if name == "caddy" else OLD  # which cannot choose
        inside = written(*given, "--role", "new", "--source", leaves_by, "--log-dir", new / "log")
        (new / "site.conf").write_text(_site(name, inside, new, ports[1], application))
        stack.callback(STARTS[name](new, NEW, ports[1], new / "site.conf").stop)
        source = () if name == "caddy" else ("--source", OLD)
        more = ("--listen-http", ports[0], "--upstream-http", ports[1], "--scheme", "http", "--log-dir", old / "log")
        (old / "site.conf").write_text(written(*given, "--role", "drain", *more, *source))
        stack.callback(STARTS[name](old, OLD, ports[0], old / "site.conf").stop)
        yield Chain(application, new, (OLD, ports[0]), (NEW, ports[1]))


def _site(name: str, inside: str, root: Path, port: int, application: Origin) -> str:
    """Return the new server's configuration; nginx's log is what the comment in the generated lines says."""
    lines = {word: re.search(rf"#\s+({word} .*;)", inside) for word in ("log_format", "access_log")}
    return f"{SITES[name]}\n".format(
        port=port,
        new=inside,
        root=root,
        application=f"{APPLICATION}:{application.http}",
        format=lines["log_format"][1] if lines["log_format"] else "",
        log=lines["access_log"][1] if lines["access_log"] else "",
    )


@every_server
def test_the_new_server_believes_the_old_and_nobody_else(name: str, chain: Chain) -> None:
    """Through the old one the application is told the client; what a client forges directly reaches nobody."""
    through = exchange(chain.old, raw(*FORGED), source=CLIENT)
    direct = exchange(chain.new, raw(*FORGED), source=DIRECT)
    assert [through.status, direct.status] == [200, 200]
    proxied, alone = chain.application.seen
    assert [_client(name, proxied), _client(name, alone)] == [CLIENT, DIRECT]
    assert (proxied.header("host"), proxied.path) == (NAMES[1], "/who/asks")
    assert proxied.header("x-forwarded-proto") == "http"
    assert proxied.header("x-migration-hop") == f"forged, {NAME}"
    assert proxied.header("x-migration-id") not in {"", "forged"}
    assert alone.header("x-forwarded-proto") in {"", "http"}
    assert alone.header("x-migration-id") == alone.header("x-migration-hop") == ""


@every_server
def test_its_log_tells_proxied_from_direct(name: str, chain: Chain) -> None:
    """By the peer: the old server's address, or the client's own; the lines are read by their preset."""
    exchange(chain.old, raw(*FORGED), source=CLIENT)
    exchange(chain.new, raw(), source=DIRECT)
    path = chain.root / "log" / f"{NAME}-drain.log"
    if name == "haproxy":
        told = Path(logged(chain.root / "output", 2, b"/who/asks")).read_text().splitlines()
        path.write_text("".join(f"{line}\n" for line in told if "/who/asks" in line))
    frame = read_requests([logged(path, 2)], "caddy" if name == "caddy" else "drain")
    if name == "caddy":  # it has no word for whom the old server spoke
        assert set(frame["client"]) == {"127.0.0.1", DIRECT}
    else:
        assert dict(zip(frame["client"], frame["peer"], strict=True)) == {CLIENT: OLD, DIRECT: DIRECT}
        # mod_remoteip takes the last one away; HAProxy adds a line of its own, and logs the last one.
        told = {"apache": "6.6.6.6", "nginx": f"6.6.6.6, {CLIENT}", "haproxy": CLIENT}
        assert set(frame["forwarded_for"].dropna()) == {told[name]}


def _client(name: str, asked: object) -> str:
    """Return whom an application behind the new server takes for the client."""
    header = asked.header  # type: ignore[attr-defined] -- what the origin keeps
    if name != "caddy":
        return str(header("x-client"))
    listed = [one.strip() for one in header("x-forwarded-for").split(",")]
    return next(one for one in reversed(listed) if one not in {OLD, "127.0.0.1"})


@every_server
def test_rolled_back_the_old_server_is_asked_as_directly(name: str) -> None:
    """Every fourteenth comparison, the client's address and the mark; over TLS the old server's name is checked."""
    with pair(name, role="rollback") as servers:
        assert (servers.old()[0], servers.new()[0]) == (NEW, OLD)
        for asked, over in COMPARISONS[::14]:
            if over != "h2":
                tls = None if over == "http" else NAME
                answers = [
                    exchange(place, asked.raw(), name=tls, wait_for_100=asked.late_body)
                    for place in (servers.new(over), servers.old(over))
                ]
                assert unexplained(name, asked.id, differences(*answers)) == [], asked.id
        assert _asked(servers.old(), *FORGED[:3]).status == 200
        seen = servers.origin.seen[-1]
        assert seen.header("x-forwarded-for").replace(" ", "") == f"6.6.6.6,{CLIENT}"
        assert (seen.header("x-forwarded-proto"), seen.header("x-migration-hop")) == ("http", NAME)
        assert (seen.header("host"), seen.header("x-migration-id") != "forged") == (NAMES[1], True)
        assert _asked(servers.old(), f"X-Migration-Hop: {NAME}").status == 508


def _asked(place: tuple[str, int], *headers: str) -> Answer:
    """Return the answer to the client."""
    return exchange(place, raw(*headers), source=CLIENT)


@every_server
def test_both_ways_at_once_end_after_one_round(name: str) -> None:
    """Rolled back while the old one still drains: 508 by the second server, and one line in each log."""
    port = free_everywhere(1)[0]
    with ExitStack() as stack:
        roots = {}
        for role, address in (("drain", OLD), ("rollback", NEW)):
            root = roots[role] = stack.enter_context(folder(role))
            ports = ("--listen-http", port, "--upstream-http", port, "--scheme", "http")
            given = ("--config", migration(root), "--server", name, "--role", role, "--log-dir", root / "log")
            listening = written(*given, *ports).replace(f"listen {port}", f"listen {address}:{port}")
            bound = listening.replace(f"bind :{port}", f"bind {address}:{port}")
            (root / "site.conf").write_text(bound.replace("    log {\n", f"    bind {address}\n    log {{\n", 1))
            stack.callback(STARTS[name](root, address, port, root / "site.conf").stop)
        assert _asked((OLD, port)).status == 508
        assert _asked((NEW, port)).status == 508
        for root in roots.values():
            names = {"haproxy": "output", "caddy": f"log/{NAME}-drain-http.log"}
            log = Path(logged(root / names.get(name, f"log/{NAME}-drain.log"), 2)).read_text()
            told = [line for line in log.splitlines() if "/who" in line]
            assert len(told) == 2, "the first time as the one that is asked, then as the other"
