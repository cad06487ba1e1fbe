"""What compiled code works on: tables and rows in arrays of ours, and the addresses of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.loading import OnDemand
from analyzer.logs.arrow import as_type, replaced, texts
from analyzer.logs.compiled import layout
from analyzer.logs.escapes import unescaped
from analyzer.logs.times import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from numpy.typing import NDArray

    from analyzer.logs.compiled.machine import Machine
else:
    pa = OnDemand("pyarrow")

_FEWEST = 1 << 10  # strings that a table has room for at first
_ARENA_BYTES = 3 << 20  # at first; memory that nothing is written to costs nothing, below numpy's huge pages (4 MB)
_LONGEST = 2 << 20  # [bytes] of one string, at most: a line is shorter
_BACKSLASH, _BEYOND_ASCII = 92, 128


class Table:
    """Distinct byte strings by number, as `tables` describes them."""

    def __init__(self, state: State, at: int) -> None:
        self._state, self._at = state, at
        self._slots = np.full(2 * _FEWEST, 0, np.int64)
        self._offsets = np.zeros(_FEWEST + 1, np.int64)
        self._arena = np.empty(_ARENA_BYTES, np.uint8)
        self._tell()

    def __len__(self) -> int:
        return self._state[self._at + layout.COUNT]

    def _tell(self) -> None:
        """Tell compiled code where all is; after the arena's strings, more bytes can be read."""
        state, at = self._state, self._at
        state[at + layout.SLOTS], state[at + layout.MASK] = address(self._slots), len(self._slots) - 1
        state[at + layout.OFFSETS] = address(self._offsets)
        state[at + layout.ARENA], state[at + layout.ROOM] = address(self._arena), len(self._arena) - _LONGEST // 2

    @property
    def _used(self) -> int:
        """How many bytes the strings have."""
        return int(self._offsets[len(self)])

    def make_room(self, rehash: Callable[..., int]) -> None:
        """Make room for more strings."""
        count, more = len(self), 2 * len(self) + 2 >= len(self._slots)
        if more:
            self._slots = np.full(4 * len(self._slots), 0, np.int64)  # of `zeros` each page would be made twice
            self._offsets = longer(self._offsets, count + 1, len(self._slots) // 2 + 1)
        if self._used + _LONGEST > len(self._arena):
            self._arena = longer(self._arena, self._used, 2 * len(self._arena) + _LONGEST)
        self._tell()
        if more:
            rehash(self._state.address + self._at, self._state[layout.SEED])

    @property
    def room(self) -> int:
        """How many strings it can have."""
        return len(self._slots) // 2

    def texts(self, *, joined: bool = False) -> pa.StringArray:
        """Return the strings as text, by number: Apache's escapes undone, the bytes as UTF-8 or else Latin-1.

        Parameters
        ----------
        joined
            Whether a `+` stands for a space, as IIS writes it.
        """
        found = self._texts()
        return replaced(found, "+", " ") if joined else found

    def _texts(self) -> pa.StringArray:
        """Return what `texts` does, before a `+` is a space."""
        offsets = self._offsets[: len(self) + 1]
        used = self._arena[: offsets[-1]]
        values = pa.Array.from_buffers(pa.large_binary(), len(self), [None, pa.py_buffer(offsets), pa.py_buffer(used)])
        if np.any((used == _BACKSLASH) | (used >= _BEYOND_ASCII)):
            return texts([unescaped(raw) for raw in values.to_pylist()])
        return as_type(values, pa.string())

    def keys(self) -> NDArray[np.int64]:
        """Return the strings, of eight bytes each, as numbers."""
        return self._arena[: self._used].view(np.int64)


class State:
    """One thread's tables and rows, or those of all together.

    Attributes
    ----------
    joined
        Whether agents are written with `+` for their spaces.
    unit_us
        [µs] What rows count their first and last request in.
    """

    def __init__(self, machine: Machine, seed: int, width_s: int, moments: NDArray[np.int64], rows: int) -> None:
        self._machine, self._moments, self.joined = machine, moments, False
        self._words = np.zeros(layout.STATE // 8, np.int64)
        self.address = address(self._words)
        self[layout.SEED], self[layout.WIDTH], self[layout.DASH_TEXT] = seed, width_s, ord("-")
        self[layout.MOMENTS], self[layout.MOMENTS_COUNT] = address(moments), len(moments)
        self.clients, self.agents, self.pairs = (
            Table(self, at) for at in (layout.CLIENTS, layout.AGENTS, layout.PAIRS)
        )
        self.finest(SECOND_US)
        self._latest: dict[int, NDArray[np.int32]] = {}
        self.cells, self.minutes = np.empty(rows, layout.CELL), np.empty(rows, layout.MINUTE)
        self._spare = self.cells[:0]
        self.renew()

    def __getitem__(self, at: int) -> int:
        return int(self._words[at // 8])

    def __setitem__(self, at: int, value: int) -> None:
        self._words[at // 8] = value

    def finest(self, unit_us: int) -> None:
        """Count first and last requests in units of so many µs: a second's, or one."""
        self.unit_us, self[layout.PER_SECOND] = unit_us, SECOND_US // unit_us

    def make_room(self) -> None:
        """Make room for more clients, agents and both together."""
        for table in (self.clients, self.agents, self.pairs):
            table.make_room(self._machine.rehash)
        self._remember_latest()

    def _remember_latest(self) -> None:
        """Have a place for each client's latest pair, and for each pair's latest row."""
        for at, table in ((layout.LATEST_PAIR, self.clients), (layout.LATEST_ROW, self.pairs)):
            before = self._latest.get(at, np.empty(0, np.int32))
            if len(before) < table.room:
                self._latest[at] = np.full(table.room, -1, np.int32)
                self._latest[at][: len(before)] = before
                self[at] = address(self._latest[at])

    def renew(self) -> None:
        """Begin with rows anew."""
        self[layout.ROWS], self[layout.ROWS_COUNT], self[layout.ROWS_ROOM] = address(self.cells), 0, len(self.cells)
        self[layout.MINUTES], self[layout.MINUTES_COUNT] = address(self.minutes), 0
        self[layout.MINUTES_ROOM] = len(self.minutes)
        at = layout.LATEST_MINUTES // 8
        self._words[at : at + layout.MINUTES_KEPT] = -1
        self._remember_latest()
        self._latest[layout.LATEST_ROW].fill(-1)

    def forget(self) -> None:
        """Let all go now, not when Python finds that tables and state name each other; it is of no use then."""
        self._latest.clear()
        self.cells, self.minutes = self.cells[:0].copy(), self.minutes[:0].copy()
        self._spare = self.cells
        del self.clients, self.agents, self.pairs

    def make_room_for(self, lines: int) -> None:
        """Have room for a row of each of so many lines."""
        used, size = self[layout.ROWS_COUNT], self[layout.ROWS_COUNT] + lines
        if size > len(self.cells):
            self.cells = longer(self.cells, used, size)
            self[layout.ROWS], self[layout.ROWS_ROOM] = address(self.cells), size
        used, size = self[layout.MINUTES_COUNT], self[layout.MINUTES_COUNT] + lines
        if size > len(self.minutes):
            self.minutes = longer(self.minutes, used, size)
            self[layout.MINUTES], self[layout.MINUTES_ROOM] = address(self.minutes), size

    def summed_cells(self) -> NDArray[Any]:
        """Return the rows by client that there are."""
        return self.cells[: self[layout.ROWS_COUNT]]

    def given_away_cells(self) -> NDArray[Any]:
        """Return the rows by client that there are, and have others written to from now on; `renew` is to follow."""
        given = self.summed_cells()
        self.cells, self._spare = self._spare, self.cells
        if len(self.cells) < len(self._spare):
            self.cells = np.empty(len(self._spare), layout.CELL)
        return given

    def summed_minutes(self) -> NDArray[Any]:
        """Return the rows by minute that there are."""
        return self.minutes[: self[layout.MINUTES_COUNT]]


def address(values: NDArray[Any]) -> int:
    """Return where an array's first value lies; whoever hands it on keeps the array."""
    return int(values.ctypes.data)


def longer(values: NDArray[Any], used: int, size: int) -> NDArray[Any]:
    """Return an array with room for more, and what is used of the one before."""
    made = np.empty(size, values.dtype)
    made[:used] = values[:used]
    return made
