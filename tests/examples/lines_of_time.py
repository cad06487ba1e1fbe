"""Access-log lines that go on in time, and what has been read of them compared with one reading of all."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from analyzer.logs.reading import read_activity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from analyzer.logs.activity import Activity

START = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
MOMENTS = tuple(START + timedelta(seconds=s) for s in (-5, 100, 1_799, 1_800, 5_000, 86_400))
LINE = '192.0.2.%d - - [%s] "GET /%d HTTP/1.1" %d 5 "-" "agent %d"\n'


@dataclass
class Lines:
    """Makes lines, each another one, seven seconds apart; remembers all that it made."""

    step_s: int = 7
    made: list[bytes] = field(default_factory=list)

    def some(self, count: int) -> bytes:
        """Return the next lines; one in fifty is broken."""
        new = []
        for number in range(len(self.made), len(self.made) + count):
            at = (START + timedelta(seconds=number * self.step_s)).strftime("%d/%b/%Y:%H:%M:%S +0000")
            line = LINE % (number % 11, at, number, (200, 503, 404)[number % 3], number % 5)
            new.append((f"broken {number}\n" if number % 50 == 49 else line).encode())
        self.made += new
        return b"".join(new)


def same(one: Activity, other: Activity) -> None:
    """Assert that two activities are equal but for the files that they were read from."""
    for name in ("clients", "cells", "minutes"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert (one.moments, one.quarantined, one.has_host) == (other.moments, other.quarantined, other.has_host)
    for column in ("lines", "parsed", "quarantined"):
        assert sum(getattr(file, column) for file in one.files) == sum(getattr(file, column) for file in other.files)


def once(lines: Sequence[bytes], folder: Path, moments: Sequence[datetime] = MOMENTS) -> Activity:
    """Return the activity of one reading of all lines, each counted once."""
    path = folder / "all-lines.txt"
    path.write_bytes(b"".join(lines))
    return read_activity(str(path), "combined", moments=moments)
