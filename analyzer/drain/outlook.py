"""When it will be over: the bound as it will be seen after a further wait, if clients leave as the model expects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.loss import LEAST_REQUEST, loss
from analyzer.drain.rates import rates
from analyzer.drain.stays import stays
from analyzer.drain.surprise import surprises
from analyzer.drain.verdict import SafeAt
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.forecast import Forecast

OUTLOOK_S = 5 * 365 * DAY_S  # [s] how far ahead a safe moment is looked for: longer than servers live
LATEST_S = 365 * DAY_S  # [s] how far ahead a latest one: a promise for the year after next is none
OUTLOOK_DRAWS = 400  # the outlook asks many times, and need not be more precise than its steps
MOST = 300  # [clients] each by itself
OUTLOOK_CLIENTS = 100  # drawn one by one; the others send next to nothing each
NEXT_TO_NONE = 0.05  # [requests] a tenth of the least bound that is one
FURTHER = 4.0  # [1] times as far it is looked for next
NEAR = 0.1  # [1] of the wait: as precisely it is found, where that is more than an hour
LIKELY = 0.5  # [1] a client is taken to be there still if that is likelier than not
MOST_NEVER = 0.28  # [1] chance that it never moves, up to which a latest date is promised: a program of about six days
CAUTIOUS = 0.15  # [1] chance left that a client stays longer than the cautious outlook says


def safe_at(now: Forecast, budget: float) -> SafeAt:
    """Return when the bound will be within the budget, if clients leave as the model expects, and cautiously.

    Both are of clients that move by themselves: one that never does has no date, and is named when it shows. No latest
    date is given where one that alone is too much has become likely to be such.
    """
    if now.law.pending:  # nobody knows when the DNS will be turned
        return SafeAt(None, None)
    left, stay = _left(now), now.stay
    never = now.law.never_moves(now.clients.kind, now.at_s)
    doubtful = (stay.chance >= LIKELY) & (never > MOST_NEVER) & (stay.expected_requests > budget)
    left = replace(left, stay=replace(left.stay, never=np.zeros(len(left.stay.never))))
    median = _first_safe(left, budget, LIKELY, 0.0, OUTLOOK_S)
    # The cautious outlook is never before the other one.
    promised = median is not None and median < LATEST_S and not doubtful.any()
    upper = _first_safe(left, budget, CAUTIOUS, median or 0.0, LATEST_S) if promised else None
    return SafeAt(_moment(now, median), _moment(now, upper))


def _left(now: Forecast) -> Forecast:
    """Return the forecast of those clients only who have a say: what all others would send is next to none.

    Who is silent is so all the more after a wait. Of very many, those that would send least stand for each other: one
    of so many, as if it sent as much as all of these.
    """
    order = np.argsort(-now.stay.expected_requests, kind="stable")
    left = int((np.cumsum(now.stay.expected_requests[order[::-1]]) > NEXT_TO_NONE).sum())
    each = max((left - MOST) // MOST, 1)
    rows = np.concatenate([order[:MOST], order[MOST + each // 2 : left : each]])[: max(left, 0)]
    times = np.where(np.arange(len(rows)) < MOST, 1.0, each)
    some = now.clients.take(rows)
    some = replace(some, requests=some.requests * times)
    return replace(now, clients=some, stay=now.stay.take(rows), rate=now.rate.take(rows))


def _moment(now: Forecast, ahead_s: float | None) -> datetime | None:
    return None if ahead_s is None else datetime.fromtimestamp(round(now.at_s + ahead_s), UTC)


def _first_safe(now: Forecast, budget: float, chance: float, low_s: float, most_s: float) -> float | None:
    """Return the first wait [s] after which the bound is within the budget, to about an hour; None beyond the most."""
    wait = _Wait(now, now.stay.exceeded_s(chance), chance)
    low, high = low_s, max(low_s, DAY_S)
    while not wait.within(high, budget):
        if high >= most_s:
            return None
        low, high = high, min(FURTHER * high, most_s)
    while high - low > max(HOUR_S, NEAR * low):
        middle = float(np.sqrt(max(low, HOUR_S / 2) * high))
        low, high = (low, middle) if wait.within(middle, budget) else (middle, high)
    return high


@dataclass(frozen=True, slots=True)
class _Wait:
    """A wait in which clients leave as expected.

    A client that is likely there still keeps coming until the stay that it exceeds with `chance` is over; then
    it is silent. The others stay silent. Of a program that is yet to come the cautious outlook takes it that it will.
    """

    now: Forecast
    life_s: NDArray[np.float64]
    chance: float

    def within(self, ahead_s: float, budget: float) -> bool:
        """Return whether the upper bound, as it will be seen after the wait, is within the budget."""
        now, at_s = self.now, self.now.at_s + ahead_s
        there = now.stay.chance >= self.chance
        last = np.where(there, np.minimum(now.at_s + self.life_s, at_s), now.clients.last_after_s)
        more = np.where(there, now.rate.per_day * (last - now.at_s) / DAY_S, 0.0)
        table = replace(
            now.clients,
            last_after_s=last,
            last_s=np.fmax(now.clients.last_s, last),
            after=now.clients.after + more,
            weekend=now.clients.weekend * (1.0 + more / np.maximum(now.clients.before + now.clients.after, 1.0)),
            requests=now.clients.requests + more * now.clients.requests_per_visit,
        )
        rate = rates(table, now.normal, at_s, now.among, horizon_s=now.horizon_s)
        stay = stays(table, now.law, rate, at_s, now.horizon_s, new_known=now.new_known)
        if float(stay.expected_requests.sum()) > max(budget, LEAST_REQUEST):  # the bound is never below the mean
            return False
        ahead = surprises(table, now.law, at_s)
        faces = replace(
            ahead,
            ages_s=now.faces.ages_s,
            genuine=now.faces.genuine,
            requests_per_face=now.faces.requests_per_face,
        )
        bound = loss(
            stay,
            rate,
            faces,
            horizon_s=now.horizon_s,
            confidence=now.confidence,
            draws=OUTLOOK_DRAWS,
            most=OUTLOOK_CLIENTS,
        )
        return (bound.requests.upper or 0.0) <= budget
