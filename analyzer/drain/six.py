"""A forgotten AAAA record, as the logs show it: whoever comes over IPv6 goes on coming to the old server alone.

The A record leads people to the new server, the AAAA record leads those with IPv6 to the old one, for as long as it
stands. No client moves by itself then; no snapshot need have asked for the record to tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from analyzer.logs.times import SECOND_US
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.drain.direct import Direct
    from analyzer.drain.evidence import Evidence
    from analyzer.drain.leaving import Leaving

LEAST_S = 7 * DAY_S  # [s] after the last honest cache expired: by then most records that were late have been seen to
LEAST_CLIENTS = 3  # [clients] with an address of IPv6 that came so late
LEAST_MOVED = 10  # [clients] of IPv4 that came to the new server: its log shows who does,
LEAST_REQUESTS = 3  # and asked for so much: scanners of any address ask for less
BY_CHANCE = 1e-4  # [1] that so many of those left would have IPv6, if they were as all were before
MOST_OTHERS = 0.25  # [1] of those left have IPv4


def came_directly(evidence: Evidence, direct: Direct | None, change_s: float) -> tuple[int, int] | None:
    """Return how many clients came to the new server directly since the change, over IPv6 and not [clients].

    Whoever they are: one that the old server never saw was led there as well. None if the new server's log is not
    known.
    """
    if direct is None or evidence.new is None:
        return None
    since = direct.cells.last >= change_s * SECOND_US
    asked = np.bincount(direct.new_client[since], direct.cells.requests[since], len(evidence.new.clients))
    texts = evidence.new.texts[0].take(np.flatnonzero(asked >= LEAST_REQUESTS))
    six = int(pc.sum(pc.match_substring(texts, ":")).as_py() or 0)
    return six, len(texts) - six


def left_behind(table: Clients, law: Leaving, moved: tuple[int, int] | None) -> NDArray[np.bool_]:
    """Return which clients an AAAA record leads to the old server that nobody changed, as far as the logs tell.

    With the new server's log nobody with IPv6 came there, and many others did. Without it nearly all who are left have
    IPv6, far more than would by chance.

    Parameters
    ----------
    moved
        [clients] Those who came to the new server, as `came_directly` returns them.

    Returns
    -------
    bool, shape (n,)
        Those that came late over IPv6; none, where the record seems to have been changed.
    """
    late = table.last_after_s >= law.change_s + law.scale_s + LEAST_S
    mine, others = int((late & table.six).sum()), int((late & ~table.six & (table.genuine > 0)).sum())
    if law.pending or mine < LEAST_CLIENTS:
        return np.zeros(len(table), np.bool_)
    if moved is not None:
        told = moved[0] == 0 and moved[1] >= LEAST_MOVED
    else:
        share = float(table.six[table.before > 0].mean()) if (table.before > 0).any() else 1.0
        told = share**mine < BY_CHANCE and others <= MOST_OTHERS * mine
    return np.asarray(late & table.six & told, np.bool_)
