"""`cutover dns snapshot` and `dns resolvers`: the commands that ask."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analyzer.cli.console import now, printable, reader_may_leave, say, warn
from analyzer.cli.dns_evidence import state_file
from analyzer.cli.dns_options import TIME_LIMIT, Authorities, Config, OwnList, Resolvers, StateFile, TimeLimit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.cli.dns_round import Asked
    from analyzer.dns.propagation import Propagation

PROBE = "example.com"  # what resolvers are tried with: IANA keeps it for such uses (RFC 6761 s6.5)


class Form(StrEnum):
    """How a snapshot is printed."""

    TEXT = "text"
    JSONL = "jsonl"


class ListForm(StrEnum):
    """How the list is printed."""

    TEXT = "text"
    JSON = "json"


def snapshot(
    *,
    config: Config = Path("cutover.toml"),
    resolver: Resolvers = None,
    own_list: OwnList = None,
    form: Annotated[Form, typer.Option("--format", help="text for people; jsonl: the contract's lines.")] = Form.TEXT,
    out: Annotated[Path | None, typer.Option("--out", help="Append the contract's lines to this file too.")] = None,
    state: StateFile = None,
    no_state: Annotated[bool, typer.Option("--no-state", help="Keep nothing but what --out and stdout get.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
    no_recursion: Annotated[
        bool, typer.Option("--no-recursion", help="Ask only for what is in the caches: nothing is planted there.")
    ] = False,
    subnet: Annotated[
        str | None, typer.Option("--subnet", help="Tell resolvers this client network (EDNS client subnet).")
    ] = None,
    time_limit: TimeLimit = TIME_LIMIT,
    ca: Authorities = None,
) -> None:
    """Ask the resolvers once for every name's A, AAAA and HTTPS; record and print the answers.

    Exit status: 0 all new, 10 somebody still old, 12 no usable answer, 2 bad usage or bad input.

    Example: cutover dns snapshot --config cutover.toml --resolver public --resolver authoritative --format jsonl
    """
    from analyzer.cli.dns_round import prepared
    from analyzer.cli.dns_words import exit_status

    recurse = not no_recursion
    asked = prepared(
        config, resolver=resolver, own_list=own_list, time_limit=time_limit, ca=ca, subnet=subnet, recurse=recurse
    )
    if dry_run:
        _print_plan(asked)
        return
    records, seen = _round(asked, state_file(asked.mine, state), out, no_state=no_state)
    _print(records, seen, form)
    raise typer.Exit(exit_status(seen))


def _round(
    asked: Asked, state: Path, out: Path | None, *, no_state: bool
) -> tuple[Sequence[dict[str, Any]], Propagation]:
    """Ask, record, and return the answers and what all that is recorded says; what the state holds sets the pace."""
    from analyzer.cli.dns_pace import UNSENT, paced
    from analyzer.cli.dns_round import judged, keep, take, warn_planted

    records = take(asked, paced(state, now()), say)
    if records and all(one["error"] == UNSENT for one in records):
        warn(["no resolver can be reached from here: is there a network?"])
    file = None if no_state else state
    keep(records, file, out)
    seen = judged(asked.mine, records, file)
    warn_planted(asked, records, seen)
    return records, seen


def resolvers(
    which: Annotated[list[str] | None, typer.Argument(help="Sets, names, addresses, URLs; all of the list.")] = None,
    try_them: Annotated[bool, typer.Option("--try", help="Ask each of them once, and say how it went.")] = False,
    form: Annotated[ListForm, typer.Option("--format", help="text for people, json for programs.")] = ListForm.TEXT,
    time_limit: TimeLimit = TIME_LIMIT,
    ca: Authorities = None,
) -> None:
    """List resolvers by name: what `--resolver` and [dns] resolvers understand; with --try, ask each one question.

    Example: cutover dns resolvers public --try
    """
    import json

    from analyzer.cli.dns_round import limits_of
    from analyzer.dns.ask import ask_all, system_resolvers
    from analyzer.dns.catalogue import select
    from analyzer.dns.message import Ask

    targets = select(which or ["all"], system=system_resolvers()).targets
    tried: Sequence[dict[str, Any] | None] = [None] * len(targets)
    if try_them:
        tried = ask_all([Ask(one, PROBE, "A") for one in targets], clock=now, limits=limits_of(time_limit, ca, None))
    rows = [
        {"resolver": one.resolver, "transport": one.transport, "operator": one.operator, "country": one.country}
        | ({} if found is None else {key: found[key] for key in ("rcode", "error", "elapsed_ms", "nsid")})
        for one, found in zip(targets, tried, strict=True)
    ]
    with reader_may_leave():
        if form is ListForm.JSON:
            typer.echo(json.dumps(rows, allow_nan=False))
        else:
            typer.echo("\n".join(_resolver_row(row) for row in rows))


def _print(records: Sequence[dict[str, Any]], seen: Propagation, form: Form) -> None:
    """Print the answers, or what they say."""
    import json

    from analyzer.cli.dns_table import print_text

    with reader_may_leave():
        if form is Form.JSONL:
            typer.echo("".join(json.dumps(one, allow_nan=False) + "\n" for one in records), nl=False)
        else:
            print_text(seen)


def _print_plan(asked: Asked) -> None:
    """Print what would be sent; the search for the zones' servers would be sent too, and so is only told."""
    from analyzer.dns.plan import plan

    found = plan(asked.mine.names, asked.selection.targets, recurse=asked.recurse, floor_s=asked.limits.floor_s)
    lines = [f"{ask.target.resolver}  {ask.target.transport}  {ask.name}  {ask.type}" for ask in found.asks]
    for sentence in found.sentences() if found.asks else ():
        say(sentence)
    if asked.selection.authoritative:
        say("The zones' own servers would be searched for, and asked for the same, SOA and NS, without recursion.")
    with reader_may_leave():
        typer.echo("".join(printable(line) + "\n" for line in lines), nl=False)


def _resolver_row(row: dict[str, Any]) -> str:
    """Return one resolver as a line of the list."""
    cells = [f"{row['resolver']:<44}", f"{row['transport']:<5}", f"{row['country']:<5}", f"{row['operator']:<22}"]
    if "elapsed_ms" in row:
        cells += [f"{row['error'] or row['rcode']:<12}", f"{row['elapsed_ms']:.0f} ms", row["nsid"] or ""]
    return printable("  ".join(cells)).rstrip()
