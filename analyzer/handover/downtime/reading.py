"""Log files -> the few columns of the requests around the change; memory grows with that stretch only."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.handover.downtime.model import Window
from analyzer.logs.requests import iter_requests

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

NORMAL_DAYS = 7  # days before the window that say what is normal: a whole week
STRINGS = ("client", "peer", "agent", "method", "target", "handler")
COLUMNS = {
    "time": pa.timestamp("us", "UTC"),
    "client": pa.string(),
    "peer": pa.string(),
    "agent": pa.string(),
    "method": pa.string(),
    "target": pa.string(),
    "status": pa.int16(),
    "duration_us": pa.int64(),
    "handler": pa.string(),
}


def window_around(moments: Iterable[datetime], *, before_s: float, after_s: float) -> Window:
    """Return the stretch from so long before the first of the moments until so long after the last.

    Parameters
    ----------
    moments
        The change, and the switch to the proxy where it is known.
    before_s, after_s
        [s] how far it reaches.
    """
    known = sorted(moments)
    start = known[0] - timedelta(seconds=before_s)
    return Window(start - timedelta(days=NORMAL_DAYS), start, known[-1] + timedelta(seconds=after_s))


def read_window(
    paths: Iterable[str], log_format: str, window: Window, names: Iterable[str]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the requests from `window.normal_from` to `window.end` for the names, in time order, and the troubles.

    Parameters
    ----------
    paths, log_format
        Files and globs, and how they are written.
    names
        Requests for another host are left out where the format logs it.

    Returns
    -------
    frame
        time (timestamp[us, UTC]), client, peer, agent, method, target, handler (categories), status (int16),
        duration_us (int64); a column that the format does not log is all null.
    troubles
        What could not be read, one sentence a file.

    Raises
    ------
    InputError
        If nothing can be read, or the files are of another format.
    """
    kept, troubles = [], []
    for lines, ended in iter_requests(paths, log_format):
        if lines is not None and lines.requests.num_rows:
            kept.append(_selected(lines.requests, window, tuple(names)))
        elif ended is not None and ended.trouble:
            troubles.append(f"{ended.source}: {ended.trouble}")
    schema = pa.schema([pa.field(name, _stored(name)) for name in COLUMNS])
    table = pa.concat_tables(kept) if kept else schema.empty_table()
    frame: pd.DataFrame = table.unify_dictionaries().to_pandas(types_mapper=_pandas_type)
    return frame.sort_values("time", kind="stable", ignore_index=True), tuple(troubles)


def from_proxy(frame: pd.DataFrame, proxies: Collection[str]) -> pd.Series:
    """Return whether each request was handed on by one of these addresses.

    The peer says so where it is logged: mod_remoteip puts the client's own address in place of the proxy's.
    """
    return frame["client"].isin(list(proxies)) | frame["peer"].isin(list(proxies))


def count_from_proxy(paths: Iterable[str], log_format: str, proxies: Iterable[str], names: Iterable[str]) -> int:
    """Return how many requests for the names were handed on by one of these addresses; memory stays flat.

    Raises
    ------
    InputError
        If nothing can be read, or the files are of another format.
    """
    found, known, own = 0, pa.array(list(proxies), pa.string()), tuple(names)
    for lines, _ in iter_requests(paths, log_format):
        if lines is None:
            continue
        table = lines.requests.filter(_for_names(lines.requests, own))
        asked = [pc.is_in(table.column(name), known) for name in ("client", "peer") if name in table.column_names]
        found += pc.sum(pc.or_(asked[0], asked[-1])).as_py() or 0 if asked else 0
    return found


def _stored(name: str) -> pa.DataType:
    """Return how a column is kept: strings once each."""
    return pa.dictionary(pa.int32(), pa.string()) if name in STRINGS else COLUMNS[name]


def _pandas_type(stored: pa.DataType) -> pd.api.extensions.ExtensionDtype | None:
    """Return pandas' type of a column: categories for strings."""
    return None if pa.types.is_dictionary(stored) else pd.ArrowDtype(stored)


def _selected(table: pa.Table, window: Window, names: tuple[str, ...]) -> pa.Table:
    """Return the rows of the stretch that asked for one of the names, in the columns that count."""
    time = table.column("time")
    kept = pc.and_(
        pc.greater_equal(time, pa.scalar(window.normal_from, time.type)),
        pc.less(time, pa.scalar(window.end, time.type)),
    )
    table = table.filter(pc.and_(kept, _for_names(table, names)))
    return pa.table({name: _column(table, name) for name in COLUMNS})


def _for_names(table: pa.Table, names: tuple[str, ...]) -> pa.Array:
    """Return whether each row asked for one of the names; where the format does not log that, it did."""
    if "host" not in table.column_names or not names:
        return pa.repeat(pa.scalar(value=True), table.num_rows)
    host = pc.utf8_rtrim(table.column("host"), ".")
    return pc.or_kleene(pc.is_in(host, pa.array(names)), pc.is_null(host))


def _column(table: pa.Table, name: str) -> pa.ChunkedArray:
    """Return a column in its stored type; nulls where the format does not log it."""
    wanted = COLUMNS[name]
    if name not in table.column_names:
        column = pa.chunked_array([pa.nulls(table.num_rows, wanted)])
    else:
        column = table.column(name).cast(wanted)
    return column.dictionary_encode() if name in STRINGS else column
