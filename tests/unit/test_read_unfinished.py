"""Files that are not whole yet, or never: what of them is read, and when."""

from __future__ import annotations

import gzip
import os
import sys
from pathlib import Path
from threading import Thread

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from lines_of_time import once, same
from log_folder import Folder

from analyzer.state import State


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return an empty folder of logs."""
    return Folder(tmp_path)


def test_a_compressed_file_that_is_not_whole_yet(folder: Folder) -> None:
    """It is read as far as it goes, and its rest later; beside its plain form it brings nothing."""
    folder.write(3_000)
    folder.new()
    whole = gzip.compress(folder.log.read_bytes())
    packed = folder.log.with_name("access.log.1.gz")
    for part in (0, 15, len(whole) // 2, len(whole) - 3):
        packed.write_bytes(whole[:part])
        assert sum(one.lines for one in folder.read().added) == 0
    packed.write_bytes(whole)
    folder.log.unlink()
    assert folder.new() == 0


def test_a_log_first_seen_as_half_a_compressed_file(folder: Folder) -> None:
    """Its whole lines are read, the begun one is held back; then the rest is."""
    text = folder.lines.some(3_000)
    whole = gzip.compress(text)
    packed = folder.log.with_name("access.log.1.gz")
    packed.write_bytes(whole[: len(whole) // 2])
    first = sum(one.lines for one in folder.read().added)
    assert 0 < first < 3_000
    packed.write_bytes(whole)
    assert folder.new() == 3_000 - first


def test_a_gz_that_another_part_is_appended_to(folder: Folder) -> None:
    """Several gzip streams in one file, one more each time."""
    packed = folder.log.with_name("access.log.1.gz")
    for count in (100, 1, 300):
        with packed.open("ab") as file:
            file.write(gzip.compress(folder.lines.some(count)))
        assert folder.new() == count


def test_a_last_line_without_its_end_is_held_back(folder: Folder) -> None:
    """It is not counted for good before it ends; what is known of all lines has it, as one reading would."""
    folder.write(10)
    line = folder.lines.some(1)
    for part in (line[:1], line[1:40], line[40:-1]):
        with folder.log.open("ab") as file:
            file.write(part)
        reader = folder.read()
        assert [one.lines for one in reader.files()] == [10]
        assert reader.begun == 1
    same(folder.known, once(folder.lines.made, folder.path))
    with folder.log.open("ab") as file:
        file.write(line[-1:])
    assert folder.new() == 1
    assert folder.read().begun == 0


@pytest.mark.parametrize("compressed", [True, False])
def test_a_line_that_never_ends_is_counted_when_its_file_is_finished(folder: Folder, compressed: bool) -> None:
    """Compressed, it will not grow; deleted, nobody can end it."""
    folder.write(10)
    begun = folder.lines.some(1)[:-1]
    folder.lines.made[-1] = begun + b"\n"
    with folder.log.open("ab") as file:
        file.write(begun)
    folder.read()
    text = folder.log.read_bytes()
    folder.log.unlink()
    if compressed:
        folder.log.with_name("access.log.1.gz").write_bytes(gzip.compress(text))
    folder.read()
    reader = folder.read()
    assert sum(one.lines for one in reader.files()) == 11
    assert folder.new() == 0


def test_empty_files_are_no_logs_yet(folder: Folder) -> None:
    """Right after a rotation; and where nothing was ever written."""
    reader = folder.read()
    assert [(one.lines, one.trouble) for one in reader.files()] == [(0, "is empty")]
    folder.write(4)
    folder.log.with_name("access.log.1").touch()
    assert folder.new() == 4


def test_a_line_longer_than_any_may_be_is_one_line(folder: Folder) -> None:
    """Its bytes count although they are not kept: the lines after it are read on where they are."""
    folder.lines.made.append(b"x" * 70_000_000 + b"\n")
    folder.log.write_bytes(folder.lines.made[-1])
    folder.write(3)
    folder.read()
    folder.write(3)
    assert sum(one.lines for one in folder.read().added) == 3
    assert sum(one.lines for one in folder.known.files) == 7


def test_a_fifo_is_known_by_its_text(folder: Folder) -> None:
    """Standard input and pipes: what was read before is not counted again."""
    fifo = folder.path / "fifo"
    os.mkfifo(fifo)
    with State.open(folder.path / "state") as state:
        for count in (400, 100):
            folder.lines.some(count)
            writer = Thread(target=fifo.write_bytes, args=(b"".join(folder.lines.made),))
            writer.start()
            assert sum(one.lines for one in state.read_logs([str(fifo)], "combined").added) == count
            writer.join()


def test_a_reading_that_breaks_off_keeps_whole_batches(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their lines are not read again: what they gave and where they end was kept together."""
    monkeypatch.setattr("analyzer.state.batches.BATCH_BYTES", 10_000)
    monkeypatch.setattr("analyzer.state.reading.BATCH_BYTES", 10_000)
    for number in range(8, 0, -1):
        folder.write(150, f"access.log.{number}")
    looks = iter(range(5))

    def break_off(_done: int, _total: int) -> None:
        if next(looks, None) is None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folder.read(progress=break_off)
    assert 0 < folder.new() < 8 * 150
