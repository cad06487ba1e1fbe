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
    all_away,
)
from analyzer.drain.moves import first_direct_s, first_in_s, learned
from analyzer.drain.shown import as_shown
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
    shares, never, known_by = _counted(some, border, max(border, change_s + NEVER_SCALE_S), at_s)
    exponent, doubt = _learned_exponent(some, change_s, max(bound_s, LEAST_SCALE_S), at_s)
    law = Leaving(
        change_s, bound_s, shares, never, pending, EXPONENT | {"person": exponent}, {"person": doubt},
        lately=_lately(some, border, at_s), settled=known_by,
    )  # fmt: skip
    if pending:
        return replace(law, caches=caches)
    law = _as_they_last(law, some, silence, at_s)
    law = law if caches is None else _with_caches(law, some, caches, at_s)
    law = _as_they_last(as_shown(law, some, silence, at_s), some, silence, at_s)  # some that settled have left
    return as_shown(law, some, silence, at_s)


def _counted(
    some: Clients, border_s: float, never_s: float, at_s: float
) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Return by kind the shares that stay beyond the bound and that never move, and by how many the latter is known."""
    late_old, late_new = some.last_after_s >= border_s, some.last_direct_s >= border_s
    moved_on = some.last_direct_s > some.last_after_s
    settled = (some.last_after_s >= border_s + SETTLED_S) & ~some.passing
    shares, never, known_by = {}, {}, {}
    for code in np.unique(some.kind).tolist():
        kind, mine = KINDS[code], some.kind == code
        stayed = float(some.genuine[mine & late_old & ~moved_on].sum())  # the background was never led there
        moved = int((mine & late_new).sum()) if late_new.any() else _expected_again(some, mine, border_s, at_s)
        shares[kind] = _share_of(stayed, moved, STAYED_PRIOR.get(kind, OTHER_STAYED_PRIOR))
        left = int((mine & (some.last_after_s >= never_s) & moved_on).sum())
        settled_there = float(some.genuine[mine & settled & ~moved_on].sum())
        prior = NEVER_PRIOR.get(kind, OTHER_NEVER_PRIOR)
        never[kind], known_by[kind] = _share_of(settled_there, left, prior), settled_there + prior[0]
    return shares, never, known_by


def _as_they_last(law: Leaving, some: Clients, silence: NDArray[np.float64] | None, at_s: float) -> Leaving:
    """Return the law with the share that never moves as all show it who were left after a day, or at the bound.

    People who come day after day, while most of those bound to leave would have left, are ever likelier never to: the
    share depends on them, and they on the share (expectation maximisation). Where nobody can be seen to move, so does
    whether they are there still, from the greatest share down: two hundred that stayed for a week may all go in one
    minute, with the server, the office or the release that kept them.
    """
    border, moved_on = law.change_s + law.scale_s, some.last_direct_s > some.last_after_s
    here = ~moved_on & ~some.passing
    settled = here & (some.last_after_s >= border + SETTLED_S)
    since_s = law.change_s + max(law.scale_s, NEVER_SCALE_S)
    left, moved = here & (some.last_after_s >= since_s), moved_on & (some.last_after_s >= since_s)
    for code in np.unique(some.kind[left | settled]).tolist():
        rows = np.flatnonzero((left | settled) & (some.kind == code))
        gone = int((moved & (some.kind == code)).sum())
        law = _maximised(law, some, rows, settled=settled[rows], moved=gone, silence=silence, at_s=at_s)
    return law


def _maximised(
    law: Leaving,
    some: Clients,
    rows: NDArray[np.int64],
    *,
    settled: NDArray[np.bool_],
    moved: int,
    silence: NDArray[np.float64] | None,
    at_s: float,
) -> Leaving:
    """Return the law with a kind's share that never moves, by its clients left, who of them settled, and the moved."""
    kind = KINDS[some.kind[rows[0]]]
    prior, weight = NEVER_PRIOR.get(kind, OTHER_NEVER_PRIOR), some.genuine[rows]
    lasted = _lasted(some, rows, law) if kind == "person" else np.full(len(rows), np.inf)
    for _ in range(ROUNDS):
        told = silence is not None or kind in law.shown
        there = _there(law, some, rows, silence, at_s) if told else np.ones(len(rows))
        lasts_on = law.never[kind] / (law.never[kind] + (1.0 - law.never[kind]) * lasted)
        known = float((weight * there * np.where(settled, 1.0, lasts_on)).sum())
        bound_to = np.where(settled | np.isinf(lasted), 0.0, 1.0 - lasts_on)  # of a program that stays nobody knows
        share = _share_of(known, moved + float((weight * (1.0 - there + there * bound_to)).sum()), prior)
        settles = abs(share - law.never[kind]) < SETTLED_TO
        law = replace(law, never=law.never | {kind: share}, settled=law.settled | {kind: known + prior[0]})
        if settles:
            break
    return law


def _lasted(some: Clients, rows: NDArray[np.int64], law: Leaving) -> NDArray[np.float64]:
    """Return the chance that clients bound to move come for as long as they did, from their first late visit on."""
    first_s, last_s = law.age_s(some.first_after_s[rows]), law.age_s(some.last_after_s[rows])
    seen_s = first_in_s(first_s, some.interval_s[rows], last_s, max(law.scale_s, NEVER_SCALE_S))
    return np.asarray((seen_s / last_s) ** law.exponents(some.kind[rows]))


def _there(
    law: Leaving, some: Clients, rows: NDArray[np.int64], silence: NDArray[np.float64] | None, at_s: float
) -> NDArray[np.float64]:
    """Return the chance that silent clients are there still; the silences of an office are not independent.

    Where who moves is seen a silence tells nothing, but for what the moves of the others show beyond the law.
    """
    stays = law.still(some.kind[rows], some.last_after_s[rows], at_s)
    if silence is None:
        believed = law.as_believed().still(some.kind[rows], some.last_after_s[rows], at_s)
        return np.asarray(np.minimum(stays / np.maximum(believed, LEAST_SHARE), 1.0), np.float64)
    quiet = np.maximum(silence[rows], all_away(at_s - some.last_after_s[rows]))
    return np.asarray(stays * quiet / np.maximum(stays * quiet + 1.0 - stays, LEAST_SHARE), np.float64)


def _with_caches(law: Leaving, some: Clients, prior: Caches, at_s: float) -> Leaving:
    """Return the law with the mixture of caches that the clients' moves make likely."""
    moved_s = first_direct_s(some, at_s) - law.change_s
    rows = np.flatnonzero((some.seen_after | np.isfinite(moved_s)) & (moved_s > 0))
    last_s = np.maximum(np.nan_to_num(some.last_after_s[rows] - law.change_s), 0.0)
    gone = np.where(np.isinf(moved_s[rows]), 0.0, law.staying(moved_s[rows], some.kind[rows]))
    stays = law.staying(last_s, some.kind[rows]) - gone
    caches, unheld = learned(prior, UNHELD, last_s, moved_s[rows], stays)
    return replace(law, caches=caches, unheld=unheld)


def _learned_exponent(some: Clients, change_s: float, scale_s: float, at_s: float) -> tuple[float, float]:
    """Return how fast people leave: the posterior mean of k, given when those left lately were last seen and moved.

    Beside it stands the spread of its logarithm.

    First seen at the old address in the stretch looked at, at an age f, last at a, and at the new one at b: they left
    between these two, with the chance (f / a)^k (1 - (a / b)^k). Who was not seen again tells nothing: it is given that
    they left by the stretch's end s, which has the chance 1 - (f / s)^k.
    """
    age_s = at_s - change_s
    from_s = max(age_s / LEARNED_WINDOW, scale_s)
    last, moved = some.last_after_s - change_s, np.maximum(some.last_after_s, some.last_direct_s) - change_s
    lately = (some.kind == PERSON) & (last >= from_s) & (moved > last)
    # The first direct visit after the last old one is not known, only the latest: it lies in the mean of m steps.
    steps = np.maximum(some.direct_since[lately], 1.0)
    a, b = last[lately], last[lately] + (moved[lately] - last[lately]) / steps
    f = first_in_s(some.first_after_s[lately] - change_s, some.interval_s[lately], a, from_s)
    grid = EXPONENTS_CONSIDERED
    log_weight = -0.5 * (np.log(grid / EXPONENT["person"]) / EXPONENT_SPREAD) ** 2
    log_weight += grid * np.log(f / a).sum()
    log_weight += np.log(np.maximum(-np.expm1(np.log(a / b)[:, None] * grid), 1e-12)).sum(axis=0)
    log_weight -= np.log(-np.expm1(np.log(f / age_s)[:, None] * grid)).sum(axis=0)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    middle = (weight * np.log(grid)).sum()
    return float((weight * grid).sum()), float(np.sqrt((weight * (np.log(grid) - middle) ** 2).sum()))


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
