"""The DNS figure: what each resolver answered, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.patches import Patch

from analyzer.dns.answers import RANK, STATES
from analyzer.report.axis import Mark, draw_marks, number, time_axis
from analyzer.report.style import (
    GREY,
    INK,
    ORANGE,
    PALE,
    PAPER,
    PURPLE,
    SKY,
    VERMILLION,
    WIDTH_IN,
    empty_figure,
    new_figure,
    settle,
    styled,
    write_title,
)
from analyzer.words import counted, stamp, visible_ascii

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analyzer.dns.propagation import Propagation

TITLE = "What the resolvers answer"
# Each state has a colour and a hatch: either alone tells it from the others.
LOOKS: dict[str, tuple[str, str, str]] = {
    "new": (SKY, "", "new address"),
    "old": (ORANGE, "////", "old address"),
    "mixed": (PURPLE, "xxxx", "old and new"),
    "neither": ("#9aa1ab", "....", "neither"),
    "empty": (PALE, "----", "no address"),
    "failing": (PAPER, "\\\\\\\\", "no answer"),
}
ROWS_SHOWN = 60  # resolvers; a figure of more is taller than a page
ROW_IN = 0.25  # [inch] of one row
NAME_IN = 0.07  # [inch] that a letter of a resolver's name takes
NAME_LENGTH = 34  # [characters] of a resolver's name beside the axes
ONCE_S = 1800.0  # [s] that an answer stands where its question was asked only once
LONGEST_POLLS = 2.5  # an answer stands for so many pauses between questions at most


def dns_figure(states: pd.DataFrame, propagation: Propagation | None, zone: tzinfo) -> Figure:
    """Return resolvers (rows, the authoritative first) by time, coloured and hatched by what they answered.

    Parameters
    ----------
    states
        As `analyzer.dns.propagation.states` returns them: one row an answer.
    propagation
        Gives the change, now and the bound; None if no snapshots were given.
    zone
        Of the time axis; its distance from UTC is said on the axis.
    """
    if states.empty or propagation is None:
        return empty_figure(TITLE, "no DNS snapshots given")
    drawn = runs(states, propagation.at)
    names, hidden = _rows(drawn)
    height_in = 2.3 + ROW_IN * (len(names) + bool(hidden))
    with styled():
        figure = new_figure(height_in)
        axes = figure.add_subplot()
        for row, name in enumerate(names):
            _draw_row(axes, row, drawn[drawn["resolver"] == name])
        labels = _name_rows(axes, names, drawn, hidden)
        marks = _marks(propagation, zone)
        first: datetime = drawn["start"].min().to_pydatetime()
        last = max([drawn["end"].max().to_pydatetime(), *(mark.at for mark in marks)])
        time_axis(axes, first, last + (last - first) / 25, zone)
        draw_marks(axes, marks, WIDTH_IN - 0.4 - NAME_IN * max(len(name) for name in labels), height_in)
        write_title(figure, TITLE)
        figure.legend(handles=_legend(set(drawn["state"])), loc="outside lower left", ncols=6, handleheight=1.1)
        return settle(figure)


def runs(states: pd.DataFrame, at: datetime) -> pd.DataFrame:
    """Return the stretches of time in which a resolver kept answering the same.

    An answer stands until the next one, but for 2.5 times the pauses beside it at most: then nothing is known, and
    nothing is drawn. Of the last answers to several questions (A and AAAA, several names) the worst stands.

    Parameters
    ----------
    states
        As in `dns_figure`.
    at
        Now: no stretch ends later.

    Returns
    -------
    pandas.DataFrame
        resolver, authoritative (bool), state, rank, start, end (datetime64[us, UTC]); by resolver and start.
    """
    ranked = states.assign(rank=states["state"].astype(object).map(RANK).fillna(RANK["neither"]).astype(int))
    ranked = ranked.sort_values("at", kind="stable").reset_index(drop=True)
    key = [ranked[column] for column in ("resolver", "name", "type")]
    pause_s = ranked.groupby(key, sort=False)["at"].diff(-1).dt.total_seconds().abs()
    pauses = pause_s.groupby(key, sort=False)
    # The pauses beside this one tell how often was asked then: every 5 min around the change, every 6 h a week later.
    usual_s = pd.concat([pauses.shift(1), pauses.shift(-1)], axis=1).max(axis=1).fillna(pause_s).fillna(ONCE_S)
    last_s = pauses.shift(1).fillna(ONCE_S)
    stands_s = (LONGEST_POLLS * usual_s).where(pause_s.notna(), last_s)
    ranked["until"] = ranked["at"] + pd.to_timedelta(stands_s, unit="s")
    pieces = [_resolver_runs(rows, pd.Timestamp(at)) for _, rows in ranked.groupby("resolver", sort=True)]
    return pd.concat(pieces, ignore_index=True)


def _resolver_runs(rows: pd.DataFrame, at: pd.Timestamp) -> pd.DataFrame:
    """Return one resolver's stretches: at each answer the worst of the last answers to its questions stands."""
    last = rows.pivot_table(index="at", columns=["name", "type"], values="rank", aggfunc="max").ffill()
    frame = pd.DataFrame({"start": last.index, "rank": last.max(axis=1).to_numpy(dtype=int)})
    until = rows.groupby("at")["until"].max().reset_index(drop=True)
    following = frame["start"].shift(-1)
    frame["end"] = until.where(~(following < until), following).where(lambda end: end < at, at)
    same = (frame["rank"].shift(1) == frame["rank"]) & (frame["end"].shift(1) == frame["start"])
    merged = frame.groupby((~same).cumsum()).agg(rank=("rank", "first"), start=("start", "first"), end=("end", "last"))
    states = [STATES[rank] for rank in merged["rank"]]
    authoritative = bool(rows["authoritative"].any())
    return merged.assign(resolver=rows["resolver"].iloc[0], authoritative=authoritative, state=states)


def _rows(drawn: pd.DataFrame) -> tuple[list[str], int]:
    """Return the resolvers to show, the authoritative first, then those longest on old; and how many are left out."""
    lasting = drawn.assign(old=drawn["end"].where(drawn["state"].isin(["old", "mixed"])))
    order = lasting.groupby("resolver").agg(authoritative=("authoritative", "max"), old=("old", "max"))
    order = order.reset_index().sort_values(
        ["authoritative", "old", "resolver"], ascending=[False, False, True], na_position="last"
    )
    names = order["resolver"].tolist()
    return names[:ROWS_SHOWN], max(len(names) - ROWS_SHOWN, 0)


def _draw_row(axes: Axes, row: int, drawn: pd.DataFrame) -> None:
    """Draw one resolver's stretches."""
    for state, part in drawn.groupby("state"):
        colour, hatch, _ = LOOKS.get(str(state), LOOKS["neither"])
        starts = [number(moment.to_pydatetime()) for moment in part["start"]]
        widths = [number(moment.to_pydatetime()) - start for moment, start in zip(part["end"], starts, strict=True)]
        axes.broken_barh(
            list(zip(starts, widths, strict=True)),
            (row - 0.4, 0.8),
            facecolor=colour,
            hatch=hatch,
            edgecolor=_edge(str(state)),
            linewidth=0.4,
        )


def _name_rows(axes: Axes, names: list[str], drawn: pd.DataFrame, hidden: int) -> list[str]:
    """Write each resolver beside its row, and a line under the authoritative ones; return what was written."""
    authoritative = set(drawn.loc[drawn["authoritative"].astype(bool), "resolver"])
    role = dict.fromkeys(authoritative, " (authoritative)")
    labels = [visible_ascii(name, NAME_LENGTH) + role.get(name, "") for name in names]
    if hidden:
        labels.append(f"{counted(hidden, 'more resolver')}: not drawn")
    axes.set_yticks(np.arange(len(labels)), labels, fontsize=9.5)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    leading = sum(name in authoritative for name in names)
    if 0 < leading < len(names):
        axes.axhline(leading - 0.5, color=GREY, linewidth=0.8)
    return labels


def _legend(present: set[str]) -> list[Patch]:
    """Return a patch a state that occurs; old and new always."""
    return [
        Patch(facecolor=colour, hatch=hatch, edgecolor=_edge(state), linewidth=0.4, label=words)
        for state, (colour, hatch, words) in LOOKS.items()
        if state in present or state in {"old", "new"}
    ]


def _edge(state: str) -> str:
    """Return the colour of a state's hatch and outline."""
    return {"old": "#7a4b00", "mixed": "#6b2a52", "failing": VERMILLION, "new": SKY}.get(state, GREY)


def _marks(propagation: Propagation, zone: tzinfo) -> list[Mark]:
    """Return the change, now, the bound of honest caches, and the last old entry where that lies beyond."""
    marks = [Mark(propagation.at, f"now: {stamp(propagation.at, zone).both}", INK)]
    if propagation.changed_at is not None:
        marks.append(Mark(propagation.changed_at, f"DNS change: {stamp(propagation.changed_at, zone).both}", "#004b78"))
    bound = None if propagation.bound is None else propagation.bound.at
    if bound is not None:
        local = stamp(bound, zone, up=True).local
        marks.append(Mark(bound, f"no cache that honours TTLs is old after: {local}", "#00694d"))
    last = propagation.last_old_expires_at
    if last is not None and (bound is None or last > bound):
        verb = "expires" if last > propagation.at else "expired"
        marks.append(Mark(last, f"last old answer {verb}: {stamp(last, zone, up=True).local}", "#00694d", (0, (4, 2))))
    return marks
