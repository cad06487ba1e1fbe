"""`cutover proxy` as scripts call it: data on stdout, talk on stderr, one line and status 2 for what cannot work."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from command import cutover, refused
from typer.testing import CliRunner

from analyzer.cli import proxy
from analyzer.errors import CutoverError

CONFIG = '[migration]\nnames = ["app.example.com"]\nold = ["192.0.2.4"]\nnew = ["198.51.100.5"]\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a cutover.toml."""
    path = tmp_path / "cutover.toml"
    path.write_text(CONFIG)
    return path


def test_the_configuration_alone_is_on_stdout(config: Path) -> None:
    """What is left out is said on stderr; the same bytes each time."""
    runs = [cutover("proxy", "--config", config, "--server", "apache", "--role", "drain") for _ in range(2)]
    assert runs[0] == runs[1]
    assert runs[0].status == 0
    assert runs[0].out.startswith("# cutover proxy: drain for apache, app.example.com\n")
    assert runs[0].told == (
        "cutover: https is left out: it needs --certificate FILE and --key FILE, the ones that clients know",
    )


def test_both_schemes(config: Path) -> None:
    """Asked for twice, with a certificate: two virtual hosts, and nothing to say."""
    options = ("--scheme", "http", "--scheme", "https", "--certificate", "/c.pem", "--key", "/k.pem")
    run = cutover("proxy", "--config", config, "--role", "drain", "--listen-https", 8443, *options)
    assert (run.status, run.told) == (0, ())
    assert run.out.count("<VirtualHost *:80>") == run.out.count("<VirtualHost *:8443>") == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), ("--role", "drain")),
        (("--role", "both"), ("--role", "both")),
        (("--role", "drain", "--server", "iis"), ("--server", "iis")),
        (("--role", "drain", "--scheme", "ftp"), ("--scheme", "ftp")),
        (("--role", "drain", "--keepalive", "maybe"), ("--keepalive", "maybe")),
        (("--role", "drain", "--log-dir", "logs"), ("--log-dir", "absolute")),
        (("--role", "drain", "--switch", '/a" -f'), ("--switch",)),
        (("--role", "drain", "--vhost", "/nowhere.conf"), ("/nowhere.conf", "No such file")),
        (("--role", "drain", "--listen-http", "70000"), ("--listen-http", "70000")),
        (("verify", "--path", "no-slash"), ("--path", "no-slash")),
        (("verify", "--scheme", "ftp"), ("--scheme", "ftp")),
        (("verify", "--name", "a b"), ("--name", "a b")),
        (("verify", "--old", "old.example"), ("--old", "old.example")),
    ],
    ids=" ".join,
)
def test_bad_usage(config: Path, options: tuple[str, ...], told: tuple[str, ...]) -> None:
    """One line that names the option and the value, and nothing on stdout."""
    verify = options[:1] == ("verify",)
    given = [*options[: int(verify)], "--config", str(config), *options[int(verify) :]]
    done = CliRunner().invoke(proxy.app, given)
    assert isinstance(done.exception, CutoverError)
    line = str(done.exception)
    assert "\n" not in line
    assert all(one in line for one in told), line
    assert done.stdout == ""


def test_bad_usage_ends_with_status_2(config: Path) -> None:
    """As every command's."""
    refused(cutover("proxy", "--config", config, "--role", "both"), ("--role", "both"))


def test_help_of_the_group() -> None:
    """With a real example, and `verify` beside it."""
    run = cutover("proxy", "--help")
    assert (run.status, run.told) == (0, ())
    assert "Example: cutover proxy --server apache" in run.out
    assert "verify" in run.out
