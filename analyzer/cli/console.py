"""The terminal and the clock: the only module that prints talk, and the only one that knows what time it is."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from analyzer.errors import Fault, UsageError
from analyzer.units import parse_duration_s, parse_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TextIO

QUIET_S = 2.0  # [s] work shorter than this needs no progress bar
MOST_WARNINGS = 20  # lines of warning on one run; the rest is counted


def now() -> datetime:
    """Return the present moment, in UTC, to the microsecond: what was logged or asked just now is not later."""
    return datetime.now(UTC)


def this_second() -> datetime:
    """Return the second that has begun, in UTC: a log that writes whole seconds does not tell of it as earlier."""
    return now().replace(microsecond=0)


def say(text: str) -> None:
    """Print a line of talk on stderr."""
    typer.echo(text, err=True)


def once(tell: Callable[[str], None]) -> Callable[[str], None]:
    """Return what tells a sentence the first time only, however often it comes."""
    known: set[str] = set()

    def first(text: str) -> None:
        if text not in known:
            known.add(text)
            tell(text)

    return first


def warn(troubles: Iterable[str]) -> None:
    """Print one line a trouble on stderr; what could be read is used all the same."""
    told = list(dict.fromkeys(troubles))
    for trouble in told[:MOST_WARNINGS]:
        say(f"cutover: warning: {printable(trouble)}")
    if len(told) > MOST_WARNINGS:
        say(f"cutover: warning: {len(told) - MOST_WARNINGS} more troubles of this kind; they stand in the evidence")


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """Go on where the reader of our output has gone (`| head`): the exit status still tells the verdict."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        close_output()


def open_closed() -> None:
    """Open nothing in place of an output that is closed (`>&-`): Python has None there."""
    nowhere: TextIO | None = None
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = nowhere or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 -- open until the exit
            setattr(sys, name, nowhere)


def close_output() -> None:
    """Send what is still to be printed nowhere: nobody reads it, and a flush at the exit must not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def printable(text: str) -> str:
    """Return a text in which nothing moves a terminal's cursor."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def moment_option(text: str | None, option: str) -> datetime:
    """Return the moment that an option names, or the present one without it.

    Raises
    ------
    UsageError
        If the text is no moment, or one that no migration can have.
    """
    from analyzer.migration.values import FIRST_YEAR, LAST_YEAR

    if text is None:
        return now()
    try:
        moment = parse_moment(text)
    except ValueError as error:
        raise UsageError(Fault(str(error), option, text)) from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        remedy = "write one like 2026-03-02T22:00:00Z"
        raise UsageError(Fault(f"a time outside the years {FIRST_YEAR} to {LAST_YEAR}", option, text, remedy))
    return moment


def duration_option(text: str, option: str) -> float:
    """Return the seconds that an option names.

    Raises
    ------
    UsageError
        If the text is no duration.
    """
    try:
        return parse_duration_s(text)
    except ValueError as error:
        raise UsageError(Fault(str(error), option, text)) from None


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a callback (done, total) [bytes] that draws a bar on a terminal's stderr once two seconds have passed."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    bar = _Bar(title)
    try:
        yield bar.update
    finally:
        bar.close()


class _Bar:
    """A bar that appears late: rich is loaded only for work that takes long."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._begun_s = time.monotonic()
        self._close: Callable[[], None] | None = None
        self._draw: Callable[[int, int], None] | None = None

    def update(self, done: int, total: int) -> None:
        """Show so many of so many bytes."""
        if self._draw is None and time.monotonic() - self._begun_s > QUIET_S:
            self._open()
        if self._draw is not None:
            self._draw(done, total)

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

        columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        shown = Progress("{task.description}", *columns, console=Console(stderr=True), transient=True)
        task = shown.add_task(self._title, total=None)
        shown.start()
        self._close = shown.stop
        self._draw = lambda done, total: shown.update(task, completed=done, total=total)

    def close(self) -> None:
        """Take the bar away."""
        if self._close is not None:
            self._close()
