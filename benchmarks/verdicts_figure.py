"""The scores as a picture: false-safe against lateness by rule, and how lateness is distributed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
from verdicts_score import OURS, totals

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from verdicts_score import Score

DAY_H = 24.0
NEVER_D = 60.0  # where "never" is drawn
INK, OTHER = "#0b6e4f", "#8a8f98"


def figure(scores: Sequence[Score], path: Path) -> None:
    """Write the picture as PNG."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 -- after the backend is chosen

    drawn, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    _rules(left, scores)
    _lateness(right, scores)
    drawn.savefig(path, dpi=110)
    plt.close(drawn)


def _rules(axes: Axes, scores: Sequence[Score]) -> None:
    """Draw each rule as a point: false-safe against the median lateness."""
    for name, one in totals(scores).items():
        late_d = NEVER_D if one.late_median_h is None else one.late_median_h / DAY_H
        mine = name == OURS
        axes.plot(late_d, 100 * one.false_safe / one.migrations, "o", color=INK if mine else OTHER, ms=9 if mine else 5)
        place = (late_d, 100 * one.false_safe / one.migrations)
        axes.annotate(name, place, (4, 4), textcoords="offset points", fontsize=8, color=INK if mine else "black")
    axes.set_xscale("symlog", linthresh=1)
    axes.set(
        xlabel=f"median lateness [days; {NEVER_D:.0f}: never]",
        ylabel="false-safe [% of migrations]",
        title=f"{len(scores)} migrations",
        ylim=(-3, 100),
        xlim=(-0.2, 1.6 * NEVER_D),
    )


def _lateness(axes: Axes, scores: Sequence[Score]) -> None:
    """Draw the share of migrations that are called safe so many days after they are."""
    for name in (OURS, "7 d", "14 d", "72 h of silence", "exponential fit"):
        rules = [one.rules[name] for one in scores if one.rules[name].drains]
        late = sorted(one.late_h / DAY_H for one in rules if one.late_h is not None)
        shares = [100 * (rank + 1) / len(rules) for rank in range(len(late))]
        axes.step([0.0, *late], [0.0, *shares], where="post", label=name, lw=2.5 if name == OURS else 1.2)
    axes.set(
        xlabel="days after it was first true",
        ylabel="called safe rightly [% of those that drain]",
        ylim=(0, 101),
        title="lateness",
    )
    axes.legend(fontsize=8, loc="lower right")
    axes.grid(alpha=0.3)
