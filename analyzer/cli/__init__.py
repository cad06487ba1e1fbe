"""The command `cutover`: parse, call one function, render, exit."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from analyzer.cli import dns, judge, logs, proxy, report
from analyzer.cli.canary import canary
from analyzer.cli.console import close_output, open_closed, printable, say
from analyzer.cli.downtime import downtime
from analyzer.cli.init import init
from analyzer.cli.metrics import metrics
from analyzer.cli.plan import plan
from analyzer.cli.rehearse import rehearse
from analyzer.cli.rules import rules
from analyzer.cli.schedule import schedule
from analyzer.cli.simulate import simulate
from analyzer.cli.status import status
from analyzer.cli.watch import watch
from analyzer.errors import CutoverError

BAD_INPUT = 2  # exit status of bad usage or bad input
VERBOSE = ("-v", "--verbose")
INTERRUPTED = 130  # exit status after Ctrl-C: 128 + SIGINT


class _Commands(TyperGroup):
    """The commands; typer would end with status 1 where the reader of the output has gone (`| head`)."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 -- typer's own context, and what a command returns
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            close_output()
            return 0


app = typer.Typer(
    name="cutover",
    cls=_Commands,
    help="Measures when the old server of a moved web application can go. Alone it says where the migration stands.",
    rich_markup_mode=None,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(init)
app.command()(judge.advise)
app.command()(judge.backtest)
app.command()(rules)
app.command()(plan)
app.command()(rehearse)
app.command()(canary)
app.command()(report.report)
app.command()(metrics)
app.command()(watch)
app.command()(schedule)
app.command()(simulate)
logs.app.command()(downtime)
app.add_typer(logs.app, name="logs")
app.add_typer(dns.app, name="dns")
app.add_typer(proxy.app, name="proxy")


def _version(*, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"cutover {version('cutover')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    *,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Add detail to errors; anywhere.")] = False,
    show_version: Annotated[
        bool, typer.Option("--version", callback=lambda value: _version(wanted=value), is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Say where the migration of this folder stands, if no command is given.

    `main` looks at --verbose itself, for errors of the command line too.
    """
    del verbose, show_version
    if context.invoked_subcommand is None and not status():
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(BAD_INPUT)


def main(arguments: list[str] | None = None) -> None:
    """Run the command and exit: 0, or what the command says, or 2 with one line an error on stderr."""
    given = sys.argv[1:] if arguments is None else arguments
    asked = [argument for argument in given if argument not in VERBOSE]  # it may stand before and after the command
    open_closed()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # no large matrices here; idle threads cost 0.1 s a start
    try:
        status = app(args=asked, prog_name="cutover", standalone_mode=False)
    except CutoverError as error:
        for fault in error.faults:
            say(f"cutover: {printable(str(fault))}")
        status = BAD_INPUT
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except Exception as error:  # noqa: BLE001 -- the last resort: one line, never a bare traceback
        status = _unexpected(error, detail=asked != given)
    sys.exit(status if isinstance(status, int) else 0)


def _unexpected(error: Exception, *, detail: bool) -> int:
    """Tell in one line what typer says of a wrong command line, or the system of a full disk, or a fault of our own."""
    told = getattr(error, "format_message", None)
    if type(error).__name__ == "NoArgsIsHelpError" and told is not None:  # typer keeps the class to itself
        say(str(told()))
        return BAD_INPUT
    if told is not None:
        say(f"cutover: {printable(' '.join(str(told()).split()))} (see --help)")
        return BAD_INPUT
    if isinstance(error, OSError) and error.strerror:
        close_output()
        say(f"cutover: {printable(str(error.filename or 'the output'))}: {error.strerror}; make room, or look at it")
        return BAD_INPUT
    say(f"cutover: a fault of cutover itself: {type(error).__name__}: {printable(str(error))[:300]}; -v shows where")
    if detail:
        import traceback

        say("".join(traceback.format_exception(error)))
    return 1
