"""`read_activity`, but only what is new is read: the state knows the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.errors import StateError
from analyzer.logs.reading import read_activity
from analyzer.state.grains import Straddled

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from analyzer.logs.activity import Activity
    from analyzer.logs.forwarded import Network
    from analyzer.state.state import State

CUT = "a moment asked for lies within one second's requests: the logs are read again as a whole"


class Remembering:
    """Reads logs as `read_activity` does, with the same result, and remembers them.

    Where the state cannot be used, or cannot be cut at a moment, the files are read as they are, and that is told.
    """

    def __init__(self, state: State, tell: Callable[[str], None]) -> None:
        self._state, self._tell = state, tell

    def __call__(
        self,
        paths: Sequence[str],
        log_format: str,
        *,
        names: Collection[str] = (),
        moments: Sequence[datetime] = (),
        trusted: Collection[Network] = (),
        progress: Callable[[int, int], None] | None = None,
    ) -> Activity:
        """Return the activity of all that has ever been read of these logs.

        Raises
        ------
        InputError
            As by `read_activity`.
        """
        try:
            reader = self._state.read_logs(paths, log_format, names=names, trusted=trusted, progress=progress)
            if reader.forgotten:
                self._tell("format, names or proxies are others than before: the logs were read again as a whole")
            return reader.activity(moments)
        except Straddled:
            self._tell(CUT)
        except StateError as error:
            self._tell(f"{error.faults[0]}; what is known of earlier logs is left out")
        return read_activity(paths, log_format, names=names, moments=moments, trusted=trusted, progress=progress)
