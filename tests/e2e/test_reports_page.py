"""docs/reports.md says what is: its options, commands and keys exist."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from analyzer.cli import app
from analyzer.migration.schema import MailTable
from analyzer.report.tables import tables
from analyzer.watch.news import SCHEMA

PAGE = (Path(__file__).parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")
COMMANDS: Any = get_command(app)
LINES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


def options(name: str) -> set[str]:
    """Return every option of a command."""
    found = COMMANDS.commands[name].params
    return {word for option in found for word in (*option.opts, *option.secondary_opts)}


@pytest.mark.parametrize("line", LINES)
def test_each_command_line_is_one(line: str) -> None:
    """The command exists, and so do its options."""
    words = shlex.split(line, comments=True)
    assert words[0] == "cutover"
    assert {word for word in words if word.startswith("--")} <= options(words[1])


def test_each_option_that_is_named_exists() -> None:
    """Of report, watch, metrics or schedule."""
    known = set().union(*(options(name) for name in ("report", "watch", "metrics", "schedule")))
    assert set(re.findall(r"`(?:watch )?(--[a-z-]+)", PAGE)) <= known


def test_the_keys_of_mail_are_those_of_the_file() -> None:
    """All of them, and no other."""
    written = tomllib.loads(re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0])["mail"]
    assert set(written) == {field.alias or name for name, field in MailTable.model_fields.items()}


def test_tables_and_schema_are_named_as_they_are() -> None:
    """What scripts rely on."""
    named = re.search(r"prints: ([a-z, ]+) \|", PAGE)
    assert named is not None
    names = tables.__code__.co_names
    assert [f"_{name}" for name in named[1].split(", ")] == [name for name in names if name.startswith("_")]
    assert f'"{SCHEMA}"' in PAGE
