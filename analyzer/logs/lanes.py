"""Both lanes over one block: the rows that fit, and the lines that do not with the reason."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from analyzer.loading import OnDemand
from analyzer.logs.fast import SQL_TYPES, fast_sql
from analyzer.logs.forwarded import teach
from analyzer.logs.strict import CUT, EMPTY, LINE_LIMIT, strict

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb
    import pyarrow as pa

    from analyzer.logs.formats import LogFormat
    from analyzer.logs.sources import Block
    from analyzer.logs.strict import Rows, Strict
else:
    pa = OnDemand("pyarrow")

_BATCHES = 16  # DuckDB's threads take one after another
_LINES_AT_ONCE = 16_384  # as Python objects
_HIGH_BIT = 0x80
_HIGH_BITS = np.uint64(0x8080_8080_8080_8080)
_ARROW = {"flag": "string"}  # how Arrow names what it names otherwise


@dataclass(frozen=True, slots=True)
class Refused:
    """The lines of a block that do not fit.

    Attributes
    ----------
    indices
        Their indices in the block, ascending.
    reasons
        Why, one a line.
    """

    indices: list[int]
    reasons: list[str]


def connection() -> duckdb.DuckDBPyConnection:
    """Return a connection, with temporary tables of its own, to a DuckDB in memory that asks nothing of the world."""
    return _database(os.getpid()).cursor()


@lru_cache(maxsize=1)
def _database(_process: int) -> duckdb.DuckDBPyConnection:
    """Return this process's database; a forked child must not use its parent's."""
    import duckdb  # noqa: PLC0415 -- large logs are read without it

    database = duckdb.connect(":memory:")
    database.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
    teach(database)
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
    hidden = np.diff(block.starts) > LINE_LIMIT
    words = block.data[: len(block.data) // 8 * 8].view(np.uint64)
    if np.bitwise_or.reduce(words, initial=np.uint64(0)) & _HIGH_BITS or np.any(block.data[-8:] & _HIGH_BIT):
        hidden |= np.bitwise_or.reduceat(block.data, block.starts[:-1]) >= _HIGH_BIT
    hidden[-1] |= block.cut
    return np.flatnonzero(hidden)


@lru_cache(maxsize=64)
def rows_sql(log_format: LogFormat) -> str:
    """Return the first lane's query over `lines`, of every format: one without such a lane takes no line."""
    columns = "".join(f", NULL::{SQL_TYPES[dtype]} AS {name}" for name, dtype in strict(log_format).columns)
    return fast_sql(log_format) or f"SELECT n{columns}, false AS ok FROM lines"  # noqa: S608 -- text of ours


def second_lane(log_format: LogFormat, block: Block, indices: npt.NDArray[np.integer[Any]]) -> tuple[pa.Table, Refused]:
    """Return the rows, as the first lane has them, of the lines that the strict expression takes, and the others.

    Parameters
    ----------
    indices
        Of the lines that the first lane did not take, ascending.
    """
    lane, refused = strict(log_format), Refused([], [])
    some = strict_rows(log_format, block, indices, refused)
    return pa.concat_tables([_table(lane, [], lane.read([])), *(_table(lane, *one) for one in some)]), refused


def strict_rows(
    log_format: LogFormat, block: Block, indices: npt.NDArray[np.integer[Any]], refused: Refused
) -> Iterator[tuple[list[int], Rows]]:
    """Yield rows of the lines that the strict expression takes, with their indices; the others are added to `refused`.

    Parameters
    ----------
    indices
        As for `second_lane`.
    """
    lane = strict(log_format)
    reasons = dict.fromkeys(indices[block.blank(indices)].tolist(), EMPTY)
    if block.cut:
        reasons[block.lines - 1] = CUT
    asked = [index for index in indices.tolist() if index not in reasons]
    for at in range(0, len(asked), _LINES_AT_ONCE):
        some = asked[at : at + _LINES_AT_ONCE]
        rows = lane.read(block.some_lines(some))
        yield [some[number] for number in rows.numbers], rows
        reasons.update((some[number], reason) for number, reason in rows.refused)
    for index in sorted(reasons):
        refused.indices.append(index)
        refused.reasons.append(reasons[index])


def _table(lane: Strict, numbers: list[int], rows: Rows) -> pa.Table:
    """Return rows as Arrow."""
    types = (pa.type_for_alias(_ARROW.get(dtype, dtype)) for _, dtype in lane.columns)
    arrays = [pa.array(column, type_) for column, type_ in zip(rows.columns, types, strict=True)]
    names = ["n", *(name for name, _ in lane.columns), "ok"]
    return pa.table([pa.array(numbers, pa.int32()), *arrays, pa.repeat(pa.scalar(True), len(numbers))], names=names)
