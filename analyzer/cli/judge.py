"""`cutover advise` and `cutover backtest`."""

from __future__ import annotations

import sys
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.console import duration_option, moment_option, progress, reader_may_leave, warn
from analyzer.cli.memory import NoState, StateFile, memory
from analyzer.errors import Fault, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from analyzer.drain.advise import Judgement
    from analyzer.drain.evidence import Gathered
    from analyzer.drain.verdict import Verdict

Config = Annotated[Path, typer.Option("--config", "-c", help="The migration's cutover.toml.")]
At = Annotated[str | None, typer.Option("--at", help="Judge as of this moment (2026-03-05T12:00:00Z); now, if absent.")]
LOOK_BACK_H = (*range(0, 240, 6), *range(240, 1_441, 24))  # [h] where a safe verdict looks back for its beginning
MOST_MOMENTS = 10_000  # of one backtest


class Form(StrEnum):
    """How a verdict is printed."""

    TEXT = "text"
    JSON = "json"


def advise(
    config: Config = Path("cutover.toml"),
    at: At = None,
    form: Annotated[Form, typer.Option("--format", help="text for people, json for programs.")] = Form.TEXT,
    *,
    state: StateFile = None,
    no_state: NoState = False,
) -> None:
    """Say whether the proxy can go: safe, wait, stuck or unknown.

    Exit status: 0 safe, 10 wait, 11 stuck, 12 unknown, 2 bad usage or bad input.

    Example: cutover advise --config cutover.toml --at 2026-03-05T12:00:00Z
    """
    gathered, judged = judge(config, moment_option(at, "--at"), state=state, no_state=no_state)
    with reader_may_leave():
        if form is Form.JSON:
            _print_json(judged.verdict)
        else:
            _print_text(judged, gathered)
    raise typer.Exit(judged.verdict.exit_status)


def backtest(
    start: Annotated[str, typer.Option("--from", help="The first moment, 2026-03-02T22:00:00Z.")],
    end: Annotated[str, typer.Option("--to", help="The last moment.")],
    config: Config = Path("cutover.toml"),
    every: Annotated[str, typer.Option("--every", help="The step: 6h, 30min, 1d.")] = "6h",
    *,
    state: StateFile = None,
    no_state: NoState = False,
) -> None:
    """Print the verdict at each of many past moments, one JSON object a line; the logs are read once.

    Example: cutover backtest --from 2026-03-02T22:00:00Z --to 2026-03-12T22:00:00Z --every 6h
    """
    from analyzer.migration import load

    moments = _moments(moment_option(start, "--from"), moment_option(end, "--to"), duration_option(every, "--every"))
    mine = load(config)  # what is wrong with it is told before anything slow is imported

    from analyzer.drain.beside import verdicts
    from analyzer.drain.evidence import gather

    with progress("reading") as tell, memory(mine, state, no_state=no_state) as known:
        gathered = gather(mine, moments, tell, read=known.read, questions=known.questions)
    warn(gathered.troubles)
    for verdict in verdicts(gathered, moments):
        _print_json(verdict)


def judge(
    config: Path, at: datetime, *, state: Path | None = None, no_state: bool = False
) -> tuple[Gathered, Judgement]:
    """Return what was read, and the judgement at a moment; a safe one knows since when it has been so."""
    with progress("reading") as tell:
        gathered, judged = judge_quietly(config, at, tell, state=state, no_state=no_state)
    warn(gathered.troubles)
    return gathered, judged


def judge_quietly(
    config: Path,
    at: datetime,
    tell: Callable[[int, int], None] | None = None,
    *,
    state: Path | None = None,
    no_state: bool = False,
    said: Callable[[str], None] | None = None,
) -> tuple[Gathered, Judgement]:
    """Return the same; what could not be read stands in `troubles`, and `said` takes what is told of the state."""
    from analyzer.migration import load

    mine = load(config)  # what is wrong with it is told before anything slow is imported

    from analyzer.drain.advise import advise as judgement
    from analyzer.drain.evidence import gather
    from analyzer.drain.moments import safe_since, since_when

    earlier = [at - timedelta(hours=hours) for hours in LOOK_BACK_H]
    with memory(mine, state, no_state=no_state, tell=said) as known:
        gathered = gather(mine, earlier, tell, read=known.read, questions=known.questions)
    judged = judgement(gathered.at(at))
    if judged.verdict.verdict == "safe":
        judged = since_when(judged, safe_since(gathered, earlier))
    return gathered, judged


def _moments(start: datetime, end: datetime, step_s: float) -> list[datetime]:
    if end < start:
        raise UsageError(Fault("--to lies before --from", "--to", end.isoformat(), "swap them"))
    count = int((end - start).total_seconds() // step_s) + 1
    if count > MOST_MOMENTS:
        raise UsageError(Fault(f"more than {MOST_MOMENTS:,} moments", "--every", f"{step_s:g} s", "take a longer step"))
    return [start + timedelta(seconds=step_s * i) for i in range(count)]


def _print_json(verdict: Verdict) -> None:
    """Print one JSON object in one line, ASCII only: an agent may hold what moves a terminal's cursor."""
    import json

    typer.echo(json.dumps(verdict.as_json(), allow_nan=False))


def _print_text(judged: Judgement, gathered: Gathered) -> None:
    """Print the report in words: in colours on a terminal, plain elsewhere."""
    from analyzer.cli.zone import reader_zone
    from analyzer.report.content import content
    from analyzer.report.text import rich_text, text

    seen, zone = judged.evidence.propagation, reader_zone(None)
    told = content(judged.verdict, gathered.migration, zone=zone, propagation=seen, troubles=gathered.troubles)
    if sys.stdout.isatty():
        from rich.console import Console

        Console(highlight=False).print(rich_text(told))
    else:
        typer.echo(text(told), nl=False)
