"""Exact sums of rows by their keys, the same for a reading's end and for two readings that are added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Column = npt.NDArray[np.integer[Any]]
CELL_KEYS, MINUTE_KEYS = ("client", "slot", "part"), ("minute", "part")
_DTYPES: dict[str, np.dtype[np.integer[Any]]] = {"client": np.dtype(np.int32), "part": np.dtype(np.int16)}
_MOMENTS = ("slot", "minute", "first", "last")


def summed(columns: Mapping[str, Column], keys: Sequence[str]) -> pd.DataFrame:
    """Return one row a key, in the order of the keys.

    Parameters
    ----------
    columns
        Whole numbers, all of one length; times in µs since 1970. What is no key is summed, but `first` is the least and
        `last` the greatest.
    keys
        Names of the columns to sum by.

    Returns
    -------
    DataFrame
        The same columns: `client` int32, `part` int16, times datetime64[us, UTC], others int64.
    """
    order = np.lexsort([columns[key] for key in reversed(keys)])
    starts = np.zeros(len(order), bool)
    starts[:1] = True
    for key in keys:
        ordered = columns[key][order]
        starts[1:] |= ordered[1:] != ordered[:-1]
    at = np.flatnonzero(starts)
    out = {}
    for name, values in columns.items():
        if name in keys:
            value = values[order[at]]
        elif not len(at):
            value = values[:0]
        else:
            operation = {"first": np.minimum, "last": np.maximum}.get(name, np.add)
            value = operation.reduceat(values[order], at, dtype=np.int64)
        out[name] = _series(name, value)
    return pd.DataFrame(out, copy=False)


def whole_numbers(frames: Sequence[pd.DataFrame]) -> dict[str, Column]:
    """Return the columns of frames, one below the other, as whole numbers."""
    return {name: np.concatenate([_plain(frame[name]) for frame in frames]) for name in frames[0].columns}


def _plain(series: pd.Series) -> Column:
    """Return a column as whole numbers; a moment as its µs since 1970."""
    values = series.astype("int64") if str(series.dtype).startswith("datetime64") else series
    return np.asarray(values)


def _series(name: str, values: Column) -> pd.Series:
    """Return a column of the frame."""
    if name in _MOMENTS:
        return pd.Series(values.astype(np.int64, copy=False).view("datetime64[us]"), copy=False).dt.tz_localize("UTC")
    dtype: np.dtype[np.integer[Any]] = _DTYPES.get(name, np.dtype(np.int64))
    return pd.Series(values.astype(dtype, copy=False), copy=False)
