"""Lines read by compiled code beside the same lines left to the strict reading, all of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from analyzer.logs.compiled.fold import CompiledFold
from analyzer.logs.compiled.worker import Taken, Worker
from analyzer.logs.reading import activity_of
from analyzer.logs.sources import Block, Ended

if TYPE_CHECKING:
    from analyzer.logs.activity import Activity
    from analyzer.logs.formats import LogFormat

NAMES = ("app.example.com",)
MOMENTS = (datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 23, 12, 0, 30, 500_000, tzinfo=UTC))
PIECES = ['"', " ", "\\", "\t", "\xe9", "", "-", ":", ",", "{", "}", "0", " - "]


@st.composite
def disturbed(draw: st.DrawFn, text: str) -> str:
    """Return a text, often as it is, or with a piece put in, taken out or written twice."""
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(text)))
        end = at + draw(st.integers(0, 3))
        more = draw(st.sampled_from([*PIECES, text[at:end] * 2]))
        text = text[:at] + more + text[end:]
    return text


def read(found: list[bytes], chosen: LogFormat) -> Activity:
    """Return the activity of lines of one file."""
    starts = np.cumsum([0, *map(len, found)]).astype(np.int32)
    block = Block("a", 1, np.frombuffer(b"".join(found), np.uint8), starts, cut=False, read_bytes=0)
    items = [block, Ended("a", len(found), None)]
    return activity_of(items, chosen, names=NAMES, moments=MOMENTS, fold=CompiledFold)


def leave_all(_worker: Worker, _data: object, starts: np.ndarray) -> Taken:
    """Take no line."""
    return Taken(0, np.arange(len(starts) - 1, dtype=np.int32), 0, 0)


def check(found: list[bytes], chosen: LogFormat) -> None:
    """Check that lines give the same whether compiled code takes some, or the strict reading all."""
    one = read(found, chosen)
    with patch.object(Worker, "take", leave_all):
        other = read(found, chosen)
    for frame in ("clients", "cells", "minutes"):
        pd.testing.assert_frame_equal(getattr(one, frame), getattr(other, frame))
    assert (one.files, one.quarantined) == (other.files, other.quarantined)
