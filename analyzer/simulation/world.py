"""The stage of a simulated migration: when, which names and servers, and who resolves them.

Times inside the simulation are seconds since the DNS change, negative before it.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.profile import SHOP, Profile
from analyzer.simulation.zone import Zone
from analyzer.units import DAY_S, HOUR_S, MINUTE_S

if TYPE_CHECKING:
    from analyzer.simulation.caches import Resolver
    from analyzer.simulation.parts import Floats

LONGEST_HOLD_S = 3 * DAY_S  # [s] no client rests longer on a look-up, but for those that pin or know no name
WARM_S = 2 * DAY_S  # [s] simulated before the logs start, so that caches and connections are in their stride
UNIX_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; Monday is 0


@dataclass(frozen=True, slots=True)
class World:
    """One migration before its clients are drawn: times, servers, zone and resolvers."""

    seed: int = 0
    changed_at: datetime = datetime(2026, 3, 2, 22, tzinfo=UTC)
    zone: Zone = field(default_factory=Zone)
    resolvers: tuple[Resolver, ...] = ()
    name: str = "shop.example.com"
    old: tuple[str, str] = ("192.0.2.4", "2001:db8:4::4")
    new: tuple[str, str] = ("198.51.100.5", "2001:db8:5::5")
    third: tuple[str, str] = (
        "198.51.100.77",
        "2001:db8:77::77",
    )  # where the new server's record points after `again_s`
    before_s: int = 7 * DAY_S  # the logs start so long before the change
    after_s: int = 10 * DAY_S  # and end so long after it
    future_s: int = 60 * DAY_S  # the future that the truth knows beyond the logs
    utc_offset_s: int = -3 * HOUR_S  # of the people and of the old server's clock; as in places without summer time
    proxy_from_s: float = -15.0 * MINUTE_S  # the old server forwards to the new one from then on
    gaps_s: tuple[tuple[float, float], ...] = ()  # the old log misses these periods
    profile: Profile = SHOP  # the rhythm of the people
    rotate_days: int = 1  # the logs are rotated at local midnight, every so many days
    torn_share: float = 0.0  # beginnings of lines in the old log, as a crash or a full disk cuts them; per line

    @property
    def warm_from_s(self) -> float:
        """The moment at which clients start, before the logs do [s since the change]."""
        return float(-self.before_s - WARM_S)

    @property
    def known_until_s(self) -> float:
        """The end of the future that is simulated [s since the change]."""
        return float(self.after_s + self.future_s)

    @property
    def settled_s(self) -> float:
        """The moment from which whoever looks up now and then has the final record, and the logs have ended."""
        slowest_s = max((r.granted_s(self.zone.ttl_s) + r.stale_s for r in self.resolvers), default=0.0)
        return max(float(self.after_s), self.zone.last_turn_s + slowest_s + LONGEST_HOLD_S)

    def day_s(self, days: int) -> tuple[float, float]:
        """Return begin and end of the whole local day that comes so many days after the change's own."""
        midnight_s = float(self.midnights_s(0.0, 1.0)[0])
        return midnight_s + days * DAY_S, midnight_s + (days + 1) * DAY_S

    def rng(self, label: str) -> np.random.Generator:
        """Return the random stream of one mechanism: its draws do not depend on who else is in the scenario."""
        return np.random.default_rng([self.seed, zlib.crc32(label.encode())])

    def moment(self, at_s: float) -> datetime:
        """Return the UTC moment of a simulated time."""
        return self.changed_at + timedelta(seconds=at_s)

    def local_s(self, at_s: Floats) -> Floats:
        """Return local clock seconds since 1970 of simulated times."""
        return at_s + (self.changed_at.timestamp() + self.utc_offset_s)

    def midnights_s(self, from_s: float, until_s: float) -> Floats:
        """Return the local midnights from the one at or before `from_s` up to `until_s` [s since the change]."""
        shift_s = self.changed_at.timestamp() + self.utc_offset_s
        days = np.arange((from_s + shift_s) // DAY_S, np.ceil((until_s + shift_s) / DAY_S))
        return np.asarray(days * DAY_S - shift_s, dtype=np.float64)

    def weekdays(self, at_s: Floats) -> Floats:
        """Return the local weekday of simulated times, Monday 0."""
        return (self.local_s(at_s) // DAY_S + UNIX_EPOCH_WEEKDAY) % 7
