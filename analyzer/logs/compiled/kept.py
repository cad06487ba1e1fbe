"""Rows that have been gathered, kept as narrow columns in parts by client, so that few are summed up at once."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.logs.compiled.layout import CELL_FIELDS, KEPT_PARTS
from analyzer.logs.compiled.ordered import Ordered
from analyzer.logs.compiled.state import address
from analyzer.logs.memory import give_back
from analyzer.logs.parts import below
from analyzer.logs.sums import CELL_KEYS, narrowest, summed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.logs.compiled.machine import Machine
    from analyzer.logs.sums import Column

_ENOUGH = 1 << 16  # rows of a part; it is summed up when it has so many more, or half as many again, as before
_NAMES = ["client" if field == "pair" else field for field, _, _ in CELL_FIELDS]


class Kept:
    """Cells of clients by their number."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._chunks: list[list[dict[str, Column]]] = [[] for _ in range(KEPT_PARTS)]
        self._enough = [_ENOUGH] * KEPT_PARTS

    def add(self, rows: NDArray[Any]) -> None:
        """Keep rows, of `layout.CELL`; they may be written over afterwards."""
        counts, extremes = np.zeros(KEPT_PARTS, np.int64), np.empty((2, len(_NAMES)), np.int64)
        self._machine.measured(address(rows), len(rows), address(counts), address(extremes))
        types = [np.dtype(narrowest(low, high)) for low, high in extremes.T.tolist()]
        new = [{name: np.empty(count, one) for name, one in zip(_NAMES, types, strict=True)} for count in counts]
        places = np.array([[address(column) for column in chunk.values()] for chunk in new])
        widths = np.array([one.itemsize for one in types])
        self._machine.spread(address(rows), len(rows), address(places), address(widths))
        for which, (chunks, chunk) in enumerate(zip(self._chunks, new, strict=True)):
            chunks.append(chunk)
            if sum(len(one["start"]) for one in chunks) > self._enough[which]:
                chunks[:] = [summed(below(chunks), CELL_KEYS)]
                self._enough[which] = _ENOUGH + len(chunks[0]["start"]) * 3 // 2
                give_back()

    def ordered(self, clients: int) -> Ordered:
        """Return the rows of so many clients in order, and forget them."""
        chunks = list(chain.from_iterable(self._chunks))
        self._chunks.clear()
        return Ordered(self._machine, chunks, clients)
