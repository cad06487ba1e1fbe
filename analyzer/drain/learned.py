"""The law of leaving as the clients show it: how many stay beyond the bound, how many for ever, how fast they leave."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.caches import UNHELD, Caches
from analyzer.drain.clients import PERSON
from analyzer.drain.identities import lasts
from analyzer.drain.leaving import (
    EXPONENT,
    LEAST_SCALE_S,
    LEAST_SHARE,
    NEVER_SCALE_S,
    REGULAR_S,
    REGULAR_VISITS,
    Leaving,
)
from analyzer.drain.moves import first_direct_s, learned
from analyzer.logs.agents import KINDS
from analyzer.units import DAY_S, WEEK_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.clients import Clients

EXPONENTS_CONSIDERED = np.geomspace(0.5, 6.0, 40)  # [1] of people, and
EXPONENT_SPREAD = 0.4  # [1] how far, in its logarithm, it is believed to be from the prior
LEARNED_WINDOW = 8.0  # [1] it is learned from the last part of the time since the change, from this fraction on
# Prior share of clients that stay beyond the DNS bound, as pseudo counts (stayed, moved).
STAYED_PRIOR = {"person": (0.5, 200.0), "program": (0.5, 10.0)}
OTHER_STAYED_PRIOR = (0.5, 10.0)
# Prior share of those that never move among the ones left at the bound or a day after the change, whichever is later,
# as pseudo counts (never, moved later).
NEVER_PRIOR = {"person": (0.1, 30.0), "program": (1.0, 6.0)}
OTHER_NEVER_PRIOR = (1.0, 6.0)
LEAST_LATELY_S = DAY_S  # [s] in which every hour had its turn
SETTLED_S = WEEK_S  # [s] after the bound: who still comes then counts as one that never moves, as long as it comes
ROUNDS = 30  # of expectation maximisation, for how many of those have left after all,
AWAY, AWAY_S = 0.3, 4 * DAY_S  # [1], [s] least chance that all of a place are away, and how fast it falls: holidays
SETTLED_TO = 1e-4  # [1] or until the share changes by so little


def leaving(
    some: Clients,
    change_s: float,
    bound_s: float,
    at_s: float,
    *,
    pending: bool = False,
    caches: Caches | None = None,
    silence: NDArray[np.float64] | None = None,
) -> Leaving:
    """Return the law, with the shares that stay and that never move learned from the clients seen after the bound.

    Parameters
    ----------
    caches
        What is believed of the caches before any client was seen to move; None: one straight line to the bound.
    silence
        float64, shape (n,) [1]: chance of each client's silence, if it still comes to the old address; None where who
        moves is seen at the new server, and a silence is none of its moving.
    """
    border = change_s + max(bound_s, LEAST_SCALE_S)
    late_old = some.last_after_s >= border
    late_new = some.last_direct_s >= border
    moved_on = some.last_direct_s > some.last_after_s
    settled = (some.last_after_s >= border + SETTLED_S) & ~_passing(some)
    shares, never, known_by = {}, {}, {}
    for code in np.unique(some.kind).tolist():
        kind, mine = KINDS[code], some.kind == code
        stayed = float(some.genuine[mine & late_old & ~moved_on].sum())  # the background was never led there
        moved = int((mine & late_new).sum()) if late_new.any() else _expected_again(some, mine, border, at_s)
        shares[kind] = _share_of(stayed, moved, STAYED_PRIOR.get(kind, OTHER_STAYED_PRIOR))
        left = int((mine & late_old & moved_on).sum())
        settled_there = float(some.genuine[mine & settled & ~moved_on].sum())
        prior = NEVER_PRIOR.get(kind, OTHER_NEVER_PRIOR)
        never[kind], known_by[kind] = _share_of(settled_there, left, prior), settled_there + prior[0]
    exponent = EXPONENT | {"person": _learned_exponent(some, change_s, max(bound_s, LEAST_SCALE_S), at_s)}
    law = Leaving(
        change_s, bound_s, shares, never, pending, exponent, lately=_lately(some, border, at_s), settled=known_by
    )
    if silence is not None and not pending:
        law = _without_silent(law, some, settled & ~moved_on, silence, at_s)
    if pending or caches is None:
        return replace(law, caches=caches)
    return _with_caches(law, some, caches, at_s)


def _without_silent(
    law: Leaving, some: Clients, settled: NDArray[np.bool_], silence: NDArray[np.float64], at_s: float
) -> Leaving:
    """Return the law with the share that never moves as the silences show it, where nobody can be seen to move.

    Each of those left after a day, or at the bound, is there still with a chance that depends on that share, and the
    share on all of them (expectation maximisation, from the greatest share down). Two hundred that stayed for a week
    may all go in one minute, with the server, the office or the release that kept them.

    Parameters
    ----------
    settled
        bool, shape (n,): those that count as never moving, if they are there still.
    """
    since_s = law.change_s + max(law.scale_s, NEVER_SCALE_S)
    left = (some.last_after_s >= since_s) & ~(some.last_direct_s > some.last_after_s) & ~_passing(some)
    for code in np.unique(some.kind[left | settled]).tolist():
        kind, rows = KINDS[code], np.flatnonzero((left | settled) & (some.kind == code))
        prior, weight = NEVER_PRIOR.get(kind, OTHER_NEVER_PRIOR), some.genuine[rows]
        away = AWAY * np.exp((some.last_after_s[rows] - at_s) / AWAY_S)  # the silences of an office are not independent
        quiet = np.maximum(silence[rows], away)
        for _ in range(ROUNDS):
            stays = law.still(some.kind[rows], some.last_after_s[rows], at_s)
            there = stays * quiet / np.maximum(stays * quiet + 1.0 - stays, LEAST_SHARE)
            known = float((weight * there)[settled[rows]].sum())
            gone = float((weight * (1.0 - there)).sum())
            share = _share_of(known, gone, prior)
            settles = abs(share - law.never[kind]) < SETTLED_TO
            law = replace(law, never=law.never | {kind: share}, settled=law.settled | {kind: known + prior[0]})
            if settles:
                break
    return law


def _passing(some: Clients) -> NDArray[np.bool_]:
    """Return the people who came once: how long they stay is not known of them."""
    return np.asarray((some.kind == PERSON) & (some.before + some.after <= 1), np.bool_)


def _with_caches(law: Leaving, some: Clients, prior: Caches, at_s: float) -> Leaving:
    """Return the law with the mixture of caches that the clients' moves make likely."""
    moved_s = first_direct_s(some, at_s) - law.change_s
    rows = np.flatnonzero((some.seen_after | np.isfinite(moved_s)) & (moved_s > 0))
    last_s = np.maximum(np.nan_to_num(some.last_after_s[rows] - law.change_s), 0.0)
    gone = np.where(np.isinf(moved_s[rows]), 0.0, law.staying(moved_s[rows], some.kind[rows]))
    stays = law.staying(last_s, some.kind[rows]) - gone
    caches, unheld = learned(prior, UNHELD, last_s, moved_s[rows], stays)
    return replace(law, caches=caches, unheld=unheld)


def _learned_exponent(some: Clients, change_s: float, scale_s: float, at_s: float) -> float:
    """Return how fast people leave: the posterior mean of k, given when those left lately were last seen and moved.

    Last at the old address at an age a, later at the new one at b: they left in between, with the chance
    (f / a)^k (1 - (a / b)^k) from the beginning f of the stretch looked at. Who was not seen again tells nothing: it is
    given that they left by the stretch's end s, which has the chance 1 - (f / s)^k.
    """
    age_s = at_s - change_s
    from_s = max(age_s / LEARNED_WINDOW, scale_s)
    last, moved = some.last_after_s - change_s, np.maximum(some.last_after_s, some.last_direct_s) - change_s
    lately = (some.kind == PERSON) & (last >= from_s) & (moved > last)
    # The first direct visit after the last old one is not known, only the latest: it lies in the mean of m steps.
    steps = np.maximum(some.direct_since[lately], 1.0)
    a, b = last[lately], last[lately] + (moved[lately] - last[lately]) / steps
    grid = EXPONENTS_CONSIDERED
    log_weight = -0.5 * (np.log(grid / EXPONENT["person"]) / EXPONENT_SPREAD) ** 2
    log_weight += grid * np.log(from_s / a).sum()
    log_weight += np.log(np.maximum(-np.expm1(np.log(a / b)[:, None] * grid), 1e-12)).sum(axis=0)
    if len(a):
        log_weight -= len(a) * np.log(-np.expm1(grid * np.log(from_s / age_s)))
    weight = np.exp(log_weight - log_weight.max())
    return float((weight * grid).sum() / weight.sum())


def _share_of(yes: float, no: float, prior: tuple[float, float]) -> float:
    """Return the posterior mean of a share, given counts and a beta prior's pseudo counts."""
    return (yes + prior[0]) / (yes + no + sum(prior))


def _lately(some: Clients, border_s: float, at_s: float) -> float | None:
    """Return the share of regular people that came to the old address of late, of those who would have if all did.

    Of late is the later half of the time since the change, behind the bound.
    """
    since_s = max(border_s, (at_s + border_s) / 2)
    if at_s - since_s < LEAST_LATELY_S:
        return None
    regular = (some.kind == PERSON) & (some.before >= REGULAR_VISITS) & (some.interval_s <= REGULAR_S)
    known = lasts(some.churn[regular], at_s - some.last_before_s[regular])
    due = known * -np.expm1(-(at_s - since_s) / some.interval_s[regular])
    came = regular & (some.last_after_s >= since_s) & ~some.cleared
    yes, no = STAYED_PRIOR["person"]
    return float((some.genuine[came].sum() + yes) / (max(due.sum(), came.sum()) + yes + no))


def _expected_again(some: Clients, mine: NDArray[np.bool_], border_s: float, at_s: float) -> int:
    """Return how many clients would have come again after the bound; for want of a log of the new server."""
    frequent = some.interval_s * 2 < max(at_s - border_s, 0.0)
    return int((mine & frequent & ~(some.last_after_s >= border_s)).sum())
