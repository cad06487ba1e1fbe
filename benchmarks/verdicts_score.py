"""What is made of the runs: figures of each migration, and of all together. Everything here is pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verdicts_run import Run

HOUR_S = 3600.0
OURS = "cutover"
LEAST_H = 72.0  # of harmless time that the log shows


@dataclass(frozen=True)
class Rule:
    """How one rule did in one migration; hours are after the moments named, None where there are none.

    Attributes
    ----------
    false_safe
        It said safe at a moment from which more than the budget is lost.
    drains
        A removal was harmless at some moment, and the log shows so for three days: there was time to see it.
    late_h
        From the first moment at which a removal was within the budget to the first at which it was called safe rightly.
    late_last_h
        The same from the last moment before which it was not; negative where it was said rightly before.
    """

    false_safe: bool
    drains: bool
    never: bool
    late_h: float | None
    late_last_h: float | None


@dataclass(frozen=True)
class Bounds:
    """How the bound and the forecast did, as sums over moments: they add over migrations."""

    moments: int = 0
    bounded: int = 0  # moments with an upper bound
    held: int = 0  # … that the truth keeps
    tight: int = 0  # … not above 3 x lost + budget
    waits: int = 0
    promised: int = 0  # waits with a safe_at.upper
    kept: int = 0  # … whose removal then is within the budget
    medians: int = 0  # waits with a safe_at.median, in migrations that drain
    early: int = 0  # … that lie at or after the moment from which all is safe
    gap_moments: int = 0
    gap_safe: int = 0
    said_stuck: int = 0  # (client, moment) pairs
    said_rightly: int = 0
    end_true: int = 0  # clients that never move, at the log's end, where more than the budget is lost
    end_named: int = 0

    def __add__(self, other: Bounds) -> Bounds:
        """Return the sums."""
        mine, others = asdict(self), asdict(other)
        return Bounds(**{key: mine[key] + others[key] for key in mine})


@dataclass(frozen=True)
class Score:
    """One migration's figures."""

    family: str
    seed: int
    rules: dict[str, Rule]
    bounds: Bounds
    ratio: float | None  # median of upper / (3 lost + budget) over the moments with a bound


def score(run: Run) -> Score:
    """Return one migration's figures."""
    said = {OURS: np.array([word == "safe" for word in run.words]), **run.peers}
    bounded = ~np.isnan(run.upper)
    ratio = run.upper[bounded] / (3 * run.lost[bounded] + max(run.budget, 1.0))
    return Score(
        run.family,
        run.seed,
        {name: rule(run, safe) for name, safe in said.items()},
        bounds(run),
        float(np.median(ratio)) if len(ratio) else None,
    )


def rule(run: Run, safe: np.ndarray) -> Rule:
    """Return how a rule that calls these moments safe did."""
    true = run.lost <= run.budget
    shown_s = run.at_s[true & ~run.in_gap]
    drains = bool(len(shown_s)) and shown_s[-1] - shown_s[0] >= LEAST_H * HOUR_S
    rightly = np.flatnonzero(safe & true)
    said_s = float(run.at_s[rightly[0]]) if len(rightly) else None
    first_s = float(run.at_s[np.flatnonzero(true)[0]]) if drains else None
    late = None if said_s is None or first_s is None else (said_s - first_s) / HOUR_S
    last = None if said_s is None or run.safe_from_s is None else (said_s - run.safe_from_s) / HOUR_S
    return Rule(bool((safe & ~true).any()), bool(drains), bool(drains) and said_s is None, late, last)


def bounds(run: Run) -> Bounds:
    """Return the sums over the moments of one migration."""
    bounded = ~np.isnan(run.upper)
    upper, lost = run.upper[bounded], run.lost[bounded]
    waits = np.array([word == "wait" for word in run.words])
    medians = ~np.isnan(run.median_s) & (run.safe_from_s is not None)
    ends_s = run.safe_from_s if run.safe_from_s is not None else np.inf
    matters = bool(len(run.lost)) and run.lost[-1] > run.budget
    return Bounds(
        moments=len(run.words),
        bounded=int(bounded.sum()),
        held=int((lost <= upper).sum()),
        tight=int((upper <= 3 * lost + run.budget).sum()),
        waits=int(waits.sum()),
        promised=int((~np.isnan(run.right)).sum()),
        kept=int(np.nansum(run.right)),
        medians=int(medians.sum()),
        early=int((run.median_s[medians] >= ends_s).sum()),
        gap_moments=int(run.in_gap.sum()),
        gap_safe=int(sum(word == "safe" for word, gap in zip(run.words, run.in_gap, strict=True) if gap)),
        said_stuck=sum(len(one.said) for one in run.named),
        said_rightly=sum(len(one.said & one.true) for one in run.named),
        end_true=len(run.named[-1].true) if matters else 0,
        end_named=len(run.named[-1].said & run.named[-1].true) if matters else 0,
    )


@dataclass(frozen=True)
class Total:
    """How one rule did over many migrations; shares in 0..1, hours of those migrations that drain."""

    migrations: int
    false_safe: int
    drain: int
    never: int
    late_median_h: float | None
    late_90_h: float | None
    late_last_median_h: float | None
    late_last_90_h: float | None


def total(rules: Sequence[Rule]) -> Total:
    """Return one rule's figures over many migrations; one that never said it is late for ever (90 % may be None)."""
    drain = [one for one in rules if one.drains]
    late = [np.inf if one.late_h is None else one.late_h for one in drain]
    last = [np.inf if one.late_last_h is None else max(one.late_last_h, 0.0) for one in drain]
    return Total(
        len(rules),
        sum(one.false_safe for one in rules),
        len(drain),
        sum(one.never for one in drain),
        *(_quantile(hours, share) for hours in (late, last) for share in (0.5, 0.9)),
    )


def _quantile(values: list[float], share: float) -> float | None:
    """Return the smallest value that so large a share does not exceed; None for none, or if that is infinite."""
    if not values:
        return None
    found = float(np.quantile(values, share, method="inverted_cdf"))
    return found if np.isfinite(found) else None


def totals(scores: Sequence[Score]) -> dict[str, Total]:
    """Return the figures of each rule over all migrations."""
    names = list(scores[0].rules) if scores else []
    return {name: total([one.rules[name] for one in scores]) for name in names}
