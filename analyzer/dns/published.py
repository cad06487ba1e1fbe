"""From what was seen: when the change was published, and the TTL that the old RRset had.

Times are int64 microseconds of Unix time in here, TTLs seconds. A frame of evidence has one row a question that was
answered with an address: resolver, name, type, authoritative, oldish, at_us, remaining_s, constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

SECOND_US = 1_000_000
# [us] TTLs are whole seconds, and a resolver and its forwarder may each round once.
ROUNDING_US = 2 * SECOND_US
OUTLIER_RATIO = 2.0  # a resolver that shows more than twice what all others show keeps its own time
LEAST_OTHERS = 2  # with one other, nobody can tell which of the two is odd


@dataclass(frozen=True, slots=True)
class Published:
    """When the change can have been published, and the TTL before it.

    Attributes
    ----------
    after_us, at_us
        [us] the earliest and the latest moment; None where the evidence has none.
    ttl_s
        [s] of the RRset that changed, before the change; None if it was never seen.
    outliers
        Resolvers that show longer TTLs than there are.
    """

    after_us: int | None
    at_us: int | None
    ttl_s: float | None
    outliers: frozenset[str]


def published(evidence: pd.DataFrame, ttl_s: float | None, changed_us: int | None) -> Published:
    """Return when the last of the names was changed.

    Parameters
    ----------
    evidence
        All questions answered with an address, up to the moment of judgement.
    ttl_s, changed_us
        [s] the TTL, [us] the moment of the change, where they are known for sure; else they are found.
    """
    parts = [_published(group, ttl_s, changed_us) for _, group in evidence.groupby(["name", "type"])]
    return Published(
        after_us=changed_us or max((part.after_us for part in parts if part.after_us is not None), default=None),
        at_us=changed_us or max((part.at_us for part in parts if part.at_us is not None), default=None),
        ttl_s=ttl_s if ttl_s is not None else max((p.ttl_s for p in parts if p.ttl_s is not None), default=None),
        outliers=frozenset().union(*(part.outliers for part in parts)),
    )


def _published(group: pd.DataFrame, given_ttl_s: float | None, changed_us: int | None) -> Published:
    """Return the same of one name and type."""
    old, new = group[group["oldish"]], group[~group["oldish"]]
    told = old[old["authoritative"]]
    outliers = _outliers(old, given_ttl_s)
    trusted = told if len(told) else old[~old["resolver"].isin(outliers)]
    certain = given_ttl_s is not None or len(told) > 0
    longest_s = given_ttl_s if given_ttl_s is not None else _longest_s(trusted)
    if not len(new):
        after = max(_last(told), _latest_fetch(old, longest_s, certain=certain)) if len(old) else None
        return Published(after, None, longest_s, outliers)
    after, at = _interval(old, new, longest_s or 0.0, certain=certain)
    return Published(after, at, _ttl_at(trusted, changed_us or at), outliers)


def _outliers(old: pd.DataFrame, given_ttl_s: float | None) -> frozenset[str]:
    """Return the resolvers that stretch the TTL: beyond the authoritative one, or beyond twice all others'."""
    cached = old[~old["authoritative"]].groupby("resolver")["remaining_s"].max().sort_values()
    told = old.loc[old["authoritative"], "remaining_s"]
    real_s = given_ttl_s if given_ttl_s is not None else (float(told.max()) if len(told) else None)
    if real_s is not None:
        return frozenset(cached.index[cached > real_s + ROUNDING_US / SECOND_US])
    if len(cached) > LEAST_OTHERS and cached.iloc[-1] > OUTLIER_RATIO * max(cached.iloc[-2], 1):
        return frozenset([str(cached.index[-1])])
    return frozenset()


def _longest_s(old: pd.DataFrame) -> float | None:
    """Return the longest TTL shown [s]; None if there is none."""
    longest = old["remaining_s"].max() if len(old) else -1
    return float(longest) if longest >= 0 else None


def _ttl_at(old: pd.DataFrame, changed_us: int) -> float | None:
    """Return the TTL that entries alive at the change can have had [s].

    What was fetched more than the longest TTL before the change has expired by then, so that a TTL lowered early
    enough counts as lowered.
    """
    longest = _longest_s(old)
    if longest is None:
        return None
    near = old[old["at_us"] >= changed_us - int(longest * SECOND_US)]
    return _longest_s(near) if len(near) else longest


def _interval(old: pd.DataFrame, new: pd.DataFrame, ttl_s: float, *, certain: bool) -> tuple[int | None, int]:
    """Return the earliest and the latest moment of the change [us], the later one where evidence disagrees.

    The change was published no later than any new entry was fetched, and no earlier than any old one. An authoritative
    server's answer was fetched when it was given. A cache that lies must not move the moment on its own: neither one
    that knew the new address before all others, nor one that keeps the old one for longer than its TTL.
    """
    candidates = _moments_new(new)
    hard = _last(old[old["authoritative"]])
    fetched = _fetches_old(old[~old["authoritative"]], ttl_s)
    half = int(fetched[(len(fetched) - 1) // 2]) if len(fetched) else 0
    first = _first_from(candidates, max(hard, half))
    possible = fetched[fetched <= first + int(ttl_s * SECOND_US)]
    at = _first_from(candidates, max(hard, int(possible.max(initial=0))))
    told_new = new.loc[new["authoritative"] & (new["at_us"] >= hard), "at_us"]
    if len(told_new):
        at = min(at, max(int(told_new.min()), hard))
    doubt_us = ROUNDING_US if certain else ROUNDING_US + int(ttl_s * SECOND_US)
    sure = possible[possible - doubt_us <= at] - doubt_us
    after = max(hard, int(sure.max(initial=0)))
    return (min(after, at) if after > 0 else None), at


def _first_from(candidates: np.ndarray, start_us: int) -> int:
    """Return the first candidate not before the start, or the start where all are."""
    later = candidates[candidates >= start_us]
    return int(later.min()) if len(later) else start_us


def _last(rows: pd.DataFrame) -> int:
    """Return the time of the last row [us]; 0 if there is none."""
    return int(rows["at_us"].max()) if len(rows) else 0


def _latest_fetch(old: pd.DataFrame, ttl_s: float | None, *, certain: bool) -> int:
    """Return when the youngest old entry was fetched [us], while nothing new has been seen."""
    span = ttl_s or 0.0
    fetched = _fetches_old(old[~old["authoritative"]], span)
    doubt_us = ROUNDING_US if certain else ROUNDING_US + int(span * SECOND_US)
    return max(int(fetched.max(initial=0)) - doubt_us, 0)


def _moments_new(new: pd.DataFrame) -> np.ndarray:
    """Return the moments by which the new address was published [us]: each sight of it, and each first fetch of it."""
    moments = list(new["at_us"])
    for _, seen in new[~new["authoritative"]].groupby("resolver"):
        at, remaining = seen["at_us"].to_numpy(), seen["remaining_s"].to_numpy()
        later = np.flatnonzero(at > at[0] + remaining[0] * SECOND_US)
        # The next entry shows how long one lives there: clamped or not, that is this cache's own TTL.
        full = max(remaining[0], remaining[later[0]]) if len(later) else remaining[0]
        age_us = max(int(full - remaining[0]) * SECOND_US - ROUNDING_US, 0)
        moments.append(int(at[0]) - age_us)
    return np.array(sorted(moments), dtype=np.int64)


def _fetches_old(old: pd.DataFrame, ttl_s: float) -> np.ndarray:
    """Return when each resolver fetched its youngest old entry, as its TTLs tell [us], in ascending order."""
    moments = []
    for _, seen in old.groupby("resolver"):
        own_us = int(max(ttl_s, float(seen["remaining_s"].max())) * SECOND_US)
        shown_us = np.where(seen["constant"], 0, seen["remaining_s"].clip(lower=0)) * SECOND_US
        moments.append(int((seen["at_us"] + shown_us).max()) - own_us)
    return np.array(sorted(moments), dtype=np.int64)
