"""The switch by a file, and the user's own virtual host, on real servers."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "proxy_cases"))
from proxy_asking import CLIENT, ask, asking
from proxy_client import KeptH2, Reader, connect, exchange
from proxy_pair import NAMES, Pair, pair
from proxy_requests import NAME
from proxy_servers import logged

switching = pytest.mark.parametrize("name", ["apache", "nginx", "caddy"])


# --- the switch ------------------------------------------------------------------------------------------------------


@switching
def test_the_rules_act_while_the_file_exists(name: str) -> None:
    """No reload: on, off, and on again, each at once."""
    with pair(name, "--switch", switched_on=False) as servers:
        for on in (False, True, False, True):
            (servers.switch.touch if on else lambda: servers.switch.unlink(missing_ok=True))()
            told = ask(servers, asking("/a//b%2Fc?"))
            assert (told.echoed is not None) == on
            looped = ask(servers, asking("/", f"X-Migration-Hop: {NAME}"))
            assert (looped.status == 508) == on
        if name == "apache":
            servers.switch.unlink()
            assert b"old application" in ask(servers, asking("/")).body, "its own content until then"


def test_nobody_notices_the_switch() -> None:
    """30 kept connections of HTTP/1.1 and 10 of HTTP/2 ask all the time while the file appears and goes: none fails."""
    with pair("apache", "--switch", switched_on=False) as servers:
        stop, answers, failed = threading.Event(), [], []
        asking = [_keep_asking] * 30 + [_keep_asking_h2] * 10
        workers = [threading.Thread(target=one, args=(servers, stop, answers, failed)) for one in asking]
        for worker in workers:
            worker.start()
        for on in (True, False, True):
            time.sleep(0.7)
            (servers.switch.touch if on else servers.switch.unlink)()
        time.sleep(0.7)
        stop.set()
        for worker in workers:
            worker.join(10)
        assert failed == []
        assert {"old", "new", "old over h2", "new over h2"} == set(answers)
        assert len(answers) > 400
        assert "MaxRequestWorkers 448" in servers.text, "the threads that this takes are carried along"


def _keep_asking(servers: Pair, stop: threading.Event, answers: list[str], failed: list[str]) -> None:
    """Ask over one connection, again and again; a closed one is only fine where the server said so before."""
    raw = f"GET / HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()
    connection = connect(servers.old(), None, CLIENT)
    reader = Reader(connection)
    while not stop.is_set():
        try:
            connection.sendall(raw)
            told = reader.answer()
        except OSError as error:
            failed.append(str(error))
            return
        if told.status != 200:
            failed.append(f"status {told.status}")
            return
        answers.append("new" if told.echoed else "old")
        if told.header("connection") == "close":  # MaxKeepAliveRequests
            connection.close()
            connection = connect(servers.old(), None, CLIENT)
            reader = Reader(connection)
        time.sleep(0.03)
    connection.close()


def _keep_asking_h2(servers: Pair, stop: threading.Event, answers: list[str], failed: list[str]) -> None:
    """Ask over one connection of HTTP/2, again and again."""
    kept = KeptH2(servers.old("https"), NAME)
    while not stop.is_set():
        try:
            status, body = kept.ask("/")
        except OSError as error:
            failed.append(f"h2: {error}")
            return
        if status != 200:
            failed.append(f"h2: status {status}")
            return
        answers.append(f"{'old' if b'old application' in body else 'new'} over h2")
        time.sleep(0.03)
    kept.connection.close()


# --- the user's own virtual host -------------------------------------------------------------------------------------

OWN = """# The site as it grew over the years
Define SITE_ROOT {root}
LogFormat "mine %h %V" mine

<VirtualHost *:{http}>
    ServerName app.example.com:{http}
    ServerAlias *.app.example.com \\
        alias.example.com
    DocumentRoot ${{SITE_ROOT}}/htdocs
    CustomLog ${{SITE_ROOT}}/log/own.log mine
    Header set X-Own "yes"
    <Directory {root}/htdocs>
        Require all denied
    </Directory>
    RewriteEngine On
    RewriteRule ^/gone - [G]
    ProxyPass /back/ http://127.0.0.5:1/
</VirtualHost>
<VirtualHost *:{http}>
    ServerName www.example.com
    Redirect permanent / http://app.example.com/
</VirtualHost>
<VirtualHost *:{http}>
    ServerName neighbour.example.net
    Redirect gone /
</VirtualHost>
<IfModule mod_ssl.c>
<VirtualHost _default_:{https}>
    ServerName app.example.com
    Include {root}/options-ssl-apache.conf
    SSLCertificateFile {root}/shown.pem
    SSLCertificateKeyFile "{root}/shown.pem.key"
    CustomLog {root}/log/own.log mine
    DocumentRoot {root}/htdocs
</VirtualHost>
</IfModule>
"""


@pytest.mark.parametrize("switched", [False, True])
def test_the_users_own_virtual_host(switched: bool) -> None:
    """Its names, certificate and log stay; its own content only while the switch is off."""
    options = ("--switch",) if switched else ()
    with pair("apache", *options, "--vhost", "{root}/own.conf", own=OWN, switched_on=False) as servers:
        if switched:
            assert ask(servers, asking("/")).status == 403, "its own directory is denied"
            assert ask(servers, asking("/gone")).status == 410
            assert ask(servers, asking("/", host=NAMES[1])).header("location") == "http://app.example.com/"
            assert exchange(servers.old(), asking("/", host="neighbour.example.net")).status == 410
            servers.switch.touch()
            assert exchange(servers.old(), asking("/", host="neighbour.example.net")).status == 410, (
                "none of our business"
            )
        assert ask(servers, asking("/gone//x%2F")).echoed is not None
        assert ask(servers, asking("/back/")).echoed is not None
        assert exchange(servers.old("https"), asking("/", host=NAMES[1]), name=NAME).echoed is not None
        for name in ("alias.example.com", "x.app.example.com", NAMES[1]):
            assert exchange(servers.old(), asking("/", host=name), source=CLIENT).echoed is not None, name
        assert "mine 127.0.0" in Path(logged(servers.root / "log" / "own.log", 3)).read_text()
        assert ("DocumentRoot" in servers.text) == switched
        assert (ask(servers, asking("/x")).header("x-own") == "yes") == switched
