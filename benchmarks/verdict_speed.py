"""What a verdict costs: time and memory of `cutover advise` and `cutover backtest` on a migration of many clients.

    python benchmarks/verdict_speed.py [--lines 400000] [--clients 50000] [--moments 120] [--runs 3] [--dir DIR]

Two weeks before the change and ten days after it. Clients come in visits, few often and many seldom; nine in ten move
within the TTL, the others later and later. The new server logs what comes directly and what the old one passes on.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import make_log
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DAY_S, TTL_S = 86_400, 3_600
CHANGED = datetime(2026, 3, 16, tzinfo=UTC)
BEFORE_DAYS, AFTER_DAYS = 14, 10
START = CHANGED - timedelta(days=BEFORE_DAYS)
OLD, NEW = "192.0.2.4", "198.51.100.5"
REQUESTS_A_VISIT = 3  # mean
MEGABYTE = 1 << 20
KIBIBYTE = 1 << 10
CONFIG = f"""[migration]
names = ["app.example.com"]
old = ["{OLD}"]
new = ["{NEW}"]
changed_at = {CHANGED:%Y-%m-%dT%H:%M:%SZ}
ttl = {TTL_S}
[logs.old]
paths = ["old.log"]
[logs.new]
paths = ["new.log"]
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def requests(random: np.random.Generator, lines: int, clients: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return second since the start and client of each request, in time order; each client comes once at least."""
    visits = max(lines // REQUESTS_A_VISIT, clients)
    who = np.concatenate([np.arange(clients), (clients * random.random(visits - clients) ** 3).astype(np.int64)])
    begin = random.random(visits) * (BEFORE_DAYS + AFTER_DAYS) * DAY_S
    visit = np.concatenate([np.arange(visits), random.integers(0, visits, max(lines - visits, 0))])
    second = begin[visit] + random.exponential(90, len(visit))
    second = np.minimum(second, (BEFORE_DAYS + AFTER_DAYS) * DAY_S - 1).astype(np.int64)
    order = np.argsort(second, kind="stable")
    return second[order], who[visit[order]]


def leaving(random: np.random.Generator, clients: int) -> NDArray[np.float64]:
    """Return the second since the change at which each client moves: late ones later and later, one in 2,000 never."""
    moves = random.random(clients) * TTL_S
    late = random.random(clients) < 0.1
    moves[late] = TTL_S * random.random(int(late.sum())) ** -1.0
    return np.where(random.random(clients) < 1 / 2000, np.inf, moves)


def write(folder: Path, lines: int, clients: int, seed: int = 1) -> None:
    """Write a migration whose old log has about so many lines, all clients among them."""
    random = np.random.default_rng(seed)
    share = BEFORE_DAYS / (BEFORE_DAYS + AFTER_DAYS)
    second, who = requests(random, int(lines / share), clients)
    late = second - BEFORE_DAYS * DAY_S
    at_old = late < leaving(random, clients)[who]
    targets = make_log.targets(random)
    agents, addresses = make_log.agents(random), [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(clients)]
    what = (len(targets) * random.random(len(second)) ** 2).astype(np.int64)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cutover.toml").write_text(CONFIG, encoding="utf-8")
    with (folder / "old.log").open("w") as old, (folder / "new.log").open("w") as new:
        for at, client, page, stays in zip(*(one.tolist() for one in (second, who, what, at_old)), strict=True):
            stamp = (START + timedelta(seconds=at)).strftime("%d/%b/%Y:%H:%M:%S +0000")
            tail = f' - - [{stamp}] "{targets[page]}" 200 {page * 7} "-" "{agents[client * 7 % len(agents)]}"\n'
            if stays:
                old.write(f"{addresses[client]}{tail}")
            if at >= BEFORE_DAYS * DAY_S:
                new.write(f"{OLD if stays else addresses[client]}{tail}")


def run(arguments: Sequence[str]) -> Cost:
    """Return what a `cutover` process took."""
    command = [str(Path(sys.executable).with_name("cutover")), *arguments]
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 10, 11, 12}:
        sys.exit(f"cutover {' '.join(arguments)} ended with {process.returncode}")
    wall_s = time.perf_counter() - begun
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * KIBIBYTE / MEGABYTE)


def commands(folder: Path, moments: int) -> dict[str, list[str]]:
    """Return what is measured, by name."""
    config, end = ["--config", str(folder / "cutover.toml")], CHANGED + timedelta(days=AFTER_DAYS)
    step = timedelta(days=AFTER_DAYS) / moments
    span = ["--from", f"{(CHANGED + step).isoformat()}", "--to", f"{end.isoformat()}", "--every"]
    return {
        "advise, a day after": ["advise", *config, "--at", (CHANGED + timedelta(days=1)).isoformat()],
        "advise, at the end": ["advise", *config, "--at", end.isoformat()],
        f"backtest, {moments} moments": ["backtest", *config, *span, f"{int(step.total_seconds())}s"],
    }


def main() -> None:
    """Print the table: the least CPU time of some runs, and the wall time and peak memory of that run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lines", type=int, default=400_000)
    parser.add_argument("--clients", type=int, default=50_000)
    parser.add_argument("--moments", type=int, default=120)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--dir", type=Path, help="kept, and used again if it is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.dir or Path(temporary)
        if not (folder / "cutover.toml").exists():
            write(folder, options.lines, options.clients)
        sizes = {name: sum(1 for _ in (folder / name).open("rb")) for name in ("old.log", "new.log")}
        print(", ".join(f"{name}: {size:,} lines" for name, size in sizes.items()), f"{options.clients:,} clients")
        print(f"{'':>26}{'cpu s':>8}{'wall s':>8}{'peak MB':>9}")
        for name, arguments in commands(folder, options.moments).items():
            least = min((run(arguments) for _ in range(options.runs)), key=lambda cost: cost.cpu_s)
            print(f"{name:>26}{least.cpu_s:8.2f}{least.wall_s:8.2f}{least.peak_mb:9.0f}", flush=True)


if __name__ == "__main__":
    main()
