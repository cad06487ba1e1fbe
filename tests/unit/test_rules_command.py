"""`cutover rules`: the list is the rules' own, and its numbers are those that judge."""

from __future__ import annotations

import json
import re

from typer.testing import CliRunner

from analyzer.cli import app
from analyzer.drain.rules import RULES
from analyzer.drain.rules.evidence import FEW_LINES, MOST_QUARANTINED


def told(*options: str) -> str:
    """Return what the command prints."""
    run = CliRunner().invoke(app, ["rules", *options])
    assert run.exit_code == 0
    return run.stdout


def test_json_has_every_rule_with_every_word() -> None:
    """In order, none empty, and no code in it."""
    rows = json.loads(told("--format", "json"))
    assert [row["id"] for row in rows] == [rule.id for rule in RULES]
    for row in rows:
        assert set(row) == {"id", "asks", "failed", "threshold", "source"}
        assert all(row.values())


def test_text_tells_the_same() -> None:
    """Each rule is a paragraph that begins with its id, and says what follows."""
    paragraphs = told().strip().split("\n\n")
    assert [part.split()[0] for part in paragraphs] == [rule.id for rule in RULES]
    for rule, part in zip(RULES, paragraphs, strict=True):
        assert all(text in part for text in (rule.asks, rule.threshold, rule.source))


def test_the_numbers_are_those_of_the_look() -> None:
    """A threshold that changes in the code changes in the list."""
    by_id = {rule.id: rule.threshold for rule in RULES}
    assert str(FEW_LINES) in re.findall(r"\d+", by_id["lines-understood"])
    assert f"{100 * MOST_QUARANTINED:.0f} %" in by_id["lines-understood"]
