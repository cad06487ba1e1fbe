"""`cutover rules`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from analyzer.cli.console import reader_may_leave


class Form(StrEnum):
    """How the rules are printed."""

    TEXT = "text"
    JSON = "json"


def rules(
    form: Annotated[Form, typer.Option("--format", help="text for people, json for programs.")] = Form.TEXT,
) -> None:
    """List the rules that make a verdict: what each asks, when it is kept, what follows if not, and its source.

    Example: cutover rules --format json
    """
    from analyzer.drain.rules import RULES

    told = [rule.as_json() for rule in RULES]
    with reader_may_leave():
        if form is Form.JSON:
            import json

            typer.echo(json.dumps(told, indent=1))
        else:
            typer.echo("\n\n".join(_text(one) for one in told))


def _text(rule: dict[str, str]) -> str:
    """Return a rule in a few lines."""
    follows = "noted" if rule["failed"] == "note" else rule["failed"]
    return (
        f"{rule['id']} (if not: {follows})\n  {rule['asks']}\n"
        f"  kept by  {rule['threshold']}\n  source   {rule['source']}"
    )
