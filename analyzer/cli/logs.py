"""`cutover logs …`: what access logs hold, and which of their lines do not fit."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import typer

from analyzer.cli.console import printable, progress, warn
from analyzer.cli.log_options import Form, Wanted, on_logs
from analyzer.cli.logs_check import check
from analyzer.cli.read import read
from analyzer.units import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow as pa

    from analyzer.logs.activity import Activity
    from analyzer.logs.grammar import LogFormat

SCHEMA = "cutover.logs-summary/1"
ROWS_AT_ONCE = 2_000  # rows that become Python objects together
TEXT_LENGTH = 200  # [characters] of a stranger's text in one line for people
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

app = typer.Typer(help="What access logs hold, and which of their lines do not fit.", no_args_is_help=True)

app.command()(check)
app.command()(read)


@app.command()
@on_logs
def summary(logs: Wanted, log_format: str | LogFormat, form: Form) -> None:
    """Count lines, requests and clients by kind; say what could not be read.

    Example: cutover logs summary /var/log/apache2/access.log* --log-format combined
    """
    from analyzer.logs.reading import read_activity

    with progress("reading logs") as told:
        activity = read_activity(logs.paths, log_format, names=logs.names, trusted=logs.trusted, progress=told)
    warn(f"{one.source}: {one.trouble}" for one in activity.files if one.trouble)
    told_of = _summary(activity, logs.own)
    if form is Form.TEXT:
        typer.echo("\n".join(_summary_text(told_of)))
    else:
        typer.echo(json.dumps(told_of, indent=2 if form is Form.JSON else None))


@app.command()
@on_logs
def show(logs: Wanted, log_format: str | LogFormat, form: Form) -> None:
    """Print the requests, one a line, with every column that the format logs.

    Example: cutover logs show access.log --format jsonl
    """
    tables = (lines.requests for lines in _lines(logs.paths, log_format))
    _print(chain.from_iterable(map(_objects, tables)), form, _request_text)


@app.command()
@on_logs
def quarantine(logs: Wanted, log_format: str | LogFormat, form: Form) -> None:
    """Print the lines that do not fit the format: where, why, and the text.

    Example: cutover logs quarantine access.log --log-format vhost_combined
    """
    tables = (lines.quarantine for lines in _lines(logs.paths, log_format))
    _print(chain.from_iterable(map(_objects, tables)), form, _refused_text)


def _lines(paths: tuple[str, ...], chosen: str | LogFormat) -> Iterator[Any]:
    """Yield the blocks' lines, and tell the troubles at the end."""
    from analyzer.logs.requests import iter_requests

    troubles = []
    for lines, ended in iter_requests(paths, chosen):
        if lines is not None:
            yield lines
        elif ended is not None and ended.trouble:
            troubles.append(f"{ended.source}: {ended.trouble}")
    warn(troubles)


def _objects(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield the rows as they are printed: times as text."""
    import pyarrow as pa

    if "time" in table.column_names:
        at = table.column_names.index("time")
        table = table.set_column(at, "time", table.column("time").cast(pa.int64()))
    for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
        for row in batch.to_pylist():
            if row.get("time") is not None:
                row["time"] = rfc3339(EPOCH + timedelta(microseconds=row["time"]))
            yield row


def _print(rows: Iterable[dict[str, Any]], form: Form, text: Callable[[dict[str, Any]], str]) -> None:
    """Print rows as they come, some at a time; a reader that goes (`| head`) ends it without a word."""
    try:
        if form is Form.JSON:
            _print_array(rows)
        else:
            for some in _some_at_once(rows):
                typer.echo("\n".join(map(json.dumps if form is Form.JSONL else text, some)))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush


def _print_array(rows: Iterable[dict[str, Any]]) -> None:
    """Print rows as one JSON array."""
    before = "["
    for some in _some_at_once(rows):
        typer.echo(before + "\n" + ",\n".join(map(json.dumps, some)), nl=False)
        before = ","
    typer.echo("[]" if before == "[" else "\n]")


def _some_at_once(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows in handfuls."""
    coming = iter(rows)
    while some := list(islice(coming, ROWS_AT_ONCE)):
        yield some


def _short(text: object) -> str:
    """Return a stranger's text printable and short; `-` where there is none."""
    if text is None:
        return "-"
    told = printable(str(text)[: TEXT_LENGTH + 1])
    return told if len(told) <= TEXT_LENGTH else told[: TEXT_LENGTH - 1] + "…"


def _request_text(row: dict[str, Any]) -> str:
    """Return a request as one line for people."""
    asked = row.get("request") or row.get("target")
    columns = ("time", "host", "client", "user", "status")
    head = "  ".join(_short(row[column]) for column in columns if column in row)
    return f"{head}  {_short(asked)}  {_short(row.get('agent'))}"


def _refused_text(row: dict[str, Any]) -> str:
    """Return a refused line as one line for people."""
    return f"{printable(row['source'])}:{row['line']}: {row['reason']}: {_short(row['text'])}"


def _summary(activity: Activity, own: Iterable[object]) -> dict[str, Any]:
    """Return the summary as the contract's object."""
    from analyzer.logs.kinds import KINDS, kinds

    kind = kinds(activity, own)["kind"]
    every = kind.to_frame().assign(requests=activity.by_client("requests") + activity.by_client("foreign"))
    requests = every.groupby("kind", observed=False)["requests"].sum()
    clients = kind.value_counts()
    firsts = [one.first for one in activity.files if one.first]
    lasts = [one.last for one in activity.files if one.last]
    return {
        "schema": SCHEMA,
        "lines": sum(one.lines for one in activity.files),
        "parsed": sum(one.parsed for one in activity.files),
        "quarantined": sum(one.quarantined for one in activity.files),
        "first": rfc3339(min(firsts)) if firsts else None,
        "last": rfc3339(max(lasts)) if lasts else None,
        "clients": len(activity.clients),
        "kinds": {
            name: {"requests": int(requests.get(name, 0)), "clients": int(clients.get(name, 0))} for name in KINDS
        },
        "reasons": activity.quarantined,
        "files": [
            {
                "source": one.source,
                "lines": one.lines,
                "parsed": one.parsed,
                "quarantined": one.quarantined,
                "first": rfc3339(one.first) if one.first else None,
                "last": rfc3339(one.last) if one.last else None,
                "trouble": one.trouble,
            }
            for one in activity.files
        ],
    }


def _summary_text(told: dict[str, Any]) -> Iterator[str]:
    """Yield the summary's lines for people."""
    yield f"{told['lines']:,} lines = {told['parsed']:,} parsed + {told['quarantined']:,} quarantined"
    yield f"requests from {told['first'] or '-'} to {told['last'] or '-'}, of {told['clients']:,} clients"
    yield ""
    yield f"{'kind':<10}{'requests':>14}{'clients':>12}"
    for name, count in told["kinds"].items():
        yield f"{name:<10}{count['requests']:>14,}{count['clients']:>12,}"
    if told["reasons"]:
        yield ""
        yield "quarantined because (cutover logs quarantine lists the lines)"
        for reason, lines in sorted(told["reasons"].items(), key=lambda one: -one[1]):
            yield f"{lines:>12,}  {reason}"
    yield ""
    yield f"{'lines':>12}{'quarantined':>14}  file"
    for one in told["files"]:
        trouble = f"  ({printable(one['trouble'])})" if one["trouble"] else ""
        yield f"{one['lines']:>12,}{one['quarantined']:>14,}  {printable(one['source'])}{trouble}"
