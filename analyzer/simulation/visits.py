"""How often people come back, every day, every week, or once; and when, by the rhythm of the site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.parts import weighted
from analyzer.units import DAY_S, HOUR_S, WEEK_S

if TYPE_CHECKING:
    from analyzer.simulation.parts import Floats, Ints
    from analyzer.simulation.world import World

DAILY_SHARE = 0.7  # of days on which somebody who comes daily does
WEEKLY_SHARE = 0.85  # of weeks
DAILY_SPREAD_S, WEEKLY_SPREAD_S = 1.2 * HOUR_S, 5.0 * HOUR_S  # standard deviation of the time of day


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits in columns: who and when."""

    person: Ints
    at_s: Floats  # [s since the change]


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


def daily(world: World, count: int, draw: np.random.Generator) -> Visits:
    """Return the visits of people who come on most days, each near a time of day of their own."""
    midnights_s = world.midnights_s(world.warm_from_s, world.settled_s)
    weekdays = np.array(world.profile.weekdays)
    likely = DAILY_SHARE * np.minimum(weekdays[world.weekdays(midnights_s).astype(np.int64)], 1.0)
    come = draw.random((count, len(midnights_s))) < likely
    person, day = np.nonzero(come)
    around_s = favourite_hours_s(world, count, draw)[person]
    return Visits(person, midnights_s[day] + around_s + draw.normal(0.0, DAILY_SPREAD_S, len(person)))


def weekly(world: World, count: int, draw: np.random.Generator) -> Visits:
    """Return the visits of people who come in most weeks, each near a weekday and time of their own."""
    weeks_s = np.arange(world.warm_from_s, world.settled_s, WEEK_S)
    usual_s = moments(world, count, world.warm_from_s, world.warm_from_s + WEEK_S, draw) - world.warm_from_s
    person, week = np.nonzero(draw.random((count, len(weeks_s))) < WEEKLY_SHARE)
    return Visits(person, weeks_s[week] + usual_s[person] + draw.normal(0.0, WEEKLY_SPREAD_S, len(person)))


def once(world: World, per_day: float, draw: np.random.Generator) -> Visits:
    """Return the visits of people who come one single time: newcomers until the end."""
    count = int(draw.poisson(per_day * (world.settled_s - world.warm_from_s) / DAY_S))
    return Visits(np.arange(count), moments(world, count, world.warm_from_s, world.settled_s, draw))


def together(groups: tuple[Visits, ...], counts: tuple[int, ...]) -> Visits:
    """Return the visits of several groups of people, numbered one after the other."""
    before = np.cumsum((0, *counts))
    person = np.concatenate([g.person + shift for g, shift in zip(groups, before, strict=False)])
    return Visits(person, np.concatenate([g.at_s for g in groups]))


def attended(world: World, drawn: Visits, draw: np.random.Generator) -> Visits:
    """Return the visits that take place: fewer in holidays, and where the site was smaller."""
    if world.profile.even:
        return drawn
    come = draw.random(len(drawn.at_s)) < world.profile.attendance(drawn.at_s)
    return Visits(drawn.person[come], drawn.at_s[come])
