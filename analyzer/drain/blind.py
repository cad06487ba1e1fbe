"""Who asks blindly: for nothing but what anybody asks for of any server, who knows nothing of the site.

Scanners do (`analyzer.logs.holes.BLIND` has what they ask for), and so does a monitor. People and programs who come by
the name seldom do, even when they first come: how seldom, those tell who came on several days, which scanners of one
address do not. By that share it is told how many of those who came late, and blindly, may have come by the name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.clients import PERSON, PROGRAM
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.logs.activity import Activity

# [clients] beta priors of the share that first asks blindly: so many of so many.
PRIOR_PEOPLE, PRIOR_PROGRAMS = (0.5, 2.0), (0.4, 2.0)
PRIOR_LATE = 0.5  # [clients] late people that ask for more, or stay for longer, before any is seen
PASSERS = 0.8  # [1] of those who come by the address ask blindly
FEW_VISITS = 3  # [visits] who came so often at most, and blindly each time, may be one of many such
SURE = 1 - 1e-9  # [1] a chance whose odds are a number


@dataclass(frozen=True, slots=True)
class Asked:
    """What clients asked for, one row a client.

    Attributes
    ----------
    blindly
        bool: for nothing but what anybody asks for of any server.
    first_blindly
        bool: so it was in the half hour in which it first came.
    """

    blindly: NDArray[np.bool_]
    first_blindly: NDArray[np.bool_]


def asked(activity: Activity, codes: NDArray[np.int64]) -> Asked:
    """Return what the clients of these codes asked for."""
    columns = activity.sums("cells").columns
    first = np.flatnonzero(np.diff(columns["client"], prepend=-1))  # a client's cells stand together, in order
    every = columns["requests"][first].astype(np.int64) + columns["foreign"][first]
    once = np.zeros(len(activity.clients), np.bool_)
    once[columns["client"][first]] = columns["blind"][first] >= every
    blind, requests, foreign = (activity.by_client(name) for name in ("blind", "requests", "foreign"))
    return Asked((blind >= requests + foreign)[codes], once[codes])


def of_programs(some: Clients, what: Asked, chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chance to come by the name of each client if it asked blindly, given what it is without that."""
    share = _share(some, what, PROGRAM, PRIOR_PROGRAMS)
    odds = chance / (1 - np.minimum(chance, SURE)) * share / PASSERS
    return np.asarray(np.minimum(odds / (1 + odds), chance), np.float64)


def of_people(some: Clients, what: Asked, others: int, found: int) -> float:
    """Return the chance that one of so many late blind visitors is a person who comes by the name.

    Parameters
    ----------
    others
        People that came late, and asked for more.
    """
    share = _share(some, what, PERSON, PRIOR_PEOPLE)
    return min((others + PRIOR_LATE) * share / (1 - share) / max(found, 1), 1.0)


def late_people(some: Clients, what: Asked, border_s: float) -> NDArray[np.bool_]:
    """Return which people came late, seldom, and blindly each time."""
    seldom = (some.before + some.after <= FEW_VISITS) & (some.direct <= 0)
    return np.asarray((some.kind == PERSON) & what.blindly & seldom & (some.last_after_s > border_s), np.bool_)


def _share(some: Clients, what: Asked, kind: int, prior: tuple[float, float]) -> float:
    """Return the share that first asked blindly, of those of a kind who came on several days."""
    again = (some.kind == kind) & (some.last_s - some.first_s >= DAY_S) & (some.before + some.after + some.direct > 1)
    return (float((what.first_blindly & again).sum()) + prior[0]) / (float(again.sum()) + prior[1])
