"""What `cutover proxy` accepts, refuses and says beside it."""

from __future__ import annotations

from dataclasses import fields, replace
from ipaddress import ip_address
from typing import Any

import pytest

from analyzer.errors import UsageError
from analyzer.handover.proxy import Brownout, Method, Role, Server, Upstream, Wanted, render, site
from analyzer.handover.proxy.modules import needed
from analyzer.handover.proxy.paths import brownout
from analyzer.handover.proxy.render import UnsafeValueError
from analyzer.migration.model import Migration

MINE = Migration(
    ("app.example.com", "www.example.com"),
    (ip_address("192.0.2.4"), ip_address("2001:db8::4")),
    (ip_address("198.51.100.5"), ip_address("198.51.100.6"), ip_address("2001:db8::5")),
)
CERTIFICATE: dict[str, Any] = {"certificate": "/etc/a.pem", "key": "/etc/a.key"}


def written(server: Server = Server.APACHE, role: Role = Role.DRAIN, **options: Any) -> str:
    """Return the configuration."""
    return render(site(MINE, Wanted(server, role, **options))[0])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"switch": "/on", "method": Method.PROXYPASS}, "ProxyPass acts always"),
        ({"switch": "/on", "server": Server.HAPROXY}, "HAProxy cannot look at a file"),
        ({"switch": "/on", "role": Role.NEW}, "nothing to switch"),
        ({"switch": "relative"}, "not an absolute path"),
        ({"switch": "/a\nRewriteRule"}, "could mean something else"),
        ({"method": Method.PROXYPASS, "server": Server.NGINX}, "a method of Apache"),
        ({"testers": ("192.0.2.9",)}, "only freeze"),
        ({"testers": ("nobody",), "role": Role.FREEZE}, "not an address or network"),
        ({"testers": ("192.0.2.9/24",), "role": Role.FREEZE}, "192.0.2.0/24"),
        ({"testers": ("192.0.2.9",) * 65, "role": Role.FREEZE}, "more than 64"),
        ({"key": "/etc/a.key"}, "a key without its certificate"),
        ({"schemes": ("https",)}, "nothing is left to write"),
        ({"upstream": "new.example.com"}, "never a name"),
        ({"upstream": "192.0.2.4"}, "a loop"),
        ({"listen": {"http": 0, "https": 443}}, "not a port"),
        ({"upstream_ports": {"http": 80, "https": 65_536}}, "not a port"),
        ({"workers": -1}, "not a number of threads"),
        ({"brownout": "24:00/5m"}, "not a brown-out"),
        ({"brownout": "14:00/90m"}, "up to an hour"),
        ({"brownout": "14:00/90s"}, "whole minutes"),
        ({"brownout": "14:00/soon"}, "not a brown-out"),
        ({"source": "192.0.2.4", "server": Server.CADDY}, "Caddy cannot choose"),
    ],
)
def test_what_cannot_work_is_refused_with_what_to_do(options: dict[str, Any], told: str) -> None:
    """One line, with a remedy."""
    with pytest.raises(UsageError, match=told) as caught:
        site(MINE, Wanted(**({"server": Server.APACHE, "role": Role.DRAIN} | options)))
    assert "; " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_first_address_of_each_family_is_the_upstream() -> None:
    """IPv4 for all, and IPv6 for what came over IPv6; one that is named is the only one."""
    found, _ = site(MINE, Wanted(Server.APACHE, Role.DRAIN))
    assert [str(one.address) for one in found.upstreams] == ["198.51.100.5", "2001:db8::5"]
    text = written()
    six, four = text.index('"http://[2001:db8::5]%1"'), text.index('"http://198.51.100.5%1"')
    assert six < four
    assert "RewriteCond %{IPV6} =on" in text[:six]
    named = written(upstream="[2001:db8::9]")
    assert '"http://[2001:db8::9]%1"' in named
    assert "IPV6" not in named


def test_a_rollback_goes_the_other_way() -> None:
    """Written for the new server, towards the old one, with the same mark."""
    text = written(role=Role.ROLLBACK)
    assert '"http://192.0.2.4%1"' in text
    assert "198.51.100.5" not in text
    mark = 'RequestHeader append X-Migration-Hop "app.example.com"'
    assert mark in text
    assert mark in written()


def test_the_default_port_is_not_written_and_another_is() -> None:
    """Apache names its workers so; a worker of another name would not be the rule's."""
    assert '<Proxy "http://198.51.100.5">' in written()
    ports = {"http": 443, "https": 8443}
    text = written(upstream_ports=ports, **CERTIFICATE)
    assert '<Proxy "http://198.51.100.5:443">' in text
    assert '<Proxy "https://198.51.100.5:8443">' in text


@pytest.mark.parametrize("server", list(Server))
def test_without_a_certificate_https_is_left_out_and_said(server: Server) -> None:
    """With one, both are written; one scheme that is asked for is the only one."""
    _, notes = site(MINE, Wanted(server, Role.DRAIN))
    assert any("https is left out" in note for note in notes)
    found, notes = site(MINE, Wanted(server, Role.DRAIN, certificate="/etc/a.pem"))
    assert (found.schemes, notes) == (("http", "https"), ())
    assert site(MINE, Wanted(server, Role.DRAIN, schemes=("https", "https"), **CERTIFICATE))[0].schemes == ("https",)


def test_no_line_listens() -> None:
    """Debian's ports.conf does: a port that is bound twice would keep Apache from starting."""
    assert "Listen " not in written(**CERTIFICATE)


def test_threads_are_carried_with_the_switch_only() -> None:
    """448 for the switch by a file, whatever is asked for in whole processes of 64, none by default."""
    assert "MaxRequestWorkers" not in written()
    switched = written(switch="/on")
    for line in ("ServerLimit 7\n", "MaxRequestWorkers 448\n", "MaxSpareThreads 448\n", "StartServers 4\n"):
        assert line in switched, "no process ends because its threads are idle"
    assert "MaxRequestWorkers" not in written(switch="/on", workers=0)
    assert "MaxRequestWorkers 1024\n" in written(workers=1_000)
    assert "StartServers 1\n" in written(workers=10)


def test_modules_are_named_at_the_top() -> None:
    """Those that the configuration cannot do without."""
    modules = "authz_core rewrite proxy proxy_http headers setenvif"
    assert f"# Apache 2.4.47 or newer. Modules needed: {modules}\n" in written()
    assert "ssl" in needed(site(MINE, Wanted(Server.APACHE, Role.DRAIN, **CERTIFICATE))[0])


def test_every_directive_of_apache_says_why() -> None:
    """Beside each setting of the proxy's stands a comment within the eight lines above it."""
    lines = written(switch="/on", acme_dir="/acme", brownout="14:00/2m", **CERTIFICATE).splitlines()
    plain = ("ServerName", "ServerAlias", "ErrorLog", "SSLEngine", "SSLCertificate", "</", "<VirtualHost", "")
    for number, line in enumerate(lines):
        if not line.strip() or line.strip().startswith(("#", *plain[:-1])):
            continue
        assert any("# " in above for above in lines[max(0, number - 8) : number]), line


def test_a_brown_out_passes_midnight() -> None:
    """Minutes, each written out."""
    assert brownout("23:58/4m") == Brownout(("23:58", "23:59", "00:00", "00:01"))


def test_an_upstreams_authority() -> None:
    """IPv6 in brackets; the scheme's own port left out."""
    six = Upstream(ip_address("2001:db8::5"))
    assert [six.authority("https", 443), six.authority("http", 443)] == ["[2001:db8::5]", "[2001:db8::5]:443"]


@pytest.mark.parametrize("bad", ["a\nb", 'a"b', "a$b", "a%b", "a\\b", "a{b", "a#b", "a;b", "a<b", "a'b", "aé"])
def test_the_second_wall(bad: str) -> None:
    """A value that no check has seen is never written, wherever in the site it stands."""
    good, _ = site(MINE, Wanted(Server.APACHE, Role.DRAIN, acme_dir="/acme", switch="/on", **CERTIFICATE))
    assert good.tls is not None
    wrong = [
        replace(good, names=(bad,)),
        replace(good, log_dir=bad),
        replace(good, acme_dir=bad),
        replace(good, switch=bad),
        replace(good, tls=replace(good.tls, ca=bad)),
        replace(good, schemes=(bad,)),
    ]
    for one in wrong:
        with pytest.raises(UnsafeValueError):
            render(one)
    assert {"names", "log_dir", "acme_dir", "switch", "tls", "schemes"} <= {one.name for one in fields(good)}


def test_haproxy_is_told_where_its_key_must_lie() -> None:
    """It reads one file, or two beside each other."""
    _, notes = site(MINE, Wanted(Server.HAPROXY, Role.DRAIN, **CERTIFICATE))
    assert notes == (
        "HAProxy reads the key from the certificate's file, or beside it: ln -s /etc/a.key /etc/a.pem.key",
    )
    assert site(MINE, Wanted(Server.HAPROXY, Role.DRAIN, certificate="/a", key="/a.key"))[1] == ()
    assert site(MINE, Wanted(Server.HAPROXY, Role.DRAIN, certificate="/a.crt", key="/a.key"))[1] == ()
    assert "ssl-load-extra-del-ext" in written(Server.HAPROXY, certificate="/a.crt", key="/a.key")
