"""The figures show what was measured and what is known, with units, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_answers
import report_curves
import report_examples as examples

from analyzer.dns.bound import Bound
from analyzer.drain.verdict import Gap
from analyzer.report.figure_dns import ROWS_SHOWN
from analyzer.report.figure_drain import known, mean_rate
from analyzer.report.figures import dns_figure, drain_figure, png
from analyzer.report.page import picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure


BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 2, tzinfo=UTC)


def hours(*old: float, start: datetime = START) -> pd.DataFrame:
    """Return measured hours from START on with so many requests each."""
    starts = pd.date_range(start, periods=len(old), freq="h", unit="us")
    values = np.array(old, dtype=float)
    return pd.DataFrame({"start": starts, "width_s": 3600.0, "old": values, "direct_new": np.nan, "normal": np.nan})


def written(figure: Figure) -> str:
    """Return every text of a figure."""
    figure.draw_without_rendering()
    artists = [*figure.texts, *figure.legends, *figure.axes]
    return "\n".join(text.get_text() for artist in artists for text in artist.findobj(mpl.text.Text))


@pytest.mark.parametrize("word", ["safe", "wait", "stuck", "unknown"])
def test_the_drain_figure_says_units_zone_change_and_now(word: str) -> None:
    """Axes have their units; the change, now and the budget are named, in local time and UTC."""
    figure = drain_figure(report_curves.curve(word), examples.verdict(word), BERLIN)
    text = written(figure)
    assert "requests per hour" in text
    assert "local time, Europe/Berlin: UTC+1" in text
    assert "DNS change: Mon 2 Mar 2026 23:00 CET (22:00 UTC)" in text
    assert "now: Thu 12 Mar 2026 14:00 CET (13:00 UTC)" in text
    assert "budget: 10 in 30 days" in text
    assert "budget: 0.014 an hour" in text


def test_the_legend_covers_no_data() -> None:
    """It stands below the axes, whole within the figure; so do the labels of the marks, above the axes."""
    figure = drain_figure(report_curves.curve("wait"), examples.verdict("wait"), BERLIN)
    figure.draw_without_rendering()
    axes, legend = figure.axes[0].get_window_extent(), figure.legends[0].get_window_extent()
    assert legend.y1 <= axes.y0
    assert legend.x0 >= 0
    assert legend.x1 <= figure.bbox.x1
    labels = [text for text in figure.axes[0].texts if "CET" in text.get_text()]
    assert len(labels) == 3
    boxes = [label.get_window_extent() for label in labels]
    assert all(box.y0 >= axes.y1 and box.x1 <= figure.bbox.x1 and box.x0 >= 0 for box in boxes)
    assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n])


def test_hours_without_a_request_are_drawn_as_such() -> None:
    """Zero has a place on the axis, and every such hour a mark at it; the scale is logarithmic above."""
    curve = replace(report_curves.curve("wait"), measured=hours(20, 0, 3, 0, 0))
    figure = drain_figure(curve, examples.verdict("wait"), BERLIN)
    axes = figure.axes[0]
    marks = {line.get_label(): line for line in axes.lines}
    assert list(marks["hour without a request"].get_ydata()) == [0.0, 0.0, 0.0]
    assert list(marks["old server, each hour"].get_ydata()) == [20.0, 3.0]
    low, zero, one, ten = axes.transData.transform([(0, -1e-9), (0, 0), (0, 1), (0, 10)])[:, 1]
    hundred = axes.transData.transform((0, 100))[1]
    assert low == pytest.approx(zero)
    assert axes.get_window_extent().y0 < zero < one
    assert hundred - ten == pytest.approx(ten - one)


def test_the_forecast_is_a_band_from_now_on() -> None:
    """Band and expected rate begin at now, not before."""
    figure = drain_figure(report_curves.curve("wait"), examples.verdict("wait"), BERLIN)
    axes = figure.axes[0]
    band = next(one for one in axes.collections if one.get_label() == "forecast, its bounds")
    begin = mpl.dates.date2num(examples.AT.replace(tzinfo=None))
    assert band.get_paths()[0].vertices[:, 0].min() == pytest.approx(begin)


def test_direct_requests_before_the_change_are_not_a_line_at_zero() -> None:
    """A server that was not yet asked has no curve."""
    figure = drain_figure(report_curves.curve("wait"), examples.verdict("wait"), BERLIN)
    line = next(line for line in figure.axes[0].lines if line.get_label() == "straight to the new server")
    shown = np.asarray(line.get_xdata())[~np.isnan(np.asarray(line.get_ydata(), dtype=float))]
    assert shown.min() >= np.datetime64(examples.CHANGED.replace(tzinfo=None))


def test_mean_rate_holds_ten_requests_or_a_day() -> None:
    """A busy hour stands alone, quiet ones together; none reaches over the change or over missing hours."""
    steps = mean_rate(hours(12, 4, 4, 4, 6, 2, np.nan, 0, 0), START + timedelta(hours=5))
    offsets = [((a - START).total_seconds() / 3600, (b - START).total_seconds() / 3600) for a, b in
               zip(steps["start"], steps["end"], strict=True)]  # fmt: skip
    assert offsets == [(0, 1), (1, 4), (4, 5), (5, 6), (7, 9)]
    assert steps["per_hour"].tolist() == [12, 4, 6, 2, 0]


def test_mean_rate_of_a_silent_week_is_a_day_a_step() -> None:
    """No step is longer than a day, and no request is lost or invented."""
    steps = mean_rate(hours(*[0.0] * 60, 1.0), None)
    assert ((steps["end"] - steps["start"]).dt.total_seconds() / 3600).tolist() == [24, 24, 13]
    assert steps["per_hour"].tolist() == [0, 0, pytest.approx(1 / 13)]


def test_a_part_of_an_hour_keeps_its_rate() -> None:
    """Half an hour with 20 requests an hour held ten."""
    part = hours(20.0).assign(width_s=1800.0)
    assert mean_rate(part, None)["per_hour"].tolist() == [20]


def test_silence_in_a_gap_is_not_a_measurement() -> None:
    """Hours that lie more than half in a gap are unknown; the others stay."""
    gap = Gap(START + timedelta(minutes=20), START + timedelta(hours=2, minutes=20))
    assert known(hours(1, 2, 3, 4), [gap])["old"].isna().tolist() == [True, True, False, False]


def test_without_a_curve_the_figure_says_so() -> None:
    """No forecast, or nothing measured: a sentence, not an empty pair of axes."""
    empty = replace(report_curves.curve("wait"), measured=hours())
    for curve in (None, empty):
        assert "no drain curve" in written(drain_figure(curve, examples.verdict("wait"), BERLIN))


def test_the_dns_figure_says_resolvers_zone_change_now_and_bound() -> None:
    """Authoritative servers first, then those longest on old; each once."""
    text = written(dns_figure(report_answers.states(), report_answers.propagation(), BERLIN))
    assert "now: Thu 12 Mar 2026 14:00 CET (13:00 UTC)" in text
    assert "DNS change: Mon 2 Mar 2026 23:00 CET (22:00 UTC)" in text
    assert "last old answer expires: Fri 13 Mar 2026 05:20 CET" in text
    assert "local time, Europe/Berlin: UTC+1" in text
    figure = dns_figure(report_answers.states(), report_answers.propagation(), BERLIN)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names[:4] == [
        f"{n} (authoritative)" for n in ("192.0.2.53", "2001:db8::53", "ns1.example.net", "ns2.example.net")
    ]
    assert names[4:6] == ["1.1.1.1", "tls://dns.quad9.net"]
    assert len(names) == 16


def test_the_dns_figure_marks_the_bound_of_honest_caches() -> None:
    """And the last old entry only where somebody goes beyond it."""
    seen = report_answers.propagation()
    late, early = seen.at + timedelta(days=3), seen.at - timedelta(days=3)
    within = written(dns_figure(report_answers.states(), replace(seen, bound=Bound(late, "")), BERLIN))
    assert "no cache that honours TTLs is old after: Sun 15 Mar 2026 14:00 CET" in within
    assert "last old answer" not in within
    beyond = written(dns_figure(report_answers.states(), replace(seen, bound=Bound(early, "")), BERLIN))
    assert "is old after: Mon 9 Mar 2026 14:00 CET" in beyond
    assert "last old answer expires: Fri 13 Mar 2026 05:20 CET" in beyond


def test_states_differ_by_hatch_as_well_as_by_colour() -> None:
    """Whoever sees no colours tells them apart."""
    figure = dns_figure(report_answers.states(), report_answers.propagation(), BERLIN)
    patches = figure.legends[0].get_patches()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "new address", "old address", "old and new", "neither", "no answer",
    ]  # fmt: skip
    assert len({patch.get_hatch() for patch in patches}) == len(patches)


def test_a_hostile_resolver_is_only_a_name() -> None:
    """Its dollars are dollars, its control characters visible, its length bounded."""
    figure = dns_figure(report_answers.states(), report_answers.propagation(), BERLIN)
    png(figure)
    label = next(one for one in figure.axes[0].get_yticklabels() if "x^2" in one.get_text())
    assert label.get_text() == "$x^2$ <b>\\x1b[31m resolver of s..."
    assert label.get_parse_math() is False


def test_glyphs_that_no_font_has_do_not_break_a_figure() -> None:
    """A name in any script is drawn as its escapes."""
    strange = report_answers.states().replace({"resolver": {"8.8.8.8": "名前\u202e\x00"}})
    assert picture(png(dns_figure(strange, report_answers.propagation(), BERLIN))).width == 1040


def test_without_snapshots_the_dns_figure_says_so() -> None:
    """Nothing asked is said, not drawn as empty rows."""
    assert "no DNS snapshots given" in written(dns_figure(pd.DataFrame(), None, BERLIN))
    assert "no DNS snapshots given" in written(
        dns_figure(report_answers.states()[:0], report_answers.propagation(), BERLIN)
    )


def test_many_resolvers_are_cut_and_counted() -> None:
    """A figure stays as tall as a page; who is left out is said."""
    many = pd.concat([report_answers.states()[:5].assign(resolver=f"r{n:03}") for n in range(ROWS_SHOWN + 7)])
    figure = dns_figure(many, report_answers.propagation(), BERLIN)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(labels) == ROWS_SHOWN + 1
    assert labels[-1] == "seven more resolvers: not drawn"


def test_the_same_figure_is_the_same_bytes() -> None:
    """No date and no version is in the file: a report that did not change does not change."""
    one, two = (png(drain_figure(report_curves.curve("wait"), examples.verdict("wait"), BERLIN)) for _ in range(2))
    assert one == two
    assert b"tEXt" not in one
    assert b"Software" not in one
    assert picture(one).width == 1040


def test_a_users_matplotlibrc_changes_nothing() -> None:
    """Their style is not ours, and ours is not left behind."""
    ours = png(drain_figure(report_curves.curve("wait"), examples.verdict("wait"), BERLIN))
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "text.usetex": True, "text.color": "pink"}):
        theirs = png(drain_figure(report_curves.curve("wait"), examples.verdict("wait"), BERLIN))
        assert mpl.rcParams["font.size"] == 30
    assert ours == theirs


def test_pyplot_is_never_loaded() -> None:
    """Figures need no global state and no display."""
    code = "import sys, analyzer.report.figures; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
