"""Rows that have been gathered, kept as narrow columns in parts by client, so that few are summed up at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.logs.memory import give_back
from analyzer.logs.parts import below
from analyzer.logs.sums import CELL_KEYS, COUNTS, narrow, summed

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from analyzer.logs.sums import Column

_PARTS = 16
_ENOUGH = 1 << 16  # rows of a part; it is summed up when it has so many more, or half as many again, as before
_FIELDS = {"pair": "client", "start": "start", "part": "part", **{one: one for one in (*COUNTS, "first", "last")}}


class Kept:
    """Cells of clients by their number."""

    def __init__(self) -> None:
        self._chunks: list[list[dict[str, Column]]] = [[] for _ in range(_PARTS)]
        self._enough = [_ENOUGH] * _PARTS

    def add(self, rows: NDArray[Any]) -> None:
        """Keep rows, of `layout.CELL`; they may be written over afterwards."""
        part = rows["pair"] % _PARTS
        order = np.argsort(part.astype(np.int8), kind="stable")
        edges = np.concatenate(([0], np.cumsum(np.bincount(part, minlength=_PARTS)))).tolist()
        columns = {name: rows[field][order] for field, name in _FIELDS.items()}
        for which, chunks in enumerate(self._chunks):
            some = slice(edges[which], edges[which + 1])
            chunks.append({name: narrow(column[some].copy()) for name, column in columns.items()})
            if sum(len(one["start"]) for one in chunks) > self._enough[which]:
                chunks[:] = [summed(below(chunks), CELL_KEYS)]
                self._enough[which] = _ENOUGH + len(chunks[0]["start"]) * 3 // 2
        del columns, order, part
        give_back()

    def summed(self, threads: Executor) -> dict[str, Column]:
        """Return one row a client, stretch of time and part, and forget them; a client's stand together, in order."""
        return below(list(threads.map(_used_up, self._chunks)))


def _used_up(chunks: list[dict[str, Column]]) -> dict[str, Column]:
    """Return the sums of chunks, and forget them."""
    made = summed(below(chunks), CELL_KEYS)
    chunks.clear()
    give_back()
    return made
