"""The scores as a text table and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from verdicts_score import OURS, Bounds, Total, totals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verdicts_run import Run
    from verdicts_score import Score

DAY_S = 86_400.0
COLUMNS = (("held", 9), ("tight", 9), ("promise", 9), ("precision", 11), ("recall", 9))


def table(scores: Sequence[Score]) -> str:
    """Return all tables: the rules, the bound, the families."""
    return "\n\n".join((_rules(scores), _bounds(scores), _families(scores)))


def _rules(scores: Sequence[Score]) -> str:
    """Return how cutover and its peers did."""
    head = (
        f"{'':20}{'false-safe':>11}{'never':>9}{'late [h]: median':>18}{'90 %':>8}{'after last: median':>20}{'90 %':>8}"
    )
    return "\n".join([head, *(_rule(name, one) for name, one in totals(scores).items())])


def _rule(name: str, one: Total) -> str:
    """Return one rule's line."""
    hours = (one.late_median_h, one.late_90_h, one.late_last_median_h, one.late_last_90_h)
    late = [f"{h:.0f}" if h is not None else "never" for h in hours]
    wrong, never = f"{one.false_safe}/{one.migrations}", f"{one.never}/{one.drain}"
    return f"{name:20}{wrong:>11}{never:>9}{late[0]:>18}{late[1]:>8}{late[2]:>20}{late[3]:>8}"


def _bounds(scores: Sequence[Score]) -> str:
    """Return the figures of the bound and of the forecast."""
    one = sum((score.bounds for score in scores), Bounds())
    rows = (
        ("lost <= upper", one.held, one.bounded, "moments with a bound"),
        ("upper <= 3 x lost + budget", one.tight, one.bounded, "moments with a bound"),
        ("moments with a bound", one.bounded, one.moments, "moments"),
        ("safe_at.upper right", one.kept, one.promised, "waits with one"),
        ("safe_at.upper given", one.promised, one.waits, "waits"),
        ("safe_at.median late enough", one.early, one.medians, "waits that drain; half is right"),
        ("stuck precision", one.said_rightly, one.said_stuck, "clients x moments"),
        ("stuck recall", one.end_named, one.end_true, "clients at the log's end"),
        ("safe inside a gap", one.gap_safe, one.gap_moments, "moments"),
    )
    return "\n".join(
        f"{name:28}{_share(part, whole):>8}   {part:,} of {whole:,} {what}" for name, part, whole, what in rows
    )


def _share(part: int, whole: int) -> str:
    """Return a share in per cent."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _families(scores: Sequence[Score]) -> str:
    """Return a line a family."""
    head = f"{'family':18}{'false-safe':>11}{'never':>7}{'late [h]':>10}"
    head += "".join(f"{name:>{width}}" for name, width in COLUMNS)
    names = list(dict.fromkeys(score.family for score in scores))
    return "\n".join([head, *(_family(name, [one for one in scores if one.family == name]) for name in names)])


def _family(name: str, scores: Sequence[Score]) -> str:
    """Return one family's line."""
    rules = totals(scores)[OURS]
    one = sum((score.bounds for score in scores), Bounds())
    late = "-" if not rules.drain else "never" if rules.late_median_h is None else f"{rules.late_median_h:.0f}"
    shares = (
        (one.held, one.bounded),
        (one.tight, one.bounded),
        (one.kept, one.promised),
        (one.said_rightly, one.said_stuck),
        (one.end_named, one.end_true),
    )
    cells = "".join(f"{_share(*share):>{width}}" for share, (_, width) in zip(shares, COLUMNS, strict=True))
    wrong, never = f"{rules.false_safe}/{rules.migrations}", f"{rules.never}/{rules.drain}"
    return f"{name:18}{wrong:>11}{never:>7}{late:>10}{cells}"


def moments(run: Run) -> str:
    """Return one migration moment by moment: what was said, and what is true; days after the change."""
    ends = "never" if run.safe_from_s is None else f"{run.safe_from_s / DAY_S:.2f}"
    head = f"{run.family} {run.seed}: safe from day {ends}; budget {run.budget:g}"
    lines = [head, f"{'day':>7} {'said':8}{'lost':>8}{'upper':>10}{'median':>8}{'upper':>8}  stuck: said / true"]
    for row, word in enumerate(run.words):
        promised = "".join(f"{column[row] / DAY_S:8.2f}" for column in (run.median_s, run.upper_s))
        wrong = "  FALSE-SAFE" if word == "safe" and run.lost[row] > run.budget else ""
        named = run.named[row]
        who = f"{', '.join(sorted(named.said)) or '-'} / {', '.join(sorted(named.true)) or '-'}"
        gap = "  in a gap" if run.in_gap[row] else ""
        bound = f"{run.lost[row]:8d}{run.upper[row]:10.1f}"
        lines.append(f"{run.at_s[row] / DAY_S:7.2f} {word:8}{bound}{promised}  {who}{gap}{wrong}")
    return "\n".join(lines)


def as_json(scores: Sequence[Score]) -> str:
    """Return everything as one JSON object: totals by rule, sums of the bound, and each migration."""
    found = {
        "rules": {name: asdict(one) for name, one in totals(scores).items()},
        "bounds": asdict(sum((score.bounds for score in scores), Bounds())),
        "migrations": [asdict(score) for score in scores],
    }
    return json.dumps(found, indent=1) + "\n"
