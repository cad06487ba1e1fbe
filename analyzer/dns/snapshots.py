"""Recorded snapshots (JSON lines `cutover.dns/1`) -> one frame; what is broken is kept apart, with its reason."""

from __future__ import annotations

import contextlib
import glob
import gzip
import sys
import zlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import pandas as pd

from analyzer.dns.record import Answer, Question, Unusable, parse_question
from analyzer.errors import VALUE_LENGTH, Fault, InputError

if TYPE_CHECKING:
    import io
    from collections.abc import Iterable, Iterator

LINE_BYTES = 1 << 20  # [bytes] a full 65,535-octet message with every octet escaped is shorter
GZIP_MAGIC = b"\x1f\x8b"  # RFC 1952 s2.3.1
STATE = "the state"  # the source of lines that stand in no file
UTF8_BOM = b"\xef\xbb\xbf"
_DTYPES = {
    "at": "datetime64[us, UTC]",
    "resolver": "str",
    "transport": "str",
    "name": "str",
    "type": "str",
    "rcode": "str",
    "authoritative": "bool",
    "elapsed_ms": "float64",
    "error": "str",
    "ede": "str",
    "nsid": "str",
    "answers": "object",
    "source": "str",
    "line": "int64",
}


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that is no snapshot: where it stands, why, and its beginning (a stranger's text)."""

    source: str
    line: int
    reason: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """What was read of one file; `lines` = `questions` + `broken` (blank lines are none).

    Attributes
    ----------
    trouble
        Why the file could not be read to its end; None if it was.
    """

    source: str
    lines: int
    questions: int
    broken: int
    trouble: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Snapshots:
    """All questions asked, and what could not be read. One reading is itself and equals no other.

    Attributes
    ----------
    questions
        One row a question, in the order read: at (datetime64[us, UTC]), resolver, transport, name, type (str),
        rcode (str, null where nothing came), authoritative (bool), elapsed_ms (float64, [ms]), error, ede, nsid (str,
        null), answers (object: tuple of `Answer`), source (str), line (int64, 1-based).
    """

    questions: pd.DataFrame
    broken: tuple[Broken, ...] = ()
    files: tuple[SnapshotFile, ...] = ()


def read_snapshots(paths: Iterable[str], recorded: Iterable[str] = ()) -> Snapshots:
    """Return the questions recorded in files of JSON lines, and elsewhere.

    Parameters
    ----------
    paths
        Files and globs, plain or gzip; "-" is standard input. A file named twice is read once.
    recorded
        Lines that stand in no file, like those of the state; a line that a file has too is no second question.

    Raises
    ------
    InputError
        If a path names no file, or one that cannot be read. A broken line never raises.
    """
    rows = _Rows()
    for path in _files(paths):
        rows.read(path)
    rows.add(recorded)
    return rows.snapshots()


class _Rows:
    """The columns while they grow. Equal answers are stored once: snapshots repeat themselves."""

    def __init__(self) -> None:
        self.columns: dict[str, list[Any]] = {name: [] for name in _DTYPES}
        self.broken: list[Broken] = []
        self.files: list[SnapshotFile] = []
        self.known: dict[tuple[Answer, ...], tuple[Answer, ...]] = {}

    def read(self, path: str) -> None:
        """Add one file."""
        lines = questions = 0
        trouble = None
        reader = _lines(path)
        while True:
            try:
                number, raw = next(reader, (0, b""))
            except (EOFError, OSError, zlib.error) as error:
                trouble = f"cannot be read to its end: {error}"
                break
            if number == 0:
                break
            if raw.isspace():
                continue
            lines += 1
            questions += self._take(path, number, raw)
        self.files.append(SnapshotFile(path, lines, questions, lines - questions, trouble))

    def add(self, recorded: Iterable[str]) -> None:
        """Add lines of the state."""
        lines = questions = 0
        for lines, line in enumerate(recorded, start=1):
            questions += self._take(STATE, lines, line.encode("utf-8", "replace"))
        if lines:
            self.files.append(SnapshotFile(STATE, lines, questions, lines - questions))

    def _take(self, source: str, number: int, raw: bytes) -> bool:
        """Add one line; return whether it was a question."""
        try:
            if len(raw) > LINE_BYTES:
                raise Unusable("longer than 1 MiB")  # noqa: TRY301 -- told like every other reason
            question = parse_question(raw)
        except Unusable as reason:
            start = raw[: 4 * VALUE_LENGTH].decode("utf-8", "replace").strip()
            self.broken.append(Broken(source, number, str(reason), start[:VALUE_LENGTH]))
            return False
        for name in _QUESTION_FIELDS:
            self.columns[name].append(getattr(question, name))
        answers = self.columns["answers"]
        answers[-1] = self.known.setdefault(answers[-1], answers[-1])
        self.columns["source"].append(source)
        self.columns["line"].append(number)
        return True

    def snapshots(self) -> Snapshots:
        """Return what was read."""
        frame = pd.DataFrame({name: pd.Series(self.columns[name], dtype=dtype) for name, dtype in _DTYPES.items()})
        return Snapshots(frame, tuple(self.broken), tuple(self.files))


_QUESTION_FIELDS = tuple(field.name for field in fields(Question))


def _files(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the files that paths and globs name, each once, in a stable order."""
    found: dict[str, None] = {}
    for path in paths:
        if path == "-" or not glob.has_magic(path) or Path(path).exists():
            found[path] = None
            continue
        matches = sorted(glob.glob(path, recursive=True))  # noqa: PTH207 -- the pattern may be absolute
        if not matches:
            remedy = "check dns.snapshots, or record some first"
            raise InputError(Fault("no snapshot file matches", value=path, remedy=remedy))
        found |= dict.fromkeys(matches)
    return tuple(found)


def _lines(path: str) -> Iterator[tuple[int, bytes]]:
    """Yield each line with its number; of one longer than the bound only its beginning, one byte over."""
    with contextlib.ExitStack() as stack:
        file = _open(path, stack)
        number = 0
        while raw := file.readline(LINE_BYTES + 1):
            number += 1
            rest = raw
            while len(rest) > LINE_BYTES and not rest.endswith(b"\n"):
                rest = file.readline(LINE_BYTES + 1)
            yield number, raw.removeprefix(UTF8_BOM) if number == 1 else raw


def _open(path: str, stack: contextlib.ExitStack) -> IO[bytes]:
    """Return the file opened, inflated if it is gzip."""
    try:
        raw = sys.stdin.buffer if path == "-" else stack.enter_context(Path(path).open("rb"))  # noqa: SIM115 -- it is
        file = cast("io.BufferedReader", raw)
        start = file.peek(len(GZIP_MAGIC))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
        remedy = "check dns.snapshots: it names files of JSON lines"
        raise InputError(Fault(f"snapshots cannot be read: {reason}", path, remedy=remedy)) from None
    if start.startswith(GZIP_MAGIC):
        return cast("IO[bytes]", stack.enter_context(gzip.GzipFile(fileobj=file)))
    return file
