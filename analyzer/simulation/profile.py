"""When demand is high and low: by local hour and weekday, in holidays, and over the weeks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.units import WEEK_S

if TYPE_CHECKING:
    from analyzer.simulation.parts import Floats

# Relative demand of a shop: by local hour of the day, and by weekday from Monday.
_SHOP_HOURS = (3, 2, 1, 1, 1, 2, 5, 10, 16, 20, 23, 24, 24, 22, 21, 21, 22, 24, 27, 32, 36, 33, 21, 9)
_SHOP_WEEKDAYS = (1.05, 1.0, 0.97, 0.98, 0.9, 0.85, 1.25)
# … and of an application that people use at work.
_WORK_HOURS = (0.2, 0.1, 0.1, 0.1, 0.1, 0.3, 2, 9, 22, 30, 31, 28, 17, 22, 29, 27, 23, 14, 6, 3, 2, 1, 0.6, 0.4)
_WORK_WEEKDAYS = (1.08, 1.1, 1.05, 1.0, 0.85, 0.06, 0.04)


@dataclass(frozen=True, slots=True)
class Holiday:
    """A time in which only a share of the usual visits takes place."""

    from_s: float  # [s since the change]
    until_s: float
    share: float


@dataclass(frozen=True, slots=True)
class Profile:
    """The rhythm of a site's people.

    Attributes
    ----------
    hours, weekdays
        Relative demand by local hour, and by weekday from Monday.
    growth
        Factor from one week to the next: 1.1 is a tenth more each week.
    """

    hours: tuple[float, ...] = _SHOP_HOURS
    weekdays: tuple[float, ...] = _SHOP_WEEKDAYS
    holidays: tuple[Holiday, ...] = ()
    growth: float = 1.0

    @property
    def even(self) -> bool:
        """True if all drawn visits take place."""
        return not self.holidays and self.growth == 1.0

    def attendance(self, at_s: Floats) -> Floats:
        """Return the share of the drawn visits that take place at moments [s since the change]; the most is 1."""
        if len(at_s) == 0:
            return np.empty(0)
        weeks = at_s / WEEK_S
        share = self.growth ** (weeks - (weeks.max() if self.growth > 1 else weeks.min()))
        for one in self.holidays:
            share = np.where((at_s >= one.from_s) & (at_s < one.until_s), share * one.share, share)
        return np.asarray(share, dtype=np.float64)


SHOP = Profile()
WORK = Profile(_WORK_HOURS, _WORK_WEEKDAYS)
EVEN = Profile((1.0,) * 24, (1.0,) * 7)  # all time zones at once
