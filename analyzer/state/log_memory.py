"""What is remembered of logs, as rows of the state: which were read how far, and what they held."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from analyzer.errors import Fault, StateError
from analyzer.logs.following import Log
from analyzer.logs.sources import Reached

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

MOST_LIKE = 8  # chunks of one size before they become one
_SMALLEST, _LARGEST = 1_000, 100_000  # grains: smaller chunks are of one size, larger ones stay as they are


@dataclass(frozen=True, slots=True)
class Remembered:
    """A log, and what was read of it.

    Attributes
    ----------
    source
        The file that it was last read from.
    parsed
        Of its lines.
    first_us, last_us
        [µs since 1970] of its requests; None without one.
    unfinished, cut
        A last line that has no end yet, and is not counted; whether the file broke off there.
    absent
        How often, one after the other, no file was found that holds it.
    says
        What its lines say against the format; None if nothing.
    """

    log: Log
    source: str
    parsed: int = 0
    first_us: int | None = None
    last_us: int | None = None
    unfinished: bytes = b""
    cut: bool = False
    absent: int = 0
    says: str | None = None


@dataclass(slots=True)
class Memory:
    """What is remembered of one set of logs.

    Attributes
    ----------
    number
        Of the set.
    generation
        Counts the writings: whoever writes must have read the last one.
    logs
        By their number.
    places
        Which log lies where (`LogFile.place`).
    unchanged
        Files known by their signature, which hold nothing new: which log, and what could not be read of it.
    reasons
        Quarantined lines by reason.
    """

    number: int
    generation: int
    logs: dict[int, Remembered] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    unchanged: dict[bytes, tuple[int | None, str | None]] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)


def opened(cursor: sqlite3.Cursor, paths: str, settings: str, *, rebuild: bool) -> tuple[Memory, bool]:
    """Return the memory of a set of logs, and whether an earlier one had to be forgotten for other settings.

    Parameters
    ----------
    paths
        What names the set.
    settings
        What its numbers depend on.
    rebuild
        Forget it in any case.
    """
    row = cursor.execute("SELECT number, generation, settings FROM log_set WHERE paths = ?", (paths,)).fetchone()
    other = row is not None and row[2] != settings
    if row is not None and (other or rebuild):
        forget(cursor, row[0])
    if row is None or other or rebuild:
        cursor.execute("INSERT INTO log_set (paths, settings, generation) VALUES (?, ?, 0)", (paths, settings))
        return Memory(int(cursor.lastrowid or 0), 0), other
    return _read(cursor, Memory(row[0], row[1])), False


def settings(connection: sqlite3.Connection, paths: str) -> str | None:
    """Return what the numbers of a set of logs depend on; None if it has not been read."""
    row = connection.execute("SELECT settings FROM log_set WHERE paths = ?", (paths,)).fetchone()
    return None if row is None else str(row[0])


def forget(cursor: sqlite3.Cursor, number: int) -> None:
    """Forget all of a set of logs."""
    for table in ("log", "place", "unchanged", "reason", "client", "chunk"):
        cursor.execute(f"DELETE FROM {table} WHERE log_set = ?", (number,))  # noqa: S608 -- names of ours
    cursor.execute("DELETE FROM log_set WHERE number = ?", (number,))


def _read(cursor: sqlite3.Cursor, memory: Memory) -> Memory:
    """Fill a memory from its rows."""
    number = (memory.number,)
    for row in cursor.execute(
        "SELECT number, head, offset, lines, crc, tail, source, parsed, first_us, last_us, unfinished, cut, absent,"
        " says FROM log WHERE log_set = ?",
        number,
    ):
        log = Log(row[0], row[1], Reached(*row[2:6]))
        source, parsed, first_us, last_us, unfinished, cut, absent, says = row[6:]
        memory.logs[log.number] = Remembered(
            log, source, parsed, first_us, last_us, unfinished, bool(cut), absent, says
        )
    memory.places.update(cursor.execute("SELECT place, log FROM place WHERE log_set = ?", number))
    rows = cursor.execute("SELECT signature, log, trouble FROM unchanged WHERE log_set = ?", number)
    memory.unchanged.update((signature, (log, trouble)) for signature, log, trouble in rows)
    memory.reasons.update(cursor.execute("SELECT reason, lines FROM reason WHERE log_set = ?", number))
    return memory


def write(cursor: sqlite3.Cursor, memory: Memory, changed: Iterable[int]) -> None:
    """Keep a memory: of its logs, those that changed.

    Raises
    ------
    StateError
        If another process has written meanwhile.
    """
    cursor.execute(
        "UPDATE log_set SET generation = generation + 1 WHERE number = ? AND generation = ?",
        (memory.number, memory.generation),
    )
    if cursor.rowcount != 1:
        raise StateError(Fault("another cutover has read the same logs meanwhile", remedy="start again"))
    memory.generation += 1
    rows = [_row(memory.number, memory.logs[one]) for one in changed]
    cursor.executemany(f"INSERT OR REPLACE INTO log VALUES ({', '.join('?' * 15)})", rows)  # noqa: S608 -- marks only
    for table, pairs in (
        ("place", memory.places.items()),
        ("unchanged", ((signature, *known) for signature, known in memory.unchanged.items())),
        ("reason", memory.reasons.items()),
    ):
        cursor.execute(f"DELETE FROM {table} WHERE log_set = ?", (memory.number,))  # noqa: S608 -- names of ours
        values = [(memory.number, *pair) for pair in pairs]
        marks = ", ".join("?" * (4 if table == "unchanged" else 3))
        cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608 -- names of ours


def _row(number: int, one: Remembered) -> tuple[object, ...]:
    """Return a log as its row."""
    at = one.log.reached
    read = (at.offset, at.lines, at.crc, at.tail, one.parsed, one.first_us, one.last_us)
    return (one.log.number, number, one.source, one.log.head, *read, one.unfinished, one.cut, one.absent, one.says)


def client_code(cursor: sqlite3.Cursor, number: int, address: str, agent: str | None) -> int:
    """Return the code of a client; a new one gets one."""
    said = "-" if agent is None else f"+{agent}"
    digest = blake2b(f"{number}\0{address}\0{said}".encode(), digest_size=16).digest()
    row = cursor.execute("SELECT code FROM client WHERE digest = ?", (digest,)).fetchone()
    if row is not None:
        return int(row[0])
    cursor.execute(
        "INSERT INTO client (log_set, digest, address, agent) VALUES (?, ?, ?, ?)", (number, digest, address, agent)
    )
    return int(cursor.lastrowid or 0)


def all_clients(connection: sqlite3.Connection, number: int) -> list[tuple[int, str, str | None]]:
    """Return code, address and agent of all clients, by code."""
    return connection.execute(
        "SELECT code, address, agent FROM client WHERE log_set = ? ORDER BY code", (number,)
    ).fetchall()


def chunks(connection: sqlite3.Connection, number: int) -> Iterator[bytes]:
    """Yield the stored grains."""
    for (data,) in connection.execute("SELECT data FROM chunk WHERE log_set = ?", (number,)):
        yield data


def add_chunk(cursor: sqlite3.Cursor, number: int, grains: int, data: bytes) -> None:
    """Keep grains."""
    cursor.execute("INSERT INTO chunk (log_set, grains, data) VALUES (?, ?, ?)", (number, grains, data))


def alike(cursor: sqlite3.Cursor, number: int) -> Mapping[int, bytes]:
    """Return some chunks of about one size that should become one, by their number; none if there are few of each."""
    by_size: dict[int, list[int]] = {}
    rows = cursor.execute("SELECT number, grains FROM chunk WHERE log_set = ? AND grains < ?", (number, _LARGEST))
    for one, grains in rows.fetchall():
        by_size.setdefault(max(0, grains // _SMALLEST).bit_length() // 3, []).append(one)
    some = next((ones for _, ones in sorted(by_size.items()) if len(ones) >= MOST_LIKE), [])
    found = {}
    for one in some:
        found[one] = cursor.execute("SELECT data FROM chunk WHERE number = ?", (one,)).fetchone()[0]
    return found


def drop_chunks(cursor: sqlite3.Cursor, numbers: Iterable[int]) -> None:
    """Drop chunks that have become one."""
    cursor.executemany("DELETE FROM chunk WHERE number = ?", [(one,) for one in numbers])
