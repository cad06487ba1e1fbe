"""One log file as a stream of bytes, inflated as it needs; trouble ends it and is told, it never raises."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, cast

from analyzer.errors import CutoverError
from analyzer.loading import OnDemand
from analyzer.logs.inflating import damaged, inflated
from analyzer.logs.remote import is_url, opened

if TYPE_CHECKING:
    import hashlib
    import io

    from analyzer.logs.inflating import Stream
else:
    hashlib = OnDemand("hashlib")

STANDARD_INPUT = "-"
USED = "what was before it is used"
HEAD_BYTES = 1 << 12  # [bytes] at its beginning, that tell a file from others


class LogFile:
    """One opened file.

    Attributes
    ----------
    trouble
        What could not be read, and why; None as long as all could.
    gone
        True if there was no file of this name.
    packed
        True if it is compressed.
    place
        What stays the same while the file is renamed: device and inode, or the URL; None of a pipe.
    size
        [bytes] as stored; None where that is not known before its end.
    """

    def __init__(self, path: str) -> None:
        self.trouble: str | None = None
        self.gone = False
        self.packed = False
        self.place: str | None = None
        self.size: int | None = None
        self._raw: io.BufferedReader | None = None
        self._changed_ns = 0
        self._again = b""  # text that was looked at before its time
        self._stream: Stream | None = None
        try:
            self._raw = _opened(path)
            self.place, self.size, self._changed_ns = _place(path, self._raw)
            packed = inflated(self._raw)
            self.packed, self._stream = packed is not None, packed or self._raw
        except CutoverError as error:
            self.trouble = str(error.faults[0])
        except OSError as error:
            self.gone = isinstance(error, FileNotFoundError)
            self.trouble = f"cannot be read: {error.strerror or error}"

    def fill(self, buffer: memoryview) -> int:
        """Return how many bytes of the buffer were filled; fewer than all only at the file's end, or at trouble."""
        filled = min(len(self._again), len(buffer))
        buffer[:filled], self._again = self._again[:filled], self._again[filled:]
        while self._stream is not None and filled < len(buffer):
            try:
                count = self._stream.readinto(buffer[filled:]) or 0
            except EOFError:
                self.trouble, count = f"breaks off in the middle of its compressed data; {USED}", 0
            except damaged() as error:
                what = getattr(error, "strerror", None) or str(error) or type(error).__name__
                self.trouble, count = f"cannot be read further: {what}; {USED}", 0
            filled += count
            if count == 0:
                self._stream = None
        return filled

    def head(self) -> bytes:
        """Return the first bytes of its text, and stay at its beginning."""
        some = bytearray(HEAD_BYTES)
        with memoryview(some) as view:
            self._again = bytes(some[: self.fill(view)])
        return self._again

    @property
    def seekable(self) -> bool:
        """True if any place of its text can be gone to: it is not compressed, and no pipe."""
        return self._raw is not None and self.size is not None and not self.packed

    def seek(self, offset: int) -> None:
        """Go to a place of its text; only where that is possible."""
        if self._raw is not None and self.seekable:
            self._again, self._stream = b"", self._raw
            self._stored_at(offset)

    def rewind(self) -> bool:
        """Go to the beginning; return False where there is no way back."""
        if self._raw is None or self.size is None:
            return False
        self._again, self.trouble = b"", None
        self._stored_at(0)
        if self.trouble is None:
            self._stream = inflated(self._raw) if self.packed else self._raw
        return self._stream is not None

    def _stored_at(self, offset: int) -> None:
        """Go to a place of what is stored."""
        try:
            if self._raw is not None:
                self._raw.seek(offset)
        except OSError as error:
            self.trouble, self._stream = f"cannot be read: {error.strerror or error}", None

    def signature(self) -> bytes | None:
        """Return what stays the same as long as the file does, and is then at its beginning again.

        Of a packed file its size, first and last bytes (there stands a checksum), wherever it lies; of a plain one
        where it lies, its size, time and first bytes. None where it cannot be gone back in.
        """
        if self._raw is None or self.size is None or self._stream is None:
            return None
        with suppress(OSError):
            self._raw.seek(0)
            parts = [b"%d" % self.size, self._raw.read(HEAD_BYTES)]
            if self.packed:
                self._raw.seek(max(0, self.size - HEAD_BYTES))
                parts.append(self._raw.read(HEAD_BYTES))
            else:
                parts.append(f"{self.place} {self._changed_ns}".encode())
            if self.rewind():
                return hashlib.blake2b(b"".join(b"%d " % len(one) + one for one in parts), digest_size=16).digest()
        return None

    def read_bytes(self) -> int:
        """Return how far the file has been read, as stored [bytes]; 0 where that is not known."""
        with suppress(OSError, ValueError):
            return self._raw.tell() if self._raw else 0
        return 0

    def close(self) -> None:
        """Close it; standard input stays open."""
        if self._raw is not None and self._raw is not sys.stdin.buffer:
            with suppress(OSError):
                self._raw.close()


def _opened(path: str) -> io.BufferedReader:
    """Return the file as it is stored."""
    if path == STANDARD_INPUT:
        return cast("io.BufferedReader", sys.stdin.buffer)
    return opened(path) if is_url(path) else Path(path).open("rb")


def _place(path: str, raw: io.BufferedReader) -> tuple[str | None, int | None, int]:
    """Return what is known of where a file lies, how large it is, and when it was changed [ns]."""
    if is_url(path):
        size = getattr(raw.raw, "size", None)
        return (path, size, 0) if size is not None and raw.seekable() else (None, None, 0)
    status = os.fstat(raw.fileno())
    if not S_ISREG(status.st_mode):
        return None, None, 0
    return f"{status.st_dev}:{status.st_ino}", status.st_size, status.st_mtime_ns
