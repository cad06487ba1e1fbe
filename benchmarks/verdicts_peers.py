"""What people do today: fixed times, multiples of the TTL, hours of silence, and an exponential fitted to daily counts.

They are given more than they have: the true moment of the change, and only requests of kinds that count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HOUR_S, DAY_S = 3600.0, 86400.0
FIXED_H = (48, 168, 336)
TTLS = (1, 2, 3)
SILENCE_H = (1, 6, 12, 24, 48, 72, 168)
LEAST_DAYS = 2  # of counts for a fit


@dataclass(frozen=True)
class Seen:
    """What the old log shows after the change, and what is to be kept.

    Attributes
    ----------
    arrivals_s
        Requests that count, ascending [s since the change]; those in a gap are missing.
    lines_s
        Requests of all kinds: whoever does not tell kinds apart sees these.
    """

    arrivals_s: np.ndarray
    lines_s: np.ndarray
    ttl_s: float
    horizon_s: float
    budget: float


def peers(seen: Seen, at_s: np.ndarray) -> dict[str, np.ndarray]:
    """Return by rule which moments it calls safe; bool arrays that go with `at_s`."""
    said = {f"{hours} h" if hours < 100 else f"{hours // 24} d": at_s >= hours * HOUR_S for hours in FIXED_H}
    said |= {f"{times} x TTL": at_s >= times * seen.ttl_s for times in TTLS}
    said |= {f"{hours} h of silence": silent(seen.arrivals_s, at_s, hours * HOUR_S) for hours in SILENCE_H}
    said["72 h without a line"] = silent(seen.lines_s, at_s, 72 * HOUR_S)
    said["exponential fit"] = np.array([fitted(seen, at) <= seen.budget for at in at_s.tolist()])
    return said


def silent(times_s: np.ndarray, at_s: np.ndarray, length_s: float) -> np.ndarray:
    """Return where nothing came for so long, and so long has passed since the change."""
    before = np.searchsorted(times_s, at_s, side="right")
    last_s = np.concatenate([[0.0], times_s])[before]
    return at_s - last_s >= length_s


def fitted(seen: Seen, at_s: float) -> float:
    """Return the requests of the horizon by a straight line through the logarithms of the daily counts.

    Days without requests count as half a one; infinite before the second day.
    """
    days = int(at_s // DAY_S)
    if days < LEAST_DAYS:
        return float("inf")
    edges = at_s - DAY_S * np.arange(days, -1, -1)
    counts = np.maximum(np.histogram(seen.arrivals_s, edges)[0], 0.5)
    slope, level = np.polyfit(np.arange(-days + 0.5, 0.5), np.log(counts), 1)
    ahead = seen.horizon_s / DAY_S
    return float(np.exp(np.clip(level + slope * np.arange(0.5, ahead), -700, 700)).sum())
