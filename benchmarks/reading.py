"""Reads one large generated log with cutover and with its peers, side by side, and prints a table.

    python benchmarks/reading.py [--lines 5000000] [--rounds 3] [--keep]

Each runs alone, in a process of its own; of several rounds the quickest counts, since the machine may have other work.
Peak memory is that of the process as the kernel has it (ru_maxrss). GoAccess is the one of the distribution.
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from make_log import make_log

OUT = Path(__file__).parent / "out"
ACTIVITY = "import sys; from analyzer.logs.activity import read_activity as r; r(sys.argv[1], 'combined')"
REQUESTS = "import sys; from analyzer.logs.requests import read_requests as r; r(sys.argv[1], 'combined')"


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run."""

    name: str
    seconds: float
    peak_bytes: int


def measured(name: str, command: list[str], rounds: int) -> Run:
    """Return the quickest of some runs of a command, with the highest peak of memory."""
    runs = []
    for _ in range(rounds):
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        runs.append(Run(name, time.perf_counter() - begun, usage.ru_maxrss * 1024))
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{name} ended with status {process.returncode}: {' '.join(command)}")
    return Run(name, min(run.seconds for run in runs), max(run.peak_bytes for run in runs))


def zipped(path: Path) -> Path:
    """Return the log compressed as logrotate leaves it."""
    target = path.with_name(f"{path.name}.gz")
    if not target.exists():
        with path.open("rb") as plain, gzip.open(target, "wb", compresslevel=6) as out:
            shutil.copyfileobj(plain, out, 1 << 22)
    return target


def reading(path: Path, rounds: int, *, frame: bool) -> list[Run]:
    """Return the runs over one log."""
    python = sys.executable
    runs = [
        measured("wc -l", ["wc", "-l", str(path)], rounds),
        measured("cutover, activity", [python, "-c", ACTIVITY, str(path)], rounds),
        measured("cutover, activity of .gz", [python, "-c", ACTIVITY, str(zipped(path))], rounds),
    ]
    if frame:
        runs.append(measured("cutover, all columns as a frame", [python, "-c", REQUESTS, str(path)], 1))
    if shutil.which("goaccess"):
        report = str(OUT / "goaccess.json")
        command = ["goaccess", str(path), "--log-format=COMBINED", "--no-global-config", "-o", report]
        runs.append(measured("GoAccess", command, 1))  # minutes: once
    return runs


def starting(rounds: int) -> list[Run]:
    """Return how long a start takes, beside that of the library that reads the command line."""
    python = sys.executable
    return [
        measured("python -c 'import typer'", [python, "-c", "import typer"], 5 * rounds),
        measured("cutover --help", [python, "-m", "analyzer", "--help"], 5 * rounds),
    ]


def print_reading(runs: list[Run], lines: int, size: int) -> None:
    """Print the table of the readings; the last column is how many times as long as cutover it took."""
    ours = next(run.seconds for run in runs if run.name == "cutover, activity")
    print(f"{lines:,} lines, {size / 1e9:.2f} GB, {os.cpu_count()} cores\n")
    print(f"{'':34}{'s':>9}{'lines/s':>13}{'peak MB':>10}{'x cutover':>12}")
    for run in runs:
        speed, peak = lines / run.seconds, run.peak_bytes / 1e6
        print(f"{run.name:34}{run.seconds:>9.2f}{speed:>13,.0f}{peak:>10,.0f}{run.seconds / ours:>12.2f}")


def print_starting(runs: list[Run]) -> None:
    """Print how long the starts took."""
    print(f"\n{'':34}{'s':>9}{'ratio':>13}")
    for run in runs:
        print(f"{run.name:34}{run.seconds:>9.3f}{run.seconds / runs[0].seconds:>13.2f}")


def main() -> None:
    """Make the log, run everything, print, clean up."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frame", action="store_true", help="also read all columns into a frame (needs 4 GB)")
    parser.add_argument("--keep", action="store_true", help="leave the log where it is, for the next time")
    options = parser.parse_args()
    path = OUT / f"combined-{options.lines}.log"
    if not path.exists():
        make_log(path, options.lines)
    print_reading(reading(path, options.rounds, frame=options.frame), options.lines, path.stat().st_size)
    print_starting(starting(options.rounds))
    if not options.keep:
        for left in OUT.glob(f"{path.name}*"):
            left.unlink()


if __name__ == "__main__":
    main()
