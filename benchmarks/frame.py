"""A large access log as one pandas frame of all columns, beside apache-log-parser into a list of dicts.

    python benchmarks/frame.py [--log FILE] [--lines 5000000] [--runs 3]

Every command is a process of its own, run in turn on the same file; seconds are the median of the runs, memory is the
largest resident set that the operating system reports. apache-log-parser reads a part of the log, and its figures are
scaled to all of it: its rows take more memory than there is.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from make_log import make_log
from reading import PARSED_LINES, PARSER, Run, median, run

FRAME = "import sys; from analyzer import read_requests; assert len(read_requests([sys.argv[1]]))"
EMPTY = "from analyzer import read_requests; import pandas, duckdb"  # what the start alone takes


def scaled(part: Run, share: float) -> Run:
    """Return the figures of a whole log of which a share was read."""
    return Run(part.seconds / share, part.cpu_seconds / share, part.megabytes / share)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--log", type=Path, default=Path(__file__).parent / "out" / "big.log")
    parser.add_argument("--lines", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    made = not options.log.exists()
    if made:
        make_log(options.log, options.lines)
    share = min(PARSED_LINES, options.lines) / options.lines
    runs: dict[str, list[Run]] = {"cutover": [], "a.-log-parser": [], "start alone": []}
    for _ in range(options.runs):
        runs["cutover"].append(run([sys.executable, "-c", FRAME, str(options.log)]))
        part = run([sys.executable, "-c", PARSER, str(options.log), str(round(share * options.lines))])
        runs["a.-log-parser"].append(scaled(part, share))
        runs["start alone"].append(run([sys.executable, "-c", EMPTY]))
    size_mb = options.log.stat().st_size / (1 << 20)
    table = {name: median(some) for name, some in runs.items()}
    ours = table["cutover"]
    print(
        f"{options.log.name}: {size_mb:,.0f} MB, {options.lines:,} lines; a.-log-parser scaled from {share:.1%} of it\n"
    )
    print(f"{'':14}{'seconds':>9}{'CPU s':>8}{'x cutover':>11}{'x its CPU':>11}{'peak MB':>9}{'x the file':>12}")
    for name, one in table.items():
        ratios = f"{one.seconds / ours.seconds:11.2f}{one.cpu_seconds / ours.cpu_seconds:11.2f}"
        memory = f"{one.megabytes:9,.0f}{one.megabytes / size_mb:12.2f}"
        print(f"{name:14}{one.seconds:9.2f}{one.cpu_seconds:8.2f}{ratios}{memory}")
    if made:
        options.log.unlink()


if __name__ == "__main__":
    main()
