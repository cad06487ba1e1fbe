"""Arrow's arrays from numpy's and back, by their buffers: pyarrow's own ways load pandas, which takes its time.

All of them share the memory, where that is possible.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def bits(truths: NDArray[np.bool_]) -> pa.Buffer:
    """Return truths as Arrow keeps them."""
    return pa.py_buffer(np.packbits(truths, bitorder="little"))


def numbers(values: NDArray[np.integer[Any]], null: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return whole numbers as an array, null where so marked."""
    whole = np.ascontiguousarray(values)
    validity = None if null is None else bits(~null)
    return pa.Array.from_buffers(pa.from_numpy_dtype(whole.dtype), len(whole), [validity, pa.py_buffer(whole)])


def truths(values: NDArray[np.bool_]) -> pa.Array:
    """Return truths as an array."""
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, bits(values)])


def texts(values: Sequence[str]) -> pa.Array:
    """Return texts as an array."""
    raw = [value.encode() for value in values]
    offsets = np.fromiter(accumulate(map(len, raw), initial=0), np.int64, len(raw) + 1)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(raw))]
    return pa.Array.from_buffers(pa.large_string(), len(raw), buffers).cast(pa.string())


def plain(array: pa.Array) -> NDArray[Any]:
    """Return an array of numbers or truths, none of them null."""
    at, end = array.offset, array.offset + len(array)
    data = array.buffers()[1]
    if pa.types.is_boolean(array.type):
        raw = np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)
        return np.unpackbits(raw, count=end, bitorder="little")[at:].astype(np.bool_)
    dtype = np.dtype(str(array.type))
    return np.frombuffer(data, dtype)[at:end] if data else np.empty(0, dtype)
