"""docs/formats.md says what the tables of the code say."""

from __future__ import annotations

from pathlib import Path

from analyzer.logs.directives import DIRECTIVES
from analyzer.logs.formats import PRESETS
from analyzer.logs.presets import preset

DOCS = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
CONTRACT = {
    "method_logged": "method", "target_logged": "target", "query": "target", "protocol_logged": "protocol",
    "host_logged": "host", "server_name_used": "server_name, host",
}  # fmt: skip


def directive_rows() -> list[str]:
    """Return the rows of the table of directives."""
    return [f"| `{row.spec}` | {CONTRACT.get(row.column, row.column)} | {row.meaning} |" for row in DIRECTIVES.values()]


def preset_rows() -> list[str]:
    """Return the rows of the table of presets."""
    return [f"| `{name}` | {found.source} |" for name in PRESETS if (found := preset(name)) is not None]


def test_every_directive_is_in_the_docs() -> None:
    """With its column and meaning, and no other."""
    assert [line for line in DOCS.splitlines() if line.startswith("| `%")] == directive_rows()


def test_every_preset_is_in_the_docs() -> None:
    """With who writes it; the texts of ours as they are."""
    table = [line for line in DOCS.splitlines() if line.startswith("| `") and not line.startswith("| `%")]
    assert table == preset_rows()
    assert PRESETS["drain"] in DOCS
    assert PRESETS["json"] in DOCS
