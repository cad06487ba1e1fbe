"""Exact sums of rows by their keys, as narrow as they can be: there may be millions; and as frames, once asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

Column = npt.NDArray[np.integer[Any]]
CELL_KEYS, MINUTE_KEYS = ("client", "start", "part"), ("start", "part")
COUNTS = ("requests", "foreign", "probes", "denied", "failed", "blind")
SECOND_US = 1_000_000
_TYPES: tuple[type[np.signedinteger[Any]], ...] = (np.int8, np.int16, np.int32, np.int64)
_LARGEST = 1 << 62
_AT_ONCE = 1 << 18  # rows
_DIGIT = 16  # [bits] of what is sorted by at a time
_LOOKED_AT = 64  # values whose common divisor that of all may be
_SMALLER: dict[str, np.dtype[np.integer[Any]]] = {"client": np.dtype(np.int32), "part": np.dtype(np.int16)}


@dataclass(frozen=True, slots=True)
class Sums:
    """Rows of sums, each column of the smallest type that holds it.

    Attributes
    ----------
    columns
        Whole numbers, all of one length: `client` (of cells), `start` [s since 1970], `part`, counts, and `first` and
        `last` (of cells): how long after the start.
    unit_us
        [µs] of which `first` and `last` are multiples, and counted in.
    """

    columns: dict[str, Column]
    unit_us: int = SECOND_US

    def __len__(self) -> int:
        return len(self.columns["start"])

    def moments_us(self, name: str) -> npt.NDArray[np.int64]:
        """Return `start`, `first` or `last` [µs since 1970]."""
        start = self.columns["start"].astype(np.int64)
        start *= SECOND_US
        if name != "start":
            start += self.columns[name].astype(np.int64) * self.unit_us
        return start

    def scaled(self, unit_us: int) -> Sums:
        """Return the same in another unit, a part of this one's."""
        factor = self.unit_us // unit_us
        if factor == 1 or "first" not in self.columns:
            return Sums(self.columns, unit_us)
        wider = {name: self.columns[name].astype(np.int64) * factor for name in ("first", "last")}
        return Sums({**self.columns, **wider}, unit_us)

    def where(self, rows: npt.NDArray[np.bool_], *names: str) -> Sums:
        """Return some of the rows; of named columns only, if any are named."""
        some = np.flatnonzero(rows)
        return Sums({name: self.columns[name][some] for name in names or self.columns}, self.unit_us)

    def until(self, part: int) -> Sums:
        """Return the rows of the parts up to one of them; all of them are not copied."""
        parts = self.columns["part"]
        return self if int(parts.max(initial=0)) <= part else self.where(parts <= part)

    def cut(self, part: int) -> None:
        """Give up the rows of later parts, column by column: there may be millions, and two of each would be many."""
        kept = self.columns["part"] <= part
        for name in () if kept.all() else list(self.columns):
            self.columns[name] = self.columns[name][kept]

    def by_client(self, name: str, clients: int) -> npt.NDArray[np.int64]:
        """Return the sum of a count for each client, of so many."""
        totals = np.zeros(clients, np.int64)
        for at in range(0, len(self), _AT_ONCE):  # a copy of millions of rows would be large
            some = slice(at, at + _AT_ONCE)
            client, count = self.columns["client"][some], self.columns[name][some]
            if count.any():  # most log no probes, and no failures
                totals += np.bincount(client, count, clients).astype(np.int64)  # below 2**53: exact
        return totals

    def frame(self) -> pd.DataFrame:
        """Return them as `Activity.cells` or `Activity.minutes` are described."""
        import pandas as pd  # noqa: PLC0415 -- who only adds sums does not need it

        names = {"start": "slot" if "client" in self.columns else "minute"}
        made = {names.get(name, name): self._series(name) for name in self.columns}
        return pd.DataFrame(made, copy=False)

    def _series(self, name: str) -> pd.Series:
        """Return a column of the frame."""
        import pandas as pd  # noqa: PLC0415 -- as above

        if name in {"start", "first", "last"}:
            return pd.Series(self.moments_us(name).view("datetime64[us]"), copy=False).dt.tz_localize("UTC")
        dtype: np.dtype[np.integer[Any]] = _SMALLER.get(name, np.dtype(np.int64))
        return pd.Series(self.columns[name].astype(dtype), copy=False)


def sums_of(frame: pd.DataFrame) -> Sums:
    """Return a frame of cells or minutes as narrow columns."""
    start = _us(frame["slot" if "slot" in frame else "minute"])
    after = {name: _us(frame[name]) - start for name in ("first", "last") if name in frame}
    unit = SECOND_US if not any(np.any(one % SECOND_US) for one in after.values()) else 1
    plain = {name: np.asarray(frame[name]) for name in ("client", "part", *COUNTS) if name in frame}
    columns = {"start": start // SECOND_US, **plain, **{name: one // unit for name, one in after.items()}}
    names = [name for name in ("client", "start", "part", *COUNTS, "first", "last") if name in columns]
    return Sums({name: narrow(columns[name]) for name in names}, unit)


def _us(column: pd.Series) -> npt.NDArray[np.int64]:
    """Return moments [µs since 1970]."""
    return np.asarray(column.astype("int64"))


def narrow(values: Column) -> Column:
    """Return whole numbers in the smallest type that holds them."""
    return values.astype(least_type(values), copy=False)


def least_type(values: Column) -> type[np.signedinteger[Any]]:
    """Return the smallest type that holds whole numbers."""
    return narrowest(int(values.min()), int(values.max())) if len(values) else _TYPES[0]


def narrowest(low: int, high: int) -> type[np.signedinteger[Any]]:
    """Return the smallest type that holds what lies between two whole numbers; of nothing, the smallest."""
    return next((one for one in _TYPES if np.iinfo(one).min <= low and high <= np.iinfo(one).max), _TYPES[0])


def _at(values: Column, places: npt.NDArray[np.integer[Any]]) -> Column:
    """Return the values at some places: many a column is all zeros."""
    return values.take(places) if values.any() else np.zeros(len(places), values.dtype)


def summed(columns: dict[str, Column], keys: Sequence[str]) -> dict[str, Column]:
    """Return one row a key, in the order of the keys, as narrow as they can be.

    Parameters
    ----------
    columns
        Whole numbers, all of one length. What is no key is summed, but `first` is the least and `last` the greatest.
        They are used up: there may be millions of rows.
    keys
        Names of the columns to sum by.
    """
    order, begins = _order([columns[key] for key in keys])
    at = np.flatnonzero(begins)
    return {name: _sum(name, columns.pop(name), order, at, keys) for name in list(columns)}


def _order(keys: Sequence[Column]) -> tuple[npt.NDArray[np.integer[Any]], npt.NDArray[np.bool_]]:
    """Return the order of the keys, and where another one begins in it.

    They are sorted as one number made of them, several times as fast, if it fits.
    """
    begins, combined, room = np.ones(len(keys[0]), np.bool_), np.zeros(len(keys[0]), np.int64), 1
    for key in map(_from_zero, keys):
        span = int(key.max()) + 1 if len(key) else 1
        room *= span
        if room > _LARGEST:
            order = np.lexsort(list(reversed(keys)))
            begins[1:] = np.logical_or.reduce([np.diff(one[order]) != 0 for one in keys])
            return order, begins
        combined *= span
        combined += key
    order = _sorted_by_digits(combined, room)
    combined = combined[order]
    np.not_equal(combined[1:], combined[:-1], out=begins[1:])
    return (order.astype(np.int32) if _AT_ONCE < len(order) < 1 << 31 else order), begins


def _from_zero(key: Column) -> npt.NDArray[np.int64]:
    """Return a key's values as small as they can be in the same order: less the least, and by a common divisor."""
    less = key.astype(np.int64)
    if len(less):
        less -= int(less.min())
        step = int(np.gcd.reduce(less[:_LOOKED_AT]))
        if step > 1 and not np.any(less % step):
            less //= step
    return less


def _sorted_by_digits(values: npt.NDArray[np.int64], room: int) -> npt.NDArray[np.intp]:
    """Return the order of whole numbers from 0 to below `room`: digit by digit, for which numpy has a radix sort."""
    order = np.argsort(values.astype(np.uint16), kind="stable")
    for shift in range(_DIGIT, (room - 1).bit_length(), _DIGIT):
        digit = (values >> shift).astype(np.uint16)
        order = order[np.argsort(digit[order], kind="stable")]
    return order


def _sum(
    name: str, values: Column, order: npt.NDArray[np.integer[Any]], at: npt.NDArray[np.intp], keys: Sequence[str]
) -> Column:
    """Return a column's keys, sums, or extremes, of the rows that start at these places of the order."""
    if name in keys:
        return narrow(_at(values, order[at]))
    if len(at) == len(order) or not values.any():
        return narrow(_at(values, order[: len(at)]))
    if name in {"first", "last"}:
        return narrow((np.minimum if name == "first" else np.maximum).reduceat(values.take(order), at))
    return narrow(np.add.reduceat(values.take(order), at, dtype=np.int64))
