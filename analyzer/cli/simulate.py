"""`cutover simulate`: a migration with a known future."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from analyzer.errors import Fault, UsageError


class Form(StrEnum):
    """How the list is printed."""

    TEXT = "text"
    JSON = "json"


def simulate(
    *,
    out: Annotated[Path | None, typer.Option(help="Folder to write into; it must be empty.", metavar="DIR")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same files.")] = 1,
    scenario: Annotated[str, typer.Option(help="What happens; --list shows all.", metavar="NAME")] = "sample",
    list_scenarios: Annotated[bool, typer.Option("--list", help="Show what can be simulated.")] = False,
    form: Annotated[
        Form, typer.Option("--format", help="Of the list: text for people, json for programs.")
    ] = Form.TEXT,
    force: Annotated[bool, typer.Option("--force", help="Write although the folder is not empty.")] = False,
) -> None:
    """Write a migration with a known future: logs of both servers, DNS snapshots, cutover.toml and truth.json.

    A scenario is one story; of a family (a-…, b-…) the seed decides sizes, TTLs and moments too.

    Example: cutover simulate --out migration --scenario stuck --seed 7
    """
    from analyzer import simulation

    if list_scenarios:
        _list(form)
        return
    if out is None:
        raise UsageError(Fault("no folder to write into", "--out", remedy="name one, or ask for --list"))
    written = simulation.write(simulation.simulate(scenario, seed), out, force=force)
    size = sum(path.stat().st_size for path in written)
    typer.echo(f"{out}: scenario {scenario}, seed {seed}, {len(written)} files, {size / 1e6:.1f} MB", err=True)
    for path in written:
        typer.echo(f"  {path.relative_to(out)}", err=True)
    typer.echo(f"Judge it: cutover advise --config {out / 'cutover.toml'}", err=True)


def _list(form: Form) -> None:
    """Print all scenarios and families, one a line."""
    from analyzer import simulation

    found = tuple(simulation.SCENARIOS.values())
    if form is Form.JSON:
        import json

        suites = {one.name: name for name, families in simulation.SUITES.items() for one in families}
        rows = [{"name": o.name, "suite": suites.get(o.name), "description": o.description} for o in found]
        typer.echo(json.dumps(rows, indent=1))
        return
    width = max(map(len, simulation.SCENARIOS))
    for one in found:
        typer.echo(f"{one.name:{width}}  {one.description}")
