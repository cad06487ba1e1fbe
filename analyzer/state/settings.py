"""What the numbers of a set of logs depend on: the format, the names, the proxies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.logs.engine import fold_for_bytes
from analyzer.logs.formats import spelled

if TYPE_CHECKING:
    from analyzer.logs.buffers import Buffers
    from analyzer.logs.formats import LogFormat


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What the numbers of a set of logs depend on, beside its lines.

    Attributes
    ----------
    written
        The format as the user names it.
    chosen
        The format that was found for it.
    trusted
        The proxies whose X-Forwarded-For is believed, as text.
    """

    written: str
    chosen: LogFormat
    names: tuple[str, ...]
    trusted: tuple[str, ...]

    def buffers_for(self, coming: int) -> Buffers:
        """Return buffers that suit what will sum up so much text [bytes]."""
        return fold_for_bytes(self.chosen, coming).buffers(self.chosen)

    def text(self) -> str:
        """Return them as one text; it also changes when grains come to mean something else."""
        rows = [1, self.written, self.chosen.name, spelled(self.chosen), sorted(self.names), sorted(self.trusted)]
        return json.dumps(rows)
