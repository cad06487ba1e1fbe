"""A whole small migration for tests that spoil it, and how `advise` runs on it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import small_migration as small
from command import cutover

if TYPE_CHECKING:
    from pathlib import Path

    from command import Run


AT = "2026-03-05T22:00:00Z"  # three days after the change: one program still polls the old address, so: wait
OLD_LOG, NEW_LOG = "old.log", "new.log"


@cache
def lines_of(form: str) -> tuple[str, ...]:
    """Return the lines of the old server's log in a format."""
    return tuple(getattr(one, form)() for one in small.story().old)


def whole(folder: Path) -> Path:
    """Write a whole migration into a folder, and return that."""
    small.write(folder, small.Story((), small.story().new), small.toml())
    small.write_log(folder / OLD_LOG, lines_of("combined"))
    return folder


def configure(folder: Path, **parts: object) -> None:
    """Write another cutover.toml."""
    (folder / "cutover.toml").write_text(small.toml(**parts))  # type: ignore[arg-type] -- parts as toml takes them


def advise(folder: Path, at: str = AT, *, humbly: bool = False) -> Run:
    """Return how `cutover advise` ran, in the folder, with JSON on stdout."""
    return cutover("advise", "--config", folder / "cutover.toml", "--at", at, "--format", "json", humbly=humbly)
