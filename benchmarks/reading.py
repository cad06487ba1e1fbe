"""Reading a large access log to activity, beside what else reads it; and how long `cutover --help` takes.

    python benchmarks/reading.py [--log FILE] [--runs 3] [--keep]

Every command is a process of its own, run in turn on the same file; seconds are the median of the runs (GoAccess:
one), memory is the largest resident set that the operating system reports.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from make_log import make_log

LINES = 5_000_000
ACTIVITY = "import sys; from analyzer import read_activity; print(read_activity([sys.argv[1]]).files)"
STARTS = 11  # runs of the short commands


@dataclass(frozen=True)
class Run:
    """One finished process: wall seconds, peak memory [MB]."""

    seconds: float
    megabytes: float


def run(command: list[str]) -> Run:
    """Return what a command took; it must succeed."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return Run(seconds, usage.ru_maxrss / 1024)


def median(runs: list[Run]) -> Run:
    """Return the median seconds and the largest memory of some runs."""
    return Run(statistics.median(one.seconds for one in runs), max(one.megabytes for one in runs))


def measured(log: Path, packed: Path, runs: int) -> dict[str, Run]:
    """Return each reader's figures; the short ones in turn, so that a slow moment of the machine meets all."""
    activity = [sys.executable, "-c", ACTIVITY]
    short = {
        "cutover": [*activity, str(log)],
        "cutover, .gz": [*activity, str(packed)],
        "wc -l": ["wc", "-l", str(log)],
    }
    found: dict[str, list[Run]] = {name: [] for name in short}
    for _ in range(runs):
        for name, command in short.items():
            found[name].append(run(command))
    table = {name: median(some) for name, some in found.items()}
    goaccess = shutil.which("goaccess")
    if goaccess is None:
        sys.stderr.write("goaccess is not here: apt-get install goaccess\n")
    else:
        report = log.with_suffix(".json")
        command = [goaccess, str(log), "--log-format=COMBINED", "--no-global-config", "-o", str(report)]
        table["GoAccess"] = run(command)
        report.unlink(missing_ok=True)
    return table


def start_ratio() -> tuple[float, float]:
    """Return the median seconds of `cutover --help` and of `import typer`, run in turn."""
    helps, imports = [], []
    for _ in range(STARTS):
        helps.append(run([str(Path(sys.executable).with_name("cutover")), "--help"]).seconds)
        imports.append(run([sys.executable, "-c", "import typer"]).seconds)
    return statistics.median(helps), statistics.median(imports)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--log", type=Path, default=Path(__file__).parent / "out" / "big.log")
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", action="store_true", help="do not delete the generated log")
    options = parser.parse_args()
    made = not options.log.exists()
    if made:
        make_log(options.log, options.lines)
    packed = options.log.with_suffix(".log.gz")
    if not packed.exists():
        with packed.open("wb") as out:
            subprocess.run(["gzip", "-6", "-c", str(options.log)], stdout=out, check=True)
    table = measured(options.log, packed, options.runs)
    ours = table["cutover"].seconds
    print(f"{options.log.name}: {options.log.stat().st_size / 1e9:.2f} GB, {options.lines:,} lines\n")
    print(f"{'':14}{'seconds':>9}{'lines/s':>12}{'peak MB':>9}{'x cutover':>11}")
    for name, one in table.items():
        rate, ratio = options.lines / one.seconds, one.seconds / ours
        print(f"{name:14}{one.seconds:9.2f}{rate:12,.0f}{one.megabytes:9.0f}{ratio:11.2f}")
    helped, imported = start_ratio()
    print(f"\ncutover --help {helped * 1000:.0f} ms, import typer {imported * 1000:.0f} ms: {helped / imported:.2f} x")
    if not options.keep:
        packed.unlink()
        if made:
            options.log.unlink()


if __name__ == "__main__":
    main()
