"""What a tick costs: 10 MB new in a log of 10 MB, of 1 GB, and of a simulated 100 GB that were read before.

    python benchmarks/tick.py [--gigabytes 1] [--simulated 100] [--runs 5] [--dir DIR]

Each tick is `cutover logs read` as a process of its own; the three take turns, and ratios to the small history count.
A history of 100 GB is not written: the state is given the grains, logs and clients that reading it leaves, and the log
that grows is the last of them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from make_log import make_log

MB, GB = 1_000_000, 1_000_000_000
NEW_BYTES = 10 * MB
LINE_BYTES = 223  # of a line of make_log.py
CONFIG = """[migration]
names = ["app.example.com"]
old = ["192.0.2.4"]
new = ["198.51.100.5"]
[logs.old]
paths = ["access.log*"]
"""


@dataclass(frozen=True)
class Tick:
    """One tick: wall and processor seconds."""

    seconds: float
    cpu_s: float


def tick(folder: Path) -> Tick:
    """Return what a tick took."""
    command = [str(Path(sys.executable).with_name("cutover")), "logs", "read", "--config", str(folder / "cutover.toml")]
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"cutover ended with {process.returncode}")
    return Tick(time.perf_counter() - begun, usage.ru_utime + usage.ru_stime)


def history(folder: Path, source: Path, size: int) -> None:
    """Make a folder whose log has so many bytes, all read."""
    folder.mkdir()
    (folder / "cutover.toml").write_text(CONFIG, encoding="utf-8")
    with source.open("rb") as whole, (folder / "access.log").open("wb") as log:
        left = size
        while left > 0 and (some := whole.read(min(left, 16 * MB))):
            log.write(some)
            left -= len(some)
        log.write(whole.readline())
    tick(folder)


def multiply(state: Path, times: int) -> None:
    """Give a state the chunks, logs and clients of so many times what it has read."""
    with sqlite3.connect(state) as kept:
        (largest,) = kept.execute("SELECT max(code) FROM client").fetchone()
        chunks = kept.execute("SELECT number, log_set, grains, data FROM chunk").fetchall()
        for copy in range(1, times):
            kept.executemany("INSERT INTO chunk (log_set, grains, data) VALUES (?, ?, ?)", [one[1:] for one in chunks])
            kept.execute(
                "INSERT INTO client SELECT code + ?, log_set, randomblob(16), address || ?, agent FROM client"
                " WHERE code <= ? AND code % 10 = 0",
                (copy * largest, f" {copy}", largest),
            )
            kept.execute(
                "INSERT INTO log SELECT number + ?, log_set, source || '.' || ? || '.gz', randomblob(4096), offset,"
                " lines, crc, tail, parsed, first_us, last_us, unfinished, cut, absent, says FROM log WHERE number = 1",
                (copy, copy),
            )
    kept.close()


def grow(folder: Path, text: bytes) -> None:
    """Append text to a log."""
    with (folder / "access.log").open("ab") as log:
        log.write(text)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--simulated", type=float, default=100.0)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--dir", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=options.dir))
    try:
        source = folder / "source.log"
        size = int(options.gigabytes * GB)
        make_log(source, size // LINE_BYTES + (options.runs + 2) * NEW_BYTES // LINE_BYTES)
        histories = {"10 MB": NEW_BYTES, f"{options.gigabytes:g} GB": size, f"{options.simulated:g} GB": size}
        for name, length in histories.items():
            history(folder / name, source, length)
        multiply(folder / f"{options.simulated:g} GB" / "cutover.sqlite", int(options.simulated / options.gigabytes))
        found = measured(folder, list(histories), source, options.runs)
        base = statistics.median(one.cpu_s for one in found["10 MB"])
        print(f"{NEW_BYTES // MB} MB new; median of {options.runs} ticks in turn\n")
        print(f"{'read before':>12}{'wall s':>9}{'cpu s':>9}{'x cpu':>8}{'state MB':>10}")
        for name, ticks in found.items():
            cpu = statistics.median(one.cpu_s for one in ticks)
            state = (folder / name / "cutover.sqlite").stat().st_size / MB
            wall = statistics.median(one.seconds for one in ticks)
            print(f"{name:>12}{wall:9.2f}{cpu:9.2f}{cpu / base:8.2f}{state:10.0f}")
    finally:
        shutil.rmtree(folder)


def measured(folder: Path, names: list[str], source: Path, runs: int) -> dict[str, list[Tick]]:
    """Return the ticks of each history, in turn; each gets lines that none has read."""
    found: dict[str, list[Tick]] = {name: [] for name in names}
    with source.open("rb") as whole:
        whole.seek(-(runs + 1) * NEW_BYTES, os.SEEK_END)
        whole.readline()
        for _ in range(runs):
            text = whole.read(NEW_BYTES) + whole.readline()
            for name in names:
                grow(folder / name, text)
                found[name].append(tick(folder / name))
    return found


if __name__ == "__main__":
    main()
