"""`cutover report`: the verdict as a page, figures, tables and a mail."""

from __future__ import annotations

import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.console import moment_option, now, printable, reader_may_leave, say, warn
from analyzer.cli.dns_evidence import state_file
from analyzer.cli.judge import At, Config, judge
from analyzer.cli.memory import NoState, StateFile
from analyzer.cli.reverse import names_of
from analyzer.errors import CutoverError, Fault, UsageError

if TYPE_CHECKING:
    from analyzer.drain.advise import Judgement
    from analyzer.drain.evidence import Gathered
    from analyzer.handover.downtime import Downtime
    from analyzer.report.report import Report

AROUND_S = 86_400.0  # [s] before and after the change in which failed requests are counted


class Form(StrEnum):
    """A form of the report."""

    HTML = "html"
    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    CSV = "csv"


class Anonymise(StrEnum):
    """How addresses are made unrecognisable."""

    CUT = "cut"
    HASH = "hash"


Out = Annotated[Path | None, typer.Option("--out", "-o", help="The folder to write to; standard output if absent.")]
Zone = Annotated[str | None, typer.Option("--zone", help="Time zone shown beside UTC: Europe/Berlin.")]
Forms = Annotated[
    list[Form] | None, typer.Option("--format", help="text, markdown, html, json or csv; may be repeated with --out.")
]
TableName = Annotated[str, typer.Option("--table", help="Which table --format csv prints.")]
Email = Annotated[bool, typer.Option("--email", help="Send it to the people in [mail], once a state and day.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Write report.eml and send nothing.")]
Again = Annotated[bool, typer.Option("--again", help="Send it also if it was sent before.")]
Hidden = Annotated[
    Anonymise | None, typer.Option("--anonymise", help="Cut addresses to /24 and /48, or hash them with a key.")
]
Reverse = Annotated[bool, typer.Option("--reverse", help="Ask the DNS for the names of the clients that are left.")]
Resolver = Annotated[str, typer.Option("--resolver", help="Whom --reverse asks.")]
Measured = Annotated[
    bool, typer.Option("--downtime/--no-downtime", help="Measure failed requests and silences around the change.")
]


def report(
    *,
    out: Out = None,
    config: Config = Path("cutover.toml"),
    at: At = None,
    zone: Zone = None,
    forms: Forms = None,
    table: TableName = "clients",
    email: Email = False,
    dry_run: DryRun = False,
    again: Again = False,
    anonymise: Hidden = None,
    reverse: Reverse = False,
    resolver: Resolver = "system",
    downtime: Measured = True,
    state: StateFile = None,
    no_state: NoState = False,
) -> None:
    """Write the report: report.html, drain.png, dns.png, verdict.json and report.json; exit as `cutover advise` does.

    Example: cutover report --config cutover.toml --out report --zone Europe/Berlin --anonymise cut
    """
    from analyzer.cli.zone import reader_zone

    _possible(config, out, forms, mailing=email or dry_run)
    shown_in, moment = reader_zone(zone), moment_option(at, "--at")

    from analyzer.report.report import Report, findings
    from analyzer.report.veil import Veil, Way

    gathered, judged = judge(config, moment, state=state, no_state=no_state)
    kept = state_file(gathered.migration, state)
    measured = measured_downtime(gathered, judged) if downtime else None
    found = findings(gathered, judged, measured)
    if reverse and anonymise is None:
        found = replace(found, names=names_of((one.client for one in judged.verdict.stragglers), resolver))
    told = Report(found, shown_in)
    if anonymise is not None:
        told = Report(told.findings.veiled(Veil(Way(anonymise.value), _key(anonymise, kept))), shown_in)
    if out is not None:
        _write(out, told.files(form.value for form in forms or ()))
    if email or dry_run:
        _mail(told, out, kept, send=not dry_run, again=again)
    with reader_may_leave():
        if out is None and not (email or dry_run) and not forms and sys.stdout.isatty():
            _print_coloured(told)
        elif out is None and not (email or dry_run):
            typer.echo(_printed(told, forms[0] if forms else Form.TEXT, table), nl=False)
        else:
            typer.echo(judged.verdict.verdict)
    raise typer.Exit(judged.verdict.exit_status)


def _possible(config: Path, out: Path | None, forms: list[Form] | None, *, mailing: bool) -> None:
    """Refuse what standard output cannot hold, and a mail to nobody, before anything is read."""
    from analyzer.migration import load

    if mailing and load(config).mail is None:
        remedy = 'write [mail] with to = ["ops@example.com"] and from = "cutover@example.com"'
        raise UsageError(Fault("nobody is named to send it to", str(config), remedy=remedy))
    if out is None and mailing and forms:
        raise UsageError(
            Fault("a mail has its own form", "--format", remedy="leave it out, or name a folder with --out")
        )
    if out is None and forms and len(forms) > 1:
        remedy = "name a folder with --out, or one form"
        raise UsageError(Fault("standard output holds one form", "--format", ", ".join(forms), remedy))


def measured_downtime(gathered: Gathered, judged: Judgement) -> Downtime | None:
    """Return what was measured around the change; None, and a warning, where nothing can be."""
    from analyzer.cli.downtime import measured

    if judged.verdict.changed_at is None or gathered.migration.old_logs is None:
        return None
    try:
        return measured(gathered.migration, judged.verdict.changed_at, None, (AROUND_S, AROUND_S))
    except CutoverError as error:
        warn(str(fault) for fault in error.faults)
        return None


def _key(way: Anonymise, state: Path) -> bytes:
    """Return the key of hashes: the same in each report of a migration, and known to nobody else."""
    import os
    import secrets

    from analyzer.state import State

    if way is not Anonymise.HASH:
        return b""
    given = os.environ.get("CUTOVER_ANONYMISE_KEY")
    if given:
        return given.encode()
    with State.open(state) as kept:
        key = kept.noted("anonymise key") or secrets.token_hex(32)
        kept.note("anonymise key", key)
    return key.encode()


def _write(out: Path, files: dict[str, bytes]) -> None:
    """Write the files, and say so."""
    from analyzer.report.write import write

    for path in write(out, files):
        say(f"wrote {printable(str(path))}")


def _print_coloured(told: Report) -> None:
    """Print the text in colours, as wide as the terminal."""
    from rich.console import Console

    from analyzer.report.text import rich_text

    Console(highlight=False).print(rich_text(told.content))


def _printed(told: Report, form: Form, table: str) -> str:
    """Return what standard output gets."""
    import shutil

    if form is Form.HTML:
        return told.html()
    if form is Form.MARKDOWN:
        return told.markdown()
    if form is Form.JSON:
        return told.json()
    if form is Form.TEXT:
        return told.text(shutil.get_terminal_size((100, 24)).columns)
    found = next((one for one in told.tables if one.name == table), None)
    if found is None:
        names = ", ".join(one.name for one in told.tables)
        raise UsageError(Fault("no such table", "--table", table, f"write one of {names}"))
    return found.csv()


def _mail(told: Report, out: Path | None, state: Path, *, send: bool, again: bool) -> None:
    """Write report.eml where a folder was named or nothing shall be sent; send it."""
    import os
    import secrets
    import time

    from analyzer.report.mail.compose import fingerprint
    from analyzer.report.mail.post import letter, post
    from analyzer.state import State

    settings = told.findings.migration.mail
    if settings is None:  # it was there when the command began
        return
    key = fingerprint(told.findings.verdict, settings) + (secrets.token_hex(4) if again else "")
    mail = letter(told, settings, key, now())
    if out is not None or not send:
        _write(out or Path(), {"report.eml": mail.as_bytes()})
    if not send:
        return
    with State.open(state) as kept:
        refused = post(mail, settings, kept, key, environment=os.environ, sleep=time.sleep)
    if refused is None:
        say("cutover: not sent: a mail of this state was sent today; --again sends it all the same")
        return
    warn(f"{address} was refused: {why}" for address, why in refused)
    say(f"cutover: sent to {len(settings.to) - len(refused)} of {len(settings.to)}")
