"""One log file as a stream of bytes, inflated as it needs; trouble ends it and is told, it never raises."""

from __future__ import annotations

import bz2
import lzma
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from isal import isal_zlib
from isal.igzip_lib import DECOMP_GZIP, IgzipDecompressor

if TYPE_CHECKING:
    import io
    from collections.abc import Callable

STANDARD_INPUT = "-"
_STORED_AT_ONCE = 1 << 12  # [bytes] so little is lost where stored bytes are damaged
_MAGIC_BYTES = 10
_ZSTD = b"\x28\xb5\x2f\xfd"
_DAMAGED: tuple[type[Exception], ...] = (OSError, lzma.LZMAError, cast("type[Exception]", isal_zlib.error))
USED = "what was before it is used"


class _Stream(Protocol):
    """Something that bytes can be read from."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill a buffer as far as there is something; 0 at the end."""
        ...


class _Decompressor(Protocol):
    """One compressed stream being inflated: what the three libraries have in common."""

    @property
    def eof(self) -> bool:
        """True at the stream's end."""
        ...

    @property
    def needs_input(self) -> bool:
        """True if nothing comes out without more of it."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What stands after the stream's end."""
        ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return what comes out next."""
        ...


class _Inflated:
    """A compressed file of one stream or several; whatever was inflated before a break has been given."""

    def __init__(self, raw: io.BufferedReader, magic: re.Pattern[bytes], new: Callable[[], _Decompressor]) -> None:
        self._raw, self._magic, self._new = raw, magic, new
        self._part = new()
        self._stored = b""

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill a buffer as far as there is something; 0 at the end.

        Raises
        ------
        EOFError
            If a stream breaks off.
        OSError and what the library has of its own
            If what is stored is damaged, or not compressed.
        """
        while True:
            if self._part.eof and not self._next_part():
                return 0
            if self._part.needs_input and not self._stored:
                self._stored = self._raw.read(_STORED_AT_ONCE)
                if not self._stored:
                    raise EOFError
            stored, self._stored = self._stored, b""
            text = self._part.decompress(stored, len(buffer))
            if text:
                buffer[: len(text)] = text
                return len(text)

    def _next_part(self) -> bool:
        """Return whether another stream follows; zeros between and after them are padding."""
        stored = self._part.unused_data.lstrip(b"\0")
        while len(stored) < _MAGIC_BYTES:
            more = self._raw.read(_STORED_AT_ONCE)
            if not more:
                break
            stored = (stored + more).lstrip(b"\0")
        if not stored:
            return False
        if not self._magic.match(stored):
            raise OSError("rubbish after its compressed data")
        self._part, self._stored = self._new(), stored
        return True


_COMPRESSED: tuple[tuple[re.Pattern[bytes], Callable[[], _Decompressor]], ...] = (
    (re.compile(rb"\x1f\x8b"), lambda: IgzipDecompressor(flag=DECOMP_GZIP)),
    (re.compile(rb"BZh[1-9](?:1AY&SY|\x17\x72\x45\x38\x50\x90)"), bz2.BZ2Decompressor),
    (re.compile(rb"\xfd7zXZ\0"), lzma.LZMADecompressor),
)


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
        begin = raw.peek(_MAGIC_BYTES)
        for magic, new in _COMPRESSED:
            if magic.match(begin):
                return _Inflated(raw, magic, new)
        if begin.startswith(_ZSTD):
            self.trouble = "is compressed with zstd, which is not read: inflate it first"
            return None
        return raw

    def fill(self, buffer: memoryview) -> int:
        """Return how many bytes of the buffer were filled; fewer than all only at the file's end, or at trouble."""
        filled = 0
        while self._stream is not None and filled < len(buffer):
            try:
                count = self._stream.readinto(buffer[filled:]) or 0
            except EOFError:
                self.trouble, count = f"breaks off in the middle of its compressed data; {USED}", 0
            except _DAMAGED as error:
                what = getattr(error, "strerror", None) or str(error) or type(error).__name__
                self.trouble, count = f"cannot be read further: {what}; {USED}", 0
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
