"""What the visits of people show of when they left: what is known of each, and the law with it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.clients import PERSON, PROGRAM
from analyzer.drain.departures import BELIEVED, BELIEVED_UNSEEN, ENOUGH_CLIENTS, Seen, departures
from analyzer.drain.leaving import all_away
from analyzer.drain.moves import came_back, first_direct_s, first_in_s
from analyzer.logs.agents import KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.drain.leaving import Leaving

MANY_PROGRAMS = 20  # [clients] a handful of programs is each its own, and tells nothing of another
LEAST_SHOWN = 1.01  # [1] times the DNS bound: until then nobody can have left later


def as_shown(law: Leaving, some: Clients, silence: NDArray[np.float64] | None, at_s: float) -> Leaving:
    """Return the law with when people left as their visits show it; of programs these tell no more than the law."""
    age_s = float(law.age_s(at_s))
    if age_s < law.scale_s * LEAST_SHOWN:
        return law
    late = (some.last_after_s >= law.change_s + law.scale_s) & ~came_back(some, law)
    shown = {}
    for kind in (PERSON, PROGRAM):
        rows = np.flatnonzero((late if silence is None else late & ~some.passing) & (some.kind == kind))
        if len(rows) >= (1 if kind == PERSON else MANY_PROGRAMS):
            seen = _seen(law, some, rows[:: max(len(rows) // ENOUGH_CLIENTS, 1)], silence, at_s)
            share = partial(law.believed, kind=np.full(1, kind, np.int8))
            believed = BELIEVED if silence is None else BELIEVED_UNSEEN
            shown[KINDS[kind]] = departures(seen, share, law.scale_s, age_s, believed)
    return replace(law, shown=shown, unseen_moves=silence is not None) if shown else law


def _seen(
    law: Leaving, some: Clients, rows: NDArray[np.int64], silence: NDArray[np.float64] | None, at_s: float
) -> Seen:
    """Return what is known of when some clients left; without the new server's log by their silences alone."""
    last_s, moved_s, quiet = law.age_s(some.last_after_s[rows]), np.full(len(rows), np.inf), np.ones(len(rows))
    if silence is None:
        came = np.isfinite(some.first_direct_s[rows])  # a silence stands for no move here
        moved_s = np.where(came, first_direct_s(some, at_s)[rows] - law.change_s, np.inf)
    else:
        quiet = np.maximum(silence[rows], all_away(at_s - some.last_after_s[rows]))
    return Seen(
        first_s=first_in_s(law.age_s(some.first_after_s[rows]), some.interval_s[rows], last_s, law.scale_s),
        last_s=last_s,
        moved_s=np.where(moved_s > last_s, moved_s, np.inf),
        silence=quiet,
        weight=some.genuine[rows],
    )
