"""Each line is read once: whatever is done to its file between two readings, the sum is that of one reading of all."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import sqlite3
import sys
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from lines_of_time import MOMENTS, START, Lines, once, same

from analyzer.errors import InputError, StateError
from analyzer.logs.activity import read_activity
from analyzer.state import State
from analyzer.state.grains import Straddled
from analyzer.state.log_memory import MOST_LIKE

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.state.logs import LogReader


class Folder:
    """A folder of logs that is read again and again into one state."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = Lines()
        self.log = path / "logs" / "access.log"
        self.log.parent.mkdir()
        self.log.touch()

    def write(self, count: int, name: str = "access.log") -> None:
        """Append lines to a file, as a server does."""
        with (self.log.parent / name).open("ab") as file:
            file.write(self.lines.some(count))

    def read(self, **options: Any) -> LogReader:
        """Read what is new."""
        with State.open(self.path / "state") as state:
            reader = state.read_logs([f"{self.log.parent}/access.log*"], "combined", **options)
            self.known = reader.activity(MOMENTS)
        return reader

    def new(self) -> int:
        """Read, and return how many lines were new; the sum must be that of all lines ever made."""
        added = sum(one.lines for one in self.read().added)
        same(self.known, once(self.lines.made, self.path))
        return added


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


def test_rebuild_starts_over_with_the_files_there_are(folder: Folder) -> None:
    """What was deleted is forgotten."""
    folder.write(30)
    folder.new()
    folder.log.unlink()
    folder.lines.made.clear()
    folder.write(4)
    assert sum(one.lines for one in folder.read(rebuild=True).added) == 4
    same(folder.known, once(folder.lines.made, folder.path))


def test_other_settings_mean_a_new_reading(folder: Folder) -> None:
    """Numbers of another format, of other names or behind other proxies do not add."""
    folder.write(30)
    assert not folder.read().forgotten
    assert not folder.read().forgotten
    assert folder.read(names=["app.example.com"]).forgotten
    reader = folder.read(names=["app.example.com"])
    assert (reader.forgotten, reader.added) == (False, [])


def test_sets_of_logs_do_not_mix(folder: Folder) -> None:
    """Each is known by its paths; the same client in both is one of each."""
    folder.write(30)
    folder.new()
    other = Folder.__new__(Folder)
    other.__dict__.update(folder.__dict__)
    with State.open(folder.path / "state") as state:
        reader = state.read_logs([str(folder.log)], "combined")
        assert sum(one.lines for one in reader.added) == 30
        same(reader.activity(MOMENTS), once(folder.lines.made, folder.path))
    assert folder.new() == 0


def test_a_log_of_another_format_is_refused_and_not_remembered(folder: Folder) -> None:
    """As by a reading without a state; the right format is not hindered by it."""
    folder.log.write_bytes(b"old.example.com:443 " + folder.lines.some(1))
    with State.open(folder.path / "state") as state:
        for _ in range(2):
            with pytest.raises(InputError, match="its lines fit vhost_combined"):
                state.read_logs([str(folder.log)], "combined")
        assert sum(one.parsed for one in state.read_logs([str(folder.log)], "vhost_combined").added) == 1


def test_nothing_there_is_an_error_only_without_memory(folder: Folder) -> None:
    """A server that has gone is still known."""
    folder.write(5)
    folder.log.rename(folder.log.with_name("elsewhere"))
    with pytest.raises(InputError, match="no file matches"):
        folder.read()
    folder.log.with_name("elsewhere").rename(folder.log)
    folder.read()
    folder.log.unlink()
    reader = folder.read()
    assert [one.lines for one in reader.files()] == [5, 0]
    assert reader.files()[1].trouble == "no file matches"


def test_chunks_become_one_and_stay_exact(folder: Folder) -> None:
    """Many small readings leave few chunks."""
    for _ in range(12):
        folder.write(3)
        folder.read()
    assert folder.new() == 0
    with sqlite3.connect(folder.path / "state") as state:
        assert state.execute("SELECT count(*) FROM chunk").fetchone()[0] == 12 - MOST_LIKE + 1
    state.close()


def test_fractions_of_a_second_are_cut_exactly_or_not_at_all(tmp_path: Path) -> None:
    """Where one second's requests lie on both sides of a moment, that is noticed."""
    log = tmp_path / "a.log"
    log.write_text("".join(f"192.0.2.1 {1_772_000_000 + n / 4:.6f}\n" for n in range(40)), encoding="utf-8")
    text = "%h %{sec}t.%{usec_frac}t"
    middle = START.fromtimestamp(1_772_000_003, START.tzinfo)
    with State.open(tmp_path / "state") as state:
        reader = state.read_logs([str(log)], text)
        for moment in (middle - timedelta(microseconds=1), middle + timedelta(seconds=60)):
            same(reader.activity([moment]), read_activity(str(log), text, moments=[moment]))
        with pytest.raises(Straddled):
            reader.activity([middle])


def test_times_far_apart_cost_no_memory(folder: Folder) -> None:
    """A stranger's clock may say 1970 or 9999."""
    folder.write(3)
    for year in (1970, 9999):
        folder.lines.made.append(b'192.0.2.9 - - [01/Feb/%d:00:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "a"\n' % year)
        with folder.log.open("ab") as file:
            file.write(folder.lines.made[-1])
    assert folder.new() == 5


def test_a_second_reader_waits_and_then_says_so(folder: Folder) -> None:
    """Two at once must not both count the same lines."""
    folder.write(5)
    with State.open(folder.path / "state", wait_s=0.1) as one, State.open(folder.path / "state", wait_s=0.1) as two:

        def meanwhile(_done: int, _total: int) -> None:
            with pytest.raises(StateError, match="another cutover is reading"):
                two.read_logs([str(folder.log)], "combined")

        one.read_logs([str(folder.log)], "combined", progress=meanwhile)
        assert two.read_logs([str(folder.log)], "combined").added == []


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
