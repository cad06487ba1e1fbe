"""How long an identity lasts: an address and an agent, by which a client is known.

A server's partner keeps its address for years. A telephone, a home with another address each night, an IPv6 address
made for privacy do not: who was known by it goes on under another one, and this one never comes again, whatever the DNS
says. How fast that goes shows before anything was moved: of those who came often, some were gone at the baseline's end.

With an exponential life of rate c, m of n identities that ended, in x days of life in all, give a gamma posterior of c,
of mean (a + m) / (b + x). Not all are alike: rates are exponential about that, so one that has lived for L days already
has the mean rate 1 / (1/c + L).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.logs.agents import KINDS
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.drain.leaving import Leaving

LEAST_INTERVALS = 3  # [intervals] between visits, that tell of a silence that it is long
ENDED_TIMES = 5.0  # [1] the mean interval, and
ENDED_LONGEST = 2.0  # [1] the longest one: a silence beyond both is an end
# Prior of the rate: pseudo identities that ended, in so many days of life. People's browsers change their version, and
# homes their address, within months; programs and their servers stay for years.
PRIOR = {"person": (0.5, 45.0), "program": (0.1, 60.0)}
OTHER_PRIOR = (0.1, 60.0)
OF_AN_AGENT = 5  # [identities] of one agent, that are enough to tell of it by themselves


def churn_per_day(some: Clients, agent: NDArray[np.int32], change_s: float) -> NDArray[np.float64]:
    """Return the rate at which each client's identity ends, as the baseline shows it for those like it.

    Parameters
    ----------
    agent
        int32: a number for the agent of each client, negative where there is none.
    change_s
        [s since the epoch] The baseline's end.

    Returns
    -------
    float64, shape (n,) [1/day]
    """
    told, ended, life_days = _lives(some, change_s)
    kinds, kind = np.unique(some.kind, return_inverse=True)
    numbers = agent.astype(np.int64) + 1
    size = int(numbers.max(initial=0)) + 1
    enough = np.bincount(numbers[told], minlength=size) >= OF_AN_AGENT
    enough[0] = False  # no agent is nobody's
    # One group for each agent that is known well, one for each kind and family of the others.
    group = np.where(enough[numbers], 2 * len(kinds) + numbers, 2 * kind + some.six)
    count = 2 * len(kinds) + size
    deaths = np.bincount(group[told], ended[told].astype(np.float64), count)
    lived = np.bincount(group[told], life_days[told], count)
    prior = np.array([PRIOR.get(KINDS[code], OTHER_PRIOR) for code in kinds.tolist()]).reshape(-1, 2)[kind]
    rate = (prior[:, 0] + deaths[group]) / (prior[:, 1] + lived[group])
    own_days = np.nan_to_num(np.maximum(some.last_s - some.first_s, 0.0)) / DAY_S
    return np.asarray(1.0 / (1.0 / rate + own_days), np.float64)


def _lives(some: Clients, change_s: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float64]]:
    """Return whose lives in the baseline are known, which had ended at its end, and how long they were [days].

    Those are known whose end would have been seen by then: who comes seldom, and is silent for as long, tells none.
    """
    longest = np.fmax(ENDED_TIMES * some.interval_s, ENDED_LONGEST * np.nan_to_num(some.longest_s))
    came = some.last_before_s - some.first_s
    silent = change_s - some.last_before_s
    ended = silent > longest
    # An end is seen only if it came early enough; and who has come so often has lived for so long: both are no risk.
    told = (some.before > LEAST_INTERVALS) & (some.intervals >= LEAST_INTERVALS) & np.isfinite(longest)
    told &= change_s - some.first_s > longest
    life = np.maximum(came - LEAST_INTERVALS * some.interval_s, 0.0) / DAY_S
    return told & (came >= 0), ended, np.nan_to_num(life)


def lasts(churn: NDArray[np.float64], silent_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chance that identities last through a silence [s]."""
    return np.asarray(np.exp(-churn * np.maximum(silent_s, 0.0) / DAY_S), np.float64)


def lasting(churn: NDArray[np.float64], horizon_s: float) -> NDArray[np.float64]:
    """Return the mean share of a horizon that identities last: (1 - e^(-c H)) / (c H)."""
    span = np.maximum(churn * horizon_s / DAY_S, 1e-9)
    return np.asarray(-np.expm1(-span) / span, np.float64)


def remains(some: Clients, law: Leaving, at_s: float, horizon_s: float) -> NDArray[np.float64]:
    """Return the share of the horizon for which clients count under the identities that they have.

    Those of whom the time since the bound shows the next identity are faces then; the others are there all the same.
    """
    shown = lasts(some.churn, np.full(len(some), max(float(law.age_s(at_s)) - law.scale_s, 0.0)))
    return lasting(some.churn, horizon_s) * (1.0 - shown) + shown
