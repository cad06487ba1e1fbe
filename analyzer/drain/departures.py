"""When clients left the old address, as their visits show it, where a law of one shape has no room for it.

Two hundred people that a resolver, an office or a release kept leave in one hour. Each of them left between the last
visit to the old server and the first to the new; from all of them together comes, step by step, which share of those
who were there at the beginning of a step left in it. A law says what is believed before anybody was seen to move.

References
----------
Turnbull: The empirical distribution function with arbitrarily grouped data, JRSS B 38 (1976), for the steps.
Hjort: Nonparametric Bayes estimators based on beta processes in models for life history data, Annals of Statistics 18
(1990), for the prior: a law that counts as so many clients at each step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

STEPS = 48  # from the DNS bound until now, each longer than the one before by the same factor
BELIEVED = 4.0  # [clients] at each step that the law counts for where moves are seen,
BELIEVED_UNSEEN = 12.0  # and where a silence stands for a move: that of a few is one holiday
ROUNDS = 40  # of expectation maximisation
ENOUGH_CLIENTS = 600  # [clients] that the steps are learned from, at most twice as many
LEAST = 1e-12  # [1] nothing is divided by less


@dataclass(frozen=True, slots=True)
class Departures:
    """The share of those there at the first age who still are at each of some ages.

    Attributes
    ----------
    ages_s
        float64, shape (n,) [s after the change], ascending.
    share
        float64, shape (n,) [1]: 1 at first.
    """

    ages_s: NDArray[np.float64]
    share: NDArray[np.float64]

    def at(self, age_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share at some ages; within a step clients leave evenly."""
        return np.asarray(np.interp(age_s, self.ages_s, self.share), np.float64)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of when some clients left, one row a client.

    Attributes
    ----------
    first_s, last_s, moved_s
        float64 [s after the change]: first and last seen at the old address in the time looked at; first seen at the
        new one after that, infinite if never.
    silence
        float64 [1]: chance of its silence from the last visit until now, if it still came; 1 where who has moved is
        silent as well.
    weight
        float64 [clients]: as how many each counts.
    """

    first_s: NDArray[np.float64]
    last_s: NDArray[np.float64]
    moved_s: NDArray[np.float64]
    silence: NDArray[np.float64]
    weight: NDArray[np.float64]


def departures(
    seen: Seen,
    law: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    from_s: float,
    to_s: float,
    believed: float = BELIEVED,
) -> Departures:
    """Return when clients left from an age on until now, given the share that a law has there at each age.

    Parameters
    ----------
    believed
        [clients] At each step that the law counts for.
    """
    edges = np.geomspace(from_s, to_s, STEPS + 1)
    expected = law(edges)
    prior = 1.0 - expected[1:] / np.maximum(expected[:-1], LEAST)
    quiet, still = _chances(seen, edges)
    entered = _within(edges, seen.first_s, np.full(len(seen.first_s), np.inf))
    left = prior
    for _ in range(ROUNDS):
        share = np.append(1.0, np.cumprod(1.0 - left))
        mass = quiet * (share[:-1] - share[1:])
        there = still * share[-1]
        whole = np.maximum(mass.sum(axis=1) + there, LEAST)
        mass /= whole[:, None]
        later = np.cumsum(mass[:, ::-1], axis=1)[:, ::-1] + (there / whole)[:, None]  # it left in this step, or later
        gone = seen.weight @ (mass * entered)
        risk = seen.weight @ (later * entered)
        left = (believed * prior + gone) / (believed + risk)
    return Departures(edges, np.append(1.0, np.cumprod(1.0 - left)))


def _chances(seen: Seen, edges: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the chance of what each client showed if it left in each step, shape (n, steps), and if it is there still.

    Until it left it was as silent as it is: of a part of the silence the chance is that power of the whole.
    """
    middle = np.sqrt(edges[1:] * edges[:-1])
    rest_s = np.maximum(edges[-1] - seen.last_s, 1.0)
    part = np.clip((middle - seen.last_s[:, None]) / rest_s[:, None], 0.0, 1.0)
    quiet = np.maximum(seen.silence, LEAST)[:, None] ** part * _within(edges, seen.last_s, seen.moved_s)
    return quiet, np.where(np.isinf(seen.moved_s), seen.silence, 0.0)


def _within(edges: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return which part of each step lies between two ages, shape (n, steps) [1]."""
    begin = np.maximum(edges[:-1], low[:, None])
    end = np.minimum(edges[1:], high[:, None])
    return np.asarray(np.maximum(end - begin, 0.0) / (edges[1:] - edges[:-1]), np.float64)
