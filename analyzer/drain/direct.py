"""What came to the new server directly: proxied requests told apart, clients known from the old server's log."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyzer.drain.cells import NO_CELLS, Cells, cells, some_at_a_time
from analyzer.logs.agents import kind_of_agent

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from analyzer.logs.activity import Activity

DEVICES = ("dalvik/", "cfnetwork/")  # in the agents of applications of Android and iOS
NAMED = (("program", "not-a-browser"), ("program", "application"))
_NAME = re.compile(r"[a-z0-9_.-]{3,40}")
PROXY_SHARE = 0.001  # [1] of the new server's requests from an old address: then proxied ones are told apart by it
SLOT_US = 1_800_000_000  # [µs] the half hour of a cell
LAST_US = 1 << 62  # [µs] after everything
SLOTS = 2**24  # half hours in 957 years: more than there are since the epoch


@dataclass(frozen=True, slots=True)
class Direct:
    """What came to the new server directly.

    Attributes
    ----------
    cells
        With the clients' codes of the old server's log; one that it never saw has a code above all of those.
    new_client
        int64: the clients' codes in the new server's activity, one a cell.
    by_client
        The same cells as the old log's clients had them: where the new log has no agents, those of an address once for
        each of the people there. Sorted by client.
    told
        bool, one a client of the old log: whether its direct requests would be known for its own.
    """

    cells: Cells
    new_client: NDArray[np.int64]
    by_client: Cells
    told: NDArray[np.bool_]


def direct_requests(
    new: Activity,
    old: Activity,
    old_addresses: Collection[str],
    codes: NDArray[np.int64],
    person: NDArray[np.bool_],
) -> Direct:
    """Return what came to the new server directly.

    Proxied requests are told apart by the old server's address as their peer; where the new server restores the
    clients' addresses (mod_remoteip), what the old server logged of the same client in the same half hour is taken off.

    Parameters
    ----------
    old
        The old server's log.
    codes
        As `codes_in_old` returns them.
    person
        bool, one a client of the old log.
    """
    there = cells(new)
    house = houses(new, old)
    proxied = new.clients["address"].isin(list(old_addresses)).to_numpy(dtype=bool)[there.client]
    total = int(there.requests.sum())
    if not total or int(there.requests[proxied].sum()) < PROXY_SHARE * total:
        there = _less(there, old, codes, house)
        proxied = np.zeros(len(there.client), bool)
    there = there.where(~proxied)
    known = replace(there, client=codes[there.client])
    order = np.argsort(known.client, kind="stable")
    found = known.where(order)
    by_client, told = (found, np.ones(len(old.clients), np.bool_)) if house is None else _shared(found, house, person)
    return Direct(found, there.client[order], by_client, told)


def houses(new: Activity, old: Activity) -> NDArray[np.int64] | None:
    """Return for each client of the old log the first one of its address; None where agents tell who is who.

    They do where both logs have them. Where the old log has none, each address is one client there.
    """
    if has_agents(new) or not has_agents(old):
        return None
    number, addresses = pd.factorize(old.clients["address"])
    first = np.full(len(addresses), len(number), np.int64)
    np.minimum.at(first, number, np.arange(len(number)))
    return np.asarray(first[number], np.int64)


def _shared(found: Cells, house: NDArray[np.int64], person: NDArray[np.bool_]) -> tuple[Cells, NDArray[np.bool_]]:
    """Return the cells of addresses as their people's, and which clients of the old log are told by them.

    One client alone is known by its address. Of several the people share it, and mostly a resolver; a program beside
    others may hold what it looked up long ago, whoever else is there.
    """
    alone = np.bincount(house, minlength=len(house))[house] == 1
    told = alone | person
    mine = np.flatnonzero(told)[np.argsort(house[told], kind="stable")]
    begins = np.searchsorted(house[mine], np.arange(len(house) + 1))
    at = np.minimum(found.client, len(house))
    known = at < len(house)
    count = np.where(known, begins[np.minimum(at + 1, len(house))] - begins[at], 1)
    cell = np.repeat(np.arange(len(at)), count)
    turn = np.arange(len(cell)) - np.repeat(np.cumsum(count) - count, count)
    client = np.where(known[cell], mine[np.minimum(begins[at[cell]] + turn, len(mine) - 1)], found.client[cell])
    order = np.argsort(client, kind="stable")
    return replace(found.where(cell[order]), client=client[order]), told


def _less(there: Cells, old: Activity, codes: NDArray[np.int64], house: NDArray[np.int64] | None) -> Cells:
    """Return the cells, one a client and half hour, less what the old server logged of them."""
    here, code = _halves(there), np.arange(len(old.clients)) if house is None else house
    both = np.zeros(len(old.clients), bool)
    both[codes[codes < len(old.clients)]] = True
    keys, requests = _logged(old, both[code], code, int(here.slot.min(initial=LAST_US)))
    mine, _ = _keyed(here, codes)
    at = np.minimum(np.searchsorted(keys, mine), max(len(keys) - 1, 0))
    proxied = np.where(keys[at] == mine, requests[at], 0) if len(keys) else np.zeros(len(mine), np.int64)
    left = replace(here, requests=here.requests - proxied)
    return left.where(left.requests > 0)


def _logged(
    old: Activity, both: NDArray[np.bool_], code: NDArray[np.int64], since_us: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return keys, ascending, and requests of those clients' half hours in the old log since a moment.

    Parameters
    ----------
    code
        int64, one a client: as whose they count.
    """
    some = (one.where(one.slot >= since_us) for one in some_at_a_time(old, both))
    found, sent = zip(*(_keyed(_halves(one), code) for one in chain([NO_CELLS], some)), strict=True)
    keys, requests = np.concatenate(found), np.concatenate(sent)
    if (np.diff(keys) > 0).all():  # each client its own: they are in order
        return keys, requests
    several, row = np.unique(keys, return_inverse=True)
    return several, np.bincount(row, requests, len(several)).astype(np.int64)


def _halves(some: Cells) -> Cells:
    """Return the cells with the parts of a half hour summed; sorted by client and time they are neighbours."""
    if not len(some.client):
        return some
    begins = np.flatnonzero((np.diff(some.client, prepend=-1) != 0) | (np.diff(some.slot, prepend=-1) != 0))
    firsts = some.where(begins)
    last, requests = np.maximum.reduceat(some.last, begins), np.add.reduceat(some.requests, begins)
    return replace(firsts, last=last, requests=requests)


def _keyed(some: Cells, codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return a number for each client and half hour, and the requests."""
    return codes[some.client] * SLOTS + some.slot // SLOT_US, some.requests


def codes_in_old(new: Activity, old: Activity) -> NDArray[np.int64]:
    """Return the old log's code of each client of the new log; unknown ones get codes above all of the old log's.

    Where one of the logs has no agents (`common`), the address alone tells who it is: the first client of it.
    """
    keys = ["address", "agent"] if has_agents(old) and has_agents(new) else ["address"]
    known = old.clients[keys].fillna("").assign(code=np.arange(len(old.clients))).drop_duplicates(keys)
    codes = (
        new.clients[keys]
        .fillna("")
        .merge(known, on=keys, how="left")["code"]
        .to_numpy(dtype=float, na_value=np.nan, copy=True)
    )
    unknown = np.isnan(codes)
    codes[unknown] = len(old.clients) + np.arange(int(unknown.sum()))
    return codes.astype(np.int64)


def has_agents(activity: Activity) -> bool:
    """Return whether a log tells any agent at all."""
    return bool(activity.clients["agent"].notna().any())


def agent_numbers(activity: Activity) -> NDArray[np.int32]:
    """Return a number for the agent of each client of a log, -1 where there is none; one for all of an application."""
    codes, agents = pd.factorize(activity.clients["agent"])
    applications = pd.factorize(np.array([application(str(agent)) for agent in agents], object))[0]
    return np.append(applications, -1)[codes].astype(np.int32)


def application(agent: str) -> str:
    """Return what all agents of one application have in common; of a library or a browser, the agent itself.

    An application on telephones names its device, and itself first: `ShopApp/3.2 CFNetwork/1410.0.3`, `Dalvik/2.1.0
    (Linux; U; Android 13; SM-A536B)`. A library is used by many, who have nothing in common.

    >>> application("ShopApp/3.2 CFNetwork/1410.0.3 Darwin/22.6.0"), application("Java/11.0.2")
    ('shopapp', 'Java/11.0.2')
    """
    lower = agent.lower()
    on_devices = any(word in lower for word in DEVICES)
    if not on_devices and kind_of_agent(agent) not in NAMED:
        return agent
    name = _NAME.match(lower)
    return name[0] if name else agent


def has_moved(direct: Direct, old: Activity) -> NDArray[np.bool_]:
    """Return for each client of the old log, of whatever kind, whether its latest request was a direct one."""
    size = len(old.clients)
    latest_old, latest_new = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
    logged = old.sums("cells")
    client, ends = logged.columns["client"], np.ones(len(logged), bool)
    ends[:-1] = client[1:] != client[:-1]
    latest = logged.where(ends, "client", "start", "last")  # of each client's cells the last one
    latest_old[latest.columns["client"]] = latest.moments_us("last")
    known = direct.by_client.client < size
    np.maximum.at(latest_new, direct.by_client.client[known], direct.by_client.last[known])
    return latest_new > latest_old
