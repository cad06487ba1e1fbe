"""When the log spoke: the minutes with any request, and the ten-minute stretches with those who have not moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyzer.drain.cells import some_at_a_time
from analyzer.units import MINUTE_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.logs.activity import Activity

STRETCH_S = 10 * MINUTE_S  # [s] a stretch with any request is one event
STRETCH_US = int(STRETCH_S * 1_000_000)  # [µs]


def request_minutes(activity: Activity) -> NDArray[np.float64]:
    """Return the minutes [s since the epoch] with any request, ascending."""
    known = activity.sums("minutes").columns
    minutes = known["start"][known["requests"] > 0].astype(np.float64)  # in order: those of one minute are neighbours
    return minutes[np.flatnonzero(np.diff(minutes, prepend=-MINUTE_S))]


def stretches(activity: Activity, gone: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    """Return the ten-minute stretches [s since the epoch] with requests of clients that have not moved, ascending.

    A half hour's first and last request are known; with three or more, something came between as well.
    """
    if gone is None:
        return np.unique(request_minutes(activity) // STRETCH_S) * STRETCH_S
    found = [np.zeros(0, np.int64)]
    for some in some_at_a_time(activity, ~gone, foreign=True):
        first, last = some.first // STRETCH_US, some.last // STRETCH_US
        many = some.requests >= 3  # noqa: PLR2004 -- one between two
        found.append(pd.unique(np.concatenate([first, last, ((first + last) // 2)[many]])))  # most are the same
    return np.asarray(np.unique(np.concatenate(found)) * float(STRETCH_S), np.float64)
