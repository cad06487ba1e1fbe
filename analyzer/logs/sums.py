"""Exact sums of rows by their keys, the same for a reading's end and for two readings that are added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

Column = npt.NDArray[np.integer[Any]]
CELL_KEYS, MINUTE_KEYS = ("client", "slot", "part"), ("minute", "part")
_DTYPES: dict[str, np.dtype[np.integer[Any]]] = {"client": np.dtype(np.int32), "part": np.dtype(np.int16)}
MINUTE_US = 60_000_000  # all stretches of time are whole minutes
_LARGEST = 1 << 62
_MOMENTS = ("slot", "minute", "first", "last")


def summed(columns: dict[str, Column], keys: Sequence[str]) -> pd.DataFrame:
    """Return one row a key, in the order of the keys.

    Parameters
    ----------
    columns
        Whole numbers, all of one length; times in µs since 1970. What is no key is summed, but `first` is the least and
        `last` the greatest. They are used up: there may be millions of rows.
    keys
        Names of the columns to sum by.

    Returns
    -------
    DataFrame
        The same columns: `client` int32, `part` int16, times datetime64[us, UTC], others int64.
    """
    order = _order([columns[key] for key in keys])
    starts = np.zeros(len(order), bool)
    starts[:1] = True
    for key in keys:
        ordered = columns[key][order]
        starts[1:] |= ordered[1:] != ordered[:-1]
    at = np.flatnonzero(starts)
    return pd.DataFrame(
        {name: _series(name, _sum(name, columns[name], order, at, keys)) for name in columns}, copy=False
    )


def _order(keys: Sequence[Column]) -> npt.NDArray[np.intp]:
    """Return the order of the keys: by one number made of them, which sorts several times as fast, if it fits."""
    combined, room = np.zeros(len(keys[0]), np.int64), 1
    for key in (one.astype(np.int64, copy=False) for one in keys):
        least, most = (int(key.min()), int(key.max())) if len(key) else (0, 0)
        unit = MINUTE_US if least % MINUTE_US == 0 and not np.any(key % MINUTE_US) else 1
        span = (most - least) // unit + 1
        room *= span
        if room > _LARGEST:
            return np.lexsort(list(reversed(keys)))
        combined *= span
        combined += (key - least) // unit
    return np.argsort(combined)


def _sum(
    name: str, values: Column, order: npt.NDArray[np.intp], at: npt.NDArray[np.intp], keys: Sequence[str]
) -> Column:
    """Return a column's keys, sums, or extremes, of the rows that start at these places of the order."""
    if name in keys:
        return values[order[at]]
    if not len(at):
        return values[:0]
    operation = {"first": np.minimum, "last": np.maximum}.get(name, np.add)
    return np.asarray(operation.reduceat(values[order], at, dtype=np.int64))


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
