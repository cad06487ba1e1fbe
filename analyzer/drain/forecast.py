"""From evidence to a forecast: what a removal now would lose, who is left, and when it will be over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.background import genuine, nameless, passing
from analyzer.drain.caches import Caches, expected_caches
from analyzer.drain.cells import NO_CELLS, Cells, cells, half_hours, some_at_a_time
from analyzer.drain.clients import Clients, counted_codes
from analyzer.drain.crowds import Crowd, crowds
from analyzer.drain.demand import Demand, demand
from analyzer.drain.described import agents_of, described
from analyzer.drain.direct import Direct, codes_in_old, direct_requests
from analyzer.drain.flow import Flow, flow, to_come
from analyzer.drain.known import Known, known_clients
from analyzer.drain.learned import leaving
from analyzer.drain.leaving import LEAST_SCALE_S, MOST_BOUND_S, Leaving
from analyzer.drain.loss import Loss, loss
from analyzer.drain.quiet import Quiet, quiet_days
from analyzer.drain.rates import Population, Rates, population, rates
from analyzer.drain.stays import Stays, may_be_there, stays
from analyzer.drain.surprise import Surprises, surprises
from analyzer.drain.turn import last_turn
from analyzer.drain.verdict import Residual
from analyzer.drain.visits import Begun, joined, parted, visits
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd
    from numpy.typing import NDArray

    from analyzer.drain.evidence import Evidence

DEFAULT_TTL_S = DAY_S  # [s] where nothing tells the TTL: the usual longest (Unbound's cache-max-ttl)
BROWSER_HOLD_S = 120  # [s] Firefox holds an address 60 s and another 60 s while it asks again


@dataclass(frozen=True, slots=True)
class Forecast:
    """Everything the model says at one moment.

    Attributes
    ----------
    residual
        What arrived in the last 24 h.
    clients, stay, rate, faces, among, law, normal
        The parts that the figures are made of; rules and curve read them. The clients are those who may still use the
        old address.
    direct
        What came to the new server directly; None if its log is not known.
    begun_s
        [s since the epoch] The old server's log begins.
    turned_after_s
        [s since the epoch] The earliest moment of the last turn to the new address.
    led
        The people whom caches still lead to the old address; None when the last one has expired.
    crowds
        Hours since the change in which far more people came than is normal.
    """

    at_s: float
    change_s: float
    loss: Loss
    residual: Residual
    clients: Clients
    stay: Stays
    rate: Rates
    faces: Surprises
    among: Population
    law: Leaving
    normal: Demand
    direct: Direct | None
    horizon_s: float
    confidence: float
    begun_s: float
    turned_after_s: float
    led: Flow | None = None
    crowds: tuple[Crowd, ...] = ()

    @property
    def new_known(self) -> bool:
        """Whether direct visits to the new server can be seen."""
        return self.direct is not None


def forecast(evidence: Evidence, changed_at: datetime) -> Forecast:
    """Return the forecast at the evidence's moment for a change published at `changed_at`."""
    at_s, change_s, policy = evidence.at.timestamp(), changed_at.timestamp(), evidence.migration.policy
    normal_until_s, direct = _baseline_end_s(evidence, change_s), _direct(evidence)
    known = _known(evidence, direct, change_s, normal_until_s)
    table, normal = known.table, _demand_until(evidence, known.normal, normal_until_s)
    came = _people_came(evidence, direct)
    normal = normal if direct is None else replace(normal, quiet=_quiet(evidence, came, normal, change_s))
    bound = bound_s(evidence)
    turn = last_turn(evidence.propagation, change_s, bound, at_s)
    border_s = turn.at_s + max(bound, LEAST_SCALE_S)
    agent = agents_of(table, evidence)
    unnamed = nameless(evidence.kinds)[table.code] | passing(table, agent, at_s)
    table = replace(table, genuine=genuine(table, unnamed, border_s))
    table = described(table, evidence, agent, change_s)
    among = population(table, normal, at_s)
    silent = None if direct is not None else _silence(table, normal, at_s, among, border_s)
    law = leaving(table, turn.at_s, bound, at_s, pending=turn.pending, caches=_caches(evidence, bound), silence=silent)
    left = table.take(np.flatnonzero(may_be_there(table, law)))
    rate = rates(left, normal, at_s, among, horizon_s=policy.horizon_s)
    stay = stays(left, law, rate, at_s, policy.horizon_s, new_known=direct is not None)
    led = flow(table, known.after, law, normal, at_s)
    faces = surprises(table, law, at_s)
    if led is not None and (law.pending or led.age_s < law.scale_s):
        faces = to_come(faces, led, stay, left, policy.horizon_s)
    return Forecast(
        at_s=at_s,
        change_s=change_s,
        loss=loss(stay, rate, faces, horizon_s=policy.horizon_s, confidence=policy.confidence),
        residual=_residual(evidence, normal),
        clients=left,
        stay=stay,
        rate=rate,
        faces=faces,
        among=among,
        law=law,
        normal=normal,
        direct=direct,
        horizon_s=policy.horizon_s,
        confidence=policy.confidence,
        begun_s=_first_s(evidence, at_s),
        turned_after_s=turn.after_s,
        led=led,
        crowds=crowds(came[0], came[1], normal, change_s, at_s),
    )


def _silence(table: Clients, normal: Demand, at_s: float, among: Population, border_s: float) -> NDArray[np.float64]:
    """Return the chance of the silence of those seen after the last honest cache expired, if they still come."""
    silence, rows = np.ones(len(table)), np.flatnonzero(table.last_after_s >= border_s)
    silence[rows] = rates(table.take(rows), normal, at_s, among).silence
    return silence


def _people_came(evidence: Evidence, direct: Direct | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return when people came to either server [s since the epoch], by half hours, and how many [visits]."""
    here = half_hours(evidence.old, _people(evidence.kinds))
    if direct is None or evidence.kinds_new is None:
        return here.start_s, here.came
    there_s = direct.cells.slot[_people(evidence.kinds_new)[direct.new_client]] / 1e6
    return np.concatenate([here.start_s, there_s]), np.concatenate([here.came, np.ones(len(there_s))])


def _quiet(
    evidence: Evidence, came: tuple[NDArray[np.float64], NDArray[np.float64]], normal: Demand, change_s: float
) -> Quiet:
    """Return the days, before and after the change, on which few people came to either server.

    The old server's log alone could not tell them from the drain.
    """
    if evidence.kinds_new is None or normal.visits_per_day is None:
        return normal.quiet
    return quiet_days(came[0], normal.visits, _first_s(evidence, change_s), evidence.at.timestamp(), came[1])


def _people(kinds: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which clients are people."""
    return np.asarray(kinds["kind"].array == "person", np.bool_)


def _first_s(evidence: Evidence, change_s: float) -> float:
    """Return when the old server's log begins [s since the epoch], at the change at the latest."""
    minutes = evidence.old.sums("minutes").columns["start"]
    return min(float(minutes.min()), change_s) if len(minutes) else change_s


def _known(evidence: Evidence, direct: Direct | None, change_s: float, normal_until_s: float) -> Known:
    """Return what is known of the clients that count."""
    return known_clients(
        evidence.old,
        counted_clients(evidence),
        evidence.kinds,
        direct=None if direct is None else direct.cells,
        change_s=change_s,
        normal_until_s=normal_until_s,
        agents=evidence.agents,
    )


def counted_clients(evidence: Evidence) -> NDArray[np.bool_]:
    """Return whether the loss of each of the old log's clients counts."""
    counted = np.zeros(len(evidence.old.clients), bool)
    counted[counted_codes(evidence.old, evidence.kinds, evidence.migration)] = True
    return counted


def _direct(evidence: Evidence) -> Direct | None:
    """Return what came to the new server directly; None if its log is not known."""
    new = evidence.new
    if new is None:
        return None
    codes = codes_in_old(new, evidence.old) if evidence.codes is None else evidence.codes
    return direct_requests(new, evidence.old, {str(address) for address in evidence.migration.old}, codes)


def bound_s(evidence: Evidence) -> float:
    """Return after how many seconds the last honest cache has expired: the TTL before the change, and a browser's hold.

    RFC 1035 section 3.2.1: a record may be cached for its TTL before it must be asked for again.
    """
    dns = evidence.propagation
    seen = None if dns is None else dns.ttl_s
    ttl_s = evidence.migration.ttl_s if evidence.migration.ttl_s is not None else seen
    return min(DEFAULT_TTL_S if ttl_s is None else ttl_s, MOST_BOUND_S) + BROWSER_HOLD_S


def _caches(evidence: Evidence, bound: float) -> Caches:
    """Return what is believed of the caches: by the TTL, and by what snapshots showed of resolvers."""
    dns = evidence.propagation
    return expected_caches(bound - BROWSER_HOLD_S, () if dns is None else dns.resolvers)


def _baseline_end_s(evidence: Evidence, change_s: float) -> float:
    """Return when demand at the old server ceased to be normal: with several record types, at the first change."""
    dns = evidence.propagation
    first = None if dns is None else dns.first_changed_at
    return change_s if first is None else min(first.timestamp(), change_s)


def baseline_demand(evidence: Evidence, until_s: float) -> Demand:
    """Return the normal demand of the counted clients before the change."""
    some = some_at_a_time(evidence.old, counted_clients(evidence))
    began = [visits(NO_CELLS).begun(), *(_began(mine, until_s) for mine in some)]
    return _demand_until(evidence, joined(began), until_s)


def _began(mine: Cells, until_s: float) -> Begun:
    """Return when the visits before a moment began."""
    return parted(mine, until_s)[1].begun()


def _demand_until(evidence: Evidence, before: Begun, change_s: float) -> Demand:
    """Return the normal demand that all visits before the change show."""
    return demand(before, _first_s(evidence, change_s), change_s)


def _residual(evidence: Evidence, normal: Demand) -> Residual:
    """Return what came in the last 24 h: all until now less all until a day ago."""
    late = cells(evidence.old, counted_clients(evidence), after_part=evidence.day_part)
    requests, seen = int(late.requests.sum()), len(np.unique(late.client))
    share = None
    if normal.visits_per_day and normal.requests_per_visit:
        at_s = evidence.at.timestamp()
        usual = float(normal.normal_days(at_s - DAY_S, at_s) * normal.grown(at_s))
        share = requests / max(usual * normal.visits_per_day * normal.requests_per_visit, 1e-9)
    return Residual(float(requests), share, seen)
