"""`cutover dns …`: what resolvers answer."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli import dns_ask
from analyzer.cli.console import moment_option, reader_may_leave
from analyzer.cli.dns_evidence import recorded, seen_at, state_file
from analyzer.cli.dns_import import import_
from analyzer.cli.dns_options import Config, StateFile
from analyzer.cli.dns_ttl import ttl
from analyzer.cli.dns_watch import watch

if TYPE_CHECKING:
    from datetime import datetime

    from analyzer.dns.propagation import Propagation

app = typer.Typer(help="Ask resolvers; who still answers with the old address, and until when.", no_args_is_help=True)
app.command()(dns_ask.snapshot)
app.command()(dns_ask.resolvers)
app.command()(watch)
app.command("import")(import_)
app.command()(ttl)


class Form(StrEnum):
    """How it is printed."""

    TEXT = "text"
    JSON = "json"


@app.callback()
def _group() -> None:
    """Ask resolvers; who still answers with the old address, and until when."""


@app.command()
def show(
    config: Config = Path("cutover.toml"),
    at: Annotated[str | None, typer.Option("--at", help="Judge as of this moment; now, if absent.")] = None,
    form: Annotated[Form, typer.Option("--format", help="text for people, json for programs.")] = Form.TEXT,
    state: StateFile = None,
) -> None:
    """Say who still answers with the old address, and until when, from the snapshots recorded.

    Exit status: 0 all new, 10 somebody still old, 12 nothing recorded up to that moment, 2 bad usage or bad input.

    Example: cutover dns show --config cutover.toml --at 2026-03-02T23:00:00Z
    """
    from analyzer.cli.dns_table import print_text
    from analyzer.cli.dns_words import as_json, exit_status

    seen = _seen(config, state, moment_option(at, "--at"))
    with reader_may_leave():
        if form is Form.JSON:
            import json

            typer.echo(json.dumps(as_json(seen), allow_nan=False))
        else:
            print_text(seen)
    raise typer.Exit(exit_status(seen))


def _seen(config: Path, state: Path | None, at: datetime) -> Propagation:
    """Return what the migration's snapshots say at a moment."""
    from analyzer.migration import load

    mine = load(config)
    return seen_at(mine, recorded(mine, state_file(mine, state)), at)
