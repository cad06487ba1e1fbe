"""From evidence to a forecast: what a removal now would lose, who is left, and when it will be over."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.background import genuine, nameless, passing
from analyzer.drain.between import silent_until_it_moved
from analyzer.drain.blind import asked
from analyzer.drain.crowds import Crowd, crowds
from analyzer.drain.described import agents_of, described, with_kin
from analyzer.drain.direct import has_agents
from analyzer.drain.fleets import devices, fleets, moved, written
from analyzer.drain.flow import Flow, flow, to_come
from analyzer.drain.given import (
    baseline_end_s,
    bound_s,
    caches_of,
    demand_until,
    direct_of,
    first_s,
    known_of,
    people_came,
    quiet_of,
    residual_of,
)
from analyzer.drain.learned import leaving
from analyzer.drain.leaving import LEAST_SCALE_S, Leaving
from analyzer.drain.loss import Loss, loss
from analyzer.drain.newcomers import newcomers
from analyzer.drain.places import closed
from analyzer.drain.rates import Population, Rates, population, rates
from analyzer.drain.six import came_directly, left_behind
from analyzer.drain.stays import Stays, may_be_there, stays
from analyzer.drain.surprise import Surprises, surprises
from analyzer.drain.turn import last_turn

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.drain.demand import Demand
    from analyzer.drain.direct import Direct
    from analyzer.drain.evidence import Evidence
    from analyzer.drain.verdict import Residual


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
        What came to the new server directly; None if its log is not known, or does not tell.
    untold
        Why it does not; nothing where it does, or is not given.
    kind
        int8, one a client of the old server's log: its place in `KINDS`, as it comes where its words do not tell.
    six
        bool, one a client: led to the old server by an AAAA record that nobody changed, as the logs show it (`six`).
    begun_s
        [s since the epoch] The old server's log begins.
    turned_after_s
        [s since the epoch] The earliest moment of the last turn to the new address.
    led
        The people whom caches still lead to the old address; None when the last one has expired.
    crowds
        Hours since the change in which far more people came than is normal.
    closed
        Rows of the clients whose place nobody has come from (`places`).
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
    kind: NDArray[np.int8]
    six: NDArray[np.bool_]
    horizon_s: float
    confidence: float
    begun_s: float
    turned_after_s: float
    untold: str = ""
    led: Flow | None = None
    crowds: tuple[Crowd, ...] = ()
    closed: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def new_known(self) -> bool:
        """Whether direct visits to the new server can be seen."""
        return self.direct is not None


def forecast(evidence: Evidence, changed_at: datetime) -> Forecast:
    """Return the forecast at the evidence's moment for a change published at `changed_at`."""
    at_s, change_s, policy = evidence.at.timestamp(), changed_at.timestamp(), evidence.migration.policy
    normal_until_s = baseline_end_s(evidence, change_s)
    direct, why = direct_of(evidence, change_s)
    known = known_of(evidence, direct, change_s, normal_until_s)
    table, normal = known.table, demand_until(evidence, known.normal, normal_until_s)
    kind = _kind(evidence, table)
    came = people_came(evidence, direct, kind)
    normal = normal if direct is None else replace(normal, quiet=quiet_of(evidence, came, normal, change_s))
    bound = bound_s(evidence)
    turn = last_turn(evidence.propagation, change_s, bound, at_s)
    border_s = turn.at_s + max(bound, LEAST_SCALE_S)
    agent = agents_of(table, evidence)
    table = described(_doubted(table, evidence, agent, border_s, change_s), evidence, agent, change_s)
    among = population(table, normal, at_s)
    silent = None if direct is not None else _silence(table, normal, at_s, among, border_s)
    law = leaving(
        table, turn.at_s, bound, at_s, pending=turn.pending, caches=caches_of(evidence, bound), silence=silent
    )
    may = np.flatnonzero(may_be_there(table, law))
    left = with_kin(table.take(may), evidence, agent[may])
    rate = rates(left, normal, at_s, among, horizon_s=policy.horizon_s)
    unnamed = nameless(evidence.kinds)[table.code]
    fleet = fleets(table, agent, unnamed)
    told = written(left, fleet[may], rate.silence, moved(table, fleet), law, new_known=direct is not None)
    left = replace(left, written=told)
    faces = surprises(table, law, at_s)
    six = left_behind(table, law, came_directly(evidence, direct, change_s))[may]
    new = newcomers(left, law, faces, named=has_agents(evidence.old), devices=devices(left, unnamed[may]), six=six)
    unseen = direct is None or not left.told.all()
    until = silent_until_it_moved(left, law, normal, among, at_s) if unseen else None
    stay = stays(left, law, rate, at_s, policy.horizon_s, new_known=direct is not None, new=new, until_moved=until)
    led = flow(table, known.after, law, normal, at_s)
    if led is not None and (law.pending or led.age_s < law.scale_s):
        faces = to_come(faces, led, stay, left, policy.horizon_s)
    return Forecast(
        at_s=at_s,
        change_s=change_s,
        loss=loss(stay, rate, faces, horizon_s=policy.horizon_s, confidence=policy.confidence),
        residual=residual_of(evidence, normal),
        clients=left,
        stay=stay,
        rate=rate,
        faces=faces,
        among=among,
        law=law,
        normal=normal,
        direct=direct,
        kind=kind,
        six=six,
        horizon_s=policy.horizon_s,
        confidence=policy.confidence,
        begun_s=first_s(evidence, at_s),
        turned_after_s=turn.after_s,
        untold=why,
        led=led,
        crowds=crowds(came[0], came[1], normal, change_s, at_s),
        closed=closed(left, table, evidence, direct, law),
    )


def _kind(evidence: Evidence, table: Clients) -> NDArray[np.int8]:
    """Return the kind of each client of the old server's log, of those that count as they come and leave."""
    kind = np.asarray(evidence.kinds["kind"].array.codes, np.int8).copy()
    kind[table.code] = table.kind
    return kind


def _doubted(table: Clients, evidence: Evidence, agent: NDArray[np.int32], border_s: float, change_s: float) -> Clients:
    """Return the clients with the chance of each to come by the name, and not by the address alone."""
    at_s = evidence.at.timestamp()
    what, begun_s = asked(evidence.old, table.code), first_s(evidence, change_s)
    unnamed = nameless(evidence.kinds)[table.code] | passing(table, agent, at_s, what.blindly)
    return replace(table, genuine=genuine(table, what, unnamed, border_s, begun_s=begun_s, at_s=at_s))


def _silence(table: Clients, normal: Demand, at_s: float, among: Population, border_s: float) -> NDArray[np.float64]:
    """Return the chance of the silence of those seen after the last honest cache expired, if they still come."""
    silence, rows = np.ones(len(table)), np.flatnonzero(table.last_after_s >= border_s)
    silence[rows] = rates(table.take(rows), normal, at_s, among).silence
    return silence
