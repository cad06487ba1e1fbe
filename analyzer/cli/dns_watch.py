"""`cutover dns watch`: ask again and again."""

from __future__ import annotations

import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.console import duration_option, now, once, reader_may_leave, say
from analyzer.cli.dns_evidence import state_file
from analyzer.cli.dns_options import TIME_LIMIT, Authorities, Config, OwnList, Resolvers, StateFile, TimeLimit
from analyzer.errors import Fault, UsageError
from analyzer.units import spoken_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.cli.dns_round import Asked
    from analyzer.dns.propagation import Propagation

JITTER = 0.1  # share of the pause by which it varies: many watchers must not ask in step


class Form(StrEnum):
    """How each round is printed."""

    TEXT = "text"
    JSONL = "jsonl"


def watch(
    config: Config = Path("cutover.toml"),
    resolver: Resolvers = None,
    own_list: OwnList = None,
    state: StateFile = None,
    *,
    every: Annotated[str, typer.Option("--every", help="The pause between two rounds: 5m, 90s.")] = "5m",
    count: Annotated[int | None, typer.Option("--count", min=1, help="End after so many rounds.")] = None,
    until_new: Annotated[bool, typer.Option("--until-new", help="End when nobody can be old any more.")] = False,
    form: Annotated[Form, typer.Option("--format", help="text; jsonl: as dns show, one line a round.")] = Form.TEXT,
    out: Annotated[Path | None, typer.Option("--out", help="Append the contract's lines to this file too.")] = None,
    time_limit: TimeLimit = TIME_LIMIT,
    ca: Authorities = None,
) -> None:
    """Ask the resolvers again and again, record the answers, and show who is still on the old address.

    Ends by Ctrl-C, --count or --until-new. Exit status: 0 all new, 10 somebody still old, 12 no usable answer, 2 bad
    usage or bad input.

    Example: cutover dns watch --config cutover.toml --every 5m --until-new
    """
    import random

    from analyzer.cli.dns_round import prepared
    from analyzer.cli.dns_words import ALL_NEW, exit_status

    asked = prepared(config, resolver=resolver, own_list=own_list, time_limit=time_limit, ca=ca)
    pause_s = _pause_s(every, asked)
    status = ALL_NEW
    try:
        for number, seen in enumerate(_rounds(asked, state_file(asked.mine, state), out), start=1):
            with reader_may_leave():
                _print(seen, form)
            status = exit_status(seen)
            if number == count or (until_new and status == ALL_NEW):
                break
            time.sleep(pause_s * random.uniform(1, 1 + JITTER))  # noqa: S311 -- only so that watchers fall out of step
    except KeyboardInterrupt:
        say("interrupted")
    raise typer.Exit(status)


def _rounds(asked: Asked, file: Path, out: Path | None) -> Iterator[Propagation]:
    """Ask and record again and again; yield what all that is recorded says after each round."""
    from analyzer.cli.dns_pace import paced
    from analyzer.cli.dns_round import judged, keep, take, warn_planted

    pace, tell, warned = paced(file, now()), once(say), False
    while True:
        records = take(asked, pace, tell)
        keep(records, file, out)
        seen = judged(asked.mine, records, file)
        if not warned:
            warn_planted(asked, records, seen)
            warned = True
        yield seen


def _pause_s(every: str, asked: Asked) -> float:
    """Return the pause between two rounds [s], if the resolvers can be asked so often."""
    from analyzer.dns.plan import least_pause_s

    pause_s = duration_option(every, "--every")
    least_s = least_pause_s(asked.selection.targets)
    if pause_s < least_s:
        remedy = f"ask every {spoken_duration(least_s)} or more rarely: others pay for these resolvers"
        raise UsageError(Fault("too often", "--every", every, remedy))
    return pause_s


def _print(seen: Propagation, form: Form) -> None:
    """Print one round: a table in place of the last one on a terminal, lines elsewhere."""
    import json

    from analyzer.cli.dns_table import print_text
    from analyzer.cli.dns_words import as_json

    if form is Form.JSONL:
        typer.echo(json.dumps(as_json(seen), allow_nan=False))
    else:
        print_text(seen, clear=True)
        if not sys.stdout.isatty():
            typer.echo("")
    sys.stdout.flush()
