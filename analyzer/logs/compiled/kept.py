"""Rows that have been gathered, kept as narrow columns in parts by client, so that few are summed up at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.logs.compiled.layout import CELL
from analyzer.logs.memory import give_back
from analyzer.logs.parts import below
from analyzer.logs.sums import CELL_KEYS, COUNTS, least_type, summed

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from analyzer.logs.sums import Column

_PARTS = 16
_ENOUGH = 1 << 16  # rows of a part; it is summed up when it has so many more, or half as many again, as before
_MANY = 1 << 18  # rows of a part; what was used for fewer is soon used again
_WHOLE = np.dtype((np.void, CELL.itemsize))  # a row, whatever is in it
_FIELDS = {"pair": "client", "start": "start", "part": "part", **{one: one for one in (*COUNTS, "first", "last")}}


class Kept:
    """Cells of clients by their number."""

    def __init__(self) -> None:
        self._chunks: list[list[dict[str, Column]]] = [[] for _ in range(_PARTS)]
        self._enough = [_ENOUGH] * _PARTS

    def add(self, rows: NDArray[Any]) -> None:
        """Keep rows, of `layout.CELL`; they may be written over afterwards."""
        part = (rows["pair"] % _PARTS).astype(np.int8)
        edges = np.concatenate(([0], np.cumsum(np.bincount(part, minlength=_PARTS)))).tolist()
        ordered = rows.view(_WHOLE).take(np.argsort(part, kind="stable")).view(CELL)
        types = {field: least_type(ordered[field]) for field in _FIELDS}
        for which, chunks in enumerate(self._chunks):
            some = ordered[edges[which] : edges[which + 1]]
            chunks.append({name: some[field].astype(types[field]) for field, name in _FIELDS.items()})
            if sum(len(one["start"]) for one in chunks) > self._enough[which]:
                chunks[:] = [summed(below(chunks), CELL_KEYS)]
                self._enough[which] = _ENOUGH + len(chunks[0]["start"]) * 3 // 2
                give_back()

    def summed(self, threads: Executor) -> Callable[[], dict[str, Column]]:
        """Begin to sum up, and return what waits for it.

        That returns one row a client, stretch of time and part, and forgets them; a client's stand together, in order.
        """
        coming = threads.map(_used_up, self._chunks)
        return lambda: below(list(coming))


def _used_up(chunks: list[dict[str, Column]]) -> dict[str, Column]:
    """Return the sums of chunks, and forget them."""
    made = summed(below(chunks), CELL_KEYS)
    chunks.clear()
    if len(made["start"]) > _MANY:
        give_back()
    return made
