"""`cutover report`: the verdict as a page, figures and JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.console import moment_option, reader_may_leave, say
from analyzer.cli.judge import At, Config, judge


def report(
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write to; made if it is not there.")],
    config: Config = Path("cutover.toml"),
    at: At = None,
    zone: Annotated[str | None, typer.Option("--zone", help="Time zone shown beside UTC: Europe/Berlin.")] = None,
) -> None:
    """Write report.html, drain.png, dns.png and verdict.json; exit as `cutover advise` does.

    Example: cutover report --config cutover.toml --out report --zone Europe/Berlin
    """
    from analyzer.cli.zone import reader_zone
    from analyzer.drain.curve import curve
    from analyzer.report.content import content
    from analyzer.report.figures import dns_figure, drain_figure
    from analyzer.report.write import write

    shown_in = reader_zone(zone)
    gathered, judged = judge(config, moment_option(at, "--at"))
    drained, seen = curve(judged.evidence, judged.forecast), judged.evidence.propagation
    verdict, mine, troubles = judged.verdict, gathered.migration, gathered.troubles
    told = content(verdict, mine, zone=shown_in, curve=drained, propagation=seen, troubles=troubles)
    drain = drain_figure(drained, verdict, shown_in)
    dns = dns_figure(gathered.answers(verdict.at), seen, shown_in)
    files = write(out, told, verdict, drain=drain, dns=dns)
    for path in files:
        say(f"wrote {path}")
    with reader_may_leave():
        typer.echo(verdict.verdict)
    raise typer.Exit(verdict.exit_status)
