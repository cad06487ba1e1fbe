"""Freeze, rollback, new, challenges and the brown-out, on real servers."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "proxy_cases"))
from proxy_asking import CLIENT, ask, asking
from proxy_client import Reader, connect, exchange, exchange_h2
from proxy_comparisons import COMPARISONS, unexplained
from proxy_differences import differences
from proxy_pair import OLD, every_server, pair
from proxy_requests import NAME

TESTER, OTHER_TESTER = "127.0.0.90", "127.0.0.91"
switching = pytest.mark.parametrize("name", ["apache", "nginx", "caddy"])
TOKEN = "token-of-a-challenge"  # noqa: S105 -- a certificate authority's, public


# --- freeze ----------------------------------------------------------------------------------------------------------


@every_server
def test_freeze(name: str) -> None:
    """Everybody gets 503, when to come back and no copy kept; testers and challenges pass; forging does not help."""
    with pair(name, "--tester", TESTER, "--tester", "127.0.0.91/32", role="freeze") as servers:
        for method in ("GET", "POST", "HEAD"):
            told = ask(servers, asking("/x", f"X-Forwarded-For: {TESTER}", f"X-Real-IP: {TESTER}", method=method))
            assert (told.status, told.header("retry-after"), told.header("cache-control")) == (503, "600", "no-store")
        assert servers.origin.seen == []
        assert [ask(servers, asking("/"), source=one).status for one in (TESTER, OTHER_TESTER)] == [200, 200]
        assert ask(servers, asking(f"/.well-known/acme-challenge/{TOKEN}")).echoed is not None
        over_h2 = exchange_h2(servers.old("https"), "GET", "/", headers=(("Host", NAME),), body=b"", name=NAME)
        assert (over_h2.status, over_h2.header("retry-after")) == (503, "600")


def test_freeze_without_testers_lets_nobody_in() -> None:
    """Not even the machine itself."""
    with pair("apache", role="freeze") as servers:
        assert [ask(servers, asking("/"), source=one).status for one in ("127.0.0.1", OLD)] == [503, 503]


# --- challenges ------------------------------------------------------------------------------------------------------


@switching  # HAProxy serves no files: there every challenge reaches the new server
def test_a_challenge_that_lies_here_is_answered_here(name: str) -> None:
    """In the folder itself or below its .well-known; any other reaches the new server; nothing else is served."""
    with pair(name, "--acme-dir", "{root}/acme") as servers:
        below = servers.root / "acme" / ".well-known" / "acme-challenge"
        below.mkdir(parents=True)
        (servers.root / "acme" / TOKEN).write_text("flat")
        (below / "deep").write_text("deep")
        (servers.root / "acme" / "secret.txt").write_text("no challenge")
        base = "/.well-known/acme-challenge/"
        assert ask(servers, asking(base + TOKEN)).body == b"flat"
        assert ask(servers, asking(base + "deep")).body == b"deep"
        for other in (base + "unknown", base, base + "../acme/secret.txt", base + "secret.txt", "/secret.txt", "/"):
            told = ask(servers, asking(other))
            assert told.status == 400 or told.echoed is not None, other
        assert servers.origin.seen[0].line == f"GET {base}unknown HTTP/1.1".encode()


# --- brown-out, keep-alive -------------------------------------------------------------------------------------------


@every_server
def test_brown_out(name: str) -> None:
    """In its minutes everything is refused and may come back after a minute; before and after nothing is."""
    local = datetime.now(UTC).astimezone()
    now = local - timedelta(minutes=1)
    with pair(name, "--brownout", f"{now:%H:%M}/10m") as servers:
        told = ask(servers, asking("/", "Connection: keep-alive"))
        assert (told.status, told.header("retry-after")) == (503, "60")
        assert servers.origin.seen == []
    later = local + timedelta(minutes=30)
    with pair(name, "--brownout", f"{later:%H:%M}/10m") as servers:
        assert ask(servers, asking("/")).status == 200


@every_server
def test_keepalive_off_closes_every_connection(name: str) -> None:
    """The client is told so; on, it is not."""
    for option, closed in (("off", True), ("on", False)):
        with pair(name, "--keepalive", option) as servers:
            told = ask(servers, asking("/", "Connection: keep-alive"))
            assert told.status == 200
            assert ((told.header("connection") or "").lower() == "close") == closed


# --- around it -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mpm", "debian"), [("mpm_worker", True), ("mpm_prefork", True), ("mpm_event", False)])
def test_other_apaches(mpm: str, debian: bool) -> None:
    """Other ways to make threads, and a bare main configuration: the same, on an eighth of the comparisons."""
    with pair("apache", mpm=mpm, debian=debian) as servers:
        for asked, over in COMPARISONS[::8]:
            if over == "h2":
                continue
            tls = None if over == "http" else NAME
            direct = exchange(servers.new(over), asked.raw(), name=tls, wait_for_100=asked.late_body)
            proxied = exchange(servers.old(over), asked.raw(), name=tls, wait_for_100=asked.late_body)
            assert unexplained("apache", asked.id, differences(direct, proxied)) == [], asked.id


MODULES = "".join(
    f"LoadModule {one}_module /usr/lib/apache2/modules/mod_{one}.so\n"
    for one in ("expires", "allowmethods", "cache", "cache_disk")
)
TOUCHING = """
AddDefaultCharset UTF-8
ExpiresActive On
ExpiresDefault "access plus 1 month"
ErrorDocument 404 "the old server's own"
SetOutputFilter DEFLATE
FallbackResource /index.php
Redirect /a http://old.example.com/
ProxyVia Full
ProxyErrorOverride On
CacheRoot /nowhere
CacheEnable disk /
<Location />
    AllowMethods GET
    Require all denied
</Location>
"""


@pytest.mark.parametrize("options", [(), ("--switch",), ("--method", "proxypass")], ids=str)
def test_the_main_configuration_does_not_touch_what_passes(options: tuple[str, ...]) -> None:
    """Red Hat's adds a character set, others ages, pages for errors, caches: none of it is the new server's."""
    asked = ("/status/404", "/status/200", "/html", "/plain-big", "/not-modified", "/odd/no-charset", "/a//b")
    with pair("apache", *options, "--scheme", "http", main=MODULES + TOUCHING) as servers:
        for target in asked:
            for method in ("GET", "DELETE"):
                raw = f"{method} {target} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode()
                direct, proxied = exchange(servers.new(), raw), exchange(servers.old(), raw)
                assert list(differences(direct, proxied)) == [], (method, target)


def test_pooled_is_the_same() -> None:
    """Kept connections to the new server change nothing that a client sees."""
    with pair("apache", "--pooled") as servers:
        assert "disablereuse=Off" in servers.text
        for asked, over in COMPARISONS[::11]:
            if over != "h2":
                tls = None if over == "http" else NAME
                direct = exchange(servers.new(over), asked.raw(), name=tls, wait_for_100=asked.late_body)
                proxied = exchange(servers.old(over), asked.raw(), name=tls, wait_for_100=asked.late_body)
                assert unexplained("apache", asked.id, differences(direct, proxied)) == [], asked.id


def test_an_hour_of_silence_is_waited_for() -> None:
    """Where the main configuration waits a second, a late answer and an idle WebSocket live on."""
    with pair("apache", "--scheme", "http", main="Timeout 1") as servers:
        assert ask(servers, asking("/late")).body == b"late"
        upgrade = ("Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Connection: Upgrade")
        raw = "\r\n".join(["GET /ws HTTP/1.1", f"Host: {NAME}", *upgrade]).encode() + b"\r\n\r\n"
        with connect(servers.old(), None, CLIENT) as connection:
            connection.sendall(raw)
            reader = Reader(connection)
            head = reader.head()
            assert head is not None
            assert head[0] == 101
            time.sleep(2.2)
            connection.sendall(b"still here")
            while len(reader.left) < len(b"hellostill here"):
                assert reader.more()
        assert reader.left == b"hellostill here"
