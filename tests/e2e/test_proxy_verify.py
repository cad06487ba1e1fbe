"""`cutover proxy verify` and `--check`: they say yes to what works, and what is wrong to what does not."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parent / "proxy_cases"))
from proxy_certificates import authority, issue
from proxy_pair import NEW, OLD, PROGRAMS, Pair, every_server, migration, needed, pair, written
from proxy_requests import NAME
from proxy_servers import apache_main, folder, free_everywhere, start_apache

from analyzer.cli import proxy

pytestmark = pytest.mark.skipif(
    not PROGRAMS["apache"].exists() and "CI" not in os.environ, reason="needs apache; in CI it must be there"
)
CLASSIC = """
<VirtualHost *:{port}>
    ServerName app.example.com
    RewriteEngine On
    RewriteRule (.*) http://127.0.0.5:{new}/$1 [L,P]
</VirtualHost>
"""


def verified(config: Path, *options: object) -> tuple[int, dict[str, object]]:
    """Return exit status and the JSON object."""
    done = CliRunner().invoke(proxy.app, ["verify", "--config", str(config), "--format", "json", *map(str, options)])
    assert done.exit_code in {0, 10}, (done.exception, done.output)
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return done.exit_code, found


def ports(servers: Pair) -> tuple[object, ...]:
    """Return the options that name the ports."""
    return (
        "--listen-http", servers.ports["http"], "--listen-https", servers.ports["https"],
        "--upstream-http", servers.origin.http, "--upstream-https", servers.origin.https,
        "--ca", servers.root / "ca.pem",
    )  # fmt: skip


def test_the_generated_proxy_is_verified() -> None:
    """Both schemes, the rules' own mark, and more paths: all the same. The echo tells only what the proxy adds."""
    with pair("apache") as servers:
        servers.origin.hush()
        status, found = verified(migration(servers.root), *ports(servers), "--path", "/status/404")
    assert (status, found["differing"], found["schema"]) == (0, 0, "cutover.proxy-verify/1"), found
    assert int(str(found["asked"])) > 60


def test_the_classic_rule_is_found_out() -> None:
    """The rule that everybody copies: slashes, escapes, Host; and that it is not ours."""
    with pair("apache") as servers, folder("classic") as root:
        servers.origin.hush()
        port = free_everywhere(1)[0]
        (root / "classic.conf").write_text(CLASSIC.format(port=port, new=servers.origin.http))
        running = start_apache(root, OLD, [port], [root / "classic.conf"])
        try:
            options = ("--scheme", "http", "--listen-http", port, "--upstream-http", servers.origin.http)
            status, found = verified(migration(root), *options)
        finally:
            running.stop()
    assert status == 10
    wrong = {one["question"] for one in found["findings"] if one["differences"]}  # type: ignore[attr-defined] -- JSON
    assert {"the rules act", "slash escaped", "the old server's own pages", "question mark escaped"} <= wrong


def test_nobody_there_is_told_in_one_line(tmp_path: Path) -> None:
    """Not a list of timeouts."""
    port = free_everywhere(1)[0]
    options = ["verify", "--config", str(migration(tmp_path)), "--listen-http", str(port), "--upstream-http", str(port)]
    done = CliRunner().invoke(proxy.app, [*options, "--scheme", "http"])
    assert "neither server answers" in str(done.exception)


# --- --check ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def prepared(tmp_path: Path) -> tuple[str, ...]:
    """Return options that name certificates which are there."""
    ca = authority("tests")
    certificate, key = issue(ca, tmp_path, "shown", NAME)
    certificate.write_bytes(certificate.read_bytes() + key.read_bytes())
    (tmp_path / "log").mkdir()
    config = migration(tmp_path)
    files = ("--certificate", certificate, "--key", key, "--ca", ca.pem(tmp_path / "ca.pem"))
    return tuple(map(str, ("--config", config, *files, "--log-dir", tmp_path / "log", "--check")))


@pytest.mark.parametrize("role", ["drain", "rollback", "freeze", "new"])
@every_server
def test_check_takes_what_is_generated(prepared: tuple[str, ...], tmp_path: Path, name: str, role: str) -> None:
    """Each server's own program accepts each role."""
    needed(name)
    ports = free_everywhere(2)
    main = apache_main(tmp_path, OLD, ports, [])
    extra = ("--main-config", str(main)) if name == "apache" else ()
    listen = ("--listen-http", str(ports[0]), "--listen-https", str(ports[1]))
    done = CliRunner().invoke(proxy.app, ["--server", name, "--role", role, *prepared, *extra, *listen])
    assert done.exit_code == 0, done.output
    assert "takes it" in done.stderr
    assert done.stdout.startswith(f"# cutover proxy: {role} for {name}")


def test_check_names_missing_modules_and_prints_nothing(prepared: tuple[str, ...], tmp_path: Path) -> None:
    """An Apache without mod_proxy: which module to load, exit status 10, no configuration to be piped on."""
    main = apache_main(tmp_path, OLD, free_everywhere(1), [])
    text = "".join(line for line in main.read_text().splitlines(keepends=True) if "proxy" not in line)
    main.write_text(text)
    done = CliRunner().invoke(proxy.app, ["--role", "drain", *prepared, "--main-config", str(main)])
    assert (done.exit_code, done.stdout) == (10, "")
    assert "a2enmod proxy proxy_http" in done.stderr


def test_check_without_the_program_says_so(prepared: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """It is printed all the same."""
    monkeypatch.setattr(shutil, "which", lambda _name, path=None: path and None)
    done = CliRunner().invoke(proxy.app, ["--role", "drain", *prepared])
    assert done.exit_code == 0
    assert "not checked: apache is not installed here" in done.stderr
    assert done.stdout == written("--role", "drain", *[one for one in prepared if one != "--check"])
    assert NEW in done.stdout
