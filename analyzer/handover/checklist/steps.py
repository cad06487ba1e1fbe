"""The table of steps and a migration -> its checklist."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined, Template

from analyzer.handover.checklist.facts import facts
from analyzer.handover.checklist.model import Checklist, Step, Ttl
from analyzer.handover.checklist.programs import PROGRAMS, System
from analyzer.handover.proxy.model import Server
from analyzer.units import spoken_duration
from analyzer.words import stamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from analyzer.handover.checklist.times import Times
    from analyzer.migration import Migration

ASSUMED = (
    "Ask without --offline, record it with cutover dns snapshot --resolver authoritative, or write ttl in [migration]."
)
LOWERING = {"ttl-lower", "ttl-ask", "ttl-raise"}  # steps of a TTL that is lowered and raised again
SWITCH = "/etc/cutover/proxy-on"  # made by `touch`, removed by `rm`: the proxy acts while it exists


def checklist(
    mine: Migration,
    moments: Times,
    ttl: Ttl,
    *,
    at: datetime,
    dns: str,
    zone: ZoneInfo,
    switch: str = SWITCH,
    server: Server = Server.APACHE,
    system: System = System.DEBIAN,
    notes: tuple[str, ...] = (),
) -> Checklist:
    """Return the checklist of a migration.

    Parameters
    ----------
    moments, ttl
        When, and the TTL that the times follow from.
    at
        Now, UTC.
    dns
        `own` or `batch`.
    switch
        The file whose existence turns the proxy on.
    server, system
        The old server's program, and whose packages it has.
    notes
        What was assumed, put before what the times themselves say.
    """
    named = facts(mine, moments, ttl, dns=dns, switch=switch, zone=zone, server=server, system=system)
    fitting = _rows(dns, ipv6=bool(named["new6"]), lowered=ttl.usual_s > moments.low_ttl_s)
    known = {row["id"] for row in fitting}
    rows = [_of(row, PROGRAMS[server, system].overrides) for row in fitting]
    steps = [_step(row, known, named, moments=moments, at=at, zone=zone) for row in rows]
    return Checklist(
        names=mine.names,
        at=at,
        zone=zone,
        dns=dns,
        ttl=ttl,
        times=moments,
        steps=tuple(sorted(steps, key=lambda one: one.at)),
        notes=(*notes, *_own_notes(moments, ttl, at, zone)),
    )


def _rows(dns: str, *, ipv6: bool, lowered: bool) -> list[dict[str, Any]]:
    """Return the rows that fit who changes the DNS, the new server's families, and whether a TTL is lowered."""
    rows = [row for row in table() if row.get("when", dns) == dns and row.get("ipv6", ipv6) == ipv6]
    return rows if lowered else [row for row in rows if row["id"] not in LOWERING]


def _of(row: Mapping[str, Any], overrides: tuple[str, ...]) -> dict[str, Any]:
    """Return a row with the texts that a program wants in place of its own."""
    return {key: value for table in (row, *(row.get(name, {}) for name in overrides)) for key, value in table.items()}


@cache
def table() -> tuple[dict[str, Any], ...]:
    """Return the rows of the table of steps."""
    file = resources.files("analyzer.handover.checklist").joinpath("templates/steps.toml")
    return tuple(tomllib.loads(file.read_text(encoding="utf-8"))["step"])


@cache
def _environment() -> Environment:
    """Return the template engine of the texts: each renderer escapes for its own form, what is missing is an error."""
    return Environment(autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 -- no HTML is made here


def _step(
    row: Mapping[str, Any], known: set[str], named: Mapping[str, Any], *, moments: Times, at: datetime, zone: ZoneInfo
) -> Step:
    """Return a row with its texts filled in and its time computed."""
    told = {key: _filled(row.get(key, ""), named) for key in ("title", "text", "command", "expect", "undo")}
    when = moments.moment(row["at"], zone)
    return Step(
        id=row["id"],
        phase=row["phase"],
        owner=row["owner"],
        at=when,
        title=told["title"],
        text=told["text"],
        commands=tuple(line for line in told["command"].split("\n") if line.strip()),
        expect=told["expect"],
        undo=told["undo"] or None,
        needs=tuple(one for one in row.get("needs", ()) if one in known),
        late=when < at,
    )


def _filled(text: str, named: Mapping[str, Any]) -> str:
    """Return a text with its names filled in."""
    return _template(text).render(named).strip()


@cache
def _template(text: str) -> Template:
    """Return a text of the table, compiled."""
    return _environment().from_string(text)


def _own_notes(moments: Times, ttl: Ttl, at: datetime, zone: ZoneInfo) -> list[str]:
    """Return what does not fit, or was assumed."""
    told = []
    if ttl.assumed:
        told.append(f"The TTL of today is not known; {spoken_duration(ttl.seconds)} is assumed. {ASSUMED}")
    if moments.late:
        tail, until = spoken_duration(moments.tail_s), stamp(moments.drained, zone, up=True).both
        held = f"caches may hold the old address for {tail} after the change, until {until}"
        told.append(f"It is too late to lower the TTL for this move: {held}.")
    if moments.move < at:
        told.append("The move lies in the past: the steps before it are shown as they should have been.")
    return told
