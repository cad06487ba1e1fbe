"""How the figures look: own style, colour-blind-safe colours, PNG bytes.

Only matplotlib's objects are used, never pyplot: a figure belongs to its caller, whatever else the process draws.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator


# Okabe & Ito (2008), "Color Universal Design": told apart by people with any common colour vision.
VERMILLION, BLUE, GREEN, ORANGE, PURPLE, SKY, YELLOW = (
    "#D55E00",
    "#0072B2",
    "#009E73",
    "#E69F00",
    "#CC79A7",
    "#56B4E9",
    "#F0E442",
)
INK, GREY, PALE, PAPER = "#1b1f24", "#6b7280", "#d7dbe0", "#ffffff"
WIDTH_IN = 10.4  # [inch] at 100 px: the page's column
DPI = 200  # twice the 100 px an inch of the page: sharp on dense screens
STYLE: dict[Any, Any] = {  # matplotlib's own names and kinds of values
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same picture on each machine
    "font.size": 11,
    "text.color": INK,
    "text.usetex": False,
    "text.parse_math": False,  # a `$` in a stranger's text is a dollar
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": PALE,
    "grid.linewidth": 0.7,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "hatch.linewidth": 0.9,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
}


@contextmanager
def styled() -> Iterator[None]:
    """Hold our style, whatever the user's matplotlibrc says, and give theirs back."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def new_figure(height_in: float) -> Figure:
    """Return an empty figure of the page's width with a canvas of its own."""
    figure = Figure(figsize=(WIDTH_IN, height_in), dpi=DPI / 2, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def write_title(figure: Figure, title: str) -> None:
    """Write the figure's title at its left edge, above the labels of the marks."""
    figure.suptitle(title, x=0.008, ha="left", fontsize=13, fontweight="bold")


def settle(figure: Figure) -> Figure:
    """Return the figure with everything in its final place: each later drawing would move it a little further."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


def png(figure: Figure) -> bytes:
    """Return the figure as PNG at twice the page's resolution; the same figure gives the same bytes."""
    out = io.BytesIO()
    with styled():
        figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    return out.getvalue()


def empty_figure(title: str, sentence: str) -> Figure:
    """Return a figure that says why there is nothing to see."""
    with styled():
        figure = new_figure(1.9)
        axes = figure.add_subplot()
        axes.set_axis_off()
        write_title(figure, title)
        axes.text(0.5, 0.5, sentence, ha="center", va="center", color=GREY, fontsize=13)
        return settle(figure)
