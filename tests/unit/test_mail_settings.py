"""[mail] of a cutover.toml: what becomes a header, a command of SMTP or a login is checked before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.errors import ConfigError
from analyzer.migration import MailSettings, load

MOVED = '[migration]\nnames = ["app.example.com"]\nold = ["192.0.2.4"]\nnew = ["198.51.100.5"]\n'
LEAST = {"to": '["ops@example.com"]', "from": '"cutover@example.com"'}


def settings(folder: Path, **keys: str) -> MailSettings | None:
    """Return what a file with these keys says of mail."""
    lines = [f"{key} = {value}" for key, value in {**LEAST, **keys}.items()]
    (folder / "cutover.toml").write_text("\n".join([MOVED, "[mail]", *lines, ""]))
    return load(folder / "cutover.toml").mail


def test_without_the_table_there_is_no_mail(tmp_path: Path) -> None:
    """Nobody is written to by default."""
    (tmp_path / "cutover.toml").write_text(MOVED)
    assert load(tmp_path / "cutover.toml").mail is None


def test_two_keys_are_enough(tmp_path: Path) -> None:
    """The server of the machine itself, encrypted from STARTTLS on, no login."""
    found = settings(tmp_path)
    assert found == MailSettings(("ops@example.com",), "cutover@example.com", "localhost", 587)


@pytest.mark.parametrize(("security", "port"), [("none", 25), ("starttls", 587), ("tls", 465)])
def test_each_security_has_its_usual_port(tmp_path: Path, security: str, port: int) -> None:
    """RFC 5321, 6409, 8314; one that is written counts before it."""
    usual = settings(tmp_path, security=f'"{security}"', server='"mail.example.com"')
    chosen = settings(tmp_path, security=f'"{security}"', server='"[2001:db8::25]:2525"')
    assert usual is not None
    assert chosen is not None
    assert (usual.port, chosen.server, chosen.port) == (port, "2001:db8::25", 2525)


def test_files_lie_beside_the_migration(tmp_path: Path) -> None:
    """Paths are relative to the file's own folder."""
    files = {"password_file": '"secret"', "ca_file": '"/etc/ca.pem"'}
    found = settings(tmp_path, **files)
    assert found is not None
    assert (found.password_file, found.ca_file) == (tmp_path / "secret", Path("/etc/ca.pem"))


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("to", "[]", "must not be empty"),
        ("to", '["Ops <ops@example.com>"]', "not a mail address"),
        ("to", '["ops@example.com\\r\\nBcc: all@example.com"]', "control characters"),
        ("from", '"ops"', "not a mail address"),
        ("from", '"a..b@example.com"', "not a mail address"),
        ("server", '"smtp://mail.example.com"', "not a mail server"),
        ("server", '"mail.example.com:70000"', "no port has that number"),
        ("security", '"ssl"', "write one of starttls, tls, none"),
        ("sender", '"a@example.com"', "unknown key"),
        ("pasword_file", '"x"', "did you mean password_file in [mail]?"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, key: str, value: str, told: str) -> None:
    """In one line that names the key."""
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, **{key: value})
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert f"mail.{key}" in str(caught.value)


def test_a_login_is_never_sent_in_the_clear(tmp_path: Path) -> None:
    """Without encryption only to this machine itself."""
    bare = {"security": '"none"', "user": '"cutover"'}
    with pytest.raises(ConfigError, match="a login without encryption"):
        settings(tmp_path, server='"mail.example.com"', **bare)
    assert settings(tmp_path, server='"127.0.0.1"', **bare) is not None
