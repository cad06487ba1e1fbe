"""What the new server's log tells of the old one's: requests that were forwarded, and that the old log does not show.

They are proof that it misses something, however quiet it is otherwise. Who else runs on the old machine (a health check
of the proxy, a script) asks the new server from the same address and never stands in the old log: an agent that is seen
at the new server where the old log speaks, and not in it, is no witness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyzer.drain.direct import SLOTS
from analyzer.drain.heard import request_minutes
from analyzer.units import HALF_HOUR_S, MINUTE_S

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from analyzer.logs.activity import Activity
    from analyzer.logs.sums import Sums

LEAST_SHOWN, SHOWN_SHARE = 20, 0.8  # [half hours of a client], [1] of the old log that the new one shows forwarded
LEAST_SPOKEN, MOST_PAUSE = 12, 0.25  # [minutes] of the new log in a silence, and [1] of it without any, at most
CLOCKS_S = 5 * MINUTE_S  # [s] that the clocks of the two servers may differ


@dataclass(frozen=True, slots=True)
class Forwarding:
    """What is the same at every moment of a reading.

    Attributes
    ----------
    proxied
        bool, for each client of the new server's log: whether the old server is its peer.
    here, there
        int64: a number for the agent of each client in the old server's log, and in the new one's.
    """

    proxied: NDArray[np.bool_]
    here: NDArray[np.int64]
    there: NDArray[np.int64]


def forwarding(new: Activity, old: Activity, old_addresses: Collection[str]) -> Forwarding:
    """Return who of the new server's clients are the old server, and which agents both logs know.

    Parameters
    ----------
    old_addresses
        The peers from which proxied requests come.
    """
    proxied = new.clients["address"].isin(list(old_addresses)).to_numpy(dtype=bool)
    agents = pd.concat([old.clients["agent"], new.clients["agent"]]).fillna("").astype(str)
    code = pd.factorize(agents)[0].astype(np.int64)
    return Forwarding(proxied, code[: len(old.clients)], code[len(old.clients) :])


@dataclass(frozen=True, slots=True)
class Voucher:
    """The new server's log as a witness of the old one's silences: it shows all that the old one forwards.

    Attributes
    ----------
    spoken_s
        float64, ascending [s since the epoch]: the minutes in which it shows anything.
    """

    spoken_s: NDArray[np.float64]

    def vouches(self, start_s: float, end_s: float) -> bool:
        """Return whether it spoke throughout a stretch [s since the epoch], so that a forwarded request would show."""
        edges = np.array([start_s, *self.spoken_s[slice(*np.searchsorted(self.spoken_s, [start_s, end_s]))], end_s])
        return len(edges) >= LEAST_SPOKEN and float(np.diff(edges).max()) <= MOST_PAUSE * (end_s - start_s)


def voucher(
    new: Activity, old: Activity, through: Forwarding, since_s: float, visitors: NDArray[np.bool_]
) -> Voucher | None:
    """Return the witness, if the new log has shown nearly all that the old one logged since the change; else None.

    Parameters
    ----------
    since_s
        [s since the epoch] The change.
    visitors
        bool, one a client of the old log: who would be forwarded; scanners of the address may not be.
    """
    there = new.sums("cells")
    there = there.where(through.proxied[there.columns["client"]], "client", "start")
    if not len(there):
        return None
    here = old.sums("cells")
    late = here.columns["start"] >= max(since_s, int(there.columns["start"].min()))
    here = here.where(late & (here.columns["requests"] > 0) & visitors[here.columns["client"]], "client", "start")
    mine, theirs = _keys(here, through.here), np.unique(_keys(there, through.there))
    shown = np.isin(mine, np.concatenate([theirs - 1, theirs, theirs + 1]))
    return Voucher(request_minutes(new)) if len(mine) >= LEAST_SHOWN and shown.mean() >= SHOWN_SHARE else None


def unlogged(new: Activity, old: Activity, through: Forwarding, spoken_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the moments [s since the epoch] of forwarded requests that the old server's log misses, ascending.

    Parameters
    ----------
    through
        Of the same reading.
    spoken_s
        float64, ascending [s since the epoch]: the minutes in which the old log shows anything.
    """
    cells = new.sums("cells")
    cells = cells.where(through.proxied[cells.columns["client"]], "client", "start", "first", "last")
    if not len(cells) or not len(spoken_s):
        return np.zeros(0)
    here, there = old.sums("cells"), through.there
    since_s = int(cells.columns["start"].min()) - HALF_HOUR_S  # what it showed before it was a proxy is no matter
    known = np.unique(_keys(here.where(here.columns["start"] >= since_s, "client", "start"), through.here))
    mine = _keys(cells, there)
    # A request that lasts over the border of its half hour, or a clock that goes wrong, shows it in the next one.
    missed = ~np.isin(mine, np.concatenate([known - 1, known, known + 1]))
    agent = there[cells.columns["client"]]
    first, last = (cells.moments_us(name)[missed] / 1e6 for name in ("first", "last"))
    since, until = _to_speech(first, last, spoken_s)
    spoken = agent[missed][np.maximum(since, until) < CLOCKS_S]
    strange = np.isin(agent[missed], np.concatenate([spoken, _strangers(agent, missed, first, spoken_s)]))
    return np.sort(first[(np.minimum(since, until) >= CLOCKS_S) & ~strange & (first > spoken_s[0])])


def _strangers(
    agent: NDArray[np.int64], missed: NDArray[np.bool_], first_s: NDArray[np.float64], spoken_s: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the agents that the old log misses more often than not, and in more than one of its silences."""
    size = int(agent.max(initial=-1)) + 1
    silences = np.unique(np.stack([agent[missed], np.searchsorted(spoken_s, first_s, side="right")]), axis=1)[0]
    mostly = 2 * np.bincount(agent[missed], minlength=size) > np.bincount(agent, minlength=size)
    return np.flatnonzero(mostly & (np.bincount(silences, minlength=size) > 1))


def _keys(cells: Sums, agent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a number for each agent and half hour."""
    slots = cells.columns["start"] // HALF_HOUR_S
    return np.asarray(agent[cells.columns["client"]] * SLOTS + slots, np.int64)


def _to_speech(
    first: NDArray[np.float64], last: NDArray[np.float64], spoken_s: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how long before and after some stretches the old log shows anything [s]; infinite where it never does."""
    edges = np.concatenate([[-np.inf], spoken_s + MINUTE_S, [np.inf]])
    before = np.searchsorted(spoken_s, first, side="right")
    after = np.searchsorted(spoken_s, last, side="right") + 1
    return np.maximum(first - edges[before], 0.0), np.maximum(edges[after] - MINUTE_S - last, 0.0)
