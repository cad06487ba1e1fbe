"""The clients that count, one by one: what each did before the change, after it, and at the new server."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.direct import has_agents
from analyzer.drain.refused import repeated_requests
from analyzer.drain.visits import HALF_HOUR_S, Cells, Visits, visits
from analyzer.units import HOUR_S

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from analyzer.logs.activity import Activity
    from analyzer.migration import Migration

LEAST_INTERVALS = 4  # intervals that a rhythm must have shown to be called regular
REGULAR_SPREAD = 0.25  # [1] standard deviation over mean of a regular client's intervals, at most
STEADY_INTERVAL_S = 2 * HOUR_S  # [s] without agents, who comes so often, or like a clock, is taken for a program
STEADY_LOOKS = 36  # [visits] so many of them: three days of one in two hours
MANY_ADDRESSES = 30  # [clients] with one agent, of those that count: it is an application that people run
AGENT_KINDS = ("person", "program")  # those that only an agent tells apart


@dataclass(frozen=True, slots=True)
class Clients:
    """Aligned columns, one row a counted client seen in the old server's log; NaN where there is no such time.

    Attributes
    ----------
    code
        int64: the client's code in the old server's activity.
    kind
        object: person, program, …
    before, after, direct
        float64 [visits]: at the old server before and after the change, and directly at the new one.
    requests_after, requests
        float64 [requests] at the old server after the change, and in all of its log but for those asked again because
        they were refused.
    first_s, last_s
        float64 [s since the epoch]: first and last request seen anywhere.
    first_after_s, last_after_s
        float64 [s since the epoch]: first and last request at the old server after the change.
    first_direct_s, last_direct_s
        float64 [s since the epoch]: first and last direct request at the new server.
    direct_since
        float64 [half hours]: those with direct requests since the last at the old server.
    intervals
        float64: how many times between visits are known; one that goes on is a visit each half hour.
    interval_s, longest_s, spread, regular
        float64 [s], [s], [1], bool: their mean, the longest, the standard deviation over the mean (each NaN without
        any), and whether they hardly differ.
    """

    code: NDArray[np.int64]
    kind: NDArray[np.object_]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    direct: NDArray[np.float64]
    requests_after: NDArray[np.float64]
    requests: NDArray[np.float64]
    first_s: NDArray[np.float64]
    last_s: NDArray[np.float64]
    first_after_s: NDArray[np.float64]
    last_after_s: NDArray[np.float64]
    first_direct_s: NDArray[np.float64]
    last_direct_s: NDArray[np.float64]
    direct_since: NDArray[np.float64]
    intervals: NDArray[np.float64]
    interval_s: NDArray[np.float64]
    longest_s: NDArray[np.float64]
    spread: NDArray[np.float64]
    regular: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.code)

    def take(self, rows: NDArray[np.int64]) -> Clients:
        """Return some of the rows."""
        return Clients(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    @property
    def seen_after(self) -> NDArray[np.bool_]:
        """Whether the client came to the old server after the change."""
        return np.isfinite(self.last_after_s)

    @property
    def cleared(self) -> NDArray[np.bool_]:
        """Whether the client's latest visit was a direct one at the new server."""
        return np.isfinite(self.last_direct_s) & ~(self.last_after_s >= self.last_direct_s)

    @property
    def requests_per_visit(self) -> NDArray[np.float64]:
        """[requests/visit] at the old server, at least 1."""
        return np.maximum(self.requests / np.maximum(self.before + self.after, 1.0), 1.0)


def counted_codes(activity: Activity, kinds: pd.DataFrame, migration: Migration) -> NDArray[np.int64]:
    """Return the codes of the clients whose lost requests count: of a counted kind, and not accepted."""
    wanted = set(migration.policy.counts)
    if wanted & set(AGENT_KINDS) and not has_agents(activity):
        wanted |= set(AGENT_KINDS)  # nobody can tell which of them it is
    codes = np.flatnonzero(kinds["kind"].isin(list(wanted)).to_numpy(dtype=bool))
    if migration.policy.accepted:
        addresses = activity.clients["address"].to_numpy(dtype=object)[codes]
        codes = codes[[not migration.policy.accepts(str(address)) for address in addresses]]
    return codes.astype(np.int64)


def clients(
    activity: Activity,
    mine: Cells,
    parts: tuple[Visits, Visits],
    kinds: pd.DataFrame,
    *,
    direct: Cells | None,
    change_s: float,
) -> Clients:
    """Return the table of counted clients.

    Parameters
    ----------
    activity
        What was read of the old server's log.
    mine
        Its cells of the clients that count.
    parts
        Their visits before and after the change.
    direct
        Cells of direct requests at the new server; None if its log is not known.
    change_s
        [s since the epoch] When the DNS change was published.
    """
    every = visits(mine)
    code = every.client[np.flatnonzero(np.diff(every.client, prepend=-1))]
    old, before, after = (_Placed.of(some, code) for some in (every, *parts))
    theirs = None if direct is None else direct.of(code)
    there = None if theirs is None else _Placed.of(visits(theirs), code)
    nothing, never = np.zeros(len(code)), np.full(len(code), np.nan)
    first_direct, last_direct = (never, never) if there is None else there.span()
    first_after, last_after = after.span()
    first, last = old.span()
    rhythm = old.rhythm()
    return Clients(
        code=code,
        kind=_kinds(activity, kinds["kind"].iloc[code].to_numpy(dtype=object), _shared(activity, code), old, rhythm),
        before=before.sum(before.visits.weight),
        after=after.sum(after.visits.weight),
        direct=nothing if there is None else there.sum(there.visits.weight),
        requests_after=after.sum(after.visits.requests),
        requests=old.sum(old.visits.requests) - repeated_requests(activity)[code],
        first_s=np.fmin(first, first_direct),
        last_s=np.fmax(last, last_direct),
        first_after_s=np.maximum(first_after, change_s),
        last_after_s=last_after,
        first_direct_s=first_direct,
        last_direct_s=last_direct,
        direct_since=nothing if theirs is None else _direct_since(theirs, code, last_after),
        intervals=rhythm.count,
        interval_s=rhythm.mean_s,
        longest_s=rhythm.longest_s,
        spread=rhythm.spread,
        regular=rhythm.regular,
    )


def _rows(client: NDArray[np.int64], code: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return in which row of the table each of some clients stands; all of them are in it."""
    row = np.zeros(int(code.max(initial=-1)) + 1, np.int64)
    row[code] = np.arange(len(code))
    return row[client]


def _kinds(
    activity: Activity, kind: NDArray[np.object_], shared: NDArray[np.bool_], old: _Placed, rhythm: _Rhythm
) -> NDArray[np.object_]:
    """Return the kinds; where agents do not tell, persons and programs by how they come.

    They do not where the log has none, nor of an application that many people run.
    """
    open_to_doubt = np.isin(kind, AGENT_KINDS) if not has_agents(activity) else (kind == "program") & shared
    first, last = old.span()
    looks = old.sum(old.visits.weight)
    steady = rhythm.regular | ((looks >= STEADY_LOOKS) & (last - first <= STEADY_INTERVAL_S * looks))
    return np.where(open_to_doubt, np.where(steady, "program", "person"), kind).astype(object)


def _shared(activity: Activity, code: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which clients have an agent that many have: an application on people's devices, or in many houses."""
    agents = activity.clients["agent"].iloc[code].astype("category").cat.codes.to_numpy().astype(np.int64)
    return np.asarray((np.bincount(agents + 1)[agents + 1] >= MANY_ADDRESSES) & (agents >= 0), np.bool_)


def _direct_since(direct: Cells, code: NDArray[np.int64], last_after: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the half hours with direct requests since each client's last one at the old server.

    Of cells, not visits: a program that polls all the time makes one visit that began long ago.
    """
    row = _rows(direct.client, code)
    late = ~(direct.first / 1e6 <= last_after[row])
    return np.bincount(row[late], minlength=len(code)).astype(np.float64)


@dataclass(frozen=True, slots=True)
class _Rhythm:
    """The times between each client's visits."""

    count: NDArray[np.float64]
    mean_s: NDArray[np.float64]
    longest_s: NDArray[np.float64]
    spread: NDArray[np.float64]
    regular: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Placed:
    """Visits, and in which row of a table of so many clients each one belongs."""

    visits: Visits
    row: NDArray[np.int64]
    size: int

    @classmethod
    def of(cls, some: Visits, code: NDArray[np.int64]) -> _Placed:
        """Return the visits of clients with these codes."""
        return cls(some, _rows(some.client, code), len(code))

    def sum(self, values: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of what each client's visits have."""
        return np.bincount(self.row, weights=values, minlength=self.size).astype(np.float64)

    def span(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return each client's first and last moment; NaN where it has none."""
        first, last = np.full(self.size, np.nan), np.full(self.size, np.nan)
        if len(self.row):
            begins = np.flatnonzero(np.diff(self.row, prepend=-1))
            row = self.row[begins]
            first[row] = self.visits.start[begins]
            last[row] = np.maximum.reduceat(self.visits.end, begins)
        return first, last

    def rhythm(self) -> _Rhythm:
        """Return what the times between each client's visits are like; one that goes on is a visit each half hour."""
        same = self.row[1:] == self.row[:-1]
        further = (self.visits.weight - 1).astype(np.float64)
        ticked = self.visits.start + further * HALF_HOUR_S
        gap, at = (self.visits.start[1:] - ticked[:-1])[same], self.row[1:][same]
        ticks = self.sum(further)
        count = (np.bincount(at, minlength=self.size) + ticks).astype(np.float64)
        longest = np.where(ticks > 0, float(HALF_HOUR_S), np.nan)
        begins = np.flatnonzero(np.diff(at, prepend=-1))
        if len(begins):
            longest[at[begins]] = np.fmax(longest[at[begins]], np.maximum.reduceat(gap, begins))
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (np.bincount(at, weights=gap, minlength=self.size) + HALF_HOUR_S * ticks) / count
            square = (np.bincount(at, weights=gap**2, minlength=self.size) + HALF_HOUR_S**2 * ticks) / count
            spread = np.sqrt(np.maximum(square - mean**2, 0.0)) / mean
        return _Rhythm(count, mean, longest, spread, (count >= LEAST_INTERVALS) & (spread <= REGULAR_SPREAD))
