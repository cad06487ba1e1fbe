"""Access-log requests as a frame: the contract's columns, every line once, in the order of the files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from analyzer.logs.choosing import settled
from analyzer.logs.columns import contract_sql
from analyzer.logs.escapes import text_of
from analyzer.logs.lanes import Refused, connection, lines_table, rows_sql, second_lane
from analyzer.logs.proof import Proof
from analyzer.logs.sources import Block, Ended, blocks, expand

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import duckdb

    from analyzer.logs.formats import LogFormat

TEXT_LIMIT = 16_384  # [bytes] of a refused line that are kept; real lines of Apache are shorter
QUARANTINE = pa.schema([("source", pa.string()), ("line", pa.int64()), ("reason", pa.string()), ("text", pa.string())])
_MOST_RUNS = 64  # pieces of a block that are not copied to lie together; each costs whoever works with the columns


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
    for item in blocks(files):
        if isinstance(item, Ended):
            yield None, proof.ended(item)
            continue
        lines = _block(tables, chosen, item)
        proof.saw(item, len(lines.requests))
        yield lines, None
    proof.done()


@lru_cache(maxsize=64)
def _first_lane(log_format: LogFormat) -> str:
    """Return the query of the first lane's rows, ok or not, in the contract's columns."""
    return contract_sql(log_format, rows_sql(log_format))


@lru_cache(maxsize=64)
def _second_lane(log_format: LogFormat) -> str:
    """Return the query of the second lane's rows, in the table `second`, in the contract's columns."""
    return contract_sql(log_format, "FROM second")


def _block(tables: duckdb.DuckDBPyConnection, chosen: LogFormat, block: Block) -> Lines:
    """Return a block's lines, read by both lanes."""
    tables.register("lines", lines_table(block))
    found = [tables.sql(_first_lane(chosen)).to_arrow_table()]
    ok, numbers = (found[0].column(name).to_numpy() for name in ("ok", "n"))
    rows, refused = second_lane(chosen, block, np.sort(numbers[~ok]))
    if len(rows):
        tables.register("second", rows)
        found.append(tables.sql(_second_lane(chosen)).to_arrow_table())
    return Lines(_requests(block, in_order(pa.concat_tables(found))), _quarantine(block, refused))


def in_order(rows: pa.Table) -> pa.Table:
    """Return the rows that are ok in the order of their numbers; not copied where they lie in long runs.

    DuckDB's threads finish in any order, and what the second lane read belongs between what the first one did.
    """
    numbers, ok = rows.column("n").to_numpy(), rows.column("ok").to_numpy()
    broken = (np.diff(numbers) != 1) | (ok[1:] != ok[:-1])
    edges = [0, *(np.flatnonzero(broken) + 1).tolist(), len(numbers)]
    if len(edges) > _MOST_RUNS:
        kept = np.flatnonzero(ok)
        return rows.combine_chunks().take(kept[np.argsort(numbers[kept], kind="stable")])
    runs = [(start, end) for start, end in pairwise(edges) if ok[start:end].any()]
    runs.sort(key=lambda run: int(numbers[run[0]]))
    return pa.concat_tables([rows.slice(start, end - start) for start, end in runs] or [rows.slice(0, 0)])


def _requests(block: Block, rows: pa.Table) -> pa.Table:
    """Return rows with their place."""
    line = pa.array(rows.column("n").to_numpy().astype(np.int64) + block.first_line)
    rows = rows.append_column("source", pa.repeat(pa.scalar(block.source), len(rows))).append_column("line", line)
    if "time" in rows.column_names:
        at = rows.column_names.index("time")
        rows = rows.set_column(at, "time", rows.column("time").cast(pa.timestamp("us", "UTC")))
    return rows.drop(["n", "ok"])


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
    table = empty.sql(_first_lane(log_format)).to_arrow_table().drop(["n", "ok"])
    fields = [
        pa.field(name, pa.timestamp("us", "UTC") if name == "time" else table.field(name).type)
        for name in table.column_names
    ]
    return pa.schema([*fields, pa.field("source", pa.string()), pa.field("line", pa.int64())])


def _frame(tables: list[pa.Table]) -> pd.DataFrame:
    """Return tables as one frame."""
    frame: pd.DataFrame = pa.concat_tables(tables).to_pandas(types_mapper=pd.ArrowDtype)
    return frame
