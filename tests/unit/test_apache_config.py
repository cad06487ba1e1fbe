"""LogFormats and logs as Apache's own configuration names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analyzer.errors import InputError
from analyzer.logs.apache_config import apache_logs, base_name
from analyzer.logs.formats import PRESETS

if TYPE_CHECKING:
    from pathlib import Path

MAIN = r"""
ServerRoot "{root}"
Define LOGS /var/log/shop
# LogFormat "%h" old
LogFormat "%h %l %u %t \"%r\" %>s %O" common
logformat "%v:%p %h %l %u %t \
    \"%r\" %>s" vhost
LogFormat "%h\t%t\t%>s\\t%r" tabs
LogFormat '%h %t "%r"' single
LogFormat "%h %{{odd}}y" never_used
ErrorLog ${{LOGS}}/error.log
IncludeOptional sites/*.conf
IncludeOptional missing/*.conf
Include more
"""
SITE = """
<VirtualHost *:80>
  CustomLog ${LOGS}/access.log vhost env=!dontlog
  CustomLog "|/usr/bin/tee x" "%h %t" expr=true
  CustomLog ${LOGS}/other.log unknown
  <IfModule mod_ssl.c>
    GlobalLog ${LOGS}/all.log combined
  </IfModule>
  LogFormat "%t %h %>s"
  TransferLog ${LOGS}/transfer.log
</VirtualHost>
"""


@pytest.fixture
def main(tmp_path: Path) -> Path:
    """Return a configuration of three files."""
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "a.conf").write_text(SITE)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "tabs").write_text("CustomLog logs/tabs.log tabs\nCustomLog logs/s.log single\n")
    path = tmp_path / "apache2.conf"
    path.write_text(MAIN.format(root=tmp_path))
    return path


def test_formats_and_logs_of_all_files(main: Path) -> None:
    """Names, texts, continued lines, quotes of both kinds, variables, included files and folders."""
    found = apache_logs([str(main)])
    assert {name: one.text for name, one in found.named.items()} == {
        "common": '%h %l %u %t "%r" %>s %O',
        "vhost": '%v:%p %h %l %u %t     "%r" %>s',
        "tabs": "%h\t%t\t%>s\t%r",
        "single": '%h %t "%r"',
    }
    logs = [(one.path, None if one.log_format is None else one.log_format.text) for one in found.logs]
    assert logs == [
        ("/var/log/shop/access.log", found.named["vhost"].text),
        ("|/usr/bin/tee x", "%h %t"),
        ("/var/log/shop/other.log", None),
        ("/var/log/shop/all.log", PRESETS["combined"]),
        ("/var/log/shop/transfer.log", "%t %h %>s"),
        ("logs/tabs.log", "%h\t%t\t%>s\t%r"),
        ("logs/s.log", '%h %t "%r"'),
    ]
    assert found.error_logs == ("/var/log/shop/error.log",)
    assert found.logs[0].where.endswith("a.conf:3")


def test_a_file_is_known_by_its_name(main: Path) -> None:
    """Whatever rotation adds to it."""
    found = apache_logs([str(main)])
    assert [one.name for one in found.of("/backup/access.log.3.gz")] == ["vhost"]
    assert found.of("/backup/unknown.log") == ()
    assert found.is_error_log("error.log-20261123.gz")
    assert not found.is_error_log("access.log")


@pytest.mark.parametrize(
    "name", ["access.log", "x/access.log.1", "access.log.14.gz", "access.log-20261123", "access.log-2026-11-23.zst"]
)
def test_names_of_a_rotated_set(name: str) -> None:
    """All are the same log."""
    assert base_name(name) == "access.log"


def test_a_file_that_includes_itself_ends(tmp_path: Path) -> None:
    """It is said."""
    path = tmp_path / "a.conf"
    path.write_text(f"Include {path}\n")
    with pytest.raises(InputError, match="includes too many files"):
        apache_logs([str(path)])


def test_faults_are_named_with_their_place(tmp_path: Path) -> None:
    """A missing file, and a directive that is not known in a format that a log uses."""
    with pytest.raises(InputError, match=r"none\.conf: cannot be read"):
        apache_logs([str(tmp_path / "none.conf")])
    path = tmp_path / "a.conf"
    path.write_text('\nLogFormat "%h %{x}y" odd\nCustomLog a.log odd\n')
    with pytest.raises(InputError, match=r"a\.conf:2: no such directive is known \('%\{x\}y'\)"):
        apache_logs([str(path)])
