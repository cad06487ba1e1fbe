"""What the authoritative servers publish, and when."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from analyzer.simulation.parts import IPV6
from analyzer.units import HOUR_S, MINUTE_S


@dataclass(frozen=True, slots=True)
class Zone:
    """What the authoritative servers publish: old until the first turn, then new, then old again, and so on."""

    ttl_s: int = HOUR_S  # of the record before the change
    new_ttl_s: int = 5 * MINUTE_S
    turns_s: tuple[float, ...] = (0.0,)  # of the A record; [s since the change]
    turns6_s: tuple[float, ...] = (0.0,)  # of the AAAA record
    again_s: float | None = None  # from then on the new record is another address of the new server's
    lags_s: tuple[float, ...] = (0.0, 45.0)  # how long after the turn each authoritative server has it

    def is_old(self, at_s: float, family: int, lag_s: float = 0.0) -> bool:
        """Return whether a server that lags by `lag_s` answers with the old address at a moment.

        >>> Zone(turns_s=(0.0, 60.0)).is_old(61.0, 4)
        True
        """
        return bisect_right(self.turns6_s if family == IPV6 else self.turns_s, at_s - lag_s) % 2 == 0

    @property
    def last_turn_s(self) -> float:
        """The moment after which nothing changes any more on any authoritative server [s since the change]."""
        return max(self.turns_s + self.turns6_s) + max(self.lags_s)
