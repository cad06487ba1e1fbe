"""`cutover simulate`: a migration with a known future."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analyzer.errors import Fault, UsageError


def simulate(
    *,
    out: Annotated[Path | None, typer.Option(help="Folder to write into; it must be empty.", metavar="DIR")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same files.")] = 1,
    scenario: Annotated[str, typer.Option(help="What happens; --list shows all.", metavar="NAME")] = "sample",
    list_scenarios: Annotated[bool, typer.Option("--list", help="Show the scenarios.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write although the folder is not empty.")] = False,
) -> None:
    """Write a migration with a known future: logs of both servers, DNS snapshots, cutover.toml and truth.json.

    Example: cutover simulate --out migration --scenario stuck --seed 7
    """
    from analyzer import simulation

    if list_scenarios:
        width = max(map(len, simulation.SCENARIOS))
        for found in simulation.SCENARIOS.values():
            typer.echo(f"{found.name:{width}}  {found.description}")
        return
    if out is None:
        raise UsageError(Fault("no folder to write into", "--out", remedy="name one, or ask for --list"))
    written = simulation.write(simulation.simulate(scenario, seed), out, force=force)
    size = sum(path.stat().st_size for path in written)
    typer.echo(f"{out}: scenario {scenario}, seed {seed}, {len(written)} files, {size / 1e6:.1f} MB", err=True)
    for path in written:
        typer.echo(f"  {path.relative_to(out)}", err=True)
    typer.echo(f"Judge it: cutover advise --config {out / 'cutover.toml'}", err=True)
