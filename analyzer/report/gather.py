"""From a judgement to its report: what it says, and its figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analyzer.dns.propagation import states
from analyzer.drain.curve import curve
from analyzer.report.content import content
from analyzer.report.figures import dns_figure, drain_figure

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from matplotlib.figure import Figure

    from analyzer.drain.advise import Judgement
    from analyzer.drain.curve import Curve
    from analyzer.drain.evidence import Gathered
    from analyzer.drain.verdict import Verdict
    from analyzer.report.content import Content


@dataclass(frozen=True, slots=True)
class Report:
    """A verdict, what is said about it, and its figures."""

    verdict: Verdict
    content: Content
    drain: Figure
    dns: Figure


def everything(gathered: Gathered, judged: Judgement, zone: ZoneInfo) -> Report:
    """Return the whole report of a judgement.

    Parameters
    ----------
    gathered
        What was read.
    judged
        The verdict at one moment, and what it was made from.
    zone
        The reader's time zone.
    """
    mine, verdict = gathered.migration, judged.verdict
    drawn = curve_of(judged)
    answers = pd.DataFrame()
    if gathered.snapshots is not None:
        answers = states(gathered.snapshots, names=mine.names, old=mine.old, new=mine.new, at=verdict.at)
    return Report(
        verdict=verdict,
        content=_content(gathered, judged, zone, drawn),
        drain=drain_figure(drawn, verdict, zone),
        dns=dns_figure(answers, judged.evidence.propagation, zone),
    )


def content_of(gathered: Gathered, judged: Judgement, zone: ZoneInfo) -> Content:
    """Return what is said about a judgement where no figure is shown: on a terminal."""
    return _content(gathered, judged, zone, None)


def curve_of(judged: Judgement) -> Curve | None:
    """Return the drain curve of a judgement; None where there is no forecast."""
    return None if judged.forecast is None else curve(judged.evidence, judged.forecast)


def _content(gathered: Gathered, judged: Judgement, zone: ZoneInfo, drawn: Curve | None) -> Content:
    """Return what the report says."""
    return content(
        judged.verdict,
        gathered.migration,
        zone=zone,
        curve=drawn,
        propagation=judged.evidence.propagation,
        troubles=gathered.troubles,
    )
