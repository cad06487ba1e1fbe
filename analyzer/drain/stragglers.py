"""Who is left: the clients that still used the old address after the change, ranked by what they would lose."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.clients import PERSON, PROGRAM
from analyzer.drain.fleets import FLEET
from analyzer.drain.moves import came_back
from analyzer.drain.verdict import Straggler
from analyzer.logs.agents import KINDS
from analyzer.units import DAY_S, HALF_HOUR_S, spoken_duration, spoken_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.forecast import Forecast
    from analyzer.logs.activity import Activity

LEAST_VISITS = 3  # visits beyond the DNS bound, before a client is called stuck
LEAST_RETURNS = 6  # [visits] after the change, of one who comes to both servers in turn
LEAST_SPAN_S = 3 * DAY_S  # [s] beyond the bound; RFC 8767 section 5 has caches serve stale answers for no longer
# [s] from the first visit beyond the bound to the last: weekly restarts lie in it; of a fleet the rings of its releases
# and technicians' rounds; and of people, whose routers and telephones keep an address until they are restarted, most.
LEAST_AGE_S, LEAST_AGE_OF_FLEET_S, LEAST_AGE_OF_PEOPLE_S = 9.75 * DAY_S, 14 * DAY_S, 18 * DAY_S
# [s], [1] The same of people, where those who moved have shown that whoever is left hardly does.
AGE_OF_PEOPLE_LEFT_S, LEAST_NEVER = 16 * DAY_S, 0.9
SELDOM_S = 10 * DAY_S  # [s] who comes seldomer is no process that runs on: a scheduler that starts a weekly job is one
LEAST_SPAN_OF_SIX_S, LATELY_S = 2 * DAY_S, 6 * DAY_S  # [s] an address of IPv6 was seen for, and since then, at most
LEAST_GENUINE = 0.75  # [1] chance to be no passer-by, of a program that nobody had heard of
LEAST_CHANCE, LEAST_CHANCE_OF_SELDOM = 0.5, 0.25  # [1] that it still comes
LEAST_EXPECTED = 0.001  # [requests] below which a client is no straggler any more: it rounds to nothing


def stuck_mask(now: Forecast) -> NDArray[np.bool_]:
    """Return which clients do not move by themselves: they keep coming long after every cache has expired."""
    some, law = now.clients, now.law
    if law.pending:  # they go where the DNS sends them
        return np.zeros(len(some), bool)
    border = law.change_s + law.scale_s
    late = some.last_after_s - border
    span = some.last_after_s - np.maximum(some.first_after_s, border)
    steps = np.where(np.isfinite(some.interval_s), some.interval_s, 0.0)
    # From its first visit on: a program that was off until then has had no occasion to restart.
    of_program = np.where(some.alike >= FLEET, LEAST_AGE_OF_FLEET_S, LEAST_AGE_S)
    of_people = np.where(now.stay.never >= LEAST_NEVER, AGE_OF_PEOPLE_LEFT_S, LEAST_AGE_OF_PEOPLE_S)
    least_s = np.where(some.kind == PERSON, of_people, of_program)
    # A person who was away until then still comes by what was looked up before: the later the first visit, the surer.
    first_late = some.first_after_s - border
    aged = (some.kind == PERSON) & (late >= of_people) & (span >= of_people / 2)
    away = (some.kind == PERSON) & (first_late >= LEAST_AGE_OF_PEOPLE_S) & (span >= LEAST_SPAN_S)
    often = (some.after >= LEAST_VISITS) & (((span >= least_s) | aged) & (span >= 2 * steps) | away)
    # Who comes every few weeks holds no cache and no connection in between: one visit tells.
    seldom = (some.kind == PROGRAM) & (steps >= SELDOM_S) & (late >= LEAST_SPAN_S)
    # So does one of a program that nobody has heard of before: what anyone held when the DNS changed is long forgotten.
    unheard = (some.kind == PROGRAM) & (some.before <= 0) & (first_late >= LEAST_SPAN_S)
    unheard &= (now.normal.baseline_s > 0) & (some.genuine >= LEAST_GENUINE)
    moved = some.last_direct_s > some.first_after_s
    # Of who comes to both servers in turn no router holds the old address: the others behind it have the new one.
    in_turn_s = np.where(some.kind == PERSON, LEAST_AGE_OF_FLEET_S, of_program)
    stays = ((often | seldom | unheard) & ~moved) | _one_of_several(now, span >= in_turn_s) | by_six(now)
    # What the months have shown of who moves is not told of one that was here at most twice in them.
    least = np.where(seldom | unheard, LEAST_CHANCE_OF_SELDOM, LEAST_CHANCE)
    return np.asarray(stays & (now.stay.chance >= least), bool)


def by_six(now: Forecast) -> NDArray[np.bool_]:
    """Return which clients an AAAA record leads to the old server, as it seems, and goes on to.

    Most addresses of IPv6 are another one tomorrow: those are named that came for days.
    """
    if not now.six.any():
        return now.six
    some, border_s = now.clients, now.law.change_s + now.law.scale_s
    span_s = some.last_after_s - np.maximum(some.first_after_s, border_s)
    lately = now.at_s - some.last_after_s <= LATELY_S
    return np.asarray(now.six & (some.after >= LEAST_VISITS) & (span_s >= LEAST_SPAN_OF_SIX_S) & lately, np.bool_)


def look_at_the_record(now: Forecast) -> str:
    """Return what tells of a forgotten AAAA record, and to look at it."""
    told = "nobody with IPv6 came to the new server" if now.new_known else "nearly all who are left have IPv6"
    return f"{told}: look at the AAAA record."


def _one_of_several(now: Forecast, aged: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which clients come to both servers in turn, and keep coming to the old one: several machines, one stuck.

    Parameters
    ----------
    aged
        bool, one a client: whether it came to the old one for long enough.
    """
    some = now.clients
    again = some.last_after_s - some.first_direct_s >= LEAST_SPAN_S
    return np.asarray(came_back(some, now.law) & (some.after >= LEAST_RETURNS) & again & aged, np.bool_)


def stragglers(now: Forecast, activity: Activity) -> tuple[Straggler, ...]:
    """Return the stragglers, the greatest expected loss first."""
    stuck = stuck_mask(now)
    left = ~now.clients.cleared & (now.stay.expected_requests >= LEAST_EXPECTED)
    rows = np.flatnonzero(now.clients.seen_after & (stuck | left))
    rows = rows[np.lexsort((now.clients.code[rows], -now.stay.expected_requests[rows]))]
    named = activity.clients.iloc[now.clients.code[rows]]
    names = zip(named["address"].to_numpy(dtype=object), named["agent"].to_numpy(dtype=object), strict=True)
    return tuple(
        _straggler(now, int(i), bool(stuck[i]), str(address), agent if isinstance(agent, str) else None)
        for i, (address, agent) in zip(rows, names, strict=True)
    )


def _straggler(now: Forecast, i: int, stuck: bool, address: str, agent: str | None) -> Straggler:
    some = now.clients
    interval = float(some.interval_s[i])
    return Straggler(
        client=address,
        agent=agent,
        kind=KINDS[some.kind[i]],
        requests=int(some.requests_after[i]),
        first_seen=_moment(some.first_after_s[i]),
        last_seen=_moment(some.last_after_s[i]),
        expected_requests=float(now.stay.expected_requests[i]),
        stuck=stuck,
        why=_why(now, i, stuck),
        rhythm_s=interval if np.isfinite(interval) else None,
    )


def _why(now: Forecast, i: int, stuck: bool) -> str:
    """Return one sentence of what the client did that tells why it is listed."""
    some = now.clients
    visits = f"{some.after[i]:.0f} visit{'s' if some.after[i] != 1 else ''} after the change"
    silence = spoken_duration(max(now.at_s - float(some.last_after_s[i]), 0.0))
    often = "at least" if some.interval_s[i] <= HALF_HOUR_S else "about"
    rhythm = f", {often} every {spoken_duration(float(some.interval_s[i]))}" if some.interval_s[i] > 0 else ""
    if stuck:
        late = spoken_duration(float(some.last_after_s[i]) - now.law.change_s - now.law.bound_s)
        still = f"{visits}{rhythm}, the last {late} after every honest cache had expired"
        if some.last_direct_s[i] > some.first_after_s[i]:
            return f"{still}, and others to the new server: of several machines behind it one does not move by itself."
        if by_six(now)[i]:
            return f"{still}; {look_at_the_record(now)}"
        never = ", and none to the new server" if now.new_known else ""
        never += " since the first" if np.isfinite(some.first_direct_s[i]) else ""
        return f"{still}{never}: it does not move by itself."
    chance = spoken_share(float(now.stay.chance[i]))
    return f"{visits}{rhythm}, silent for {silence} now; the chance that it still uses the old address is {chance}."


def _moment(at_s: float) -> datetime:
    return datetime.fromtimestamp(float(at_s), UTC)
