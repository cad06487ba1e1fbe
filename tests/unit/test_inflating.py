"""A gzip file gives all of its text up to where it is damaged, and says what is wrong there."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analyzer.logs.inflating import damaged, inflated
from analyzer.logs.opening import LogFile

if TYPE_CHECKING:
    from pathlib import Path

STEP = 1 << 12  # [bytes] of what is stored, that may be lost before a damaged place
LINES = b"".join(b"%x\n" % random.Random(n).getrandbits(200) for n in range(40_000))  # noqa: S311 -- made-up lines


def read(path: Path, buffer_bytes: int = 1 << 20) -> tuple[bytes, str | None]:
    """Return a file's text, and its trouble."""
    file, buffer, text = LogFile(str(path)), np.empty(buffer_bytes, np.uint8), []
    while count := file.fill(buffer.data):
        text.append(buffer[:count].tobytes())
    file.close()
    return b"".join(text), file.trouble


def member(text: bytes, *, extra: bytes = b"", name: bytes = b"") -> bytes:
    """Return a gzip member with an extra field and a file name (RFC 1952, section 2.3)."""
    flags = 4 * bool(extra) | 8 * bool(name)
    head = b"\x1f\x8b\x08" + bytes([flags]) + bytes(6)
    fields = (struct.pack("<H", len(extra)) + extra if extra else b"") + (name + b"\0" if name else b"")
    packed = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = packed.compress(text) + packed.flush()
    return head + fields + body + struct.pack("<II", zlib.crc32(text), len(text) & 0xFFFFFFFF)


@pytest.mark.parametrize("buffer_bytes", [7_919, 1 << 20])
@pytest.mark.parametrize("part", [0.3, 0.5, 0.9])
def test_little_is_lost_before_damage(tmp_path: Path, part: float, buffer_bytes: int) -> None:
    """What an inflater of single bytes gives before the damaged place comes, but for the last few kB stored."""
    stored = bytearray(gzip.compress(LINES, 6))
    at = int(len(stored) * part)
    stored[at : at + 64] = b"\xff" * 64
    (tmp_path / "a.gz").write_bytes(stored)
    whole = zlib.decompressobj(31).decompress(bytes(stored[: at - STEP]))
    text, trouble = read(tmp_path / "a.gz", buffer_bytes)
    assert text[: len(whole)] == whole
    assert "cannot be read further" in str(trouble)


@pytest.mark.parametrize("left_out", [1, 8, 9, 1_000])
def test_all_is_given_before_a_break(tmp_path: Path, left_out: int) -> None:
    """All that zlib gives comes, whatever of the end is missing, but for what a few bits more would have told."""
    stored = gzip.compress(LINES, 6)[:-left_out]
    (tmp_path / "a.gz").write_bytes(stored)
    text, trouble = read(tmp_path / "a.gz")
    whole = zlib.decompressobj(31).decompress(stored)
    assert whole.startswith(text)
    assert len(text) >= len(whole) - 8
    assert "breaks off" in str(trouble)


def test_a_wrong_checksum_is_told_after_the_text(tmp_path: Path) -> None:
    """The text is given, and that it may be wrong is told."""
    stored = bytearray(gzip.compress(LINES, 6))
    stored[-5] ^= 1
    (tmp_path / "a.gz").write_bytes(stored)
    text, trouble = read(tmp_path / "a.gz")
    assert text == LINES
    assert "cannot be read further" in str(trouble)


@pytest.mark.parametrize("name", [b"", b"access.log", b"n" * 10_000])
@pytest.mark.parametrize("extra", [b"", b"e" * 65_535])
def test_a_header_of_a_usual_size_is_read(tmp_path: Path, extra: bytes, name: bytes) -> None:
    """Extra field and file name are left out, in every member; zeros after them are padding."""
    stored = member(LINES[:100_000], extra=extra, name=name) + bytes(5) + member(LINES[100_000:], name=name)
    (tmp_path / "a.gz").write_bytes(stored + bytes(200))
    assert read(tmp_path / "a.gz") == (LINES, None)


class Pipe(io.BufferedReader):
    """A file in which one cannot go back."""

    def seek(self, *_where: int) -> int:
        """Refuse."""
        raise io.UnsupportedOperation("seek")


def drained(raw: io.BufferedReader, text: bytearray) -> None:
    """Add all of a compressed file's text."""
    stream, some = inflated(raw), bytearray(1 << 20)
    assert stream is not None
    while count := stream.readinto(memoryview(some)):
        text += some[:count]


def test_a_damaged_pipe_gives_what_came_before(tmp_path: Path) -> None:
    """Where there is no way back, a hundred kB more of what is stored are lost, and the same is told."""
    stored = bytearray(gzip.compress(LINES, 6))
    at = len(stored) - 300_000
    stored[at : at + 1_000] = b"\xff" * 1_000
    (tmp_path / "a.gz").write_bytes(stored)
    whole = zlib.decompressobj(31).decompress(bytes(stored[: at - 100_000]))
    with Pipe((tmp_path / "a.gz").open("rb", buffering=0)) as raw:
        text = bytearray()
        with pytest.raises(damaged()):
            drained(raw, text)
    assert text[: len(whole)] == whole
