"""Grains: who asked in which second, and how often. They are what is kept of logs that have been read.

A grain is a client's requests of one second. A second hardly ever lies on both sides of a moment, so cells and minutes
cut at any moment follow from grains, exactly; where one does, it is noticed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analyzer.logs.activity import SLOT_S
from analyzer.logs.sums import summed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.logs.sums import Column

GRAIN_S = 1
COUNTS = ("requests", "foreign", "probes", "denied", "failed", "blind")
_SECOND_US, _MINUTE_US = 1_000_000, 60_000_000
_WIDEST = 1 << 22  # minutes (8 years) that are counted in one table; times further apart are sorted
_TYPES = (np.int8, np.int16, np.int32, np.int64)
_OPTIONS = pa.ipc.IpcWriteOptions(compression="zstd")


class Straddled(Exception):  # noqa: N818 -- not an error: the logs are read again
    """A grain lies on both sides of a moment."""


def packed(grains: dict[str, Column]) -> bytes:
    """Return grains as they are stored: an Arrow stream of differences, as small as they fit.

    Parameters
    ----------
    grains
        `client`, `first`, `last` [µs since 1970] and `COUNTS`; a client's in the order of time.
    """
    order = np.argsort(grains["client"], kind="stable")
    sorted_ = {name: values[order].astype(np.int64) for name, values in grains.items()}
    unit = _SECOND_US if not np.any(sorted_["first"] % _SECOND_US) and not np.any(sorted_["last"] % _SECOND_US) else 1
    columns = {
        "client": np.diff(sorted_["client"], prepend=0),
        "first": np.diff(sorted_["first"] // unit, prepend=0),
        "last": (sorted_["last"] - sorted_["first"]) // unit,
        **{name: sorted_[name] for name in COUNTS},
    }
    table = pa.table({name: _least(values) for name, values in columns.items()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema.with_metadata({"unit_us": str(unit)}), options=_OPTIONS) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def _least(values: npt.NDArray[np.int64]) -> npt.NDArray[np.signedinteger]:
    """Return whole numbers in the smallest type that holds them."""
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    fits = next(one for one in _TYPES if np.iinfo(one).min <= low and high <= np.iinfo(one).max)
    return values.astype(fits)


def unpacked(stored: bytes) -> dict[str, Column]:
    """Return stored grains, in the order of client and time."""
    with pa.ipc.open_stream(stored) as stream:
        table = stream.read_all()
        unit = int(stream.schema.metadata[b"unit_us"])
    columns = {name: table.column(name).to_numpy() for name in table.column_names}
    for name in set(COUNTS) - set(columns):  # kept before it was counted
        columns[name] = np.zeros(len(columns["client"]), np.int8)
    first = np.cumsum(columns["first"], dtype=np.int64) * unit
    return {
        **columns,
        "client": np.cumsum(columns["client"], dtype=np.int64),
        "first": first,
        "last": first + columns["last"].astype(np.int64) * unit,
    }


def merged(some: Sequence[dict[str, Column]]) -> dict[str, Column]:
    """Return the grains of several as one: those of one client and second are added."""
    together = {name: np.concatenate([one[name] for one in some]) for name in some[0]}
    together["start"] = together["first"] // (GRAIN_S * _SECOND_US)
    sums = summed(together, ("client", "start"))
    del sums["start"]
    return sums


def cells(grains: dict[str, Column], moments_us: npt.NDArray[np.int64]) -> dict[str, Column]:
    """Return the sums of grains by client, half hour and part, as `Part.cells` wants them, in µs.

    Parameters
    ----------
    moments_us
        [µs since 1970], ascending: where the cells are cut.

    Raises
    ------
    Straddled
        If a grain lies on both sides of a moment.
    """
    first, client = grains["first"], grains["client"]
    part = np.searchsorted(moments_us, first, side="left")
    longer = np.flatnonzero(grains["last"] != first)
    if np.any(np.searchsorted(moments_us, grains["last"][longer], side="left") != part[longer]):
        raise Straddled
    slot = first - first % (SLOT_S * _SECOND_US)
    starts = np.ones(len(first), bool)
    starts[1:] = (client[1:] != client[:-1]) | (slot[1:] != slot[:-1]) | (part[1:] != part[:-1])
    at = np.flatnonzero(starts)
    counts = {name: _added(grains[name], at) for name in COUNTS}
    last = np.maximum.reduceat(grains["last"], at) if len(at) else first[:0]
    start = slot[at]
    return {
        "client": client[at], "start": start // _SECOND_US, "part": part[at], **counts,
        "first": first[at] - start, "last": last - start,
    }  # fmt: skip


def _added(values: Column, at: npt.NDArray[np.intp]) -> Column:
    """Return the sums of the stretches that start at these places."""
    return np.add.reduceat(values, at, dtype=np.int64) if len(at) else values[:0].astype(np.int64)


def minutes(grains: dict[str, Column], moments_us: npt.NDArray[np.int64]) -> dict[str, Column]:
    """Return the sums of grains by minute and part, as `Part.minutes` wants them: a grain is in one."""
    first = grains["first"]
    requests = grains["requests"].astype(np.int64) + grains["foreign"]
    minute, part = first // _MINUTE_US, np.searchsorted(moments_us, first, side="left")
    place = minute + part  # both grow with time: what has the same sum is the same minute and the same part
    low, high = (int(place.min()), int(place.max())) if len(place) else (0, 0)
    if high - low < _WIDEST:
        where, index = np.arange(low, high + 1), place - low
    else:
        where, index = np.unique(place, return_inverse=True)
    size = len(where)
    found = np.flatnonzero(np.bincount(index, minlength=size))
    a_line = np.empty(size, np.int64)
    a_line[index] = np.arange(len(index))
    rows = a_line[found]
    return {
        "start": minute[rows] * (_MINUTE_US // _SECOND_US),
        "part": part[rows],
        "requests": np.bincount(index, requests, size)[found].astype(np.int64),  # below 2**53: exact
        "failed": np.bincount(index, grains["failed"], size)[found].astype(np.int64),
    }
