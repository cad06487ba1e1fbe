"""Judge the verdicts by migrations with a known future, beside what people do today.

    python benchmarks/verdicts.py [--suite a] [--families a-jvm,a-gap] [--seeds 5] [--jobs 2] [--out benchmarks/out]
    python benchmarks/verdicts.py --suite all --migrations 200 [--keep DIR]
    python benchmarks/verdicts.py --show a-jvm --first-seed 3

Each migration is written to files, read by the product as its users' files are, and judged every six hours; the table
goes to stdout, `verdicts-SUITE.json` and `verdicts-SUITE.png` to the folder of --out. Suites b and c have other
mechanisms and parameters: the model's constants are not to be tuned on them. With --keep the files stay (10 MB a
migration) and are used again, as long as the simulation's sources are the same.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from verdicts_figure import figure
from verdicts_run import judged
from verdicts_score import Score, score
from verdicts_table import as_json, moments, table

from analyzer.simulation import SUITES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


ALL = "all"  # the suites together


@dataclass(frozen=True)
class Job:
    """One migration to be judged."""

    family: str
    seed: int
    every_h: float
    kept: Path | None


def one(job: Job) -> tuple[Score | None, tuple[float, float, float], str]:
    """Return one migration's score, its CPU seconds, and what went wrong."""
    try:
        run = judged(job.family, job.seed, job.every_h, job.kept)
    except Exception:  # noqa: BLE001 -- a migration that the product cannot judge is a finding: the others go on
        return None, (0.0, 0.0, 0.0), f"{job.family} {job.seed}: {traceback.format_exc(limit=-2)}"
    return score(run), run.seconds, ""


def scores(jobs: Sequence[Job], workers: int) -> Iterator[tuple[Score | None, tuple, str]]:
    """Yield the scores as they come."""
    if workers == 1:
        yield from map(one, jobs)
        return
    pool = ProcessPoolExecutor(workers)
    try:
        for done in as_completed([pool.submit(one, job) for job in jobs]):
            yield done.result()
    finally:
        pool.shutdown(cancel_futures=True)


def chosen(suite: str, families: str | None) -> list[str]:
    """Return the families to judge."""
    every = [family.name for some in SUITES.values() for family in some]
    names = every if suite == ALL else [family.name for family in SUITES[suite]]
    if families is None:
        return names
    wanted = families.split(",")
    unknown = sorted(set(wanted) - set(every))
    if unknown:
        sys.exit(f"no such family: {', '.join(unknown)}; there are {', '.join(names)}")
    return wanted


def drawn(names: Sequence[str], seeds: int, migrations: int | None) -> list[tuple[str, int]]:
    """Return families and seeds (from 0): all of each seed, or so many in all, the last seed's spread over them."""
    if migrations is None:
        migrations = seeds * len(names)
    whole, rest = divmod(migrations, len(names))
    found = [(name, seed) for seed in range(whole) for name in names]
    return found + [(names[rank * len(names) // rest], whole) for rank in range(rest)]


def progress(found: Iterable[tuple[Score | None, tuple, str]], count: int) -> tuple[list[Score], list[float]]:
    """Return the scores in order, and the sums of the CPU seconds; talk on stderr. Ctrl-C ends it early."""
    kept: list[Score] = []
    spent = [0.0, 0.0, 0.0]
    try:
        for done, (got, seconds, error) in enumerate(found, 1):
            spent = [a + b for a, b in zip(spent, seconds, strict=True)]
            if got is None:
                sys.stderr.write(f"\n{error}\n")
            else:
                kept.append(got)
            sys.stderr.write(f"\r{done}/{count} migrations")
            sys.stderr.flush()
    except KeyboardInterrupt:
        sys.stderr.write(" done: interrupted, the table is of these")
    sys.stderr.write("\n")
    return sorted(kept, key=lambda one: (one.family, one.seed)), spent


def main() -> None:
    """Print the table, write JSON and picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--suite", choices=[*sorted(SUITES), ALL], default="a")
    parser.add_argument("--families", help="comma-separated; all of the suite, if absent")
    parser.add_argument("--seeds", type=int, default=5, help="migrations of each family")
    parser.add_argument("--migrations", type=int, help="so many in all, over as many seeds as it takes")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--every", type=float, default=6.0, help="hours between two verdicts")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the simulated files, and use those kept")
    parser.add_argument("--show", metavar="FAMILY", help="print every moment of one migration, that of --first-seed")
    options = parser.parse_args()
    if options.show:
        print(moments(judged(options.show, options.first_seed, options.every, options.keep)))
        return
    begun = time.perf_counter()
    some = drawn(chosen(options.suite, options.families), options.seeds, options.migrations)
    jobs = [Job(name, options.first_seed + seed, options.every, options.keep) for name, seed in some]
    found, spent = progress(scores(jobs, options.jobs), len(jobs))
    if not found:
        sys.exit("no migration could be judged")
    print(table(found))
    names = ("simulated and written", "read", "judged")
    cpu = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in zip(names, spent, strict=True))
    print(f"\n{len(found)} of {len(jobs)} migrations, {time.perf_counter() - begun:.0f} s; CPU: {cpu}")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / f"verdicts-{options.suite}.json").write_text(as_json(found))
    figure(found, options.out / f"verdicts-{options.suite}.png")


if __name__ == "__main__":
    main()
