"""The user's own virtual host: what is kept, what is left out, and what is no virtual host."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from analyzer.errors import InputError, UsageError
from analyzer.handover.proxy import Role, Server, Wanted, render, site
from analyzer.handover.proxy.vhost_file import read_vhost
from analyzer.migration.model import Migration

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from analyzer.handover.proxy.vhost import Vhost

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
    assert "Include /etc/letsencrypt/options-ssl-apache.conf" in text, "protocols and ciphers, nothing else"
    for line in ("ServerName other.example.com", "/srv/app", "/inside/a/section", "X-Own"):
        assert line not in text, line
    assert text.count("SSLCertificateFile") == 1
    left_out = [note for note in notes if "left out" in note]
    assert any("line 12: documentroot" in note and "line 20: header" in note for note in left_out)
    assert any("line 3: the virtual host of other.example.com" in note for note in left_out)


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
    """Both, each with every name and the trust in the old server behind its own lines; the rest of the file stays."""
    text = render(site(MINE, Wanted(Server.APACHE, Role.NEW, vhost=read_vhost(own, NAMES)))[0])
    assert text.count("\n<VirtualHost ") + text.count("    <VirtualHost ") == text.count("</VirtualHost>") == 3
    assert text.count("RemoteIPInternalProxy 192.0.2.4\n") == 2
    begun = text.index("/srv/app")
    assert begun < text.index("RemoteIPHeader") < text.index("</VirtualHost>", begun)


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


def test_a_missing_file(tmp_path: Path) -> None:
    """One line."""
    with pytest.raises(InputError, match="No such file"):
        read_vhost(tmp_path / "none", NAMES)


# --- what real files hold --------------------------------------------------------------------------------------------


def read(tmp_path: Path, text: str | bytes) -> Vhost:
    """Return a file's virtual hosts."""
    path = tmp_path / "real.conf"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_vhost(path, NAMES)


def drained(own: Vhost, **more: Any) -> tuple[str, str]:
    """Return the configuration and what is said of it."""
    found, notes = site(MINE, Wanted(Server.APACHE, Role.DRAIN, vhost=own, **more))
    return render(found), "\n".join(notes)


def host(inside: str, addresses: str = "*:80") -> str:
    """Return a virtual host."""
    return f"<VirtualHost {addresses}>\n{inside}\n</VirtualHost>\n"


@pytest.mark.parametrize(
    "names",
    [
        "ServerName app.example.com:80", "ServerName https://App.Example.com:443", "ServerAlias *.example.com",
        "ServerName x.org\nServerAlias www?.x.org app.example.*", "SERVERNAME\tapp.example.com.",
        'ServerName "app.example.com"', "ServerName \\\n  app.example.com", "ServerAlias a.org app.example.com\r",
        "# nobody is named",
    ],
)  # fmt: skip
def test_a_name_is_found_however_it_is_written(tmp_path: Path, names: str) -> None:
    """With scheme, port, wildcards, quotes, on the next line; a file without any name is for all."""
    assert len(read(tmp_path, host(names)).blocks) == 1


def test_two_of_one_scheme_are_both_written(tmp_path: Path) -> None:
    """One that redirects www does not vanish; what neither serves is added to each."""
    own = read(tmp_path, host("ServerName app.example.com") + host("ServerName www.example.com\nRedirect / http://a/"))
    text, told = drained(own)
    assert text.count("<VirtualHost *:80>") == 2
    assert "line 6: redirect" in told
    switched, _ = drained(own, switch="/on")
    assert switched.count('RewriteCond "/on" -f') == 2
    assert "Redirect / http://a/" in switched


def test_of_a_default_and_a_named_one_the_named_one_is_taken(tmp_path: Path) -> None:
    """Without names in both schemes, the one for the scheme that names nobody stays."""
    text = host("DocumentRoot /default") + host("ServerName app.example.com") + host("SSLEngine on", "_default_:443")
    own = read(tmp_path, text)
    assert [(one.number, one.scheme) for one in own.blocks] == [(4, "http"), (7, "https")]


@pytest.mark.parametrize(
    ("inside", "addresses", "scheme"),
    [
        ("", "*:443", "https"),
        ("", "192.0.2.4:443 [2001:db8::4]:443", "https"),
        ("", "*:4430", "http"),
        ("SSLEngine off", "*:443", "http"),
        ("SSLEngine On", "*:8443", "https"),
        ("SSLCertificateFile /c", "*:8443", "https"),
        ("<IfModule mod_ssl.c>\nSSLEngine on\n</IfModule>", "*:8443", "https"),
        ("<IfModule !mod_gnutls.c>\nSSLEngine on\n</IfModule>", "*:7080", "http"),
        ("<Location /x>\nSSLEngine on\n</Location>", "*:80", "http"),
    ],
)
def test_what_speaks_tls(tmp_path: Path, inside: str, addresses: str, scheme: str) -> None:
    """Said by itself, or by its port where the rest comes from an Include."""
    assert read(tmp_path, host(inside, addresses)).schemes == (scheme,)


def test_certbots_virtual_host_speaks_tls_afterwards(tmp_path: Path) -> None:
    """It leaves SSLEngine to a file that it includes."""
    inside = "ServerName app.example.com\nInclude /etc/letsencrypt/options-ssl-apache.conf\nSSLCertificateFile /c"
    text, _ = drained(read(tmp_path, host(inside, "*:443")))
    assert "    SSLEngine On\n" in text
    assert "Include /etc/letsencrypt/options-ssl-apache.conf\n" in text


def test_what_stands_around_them(tmp_path: Path) -> None:
    """Kept: variables, ports, formats that kept logs name. Told: all else, and other sites. With the switch: all."""
    around = 'Define ROOT /srv\nListen 8080\nLogFormat "%h" mine\n<Directory /srv>\nRequire all granted\n</Directory>\n'
    text = around + host("ServerName app.example.com\nCustomLog ${ROOT}/log mine") + host("ServerName other.org")
    plain, told = drained(read(tmp_path, text))
    for kept in ("Define ROOT /srv\n", "Listen 8080\n", 'LogFormat "%h" mine\n', "CustomLog ${ROOT}/log mine"):
        assert kept in plain, kept
    assert "other.org" not in plain.replace("the virtual host of other.org", "")
    assert "left out around them: line 11: the virtual host of other.org, line 4: directory" in told
    assert "line 5" not in told, "what is inside goes with its section"
    switched, _ = drained(read(tmp_path, text), switch="/on")
    before, after = switched[switched.index("# --- All of") :].splitlines()[1:], text.splitlines()
    assert [line for line in before if line in after][: len(around.splitlines())] == around.splitlines()
    assert switched.count('RewriteCond "/on"') == 1, "the other site is left alone"


def test_certificates_that_only_the_file_knows(tmp_path: Path) -> None:
    """A variable, a path below ServerRoot, an Include: kept as they are; where nothing stays, one must be named."""
    for path in ("${CERTS}/app.pem", "conf/app.pem"):
        text, _ = drained(read(tmp_path, host(f"SSLCertificateFile {path}", "*:443")))
        assert f"SSLCertificateFile {path}\n" in text
    included = read(tmp_path, host("Include /etc/tls.conf", "*:443"))
    assert "SSLCertificateFile" not in drained(included, switch="/on")[0]
    with pytest.raises(UsageError, match="--certificate FILE"):
        drained(included)
    assert 'SSLCertificateFile "/c.pem"' in drained(included, certificate="/c.pem")[0]
    text, told = drained(read(tmp_path, host("SSLCertificateFile /own", "*:443")), certificate="/c.pem")
    assert ("/c.pem" in text, "--certificate is not used" in told) == (False, True)


def test_macros_and_includes_are_not_guessed(tmp_path: Path) -> None:
    """They are told, with the command that writes them out."""
    macro = "<Macro Site $name>\n" + host("ServerName $name") + "</Macro>\nUse Site app.example.com\n"
    for text in (macro, "IncludeOptional sites/*.conf\n"):
        with pytest.raises(InputError, match="DUMP_CONFIG"):
            read(tmp_path, text)
    _, told = drained(read(tmp_path, host('ServerName app.example.com\nInclude "/etc/more/*.conf"')))
    assert "line 3: include /etc/more/*.conf" in told


def test_bytes_and_odd_line_ends_stay(tmp_path: Path) -> None:
    """Latin-1, a byte order mark, CR LF, and what only Unicode takes for a line's end."""
    raw = b"\xef\xbb\xbf" + host("ServerName app.example.com\r\n# gr\xfc\xdfe\u2028Listen 1").encode(
        "latin-1", "ignore"
    )
    own = read(tmp_path, raw.replace(b"Listen", b"\x0cListen"))
    text, _ = drained(own, switch="/on")
    written = text.encode("utf-8", "surrogateescape")
    assert b"# gr\xfc\xdfe\x0cListen 1\n" in written
    assert b"\nListen" not in written


def test_a_file_name_cannot_leave_its_comment(tmp_path: Path) -> None:
    """A line's end in it is no line's end in the configuration."""
    path = tmp_path / "own\nListen 1.conf"
    path.write_text(OWN)
    text = render(site(MINE, Wanted(Server.APACHE, Role.DRAIN, vhost=read_vhost(path, NAMES)))[0])
    assert "\nListen" not in text
