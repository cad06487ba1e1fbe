"""A LogFormat string becomes fields and columns, or an error that names the directive."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from analyzer.errors import InputError
from analyzer.logs.choosing import choose
from analyzer.logs.columns import contract_columns
from analyzer.logs.fast import fast_sql
from analyzer.logs.formats import PRESETS, log_format, samples
from analyzer.logs.requests import read_requests

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", PRESETS)
def test_presets_test_themselves(name: str, tmp_path: Path) -> None:
    """Each preset reads its own sample lines as they say, and no other preset fits them."""
    for line, wanted in samples(name):
        path = tmp_path / "access.log"
        path.write_text(line + "\n", encoding="utf-8")
        row = read_requests([str(path)], name).iloc[0]
        for column, value in wanted.items():
            found = None if row[column] is pd.NA else row[column]
            assert found == (datetime.fromisoformat(str(value)) if column == "time" else value), column
        chosen = choose([line.encode()]).chosen
        assert chosen is not None
        assert chosen.name == ("combined" if name == "nginx" else name)


def test_presets_are_those_of_the_contract_and_other_servers() -> None:
    """The names that cutover.toml may say."""
    contract = {"common", "combined", "vhost_combined", "drain", "json"}
    assert set(PRESETS) == contract | {"combinedio", "nginx", "lighttpd", "caddy", "haproxy", "iis"}


@pytest.mark.parametrize("name", [name for name in PRESETS if name not in {"caddy", "haproxy", "iis"}])
def test_presets_have_the_fast_lane(name: str) -> None:
    """The formats of nearly all servers are taken apart in blocks."""
    assert fast_sql(log_format(name)) is not None


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("common", ["time", "client", "ident", "user", "request", "method", "target", "protocol", "status", "bytes"]),
        ("%a %h %t", ["time", "client"]),
        ("%h %t %s %>s", ["time", "client", "status"]),
        ("%h %t %m %U%q %H", ["time", "client", "method", "target", "protocol"]),
        ("%v %{HOST}i %h %t", ["time", "client", "host", "server_name"]),
        ("%V %h %t", ["time", "client", "host", "server_name"]),
        ("%t %h %{ms}T %D", ["time", "client", "duration_us"]),
        ("%t %h %{X-Foo}i %{X-Foo}o %{a b}n %{E}e %{Sess}C",
         ["time", "client", "cookie_sess", "env_e", "header_in_x_foo", "header_out_x_foo", "note_a_b"]),
        ("%t %h %{SSL_PROTOCOL}x %{X-Forwarded-For}i %A %k %X %L",
         ["time", "client", "forwarded_for", "local_address", "keepalive", "connection", "request_id", "tls_protocol"]),
    ],
)  # fmt: skip
def test_columns_of_a_format(text: str, columns: list[str]) -> None:
    """Columns are the contract's, in its order, each once."""
    assert list(contract_columns(log_format(text))) == columns


def test_better_directive_gives_the_column() -> None:
    """%a before %h, %>s before %s, %D before %T, wherever they stand."""
    found = log_format("%h %a %t %s %>s %T %D")
    assert [found.column(name).directive.spec for name in ("client", "status", "duration_us")] == ["%a", "%>s", "%D"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    [
        "%!200,304{Referer}i %h %t",
        "%>s %<s %h %t",
        "%{Referer}!200i %h %t",
        "100%% %h %t",
        "%^FB %h %t",
        "%h%t",
        "%vx %h %t",
    ],
)
def test_modifiers_and_literals_are_understood(text: str) -> None:
    """What mod_log_config documents is taken."""
    assert log_format(text).column("client") is not None


@pytest.mark.parametrize(
    ("text", "where", "value"),
    [
        ("%h %Z %t", "character 4", "%Z"),
        ("%h %t %{x}y", "character 7", "%{x}y"),
        ("%h %", "character 4", "%"),
        ("%h %{oops", "character 4", "%{oops"),
        ("%h %99s %t", "character 4", "%99s"),
        ("%h %^XY", "character 4", "%^XY"),
    ],
)
def test_an_unknown_directive_is_named_with_its_place(text: str, where: str, value: str) -> None:
    """The error says which, and where in the string."""
    with pytest.raises(InputError) as raised:
        log_format(text)
    fault = raised.value.faults[0]
    assert fault.where.endswith(where)
    assert fault.value.startswith(value)


@pytest.mark.parametrize("text", ["", "combind", "no directive at all", "%h\n%t", "%h " * 3_000])
def test_what_is_no_format_is_refused(text: str) -> None:
    """A misspelt preset is not taken for literal text."""
    with pytest.raises(InputError, match="LogFormat"):
        log_format(text)


def test_a_preset_is_known_by_its_text() -> None:
    """The same string, pasted, is named like the preset in messages."""
    assert log_format(r"%h %l %u %t \"%r\" %>s %b").name == "common"


def test_a_pasted_line_may_name_a_preset() -> None:
    """What stands before the name is the file, or a program with its arguments."""
    assert log_format('CustomLog "|/usr/bin/rotatelogs /a.%Y 86400" combined') is log_format("combined")
    with pytest.raises(InputError, match="not a log format"):
        log_format("CustomLog /var/log/a.log mine")
