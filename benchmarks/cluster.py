"""Logs read by one worker of dask.distributed and by two, each confined to a core of its own.

    python benchmarks/cluster.py [--files 16] [--megabytes 250] [--runs 3] [--dir DIR]

The workers are processes as a cluster has them (`dask worker`); each run reads all files, one and two workers in turn.
Numbers are compared with those of one process without a cluster.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from distributed import Client
from make_log import make_log

from analyzer import read_activity
from analyzer.logs.cluster import read_activity_on

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE_BYTES = 223  # of a line of make_log.py
DASK = str(Path(sys.executable).with_name("dask"))
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@dataclass(frozen=True)
class Run:
    """One reading: wall seconds, and processor seconds of the worker that had most to do."""

    seconds: float
    cpu_s: float


def cpu_s(pid: int) -> float:
    """Return the processor seconds that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def workers(folder: Path, count: int) -> Iterator[tuple[str, list[int]]]:
    """Yield the address of a scheduler with so many workers, each on a core, and the workers' processes."""
    file = folder / f"scheduler-{count}.json"
    command = [DASK, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    running = [subprocess.Popen(command, **QUIET)]  # type: ignore[call-overload] # -- the same two for all
    try:
        cores = sorted(os.sched_getaffinity(0))[:count]
        if len(cores) < count:
            sys.exit(f"{count} cores are needed")
        for core in cores:
            worker = [DASK, "worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-dashboard", "--no-nanny"]
            running.append(
                subprocess.Popen(["taskset", "-c", str(core), *worker], cwd=folder, **QUIET)  # type: ignore[call-overload]
            )
        yield address_of(file, count), [process.pid for process in running[1:]]
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait()
        file.unlink(missing_ok=True)


def address_of(file: Path, count: int) -> str:
    """Return the scheduler's address once all workers are there."""
    while not file.exists():
        time.sleep(0.1)
    with Client(scheduler_file=str(file), timeout=60, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=120)
        return str(client.scheduler.address)


def middles(taken: list[Run]) -> tuple[float, float]:
    """Return the median seconds of some runs: on the wall, and of the busiest worker's processor."""
    return statistics.median(one.seconds for one in taken), statistics.median(one.cpu_s for one in taken)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=16)
    parser.add_argument("--megabytes", type=int, default=250)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--dir", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=options.dir))
    try:
        first = folder / "access.log.0"
        make_log(first, options.megabytes * 1_000_000 // LINE_BYTES)
        for number in range(1, options.files):
            shutil.copy(first, folder / f"access.log.{number}")
        size = options.files * first.stat().st_size
        paths = [f"{folder}/access.log.*"]
        lines = sum(file.lines for file in read_activity(paths).files)
        runs: dict[int, list[Run]] = {1: [], 2: []}
        for _ in range(options.runs):
            for count, taken in runs.items():
                with workers(folder, count) as (address, processes):
                    before = [cpu_s(pid) for pid in processes]
                    begun = time.perf_counter()
                    read = read_activity_on(address, paths)
                    wall = time.perf_counter() - begun
                    busiest = max(cpu_s(pid) - was for pid, was in zip(processes, before, strict=True))
                    taken.append(Run(wall, busiest))
                if sum(file.parsed + file.quarantined for file in read.files) != lines:
                    sys.exit("other numbers than by one process")
        print(f"{size / 1e9:.2f} GB in {options.files} files, {lines:,} lines; median of {options.runs} runs in turn\n")
        print(f"{'workers':>8}{'seconds':>9}{'MB/s':>7}{'x one':>7}{'busiest: cpu s':>16}{'x one':>7}")
        one, one_cpu = middles(runs[1])
        for count, taken in runs.items():
            wall, busiest = middles(taken)
            rate = f"{size / wall / 1e6:7.0f}{one / wall:7.2f}"
            print(f"{count:>8}{wall:9.1f}{rate}{busiest:16.1f}{one_cpu / busiest:7.2f}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
