"""`cutover logs check`: which format a log is in, how sure that is, and what it lacks for the job."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analyzer.cli.console import printable, warn
from analyzer.cli.log_options import ApacheConfig, Config, Files, Form, Format, Server, Shape, Which, wanted
from analyzer.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.logs.check import Check
    from analyzer.logs.second_opinion import Opinion

SCHEMA = "cutover.logs-check/1"
Opinions = Annotated[
    bool, typer.Option("--second-opinion/--no-second-opinion", help="Ask apache-log-parser about a sample too.")
]


def check(
    files: Files = None,
    log_format: Format = None,
    config: Config = None,
    server: Which = Server.OLD,
    *,
    apache_config: ApacheConfig = None,
    form: Shape = Form.TEXT,
    second_opinion: Opinions = True,
) -> None:
    """Say which format logs are in, how sure that is, what they lack, and what to add to the server.

    Example: cutover logs check /var/log/apache2/access.log --apache-config /etc/apache2/apache2.conf
    """
    from analyzer.logs.apache_config import apache_logs
    from analyzer.logs.check import check as checked
    from analyzer.logs.presets import AUTO
    from analyzer.logs.second_opinion import second_opinion as asked
    from analyzer.logs.sources import expand

    logs = wanted(files, log_format, config, server)
    named = None if logs.log_format == AUTO else logs.log_format
    found = checked(expand(logs.paths), apache_logs(apache_config) if apache_config else None, named)
    opinion = asked(found.log_format, found.sample) if second_opinion and found.log_format and found.tried else None
    warn(found.troubles)
    told = _told(found, opinion)
    if form is Form.TEXT:
        typer.echo("\n".join(_text(told)))
    else:
        typer.echo(json.dumps(told, indent=2 if form is Form.JSON else None))
    if found.log_format is None:
        remedy = "name it by --log-format, or the server's configuration by --apache-config"
        raise InputError(Fault(f"the format is not clear: {found.why}", found.files[0], remedy=remedy))


def _told(found: Check, opinion: Opinion | None) -> dict[str, Any]:
    """Return what is known as one object."""
    chosen = found.log_format
    return {
        "schema": SCHEMA,
        "files": list(found.files),
        "format": None if chosen is None else chosen.name,
        "log_format": None if chosen is None else chosen.text,
        "sure": found.sure,
        "why": found.why or None,
        "lines": {"tried": found.tried, "fitting": found.fitting},
        "next_best": {"format": found.next_name, "fitting": found.next_fitting} if found.next_name else None,
        "lacks": [{"what": lack.what, "so": lack.so, "needed": lack.needed} for lack in found.lacks],
        "add": list(found.advice),
        "second_opinion": None if opinion is None else _opinion(opinion),
    }


def _opinion(opinion: Opinion) -> dict[str, Any]:
    """Return what the other parser says as one object."""
    return {
        "parser": "apache-log-parser",
        "lines": opinion.asked,
        "same": opinion.same,
        "silent": opinion.silent or None,
        "differences": [
            {
                "why": one.why,
                "lines": one.lines,
                "examples": [
                    {"column": column, "ours": ours, "theirs": theirs} for column, ours, theirs in one.examples
                ],
            }
            for one in opinion.differences
        ],
    }


def _text(told: dict[str, Any]) -> Iterator[str]:
    """Yield the lines for people."""
    lines, best = told["lines"], told["next_best"]
    name = told["format"] or "not clear"
    yield f"format      {printable(name)}{'' if told['sure'] or not told['format'] else '  (not sure)'}"
    if told["format"] and told["log_format"] != told["format"]:
        for text in told["log_format"].splitlines():
            yield f"            {printable(text)}"
    yield f"fits        {lines['fitting']:,} of {lines['tried']:,} lines tried"
    yield f"next best   {printable(best['format'])}, {best['fitting']:,} lines" if best else "next best   no other fits"
    for n, lack in enumerate(told["lacks"]):
        yield f"{'' if n else 'lacks':<12}{lack['what']}: {lack['so']}"
    if told["format"] and not told["lacks"]:
        yield "lacks       nothing"
    for n, line in enumerate(told["add"]):
        yield f"{'' if n else 'add':<12}{line}"
    if told["second_opinion"]:
        yield from _opinion_text(told["second_opinion"])


def _opinion_text(told: dict[str, Any]) -> Iterator[str]:
    """Yield what the other parser says, for people."""
    yield ""
    yield f"{told['parser']} says the same of {told['same']:,} of {told['lines']:,} lines"
    if told["silent"]:
        yield f"  of the rest nothing: {told['silent']}"
    for one in told["differences"]:
        yield f"  {one['lines']:>6,}  {one['why']}"
        for example in one["examples"][:1]:
            ours, theirs = (printable(example[side])[:80] for side in ("ours", "theirs"))
            yield f"          {example['column']}: {ours} here, {theirs} there"
