"""Draw the pictures of docs/model.md: caches, the law by which clients leave, forecasts and bounds beside the truth.

python benchmarks/model_pictures.py [FOLDER]
"""

from __future__ import annotations

import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

from analyzer import backtest, gather, load, simulate
from analyzer.drain.caches import Line, expected_caches
from analyzer.drain.curve import BAND, requests_ahead
from analyzer.drain.forecast import forecast
from analyzer.drain.leaving import Leaving
from analyzer.logs.agents import KINDS
from analyzer.simulation import write
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOCS = Path(__file__).parents[1] / "docs" / "images"
EARLY = ("a-farms", 61, 1.0)  # family, seed, age [h]
SCENARIOS = (("clean", 1), ("pinned", 1), ("stuck", 1))
INK, ALARM, GREY = "#0b6e4f", "#b3261e", "#8a8f98"
COLOURS = {"safe": INK, "wait": "#c98a00", "stuck": ALARM, "unknown": GREY}
LEAST = 0.5  # [requests] stands for none on a logarithmic axis


def leaving(path: Path) -> None:
    """Write the law: who is still there, and who of those never moves."""
    from matplotlib import pyplot as plt  # noqa: PLC0415 -- after the backend is chosen

    law = Leaving(0.0, HOUR_S, {"person": 0.01, "program": 0.1}, {"person": 0.003, "program": 0.15})
    ages = np.geomspace(0.05 * DAY_S, 40 * DAY_S, 300)
    drawn, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for kind, colour in (("person", INK), ("program", ALARM)):
        one = np.array([KINDS.index(kind)], np.int8)
        seen = np.array([DAY_S])
        later = [law.still(one, seen, age)[0] for age in ages[ages >= DAY_S]]
        left.plot(ages[ages >= DAY_S] / DAY_S, later, color=colour, label=kind)
        right.plot(ages / DAY_S, [law.never_moves(one, age)[0] for age in ages], color=colour, label=kind)
    left.set(xlabel="days after the turn", ylabel="chance", title="Seen at the old address on day 1: still there?")
    right.set(xlabel="days after the turn", ylabel="chance", title="There now: will it never move?")
    for axes in (left, right):
        axes.set(xscale="log", ylim=(0, 1.02))
        axes.legend(frameon=False)
        axes.grid(alpha=0.25)
    drawn.savefig(path, dpi=100)
    plt.close(drawn)


def caches(path: Path) -> None:
    """Write the lines of caches and their mixture, and what a forecast early after the change said of the next days."""
    from matplotlib import pyplot as plt  # noqa: PLC0415 -- after the backend is chosen

    drawn, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    ages = np.linspace(0.0, 3 * HOUR_S, 400)
    shown = {
        "TTL 1 h": Line(HOUR_S),
        "TTL 1 h, a browser of 60 s above": Line(HOUR_S, 60.0),
        "TTL 1 h, a proxy of 1 h above": Line(HOUR_S, HOUR_S),
        "TTL 1 h, served stale": Line(HOUR_S, stale_s=DAY_S),
        "cut to 15 min": Line(HOUR_S / 4),
    }
    for name, line in shown.items():
        left.plot(ages / HOUR_S, line.share(ages), lw=1.2, label=name)
    left.plot(
        ages / HOUR_S, expected_caches(HOUR_S).share(ages), color="black", lw=2.2, label="believed of a TTL of 1 h"
    )
    left.set(xlabel="hours after the turn", ylabel="share that answers old", title="Caches")
    left.legend(frameon=False, fontsize=8)
    _early_band(right, *EARLY)
    for axes in (left, right):
        axes.grid(alpha=0.25)
    drawn.savefig(path, dpi=100)
    plt.close(drawn)


def _early_band(axes: Axes, scenario: str, seed: int, age_h: float) -> None:
    """Draw what was forecast at an age of the change, and what came."""
    made = simulate(scenario, seed)
    at = made.truth.changed_at + timedelta(hours=age_h)
    with tempfile.TemporaryDirectory() as folder:
        write(made, Path(folder) / "m")
        gathered = gather(load(Path(folder) / "m" / "cutover.toml"), [at])
        now = forecast(gathered.at(at), made.truth.changed_at)
    hours = np.arange(36.0)
    mean, counted = requests_ahead(now, np.column_stack([hours, hours + 1]) * HOUR_S)
    low, high = np.quantile(counted, BAND, axis=0)
    came_s = made.truth.arrivals_s[made.truth.counted(gathered.migration.policy.counts)] / HOUR_S - age_h
    came = np.histogram(came_s, np.arange(-age_h, 37.0))[0]
    axes.fill_between(hours + 0.5, low, high, color=INK, alpha=0.2, step="mid", label="5-95 % of the counts to come")
    axes.plot(hours + 0.5, mean, color=INK, label="expected")
    axes.plot(np.arange(-age_h, 36.0) + 0.5, came, "k.", label="came")
    axes.axvline(0, color=GREY, lw=0.8)
    axes.set(yscale="symlog", ylim=(0, None), xlabel="hours from now", ylabel="requests/hour")
    axes.set_title(f"{scenario}, {age_h:g} h after the change")
    axes.legend(frameon=False, fontsize=8)


def bounds(path: Path) -> None:
    """Write expected and upper loss beside the true one, and the verdict, for some migrations."""
    from matplotlib import pyplot as plt  # noqa: PLC0415 -- after the backend is chosen

    drawn, panels = plt.subplots(1, len(SCENARIOS), figsize=(13, 4), layout="constrained", sharey=True)
    for axes, (scenario, seed) in zip(panels, SCENARIOS, strict=True):
        _bound(axes, scenario, seed)
    panels[0].set_ylabel("requests lost within 30 days")
    panels[0].legend(frameon=False, fontsize=8)
    drawn.savefig(path, dpi=100)
    plt.close(drawn)


def _bound(axes: Axes, scenario: str, seed: int) -> None:
    """Draw one migration, every twelve hours."""
    made = simulate(scenario, seed)
    with tempfile.TemporaryDirectory() as folder:
        write(made, Path(folder) / "m")
        truth = made.truth
        moments = [truth.changed_at + timedelta(hours=12 * turn + 6) for turn in range(20)]
        found = [one.verdict for one in backtest(gather(load(Path(folder) / "m" / "cutover.toml"), moments), moments)]
    days = [(one.at - truth.changed_at).total_seconds() / DAY_S for one in found]
    horizon_s, budget = found[0].horizon_s, found[0].budget_requests
    lost = [max(truth.lost_requests(one.at, horizon_s), LEAST) for one in found]
    upper = [np.nan if one.lost_requests.upper is None else max(one.lost_requests.upper, LEAST) for one in found]
    axes.step(days, lost, color="black", where="post", label="really lost")
    axes.plot(days, upper, color=ALARM, label="upper bound")
    axes.axhline(budget, color=GREY, lw=0.8, ls="--", label="budget")
    for day, one in zip(days, found, strict=True):
        axes.plot(day, LEAST * 0.6, "s", ms=6, color=COLOURS[one.verdict])
    axes.set(yscale="log", xlabel="days after the change", title=scenario)
    axes.grid(alpha=0.25)


def main() -> None:
    """Write the pictures."""
    mpl.use("Agg")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS
    caches(folder / "model-caches.png")
    leaving(folder / "model-leaving.png")
    bounds(folder / "model-bounds.png")


if __name__ == "__main__":
    main()
