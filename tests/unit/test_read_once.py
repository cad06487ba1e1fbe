"""Each line is read once: whatever is done to its file between two readings, the sum is that of one reading of all."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import zstandard

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from lines_of_time import MOMENTS, Lines, same
from log_folder import Folder

from analyzer.logs.reading import read_activity
from analyzer.state import State

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return an empty folder of logs."""
    return Folder(tmp_path)


def test_a_growing_file_is_read_on(folder: Folder) -> None:
    """Only what is new, and nothing where there is nothing new."""
    folder.write(300)
    assert folder.new() == 300
    assert folder.new() == 0
    folder.write(5)
    assert folder.new() == 5


@pytest.mark.parametrize("length", [1, 500])
def test_rotation_by_rename(folder: Folder, length: int) -> None:
    """access.log becomes .1, .1 becomes .2: short logs and long ones."""
    folder.write(length)
    assert folder.new() == length
    for number in range(3):
        for older, old in pairwise([f"access.log.{n}" for n in range(number + 1, 0, -1)] + ["access.log"]):
            (folder.log.parent / old).rename(folder.log.parent / older)
        folder.write(length)
        assert folder.new() == length
    assert folder.new() == 0


def test_lines_that_come_late_are_read_from_the_rotated_file(folder: Folder) -> None:
    """Old workers go on writing to the file that was renamed; even what came between the last look and the rotation."""
    folder.write(100)
    folder.new()
    folder.write(10)
    folder.log.rename(folder.log.with_name("access.log.1"))
    folder.write(20)
    folder.write(30, "access.log.1")
    assert folder.new() == 60
    folder.write(1, "access.log.1")
    assert folder.new() == 1


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_compression_brings_nothing_new(folder: Folder, compress: Callable[[bytes], bytes]) -> None:
    """The same lines in another form, and what came between the last look and the compression."""
    folder.write(1_000)
    folder.new()
    folder.write(7)
    packed = folder.log.with_name("access.log.2.gz")
    packed.write_bytes(compress(folder.log.read_bytes()))
    folder.log.unlink()
    assert folder.new() == 7
    assert folder.new() == 0
    packed.rename(packed.with_name("access.log.3.gz"))
    assert folder.new() == 0


@pytest.mark.parametrize("length", [1, 500])
def test_copytruncate(folder: Folder, length: int) -> None:
    """The copy brings what came since the last look, the shrunk file its new lines; looked at in between too."""
    folder.write(length)
    folder.new()
    folder.write(length)
    copy = folder.log.with_name("access.log.1")
    whole = folder.log.read_bytes()
    copy.write_bytes(whole[: len(whole) // 3])
    folder.read()
    copy.write_bytes(whole)
    folder.read()
    os.truncate(folder.log, 0)
    folder.read()
    folder.write(2 * length + 1)
    folder.new()
    assert folder.new() == 0


def test_copytruncate_between_two_looks(folder: Folder) -> None:
    """Copied, cut and grown beyond its former length before the next look."""
    folder.write(20)
    folder.new()
    folder.write(5)
    folder.log.with_name("access.log.1").write_bytes(folder.log.read_bytes())
    os.truncate(folder.log, 0)
    folder.write(200)
    assert folder.new() == 205


def test_what_is_deleted_stays_known(folder: Folder) -> None:
    """Also when no file is left at all."""
    folder.write(50)
    folder.new()
    folder.log.unlink()
    assert folder.new() == 0
    folder.write(5)
    assert folder.new() == 5


def test_the_same_lines_under_another_name(folder: Folder) -> None:
    """A copy for safety counts once: seen with its original at first, later, or in its place."""
    folder.write(60)
    copy = folder.log.with_name("access.log.backup")
    copy.write_bytes(folder.log.read_bytes())
    assert folder.new() == 60
    folder.write(3)
    assert folder.new() == 3
    assert folder.new() == 0
    copy.unlink()
    copy.write_bytes(folder.log.read_bytes())
    folder.log.unlink()
    assert folder.new() == 0


def test_two_logs_that_begin_with_the_same_lines(tmp_path: Path) -> None:
    """They are two as soon as they differ: nothing is lost, and nothing counted twice."""
    beginning, one, other = Lines().some(3), Lines(5).some(40)[300:], Lines(3).some(60)[300:]
    one, other = one[one.index(b"\n") + 1 :], other[other.index(b"\n") + 1 :]
    a, b = tmp_path / "a.log", tmp_path / "b.log"
    a.write_bytes(beginning)
    b.write_bytes(beginning)
    with State.open(tmp_path / "state") as state:
        assert sum(file.lines for file in state.read_logs([str(a), str(b)], "combined").added) == 3
        b.write_bytes(beginning + other)
        state.read_logs([str(a), str(b)], "combined")
        a.write_bytes(beginning + one)
        known = state.read_logs([str(a), str(b)], "combined").activity(MOMENTS)
    same(known, read_activity([str(a), str(b)], "combined", moments=MOMENTS))


def test_identical_lines_are_requests_of_their_own(folder: Folder) -> None:
    """Two hits in one second look the same, and are two."""
    line = folder.lines.some(1)
    folder.lines.made.clear()
    for _ in range(3):
        folder.lines.made += [line, line]
        with folder.log.open("ab") as file:
            file.write(line + line)
        folder.new()


@pytest.mark.parametrize("in_place", [True, False])
def test_a_long_common_beginning_makes_no_two_logs_one(folder: Folder, *, in_place: bool) -> None:
    """Beyond the first bytes the whole text counts: for another file, and for other text in the same one."""
    beginning = folder.lines.some(200)
    first, second = folder.lines.some(100), folder.lines.some(300)
    folder.log.write_bytes(beginning + first)
    folder.read()
    other = folder.log if in_place else folder.log.with_name("access.log.other")
    other.write_bytes(beginning + second)
    folder.lines.made += beginning.splitlines(keepends=True)
    assert folder.new() == 500
