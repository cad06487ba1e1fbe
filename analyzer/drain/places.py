"""Places that are closed: an office, a school, many people behind one address of whom nobody has come since.

One by one they are judged by what others like them did, and these have moved. But the people of one place have one
resolver and one holiday: while it is closed its resolver was not asked, and what it will answer nobody has seen. So it
is waited for as a program that rests (`rules.drained`), where the new server's log would have shown anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.drain.clients import PERSON
from analyzer.drain.leaving import REGULAR_S, REGULAR_VISITS
from analyzer.logs.times import SECOND_US

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.drain.direct import Direct
    from analyzer.drain.evidence import Evidence
    from analyzer.drain.leaving import Leaving
    from analyzer.logs.activity import Activity

PLACE = 5  # [clients] regular people behind one address: a place, and no home


def closed(some: Clients, every: Clients, evidence: Evidence, direct: Direct | None, law: Leaving) -> NDArray[np.int64]:
    """Return the rows of regular people whose place nobody has come from.

    To the new server since the change: its resolver would have the new address then; or to the old one since the last
    honest cache expired: then others tell what is to be expected.

    Parameters
    ----------
    some
        Those that may still use the old address.
    every
        All that count.
    direct
        What came to the new server directly; None if its log is not known: nobody can tell then who has moved.
    law
        It knows when that was.

    Returns
    -------
    int64
        None without the new server's log.
    """
    regular = (some.kind == PERSON) & (some.before >= REGULAR_VISITS) & (some.interval_s <= REGULAR_S)
    rows, border_s = np.flatnonzero(regular), law.change_s + law.scale_s
    if direct is None or evidence.new is None or len(rows) < PLACE:
        return np.zeros(0, np.int64)
    mine = _addresses(evidence.old, some.code[rows])
    counts = pc.value_counts(mine)
    places = counts.field("values").filter(pc.greater_equal(counts.field("counts"), PLACE))
    moved = direct.new_client[direct.cells.last >= law.change_s * SECOND_US]  # with whatever agent, known or not
    for came in (_addresses(evidence.old, every.code[every.last_s >= border_s]), _addresses(evidence.new, moved)):
        places = places.filter(pc.invert(pc.is_in(places, value_set=came)))
    theirs = pc.is_in(mine, value_set=places).to_numpy(zero_copy_only=False)
    return np.asarray(rows[theirs.astype(np.bool_)], np.int64)


def _addresses(activity: Activity, codes: NDArray[np.int64]) -> pa.Array:
    """Return the addresses of some clients of a log, each once or as often as asked, in one piece."""
    found = pc.cast(pc.take(activity.texts[0], codes), pa.large_string())
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
