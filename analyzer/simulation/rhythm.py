"""Moments as dense as a site's rhythm demands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.parts import weighted
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    from analyzer.simulation.parts import Floats
    from analyzer.simulation.world import World


def moments(world: World, count: int, from_s: float, until_s: float, draw: np.random.Generator) -> Floats:
    """Return `count` ascending moments in a period, as dense as the rhythm demands [s since the change]."""
    edges = np.arange(from_s, until_s, HOUR_S)
    hour = (world.local_s(edges) % DAY_S // HOUR_S).astype(np.int64)
    hours, weekdays = np.array(world.profile.hours, dtype=np.float64), np.array(world.profile.weekdays)
    weight = hours[hour] * weekdays[world.weekdays(edges).astype(np.int64)]
    at_s = edges[weighted(draw, weight, count)] + draw.random(count) * HOUR_S
    return np.sort(np.minimum(at_s, until_s))


def favourite_hours_s(world: World, count: int, draw: np.random.Generator) -> Floats:
    """Return the time of day at which each of `count` people likes to come [s since local midnight]."""
    hours = np.array(world.profile.hours, dtype=np.float64)
    return weighted(draw, hours, count) * float(HOUR_S) + draw.random(count) * HOUR_S
