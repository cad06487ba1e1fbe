"""10,000 questions rehearsed on loopback: two real Apaches, a log of 10,000 paths, the command's own code.

    python benchmarks/rehearse.py [--questions 10000] [--parallel 8] [--https]

Prints wall and CPU seconds of reading the log, of asking and comparing, and the share of the answers that were the
same; two pages in a hundred differ, so that comparing is paid for too.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "examples"))
from apache_pair import apache, certificate, tls

from analyzer.handover.asking import Server
from analyzer.handover.rehearsal import Choice, Pace, rehearsal, rehearse, sample_of

NAME = "app.example.com"
OLD, NEW = "127.0.24.4", "127.0.24.5"
GOAL_S = 60.0  # [s] wall, for 10,000 questions
PAGE = (
    "<!doctype html><title>{n}</title>" + "<p>Some words that a page of an application has, again and again.</p>" * 60
)


def pages(count: int, *, changed: bool) -> dict[str, str]:
    """Return the site; every fiftieth page of the new one is another one."""
    other = "<p>Nothing of what was here before.</p>"
    return {f"p/{n}.html": other if changed and n % 50 == 0 else PAGE.format(n=n) for n in range(count)}


def main() -> None:
    """Run it once, and print a table."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--questions", type=int, default=10_000)
    options.add_argument("--parallel", type=int, default=8)
    options.add_argument("--https", action="store_true")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="cutover-bench-") as made:
        folder = Path(made)
        log = folder / "access.log"
        at = "02/Mar/2026:10:00:00 +0000"
        log.write_text(
            "".join(
                f'203.0.113.7 - - [{at}] "GET /p/{n}.html HTTP/1.1" 200 5 "-" "Mozilla/5.0"\n'
                for n in range(asked.questions)
            )
        )
        files = certificate(folder / "tls", NAME)
        body, scheme = (tls(files), "https") if asked.https else ("", "http")
        with (
            apache(OLD, pages(asked.questions, changed=False), body) as old,
            apache(NEW, pages(asked.questions, changed=True), body) as new,
        ):
            servers = (
                Server("old", ip_address(OLD), old.port, scheme),
                Server("new", ip_address(NEW), new.port, scheme),
            )
            _measure(asked, log, servers, files[0] if asked.https else None)


def _measure(asked: argparse.Namespace, log: Path, servers: tuple[Server, Server], ca: Path | None) -> None:
    """Time the two halves."""
    marks = [(time.perf_counter(), time.process_time())]
    taken = sample_of([str(log)], "combined", Choice((NAME,)), size=asked.questions, seed=0)
    marks.append((time.perf_counter(), time.process_time()))
    pace = Pace(per_second=1e6, parallel=asked.parallel)
    findings = rehearse(taken.questions(), servers, agent="cutover-rehearsal/benchmark", pace=pace, ca=ca)
    marks.append((time.perf_counter(), time.process_time()))
    found = rehearsal(findings, servers, seed=0, left_out={})
    print(f"{'':<10}{'wall s':>9}{'cpu s':>9}")
    for title, (before, after) in zip(("read", "ask"), pairwise(marks), strict=True):
        print(f"{title:<10}{after[0] - before[0]:>9.2f}{after[1] - before[1]:>9.2f}")
    total_s = marks[2][0] - marks[0][0]
    print(f"{found.asked:,} questions ({found.asked - found.same:,} differ) of each server in {total_s:.1f} s")
    print(f"goal {GOAL_S:.0f} s for 10,000: {'held' if total_s < GOAL_S * asked.questions / 10_000 else 'missed'}")


if __name__ == "__main__":
    main()
