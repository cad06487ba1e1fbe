"""Arrow's arrays from numpy's and back, by their buffers: pyarrow's own ways load pandas, which takes its time.

All of them share the memory, where that is possible. Arrow's functions are called by their names: `pyarrow.compute`
makes one of Python's for each of them as it is loaded, which takes as long as all else of pyarrow does.
"""

from __future__ import annotations

import os
from contextlib import suppress
from ctypes import CDLL, c_char_p, c_int, c_void_p
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.loading import OnDemand

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray
else:
    pa = OnDemand("pyarrow")
_functions = OnDemand("pyarrow._compute")


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
    return as_type(pa.Array.from_buffers(pa.large_string(), len(raw), buffers), pa.string())


def plain(array: pa.Array) -> NDArray[Any]:
    """Return an array of numbers or truths, none of them null."""
    at, end = array.offset, array.offset + len(array)
    data = array.buffers()[1]
    if pa.types.is_boolean(array.type):
        raw = np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)
        return np.unpackbits(raw, count=end, bitorder="little")[at:].astype(np.bool_)
    dtype = np.dtype(str(array.type))
    return np.frombuffer(data, dtype)[at:end] if data else np.empty(0, dtype)


def load() -> None:
    """Load what the functions of this module need: some time before they are called, and while other threads run.

    Python imports a library without letting others go on, and Arrow's are large: the system has them in memory before.
    """
    found = find_spec("pyarrow")
    with suppress(OSError, TypeError, AttributeError):  # a system that does it in another way; Python does it then
        opened = CDLL(None).dlopen  # `CDLL` itself would let nobody else go on, a function that is called by it does
        opened.argtypes, opened.restype = (c_char_p, c_int), c_void_p
        for folder in (found.submodule_search_locations or []) if found else []:
            any(opened(os.fsencode(f"{folder}/lib{suffix}"), os.RTLD_NOW) for suffix in EXTENSION_SUFFIXES)
    _ = pa.lib, _functions.call_function, pa.system_memory_pool


def _called(name: str, given: Sequence[pa.Array], options: object = None) -> Any:  # noqa: ANN401 -- Arrow has no types
    """Return what a function of Arrow's gives, in memory of the C library's.

    Arrow's own allocator takes some megabytes for each thread, and has the system clear them: that takes longer.
    """
    return _functions.call_function(name, given, options, pa.system_memory_pool())


def as_type(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    """Return an array as another type; what that cannot hold is an error."""
    return _called("cast", [array], _functions.CastOptions.safe(wanted))


def some_of(array: pa.Array, wanted: NDArray[np.bool_]) -> pa.Array:
    """Return those of an array's values that are wanted."""
    return _called("filter", [array, truths(wanted)], _functions.FilterOptions())


def at_places(array: pa.Array, places: pa.Array) -> pa.Array:
    """Return the values at some places of an array; null where a place is."""
    return _called("take", [array, places], _functions.TakeOptions())


def coded(array: pa.Array) -> pa.DictionaryArray:
    """Return the distinct values, and the number that each of the array's is."""
    return _called("dictionary_encode", [array])


def ascending(array: pa.Array) -> NDArray[np.int64]:
    """Return the places of an array's values in the order of these."""
    found = _called("array_sort_indices", [array], _functions.ArraySortOptions())
    return plain(found).astype(np.int64)


def nulls(array: pa.Array) -> NDArray[np.bool_]:
    """Return which of an array's values are null."""
    return plain(_called("is_null", [array]))


def unequal(some: pa.Array, others: pa.Array) -> NDArray[np.bool_]:
    """Return which of an array's values are not those at the same places of another one, none of them null."""
    return plain(_called("not_equal", [some, others]))


def matching(values: pa.Array, pattern: str) -> NDArray[np.bool_]:
    """Return which texts have something that an expression (RE2) describes."""
    return plain(_called("match_substring_regex", [values], _functions.MatchSubstringOptions(pattern)))


def replaced(values: pa.Array, old: str, new: str) -> pa.Array:
    """Return texts with another text for each one in them."""
    return _called("replace_substring", [values], _functions.ReplaceSubstringOptions(old, new))
