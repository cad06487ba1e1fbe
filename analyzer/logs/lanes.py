"""Both lanes over one block: the rows that fit, and the lines that do not with the reason."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analyzer.logs.fast import SQL_TYPES, fast_sql
from analyzer.logs.strict import CUT, LINE_LIMIT, strict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.logs.formats import LogFormat
    from analyzer.logs.sources import Block
    from analyzer.logs.strict import Rows, Strict

_BATCHES = 16  # DuckDB's threads take one after another
_LINES_AT_ONCE = 16_384  # as Python objects
_HIGH_BITS = np.uint64(0x8080_8080_8080_8080)
_ARROW = {"string": pa.string(), "flag": pa.string(), "int16": pa.int16(), "int32": pa.int32(), "int64": pa.int64()}


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that does not fit: its index in the block, and why."""

    index: int
    reason: str


def connection() -> duckdb.DuckDBPyConnection:
    """Return a connection, with temporary tables of its own, to a DuckDB in memory that asks nothing of the world."""
    return _database(os.getpid()).cursor()


@lru_cache(maxsize=1)
def _database(_process: int) -> duckdb.DuckDBPyConnection:
    """Return this process's database; a forked child must not use its parent's."""
    database = duckdb.connect(":memory:")
    database.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
    return database


def lines_table(block: Block) -> pa.Table:
    """Return the block's lines as Arrow, not copied: `line` (null where only the second lane may look) and `n`."""
    hidden = _hidden(block)
    validity = None
    if len(hidden):
        valid = np.ones(block.lines, bool)
        valid[hidden] = False
        validity = pa.py_buffer(np.packbits(valid, bitorder="little"))
    line = pa.Array.from_buffers(
        pa.string(), block.lines, [validity, pa.py_buffer(block.starts), pa.py_buffer(block.data)]
    )
    table = pa.table({"line": line, "n": _numbers(block.lines)})
    return pa.Table.from_batches(table.to_batches(max_chunksize=max(2_048, -(-block.lines // _BATCHES))), table.schema)


def _numbers(count: int) -> pa.Array:
    """Return 0, 1, 2, …, int32."""
    return pa.array(np.arange(count, dtype=np.int32))


def _hidden(block: Block) -> npt.NDArray[np.intp]:
    """Return the indices of lines with bytes beyond ASCII, of lines too long, and of one that is cut."""
    hidden = np.flatnonzero(np.diff(block.starts) > LINE_LIMIT)
    words = block.data[: len(block.data) // 8 * 8].view(np.uint64)
    if np.bitwise_or.reduce(words, initial=np.uint64(0)) & _HIGH_BITS or np.any(block.data[-8:] & 0x80):
        beyond = np.flatnonzero(block.data & 0x80)
        hidden = np.union1d(hidden, np.unique(np.searchsorted(block.starts, beyond, side="right") - 1))
    if block.cut:
        hidden = np.union1d(hidden, [block.lines - 1])
    return hidden.astype(np.intp)


@lru_cache(maxsize=64)
def rows_sql(log_format: LogFormat) -> str:
    """Return the first lane's query over `lines`, of every format: one without such a lane takes no line."""
    columns = "".join(f", NULL::{SQL_TYPES[dtype]} AS {name}" for name, dtype in strict(log_format).columns)
    return fast_sql(log_format) or f"SELECT n{columns}, false AS ok FROM lines"  # noqa: S608 -- text of ours


def second_lane(log_format: LogFormat, block: Block, indices: Sequence[int]) -> tuple[pa.Table, list[Refused]]:
    """Return the rows, as the first lane has them, of the lines that the strict expression takes, and the others."""
    lane = strict(log_format)
    tables, refused = [], list[Refused]()
    whole = [index for index in indices if not (block.cut and index == block.lines - 1)]
    for at in range(0, max(1, len(whole)), _LINES_AT_ONCE):
        some = whole[at : at + _LINES_AT_ONCE]
        rows = lane.read(block.some_lines(some))
        tables.append(_table(lane, [some[number] for number in rows.numbers], rows))
        refused += [Refused(some[number], reason) for number, reason in rows.refused]
    refused += [Refused(index, CUT) for index in indices[len(whole) :]]
    return pa.concat_tables(tables), refused


def _table(lane: Strict, numbers: list[int], rows: Rows) -> pa.Table:
    """Return rows as Arrow."""
    arrays = [pa.array(column, _ARROW[dtype]) for column, (_, dtype) in zip(rows.columns, lane.columns, strict=True)]
    names = ["n", *(name for name, _ in lane.columns), "ok"]
    return pa.table([pa.array(numbers, pa.int32()), *arrays, pa.repeat(pa.scalar(True), len(numbers))], names=names)
