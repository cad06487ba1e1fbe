"""When people come: the rhythm of local hours and weekdays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.parts import weighted
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    from analyzer.simulation.parts import Floats
    from analyzer.simulation.world import World

# Relative demand of a shop: by local hour of the day, and by weekday from Monday.
HOURS = np.array(
    [3, 2, 1, 1, 1, 2, 5, 10, 16, 20, 23, 24, 24, 22, 21, 21, 22, 24, 27, 32, 36, 33, 21, 9],
    dtype=np.float64,
)
WEEKDAYS = np.array([1.05, 1.0, 0.97, 0.98, 0.9, 0.85, 1.25])


def moments(world: World, count: int, from_s: float, until_s: float, draw: np.random.Generator) -> Floats:
    """Return `count` ascending moments in a period, as dense as the rhythm demands [s since the change]."""
    edges = np.arange(from_s, until_s, HOUR_S)
    hour = (world.local_s(edges) % DAY_S // HOUR_S).astype(np.int64)
    weight = HOURS[hour] * WEEKDAYS[world.weekdays(edges).astype(np.int64)]
    at_s = edges[weighted(draw, weight, count)] + draw.random(count) * HOUR_S
    return np.sort(np.minimum(at_s, until_s))


def favourite_hours_s(count: int, draw: np.random.Generator) -> Floats:
    """Return the time of day at which each of `count` people likes to come [s since local midnight]."""
    return weighted(draw, HOURS, count) * float(HOUR_S) + draw.random(count) * HOUR_S
