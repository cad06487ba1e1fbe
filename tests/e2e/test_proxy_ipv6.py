"""Over IPv6: listeners, upstreams, and each family on its own way; on every server."""

from __future__ import annotations

import socket
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "proxy_cases"))
from proxy_asking import CLIENT, asking
from proxy_certificates import issue
from proxy_client import exchange, exchange_h2
from proxy_comparisons import COMPARISONS, unexplained
from proxy_differences import differences
from proxy_origin import Origin
from proxy_pair import FLAVOURS, NEW, OLD, Pair, every_server, pair, started, written
from proxy_requests import NAME, Request
from proxy_servers import folder, free_everywhere, logged

from analyzer.logs.requests import read_requests

HERE = "::1"


def _has_ipv6() -> bool:
    """Return whether this machine has the loopback address of IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind((HERE, 0))
    except OSError:
        return False
    return True


pytestmark = pytest.mark.skipif(not _has_ipv6(), reason="needs ::1")


def upgrade() -> bytes:
    """Return the beginning of a WebSocket."""
    asked = asking(
        "/a", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"
    )
    return asked.replace(b"Connection: close", b"Connection: Upgrade")


@pytest.mark.parametrize("name", FLAVOURS)
def test_a_listener_and_an_upstream_of_ipv6(name: str, tmp_path: Path) -> None:
    """The comparisons, the client's address, the mark, the certificate's name, and the log: as over IPv4."""
    with pair(*FLAVOURS[name], "--upstream", HERE, places=(HERE, HERE)) as servers:
        for asked, over in COMPARISONS[::17]:
            assert _differs(name, servers, asked, over) == [], (asked.id, over)
        assert exchange(servers.old(), asking("/a", "X-Forwarded-For: 6.6.6.6")).status == 200
        seen = servers.origin.seen[-1]
        assert seen.header("x-forwarded-for").replace(" ", "") == "6.6.6.6,::1"
        assert seen.header("host") == NAME
        assert exchange(servers.old(), asking("/a", f"X-Migration-Hop: {NAME}")).status == 508
        for over, tls in (("http", None), ("https", NAME)):
            assert exchange(servers.old(over), asking("/odd/long-header"), name=tls).status == 200
            assert exchange(servers.old(over), upgrade(), name=tls).status == 101
        servers.origin.show(*issue(servers.ca, tmp_path, "wrong", "elsewhere.example.org"))
        assert exchange(servers.old("https"), asking("/a"), name=NAME).status in {500, 502, 503}
        if name not in {"caddy", "haproxy"}:
            path = logged(servers.root / "log" / f"{NAME}-drain.log", 4)
            assert set(read_requests([path], "drain")["client"]) == {HERE}


def _differs(name: str, servers: Pair, asked: Request, over: str) -> list[str]:
    """Return the unexplained differences of one comparison."""
    tls = None if over == "http" else NAME
    direct = exchange(servers.new(over), asked.raw(), name=tls, wait_for_100=asked.late_body)
    if over != "h2":
        proxied = exchange(servers.old(over), asked.raw(), name=tls, wait_for_100=asked.late_body)
    else:
        headers = (("Host", asked.host), *asked.headers)
        proxied = exchange_h2(
            servers.old(over), asked.method, asked.target, headers=headers, body=asked.body, name=NAME
        )
    return unexplained(name, asked.id, differences(direct, proxied, over_h2=over == "h2"))


CONFIG = f'[migration]\nnames = ["{NAME}"]\nold = ["{OLD}", "{HERE}"]\nnew = ["{NEW}", "2001:db8::5"]\n'


@every_server
def test_each_family_goes_on_over_its_own(name: str) -> None:
    """What came over IPv4 is asked over IPv4 and shows an address of it, in the log too; IPv6 likewise."""
    with ExitStack() as stack:
        root = stack.enter_context(folder(name))
        (root / "cutover.toml").write_text(CONFIG)
        port, http, https = free_everywhere(3, HERE)  # of both families: the upstreams have the same ports
        four, six = Origin(NEW, http, https), Origin(HERE, http, https)
        for origin in (four, six):
            origin.start()
            stack.callback(origin.stop)
        ports = ("--listen-http", port, "--upstream-http", four.http, "--scheme", "http")
        given = ("--config", root / "cutover.toml", "--server", name, "--role", "drain", "--log-dir", root / "log")
        text = written(*given, *ports).replace("2001:db8::5", HERE)  # the only one of IPv6 that every machine has
        listen = f"Listen [{HERE}]:{port}\n" if name == "apache" else ""
        (root / "site.conf").write_text(listen + text)
        stack.callback(started(name, root, OLD, [port], debian=True, mpm="mpm_event").stop)
        for place in (OLD, HERE):
            assert exchange((place, port), asking("/a"), source=CLIENT).status == 200
        assert [one.header("x-forwarded-for") for one in four.seen] == [CLIENT]
        assert [one.header("x-forwarded-for") for one in six.seen] == [HERE]
        if name in {"apache", "nginx"}:
            path = logged(root / "log" / f"{NAME}-drain.log", 2)
        else:
            path = logged(root / {"haproxy": "output", "caddy": f"log/{NAME}-drain-http.log"}[name], 2, b"GET")
        assert "::ffff" not in Path(path).read_text()
