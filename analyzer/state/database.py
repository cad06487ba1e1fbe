"""The state's SQLite file: opened, made, locked; whatever goes wrong with it is told in one line."""

from __future__ import annotations

import fcntl
import sqlite3
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from analyzer.errors import Fault, StateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OURS = 0x63757476  # SQLite's application_id: "cutv"
_VERSION = 1  # user_version: of the tables below
_RETRY_S = 0.05
_TABLES = """
    CREATE TABLE question (at_us INTEGER NOT NULL, digest BLOB NOT NULL UNIQUE, line TEXT NOT NULL);
    CREATE INDEX question_at ON question (at_us);
    CREATE TABLE verdict (at_us INTEGER PRIMARY KEY, line TEXT NOT NULL);
    CREATE TABLE note (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE claim (key TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE log_set (number INTEGER PRIMARY KEY, paths TEXT NOT NULL UNIQUE, settings TEXT NOT NULL,
        generation INTEGER NOT NULL);
    CREATE TABLE log (number INTEGER NOT NULL, log_set INTEGER NOT NULL, source TEXT NOT NULL, head BLOB NOT NULL,
        offset INTEGER NOT NULL, lines INTEGER NOT NULL, crc INTEGER NOT NULL, tail BLOB NOT NULL,
        parsed INTEGER NOT NULL, first_us INTEGER, last_us INTEGER, unfinished BLOB NOT NULL, cut INTEGER NOT NULL,
        absent INTEGER NOT NULL, says TEXT, PRIMARY KEY (log_set, number)) WITHOUT ROWID;
    CREATE TABLE place (log_set INTEGER NOT NULL, place TEXT NOT NULL, log INTEGER NOT NULL,
        PRIMARY KEY (log_set, place)) WITHOUT ROWID;
    CREATE TABLE unchanged (log_set INTEGER NOT NULL, signature BLOB NOT NULL, log INTEGER, trouble TEXT,
        PRIMARY KEY (log_set, signature)) WITHOUT ROWID;
    CREATE TABLE reason (log_set INTEGER NOT NULL, reason TEXT NOT NULL, lines INTEGER NOT NULL,
        PRIMARY KEY (log_set, reason)) WITHOUT ROWID;
    CREATE TABLE client (code INTEGER PRIMARY KEY, log_set INTEGER NOT NULL, digest BLOB NOT NULL UNIQUE,
        address TEXT NOT NULL, agent TEXT);
    CREATE TABLE chunk (number INTEGER PRIMARY KEY, log_set INTEGER NOT NULL, grains INTEGER NOT NULL,
        data BLOB NOT NULL);
    CREATE INDEX client_of_set ON client (log_set);
    CREATE INDEX chunk_of_set ON chunk (log_set);
"""
_DELETE = "move it away, and a new one is made; or name another with --state"
_REMEDIES = {
    sqlite3.SQLITE_NOTADB: ("is not a state of cutover", _DELETE),
    sqlite3.SQLITE_CORRUPT: ("is damaged", _DELETE),
    sqlite3.SQLITE_FULL: ("cannot be written: the disk is full", "make room, and start again: nothing was half kept"),
    sqlite3.SQLITE_READONLY: ("cannot be written", "give the right to write it and its folder, or use --no-state"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "check the folder and the right to write in it, or use --no-state"),
    sqlite3.SQLITE_IOERR: ("cannot be read or written", "look at the disk; a network folder may not be able to lock"),
}


def connect(path: Path, *, wait_s: float, create: bool) -> sqlite3.Connection:
    """Return a connection to a state of this version, in autocommit.

    Parameters
    ----------
    wait_s
        [s] how long a lock of another process is waited for.
    create
        Make it if it is not there.

    Raises
    ------
    StateError
        If it cannot be opened, is no state, or of a later version; or is not there and shall not be made.
    """
    if not create and not path.exists():
        raise StateError(Fault("no such state", str(path), remedy="cutover logs read makes one; or name it by --state"))
    with told(path, wait_s):
        connection = sqlite3.connect(path, timeout=wait_s, isolation_level=None)
        try:
            _checked(connection, path)
            _journaled(connection, wait_s)
        except BaseException:
            connection.close()
            raise
    return connection


def _checked(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables in an empty file, once; refuse a file that is somebody else's."""
    application, version = _marks(connection)
    if (application, version) == (0, 0):
        with written(connection):
            application, version = _marks(connection)  # another process may have been quicker
            if (application, version) == (0, 0):
                if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                    raise StateError(Fault("is a database, but not a state of cutover", str(path), remedy=_DELETE))
                for statement in _TABLES.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {_OURS}")
                connection.execute(f"PRAGMA user_version = {_VERSION}")
                return
    if application != _OURS:
        raise StateError(Fault("is a database, but not a state of cutover", str(path), remedy=_DELETE))
    if version > _VERSION:
        remedy = "use that cutover; or move it away, and a new one is made"
        raise StateError(Fault(f"was written by a later cutover (version {version})", str(path), remedy=remedy))


def _marks(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return whose file it is, and of which version: both of one moment, for another process may be making it."""
    mine = not connection.in_transaction
    if mine:
        connection.execute("BEGIN")
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        return int(application), int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        if mine:
            connection.execute("COMMIT")


def _journaled(connection: sqlite3.Connection, wait_s: float) -> None:
    """Let readers go on beside a writer (WAL); where the file system cannot do it, they wait."""
    end_s = time.monotonic() + wait_s
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = wal")
            break
        except sqlite3.OperationalError as error:  # SQLite does not wait for this one itself
            if _code(error) not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} or time.monotonic() > end_s:
                raise
            time.sleep(_RETRY_S)
    connection.execute("PRAGMA synchronous = full")  # what was said to be sent must not be forgotten by a power cut


@contextmanager
def alone(path: Path, wait_s: float) -> Iterator[None]:
    """Be the only process that reads logs into a state; the lock goes with its process, however that ends.

    Raises
    ------
    StateError
        If another one does so for too long.
    """
    end_s = time.monotonic() + wait_s
    try:
        with path.with_name(f"{path.name}-lock").open("wb") as lock:
            while not _locked(lock.fileno()):
                if time.monotonic() > end_s:
                    what = f"another cutover is reading logs into it; waited {wait_s:g} s for it"
                    raise StateError(Fault(what, str(path), remedy="wait for that one, and start again"))
                time.sleep(_RETRY_S)
            yield
    except OSError as error:
        what = f"cannot be locked: {error.strerror or error}"
        raise StateError(
            Fault(what, str(path), remedy="give the right to write in its folder, or use --no-state")
        ) from None


def _locked(descriptor: int) -> bool:
    """Return whether the lock could be had."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def written(connection: sqlite3.Connection) -> Iterator[sqlite3.Cursor]:
    """Write within one transaction: all of it is kept, or nothing."""
    with closing(connection.cursor()) as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        try:
            yield cursor
            cursor.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                cursor.execute("ROLLBACK")
            raise


@contextmanager
def told(path: Path, wait_s: float) -> Iterator[None]:
    """Tell what SQLite says in one line.

    Raises
    ------
    StateError
        For whatever SQLite raises.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = _code(error)
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            what = f"is in use by another cutover; waited {wait_s:g} s for it"
            raise StateError(Fault(what, str(path), remedy="wait for that one, and start again")) from None
        what, remedy = _REMEDIES.get(code, ("cannot be used", _DELETE))
        raise StateError(Fault(what, str(path), str(error), remedy)) from error


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code; 0 if the module itself raised it."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
