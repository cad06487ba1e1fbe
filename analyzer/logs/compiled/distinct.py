"""Byte strings and keys kept once each, by number; only these become text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from analyzer.logs.compiled.tables import intern, numbered, rehash
from analyzer.logs.escapes import unescaped

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BACKSLASH, _BEYOND_ASCII = 92, 128
_FEWEST = 1_024


class Distinct:
    """A table of distinct values; its memory grows with them, not with lines."""

    def __init__(self, seed: np.uint64) -> None:
        self._seed, self._count = seed, 0
        self._slots, self._hashes = np.zeros(_FEWEST, np.int32), np.empty(0, np.uint64)
        self._offsets, self._arena = np.zeros(1, np.int64), np.empty(0, np.uint8)

    def codes(
        self, data: NDArray[np.uint8], spans: NDArray[np.int32], fits: NDArray[np.bool_], stored_bytes: int
    ) -> NDArray[np.int32]:
        """Return the number of each line's value; -1 where it is null or the line does not fit.

        Parameters
        ----------
        spans
            Shape (2, lines): start and length in `data`.
        stored_bytes
            [bytes] The most that these values can have together.
        """
        self._make_room(len(fits), stored_bytes)
        codes = np.empty(len(fits), np.int32)
        tables = (self._slots, self._hashes, self._offsets, self._arena)
        self._count = intern(data, spans, fits, self._seed, *tables, self._count, codes)
        return codes

    def _make_room(self, values: int, stored_bytes: int) -> None:
        """Let so many values, of so many bytes together, come in; memory that nothing is written to costs nothing."""
        count, used = self._count, int(self._offsets[self._count])
        if len(self._hashes) < count + values:
            size = 2 * (count + values)
            self._hashes = _longer(self._hashes, count, size)
            self._offsets = _longer(self._offsets, count + 1, size + 1)
        if len(self._arena) < used + stored_bytes:
            self._arena = _longer(self._arena, used, 2 * used + stored_bytes)
        if len(self._slots) < 2 * (count + values):
            self._slots = np.zeros(1 << int(2 * (count + values)).bit_length(), np.int32)
            rehash(self._hashes, count, self._slots)

    def texts(self) -> pa.StringArray:
        """Return the values as text, by number: Apache's escapes undone, the bytes as UTF-8 or else Latin-1."""
        offsets = self._offsets[: self._count + 1]
        used = self._arena[: offsets[-1]]
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(used)]
        values = pa.Array.from_buffers(pa.large_binary(), self._count, buffers)
        if np.any((used == _BACKSLASH) | (used >= _BEYOND_ASCII)):
            return pa.array([unescaped(raw) for raw in values.to_pylist()], pa.string())
        return values.cast(pa.string())


class Numbered:
    """A table of distinct keys."""

    def __init__(self) -> None:
        self._count, self._slots, self._known = 0, np.zeros(_FEWEST, np.int32), np.empty(0, np.int64)

    def codes(self, keys: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the number of each key; the keys are used up."""
        count = self._count
        if len(self._known) < count + len(keys):
            self._known = _longer(self._known, count, 2 * (count + len(keys)))
        if len(self._slots) < 2 * (count + len(keys)):
            self._slots = np.zeros(1 << int(2 * (count + len(keys))).bit_length(), np.int32)
            numbered(self._known[:count].copy(), self._slots, self._known, 0)
        self._count = numbered(keys, self._slots, self._known, count)
        return keys.astype(np.int32)

    def keys(self) -> NDArray[np.int64]:
        """Return the keys by number."""
        return self._known[: self._count]


def _longer(values: NDArray[Any], used: int, size: int) -> NDArray[Any]:
    """Return an array with room for more, and what is used of the one before."""
    longer = np.empty(size, values.dtype)
    longer[:used] = values[:used]
    return longer
