"""Reading a large access log to activity, beside what else reads it; and how long `cutover --help` takes.

    python benchmarks/reading.py [--log FILE] [--runs 3] [--keep] [--peers goaccess,lnav,apache-log-parser]

Every command is a process of its own, run in turn on the same file; seconds are the median of the runs (the slow
peers: one), memory is the largest resident set that the operating system reports. Python runs as where `cutover` is
installed: with its sources compiled once, and without idle threads for matrices. `second lane` is the same log with an
escaped quote in every request, so that no line can be taken apart at its quotes alone.
"""

from __future__ import annotations

import argparse
import atexit
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from make_log import make_log

LINES = 5_000_000
ACTIVITY = "import sys; from analyzer import read_activity; print(read_activity([sys.argv[1]]).files)"
SCAN = (  # DuckDB's own count of the file's lines: all that it does is to find them
    'import sys, duckdb; print(duckdb.sql("SELECT count(*), sum(length(line)) FROM read_csv(\'" + sys.argv[1] + '
    "\"', columns={'line': 'VARCHAR'}, delim=chr(1), quote='', escape='', header=false)\").fetchall())"
)
PARSER = (  # apache-log-parser into a list of dicts, of as many lines as are asked for
    "import sys, itertools, apache_log_parser, warnings; warnings.simplefilter('ignore')\n"
    'parse = apache_log_parser.make_parser(\'%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\"\')\n'
    "rows = []\n"
    "for line in itertools.islice(open(sys.argv[1]), int(sys.argv[2])):\n"
    "    try: rows.append(parse(line))\n"
    "    except apache_log_parser.LineDoesntMatchException: pass\n"
)
PARSED_LINES = 200_000  # of apache-log-parser: its rows are 2 kB each
STARTS = 11  # runs of the short commands


@dataclass(frozen=True)
class Run:
    """One finished process: wall seconds, seconds of processor time, peak memory [MB]."""

    seconds: float
    cpu_seconds: float
    megabytes: float


@lru_cache(maxsize=1)
def installed() -> dict[str, str]:
    """Return the environment of a process of an installed program."""
    compiled = tempfile.mkdtemp(prefix="cutover-bytecode-")
    atexit.register(shutil.rmtree, compiled)
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": compiled, "OPENBLAS_NUM_THREADS": "1"}


def run(command: list[str]) -> Run:
    """Return what a command took; it must succeed."""
    environment = installed()
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(runs: list[Run]) -> Run:
    """Return the median seconds and the largest memory of some runs."""
    seconds, cpu_seconds = (
        statistics.median(getattr(one, name) for one in runs) for name in ("seconds", "cpu_seconds")
    )
    return Run(seconds, cpu_seconds, max(one.megabytes for one in runs))


def measured(log: Path, runs: int) -> dict[str, Run]:
    """Return the short readers' figures, run in turn, so that a slow moment of the machine meets all."""
    packed, escaped = log.with_suffix(".log.gz"), log.with_suffix(".escaped.log")
    activity = [sys.executable, "-c", ACTIVITY]
    short = {
        "cutover": [*activity, str(log)],
        "cutover, .gz": [*activity, str(packed)],
        "second lane": [*activity, str(escaped)],
        "DuckDB scan": [sys.executable, "-c", SCAN, str(log)],
        "wc -l": ["wc", "-l", str(log)],
    }
    found: dict[str, list[Run]] = {name: [] for name in short}
    for _ in range(runs):
        for name, command in short.items():
            found[name].append(run(command))
    return {name: median(some) for name, some in found.items()}


def peers(log: Path, wanted: list[str], lines: int) -> dict[str, Run]:
    """Return the figures of the others that are here, one run each; a part of the log is scaled to all of it."""
    report = log.with_suffix(".json")
    goaccess = ["goaccess", str(log), "--log-format=COMBINED", "--no-global-config", "-o", str(report)]
    piped = ["sh", "-c", 'zcat "$1" | goaccess --log-format=COMBINED --no-global-config -o "$2" -', "sh"]
    commands = (
        ("goaccess", "GoAccess", goaccess),
        ("goaccess", "GoAccess, .gz", [*piped, str(log.with_suffix(".log.gz")), str(report)]),  # it reads none itself
        ("lnav", "lnav", ["lnav", "-n", "-q", "-c", ";SELECT count(*), sum(sc_bytes) FROM access_log", str(log)]),
    )
    table = {}
    for program, name, command in commands:
        if program in wanted and shutil.which(program):
            table[name] = run(command)
    report.unlink(missing_ok=True)
    if "apache-log-parser" in wanted:
        scale = lines / PARSED_LINES
        part = run([sys.executable, "-c", PARSER, str(log), str(PARSED_LINES)])
        table["a.-log-parser"] = Run(part.seconds * scale, part.cpu_seconds * scale, part.megabytes)
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
    parser.add_argument("--peers", default="goaccess,lnav,apache-log-parser")
    parser.add_argument("--keep", action="store_true", help="do not delete the generated log")
    options = parser.parse_args()
    made = not options.log.exists()
    if made:
        make_log(options.log, options.lines)
    packed = options.log.with_suffix(".log.gz")
    if not packed.exists():
        with packed.open("wb") as out:
            subprocess.run(["gzip", "-6", "-c", str(options.log)], stdout=out, check=True)
    escaped = options.log.with_suffix(".escaped.log")
    if not escaped.exists():
        with escaped.open("wb") as out:
            subprocess.run(["sed", r's/ HTTP/?q=\\"a\\" HTTP/', str(options.log)], stdout=out, check=True)
    run([sys.executable, "-c", ACTIVITY, str(options.log)])  # compiles, once for an installation
    table = measured(options.log, options.runs) | peers(options.log, options.peers.split(","), options.lines)
    ours = table["cutover"].seconds
    print(f"{options.log.name}: {options.log.stat().st_size / 1e9:.2f} GB, {options.lines:,} lines\n")
    print(f"{'':14}{'seconds':>9}{'CPU s':>8}{'lines/s':>12}{'peak MB':>9}{'x cutover':>11}")
    for name, one in table.items():
        rate, ratio = options.lines / one.seconds, one.seconds / ours
        print(f"{name:14}{one.seconds:9.2f}{one.cpu_seconds:8.2f}{rate:12,.0f}{one.megabytes:9.0f}{ratio:11.2f}")
    helped, imported = start_ratio()
    print(f"\ncutover --help {helped * 1000:.0f} ms, import typer {imported * 1000:.0f} ms: {helped / imported:.2f} x")
    if not options.keep:
        packed.unlink()
        escaped.unlink()
        if made:
            options.log.unlink()


if __name__ == "__main__":
    main()
