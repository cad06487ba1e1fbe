"""State: what has been asked, read and said of one migration, kept between runs."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Self

from analyzer.errors import Fault, StateError
from analyzer.state.database import alone, connect, told, written
from analyzer.units import parse_moment

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from analyzer.logs.forwarded import Network
    from analyzer.state.logs import LogReader

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WAIT_S = 10.0  # [s] for a lock of another process: a transaction of ours lasts well below one


class State:
    """One migration's memory, open; a context manager. Any number of processes may have it open.

    Raises
    ------
    StateError
        By every method: if the file is no state, damaged, locked for too long, or the disk is full.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, wait_s: float) -> None:
        self._connection, self._wait_s = connection, wait_s
        self.path = path

    @classmethod
    def open(cls, path: Path, *, wait_s: float = WAIT_S, create: bool = True) -> State:
        """Return the state in a file.

        Parameters
        ----------
        path
            `cutover.sqlite` beside the migration's cutover.toml.
        wait_s
            [s] how long another process's lock is waited for.
        create
            Make it if it is not there.

        Raises
        ------
        StateError
            If it is no state, or cannot be opened.
        """
        return cls(connect(path, wait_s=wait_s, create=create), path, wait_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close it; what was recorded is kept."""
        with told(self.path, self._wait_s):
            self._connection.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Cursor]:
        """Write within one transaction, and tell in one line what goes wrong."""
        with told(self.path, self._wait_s), written(self._connection) as cursor:
            yield cursor

    def _rows(self, query: str, *values: object) -> Iterator[tuple[str, ...]]:
        """Yield a query's rows, and tell in one line what goes wrong."""
        with told(self.path, self._wait_s):
            yield from self._connection.execute(query, values)

    def record_questions(self, records: Iterable[Mapping[str, object]]) -> int:
        """Keep DNS questions and their answers, each once; return how many were new.

        Parameters
        ----------
        records
            Snapshot objects of the contract, each with its `at`.
        """
        rows = [(_at_us(one), _digest(one), json.dumps(one, allow_nan=False)) for one in records]
        with self._writing() as cursor:
            cursor.executemany("INSERT OR IGNORE INTO question (at_us, digest, line) VALUES (?, ?, ?)", rows)
            return max(cursor.rowcount, 0)

    def questions(self, since: datetime | None = None) -> Iterator[str]:
        """Yield the recorded questions as JSON lines, without line ends, by their time.

        Parameters
        ----------
        since
            Those asked then or later; all of them, if absent.
        """
        first_us = -(2**63) if since is None else (since - EPOCH) // timedelta(microseconds=1)
        for (line,) in self._rows("SELECT line FROM question WHERE at_us >= ? ORDER BY at_us, rowid", first_us):
            yield line

    def record_verdict(self, verdict: Mapping[str, object]) -> None:
        """Keep a verdict (the contract's object) by its `at`; a later one of the same moment takes its place."""
        row = (_at_us(verdict), json.dumps(verdict, allow_nan=False))
        with self._writing() as cursor:
            cursor.execute("INSERT OR REPLACE INTO verdict (at_us, line) VALUES (?, ?)", row)

    def verdicts(self) -> Iterator[dict[str, object]]:
        """Yield the recorded verdicts by their time."""
        for (line,) in self._rows("SELECT line FROM verdict ORDER BY at_us"):
            verdict: dict[str, object] = json.loads(line)
            yield verdict

    def note(self, key: str, value: str) -> None:
        """Keep a value under a key, in place of an earlier one."""
        with self._writing() as cursor:
            cursor.execute("INSERT OR REPLACE INTO note (key, value) VALUES (?, ?)", (key, value))

    def noted(self, key: str) -> str | None:
        """Return what was kept under a key; None if nothing was."""
        return next((value for (value,) in self._rows("SELECT value FROM note WHERE key = ?", key)), None)

    def notes(self, prefix: str) -> Iterator[str]:
        """Yield what was kept under the keys that begin with a prefix, by their key."""
        yield from (
            value
            for (value,) in self._rows(
                "SELECT value FROM note WHERE substr(key, 1, ?) = ? ORDER BY key", len(prefix), prefix
            )
        )

    def claim(self, key: str) -> bool:
        """Return True to the first that asks for a key, in any process, and False to all others ever after."""
        with self._writing() as cursor:
            cursor.execute("INSERT OR IGNORE INTO claim (key) VALUES (?)", (key,))
            return cursor.rowcount == 1

    def read_logs(
        self,
        paths: Iterable[str],
        log_format: str,
        *,
        names: Collection[str] = (),
        trusted: Collection[Network] = (),
        rebuild: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> LogReader:
        """Read what is new in logs, and return what is known of them; activity and position are kept together.

        What has been read stays known when its file is renamed, compressed or deleted. A set of logs is known by its
        paths; with another format, other names or other proxies it is read again from the beginning.

        Parameters
        ----------
        paths, log_format, names, trusted, progress
            As for `read_activity`.
        rebuild
            Forget what is known of these logs first.

        Raises
        ------
        InputError
            If nothing can be read, or the files are of another format.
        """
        from analyzer.state.sets import read_set  # noqa: PLC0415 -- asking and saying needs no logs

        with told(self.path, self._wait_s), alone(self.path, self._wait_s):
            return read_set(
                self._connection,
                self.path.parent,
                tuple(paths),
                log_format,
                names=names,
                trusted=trusted,
                rebuild=rebuild,
                progress=progress or (lambda _done, _total: None),
            )


def _at_us(record: Mapping[str, object]) -> int:
    """Return a record's time [µs since 1970]."""
    try:
        return (parse_moment(str(record["at"])) - EPOCH) // timedelta(microseconds=1)
    except (KeyError, ValueError) as error:
        fault = Fault("a record without a time", "at", str(record.get("at")), "write one like 2026-03-02T22:00:00Z")
        raise StateError(fault) from error


def _digest(record: Mapping[str, object]) -> bytes:
    """Return what two equal records have in common."""
    return blake2b(json.dumps(record, sort_keys=True, allow_nan=False).encode(), digest_size=16).digest()
