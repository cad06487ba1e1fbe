"""`cutover plan`: the checklist with computed times."""

from __future__ import annotations

import re
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.console import moment_option, now, reader_may_leave
from analyzer.cli.servers import Config
from analyzer.errors import Fault, UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from analyzer.handover.checklist import Checklist
    from analyzer.migration import Migration

SWITCH = "/etc/cutover/proxy-on"
BATCH_AT = "02:00"
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


class Form(StrEnum):
    """How it is printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"
    ICS = "ics"


class Dns(StrEnum):
    """Who changes the DNS."""

    OWN = "own"
    BATCH = "batch"


def plan(
    *,
    config: Config = Path("cutover.toml"),
    dns: Annotated[Dns, typer.Option("--dns", help="own: you edit the zone; batch: others do, at night.")] = Dns.OWN,
    batch_at: Annotated[str, typer.Option("--batch-at", help="Local time of the nightly batch.")] = BATCH_AT,
    move_at: Annotated[
        str | None, typer.Option("--move-at", help="The switch to the proxy; a Tuesday in two weeks, if absent.")
    ] = None,
    zone: Annotated[str | None, typer.Option("--zone", help="Time zone shown beside UTC: Europe/Berlin.")] = None,
    switch: Annotated[str, typer.Option("--switch", help="The file that turns the proxy on.")] = SWITCH,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody: use what is recorded.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Tick what can be seen from here.")] = False,
    ca: Annotated[Path | None, typer.Option("--ca", help="PEM file of the new certificate's authority.")] = None,
    state: Annotated[Path | None, typer.Option("--state", help="What was recorded; beside cutover.toml.")] = None,
    form: Annotated[
        Form, typer.Option("--format", help="text, markdown, html, json, or ics for calendars.")
    ] = Form.TEXT,
) -> None:
    """Print the checklist of the cutover: who does what and when, the commands, what to expect, and the way back.

    The TTL of today is asked from the authoritative servers; --offline takes what is recorded or written in
    cutover.toml. --status ticks what the logs, the DNS answers, the canaries and the certificates show.

    Example: cutover plan --config cutover.toml --dns batch --batch-at 02:00 --zone Europe/Berlin --format html
    """
    from analyzer.cli.zone import reader_zone
    from analyzer.migration import load

    mine, local, at = load(config), reader_zone(zone), now()
    batch = _clock(batch_at) if dns is Dns.BATCH else None
    move = None if move_at is None else moment_option(move_at, "--move-at")
    made = _made(mine, at=at, move=move, batch=batch, local=local, switch=switch, offline=offline, state=state)
    if status:
        from analyzer.cli.plan_status import looked
        from analyzer.handover.checklist import ticked

        made = ticked(made, looked(mine, at, state, ca, offline=offline))
    with reader_may_leave():
        typer.echo(_rendered(made, form), nl=False)


def _clock(text: str) -> time:
    """Return the local time that an option names."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise UsageError(Fault("not a time of day", "--batch-at", text, "write one like 02:00"))
    return time(int(match[1]), int(match[2]))


def _made(
    mine: Migration,
    *,
    at: datetime,
    move: datetime | None,
    batch: time | None,
    local: ZoneInfo,
    switch: str,
    offline: bool,
    state: Path | None,
) -> Checklist:
    """Return the checklist with its times computed."""
    from analyzer.cli.plan_status import change_known, ttl_today
    from analyzer.handover.checklist import checklist, move_before, proposed_move, times
    from analyzer.handover.proxy.paths import safe_path

    notes = []
    if move is None:
        changed = change_known(mine, state, at)
        move = proposed_move(at, local) if changed is None else move_before(changed, local, batch=batch is not None)
        taken = "a Tuesday morning that leaves two weeks" if changed is None else "what fits the change that is known"
        notes.append(f"No --move-at is given: {taken} is taken.")
    ttl = ttl_today(mine, state, offline=offline)
    moments = times(
        at=at,
        move=move,
        batch=batch,
        ttl_s=ttl.seconds,
        usual_ttl_s=ttl.usual_s,
        horizon_s=mine.policy.horizon_s,
        zone=local,
    )
    way = Dns.OWN if batch is None else Dns.BATCH
    place = safe_path(switch, "--switch")
    return checklist(mine, moments, ttl, at=at, dns=way.value, zone=local, switch=place, notes=tuple(notes))


def _rendered(made: Checklist, form: Form) -> str:
    """Return the checklist in a form."""
    import json

    from analyzer.handover import checklist as room

    if form is Form.JSON:
        return json.dumps(made.as_json(), allow_nan=False) + "\n"
    renderers = {Form.TEXT: room.text, Form.MARKDOWN: room.markdown, Form.HTML: room.page, Form.ICS: room.calendar}
    return renderers[form](made)
