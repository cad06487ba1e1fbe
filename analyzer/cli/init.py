"""`cutover init`: a new cutover.toml."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from analyzer.cli.console import printable, say
from analyzer.errors import Fault, InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = "cutover.toml"
MOST_QUESTIONS = 5  # times that a wrong answer on the terminal is asked for again
T = TypeVar("T")


def init(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="The host names that move.")] = None,
    old: Annotated[list[str] | None, typer.Option(help="Address of the old server; may be repeated.")] = None,
    new: Annotated[list[str] | None, typer.Option(help="Address of the new server; may be repeated.")] = None,
    staging: Annotated[str | None, typer.Option(help="The temporary name of the new server.")] = None,
    folder: Annotated[Path, typer.Option("--dir", help="Where to write it.")] = Path(),
    *,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a commented cutover.toml. What is missing is asked for, on a terminal only.

    Example: cutover init app.example.com --old 192.0.2.4 --new 198.51.100.5
    """
    from analyzer.migration import template, values

    path = folder / FILE
    if not force and os.path.lexists(path):
        raise UsageError(Fault("there is one already", str(path), "", "look at it, or write over it with --force"))
    checked_names = _checked(names, "NAME", "Host name that moves", values.host_name)
    checked_old = _checked(old, "--old", "Address of the old server", values.address)
    checked_new = _checked(new, "--new", "Address of the new server", values.address)
    both = next((one for one in checked_new if one in checked_old), None)
    if both is not None:
        remedy = "an address belongs to the old or to the new server"
        raise UsageError(Fault("an old address too", "--new", str(both), remedy))
    temporary = None if staging is None else _checked([staging], "--staging", "", values.host_name)[0]
    if temporary in checked_names:
        raise UsageError(Fault("also a name that moves", "--staging", str(temporary), "name another, or none"))
    _write(path, template(checked_names, checked_old, checked_new, staging=temporary))
    say(f"cutover: wrote {printable(str(path))}: check the paths of the logs in it, then: cutover advise --config …")


def _checked(given: list[str] | None, option: str, question: str, check: Callable[[object], T]) -> list[T]:
    """Return the values given or asked for, checked, each once.

    Raises
    ------
    UsageError
        If there are none and nobody to ask, or one is bad.
    """
    from analyzer.migration.values import Refused

    if not given and sys.stdin.isatty() and sys.stderr.isatty():
        return [_asked(question, check)]
    if not given:
        raise UsageError(Fault(f"{option} is missing", "init", "", "cutover init NAME --old ADDRESS --new ADDRESS"))
    checked = []
    for value in given:
        try:
            checked.append(check(value))
        except Refused as refused:
            raise UsageError(Fault(refused.what, option, value, refused.remedy)) from None
    return list(dict.fromkeys(checked))


def _asked(question: str, check: Callable[[object], T]) -> T:
    """Return what a person answers, asked again where it is wrong."""
    from analyzer.migration.values import Refused

    for _ in range(MOST_QUESTIONS):
        answer = str(typer.prompt(question, err=True))
        try:
            return check(answer.strip())
        except Refused as refused:
            say(str(Fault(refused.what, value=answer, remedy=refused.remedy)))
    raise UsageError(Fault("no usable answer", question, "", "give it on the command line"))


def _write(path: Path, text: str) -> None:
    """Write the file whole or not at all."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half.write_text(text, encoding="utf-8")
        half.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            half.unlink(missing_ok=True)
        remedy = "choose another folder with --dir"
        raise InputError(Fault(f"cannot be written: {error.strerror}", str(path), "", remedy)) from None
