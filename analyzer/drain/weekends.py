"""Weekends: whom an office has, with all its hours, is silent from Friday to Monday whatever the address is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.clients import PERSON

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.drain.demand import Demand

LEAST_VISITS = 5  # [visits] that tell a person's weekends
AS_ALL = 1.0  # [visits] mixed in, of the weekends that everybody has


def rests_of(some: Clients, normal: Demand) -> NDArray[np.float64]:
    """Return how much less each person comes on weekends than people do on average [1]; below 0 for who comes more.

    Returns
    -------
    float64, shape (n,) [1]
        0 for programs, and for people of whom too few visits are known.
    """
    rests, visits = np.zeros(len(some)), some.before + some.after
    rows = np.flatnonzero((some.kind == PERSON) & (visits >= LEAST_VISITS) & (some.weekend >= 0))
    if len(rows):
        first, last = some.first_s[rows], np.fmax(some.last_after_s[rows], some.last_before_s[rows])
        share = normal.weekends.normal_days(first, last) / np.maximum(normal.normal_days(first, last), 1e-9)
        due = visits[rows] * np.minimum(share, 1.0)
        rests[rows] = 1.0 - (some.weekend[rows] + AS_ALL) / (due + AS_ALL)
    return rests


def weekends_share(normal: Demand) -> float:
    """Return the share of a normal week's demand that comes on weekends [1]."""
    return float(normal.weekends.shape.sum() / normal.shape.sum())
