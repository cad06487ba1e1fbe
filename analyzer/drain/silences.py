"""The silences of the old server's log, and who speaks for them: the drain itself, and the new server's log."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.direct import has_moved
from analyzer.drain.ebb import Drained, ebb
from analyzer.drain.gaps import Silence, interior_gaps, silence_now
from analyzer.drain.heard import request_minutes, stretches
from analyzer.drain.witness import forwarding, unlogged, voucher
from analyzer.units import MINUTE_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.demand import Demand
    from analyzer.drain.evidence import Evidence
    from analyzer.drain.forecast import Forecast
    from analyzer.drain.witness import Forwarding
    from analyzer.logs.activity import Activity


def silences(
    evidence: Evidence, now: Forecast | None, shape: Demand, change_s: float | None
) -> tuple[tuple[Silence, ...], Silence | None]:
    """Return the gaps within the old server's log, and the silence at its end, if it is not short.

    Parameters
    ----------
    now
        None where no change is known, or nothing was logged.
    shape
        The rhythm of a normal week.
    change_s
        [s since the epoch] The change; None where none is known.
    """
    gone = None if now is None or now.direct is None else has_moved(now.direct, evidence.old)
    drained = None if now is None else cache(partial(_drained, evidence, now, gone))  # few logs are ever silent
    missed_s, at_s = _missed_s(evidence), evidence.at.timestamp()
    events = stretches(evidence.old, gone)
    gaps = interior_gaps(evidence.old, shape, change_s, gone, missed_s=missed_s, drained=drained, events=events)
    quiet = silence_now(evidence.old, shape, at_s, change_s, gone, missed_s=missed_s, drained=drained, events=events)
    if quiet is None or not quiet.missed or missed_s is None or drained is None:
        return gaps, quiet
    return _parted(quiet, gaps, float(missed_s[-1]) + MINUTE_S, drained())


def _parted(
    quiet: Silence, gaps: tuple[Silence, ...], last_s: float, known: Drained
) -> tuple[tuple[Silence, ...], Silence]:
    """Return the silence at the end without its part that hides requests, which is a gap, if the new log vouches so."""
    if not known.vouched(last_s, quiet.end_s):
        return gaps, quiet
    return (*gaps, replace(quiet, end_s=last_s)), Silence(last_s, quiet.end_s, 1.0, 0.0, falls=False)


def _missed_s(evidence: Evidence) -> NDArray[np.float64] | None:
    """Return when the old server forwarded requests that its log does not show; None without the new server's log."""
    if evidence.new is None:
        return None
    return unlogged(evidence.new, evidence.old, _through(evidence, evidence.new), request_minutes(evidence.old))


def _through(evidence: Evidence, new: Activity) -> Forwarding:
    """Return who came to the new server through the old one."""
    if evidence.through is not None:
        return evidence.through
    return forwarding(new, evidence.old, {str(address) for address in evidence.migration.old})


def _drained(evidence: Evidence, now: Forecast, gone: NDArray[np.bool_] | None) -> Drained:
    """Return what explains a silence after the change."""
    told = ebb(evidence.old, now, gone)
    new = evidence.new
    if new is None:
        return Drained(told, None)
    visitors = np.asarray(evidence.kinds["kind"] != "scanner", np.bool_)
    return Drained(told, voucher(new, evidence.old, _through(evidence, new), now.change_s, visitors))
