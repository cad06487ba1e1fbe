"""The user's own virtual host: what is kept, what is left out, and what is no virtual host."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from analyzer.errors import InputError
from analyzer.handover.proxy import Role, Server, Wanted, render, site
from analyzer.handover.proxy.vhost import read_vhost
from analyzer.migration.model import Migration

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("app.example.com", "www.example.com")
MINE = Migration(NAMES, (ip_address("192.0.2.4"),), (ip_address("198.51.100.5"),))
OWN = r"""
# a comment with <VirtualHost *:1> in it
<VirtualHost *:80>
    ServerName other.example.com
    DocumentRoot /srv/other
</VirtualHost>
<VirtualHost 192.0.2.4:80 [2001:db8::4]:80>
    servername App.Example.com
    ServerAlias alias.example.com \
        "second.example.com"
    ServerAdmin admin@example.com
    DocumentRoot "/srv/app"
    CustomLog "|/usr/bin/rotatelogs /var/log/app.%Y 86400" combined
    ErrorLog ${APACHE_LOG_DIR}/app.log
    <Directory /srv/app>
        ErrorLog /inside/a/section
        Require all granted
    </Directory>
    <IfModule mod_headers.c>
        Header set X-Own yes
    </IfModule>
</VirtualHost>
<IfModule mod_ssl.c>
    <VirtualHost *:443>
        ServerName app.example.com
        SSLEngine on
        SSLCertificateFile /etc/own/cert.pem
        SSLCertificateKeyFile /etc/own/key.pem
        SSLProtocol all -SSLv3
        Include /etc/letsencrypt/options-ssl-apache.conf
    </VirtualHost>
</IfModule>
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return the file."""
    path = tmp_path / "app.conf"
    path.write_text(OWN)
    return path


def test_names_certificates_and_logs_are_kept(own: Path) -> None:
    """Of the virtual host for the name that moves, both schemes; addresses as they were; missing names are added."""
    found, notes = site(MINE, Wanted(Server.APACHE, Role.DRAIN, vhost=read_vhost(own, NAMES)))
    text = render(found)
    assert found.schemes == ("http", "https"), "the file has a certificate of its own"
    assert "<VirtualHost 192.0.2.4:80 [2001:db8::4]:80>" in text
    kept = [
        "servername App.Example.com", "second.example.com", "ServerAlias www.example.com", "SSLProtocol all -SSLv3",
        'CustomLog "|/usr/bin/rotatelogs /var/log/app.%Y 86400" combined', "ErrorLog ${APACHE_LOG_DIR}/app.log",
        "SSLCertificateFile /etc/own/cert.pem", "SSLCertificateKeyFile /etc/own/key.pem", "ServerAdmin",
    ]  # fmt: skip
    for line in kept:
        assert line in text, line
    for line in ("other.example.com", "/srv/app", "/inside/a/section", "X-Own", "options-ssl"):
        assert line not in text, line
    assert text.count("SSLCertificateFile") == 1
    left_out = [note for note in notes if "left out" in note]
    assert any("line 12: documentroot" in note and "line 20: header" in note for note in left_out)
    assert any("include" in note for note in left_out)


def test_with_the_switch_everything_is_kept_behind_the_rules(own: Path) -> None:
    """The rules come first, for they act in their order; what acts on proxied answers too is told."""
    found, notes = site(MINE, Wanted(Server.APACHE, Role.DRAIN, vhost=read_vhost(own, NAMES), switch="/on"))
    text = render(found)
    assert text.index("RewriteCond %{ENV:cutover} =1") < text.index("/srv/app") < text.rindex("RewriteEngine On")
    for line in ("DocumentRoot", "Require all granted", "X-Own", "options-ssl"):
        assert line in text, line
    assert any("line 20: header" in note and "proxied answers too" in note for note in notes)


def test_only_the_users_own_schemes_are_written(tmp_path: Path) -> None:
    """One more for port 80 would hide his own in another file; what he asks for is written all the same."""
    path = tmp_path / "tls.conf"
    path.write_text(OWN[OWN.index("<VirtualHost *:443>") : OWN.index("</IfModule>\n", OWN.index("*:443"))])
    own = read_vhost(path, NAMES)
    found, notes = site(MINE, Wanted(Server.APACHE, Role.DRAIN, vhost=own))
    assert (found.schemes, [note for note in notes if "https is left" in note]) == (("https",), [])
    both, _ = site(MINE, Wanted(Server.APACHE, Role.DRAIN, vhost=own, schemes=("http", "https")))
    assert both.schemes == ("http", "https")


def test_the_new_servers_own_virtual_hosts_get_the_additions(own: Path) -> None:
    """Both, whole, each with every name and the trust in the old server behind its own lines."""
    text = render(site(MINE, Wanted(Server.APACHE, Role.NEW, vhost=read_vhost(own, NAMES)))[0])
    assert text.count("<VirtualHost ") == text.count("</VirtualHost>") == 2
    assert text.count("RemoteIPInternalProxy 192.0.2.4\n") == 2
    assert text.index("/srv/app") < text.index("RemoteIPHeader") < text.index("</VirtualHost>")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ServerName app.example.com\n", "holds no <VirtualHost>"),
        ("<VirtualHost *:80>\nServerName app.example.com\n", "without its end"),
        ("<VirtualHost *:80>\n<VirtualHost *:81>\n", "within another"),
        ("<VirtualHost *:80>\nServerName x.example.org\n</VirtualHost>\n", "none of its virtual hosts"),
        ("\0", "not a configuration"),
        ("#" * (1 << 20) + "\n#", "not a configuration"),
    ],
)
def test_what_is_no_virtual_host_is_refused(tmp_path: Path, text: str, told: str) -> None:
    """With the file, and the line where there is one."""
    path = tmp_path / "own.conf"
    path.write_text(text)
    with pytest.raises(InputError, match=told) as caught:
        read_vhost(path, NAMES)
    assert str(path) in str(caught.value)


def test_missing_or_binary(tmp_path: Path) -> None:
    """One line each."""
    with pytest.raises(InputError, match="No such file"):
        read_vhost(tmp_path / "none", NAMES)
    (tmp_path / "latin").write_bytes(b"<VirtualHost *:80>\n# gr\xfc\xdfe\n</VirtualHost>")
    with pytest.raises(InputError, match="UTF-8"):
        read_vhost(tmp_path / "latin", NAMES)


def test_a_file_name_cannot_leave_its_comment(tmp_path: Path) -> None:
    """A line's end in it is no line's end in the configuration."""
    path = tmp_path / "own\nListen 1.conf"
    path.write_text(OWN)
    text = render(site(MINE, Wanted(Server.APACHE, Role.DRAIN, vhost=read_vhost(path, NAMES)))[0])
    assert "\nListen" not in text
