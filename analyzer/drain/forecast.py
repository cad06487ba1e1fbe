"""From evidence to a forecast: what a removal now would lose, who is left, and when it will be over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.clients import Clients, clients, counted_codes, direct_cells, parted
from analyzer.drain.demand import Demand, demand
from analyzer.drain.leaving import MOST_BOUND_S, Leaving, leaving, residual_life_s
from analyzer.drain.loss import Loss, Stays, loss, stays
from analyzer.drain.rates import Rates, rates
from analyzer.drain.surprise import Surprises, surprises
from analyzer.drain.verdict import Residual, SafeAt
from analyzer.drain.visits import from_cells, microseconds
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from analyzer.drain.evidence import Evidence

DEFAULT_TTL_S = DAY_S  # [s] where nothing tells the TTL: the usual longest (Unbound's cache-max-ttl)
BROWSER_HOLD_S = 120  # [s] Firefox holds an address 60 s and another 60 s while it asks again
OUTLOOK_S = 365 * DAY_S  # [s] how far ahead a safe moment is looked for
OUTLOOK_DRAWS = 1_000  # the outlook asks many times, and needs an hour's precision only
LIKELY = 0.5  # [1] a client is taken to be there still if that is likelier than not
CAUTIOUS = 0.1  # [1] chance left that a client stays longer than the cautious outlook says


@dataclass(frozen=True, slots=True)
class Forecast:
    """Everything the model says at one moment.

    Attributes
    ----------
    residual
        What arrived in the last 24 h.
    clients, stay, rate, faces, law, normal
        The parts that the figures are made of; rules and curve read them.
    direct
        Cells of direct requests at the new server; None if its log is not known.
    """

    at_s: float
    change_s: float
    loss: Loss
    residual: Residual
    clients: Clients
    stay: Stays
    rate: Rates
    faces: Surprises
    law: Leaving
    normal: Demand
    direct: pd.DataFrame | None
    horizon_s: float
    confidence: float

    @property
    def new_known(self) -> bool:
        """Whether direct visits to the new server can be seen."""
        return self.direct is not None


def forecast(evidence: Evidence, changed_at: datetime) -> Forecast:
    """Return the forecast at the evidence's moment for a change published at `changed_at`."""
    mine = evidence.migration
    at_s, change_s = evidence.at.timestamp(), changed_at.timestamp()
    counted = counted_codes(evidence.old, evidence.kinds, mine)
    normal = baseline_demand(evidence, counted, _baseline_end_s(evidence, change_s))
    old_addresses = {str(address) for address in mine.old}
    direct = None if evidence.new is None else direct_cells(evidence.new, evidence.old, old_addresses)
    table = clients(evidence.old, counted, evidence.kinds, None if direct is None else from_cells(direct), change_s)
    law = leaving(table, change_s, bound_s(evidence, changed_at), at_s)
    policy = mine.policy
    parts = _parts(table, law, normal, at_s, policy.horizon_s, new_known=direct is not None)
    stay, rate, faces = parts
    return Forecast(
        at_s=at_s,
        change_s=change_s,
        loss=loss(stay, rate, faces, horizon_s=policy.horizon_s, confidence=policy.confidence),
        residual=_residual(evidence, counted, normal),
        clients=table,
        stay=stay,
        rate=rate,
        faces=faces,
        law=law,
        normal=normal,
        direct=direct,
        horizon_s=policy.horizon_s,
        confidence=policy.confidence,
    )


def bound_s(evidence: Evidence, changed_at: datetime) -> float:
    """Return after how many seconds the last honest cache has expired: the TTL before the change, and a browser's hold.

    RFC 1035 section 3.2.1: a record may be cached for its TTL before it must be asked for again. While an
    authoritative server still hands out the old address, that time begins anew.
    """
    dns = evidence.propagation
    seen = None if dns is None else dns.ttl_s
    ttl_s = evidence.migration.ttl_s if evidence.migration.ttl_s is not None else seen
    bound = min(DEFAULT_TTL_S if ttl_s is None else ttl_s, MOST_BOUND_S) + BROWSER_HOLD_S
    if dns is not None and dns.authoritative_agree is False:
        return max(bound, (evidence.at - changed_at).total_seconds() + bound)
    return bound


def _baseline_end_s(evidence: Evidence, change_s: float) -> float:
    """Return when demand at the old server ceased to be normal: with several record types, at the first change."""
    dns = evidence.propagation
    first = None if dns is None else dns.first_changed_at
    return change_s if first is None else min(first.timestamp(), change_s)


def baseline_demand(evidence: Evidence, counted: NDArray[np.int64], change_s: float) -> Demand:
    """Return the normal demand of the counted clients before the change."""
    before, _ = parted(evidence.old, counted, change_s)
    minutes = microseconds(evidence.old.minutes["minute"])
    first_s = float(minutes.min()) / 1e6 if len(minutes) else change_s
    return demand(before, first_s, max(change_s, first_s))


def _parts(
    table: Clients, law: Leaving, normal: Demand, at_s: float, horizon_s: float, *, new_known: bool
) -> tuple[Stays, Rates, Surprises]:
    rate = rates(table, normal, at_s)
    stay = stays(table, law, rate, at_s, horizon_s, new_known=new_known)
    return stay, rate, surprises(table, law, at_s)


def _residual(evidence: Evidence, counted: NDArray[np.int64], normal: Demand) -> Residual:
    """Return what came in the last 24 h: all until now less all until a day ago."""
    now, then = evidence.old.cells, evidence.recent.cells
    mask = np.isin(now["client"].to_numpy(), counted)
    old_mask = np.isin(then["client"].to_numpy(), counted)
    requests = int(now["requests"].to_numpy()[mask].sum() - then["requests"].to_numpy()[old_mask].sum())
    day_ago = evidence.at - timedelta(days=1)
    late = mask & (now["requests"].to_numpy() > 0) & (microseconds(now["last"]) > day_ago.timestamp() * 1e6)
    seen = len(np.unique(now["client"].to_numpy()[late]))
    share = None
    if normal.visits_per_day and normal.requests_per_visit:
        usual = float(normal.normal_days(day_ago.timestamp(), evidence.at.timestamp()))
        share = requests / max(usual * normal.visits_per_day * normal.requests_per_visit, 1e-9)
    return Residual(float(requests), share, seen)


def safe_at(now: Forecast, budget: float) -> SafeAt:
    """Return when the bound will be within the budget, if clients leave as the model expects, and cautiously."""
    return SafeAt(_first_safe(now, budget, LIKELY), _first_safe(now, budget, CAUTIOUS))


def _first_safe(now: Forecast, budget: float, chance: float) -> datetime | None:
    """Return the first moment ahead at which the bound is within the budget, to about an hour; None if too far."""
    if _upper_at(now, OUTLOOK_S, chance) > budget:
        return None
    low, high = 0.0, float(OUTLOOK_S)
    while high - low > max(HOUR_S, 0.02 * low):
        middle = np.sqrt(max(low, HOUR_S / 2) * high)
        low, high = (low, float(middle)) if _upper_at(now, float(middle), chance) <= budget else (float(middle), high)
    return datetime.fromtimestamp(round(now.at_s + high), UTC)


def _upper_at(now: Forecast, ahead_s: float, chance: float) -> float:
    """Return the upper bound as it will be seen after a further wait, in which clients leave as expected.

    A client that is likely there still keeps coming until the stay that it exceeds with `chance` is over; then
    it is silent. The others stay silent.
    """
    at_s = now.at_s + ahead_s
    life = residual_life_s(now.stay.age_s, now.stay.exponent, chance)
    there = (now.stay.chance >= chance) & now.clients.seen_after
    last = np.where(there, np.minimum(now.at_s + life, at_s), now.clients.last_after_s)
    more = np.where(there, now.rate.per_day * (last - now.at_s) / DAY_S, 0.0)
    table = replace(
        now.clients,
        last_after_s=last,
        last_s=np.fmax(now.clients.last_s, last),
        after=now.clients.after + more,
        requests=now.clients.requests + more * now.clients.requests_per_visit,
    )
    stay, rate, faces = _parts(table, now.law, now.normal, at_s, now.horizon_s, new_known=now.new_known)
    faces = replace(faces, ages_s=now.faces.ages_s, requests_per_face=now.faces.requests_per_face)
    bound = loss(stay, rate, faces, horizon_s=now.horizon_s, confidence=now.confidence, draws=OUTLOOK_DRAWS)
    return float(bound.requests.upper or 0.0)
