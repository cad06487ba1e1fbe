"""`cutover schedule`: units or crontab lines that run it."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.console import duration_option, printable, reader_may_leave, say
from analyzer.cli.judge import Config
from analyzer.errors import Fault, UsageError

if TYPE_CHECKING:
    from analyzer.report.schedule import Job

LEAST_EVERY_S = 60.0


class Style(StrEnum):
    """Who runs it."""

    SYSTEMD = "systemd"
    CRON = "cron"


def schedule(
    *,
    config: Config = Path("cutover.toml"),
    every: Annotated[str, typer.Option("--every", help="From one run to the next: 15m, 1h, 1d.")] = "1h",
    style: Annotated[Style, typer.Option("--style", help="systemd or cron.")] = Style.SYSTEMD,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder of the report.")] = Path("report"),
    watch: Annotated[
        bool, typer.Option("--watch", help="A service that watches all the time, in place of a timer.")
    ] = False,
    email: Annotated[bool, typer.Option("--email", help="Mail the people in [mail].")] = False,
    dns: Annotated[bool, typer.Option(help="Ask the resolvers before each report.")] = True,
    user: Annotated[str, typer.Option("--user", help="Who runs it; an account without other rights.")] = "cutover",
    group: Annotated[
        str, typer.Option("--group", help="A further group, that may read the logs; '' for none.")
    ] = "adm",
    state: Annotated[Path | None, typer.Option("--state", help="What is kept; beside cutover.toml if absent.")] = None,
    units: Annotated[Path | None, typer.Option("--units", help="Write the units into this folder; else print.")] = None,
) -> None:
    """Print hardened units of systemd, or crontab lines, that run the report (or the watch) of this migration.

    Example: cutover schedule --config /etc/cutover/cutover.toml --every 1h --style systemd --email
    """
    from analyzer.report.schedule import cron, systemd, systemd_watch

    every_s = duration_option(every, "--every")
    if every_s < LEAST_EVERY_S:
        raise UsageError(Fault("too often", "--every", every, "write 1m or more"))
    job = _job(config, out, state, every_s, email=email, ask=dns, accounts=(user, group))
    if style is Style.CRON:
        if watch or units:
            raise UsageError(Fault("cron knows no units", "--style", "cron", "write --style systemd"))
        with reader_may_leave():
            typer.echo(cron(job), nl=False)
        return
    files = systemd_watch(job) if watch else systemd(job)
    if units is None:
        with reader_may_leave():
            typer.echo("\n".join(files.values()), nl=False)
    else:
        from analyzer.report.write import write

        for path in write(units, {name: text.encode() for name, text in files.items()}):
            say(f"wrote {printable(str(path))}")
    start = next(name for name in reversed(files))
    say(f"cutover: install with: systemctl daemon-reload && systemctl enable --now {start}")


def _job(
    config: Path, out: Path, state: Path | None, every_s: float, *, email: bool, ask: bool, accounts: tuple[str, str]
) -> Job:
    """Return what is to run, with absolute paths."""
    from analyzer.cli.dns_evidence import state_file
    from analyzer.migration import load
    from analyzer.report.schedule import Job, account

    mine, whole = load(config), config.absolute()
    mail = mine.mail
    if email and mail is None:
        raise UsageError(Fault("nobody is named to send it to", str(config), remedy="write [mail] with to and from"))
    return Job(
        program=(sys.executable, "-m", "analyzer"),
        config=whole,
        out=out.absolute(),
        state=state_file(mine, state).absolute(),
        name=mine.names[0],
        every_s=every_s,
        user=account(accounts[0], "--user"),
        group=account(accounts[1], "--group") if accounts[1] else None,
        email=email,
        ask=ask,
        needs_login=mail is not None and mail.user is not None and mail.password_file is None,
    )
