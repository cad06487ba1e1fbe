"""The benchmark's figures, each by hand-made migrations."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.append(str(BENCHMARKS))

from verdicts_figure import figure  # noqa: E402 -- the scripts are no package: found by path
from verdicts_peers import Seen, fitted, peers, silent  # noqa: E402
from verdicts_run import Ahead, Named, Run, comes_until_s, judged  # noqa: E402
from verdicts_score import OURS, Bounds, bounds, rule, score, total, totals  # noqa: E402
from verdicts_table import as_json, moments, table  # noqa: E402

HOUR_S, DAY_S = 3600.0, 86400.0
STEP_H = 72
NONE = frozenset[str]()


def run(
    lost: list[int],
    words: list[str],
    *,
    upper: list[float] | None = None,
    budget: float = 10.0,
    safe_from_h: float | None = 144.0,
    right: list[float] | None = None,
    in_gap: list[bool] | None = None,
    named: tuple[Named, ...] = (),
) -> Run:
    """Return a run of moments every three days."""
    count, nothing = len(words), [np.nan] * len(words)
    return Run(
        family="x",
        seed=1,
        step_s=STEP_H * HOUR_S,
        budget=budget,
        confidence=0.95,
        at_s=STEP_H * HOUR_S * np.arange(1, count + 1),
        words=tuple(words),
        lost=np.array(lost),
        upper=np.array(nothing if upper is None else upper),
        median_s=np.array(nothing),
        upper_s=np.array(nothing),
        right=np.array(nothing if right is None else right),
        in_gap=np.array([False] * count if in_gap is None else in_gap),
        safe_from_s=None if safe_from_h is None else safe_from_h * HOUR_S,
        named=named or (Named(NONE, NONE),) * count,
        peers={},
        seconds=(0.0, 0.0, 0.0),
    )


def safe(*said: int) -> np.ndarray:
    """Return which moments were called safe."""
    return np.array(said, dtype=bool)


def test_safe_above_the_budget_is_false_safe() -> None:
    """Said at a moment from which 11 are lost, with a budget of 10; with 10 it is right."""
    assert rule(run([50, 11, 0, 0], ["wait"] * 4), safe(0, 1, 1, 1)).false_safe
    assert not rule(run([50, 10, 0, 0], ["wait"] * 4), safe(0, 1, 1, 1)).false_safe


def test_lateness_is_from_the_first_true_moment_to_the_first_right_word() -> None:
    """True from the second moment on and said at the fourth: two steps; a false word before does not shorten it."""
    told = run([50, 0, 0, 0], ["wait"] * 4)
    assert rule(told, safe(0, 0, 0, 1)).late_h == 144.0
    assert rule(told, safe(1, 0, 0, 1)).late_h == 144.0
    assert rule(told, safe(0, 0, 0, 1)).late_last_h == 144.0
    late = run([50, 0, 50, 0], ["wait"] * 4, safe_from_h=280.0)
    assert rule(late, safe(0, 0, 0, 1)).late_h == 144.0
    assert rule(late, safe(0, 0, 0, 1)).late_last_h == 8.0


def test_never_safe_counts_only_where_it_drains() -> None:
    """Not said: never. Not true, or true in a gap only, or for less than three days: nothing to say."""
    assert rule(run([50, 0, 0], ["wait"] * 3), safe(0, 0, 0)).never
    still = run([50, 50], ["wait"] * 2, safe_from_h=None)
    hidden = run([50, 0, 0], ["wait"] * 3, in_gap=[False, False, True])
    brief = run([50, 0], ["wait"] * 2)
    for told in (still, hidden, brief):
        found = rule(told, safe(*[0] * len(told.words)))
        assert (found.never, found.drains) == (False, False)


def test_quantiles_of_lateness_count_never_as_for_ever() -> None:
    """Of ten that drain, one never said: the median is finite, and so is the ninth of ten; two: not."""
    late = [rule(run([0, 0, 0], ["safe"] * 3), safe(0, 1, 1)) for _ in range(9)]
    never = rule(run([0, 0, 0], ["wait"] * 3), safe(0, 0, 0))
    assert total([*late, never]).late_90_h == STEP_H
    assert total([*late[:8], never, never]).late_90_h is None
    assert total([*late[:8], never, never]).late_median_h == STEP_H


def test_bounds_are_counted_moment_by_moment() -> None:
    """Of three bounds 5, 400, 9 over truths 5, 100, 10: two hold, two are not above 3 x lost + budget."""
    found = bounds(run([5, 100, 10, 0], ["wait"] * 4, upper=[5.0, 400.0, 9.0, np.nan], right=[1.0, 0.0, 1.0, np.nan]))
    assert (found.moments, found.bounded, found.held, found.tight) == (4, 3, 2, 2)
    assert (found.waits, found.promised, found.kept) == (4, 3, 2)


def test_safe_in_a_gap_is_counted() -> None:
    """Two moments in the gap, one of them called safe."""
    found = bounds(run([0, 0, 0], ["unknown", "safe", "safe"], in_gap=[True, True, False]))
    assert (found.gap_moments, found.gap_safe) == (2, 1)


def test_stuck_is_precise_by_moment_and_recalled_at_the_end() -> None:
    """Named twice, rightly once; at the end one of two that never move, where more than the budget is lost."""
    a, b = frozenset({"a"}), frozenset({"b"})
    named = (Named(a, NONE), Named(a, a | b))
    found = bounds(run([50, 50], ["stuck"] * 2, named=named))
    assert (found.said_stuck, found.said_rightly, found.end_true, found.end_named) == (2, 1, 2, 1)
    within = bounds(run([50, 5], ["stuck"] * 2, named=named))
    assert within.end_true == 0, "who may be lost need not be named"


def test_the_end_of_what_is_simulated_is_no_end_of_a_monthly_job() -> None:
    """Of one run a month the next lies beyond what is known; an hourly job that is silent long before has ended."""
    runs = np.array([0.0, 1.0, 2.0, 30 * DAY_S, 30 * DAY_S + 1, 30 * DAY_S + 2])
    assert comes_until_s(runs, 72 * DAY_S) == np.inf
    assert comes_until_s(runs, 95 * DAY_S) == 30 * DAY_S + 2
    assert comes_until_s(np.arange(10) * HOUR_S, 72 * DAY_S) == 9 * HOUR_S
    assert comes_until_s(np.array([5.0]), 72 * DAY_S) == 5.0


def test_bounds_add() -> None:
    """Sums over migrations."""
    assert Bounds(moments=2, held=1) + Bounds(moments=3, held=3) == Bounds(moments=5, held=4)


def test_ahead_counts_what_lies_in_the_horizon() -> None:
    """After the moment, up to and with the horizon's end."""
    ahead = Ahead(np.array([10.0, 20.0, 30.0]), 10.0)
    assert ahead.lost(np.array([0.0, 9.0, 10.0, 20.0, 30.0])).tolist() == [1, 1, 1, 1, 0]


def test_silence_begins_with_the_last_request_or_the_change() -> None:
    """One request at 5 h: six hours of silence at 11 h; none at all: six hours after the change."""
    assert silent(np.array([5 * HOUR_S]), np.array([10, 11, 12]) * HOUR_S, 6 * HOUR_S).tolist() == [False, True, True]
    assert silent(np.array([]), np.array([5, 6]) * HOUR_S, 6 * HOUR_S).tolist() == [False, True]


def test_exponential_fit_continues_the_line() -> None:
    """64, 32, 16, 8 requests a day go on with 4, 2, 1, …: 8 in all; and nothing is said before the second day."""
    day = [np.full(n, d * DAY_S + 100.0) for d, n in enumerate((64, 32, 16, 8))]
    seen = Seen(np.concatenate(day), np.array([]), 300.0, 30 * DAY_S, 10)
    assert fitted(seen, 4 * DAY_S) == pytest.approx(8.0, rel=1e-6)
    assert fitted(seen, 1.9 * DAY_S) == np.inf


def test_fixed_rules_look_at_the_clock_only() -> None:
    """48 h, and twice a TTL of 6 h."""
    said = peers(Seen(np.array([]), np.array([]), 6 * HOUR_S, DAY_S, 10), np.array([6, 12, 48]) * HOUR_S)
    assert said["48 h"].tolist() == [False, False, True]
    assert said["2 x TTL"].tolist() == [False, True, True]


def test_a_migration_goes_through_from_logs_to_table_and_picture(tmp_path: Path) -> None:
    """The smallest family, once a day: the truth of its arrays is that of its moments, and all can be printed."""
    found = judged("b-hamlet", 2, 48.0)
    assert len(found.words) == len(found.lost) == len(found.at_s) == 21
    assert set(found.words) <= {"safe", "wait", "stuck", "unknown"}
    scores = [score(found)]
    assert OURS in totals(scores)
    assert "b-hamlet" in table(scores)
    assert '"false_safe"' in as_json(scores)
    assert len(moments(found).splitlines()) == 2 + 21
    picture = tmp_path / "verdicts.png"
    figure(scores, picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
