"""Fleets: programs of one name in many places. What the others of a fleet did tells of one that has not come yet.

Whether a program has the address in its set-up nobody can know before it has come. But who wrote a fleet's set-up wrote
it once: of dozens of gateways that were due and have not come to the old address none has it there, most likely, and
neither has one that is not due yet. The share p of a fleet that has it is beta distributed, of the mean that the law
has for any program, and worth `GUESSED_BY` clients; each of the others multiplies that by

- p s + (1 - p) q, if it came when every cache had expired, and has been silent since, as it would be with the chance s;
  q is the share of all programs that stay so long for another reason, to move later,
- 1 - p, if it was seen at the new server since,
- p s + (1 - p) (1 - q (1 - s)), if it has not come, and was silent with the chance s: without the new server's log,
  where a silence is a move. With that log one that moved would have been silent as well, and tells nothing.

Libraries' names are nobody's: a few of them tell nothing of another. Many do, as many of anything tell of one more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.clients import PROGRAM
from analyzer.drain.leaving import by_kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients
    from analyzer.drain.leaving import Leaving

GUESSED_BY = 3.0  # [clients] that a guess of what programs do which were not seen is worth
FLEET = 4  # [clients] of one name,
MANY = 20  # or so many of a library's,
KNOWN = 0.5  # [1] that come by the name with this chance, and not by the address alone
# [1] The shares considered: even steps of an angle, dense where a beta distribution is steep.
SHARES = np.sin(np.pi / 2 * (np.arange(40) + 0.5) / 40) ** 2
LEAST_LIKELIHOOD = 1e-12  # [1] nothing is quite impossible


def fleets(some: Clients, agent: NDArray[np.int32], unnamed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return a number for the fleet of each client, negative for those that are in none.

    Parameters
    ----------
    agent
        int32: a number for the agent of each client, negative where there is none.
    unnamed
        bool: its agent is a library's, or none.
    """
    mine = (some.kind == PROGRAM) & (agent >= 0) & (some.genuine >= KNOWN)
    size = np.bincount(agent[mine], minlength=int(agent.max(initial=0)) + 1)[np.maximum(agent, 0)]
    alone = ~mine | np.where(unnamed, size < MANY, some.alike < FLEET)
    return np.where(alone, -1, agent).astype(np.int64)


def devices(some: Clients, unnamed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which clients are programs that many people have on their devices: of a name of their own, in many places.

    A library's name on many addresses may be many people's scripts.
    """
    return np.asarray((some.kind == PROGRAM) & ~unnamed & (some.alike >= MANY), np.bool_)


def moved(some: Clients, fleet: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return of each fleet, by its number, how many were seen to have moved [clients], however late."""
    mine = (fleet >= 0) & some.cleared
    return np.bincount(fleet[mine], minlength=int(fleet.max(initial=0)) + 1).astype(np.float64)


def written(
    some: Clients,
    fleet: NDArray[np.int64],
    silence: NDArray[np.float64],
    gone: NDArray[np.float64],
    law: Leaving,
    *,
    new_known: bool,
) -> NDArray[np.float64]:
    """Return the chance that each client has the address in its set-up, as the others of its fleet tell.

    Parameters
    ----------
    some
        Those that may still use the old address.
    silence
        float64, shape (n,) [1]: the chance of the silence of each, if it still comes.
    gone
        float64 [clients]: by the fleet's number, how many moved besides.
    law
        It has the chance where nothing is known, and when the last honest cache expired.

    Returns
    -------
    float64, shape (n,) [1]
        NaN where it is in no fleet.
    """
    found, rows = np.full(len(some), np.nan), np.flatnonzero(fleet >= 0)
    if not len(rows):
        return found
    names, row = np.unique(fleet[rows], return_inverse=True)
    came = some.last_after_s[rows] >= law.change_s + law.scale_s
    later = by_kind(some.kind[rows], law.stayed, 1.0, least=LEAST_LIKELIHOOD)
    each = _log_likelihood(came, silence[rows], later, new_known=new_known)
    whole = np.stack([np.bincount(row, column, len(names)) for column in each.T], axis=1)
    whole += gone[names][:, None] * np.log1p(-SHARES) + _log_prior(float(law.unseen(some.kind[rows[:1]])[0]))
    others = whole[row] - each  # its own silence is weighed later
    weight = np.exp(others - others.max(axis=1, keepdims=True))
    found[rows] = weight @ SHARES / weight.sum(axis=1)
    return found


def _log_likelihood(
    came: NDArray[np.bool_], silence: NDArray[np.float64], later: NDArray[np.float64], *, new_known: bool
) -> NDArray[np.float64]:
    """Return what each client did, as likely as it is for each of the shares, shape (n, shares): its logarithm."""
    moves = np.where(came, later, silence if new_known else 1.0 - later * (1.0 - silence))
    likely = SHARES * silence[:, None] + (1 - SHARES) * moves[:, None]
    return np.asarray(np.log(np.maximum(likely, LEAST_LIKELIHOOD)), np.float64)


def _log_prior(mean: float) -> NDArray[np.float64]:
    """Return the logarithm of the shares' beta distribution: of their angle, that is times (p (1 - p))**(1/2)."""
    log = (GUESSED_BY * mean - 0.5) * np.log(SHARES) + (GUESSED_BY * (1 - mean) - 0.5) * np.log1p(-SHARES)
    return np.asarray(log, np.float64)
