"""Judge the forecast curve's band by migrations with a known future.

    python benchmarks/bands.py [--families a-clean,a-work] [--first-seed 61] [--seeds 4]

At some ages of a change the requests of the next hour and of the next day are held against their 5 and 95 % quantiles:
nine of ten should lie between them. The migrations are written to files and read as users' files are.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyzer import gather, load, simulate
from analyzer.drain.curve import BAND, requests_ahead
from analyzer.drain.forecast import forecast
from analyzer.simulation import write
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    from collections.abc import Iterator

FAMILIES = (
    "a-clean,a-clamped,a-stale,a-farms,a-devices,a-work,a-newcomers,a-low,a-nat,a-roaming,a-holiday,a-flash,"
    "b-prefetching,b-growing"
)
AGES_H = (1 / 6, 1, 3, 12, 24, 72)
STRETCHES = {"hour": HOUR_S, "day": DAY_S}


def cases(family: str, seed: int) -> Iterator[tuple[str, float, int, float, float, float]]:
    """Yield stretch, age [h], what came, the mean, and the band's ends [requests] of one migration."""
    made = simulate(family, seed)
    with tempfile.TemporaryDirectory(prefix="bands-") as folder:
        write(made, Path(folder), force=True)
        mine, truth = load(Path(folder) / "cutover.toml"), made.truth
        moments = [truth.changed_at + timedelta(hours=age) for age in AGES_H]
        gathered = gather(mine, moments)
    came_s = truth.arrivals_s[truth.counted(mine.policy.counts)]
    for age, at in zip(AGES_H, moments, strict=True):
        now = forecast(gathered.at(at), truth.changed_at)
        edges = np.array([[0.0, length] for length in STRETCHES.values()])
        mean, drawn = requests_ahead(now, edges)
        low, high = np.quantile(drawn, BAND, axis=0)
        for i, (name, length) in enumerate(STRETCHES.items()):
            came = int(np.diff(np.searchsorted(came_s, [age * HOUR_S, age * HOUR_S + length], side="right"))[0])
            yield name, age, came, float(mean[i]), float(low[i]), float(high[i])


def main() -> None:
    """Print how often the band held."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--families", default=FAMILIES)
    parser.add_argument("--first-seed", type=int, default=61)
    parser.add_argument("--seeds", type=int, default=4)
    options = parser.parse_args()
    rows: list[tuple[str, float, int, float, float, float]] = []
    for family in options.families.split(","):
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            rows += cases(family, seed)
            sys.stderr.write(f"\r{family} {seed}   ")
    sys.stderr.write("\n")
    found = pd.DataFrame(rows, columns=["next", "age [h]", "came", "mean", "low", "high"])
    found["below"], found["above"] = found["came"] < np.floor(found["low"]), found["came"] > np.ceil(found["high"])
    found["inside"] = ~found["below"] & ~found["above"]
    found["mean over came"] = (found["mean"] + 1) / (found["came"] + 1)
    by = found.groupby(["next", "age [h]"], sort=False)
    table = by[["inside", "below", "above"]].mean().join(by["mean over came"].median()).round(2)
    print(table.to_string())
    print(f"\n{len(found)} cases of {len(found) // len(AGES_H) // len(STRETCHES)} migrations")


if __name__ == "__main__":
    main()
