"""Logs read by the workers of a scheduler: the same numbers as one process, whatever happens to a worker."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from distributed import LocalCluster

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from lines_of_time import MOMENTS, Lines, same

from analyzer.errors import InputError
from analyzer.logs.cluster import read_activity_on
from analyzer.logs.pieces import Piece, piece_items, pieces
from analyzer.logs.reading import read_activity
from analyzer.logs.sources import Block, Buffers

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SMALL = 50_000  # [bytes] of a piece: many of them without large files


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Return two worker processes on this machine."""
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "host": "127.0.0.1"}
    with LocalCluster(**options) as found:  # type: ignore[no-untyped-call] # -- dask's
        yield found


@pytest.fixture
def logs(tmp_path: Path) -> list[str]:
    """Return logs of many kinds: large, compressed, empty, broken, without a last line end."""
    lines = Lines()
    files = {
        "access.log.3.gz": gzip.compress(lines.some(2_000)),
        "access.log.2": lines.some(3_000),
        "access.log.1": lines.some(1_000) + b"\xff\x00 broken\n\n" * 200 + lines.some(1)[:-1],
        "access.log": b"",
        "other-access.log": b"x" * 300_000 + b"\n" + lines.some(100),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    return [f"{tmp_path}/*access.log*"]


def test_the_same_numbers_as_one_process(cluster: LocalCluster, logs: list[str]) -> None:
    """Activity, files and troubles."""
    found = read_activity_on(cluster.scheduler_address, logs, moments=MOMENTS, piece_bytes=SMALL)
    expected = read_activity(logs, moments=MOMENTS)
    same(found, expected)
    assert found.files == expected.files


def test_the_sample_of_a_migration(cluster: LocalCluster) -> None:
    """Its rotated logs, for its names."""
    paths = str(ROOT / "sample_logs" / "old" / "access.log*")
    found = read_activity_on(cluster.scheduler_address, paths, names=["shop.example.com"], moments=MOMENTS)
    expected = read_activity(paths, names=["shop.example.com"], moments=MOMENTS)
    same(found, expected)
    assert found.files == expected.files


def test_a_worker_killed_in_the_middle_changes_nothing(cluster: LocalCluster, logs: list[str]) -> None:
    """Its pieces are read again by others; progress is told up to the end."""
    told: list[tuple[int, int]] = []
    pids = [worker.process.process.pid for worker in cluster.workers.values()]

    def kill_one(done: int, total: int) -> None:
        if not told:
            os.kill(pids[0], signal.SIGKILL)
        told.append((done, total))

    found = read_activity_on(cluster.scheduler_address, logs, moments=MOMENTS, piece_bytes=SMALL, progress=kill_one)
    assert found.files == read_activity(logs).files
    same(found, read_activity(logs, moments=MOMENTS))
    assert len(told) > 5
    assert told[-1][0] == told[-1][1]


def test_what_is_wrong_with_the_logs_is_told_as_by_one_process(cluster: LocalCluster, tmp_path: Path) -> None:
    """Another format, no file."""
    log = tmp_path / "a.log"
    log.write_bytes(b"old.example.com:443 " + Lines().some(1))
    with pytest.raises(InputError, match="its lines fit vhost_combined"):
        read_activity_on(cluster.scheduler_address, [str(log)])
    with pytest.raises(InputError, match="no such file"):
        read_activity_on(cluster.scheduler_address, [str(tmp_path / "none")])


def test_no_scheduler_is_told(logs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens, or it is no address."""
    monkeypatch.setattr("analyzer.logs.cluster.CONNECT_S", 0.5)
    for address in ("tcp://127.0.0.1:9", "nothing://here"):
        with pytest.raises(InputError, match="no scheduler answers"):
            read_activity_on(address, logs)


@pytest.mark.parametrize("piece_bytes", [10, 41, 1_000, 1 << 20])
def test_each_line_is_in_one_piece(tmp_path: Path, piece_bytes: int) -> None:
    """Wherever a file is cut: at a line's end, within a line, within its end."""
    log = tmp_path / "a.log"
    log.write_bytes(b"".join(b"%d " % n * (n % 50) + b"\r\n" for n in range(300)) + b"last")
    found = b""
    for piece in pieces([str(log)], piece_bytes):
        found += b"".join(
            item.line(n) for item in piece_items(piece, Buffers()) if isinstance(item, Block) for n in range(item.lines)
        )
    assert found == log.read_bytes() + b"\n"
    assert pieces(["-", "https://127.0.0.1/a.log"], 1) == [Piece("-"), Piece("https://127.0.0.1/a.log")]


def test_the_command(tmp_path: Path, cluster: LocalCluster) -> None:
    """The object of `logs read`, and no state."""
    lines = Lines().some(500)
    (tmp_path / "access.log").write_bytes(lines)
    config = tmp_path / "cutover.toml"
    config.write_text(
        '[migration]\nnames = ["a.example"]\nold = ["192.0.2.4"]\nnew = ["198.51.100.5"]\n'
        '[logs.old]\npaths = ["access.log"]\n',
        encoding="utf-8",
    )
    command = ["logs", "read", "--config", str(config), "--scheduler", cluster.scheduler_address, "--format", "json"]
    done = subprocess.run([sys.executable, "-m", "analyzer", *command], capture_output=True, timeout=60, check=True)
    told = json.loads(done.stdout)
    assert (told["old"]["lines"], told["state"]) == (500, None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["access.log", "cutover.toml"]
