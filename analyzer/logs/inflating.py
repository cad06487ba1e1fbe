"""Compressed logs inflated as they are needed: gzip, bzip2, xz and zstd, of one stream or several."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Protocol, cast

from isal import isal_zlib
from isal.igzip_lib import DECOMP_GZIP, IgzipDecompressor

from analyzer.loading import OnDemand

if TYPE_CHECKING:
    import bz2
    import io
    import lzma
    from collections.abc import Callable

    import zstandard
else:
    bz2, lzma, zstandard = map(OnDemand, ("bz2", "lzma", "zstandard"))

MAGIC_BYTES = 10  # so many tell how a file is compressed
_STORED_AT_ONCE = 1 << 12  # [bytes] so little is lost where stored bytes are damaged
_GZIP_AT_ONCE = 80 << 10  # [bytes] a header of RFC 1952 fits, its extra field of 64 kB included
_TEXT_AT_ONCE = 1 << 17  # [bytes] of text: for more, the system would be asked for memory each time
_ZSTD_AT_ONCE = 1 << 9  # [bytes] a zstd block of 4 bytes may hold 128 kB: what comes out at once stays bounded
_OF_GZIP = OSError, cast("type[Exception]", isal_zlib.error)
_BROKEN: tuple[type[Exception], ...] = (EOFError, OverflowError, *_OF_GZIP)  # the second one: a header is too large


def damaged() -> tuple[type[Exception], ...]:
    """Return what is raised where stored bytes are damaged: asked for then, so that few libraries are loaded."""
    return (*_OF_GZIP, lzma.LZMAError, zstandard.ZstdError)


class Stream(Protocol):
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
            text = self._part.decompress(stored, min(len(buffer), _TEXT_AT_ONCE))
            if text:
                buffer[: len(text)] = text
                return len(text)

    def _next_part(self) -> bool:
        """Return whether another stream follows; zeros between and after them are padding."""
        stored = self._part.unused_data.lstrip(b"\0")
        while len(stored) < MAGIC_BYTES:
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


class _Gzip:
    """A gzip file inflated straight into the reader's buffers; from damage on, in small steps that lose little."""

    def __init__(self, raw: io.BufferedReader, careful: Callable[[], Stream]) -> None:
        self._raw, self._careful = raw, careful
        self._fast = isal_zlib._GzipReader(raw, _GZIP_AT_ONCE)  # noqa: SLF001 -- of igzip's files, which only copy more
        self._slow: Stream | None = None

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill a buffer as far as there is something; 0 at the end.

        Raises
        ------
        EOFError, OSError and what the library has of its own
            As `_Inflated` does.
        """
        if self._slow is not None:
            return self._slow.readinto(buffer) or 0
        before = self._fast.tell()
        try:
            return int(self._fast.readinto(buffer))
        except EOFError as error:  # what there is has been given
            self._slow = _Failed(error)
        except _BROKEN as error:
            self._slow = self._from(self._fast.tell()) or _Failed(error)
        return self._fast.tell() - before or self.readinto(buffer)

    def _from(self, offset: int) -> Stream | None:
        """Return the text from an offset on, inflated in small steps; None where there is no way back, or there."""
        again, some = self._careful(), memoryview(bytearray(_TEXT_AT_ONCE))
        try:
            self._raw.seek(0)
            while offset:
                count = again.readinto(some[: min(offset, len(some))])
                if not count:
                    return None
                offset -= count
        except _BROKEN:
            return None
        return again


class _Failed:
    """A stream that gives nothing but the error that ended it."""

    def __init__(self, error: Exception) -> None:
        self._error = OSError(str(error)) if isinstance(error, OverflowError) else error

    def readinto(self, _buffer: memoryview, /) -> int:
        """Raise it."""
        raise self._error


class _Zstd:
    """One zstd frame being inflated, with the manners of the other three."""

    def __init__(self) -> None:
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._stored = self._text = b""

    @property
    def eof(self) -> bool:
        """True at the frame's end, once all of its text has been given."""
        return bool(self._frame.eof) and not self._text

    @property
    def needs_input(self) -> bool:
        """True if nothing comes out without more of it."""
        return not self._stored and not self._text and not self._frame.eof

    @property
    def unused_data(self) -> bytes:
        """What stands after the frame's end."""
        return bytes(self._frame.unused_data) + self._stored

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return what comes out next."""
        self._stored += data
        while self._stored and not self._text and not self._frame.eof:
            some, self._stored = self._stored[:_ZSTD_AT_ONCE], self._stored[_ZSTD_AT_ONCE:]
            self._text = self._frame.decompress(some)
        text = self._text if max_length < 0 else self._text[:max_length]
        self._text = self._text[len(text) :]
        return text


_GZIP = re.compile(rb"\x1f\x8b")
_COMPRESSED: tuple[tuple[re.Pattern[bytes], Callable[[], _Decompressor]], ...] = (
    (_GZIP, lambda: IgzipDecompressor(flag=DECOMP_GZIP)),
    (re.compile(rb"BZh[1-9](?:1AY&SY|\x17\x72\x45\x38\x50\x90)"), lambda: bz2.BZ2Decompressor()),  # noqa: PLW0108 -- loads it
    (re.compile(rb"\xfd7zXZ\0"), lambda: lzma.LZMADecompressor()),  # noqa: PLW0108 -- loads it
    (re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18", re.DOTALL), _Zstd),  # RFC 8878, sections 3.1.1, 3.1.2
)


def inflated(raw: io.BufferedReader) -> Stream | None:
    """Return the text of a compressed file, known by its first bytes and not by its name; None if it is not one."""
    begin = raw.peek(MAGIC_BYTES)
    for magic, new in _COMPRESSED:
        if magic.match(begin):
            careful = partial(_Inflated, raw, magic, new)
            return _Gzip(raw, careful) if magic is _GZIP else careful()
    return None


def is_packed(raw: io.BufferedReader) -> bool:
    """Return whether a file is compressed."""
    begin = raw.peek(MAGIC_BYTES)
    return any(magic.match(begin) for magic, _ in _COMPRESSED)
