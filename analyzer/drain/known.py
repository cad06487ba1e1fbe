"""What is known of the clients that count: their table, made of half-hour cells, some clients at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.background import nameless
from analyzer.drain.cells import NO_CELLS, Cells, some_at_a_time
from analyzer.drain.clients import PERSON, PROGRAM, Clients
from analyzer.drain.demand import on_weekend
from analyzer.drain.direct import agent_numbers, has_agents
from analyzer.drain.refused import repeated_requests
from analyzer.drain.rhythm import Placed, Rhythm, rows_of
from analyzer.drain.visits import Begun, joined, parted, visits
from analyzer.logs.memory import give_back
from analyzer.units import HALF_HOUR_S, HOUR_S, WEEK_S

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from analyzer.drain.direct import Direct
    from analyzer.drain.visits import Visits
    from analyzer.logs.activity import Activity

STEADY_INTERVAL_S = 2 * HOUR_S  # [s] without agents, who comes so often, or like a clock, is taken for a program
STEADY_LOOKS = 36  # [visits] so many of them: three days of one in two hours
MANY_PARTS = 16  # [parts] a million cells
MANY_ADDRESSES = 30  # [clients] with one agent, of those that count: it is an application that people run


def known_clients(
    activity: Activity,
    counted: NDArray[np.bool_],
    kinds: pd.DataFrame,
    *,
    direct: Direct | None,
    change_s: float,
    at_s: float,
    normal_until_s: float | None = None,
    agents: NDArray[np.int32] | None = None,
) -> Known:
    """Return the counted clients, some at a time: what is made of millions of cells on the way is large.

    Parameters
    ----------
    activity
        What was read of the old server's log.
    counted
        bool, one a client: whether it counts.
    direct
        What came to the new server directly; None if its log is not known.
    change_s, at_s
        [s since the epoch] When the DNS change was published, and now.
    normal_until_s
        [s since the epoch] Until when demand was normal; up to the change, if absent.
    agents
        A number for the agent of each client, negative where there is none; found, if absent.
    """
    kind = kinds["kind"].array.codes  # their categories are `KINDS`, in order
    seen = counted & (activity.by_client("requests") > 0)
    unnamed = nameless(kinds)
    if int((seen & unnamed).sum()) >= MANY_ADDRESSES:
        seen &= ~unnamed | _came_again(activity)
    unsure = _unsure(activity, kind, seen, agents)
    about = _About(kind, unsure, repeated_requests(activity), direct, change_s, at_s, normal_until_s)
    some = [_some(about, mine) for mine in some_at_a_time(activity, counted)] or [_some(about, NO_CELLS)]
    table, normal = joined([one.table for one in some]), joined([one.normal for one in some])
    found = Known(table, normal, joined([one.after for one in some]))
    if len(some) >= MANY_PARTS:
        some.clear()
        give_back()  # a hundred megabytes were made and left on the way
    return found


@dataclass(frozen=True, slots=True)
class Known:
    """The counted clients, and as much of their visits to the old server as the model needs one by one.

    Attributes
    ----------
    table
        A row a client.
    normal
        When those of their visits began that are normal demand.
    after
        Those since the change.
    """

    table: Clients
    normal: Begun
    after: Visits


@dataclass(frozen=True, slots=True)
class _About:
    """What is known of all clients of a log, by their codes; otherwise as `clients` has it."""

    kind: NDArray[np.int8]
    unsure: NDArray[np.bool_]
    repeated: NDArray[np.float64]
    direct: Direct | None
    change_s: float
    at_s: float
    normal_until_s: float | None


def _some(about: _About, mine: Cells) -> Known:
    """Return the same of those clients whose cells these are."""
    every, *parts = parted(mine, about.change_s)
    code = every.client[np.flatnonzero(np.diff(every.client, prepend=-1))]
    old, before, after = (Placed.of(one, code) for one in (every, *parts))
    rhythm, last_after_s = old.rhythm(), after.last_s
    there = _there(None if about.direct is None else about.direct.by_client, code, last_after_s)
    kind = _kinds(about.kind[code], about.unsure[code], old, rhythm)
    table = Clients(
        code=code,
        kind=kind,
        before=before.sum(before.visits.weight),
        after=after.sum(after.visits.weight),
        direct=there.visits,
        weekend=old.sum(old.visits.weight * on_weekend(old.visits.start)),
        requests_after=after.sum(after.visits.requests),
        requests=old.sum(old.visits.requests) - about.repeated[code],
        varied=old.varied((kind != PERSON) & (about.repeated[code] <= 0)),
        first_s=np.fmin(old.first_s, there.first_s),
        last_s=np.fmax(old.last_s, there.last_s),
        first_after_s=np.maximum(after.first_s, about.change_s),
        last_after_s=last_after_s,
        last_before_s=before.last_s,
        week_before=_week_before(before, about.change_s),
        first_direct_s=there.first_s,
        last_direct_s=there.last_s,
        direct_since=there.since,
        absent=after.as_long(about.at_s),
        intervals=rhythm.count,
        interval_s=rhythm.mean_s,
        longest_s=rhythm.longest_s,
        spread=rhythm.spread,
        regular=rhythm.regular | ((kind != PERSON) & rhythm.exact),
        genuine=np.ones(len(code)),
        churn=np.zeros(len(code)),
        alike=np.ones(len(code)),
        kin=code.astype(np.int64),
        six=np.zeros(len(code), np.bool_),
        told=np.ones(len(code), np.bool_) if about.direct is None else about.direct.told[code],
        written=np.full(len(code), np.nan),
    )
    normal = before.visits if about.normal_until_s in {None, about.change_s} else parted(mine, about.normal_until_s)[1]
    return Known(table, normal.begun(), after.visits)


def _week_before(before: Placed, change_s: float) -> NDArray[np.float64]:
    """Return how often each client came a week earlier, in the time from its last visit before the change to that."""
    start = before.visits.start
    inside = (start > before.last_s[before.row] - WEEK_S) & (start <= change_s - WEEK_S)
    return before.sum(before.visits.weight * inside)


@dataclass(frozen=True, slots=True)
class _There:
    """What clients did at the new server directly."""

    visits: NDArray[np.float64]
    first_s: NDArray[np.float64]
    last_s: NDArray[np.float64]
    since: NDArray[np.float64]


def _there(direct: Cells | None, code: NDArray[np.int64], last_after_s: NDArray[np.float64]) -> _There:
    """Return what the clients with these codes did at the new server; `since` is of half hours, not visits.

    A program that polls all the time makes one visit that began long before its last one at the old server.
    """
    if direct is None:
        nothing, never = np.zeros(len(code)), np.full(len(code), np.nan)
        return _There(nothing, never, never, nothing)
    mine = direct.of(code)
    row = rows_of(mine.client, code)
    late = ~(mine.first / 1e6 <= last_after_s[row])
    since = np.bincount(row[late], minlength=len(code)).astype(np.float64)
    there = Placed.of(visits(mine), code)
    return _There(there.sum(there.visits.weight), there.first_s, there.last_s, since)


def _kinds(kind: NDArray[np.int8], unsure: NDArray[np.bool_], old: Placed, rhythm: Rhythm) -> NDArray[np.int8]:
    """Return the kinds; where agents do not tell, persons and programs by how they come."""
    looks = old.sum(old.visits.weight)
    steady = rhythm.regular | ((looks >= STEADY_LOOKS) & (old.last_s - old.first_s <= STEADY_INTERVAL_S * looks))
    return np.where(unsure, np.where(steady, PROGRAM, PERSON), kind).astype(np.int8)


def _came_again(activity: Activity) -> NDArray[np.bool_]:
    """Return which clients came again, later than the next half hour: who comes once may be one of many scanners."""
    client, start = (activity.sums("cells").columns[name] for name in ("client", "start"))
    again = np.zeros(len(activity.clients), np.bool_)
    again[client[1:][(client[1:] == client[:-1]) & (np.diff(start.astype(np.int64)) > HALF_HOUR_S)]] = True
    return again


def _unsure(
    activity: Activity, kind: NDArray[np.int8], seen: NDArray[np.bool_], agents: NDArray[np.int32] | None
) -> NDArray[np.bool_]:
    """Return of which clients the agent does not tell whether they are persons or programs.

    It does not where the log has none, nor of an application that many run: on people's devices, or in many houses.

    Parameters
    ----------
    seen
        bool, one a client: those by whom an application is known.
    """
    if not has_agents(activity):
        return np.isin(kind, (PERSON, PROGRAM))
    agents = agent_numbers(activity) if agents is None else agents
    many = np.bincount(agents[seen] + 1, minlength=int(agents.max(initial=-1)) + 2) >= MANY_ADDRESSES
    many[0] = False  # no agent
    return np.asarray((kind == PROGRAM) & many[agents + 1], np.bool_)
