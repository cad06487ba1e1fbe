"""`cutover dns show`: its exit status, its text and its JSON."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from typer.testing import CliRunner

from analyzer.cli.dns import app
from analyzer.cli.dns_evidence import recorded, seen_at
from analyzer.cli.dns_table import table
from analyzer.migration import load

if TYPE_CHECKING:
    from pathlib import Path

TOML = """\
[migration]
names = ["app.example.com"]
old = ["192.0.2.4"]
new = ["198.51.100.5"]
[dns]
snapshots = ["dns.jsonl"]
"""


def asked(minute: int, resolver: str, address: str, ttl: int = 600) -> str:
    """Return a snapshot's line."""
    return json.dumps(
        {
            "schema": "cutover.dns/1", "at": f"2026-03-02T22:{minute:02}:00Z", "resolver": resolver, "transport": "udp",
            "name": "app.example.com", "type": "A", "rcode": "NOERROR", "authoritative": False, "elapsed_ms": 1.0,
            "answers": [{"name": "app.example.com", "type": "A", "ttl": ttl, "data": address}],
            "error": None, "ede": None, "nsid": None,
        }
    )  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a cutover.toml beside which two resolvers were asked, one of them hostile."""
    lines = [asked(0, "8.8.8.8", "192.0.2.4"), asked(5, "8.8.8.8", "198.51.100.5"), "broken"]
    lines += [asked(0, "\x1b[31mred<b>", "192.0.2.4"), asked(20, "\x1b[31mred<b>", "198.51.100.5")]
    (tmp_path / "dns.jsonl").write_text("\n".join(lines))
    path = tmp_path / "cutover.toml"
    path.write_text(TOML)
    return path


def show(config: Path, at: str, form: str = "text") -> tuple[int, str]:
    """Return exit status and stdout."""
    result = CliRunner().invoke(app, ["show", "-c", str(config), "--at", at, "--format", form])
    return result.exit_code, result.stdout


@pytest.mark.parametrize(
    ("at", "status"),
    [
        ("2026-03-02T21:00:00Z", 12),  # nothing was asked yet
        ("2026-03-02T22:03:00Z", 10),  # both old
        ("2026-03-02T22:07:00Z", 10),  # one old
        ("2026-03-02T22:30:00Z", 0),  # both new, and what was old has expired at 22:10
    ],
)
def test_the_exit_status_says_whether_somebody_is_old(config: Path, at: str, status: int) -> None:
    """0 all new, 10 still old, 12 nothing recorded."""
    assert show(config, at)[0] == status


def test_an_old_entry_that_may_still_live_is_still_old(config: Path) -> None:
    """Every last answer is new, but one entry seen before lives for another hour."""
    (config.parent / "dns.jsonl").write_text(asked(0, "a", "192.0.2.4", 3600) + "\n" + asked(5, "a", "198.51.100.5"))
    assert show(config, "2026-03-02T22:30:00Z")[0] == 10
    assert show(config, "2026-03-02T23:30:00Z")[0] == 0


def test_text_says_who_and_until_when(config: Path) -> None:
    """The one on the old address comes first, and nothing moves the cursor."""
    text = show(config, "2026-03-02T22:07:00Z")[1]
    assert "1 of 2 resolvers answer with the new address, 1 with the old" in text
    assert "expires at 2026-03-02T22:10:00Z" in text
    rows = text.splitlines()[-2:]
    assert rows[0].startswith("old")
    assert "old until 2026-03-02T22:10:00Z" in rows[0]
    assert "\x1b" not in text


def test_a_page_that_empties_a_cache_is_named(config: Path) -> None:
    """Google's, while it is old and others are new already."""
    page = "can be emptied by hand: https://dns.google/cache"
    (config.parent / "dns.jsonl").write_text(
        "\n".join(
            [asked(0, "8.8.8.8", "192.0.2.4"), asked(1, "9.9.9.9", "198.51.100.5"), asked(9, "8.8.8.8", "198.51.100.5")]
        )
    )
    assert page not in show(config, "2026-03-02T22:00:30Z")[1], "before the change it would plant the old one again"
    assert page in show(config, "2026-03-02T22:05:00Z")[1]
    assert page not in show(config, "2026-03-02T22:30:00Z")[1]


def test_json_is_one_whole_object(config: Path) -> None:
    """With each resolver's answer, in contract times."""
    seen = json.loads(show(config, "2026-03-02T22:07:00Z", "json")[1])
    assert (seen["resolvers"], seen["on_new"], seen["on_old"], seen["failing"]) == (2, 1, 1, 0)
    assert seen["last_old_expires_at"] == "2026-03-02T22:10:00Z"
    states = {one["resolver"]: (one["state"], one["old_expires_at"]) for one in seen["answers"]}
    assert states["\x1b[31mred<b>"] == ("old", "2026-03-02T22:10:00Z")


def test_no_snapshots_is_told(config: Path) -> None:
    """A migration that names none cannot be shown."""
    config.write_text(TOML.replace('snapshots = ["dns.jsonl"]', ""))
    result = CliRunner().invoke(app, ["show", "-c", str(config)])
    assert "no DNS snapshots are named" in str(result.exception)


def test_the_table_shows_every_type_and_nothing_of_a_strangers_control(config: Path) -> None:
    """Resolver, operator, country, state by type, time left, entries; brackets of a name are no markup."""
    path = config.parent / "dns.jsonl"
    path.write_text(path.read_text() + "\n" + asked(6, "[bold]x[/bold]", "192.0.2.4"))
    mine = load(config)
    seen = seen_at(mine, recorded(mine, None), datetime(2026, 3, 2, 22, 7, tzinfo=UTC))
    console = Console(file=io.StringIO(), width=140, color_system=None)
    console.print(table(seen))
    assert isinstance(console.file, io.StringIO)
    rows = [line.split() for line in console.file.getvalue().splitlines() if line.strip()]
    assert rows[0][:6] == ["resolver", "operator", "A", "AAAA", "HTTPS", "expires"]
    cells = {row[0]: row for row in rows}
    assert cells["8.8.8.8"][:4] == ["8.8.8.8", "Google", "US", "new"]
    assert cells["[bold]x[/bold]"][1:6] == ["old", "-", "-", "9", "min"]
    assert "\x1b" not in console.file.getvalue()
