"""`cutover logs read`: reads what is new in a migration's logs, and remembers it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analyzer.cli.console import duration_option, printable, progress, say, warn
from analyzer.cli.log_options import Form
from analyzer.cli.memory import STATE_NAME
from analyzer.errors import Fault, UsageError
from analyzer.units import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analyzer.logs.activity import FileReading
    from analyzer.migration import Migration
    from analyzer.migration.model import LogSet
    from analyzer.state import State

SCHEMA = "cutover.logs-read/1"
LONGEST_PAUSE_S = 86_400.0


def read(
    config: Annotated[Path, typer.Option("--config", "-c", help="The migration's cutover.toml.")] = Path(
        "cutover.toml"
    ),
    state: Annotated[
        Path | None, typer.Option("--state", help="Where it is remembered; cutover.sqlite beside cutover.toml.")
    ] = None,
    *,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Forget what was read, and start over with the files there are.")
    ] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on reading until interrupted.")] = False,
    every: Annotated[str, typer.Option("--every", help="With --follow: the pause between two looks.")] = "2s",
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler",
            help="tcp://HOST:PORT of a dask scheduler, or local: its workers read all files; nothing is remembered.",
        ),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="text for people, json or jsonl for programs.")] = Form.TEXT,
) -> None:
    """Read what is new in the logs of a migration; each line is counted once, whatever becomes of its file.

    A log is known by what stands in it: it may grow, be renamed, compressed, cut short or deleted. `cutover advise`,
    `report` and `watch` use what is remembered.

    Example: cutover logs read --config cutover.toml --format json
    """
    from analyzer.migration import load
    from analyzer.state import State

    pause_s = min(duration_option(every, "--every"), LONGEST_PAUSE_S)
    mine = load(config)
    if scheduler is not None:
        if follow or rebuild or state:
            remedy = "leave out --state, --rebuild and --follow"
            raise UsageError(Fault("a cluster remembers nothing", "--scheduler", scheduler, remedy))
        _print(_on_cluster(mine, scheduler), form)
        return
    with State.open(state or mine.source.with_name(STATE_NAME)) as kept:
        told: dict[str, Any] | None = None
        while True:
            now = _look(kept, mine, rebuild=rebuild and told is None)
            if told is None or _counts(now) != _counts(told):
                _print(now, form if not follow or form is not Form.JSON else Form.JSONL)
            told = now
            if not follow:
                return
            time.sleep(pause_s)


def _look(kept: State, mine: Migration, *, rebuild: bool) -> dict[str, Any]:
    """Return what one look at all logs of a migration found."""
    with progress("reading logs") as tell:
        found = {
            name: kept.read_logs(
                logs.paths,
                logs.format,
                names=mine.names,
                trusted=logs.trusted_proxies,
                rebuild=rebuild,
                progress=tell,
            )
            for name, logs in _sets(mine).items()
        }
    for name, reader in found.items():
        if reader.forgotten:
            say(f"cutover: the {name} server's logs were read again: format, names or proxies are others than before")
        warn(f"{one.source}: {one.trouble}" for one in reader.files() if one.trouble)
    sums = {
        name: _told(reader.files(), reader.added, unfinished=reader.begun, rebuilt=reader.forgotten)
        for name, reader in found.items()
    }
    return {"schema": SCHEMA, "state": str(kept.path), **sums}


def _sets(mine: Migration) -> dict[str, LogSet]:
    """Return the logs of a migration by their server."""
    sets = {name: logs for name, logs in (("old", mine.old_logs), ("new", mine.new_logs)) if logs is not None}
    if not sets:
        remedy = 'write [logs.old] with paths = ["old/access.log*"] and format = "combined"'
        raise UsageError(Fault("names no logs", str(mine.source), "", remedy))
    return sets


def _on_cluster(mine: Migration, scheduler: str) -> dict[str, Any]:
    """Return what all logs of a migration hold, read by the workers of a scheduler."""
    from analyzer.logs.cluster import read_activity_on

    found = {}
    for name, logs in _sets(mine).items():
        with progress(f"reading logs of the {name} server") as tell:
            files = read_activity_on(
                scheduler,
                logs.paths,
                logs.format,
                names=mine.names,
                trusted=logs.trusted_proxies,
                progress=tell,
            ).files
        warn(f"{one.source}: {one.trouble}" for one in files if one.trouble)
        found[name] = _told(files, files, unfinished=0, rebuilt=False)
    return {"schema": SCHEMA, "state": None, **found}


def _told(
    files: Sequence[FileReading], added: Sequence[FileReading], *, unfinished: int, rebuilt: bool
) -> dict[str, Any]:
    """Return what is known of a server's logs, and what is new."""
    new: dict[str, int] = {}
    for one in added:
        new[one.source] = new.get(one.source, 0) + one.lines
    firsts, lasts = [one.first for one in files if one.first], [one.last for one in files if one.last]
    return {
        "lines": sum(one.lines for one in files),
        "parsed": sum(one.parsed for one in files),
        "quarantined": sum(one.quarantined for one in files),
        "first": rfc3339(min(firsts)) if firsts else None,
        "last": rfc3339(max(lasts)) if lasts else None,
        "new": {
            "files": len(new),
            "lines": sum(one.lines for one in added),
            "parsed": sum(one.parsed for one in added),
            "quarantined": sum(one.quarantined for one in added),
        },
        "unfinished": unfinished,
        "rebuilt": rebuilt,
        "files": [
            {
                "source": one.source,
                "lines": one.lines,
                "new": new.get(one.source, 0),
                "parsed": one.parsed,
                "quarantined": one.quarantined,
                "trouble": one.trouble,
            }
            for one in files
        ],
    }


def _counts(told: dict[str, Any]) -> list[Any]:
    """Return what must change for a look to be told again."""
    return [told[name][what] for name in ("old", "new") if name in told for what in ("lines", "unfinished")]


def _print(told: dict[str, Any], form: Form) -> None:
    """Print what a look found."""
    if form is Form.TEXT:
        typer.echo("\n".join(_text(told)))
    else:
        typer.echo(json.dumps(told, indent=2 if form is Form.JSON else None))


def _text(told: dict[str, Any]) -> Iterator[str]:
    """Yield what a look found, for people."""
    for name in ("old", "new"):
        one = told.get(name)
        if one is None:
            continue
        new = one["new"]
        yield (
            f"{name}: {new['lines']:,} new lines = {new['parsed']:,} parsed + {new['quarantined']:,} quarantined; "
            f"{one['lines']:,} known, requests from {one['first'] or '-'} to {one['last'] or '-'}"
        )
        for file in one["files"]:
            if file["new"]:
                yield f"{file['new']:>12,}  {printable(file['source'])}"
        if one["unfinished"]:
            yield f"{one['unfinished']:>12,}  last lines without an end are held back until they end"
