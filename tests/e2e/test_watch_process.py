"""`cutover watch` as a process: signals, kill -9, a second copy, a rotated log, a reader of its metrics."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small
from command import command, cutover, environment

from analyzer.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_S = 60.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a small migration whose change was three days ago."""
    by = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3) - small.CHANGED
    told = small.story().shifted(by).until(datetime.now(UTC))
    changed = f"ttl = 3600\nchanged_at = {small.CHANGED + by:%Y-%m-%dT%H:%M:%SZ}"
    text = small.toml(migration=changed, old_paths=("old.log*",), rest=small.WITH_NEW)
    small.write(tmp_path, told, text)
    return tmp_path


@contextlib.contextmanager
def watching(folder: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    """Run a watch that asks nobody; it is ended in any case."""
    line = command("watch", "--config", folder / "cutover.toml", "--no-dns", "--every", "5s", *more)
    process = subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment())
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=LIMIT_S)


def line_of(process: subprocess.Popen[str], pattern: str) -> str:
    """Return the next line on stderr that matches."""
    assert process.stderr is not None
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        line = process.stderr.readline()
        assert line, "the watch ended"
        if re.search(pattern, line):
            return line
    raise AssertionError(f"no line like {pattern}")


def whole(folder: Path) -> int:
    """Return how many verdicts the state holds; it must be whole."""
    with contextlib.closing(sqlite3.connect(folder / "cutover.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return int(database.execute("SELECT count(*) FROM verdict").fetchone()[0])


def test_a_signal_ends_it_within_two_seconds(folder: Path) -> None:
    """While it waits; status 0, a whole state, nothing half-written."""
    with watching(folder, "--out", str(folder / "page")) as process:
        line_of(process, r"Z wait: ")
        begun_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0
        assert time.monotonic() - begun_s < 2.0
    assert whole(folder) >= 1, "where a look takes as long as the time between two, the next one may have begun"
    assert not [path.name for path in (folder / "page").iterdir() if path.name.startswith(".")]


def test_a_signal_ends_it_while_it_reads(folder: Path) -> None:
    """A log that never ends to read (a pipe that is silent) does not hold it up."""
    os.mkfifo(folder / "old.log.pipe")
    with watching(folder) as process:
        writing = os.open(folder / "old.log.pipe", os.O_WRONLY)
        try:
            time.sleep(1.0)
            begun_s = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.wait(LIMIT_S) == 0
            assert time.monotonic() - begun_s < 2.0
        finally:
            os.close(writing)


def test_a_signal_ends_it_while_it_asks(folder: Path) -> None:
    """A resolver that never answers does not hold it up either."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.settimeout(LIMIT_S)
        asked = f"127.0.0.1:{silent.getsockname()[1]}"
        with watching(folder, "--dns", "--resolver", asked) as process:
            silent.recvfrom(512)
            begun_s = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(LIMIT_S) == 0
            assert time.monotonic() - begun_s < 2.0


def test_killed_and_started_again(folder: Path) -> None:
    """Kill -9 leaves a whole state and no lock; the next watch goes on."""
    with watching(folder) as process:
        line_of(process, r"Z wait: ")
        process.kill()
        process.wait(LIMIT_S)
    assert whole(folder) == 1
    with watching(folder, "--looks", "1") as process:
        assert process.wait(LIMIT_S) == 0
    assert whole(folder) == 2


def test_a_second_copy_says_so_and_ends(folder: Path) -> None:
    """In one line, with the number of the first; that one goes on."""
    with watching(folder) as process:
        line_of(process, r"Z wait: ")
        second = cutover("watch", "--config", folder / "cutover.toml", "--no-dns")
        assert second.status == 2
        assert second.told == (
            (
                f"cutover: {folder / 'cutover.sqlite.watch'}: another watch of this migration is running"
                f" (process {process.pid}); look at that one, or end it first"
            ),
        )
        assert process.poll() is None


def test_a_rotated_log_is_read_once(folder: Path) -> None:
    """Renamed, and a new one begun: the watch counts each line once."""
    lines = len((folder / "old.log").read_bytes().splitlines())
    with watching(folder, "--metrics", str(folder / "m.prom"), "--looks", "2") as process:
        line_of(process, r"Z wait: ")
        (folder / "old.log").rename(folder / "old.log.1")
        poll = small.Request(datetime.now(UTC).replace(microsecond=0), small.MONITOR, small.UPTIME, method="HEAD")
        (folder / "old.log").write_text(f"{poll.combined()}\n")
        assert process.wait(LIMIT_S) == 0
    assert f'server="old"}} {lines + 1}\n' in (folder / "m.prom").read_text()


def test_a_full_disk_does_not_end_it(folder: Path) -> None:
    """No file may grow: each thing that cannot be kept is told once, and look after look still judges."""
    line = command("watch", "--config", folder / "cutover.toml", "--no-dns", "--every", "5s", "--looks", "3")
    full = ["bash", "-c", 'ulimit -f 64; exec "$@"', "bash", *line, "--out", str(folder / "page")]
    done = subprocess.run(full, capture_output=True, text=True, env=environment(), timeout=LIMIT_S, check=False)
    told = done.stderr.splitlines()
    assert done.returncode == 0
    assert sum(" wait: at most" in one for one in told) == 3
    assert sum("page/drain.png: cannot write the file" in one for one in told) == 1
    assert sum("cutover.sqlite: cannot be" in one for one in told) in {1, 2}, "read without it; not kept"
    assert not any("Traceback" in one for one in told)
    assert list((folder / "page").iterdir()) == []


def test_the_metrics_are_served(folder: Path) -> None:
    """To a reader, while another that says nothing keeps its connection; elsewhere is nothing."""
    with watching(folder, "--listen", "127.0.0.1:0") as process:
        port = int(line_of(process, r"metrics at port").split("port ")[1].split(",")[0])
        line_of(process, r"Z wait: ")
        with socket.create_connection(("127.0.0.1", port)):
            reader = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            reader.request("GET", "/metrics")
            answer = reader.getresponse()
            body = answer.read().decode()
            reader.close()
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert 'cutover_verdict{migration="app.example.com",verdict="wait"} 1\n' in body
            reader.request("GET", "/etc/passwd")
            assert reader.getresponse().status == 404
            reader.close()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--every", "1s"), "--every: too often"),
        (("--every", "soon"), "--every: not a duration"),
        (("--listen", "example.com:80"), "--listen: not an address with a port"),
        (("--listen", "127.0.0.1:70000"), "--listen: no port has that number"),
        (("--digest", "25:00"), "--digest: not a time of day"),
        (("--webhook", "ftp://x"), "--webhook: not a URL for a webhook"),
        (("--command", "'"), "--command: not a command"),
        (("--email",), "nobody is named to send it to"),
    ],
)
def test_wrong_options_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], told: str
) -> None:
    """In one line, before anything is done."""
    (tmp_path / "cutover.toml").write_text(small.toml())
    with pytest.raises(SystemExit) as ended:
        main(["watch", "--config", str(tmp_path / "cutover.toml"), *options])
    said = capsys.readouterr().err.splitlines()
    assert (ended.value.code, len(said)) == (2, 1)
    assert told in said[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cutover.toml"]
