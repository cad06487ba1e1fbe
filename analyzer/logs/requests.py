"""Access-log requests as a frame: the contract's columns, every line once, in the order of the files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from analyzer.logs.choosing import settled
from analyzer.logs.columns import contract_columns
from analyzer.logs.escapes import text_of
from analyzer.logs.lanes import Refused, connection, lines_table, rows_sql, second_lane
from analyzer.logs.proof import Proof
from analyzer.logs.sources import Block, Ended, blocks, expand

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    from analyzer.logs.formats import LogFormat

TEXT_LIMIT = 16_384  # [bytes] of a refused line that are kept; real lines of Apache are shorter
QUARANTINE = pa.schema([("source", pa.string()), ("line", pa.int64()), ("reason", pa.string()), ("text", pa.string())])
_BLOCK_BYTES = 8 << 20  # a block of text becomes several times its size as columns


@dataclass(frozen=True, slots=True)
class Lines:
    """One block's lines, read.

    Attributes
    ----------
    requests
        The contract's columns, one row a line that fits the format.
    quarantine
        `source`, `line`, `reason`, `text` of the others.
    """

    requests: pa.Table
    quarantine: pa.Table


def read_requests(paths: Iterable[str] | str, log_format: str | LogFormat = "combined") -> pd.DataFrame:
    """Return the requests of log files, one row a parsed line, with Arrow-backed columns.

    Parameters
    ----------
    paths
        Files and globs; a file named twice is read once.
    log_format
        A preset's name, `auto`, a LogFormat string or a `LogFormat`.

    Returns
    -------
    DataFrame
        The contract's columns that the format logs: `time` timestamp[us, UTC], `status` int16, `bytes` int64, …; a
        value logged as `-` is null. `source` and `line` (from 1) say where it stands.

    Raises
    ------
    InputError
        If nothing can be read, or the files are of another format.
    """
    tables = [lines.requests for lines, _ in iter_requests(paths, log_format) if lines is not None]
    return _frame(tables or [requests_schema(settled(log_format, expand(paths))).empty_table()])


def read_quarantine(paths: Iterable[str] | str, log_format: str | LogFormat = "combined") -> pd.DataFrame:
    """Return the lines that do not fit the format: `source`, `line` (from 1), `reason`, `text`.

    A text longer than 16,384 bytes is cut there.

    Raises
    ------
    InputError
        If nothing can be read, or the files are of another format.
    """
    tables = [lines.quarantine for lines, _ in iter_requests(paths, log_format) if lines is not None]
    return _frame(tables or [QUARANTINE.empty_table()])


def iter_requests(
    paths: Iterable[str] | str, log_format: str | LogFormat = "combined"
) -> Iterator[tuple[Lines, None] | tuple[None, Ended]]:
    """Yield the lines of log files block by block, and after each file how it ended; memory stays flat.

    Raises
    ------
    InputError
        If nothing can be read, or the files are of another format.
    """
    files = expand(paths)
    chosen = settled(log_format, files)
    proof = Proof(chosen, len(files))
    tables = connection()
    for item in blocks(files, _BLOCK_BYTES):
        if isinstance(item, Ended):
            yield None, proof.ended(item)
            continue
        tables.register("lines", lines_table(item))
        taken, left = _first_lane(tables.sql(_rows(chosen)).to_arrow_table())
        rows, refused = second_lane(chosen, item, left)
        tables.register("rows", rows)
        second = tables.sql(_selected(chosen, "rows")).to_arrow_table()
        proof.saw(item, len(taken) + len(second))
        yield (
            Lines(_requests(item, [taken, second] if len(second) else [taken]), _quarantine(item, refused)),
            None,
        )
    proof.done()


@lru_cache(maxsize=64)
def _rows(log_format: LogFormat) -> str:
    """Return the query of the first lane's rows, ok or not, in the contract's columns."""
    return _selected(log_format, f"({rows_sql(log_format)})")


def _selected(log_format: LogFormat, rows: str) -> str:
    """Return the query of the contract's columns over raw rows."""
    wanted = "".join(f', {sql} AS "{name}"' for name, sql in contract_columns(log_format).items())
    return f"SELECT n, ok{wanted} FROM {rows}"  # noqa: S608 -- text of ours


def _first_lane(table: pa.Table) -> tuple[pa.Table, npt.NDArray[np.int32]]:
    """Return the rows that the first lane took, and the numbers of the lines that it did not."""
    ok, numbers = table.column("ok").to_numpy(), table.column("n").to_numpy()
    return table if ok.all() else table.filter(pa.array(ok)), np.sort(numbers[~ok])


def _requests(block: Block, tables: list[pa.Table]) -> pa.Table:
    """Return both lanes' rows in the order of the lines, with their place."""
    table = pa.concat_tables(tables)
    numbers = table.column("n").to_numpy()
    if np.any(numbers[1:] < numbers[:-1]):  # DuckDB's threads finish in any order
        table = table.take(np.argsort(numbers, kind="stable"))
    line = pa.array(table.column("n").to_numpy().astype(np.int64) + block.first_line)
    table = table.append_column("source", pa.repeat(pa.scalar(block.source), len(table))).append_column("line", line)
    if "time" in table.column_names:
        at = table.column_names.index("time")
        table = table.set_column(at, "time", table.column("time").cast(pa.timestamp("us", "UTC")))
    return table.drop(["n", "ok"])


def _quarantine(block: Block, refused: Refused) -> pa.Table:
    """Return the refused lines with their place, reason and text."""
    return pa.table(
        [
            pa.repeat(pa.scalar(block.source), len(refused.indices)),
            [block.first_line + index for index in refused.indices],
            refused.reasons,
            [text_of(block.line(index)[:TEXT_LIMIT].rstrip(b"\r\n")) for index in refused.indices],
        ],
        schema=QUARANTINE,
    )


def requests_schema(log_format: LogFormat) -> pa.Schema:
    """Return the columns of a format's requests and their types."""
    empty = connection()
    empty.execute("CREATE TEMP TABLE lines (line VARCHAR, n INTEGER)")
    table = empty.sql(_rows(log_format)).to_arrow_table().drop(["n", "ok"])
    fields = [
        pa.field(name, pa.timestamp("us", "UTC") if name == "time" else table.field(name).type)
        for name in table.column_names
    ]
    return pa.schema([*fields, pa.field("source", pa.string()), pa.field("line", pa.int64())])


def _frame(tables: list[pa.Table]) -> pd.DataFrame:
    """Return tables as one frame."""
    frame: pd.DataFrame = pa.concat_tables(tables).to_pandas(types_mapper=pd.ArrowDtype)
    return frame
