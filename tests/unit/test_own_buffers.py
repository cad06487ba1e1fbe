"""Blocks read by the threads that fold them: the same lines, whatever the files and however small the blocks."""

from __future__ import annotations

import gzip
import random
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.logs.buffers import Buffers, OwnBuffers
from analyzer.logs.chunks import Chunk, Over, Starts, chunks
from analyzer.logs.compiled import fold as fold_module
from analyzer.logs.compiled.fold import CompiledFold
from analyzer.logs.compiled.fold import _code as code
from analyzer.logs.fold import Fold
from analyzer.logs.formats import log_format
from analyzer.logs.opening import USED, LogFile
from analyzer.logs.reading import activity_of
from analyzer.logs.sources import Block, blocks, text_blocks
from analyzer.logs.strict import LINE_LIMIT

if TYPE_CHECKING:
    from analyzer.logs.activity import Activity

FORMAT = log_format("combined")
RANDOM = random.Random(1)  # noqa: S311 -- made-up lines
LINE = '192.0.2.{} - - [23/Nov/2026:{:02}:{:02}:07 +0000] "GET /{} HTTP/1.1" {} 9 "-" "{}"\n'


def line(n: int) -> bytes:
    """Return a line, one in fifty of another form."""
    if n % 50 == 49:
        return b"broken" * RANDOM.randrange(1, 40) + b"\n"
    made = LINE.format(n % 97, n // 60 // 60 % 24, n // 60 % 60, "a" * RANDOM.randrange(300), 200, f"agent {n % 7}")
    return made.encode()


TEXT = b"".join(map(line, range(20_000)))


def activity(paths: list[str], fold: type[Fold | CompiledFold]) -> Activity:
    """Return what a fold finds in files."""
    return activity_of(blocks(paths, fold.buffers(FORMAT)), FORMAT, fold=fold)


def alike(one: Activity, other: Activity) -> None:
    """Assert that two activities are the same."""
    for frame in ("clients", "cells", "minutes"):
        pd.testing.assert_frame_equal(getattr(one, frame), getattr(other, frame))
    assert (one.files, one.quarantined) == (other.files, other.quarantined)


@pytest.mark.parametrize("block_bytes", [700, 5_003, 1 << 16])
def test_small_blocks_give_the_same_sums(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int) -> None:
    """Plain, compressed and broken off, with and without a last newline, and an empty one among them."""
    paths = [str(tmp_path / f"{n}.log") for n in range(6)]
    packed = gzip.compress(TEXT)
    contents = [TEXT, packed, packed[: len(packed) // 2], TEXT[:-1], b"", TEXT[:100]]
    for path, content in zip(paths, contents, strict=True):
        with open(path, "wb") as file:  # noqa: PTH123 -- many at once
            file.write(content)
    monkeypatch.setattr(fold_module, "_BLOCK_BYTES", block_bytes)
    alike(activity(paths, CompiledFold), activity(paths, Fold))


@pytest.mark.parametrize("length", [LINE_LIMIT - 100, LINE_LIMIT + 1, 3 * LINE_LIMIT])
def test_a_line_longer_than_a_block_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    """However it lies across the blocks, and whether it fits or not."""
    odd = line(1).replace(b"GET /", b"GET /" + b"x" * length)
    path = tmp_path / "a.log"
    path.write_bytes(line(0) + odd + line(2) + odd + odd[:-1])
    for block_bytes in (100_003, LINE_LIMIT):
        monkeypatch.setattr(fold_module, "_BLOCK_BYTES", block_bytes)
        alike(activity([str(path)], CompiledFold), activity([str(path)], Fold))


def test_a_block_keeps_its_bytes_until_its_thread_asks_again(tmp_path: Path) -> None:
    """Whoever asks for the next one has it in a buffer of his own."""
    path = tmp_path / "a.log"
    path.write_bytes(TEXT)
    buffers = CompiledFold.buffers(FORMAT)
    assert isinstance(buffers, OwnBuffers)
    assert buffers.now() is not buffers.now(10)
    assert buffers.now().base is buffers.now(10).base


def test_both_kinds_of_buffers_find_the_same_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Line starts found by compiled code and by numpy."""
    path = tmp_path / "a.log"
    path.write_bytes(TEXT + b"\n\n\r\n" * 5_000 + b"x" * 63 + b"\n")
    monkeypatch.setattr(fold_module, "_BLOCK_BYTES", 1 << 14)
    one, other = (_lines(path, some) for some in (CompiledFold.buffers(FORMAT), Buffers(1 << 21)))
    assert one == other


def _lines(path: Path, buffers: Buffers) -> list[bytes]:
    """Return a file's lines."""
    file = LogFile(str(path))
    with closing(file):
        items = text_blocks(str(path), file, buffers)
        return [item.line(n) for item in items if isinstance(item, Block) for n in range(item.lines)]


@given(
    text=st.binary(max_size=300).map(lambda text: text.replace(b"a", b"\n") and b"-" + text.replace(b"a", b"\n")),
    block_bytes=st.integers(1, 400),
    first=st.booleans(),
)
def test_chunks_hold_every_byte_and_end_at_lines(text: bytes, block_bytes: int, *, first: bool) -> None:
    """Side by side they are the file, with a newline at its end; only the first one says that it is the first.

    The text begins like no compressed file.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.log"
        path.write_bytes(text)
        with closing(LogFile(str(path))) as file:
            buffers = OwnBuffers(block_bytes, code(FORMAT).starts)
            found = [
                replace(item, data=item.data.copy()) if isinstance(item, Chunk) else item
                for item in chunks("a.log", file, buffers, first=first)
            ]
    *given_, end = found
    some = [item for item in given_ if isinstance(item, Chunk)]
    assert len(some) == len(given_)
    assert b"".join(item.data.tobytes() for item in some) == text + b"\n" * (not text.endswith(b"\n") and bool(text))
    assert all(item.data.tobytes().endswith(b"\n") for item in some)
    assert [item.first for item in some] == [first, *[False] * len(some)][: len(some)]
    assert end == Over("a.log", None)


def test_what_could_be_read_is_only_told_of_a_file_that_gave_something(tmp_path: Path) -> None:
    """Of one that breaks off within its head nothing was used; of one that breaks off later, what there was."""
    packed = gzip.compress(TEXT)
    for size, used in ((5, False), (len(packed) // 2, True)):
        path = tmp_path / f"{size}.gz"
        path.write_bytes(packed[:size])
        end = list(blocks([str(path)], CompiledFold.buffers(FORMAT)))[-1]
        assert isinstance(end, Over)
        assert end.trouble is not None
        assert end.trouble.endswith(USED) is used


@given(
    text=st.lists(st.sampled_from([b"\n", b"x", b"y" * 70]), max_size=200).map(b"".join), again=st.binary(max_size=9)
)
def test_starts_are_behind_the_newlines(text: bytes, again: bytes) -> None:
    """However long the text before was."""
    starts = Starts(code(FORMAT).starts)
    for one in (again, text, again):
        data = np.frombuffer(one, np.uint8)
        assert starts.of(data).tolist() == [0, *(n + 1 for n, letter in enumerate(one) if letter == ord("\n"))]


def test_chunks_are_refused_by_the_fold_that_reads_no_chunks() -> None:
    """Their lines would be lost without a word."""
    with pytest.raises(TypeError, match="chunks"):
        activity_of([Over("a.log", None)], FORMAT, fold=Fold)
