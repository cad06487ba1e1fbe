"""What is remembered of logs that were read: for which settings, how small, and who may write it."""

from __future__ import annotations

import sqlite3
import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from lines_of_time import MOMENTS, START, once, same
from log_folder import Folder

from analyzer.errors import InputError, StateError
from analyzer.logs.reading import read_activity
from analyzer.state import State
from analyzer.state.grains import Straddled
from analyzer.state.log_memory import MOST_LIKE


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return an empty folder of logs."""
    return Folder(tmp_path)


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
