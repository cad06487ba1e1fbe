"""Crowds of faces that are over: a holiday's end, a campaign, a resolver of many that was mended.

What comes after a crowd goes by a law of its own. Its time is counted from when the crowd came, for of its rest fewer
come, the longer ago that was; those who came after it tell whether it is so.
"""

from __future__ import annotations

from dataclasses import replace
from math import lgamma
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.stretch import Stretch

CROWD = 0.3  # [1] prior chance that there was a crowd
CROWD_ENDS = (0.25, 0.375, 0.5, 0.625, 0.75)  # [1] of the time since the change: when a crowd may have been over
AFTER, BEFORE = 0.2, 3.0  # [1] of the beta distribution of the share of faces that come after it: few, by its name
MOST_LOG = 500.0  # [1] of odds that are a number
BEFORE_ITS_END = 0.95  # [1] of the time until it was over a crowd came, at most: no rate is without bound
SEEN_ONCE = 1.0  # [clients] a crowd has been
ANY_LONGER = 1.05  # [1] a stretch that begins earlier than that


def late(whole: Stretch, end: float) -> Stretch:
    """Return the faces of the last part of the time since the change, after a crowd."""
    start_s = whole.end_s * end
    mine = whole.ages_s > start_s
    weight = whole.weight[~mine]
    crowd_s = float(np.average(whole.ages_s[~mine], weights=weight)) if weight.any() else 0.0
    return replace(
        whole, ages_s=whole.ages_s[mine], weight=whole.weight[mine], start_s=start_s, prior=whole.prior * (1.0 - end),
        origin_s=min(crowd_s, start_s * BEFORE_ITS_END),
    )  # fmt: skip


def crowd_is_over(whole: Stretch) -> NDArray[np.float64]:
    """Return the chance that a crowd was over at each of `CROWD_ENDS` [1].

    Against one law for all faces stand two: of those of a crowd, and of those after it, whose share is not known, but
    small.
    """
    ends_s = whole.end_s * np.array(CROWD_ENDS)
    told = ends_s > whole.start_s * ANY_LONGER
    if whole.constant or not told.any() or not whole.total:
        return np.zeros(len(ends_s))
    log = np.full(len(ends_s), -np.inf)
    log[told] = [_log_crowd(whole, CROWD_ENDS[which]) for which in np.flatnonzero(told)]
    prior = np.log(CROWD / (1 - CROWD) / told.sum())
    odds = np.exp(np.minimum(prior + log - whole.log_evidence(), MOST_LOG))
    return np.asarray(odds / (1.0 + odds.sum()), np.float64)


def _log_crowd(whole: Stretch, end: float) -> float:
    """Return the logarithm of the likelihood of the faces' ages if a crowd was over at this part of the time."""
    after = late(whole, end)
    mine = whole.ages_s <= after.start_s
    crowd = replace(whole, ages_s=whole.ages_s[mine], weight=whole.weight[mine], end_s=after.start_s)
    share = lgamma(after.total + AFTER) + lgamma(crowd.total + BEFORE) - lgamma(whole.total + AFTER + BEFORE)
    share += lgamma(AFTER + BEFORE) - lgamma(AFTER) - lgamma(BEFORE)
    return share + crowd.log_evidence_of_crowd() + after.log_evidence()


def laws(
    rng: np.random.Generator, whole: Stretch, draws: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return draws of k, of the factor that makes s**(k - 1) the rate of faces [clients/s], and of s now [s].

    By the whole stretch, or by its last part alone: where those before it came as a crowd that is over.
    """
    k, level = whole.draw(rng, draws)
    now_s, high = np.full(draws, whole.now_s), np.cumsum(crowd_is_over(whole))
    which = rng.random(draws) if high[-1] else np.ones(draws)
    for end, low, top in zip(CROWD_ENDS, np.append(0.0, high[:-1]), high, strict=True):
        mine = (which >= low) & (which < top)
        if mine.any():
            after = late(whole, end)
            k[mine], level[mine] = after.draw(rng, int(mine.sum()))
            now_s[mine] = after.now_s
    return k, level, now_s


def lasting(whole: Stretch, ages_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rate of faces now over what it was at some ages, shape (n,) [1]: at most 1.

    What led a face is old still with that chance, for each of all such has its share of the rate.
    """
    over = crowd_is_over(whole)
    found = np.minimum(whole.lasting(ages_s), 1.0) * (1.0 - float(over.sum()))
    for end, chance in zip(CROWD_ENDS, over, strict=True):
        if chance > 0:
            after = late(whole, end)
            crowd = max(whole.total - after.total, SEEN_ONCE) / (after.start_s - whole.start_s)
            left = np.where(ages_s <= after.start_s, after.rate_now() / crowd, after.lasting(ages_s))
            found += np.minimum(left, 1.0) * chance
    return np.asarray(found, np.float64)
