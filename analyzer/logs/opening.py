"""One log file as a stream of bytes, inflated as it needs; trouble ends it and is told, it never raises."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from isal import igzip, isal_zlib

if TYPE_CHECKING:
    import io

STANDARD_INPUT = "-"
_GZIP = b"\x1f\x8b"
_OTHERS = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_DAMAGED: tuple[type[Exception], ...] = (OSError, cast("type[Exception]", isal_zlib.error))
_USED = "what was before it is used"


class _Stream(Protocol):
    """Something that bytes can be read from."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill a buffer as far as there is something; 0 at the end."""
        ...


class LogFile:
    """One opened file.

    Attributes
    ----------
    trouble
        What could not be read, and why; None as long as all could.
    """

    def __init__(self, path: str) -> None:
        self.trouble: str | None = None
        self._raw: io.BufferedReader | None = None
        self._stream: _Stream | None = None
        try:
            self._raw = _opened(path)
            self._stream = self._inflated(self._raw)
        except OSError as error:
            self.trouble = f"cannot be read: {error.strerror or error}"

    def _inflated(self, raw: io.BufferedReader) -> _Stream | None:
        """Return the stream of the file's text, known by its first bytes and not by its name."""
        magic = raw.peek(6)
        for known, name in _OTHERS.items():
            if magic.startswith(known):
                self.trouble = f"is compressed with {name}, which is not read: inflate it first"
                return None
        if magic.startswith(_GZIP):
            return cast("_Stream", igzip.open(raw, "rb"))  # type: ignore[no-untyped-call]  # isal does not type it
        return raw

    def fill(self, buffer: memoryview) -> int:
        """Return how many bytes of the buffer were filled; fewer than all only at the file's end, or at trouble."""
        filled = 0
        while self._stream is not None and filled < len(buffer):
            try:
                count = self._stream.readinto(buffer[filled:]) or 0
            except EOFError:
                self.trouble, count = f"breaks off in the middle of its compressed data; {_USED}", 0
            except _DAMAGED as error:
                what = getattr(error, "strerror", None) or str(error) or type(error).__name__
                self.trouble, count = f"cannot be read further: {what}; {_USED}", 0
            filled += count
            if count == 0:
                self._stream = None
        return filled

    def read_bytes(self) -> int:
        """Return how far the file has been read, as stored [bytes]; 0 where that is not known."""
        with suppress(OSError, ValueError):
            return self._raw.tell() if self._raw else 0
        return 0

    def close(self) -> None:
        """Close it; standard input stays open."""
        if self._raw is not None and self._raw is not sys.stdin.buffer:
            self._raw.close()


def _opened(path: str) -> io.BufferedReader:
    """Return the file as it is stored."""
    return cast("io.BufferedReader", sys.stdin.buffer) if path == STANDARD_INPUT else Path(path).open("rb")
