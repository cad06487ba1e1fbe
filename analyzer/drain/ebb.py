"""Silences that a drain explains: whoever came may have left, or had no turn yet; else the log has stopped.

Each client that came before a silence either left in it, or would have come. Both have chances: by the law of leaving
and by its own rhythm. Scanners come by the address and never leave: they are a stream whose rate is that since the last
honest cache expired. What neither explains is a log that stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from analyzer.drain.clients import PERSON, PROGRAM
from analyzer.logs.agents import KINDS
from analyzer.units import DAY_S, HOUR_S, MINUTE_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.demand import Demand
    from analyzer.drain.forecast import Forecast
    from analyzer.drain.leaving import Leaving
    from analyzer.drain.witness import Voucher
    from analyzer.logs.activity import Activity

STOPS_PER_DAY = 1 / 600  # [1/day] logs that stop: one of twenty migrations of a month has one
SHAPE, SCALE_DAYS = 0.4, 4.0  # [1], [days] of the gamma prior of visits, as the middle one of `rates`
HALF_HOUR_S = 30 * MINUTE_S  # [s] of a cell
WAVE_S = 6 * HOUR_S  # [s] scanners within one are one wave
STREAM_S, STREAM_WAVES = 5 * DAY_S, 5  # [s], [waves] since the last honest cache expired, that make a stream
STREAM_ENDS_S = 60 * DAY_S  # [s] for which one goes on, where nothing is seen of its end
WAVES_SHAPE = 0.5  # [1] of the gamma prior of their rate (Jeffreys)
BEFORE, AFTER = 16, 24  # steps of the silence up to the stretch asked for, and of that itself
LEAST_SAY = 0.01  # [1] who is likelier gone than still there by this factor has no say


@dataclass(frozen=True, slots=True)
class Explained:
    """How well a drain explains a silence.

    Attributes
    ----------
    chance
        [1] That a living log is silent for so long.
    half
        [1] The same of the silence's first half: where both are alike, more silence teaches nothing.
    stopped
        [1] Chance that the log has stopped within it and hides somebody: one that stopped when all had left hides none.
    """

    chance: float
    half: float
    stopped: float


@dataclass(frozen=True, slots=True)
class Ebb:
    """What the log shows of those who have not been seen to move, for any silence in it.

    Attributes
    ----------
    row
        int64, shape (n,): the client of each cell, ascending; 0 to m - 1.
    first_s, last_s
        float64, shape (n,) [s since the epoch]: its first and last request.
    kind
        int8, shape (m,): by whose law it leaves, `PERSON` or `PROGRAM`; crawlers look up the name as people do.
    house
        int64, shape (m,): the same number, below m, for those who come from one address.
    rhythmic
        bool, shape (m,): it comes when people do.
    waves_s
        float64, ascending [s since the epoch]: when scanners came in waves, since the last honest cache expired.
    since_s
        [s since the epoch] From when on these were counted.
    """

    row: NDArray[np.int64]
    first_s: NDArray[np.float64]
    last_s: NDArray[np.float64]
    kind: NDArray[np.int8]
    house: NDArray[np.int64]
    rhythmic: NDArray[np.bool_]
    waves_s: NDArray[np.float64]
    since_s: float
    law: Leaving
    shape: Demand

    def explains(self, start_s: float, end_s: float, *, scanners_only: bool = False) -> Explained:
        """Return how well the drain explains that nobody came in a stretch [s since the epoch].

        Parameters
        ----------
        scanners_only
            Of all others it is known that none came.
        """
        ahead_s = np.append(0.0, np.geomspace(MINUTE_S, max(end_s - start_s, 2 * MINUTE_S), AFTER))
        chance = self._waves(start_s, ahead_s)
        if not scanners_only:
            chance = chance * self._clients(start_s, end_s, ahead_s)
        last, half = float(chance[-1]), float(np.interp((end_s - start_s) / 2, ahead_s, chance))
        alive = max(last, 1e-300)
        stops = float((np.diff(ahead_s) * (chance[1:] + chance[:-1]) / 2).sum()) * STOPS_PER_DAY / DAY_S
        unseen = (end_s - start_s) * STOPS_PER_DAY / DAY_S * last  # would have been as silent had it lived
        return Explained(last, half, max(stops - unseen, 0.0) / (stops + alive))

    def streams(self, start_s: float) -> bool:
        """Return whether scanners came so long and often before a silence that they would have come in it.

        Those who look the name up leave with everybody: their last wave is soon after the last honest cache expired.
        """
        long = start_s - self.since_s >= STREAM_S
        return bool(long and np.searchsorted(self.waves_s, start_s) >= STREAM_WAVES)

    def _waves(self, start_s: float, ahead_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the chance that scanners stay away for so long, given how often they came before."""
        count = int(np.searchsorted(self.waves_s, start_s))
        seen_s = max(start_s - self.since_s, 0.0)
        if not count:
            return np.ones(len(ahead_s))
        power = count + WAVES_SHAPE
        comes = np.asarray((seen_s / (seen_s + ahead_s)) ** power, np.float64)
        # While the log still spoke of others, did they come? Those who look the name up leave as everybody does.
        away_s = max(start_s - float(self.waves_s[count - 1]) - WAVE_S, 0.0)
        stays_away = (max(seen_s - away_s, WAVE_S) / max(seen_s, WAVE_S)) ** power
        ended = away_s / (away_s + STREAM_ENDS_S)
        ended = ended / (ended + (1.0 - ended) * stays_away)
        return np.asarray(ended + (1.0 - ended) * comes, np.float64)

    def _clients(self, start_s: float, end_s: float, ahead_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the chance that all others stay silent for so long."""
        begun, last, visits, back = self._until(start_s, end_s)
        seen = np.flatnonzero(visits > 0)
        said = self._silent(seen, begun, last, visits, np.full((len(seen), 1), start_s))[:, 0]
        there = self.law.still(self.kind[seen], last[seen], start_s) * said
        telling = back[seen] | (there >= LEAST_SAY * (1.0 - there))
        some = seen[telling]
        if not len(some):
            return np.ones(len(ahead_s))
        some, begins = self._fates(some, last, back)
        size = np.diff(begins, append=len(some))
        first = some[begins]  # each fate's latest client
        before_s = np.geomspace(MINUTE_S, np.maximum(start_s - last[first], 2 * MINUTE_S), BEFORE, axis=1)
        before_s = np.minimum(last[first][:, None] + np.insert(before_s, 0, 0.0, axis=1), start_s)
        at_s = np.concatenate([before_s, np.broadcast_to(start_s + ahead_s[1:], (len(first), AFTER))], axis=1)
        each = self._silent(some, begun, last, visits, np.repeat(at_s, size, axis=0))
        silent = np.multiply.reduceat(each, begins, axis=0)
        stays = np.ones(at_s.shape)
        movers = ~back[first]
        stays[movers] = self._stays(first[movers], last, at_s[movers])
        left = -np.diff(stays, axis=1) * (silent[:, 1:] + silent[:, :-1]) / 2
        quiet = stays * silent + np.insert(np.cumsum(left, axis=1), 0, 0.0, axis=1)
        ratio = quiet[:, BEFORE:] / np.maximum(quiet[:, [BEFORE]], 1e-300)
        return np.asarray(np.exp(np.log(np.maximum(ratio, 1e-300)).sum(axis=0)), np.float64)

    def _fates(
        self, some: NDArray[np.int64], last: NDArray[np.float64], back: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return clients by fate, of each the latest first, and where the fates begin.

        Who is behind one address leaves with the others there, as one resolver answers them, but for those who came
        back.
        """
        fate = np.where(back[some], some + len(self.kind), self.house[some])
        order = np.lexsort((-last[some], fate))
        return some[order], np.flatnonzero(np.diff(fate[order], prepend=-1))

    def _until(
        self, start_s: float, end_s: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
        """Return each client's first and last request before a silence, its visits, and whether it came back after."""
        size, before = len(self.kind), self.last_s < start_s + MINUTE_S
        begun, last = np.full(size, np.inf), np.full(size, -np.inf)
        np.minimum.at(begun, self.row[before], self.first_s[before])
        np.maximum.at(last, self.row[before], self.last_s[before])
        apart = (np.diff(self.row, prepend=-1) != 0) | (np.diff(self.first_s, prepend=0.0) > 2 * HALF_HOUR_S)
        visits = np.bincount(self.row[before & (apart | ~self.rhythmic[self.row])], minlength=size)
        back = np.zeros(size, bool)
        back[self.row[self.first_s >= end_s]] = True
        return begun, np.minimum(last, start_s), visits, back

    def _silent(
        self,
        some: NDArray[np.int64],
        begun: NDArray[np.float64],
        last: NDArray[np.float64],
        visits: NDArray[np.int64],
        at_s: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the chance that clients which still come stay away from their last visit to some moments."""
        normal, first, since = self.rhythmic[some][:, None], begun[some][:, None], last[some][:, None]
        seen = np.where(normal, self.shape.normal_days(first, since), (since - first) / DAY_S) + SCALE_DAYS
        away = np.where(normal, self.shape.normal_days(since, at_s), (at_s - since) / DAY_S)
        return np.asarray((seen / (seen + away)) ** (visits[some][:, None] - 1 + SHAPE), np.float64)

    def _stays(
        self, some: NDArray[np.int64], last: NDArray[np.float64], at_s: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the chance that clients have not left by some moments."""
        kind = np.broadcast_to(self.kind[some][:, None], at_s.shape).ravel()
        since = np.broadcast_to(last[some][:, None], at_s.shape).ravel()
        return self.law.still(kind, since, at_s.ravel()).reshape(at_s.shape)


@dataclass(frozen=True, slots=True)
class Drained:
    """What explains a silence after the change: those who left, and the new server's log that saw nobody forwarded."""

    ebb: Ebb
    voucher: Voucher | None

    def vouched(self, start_s: float, end_s: float) -> bool:
        """Return whether the new server's log would have shown who came."""
        return self.voucher is not None and self.voucher.vouches(start_s, end_s)


def ebb(activity: Activity, now: Forecast, gone: NDArray[np.bool_] | None = None) -> Ebb:
    """Return what the log shows of those who have not been seen to move.

    Parameters
    ----------
    now
        It knows of each client that counts, seen since the change or not, whether it comes and leaves as people do.
    gone
        bool, one a client: it has moved; None where nobody can tell.
    """
    cells, code = activity.sums("cells"), now.kind
    law = now.law.as_believed() if now.law.unseen_moves else now.law  # what silences told is no witness of one
    law, shape = law.since(now.turned_after_s), now.normal.rhythm  # from then on any may have left
    scanner, client = code == KINDS.index("scanner"), cells.columns["client"]
    first_s, last_s = cells.moments_us("first") / 1e6, cells.moments_us("last") / 1e6
    since_s = now.law.change_s + law.scale_s
    waves = np.unique(first_s[scanner[client] & (first_s >= since_s)] // WAVE_S) * WAVE_S
    kept = ~scanner[client] if gone is None else ~(scanner | gone)[client]
    codes, row = np.unique(client[kept], return_inverse=True)
    person, crawler = code[codes] == PERSON, code[codes] == KINDS.index("crawler")
    kind = np.where(person | crawler, PERSON, PROGRAM).astype(np.int8)
    house = np.unique(pc.rank(pc.take(activity.texts[0], codes), tiebreaker="dense").to_numpy(), return_inverse=True)[1]
    return Ebb(
        row.astype(np.int64), first_s[kept], last_s[kept], kind, house.astype(np.int64), person, waves, since_s, law,
        shape,
    )  # fmt: skip
