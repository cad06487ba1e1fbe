"""`cutover canary`: proof that the old log lives and the proxy works."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.console import duration_option, printable, reader_may_leave, this_second, warn
from analyzer.cli.servers import Config, Scheme, server_option
from analyzer.errors import Fault, StateError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.handover.canary import Canary
    from analyzer.migration import Migration

LONGEST_WAIT_S = 3_600.0


class Form(StrEnum):
    """How it is printed."""

    TEXT = "text"
    JSON = "json"


def canary(
    *,
    config: Config = Path("cutover.toml"),
    scheme: Annotated[Scheme, typer.Option("--scheme", help="How the old server is asked.")] = Scheme.HTTPS,
    old: Annotated[str | None, typer.Option("--old", help="The old server: ADDRESS[:PORT].")] = None,
    name: Annotated[str | None, typer.Option("--name", help="The host name asked for; the first of names.")] = None,
    ca: Annotated[Path | None, typer.Option("--ca", help="PEM file of the certificate's authority.")] = None,
    wait: Annotated[str, typer.Option("--wait", help="How long the logs are watched: 30s, 2min.")] = "30s",
    proxied: Annotated[bool, typer.Option("--proxied", help="Fail too if the new server was not reached.")] = False,
    state: Annotated[Path | None, typer.Option("--state", help="Where it is recorded; beside cutover.toml.")] = None,
    no_state: Annotated[bool, typer.Option("--no-state", help="Record nothing.")] = False,
    form: Annotated[Form, typer.Option("--format", help="text for people, json for programs.")] = Form.TEXT,
) -> None:
    """Send one harmless marked request to the old address, and look for it in both logs.

    It asks for /.well-known/cutover-canary/MARK, where no application answers. The result is recorded: silence in a
    log that showed a canary is nobody's coming. Exit status: 0 the old log showed it, 10 it did not (or, with
    --proxied, the new server was not reached), 2 bad usage or bad input.

    Example: cutover canary --config cutover.toml --proxied --wait 1min
    """
    from analyzer.migration import load

    mine = load(config)
    found = sent(mine, scheme, old=old, name=name, wait_s=_wait_s(wait), ca=ca)
    if not no_state:
        record(found, state or mine.source.with_name("cutover.sqlite"))
    _print(found, form)
    raise typer.Exit(found.exit_status(proxied=proxied))


def sent(
    mine: Migration,
    scheme: Scheme,
    *,
    old: str | None = None,
    name: str | None = None,
    wait_s: float,
    ca: Path | None = None,
) -> Canary:
    """Send a canary to the old server, and return what became of it."""
    import secrets
    from importlib.metadata import version

    from analyzer.handover.canary import send

    return send(
        server_option("old", old, mine.old, scheme),
        _name(mine, name),
        at=this_second(),
        mark=secrets.token_hex(8),
        agent=f"cutover-canary/{version('cutover')}",
        old_logs=mine.old_logs,
        new_logs=mine.new_logs,
        wait_s=wait_s,
        ca=ca,
    )


def _name(mine: Migration, name: str | None) -> str:
    """Return the host name that is asked for."""
    if name is not None and name not in mine.names:
        raise UsageError(Fault("not one of the migration's names", "--name", name, f"take {mine.names[0]}"))
    return name or mine.names[0]


def _wait_s(wait: str) -> float:
    """Return how long the logs are watched [s]."""
    wait_s = duration_option(wait, "--wait")
    if wait_s > LONGEST_WAIT_S:
        raise UsageError(Fault("longer than an hour", "--wait", wait, "watch for a shorter time"))
    return wait_s


def record(found: Canary, path: Path) -> None:
    """Keep it in the state; where that cannot be written the answer counts all the same."""
    import json

    from analyzer.state import State

    try:
        with State.open(path) as kept:
            kept.note(found.key, json.dumps(found.as_json(), allow_nan=False))
    except StateError as error:
        warn([f"{error.faults[0]} (the canary is not recorded)"])


def _print(found: Canary, form: Form) -> None:
    """Print it."""
    import json

    with reader_may_leave():
        if form is Form.JSON:
            typer.echo(json.dumps(found.as_json(), allow_nan=False))
        else:
            typer.echo("\n".join(_text(found)))


def _text(found: Canary) -> Iterator[str]:
    """Yield what became of it."""
    answer = f"status {found.status}" if found.error is None else f"no answer: {printable(found.error)}"
    yield f"asked {found.server} for {found.name}: {answer} after {found.elapsed_ms:.0f} ms"
    if found.logged:
        yield f"old log: it is there, after {found.logged_after_s:.1f} s: the log lives"
    elif found.logged is None:
        yield "old log: not a local file that grows, so it cannot be told; run this where the log is"
    else:
        yield "old log: not seen: it is buffered, written elsewhere, or dead"
    proofs = {
        "new-log": "reached: its log has it, so the proxy works",
        "handler": "reached: the old log says that it was proxied",
        "status": "not reached: the proxy says so itself",
    }
    unknown = "not known whether it was reached: neither log shows it"
    yield f"new server: {proofs.get(found.proof or '', unknown)}"
