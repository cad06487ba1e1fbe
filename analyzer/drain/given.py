"""What the evidence gives of what the forecast is made of: clients, normal demand, caches, the last day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.caches import expected_caches
from analyzer.drain.cells import NO_CELLS, cells, half_hours, some_at_a_time
from analyzer.drain.clients import PERSON, PROGRAM, counted_codes
from analyzer.drain.demand import demand
from analyzer.drain.direct import codes_in_old, direct_requests, has_agents
from analyzer.drain.known import known_clients
from analyzer.drain.leaving import MOST_BOUND_S
from analyzer.drain.quiet import quiet_days
from analyzer.drain.telling import untold
from analyzer.drain.verdict import Residual
from analyzer.drain.visits import joined, parted, visits
from analyzer.units import DAY_S

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from analyzer.drain.caches import Caches
    from analyzer.drain.cells import Cells
    from analyzer.drain.demand import Demand
    from analyzer.drain.direct import Direct
    from analyzer.drain.evidence import Evidence
    from analyzer.drain.known import Known
    from analyzer.drain.quiet import Quiet
    from analyzer.drain.visits import Begun
    from analyzer.logs.activity import Activity

DEFAULT_TTL_S = DAY_S  # [s] where nothing tells the TTL: the usual longest (Unbound's cache-max-ttl)
BROWSER_HOLD_S = 120  # [s] Firefox holds an address 60 s and another 60 s while it asks again


def people_came(
    evidence: Evidence, direct: Direct | None, kind: NDArray[np.int8]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return when people came to either server [s since the epoch], by half hours, and how many [visits].

    Parameters
    ----------
    kind
        int8, one a client of the old server's log: its place in `KINDS`, as it comes where its words do not tell. So it
        is at the new server.
    """
    here = half_hours(evidence.old, kind == PERSON)
    if direct is None or evidence.new is None or evidence.kinds_new is None:
        return here.start_s, here.came
    there = _people_there(evidence.new, evidence.kinds_new, evidence.old, kind)[direct.new_client]
    code = direct.cells.client
    known = (code < len(kind)) & has_agents(evidence.new)
    people = np.where(known, kind[np.where(known, code, 0)] == PERSON, there)
    there_s = direct.cells.slot[people] / 1e6
    return np.concatenate([here.start_s, there_s]), np.concatenate([here.came, np.ones(len(there_s))])


def _people_there(new: Activity, kinds: pd.DataFrame, old: Activity, kind: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Return which of the new log's clients are people; where it has no agents, all but the old log's other addresses.

    Parameters
    ----------
    kinds
        Those of the new log's clients, as they say themselves.
    kind
        int8, one a client of the old log.
    """
    told = kinds["kind"].array.codes
    if has_agents(new):
        return np.asarray(told == PERSON, np.bool_)
    people = kind == PERSON
    addresses = old.clients["address"]
    others = set(addresses[~people]) - set(addresses[people])
    return np.asarray(np.isin(told, (PERSON, PROGRAM)) & ~new.clients["address"].isin(others).to_numpy(), np.bool_)


def quiet_of(
    evidence: Evidence, came: tuple[NDArray[np.float64], NDArray[np.float64]], normal: Demand, change_s: float
) -> Quiet:
    """Return the days, before and after the change, on which few people came to either server.

    The old server's log alone could not tell them from the drain.
    """
    if evidence.kinds_new is None or normal.visits_per_day is None:
        return normal.quiet
    return quiet_days(came[0], normal.visits, first_s(evidence, change_s), evidence.at.timestamp(), came[1])


def first_s(evidence: Evidence, change_s: float) -> float:
    """Return when the old server's log begins [s since the epoch], at the change at the latest."""
    minutes = evidence.old.sums("minutes").columns["start"]
    return min(float(minutes.min()), change_s) if len(minutes) else change_s


def known_of(evidence: Evidence, direct: Direct | None, change_s: float, normal_until_s: float) -> Known:
    """Return what is known of the clients that count."""
    return known_clients(
        evidence.old,
        counted_clients(evidence),
        evidence.kinds,
        direct=direct,
        change_s=change_s,
        at_s=evidence.at.timestamp(),
        normal_until_s=normal_until_s,
        agents=evidence.agents,
    )


def counted_clients(evidence: Evidence) -> NDArray[np.bool_]:
    """Return whether the loss of each of the old log's clients counts."""
    counted = np.zeros(len(evidence.old.clients), bool)
    counted[counted_codes(evidence.old, evidence.kinds, evidence.migration)] = True
    return counted


def direct_of(evidence: Evidence, change_s: float) -> tuple[Direct | None, str]:
    """Return what came to the new server directly; None if its log is not known, or does not tell, and why not."""
    new = evidence.new
    if new is None or evidence.kinds_new is None:
        return None, ""
    codes = codes_in_old(new, evidence.old) if evidence.codes is None else evidence.codes
    people = np.asarray(evidence.kinds["kind"].array == "person", np.bool_)
    found = direct_requests(new, evidence.old, {str(one) for one in evidence.migration.old}, codes, people)
    why = untold(found, new, evidence.kinds_new, evidence.old, change_s)
    return (None if why else found), why


def bound_s(evidence: Evidence) -> float:
    """Return after how many seconds the last honest cache has expired: the TTL before the change, and a browser's hold.

    RFC 1035 section 3.2.1: a record may be cached for its TTL before it must be asked for again.
    """
    dns = evidence.propagation
    seen = None if dns is None else dns.ttl_s
    ttl_s = evidence.migration.ttl_s if evidence.migration.ttl_s is not None else seen
    return min(DEFAULT_TTL_S if ttl_s is None else ttl_s, MOST_BOUND_S) + BROWSER_HOLD_S


def caches_of(evidence: Evidence, bound: float) -> Caches:
    """Return what is believed of the caches: by the TTL, and by what snapshots showed of resolvers."""
    dns = evidence.propagation
    return expected_caches(bound - BROWSER_HOLD_S, () if dns is None else dns.resolvers)


def baseline_end_s(evidence: Evidence, change_s: float) -> float:
    """Return when demand at the old server ceased to be normal: with several record types, at the first change."""
    dns = evidence.propagation
    first = None if dns is None else dns.first_changed_at
    return change_s if first is None else min(first.timestamp(), change_s)


def baseline_demand(evidence: Evidence, until_s: float) -> Demand:
    """Return the normal demand of the counted clients before the change."""
    some = some_at_a_time(evidence.old, counted_clients(evidence))
    began = [visits(NO_CELLS).begun(), *(_began(mine, until_s) for mine in some)]
    return demand_until(evidence, joined(began), until_s)


def _began(mine: Cells, until_s: float) -> Begun:
    """Return when the visits before a moment began."""
    return parted(mine, until_s)[1].begun()


def demand_until(evidence: Evidence, before: Begun, change_s: float) -> Demand:
    """Return the normal demand that all visits before the change show."""
    return demand(before, first_s(evidence, change_s), change_s)


def residual_of(evidence: Evidence, normal: Demand) -> Residual:
    """Return what came in the last 24 h: all until now less all until a day ago."""
    late = cells(evidence.old, counted_clients(evidence), after_part=evidence.day_part)
    requests, seen = int(late.requests.sum()), len(np.unique(late.client))
    share = None
    if normal.visits_per_day and normal.requests_per_visit:
        at_s = evidence.at.timestamp()
        usual = float(normal.normal_days(at_s - DAY_S, at_s) * normal.grown(at_s))
        share = requests / max(usual * normal.visits_per_day * normal.requests_per_visit, 1e-9)
    return Residual(float(requests), share, seen)
