"""`cutover metrics`: the verdict for Prometheus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.console import moment_option, printable, reader_may_leave, say
from analyzer.cli.judge import At, Config, judge
from analyzer.cli.memory import NoState, StateFile


def metrics(
    *,
    config: Config = Path("cutover.toml"),
    at: At = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A .prom file for node_exporter; standard output if absent.")
    ] = None,
    state: StateFile = None,
    no_state: NoState = False,
) -> None:
    """Print the verdict as Prometheus reads it, or write it for node_exporter's textfile collector; exit 0.

    Example: cutover metrics --config cutover.toml --out /var/lib/prometheus/node-exporter/cutover.prom
    """
    from analyzer.report.metrics import metrics as told
    from analyzer.report.write import write_whole

    gathered, judged = judge(config, moment_option(at, "--at"), state=state, no_state=no_state)
    text = told(judged.verdict, gathered.migration.names[0])
    if out is not None:
        say(f"wrote {printable(str(write_whole(out, text.encode())))}")
        return
    with reader_may_leave():
        typer.echo(text, nl=False)
