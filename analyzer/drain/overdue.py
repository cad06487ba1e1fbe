"""How likely a client is silent for so long by its own rhythm: like a clock, in bursts, as ever before.

References
----------
Tijms: Stochastic Models (1994), appendix B, for a hyperexponential distribution with balanced means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.clients import PERSON

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients

TAIL = 2.0  # [1] exponent of the chance of a silence longer than any before: heavier than that has no variance
PERSONS_INTERVALS = 20.0  # [intervals] of a person, before its longest absence tells more than everybody's rhythm
SLACK = 0.3  # [1] of a regular client's interval that it may be late


def regular_silence(
    some: Clients, repeats: NDArray[np.float64], at_s: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the chance that a client which kept time like a clock misses all its turns since the last visit.

    After k turns kept and none missed, the chance of missing one is 1 / (k + 2) (Laplace's rule).
    """
    interval = np.where(np.isfinite(some.interval_s) & (some.interval_s > 0), some.interval_s, np.inf)
    missed = np.floor(np.maximum((at_s - some.last_s) / interval - SLACK, 0.0))
    return np.asarray((1.0 / (repeats + 2.0)) ** missed, np.float64)


def burst_silence(some: Clients, bursts: NDArray[np.float64], at_s: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the least chance that a program is silent for so long which comes in bursts; 0 for others.

    Its intervals are short ones and long ones, exponential each, as mean m and squared spread c tell (of equal shares
    of time): S(d) = p exp(-2 p d / m) + (1 - p) exp(-2 (1 - p) d / m) with p = (1 + ((c - 1) / (c + 1))^(1/2)) / 2.
    """
    often = (1.0 + np.sqrt((bursts - 1.0) / (bursts + 1.0))) / 2.0
    steps = np.maximum(at_s - some.last_s, 0.0) / np.where(bursts > 1.0, np.maximum(some.interval_s, 1.0), np.inf)
    chance = often * np.exp(-2.0 * often * steps) + (1.0 - often) * np.exp(-2.0 * (1.0 - often) * steps)
    return np.asarray(np.where(bursts > 1.0, chance, 0.0), np.float64)


def record_silence(some: Clients, at_s: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the least chance that a client is silent for so long, however its visits are spread; 0 without intervals.

    Of n + 1 exchangeable intervals the last is the longest with the chance 1 / (n + 1): a program that comes in bursts,
    or in office hours only, has been silent for long before, and so has a person of many visits who was away. Beyond
    the longest one the chance falls like a power.
    """
    silent_s = np.maximum(at_s - some.last_s, 1.0)
    known = some.intervals >= np.where(some.kind == PERSON, PERSONS_INTERVALS, 1.0)
    beyond = np.minimum(np.where(known, some.longest_s, 0.0) / silent_s, 1.0)
    return np.asarray(beyond**TAIL / (some.intervals + 1.0), np.float64)
