"""What a command that judges remembers: `--state FILE` and `--no-state`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.console import warn
from analyzer.errors import StateError

if TYPE_CHECKING:
    from analyzer.logs.activity import Activity
    from analyzer.migration import Migration

StateFile = Annotated[
    Path | None,
    typer.Option("--state", help="What was read and asked before; cutover.sqlite beside cutover.toml, if it is there."),
]
NoState = Annotated[bool, typer.Option("--no-state", help="Read all files as a whole, and remember nothing.")]
STATE_NAME = "cutover.sqlite"


@dataclass(frozen=True, slots=True)
class Memory:
    """How logs are read, and the DNS answers recorded before.

    Attributes
    ----------
    read
        Reads logs, as `read_activity` does.
    questions
        Recorded answers, as JSON lines.
    """

    read: Callable[..., Activity]
    questions: tuple[str, ...] = ()


@contextmanager
def memory(
    mine: Migration, state: Path | None, *, no_state: bool, tell: Callable[[str], None] | None = None
) -> Iterator[Memory]:
    """Yield how a migration's logs are read: with its state, if it has one or one is named; else as they are.

    A state that cannot be used is told, and done without.

    Parameters
    ----------
    tell
        Takes what is told; a warning on stderr by default.
    """
    from analyzer.logs.reading import read_activity

    said = tell or (lambda text: warn([text]))
    path = state or mine.source.with_name(STATE_NAME)
    with ExitStack() as stack:
        found = None
        if not no_state and (state is not None or path.exists()):
            found = _opened(path, said, stack)
        yield found or Memory(read_activity)


def _opened(path: Path, tell: Callable[[str], None], stack: ExitStack) -> Memory | None:
    """Return the memory in a state; None if it cannot be used, which is told."""
    from analyzer.state import State
    from analyzer.state.remembering import Remembering

    try:
        state = stack.enter_context(State.open(path))
        return Memory(Remembering(state, tell), tuple(state.questions()))
    except StateError as error:
        tell(f"{error.faults[0]}; done without it")
        return None
