"""`cutover` alone: where this migration stands, and what to do next."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from analyzer.cli.console import now, progress, reader_may_leave, warn
from analyzer.errors import CutoverError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from analyzer.drain.advise import Judgement
    from analyzer.drain.evidence import Gathered
    from analyzer.migration import Migration

FILE = Path("cutover.toml")
# Before the change of the DNS: what is done in which order, and the command for it.
BEFORE = (
    ("See the whole checklist with its times.", "cutover plan"),
    ("Compare old and new before anybody moves.", "cutover rehearse"),
    ("Configure the old server as a proxy for the new one.", "cutover proxy --server apache --role drain"),
    ("Record what resolvers answer, before and after the change.", "cutover dns snapshot"),
)


def status() -> bool:
    """Print where the migration of this folder stands; return False if there is none here."""
    if not FILE.exists():
        return False
    from analyzer.cli.judge import judge_quietly
    from analyzer.migration import load

    mine, judged = load(FILE), None
    try:
        with progress("reading") as tell:
            judged = judge_quietly(FILE, now(), tell)
    except CutoverError as error:
        warn(str(fault) for fault in error.faults)
    with reader_may_leave():
        _print(_lines(mine, judged))
    return True


def _lines(mine: Migration, judged: tuple[Gathered, Judgement] | None) -> list[tuple[str, str]]:
    """Return what is printed: texts, each with its style (`""`, `bold`, `dim`, `code`)."""
    from analyzer.cli.zone import reader_zone
    from analyzer.report.content import content, title

    old, new = (", ".join(map(str, addresses)) for addresses in (mine.old, mine.new))
    told = [(f"{title(mine.names)} moves from {old} to {new}.", "")]
    if judged is None:
        return [*told, ("Next: mend that, then ask again.", "bold")]
    gathered, (verdict, seen) = judged[0], (judged[1].verdict, judged[1].evidence.propagation)
    if verdict.changed_at is None:
        told += [("The change of the DNS has not been seen yet.", "bold"), ("Next:", "bold")]
        steps: tuple[tuple[str, str], ...] = BEFORE
    else:
        said = content(verdict, mine, zone=reader_zone(None), propagation=seen, troubles=gathered.troubles)
        told += [(said.headline, "bold"), (f"As of {said.at.both}.", "dim"), ("Next:", "bold")]
        steps = tuple((step.text, step.code or "") for step in said.steps)
    for number, (text, code) in enumerate(steps, 1):
        told.append((f"{number}. {text}", ""))
        told += [(f"   {line}", "code") for line in code.splitlines()]
    return [*told, ("All commands: cutover --help", "dim")]


def _print(lines: list[tuple[str, str]]) -> None:
    """Print the lines, in colours and wrapped on a terminal, plain elsewhere."""
    if not sys.stdout.isatty():
        typer.echo("\n".join(text for text, _ in lines))
        return
    from rich.console import Console
    from rich.text import Text

    styles = {"code": "cyan"}
    shown: list[RenderableType] = [Text(text, styles.get(style, style)) for text, style in lines]
    Console(highlight=False).print(*shown, sep="\n")
