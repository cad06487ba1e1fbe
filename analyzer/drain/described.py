"""What is known of clients besides their visits: how long they keep a name, whose like they are, their family."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from analyzer.drain.clients import PERSON
from analyzer.drain.direct import agent_numbers
from analyzer.drain.identities import churn_per_day

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.drain.evidence import Evidence


def described(table: Clients, evidence: Evidence, agent: NDArray[np.int32], change_s: float) -> Clients:
    """Return the clients with the columns that their addresses and agents tell.

    Parameters
    ----------
    agent
        int32, one a client of the table: a number for its agent, negative where there is none.
    change_s
        [s since the epoch] The change: identities that ended before it tell how long they last.
    """
    table = replace(table, six=_six(evidence, table))
    return replace(table, churn=churn_per_day(table, agent, change_s), alike=_alike(table.kind, agent))


def agents_of(table: Clients, evidence: Evidence) -> NDArray[np.int32]:
    """Return a number for the agent of each client of the table, negative where there is none."""
    every = agent_numbers(evidence.old) if evidence.agents is None else evidence.agents
    return every[table.code]


def _six(evidence: Evidence, table: Clients) -> NDArray[np.bool_]:
    """Return which of the table's clients have an address of IPv6."""
    six = pc.match_substring(evidence.old.texts[0], ":").to_numpy(zero_copy_only=False)
    return np.asarray(six, np.bool_)[table.code]


def with_kin(table: Clients, evidence: Evidence, agent: NDArray[np.int32]) -> Clients:
    """Return the clients with a number that programs of one agent have in common, and people behind one address."""
    addresses = pc.take(evidence.old.texts[0], table.code)
    house = pc.rank(addresses, tiebreaker="dense").to_numpy().astype(np.int64)
    named = (table.kind != PERSON) & (agent >= 0)
    return replace(table, kin=np.where(named, -agent.astype(np.int64), house))


def _alike(kind: NDArray[np.int8], agent: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return how many clients of its kind have the agent of each; 1 where it has none."""
    key = agent.astype(np.int64) * (int(kind.max(initial=0)) + 1) + kind
    _, code, count = np.unique(key, return_inverse=True, return_counts=True)
    return np.where(agent < 0, 1.0, count[code].astype(np.float64))
