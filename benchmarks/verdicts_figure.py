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

    drawn, (left, right) = plt.subplots(1, 2, figsize=(12, 4.8), layout="constrained")
    _rules(left, scores)
    _lateness(right, scores)
    drawn.savefig(path, dpi=110)
    plt.close(drawn)


def _rules(axes: Axes, scores: Sequence[Score]) -> None:
    """Draw each rule as a point, false-safe against the median lateness; names at the right, in the points' order."""
    rows = []
    for name, one in totals(scores).items():
        late_d = NEVER_D if one.late_median_h is None else one.late_median_h / DAY_H
        rows.append((100 * one.false_safe / one.migrations, late_d, name))
    rows.sort()
    for rank, (share, late_d, name) in enumerate(rows):
        colour = INK if name == OURS else OTHER
        axes.plot(late_d, share, "o", color=colour, ms=9 if name == OURS else 5, zorder=3)
        axes.annotate(
            f"{name}: {share:.0f} %",
            (late_d, share),
            (1.03, (rank + 0.5) / len(rows)),
            textcoords="axes fraction",
            fontsize=8,
            va="center",
            color=INK if name == OURS else "black",
            arrowprops={"arrowstyle": "-", "color": OTHER, "lw": 0.4},
        )
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xticks([0, 1, 3, 7, 14, NEVER_D], ["0", "1", "3", "7", "14", "never"])
    axes.set(
        xlabel="median lateness [days]",
        ylabel="false-safe [% of migrations]",
        title=f"{len(scores)} migrations",
        ylim=(-3, 100),
        xlim=(-0.2, 1.3 * NEVER_D),
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
