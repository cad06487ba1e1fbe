"""Some lines of log files, to find their format by: the beginning of each, and of a plain file its middle and end."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.logs.opening import STANDARD_INPUT, LogFile
from analyzer.logs.w3c import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SAMPLE_LINES = 500  # of one place
SAMPLE_FILES = 40
_PLACE_BYTES = 1 << 18  # [bytes] read at one place
_LONGEST = 1 << 16  # [bytes] of a line that is worth a look
_SCAN_BYTES, _TAIL_BYTES = 1 << 20, 1 << 8


def sample(files: Iterable[str]) -> list[bytes]:
    """Return lines, with their ends, of the first, the middle and the last of some files.

    Standard input is looked at, not used up; a pipe with a name is left alone. What cannot be read gives nothing.
    """
    found: list[bytes] = []
    for file in _spread(list(files)):
        for text in _places(file):
            found += [line for line in text[:SAMPLE_LINES] if len(line) <= _LONGEST]
    return found


def hidden(files: Iterable[str]) -> bool:
    """Return whether there is a pipe among the files of which too little can be seen beforehand."""
    return any(bool(_ahead()) if file == STANDARD_INPUT else _is_pipe(file) for file in files)


def _spread(files: list[str]) -> list[str]:
    """Return not too many of the files, evenly."""
    step = max(1, -(-len(files) // SAMPLE_FILES))
    return files[::step]


def _places(file: str) -> Iterator[list[bytes]]:
    """Yield the whole lines at some places of a file."""
    if file == STANDARD_INPUT:
        yield _whole(_ahead(), begins=True)
        return
    if _is_pipe(file):
        return
    head = _head(file, _PLACE_BYTES)
    yield _whole(head, begins=True, ends=len(head) < _PLACE_BYTES)
    try:
        with Path(file).open("rb") as stored:
            size = stored.seek(0, io.SEEK_END)
            stored.seek(0)
            if size <= 3 * _PLACE_BYTES or stored.read(len(head[:4096])) != head[:4096]:  # compressed: no middle
                return
            for at in (size // 2, size - _PLACE_BYTES):
                stored.seek(at)
                yield _whole(stored.read(_PLACE_BYTES))
    except OSError:
        return


def _is_pipe(file: str) -> bool:
    """Return whether looking into a file would use it up."""
    try:
        return Path(file).is_fifo()
    except (OSError, ValueError):
        return False


def _ahead() -> bytes:
    """Return what standard input holds ready, without using it up."""
    return sys.stdin.buffer.peek(_PLACE_BYTES) if isinstance(sys.stdin.buffer, io.BufferedReader) else b""


def _head(file: str, size: int) -> bytes:
    """Return the first bytes of a file's text."""
    buffer = bytearray(size)
    opened = LogFile(file)
    try:
        return bytes(buffer[: opened.fill(memoryview(buffer))])
    finally:
        opened.close()


def _whole(text: bytes, *, begins: bool = False, ends: bool = False) -> list[bytes]:
    """Return the whole lines in a piece of a file."""
    lines = text.splitlines(keepends=True) if b"\n" not in text else [line + b"\n" for line in text.split(b"\n")]
    if b"\n" in text:
        last = lines.pop()
        if ends and last != b"\n":
            lines.append(last)
    elif not ends:
        return []
    return lines if begins else lines[1:]


@dataclass(frozen=True, slots=True)
class _Looked:
    """What is known of the `#Fields:` lines of a file.

    Attributes
    ----------
    state
        What changes whenever the file does; its device and inode first.
    found
        The lines, and those of them that have their end.
    offset, tail
        How far it was looked through, to the end of a line, and the last bytes before.
    """

    state: tuple[int, ...]
    found: tuple[str, ...]
    ended: tuple[str, ...]
    offset: int
    tail: bytes


_KNOWN: dict[str, _Looked] = {}  # by file
_MOST_KNOWN = 10_000  # files


def headers(files: Iterable[str]) -> tuple[str, ...]:
    """Return the `#Fields:` lines of files, each once, wherever they stand."""
    found: dict[str, None] = {}
    for file in files:
        if file == STANDARD_INPUT or _is_pipe(file):
            text = _ahead() if file == STANDARD_INPUT else b""
            found.update(dict.fromkeys(_headers_in(text)))
            continue
        found.update(dict.fromkeys(_headers_of(file, _state(file))))
    return tuple(found)


def _state(file: str) -> tuple[int, ...]:
    """Return what changes whenever a file does; nothing of what has no such state."""
    try:
        told = Path(file).stat()
    except (OSError, ValueError):
        return ()
    return told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns


def _headers_of(file: str, state: tuple[int, ...]) -> tuple[str, ...]:
    """Return the `#Fields:` lines of a file; what this process has looked through of it is not read again."""
    known = _KNOWN.get(file)
    if state and known is not None and known.state == state:
        return known.found
    opened = LogFile(file)
    try:
        looked = _looked_on(opened, state, known)
    finally:
        opened.close()
    if state and (len(_KNOWN) < _MOST_KNOWN or file in _KNOWN):
        _KNOWN[file] = looked
    return looked.found


def _looked_on(opened: LogFile, state: tuple[int, ...], known: _Looked | None) -> _Looked:
    """Return what is known of a file after another look: from where the last one ended, if it only grew."""
    offset, tail, found = 0, b"", dict[str, None]()
    if known is not None and known.offset and state[:2] == known.state[:2] and _goes_on(opened, known):
        offset, tail, found = known.offset, known.tail, dict.fromkeys(known.ended)
    buffer = bytearray(_SCAN_BYTES)
    carry, skipped = b"", 0
    while count := opened.fill(memoryview(buffer)):
        text = carry + bytes(buffer[:count])
        whole = text.rfind(b"\n") + 1
        found.update(dict.fromkeys(_headers_in(text[:whole])))
        if whole:
            offset, tail, skipped = offset + skipped + whole, text[max(0, whole - _TAIL_BYTES) : whole], 0
        carry, skipped = text[whole:][:_LONGEST], skipped + max(0, len(text) - whole - _LONGEST)
    return _Looked(state, tuple(dict.fromkeys([*found, *_headers_in(carry)])), tuple(found), offset, tail)


def _goes_on(opened: LogFile, known: _Looked) -> bool:
    """Return whether a plain file still has what stood before the place that is known, and go to that place."""
    if not opened.seekable or opened.size is None or opened.size < known.offset:
        return False
    tail = bytearray(len(known.tail))
    opened.seek(known.offset - len(tail))
    if opened.fill(memoryview(tail)) == len(tail) and bytes(tail) == known.tail:
        return True
    opened.seek(0)
    return False


def _headers_in(text: bytes) -> Iterator[str]:
    """Yield the `#Fields:` lines of a text that begins with a line."""
    at = 0 if text.startswith(HEADER) else text.find(b"\n" + HEADER) + 1
    while at or text.startswith(HEADER):
        end = text.find(b"\n", at)
        yield text[at : end if end >= 0 else len(text)][:_LONGEST].decode("latin-1").strip()
        at = text.find(b"\n" + HEADER, at) + 1
        if not at:
            return
