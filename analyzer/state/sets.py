"""Sets of logs: known by their paths, read again from the beginning where their numbers mean something else."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from analyzer.errors import InputError
from analyzer.logs.choosing import settled
from analyzer.logs.opening import STANDARD_INPUT
from analyzer.logs.presets import AUTO
from analyzer.logs.remote import is_url
from analyzer.logs.sources import expand
from analyzer.state import log_memory
from analyzer.state.database import written
from analyzer.state.logs import LogReader
from analyzer.state.reading import Reading
from analyzer.state.settings import LogSettings

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection
    from pathlib import Path

    from analyzer.logs.formats import LogFormat
    from analyzer.logs.forwarded import Network


def read_set(
    connection: sqlite3.Connection,
    folder: Path,
    paths: tuple[str, ...],
    log_format: str,
    *,
    names: Collection[str],
    trusted: Collection[Network],
    rebuild: bool,
    progress: Callable[[int, int], None],
) -> LogReader:
    """Read what is new in a set of logs, and return what is known of it.

    Parameters
    ----------
    folder
        Of the state: the set's name holds its paths from there, so that both may be moved together.
    """
    set_name = json.dumps([_from(folder, path) for path in paths])
    chosen, files = _chosen(connection, set_name, log_format, paths, trusted)
    settings = LogSettings(log_format, chosen, tuple(names), tuple(map(str, trusted)))
    with written(connection) as cursor:
        memory, forgotten = log_memory.opened(cursor, set_name, settings.text(), rebuild=rebuild)
    reading = Reading(memory, paths, progress, settings.buffers_for)
    reader = LogReader(connection, memory, settings, reading, files)
    reader.forgotten = forgotten
    reader.run()
    return reader


def _chosen(
    connection: sqlite3.Connection, set_name: str, log_format: str, paths: tuple[str, ...], trusted: Collection[Network]
) -> tuple[LogFormat, int]:
    """Return the format of the files, and how many they are; the one of before where all files are gone."""
    try:
        files = expand(paths)
    except InputError:
        before = log_memory.settings(connection, set_name)
        if before is None:
            raise
        return settled(json.loads(before)[3] if log_format == AUTO else log_format, (), trusted), 0
    return settled(log_format, files, trusted), len(files)


def _from(folder: Path, path: str) -> str:
    """Return a path as it is from a folder; URLs and standard input as they are."""
    if path == STANDARD_INPUT or is_url(path):
        return path
    return os.path.relpath(path, folder.absolute())
