"""`cutover plan`: the checklist with computed times."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from analyzer.cli import plan_options as options
from analyzer.cli.console import moment_option, now, reader_may_leave
from analyzer.cli.plan_options import BATCH_AT, SWITCH, Dns, Form, OldServer, Packages
from analyzer.cli.servers import Config
from analyzer.errors import Fault, UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from analyzer.handover.checklist import Checklist, System
    from analyzer.handover.proxy import Server
    from analyzer.migration import Migration

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def plan(
    *,
    config: Config = Path("cutover.toml"),
    dns: options.ChangedBy = Dns.OWN,
    batch_at: options.BatchAt = BATCH_AT,
    move_at: options.MoveAt = None,
    zone: options.Zone = None,
    server: options.Server = OldServer.APACHE,
    system: options.System = Packages.DEBIAN,
    switch: options.Switch = SWITCH,
    offline: options.Offline = False,
    status: options.Status = False,
    ca: options.Authorities = None,
    state: options.State = None,
    form: options.Format = Form.TEXT,
) -> None:
    """Print the checklist of the cutover: who does what and when, the commands, what to expect, and the way back.

    The TTL of today is asked from the authoritative servers; --offline takes what is recorded or written in
    cutover.toml. --status ticks what the logs, the DNS answers, the canaries and the certificates show.

    Example: cutover plan --config cutover.toml --dns batch --batch-at 02:00 --zone Europe/Berlin --format html
    """
    from analyzer.cli.zone import reader_zone
    from analyzer.migration import load

    program = _program(server, system, switch)
    mine, local, at = load(config), reader_zone(zone), now()
    batch = _clock(batch_at) if dns is Dns.BATCH else None
    move = None if move_at is None else moment_option(move_at, "--move-at")
    made = _made(
        mine, at=at, move=move, batch=batch, local=local, switch=switch, offline=offline, state=state, program=program
    )
    if status:
        from analyzer.cli.plan_status import looked
        from analyzer.handover.checklist import ticked

        made = ticked(made, looked(mine, at, state, ca, offline=offline))
    with reader_may_leave():
        typer.echo(_rendered(made, form), nl=False)


def _program(server: OldServer, system: Packages, switch: str) -> tuple[Server, System]:
    """Return the old server's program and system, as the options name them."""
    from analyzer.handover.checklist import PROGRAMS, System
    from analyzer.handover.proxy import Server

    found = Server(server.value), System(system.value)
    if not PROGRAMS[found].switchable and switch != SWITCH:
        remedy = "leave it out: the whole configuration is put in place and reloaded"
        raise UsageError(Fault("HAProxy cannot look at a file", "--switch", switch, remedy))
    return found


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
    program: tuple[Server, System],
) -> Checklist:
    """Return the checklist with its times computed."""
    from analyzer.cli.plan_status import ttl_today
    from analyzer.handover.checklist import checklist, times
    from analyzer.handover.proxy.paths import safe_path

    place, (server, system) = safe_path(switch, "--switch"), program
    notes: tuple[str, ...] = ()
    if move is None:
        move, notes = _own_move(mine, state, at, local, batch=batch is not None)
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
    return checklist(
        mine,
        moments,
        ttl,
        at=at,
        dns=way.value,
        zone=local,
        switch=place,
        server=server,
        system=system,
        notes=notes,
    )


def _own_move(
    mine: Migration, state: Path | None, at: datetime, local: ZoneInfo, *, batch: bool
) -> tuple[datetime, tuple[str, ...]]:
    """Return the switch that is taken where none is given, and what is said of it."""
    from analyzer.cli.plan_status import change_known
    from analyzer.handover.checklist import move_before, proposed_move

    changed = change_known(mine, state, at)
    move = proposed_move(at, local) if changed is None else move_before(changed, local, batch=batch)
    taken = "a Tuesday morning that leaves two weeks" if changed is None else "what fits the change that is known"
    return move, (f"No --move-at is given: {taken} is taken.",)


def _rendered(made: Checklist, form: Form) -> str:
    """Return the checklist in a form."""
    import json

    from analyzer.handover import checklist as room

    if form is Form.JSON:
        return json.dumps(made.as_json(), allow_nan=False) + "\n"
    renderers = {Form.TEXT: room.text, Form.MARKDOWN: room.markdown, Form.HTML: room.page, Form.ICS: room.calendar}
    return renderers[form](made)
