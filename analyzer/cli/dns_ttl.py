"""`cutover dns ttl`: when to lower the TTLs, and when to raise them again."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analyzer.cli.console import duration_option, moment_option, printable, reader_may_leave
from analyzer.cli.dns_evidence import recorded, seen_at, state_file
from analyzer.cli.dns_options import Config, StateFile
from analyzer.errors import Fault, UsageError
from analyzer.units import rfc3339, spoken_duration

if TYPE_CHECKING:
    from datetime import datetime

    from analyzer.dns.advice import TtlAdvice
    from analyzer.dns.ttls import RecordTtl

SCHEMA = "cutover.dns-ttl/1"


class Form(StrEnum):
    """How it is printed."""

    TEXT = "text"
    JSON = "json"


def ttl(
    config: Config = Path("cutover.toml"),
    change: Annotated[str | None, typer.Option("--change", help="When the record is to be changed.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="Judge as of this moment; now, if absent.")] = None,
    *,
    lower_to: Annotated[str, typer.Option("--lower-to", help="What to lower the TTLs to.")] = "5m",
    form: Annotated[Form, typer.Option("--format", help="text for people, json for programs.")] = Form.TEXT,
    state: StateFile = None,
) -> None:
    """Say when to lower the records' TTLs before the change, and when to raise them again, from recorded answers.

    Record some first: `cutover dns snapshot --resolver authoritative` asks the zone's own servers, and plants nothing.

    Example: cutover dns ttl --config cutover.toml --change 2026-03-02T22:00:00Z
    """
    from analyzer.dns.advice import ttl_advice
    from analyzer.dns.ttls import record_ttls
    from analyzer.migration import load

    mine, moment = load(config), moment_option(at, "--at")
    snapshots = recorded(mine, state_file(mine, state))
    found = record_ttls(snapshots, names=mine.names, old=mine.old, new=mine.new, at=moment)
    if not found:
        remedy = "run cutover dns snapshot --resolver authoritative first"
        raise UsageError(Fault("no answer that tells a TTL was recorded", str(config), "", remedy))
    planned = seen_at(mine, snapshots, moment).changed_at if change is None else moment_option(change, "--change")
    low_s = duration_option(lower_to, "--lower-to")
    advised = [
        (one, ttl_advice(one.ttl_s, at=moment, change_at=planned, usual_ttl_s=one.usual_ttl_s, lower_to_s=low_s))
        for one in found
    ]
    with reader_may_leave():
        if form is Form.JSON:
            records = [_as_json(*one) for one in advised]
            whole = {
                "schema": SCHEMA,
                "at": rfc3339(moment.replace(microsecond=0)),
                "change_at": _moment(planned),
                "records": records,
            }
            typer.echo(json.dumps(whole, allow_nan=False))
        else:
            typer.echo("\n".join(line for one in advised for line in _as_text(*one)))


def _as_text(one: RecordTtl, advice: TtlAdvice) -> list[str]:
    """Return what to do with one record's TTL, as lines."""
    by = "" if one.authoritative else " or more, as caches show it"
    head = f"{printable(one.name)} {printable(one.type)}: {spoken_duration(one.ttl_s)}{by}"
    return [head, *(f"  {sentence}" for sentence in advice.sentences)]


def _as_json(one: RecordTtl, advice: TtlAdvice) -> dict[str, Any]:
    """Return the same as a JSON object."""
    return {
        "name": one.name,
        "type": one.type,
        "ttl_s": one.ttl_s,
        "usual_ttl_s": one.usual_ttl_s,
        "authoritative": one.authoritative,
        "lower_to_s": advice.lower_to_s,
        "lower_by": _moment(advice.lower_by),
        "lowest_at": rfc3339(advice.lowest_at),
        "raise_from": _moment(advice.raise_from),
        "raise_to_s": advice.raise_to_s,
        "late": advice.late,
        "forgotten": advice.forgotten,
        "sentences": list(advice.sentences),
    }


def _moment(moment: datetime | None) -> str | None:
    """Return a moment as contract text, if there is one."""
    return None if moment is None else rfc3339(moment)
