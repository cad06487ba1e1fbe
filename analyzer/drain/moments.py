"""The verdict at many moments: each by itself, and since when it has been safe."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzer.drain.advise import advise
from analyzer.drain.verdict import SafeAt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from analyzer.drain.advise import Judgement
    from analyzer.drain.evidence import Gathered
    from analyzer.drain.verdict import Verdict


def backtest(gathered: Gathered, moments: Sequence[datetime]) -> Iterator[Judgement]:
    """Yield the judgement at each moment, in time order; under safe, `safe_at` is since when it has been so."""
    since: datetime | None = None
    for moment in sorted(moments):
        judged = advise(gathered.at(moment))
        since = still_safe(judged.verdict, since)
        yield judged if since is None else since_when(judged, since)


def still_safe(verdict: Verdict, since: datetime | None) -> datetime | None:
    """Return since when it has been safe, given since when it was so at the moment before; None where it is not."""
    return (since or verdict.at) if verdict.verdict == "safe" else None


def since_when(judged: Judgement, since: datetime) -> Judgement:
    """Return a judgement that says since when it has been safe."""
    return replace(judged, verdict=safe_from(judged.verdict, since))


def safe_from(verdict: Verdict, since: datetime) -> Verdict:
    """Return a verdict that says since when it has been safe."""
    return replace(verdict, safe_at=SafeAt(since, since))


def safe_since(gathered: Gathered, earlier: Sequence[datetime]) -> datetime:
    """Return the earliest of the moments since which the verdict has been safe, by steps that double, then halve.

    Parameters
    ----------
    earlier
        Moments from the present one back; the first is known to be safe.
    """

    def safe(index: int) -> bool:
        return advise(gathered.at(earlier[index])).verdict.verdict == "safe"

    low, step = 0, 1
    while low + step < len(earlier) and safe(low + step):
        low, step = low + step, 2 * step
    high = min(low + step, len(earlier))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if safe(middle) else (low, middle)
    return earlier[low]
