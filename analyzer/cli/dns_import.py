"""`cutover dns import`: what other programs recorded."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.console import reader_may_leave, say, warn
from analyzer.cli.dns_evidence import state_file
from analyzer.cli.dns_options import Config, StateFile
from analyzer.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.dns.snapshots import Broken

BAD_INPUT = 2


def import_(
    files: Annotated[list[str], typer.Argument(help='Recorded answers; "-" is standard input.')],
    config: Config = Path("cutover.toml"),
    state: StateFile = None,
    *,
    resolver: Annotated[
        str | None, typer.Option("--resolver", "-r", help="Who answered, where a file does not say it: kdig +json.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Append the contract's lines to this file too.")] = None,
    no_state: Annotated[bool, typer.Option("--no-state", help="Print the contract's lines, and keep nothing.")] = False,
) -> None:
    """Take in what other programs recorded: our own JSON lines, those of zdns, `dig +yaml` and `kdig +json`.

    Every answer needs its time, its resolver and its TTLs: kdig does not name the resolver, which --resolver does then.
    dnsdiag's JSON holds no addresses, doggo's and dog's no time: they cannot be used.

    Exit status: 0 something was taken in, 2 nothing was, or bad usage or bad input.

    `dig +yaml @9.9.9.9 app.example.com A | cutover dns import -` takes one answer.

    Example: cutover dns import zdns.jsonl dig.yaml --config cutover.toml
    """
    from analyzer.cli.dns_round import keep
    from analyzer.dns.foreign import translate
    from analyzer.dns.targets import target
    from analyzer.migration import load

    who = None if resolver is None else target(resolver).resolver
    kept = None if no_state else state_file(load(config), state)
    records: list[dict[str, object]] = []
    broken: list[Broken] = []
    for file in files:
        found = translate(_lines(file), file, who)
        records += found.records
        broken += found.broken
    warn(f"{one.source}:{one.line}: {one.reason}; it is left out" for one in broken)
    keep(records, kept, out)
    if no_state:
        with reader_may_leave():
            typer.echo("".join(json.dumps(one) + "\n" for one in records), nl=False)
    say(f"{len(records)} answers taken in, {len(broken)} left out")
    raise typer.Exit(0 if records else BAD_INPUT)


def _lines(path: str) -> Iterator[bytes]:
    """Yield a file's lines, each bounded."""
    from analyzer.dns.snapshots import LINE_BYTES

    try:
        with sys.stdin.buffer if path == "-" else Path(path).open("rb") as file:
            while line := file.readline(LINE_BYTES + 1):
                yield line
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise InputError(Fault(what, path, remedy="name a file of recorded answers")) from None
