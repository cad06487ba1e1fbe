"""All rows that were kept, one for each client, stretch of time and part, in that order.

They are placed while the clients' names are put in order: by the parts in which they were kept, so that what is written
to stays in the cache. Then each client's rows are taken over as they stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.logs.compiled.layout import CELL_FIELDS, KEPT_PARTS
from analyzer.logs.compiled.state import address
from analyzer.logs.sums import CELL_KEYS, narrow, narrowest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from analyzer.logs.compiled.machine import Machine
    from analyzer.logs.sums import Column

_VALUES = [field for field, _, _ in CELL_FIELDS if field not in {"pair", *CELL_KEYS}]


class Ordered:
    """Rows of clients by their number, which are used up."""

    def __init__(self, machine: Machine, chunks: Sequence[dict[str, Column]], clients: int) -> None:
        self._machine, self._chunks = machine, chunks
        part, which = np.arange(clients, dtype=np.int32) % KEPT_PARTS, np.arange(clients, dtype=np.int32) // KEPT_PARTS
        begins = np.concatenate(([0], np.cumsum(np.bincount(part, minlength=KEPT_PARTS))))[:-1]
        self._places = (begins[part] + which).astype(np.int32)
        self._widths = [max((one[key].itemsize for one in chunks), default=1) for key in CELL_KEYS]
        self._bounds = self._counted()
        self._keys, self._rows = self._placed()
        self._put_right()

    def __len__(self) -> int:
        return len(self._rows)

    def _counted(self) -> NDArray[np.int32]:
        """Return where the rows of each place begin, and where the last ones end."""
        counts = np.zeros(len(self._places), np.int32)
        for one in self._chunks:
            client = one["client"]
            given = address(client), client.itemsize, len(client)
            self._machine.counted_by(*given, address(self._places), address(counts))
        return np.concatenate((np.zeros(1, np.int32), np.cumsum(counts, dtype=np.int32)))

    def _placed(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return the rows' keys, which are taken out of the chunks, and their numbers, both by place."""
        keys, rows = np.empty(self._bounds[-1], np.int64), np.empty(self._bounds[-1], np.int32)
        next_of = self._bounds[:-1].copy()
        into = np.array([address(self._places), address(next_of), address(keys), address(rows), 0])
        for one in self._chunks:
            columns = [one.pop(key) for key in CELL_KEYS]
            widths = np.array([column.itemsize for column in columns])
            self._machine.placed(*map(address, columns), address(widths), len(columns[0]), address(into))
            into[-1] += len(columns[0])
        return keys, rows

    def _put_right(self) -> None:
        """Sort the rows of each place by their keys."""
        most = int(np.diff(self._bounds).max(initial=0))
        keys, rows = np.empty(most, np.int64), np.empty(most, np.int32)
        spare = np.array([address(keys), address(rows)])
        given = address(self._bounds), len(self._places), address(self._keys), address(self._rows)
        self._machine.put_right(*given, address(spare))

    def summed(self, codes: NDArray[np.int32], threads: Executor) -> dict[str, Column]:
        """Return the rows' sums, clients numbered by their codes."""
        clients = int(codes.max(initial=-1)) + 1
        places = np.empty(clients, np.int32)
        if clients == len(codes):
            places[codes] = self._places
        else:  # what is written otherwise may be the same text
            places[:] = np.arange(clients)
            new = np.empty(len(codes), np.int32)
            new[self._places] = codes
            client = np.repeat(new, np.diff(self._bounds))
            order = np.lexsort((self._keys, client))
            self._keys, self._rows = self._keys[order], self._rows[order]
            self._bounds = np.concatenate(([0], np.cumsum(np.bincount(client, minlength=clients)))).astype(np.int32)
        found, *picked = self._in_order(places)
        columns = ([one.pop(name) for one in self._chunks] for name in _VALUES)
        made = threads.map(lambda name, some: self._column(name, some, *picked), _VALUES, columns)
        return found | dict(zip(_VALUES, made, strict=True))

    def _in_order(
        self, places: NDArray[np.int32]
    ) -> tuple[dict[str, Column], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Return the keys, the rows that they are of, all other rows, and which of the keys each of those has."""
        count = len(self._rows)
        types = [np.dtype(narrowest(0, len(places) - 1)), *(np.dtype(f"i{width}") for width in self._widths[1:])]
        columns = [np.empty(count, one) for one in types]
        rows, others, to = (np.empty(count, np.int32) for _ in range(3))
        told = [number for one in columns for number in (address(one), one.itemsize)]
        into = np.array([*told, address(rows), address(others), address(to), 0])
        given = address(self._bounds), address(places), len(places), address(self._keys), address(self._rows)
        made = self._machine.in_order(*given, address(into))
        more = int(into[-1])
        del self._keys, self._rows
        keys = {name: column[:made] for name, column in zip(CELL_KEYS, columns, strict=True)}
        return keys, rows[:made], others[:more], to[:more]

    def _column(
        self, name: str, chunks: list[Column], rows: NDArray[np.int32], others: NDArray[np.int32], to: NDArray[np.int32]
    ) -> Column:
        """Return a column's sums, or extremes."""
        values = np.concatenate(chunks) if chunks else np.empty(0, np.int8)
        chunks.clear()
        made = np.empty(len(rows), values.dtype)
        if not values.any():
            made.fill(0)
            return narrow(made)
        self._machine.picked(address(values), values.itemsize, address(rows), len(rows), address(made))
        if name in {"first", "last"}:
            (np.minimum if name == "first" else np.maximum).at(made, to, values[others])
            return narrow(made)
        which, numbers = np.unique(to, return_inverse=True)
        sums = made[which] + np.bincount(numbers, values[others], len(which)).astype(np.int64)  # below 2**53: exact
        wide = made.astype(np.result_type(made.dtype, narrow(sums).dtype))
        wide[which] = sums
        return narrow(wide)
