"""Activity -> what kind of client each is, and which rule says so.

An agent's words come first (`analyzer.logs.agents`), what the client did goes on top. Whoever is not known counts as
a person or a program.

Two things that look like signs are weighed. Requests in fixed steps day and night are a monitor's, but a business
program's that polls as well: they turn a crawler of no known purpose into a monitor, never something that counts into
something that does not. Requests from the server's own addresses may be its own jobs, which go with the machine, or
everybody's behind a TLS terminator on it: they are its own only where they are few, of a few programs, and no browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyzer.logs.agents import KINDS, kind_of_agent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.logs.activity import Activity

__all__ = ["KINDS", "kinds"]

LEAST_PROBES = 3  # requests: fewer may be a mistyped path
PROBE_SHARE = 0.5  # of a client's requests: nobody who works with the application probes it half of the time
LEAST_SLOTS = 40  # half hours: of the 48 of a day, so that nights are among them
SLOT_SHARE = 0.9  # of the half hours between the first and the last with requests
LEAST_STEADY = 288  # requests: one in five minutes for a day
OWN_SHARE = 0.1  # of all requests: more than this from the server itself is somebody's traffic passed on
OWN_AGENTS = 3  # programs at one of its addresses: more are somebody's traffic passed on
LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1", "localhost")
STEADY_SPREAD = 0.15  # standard deviation by mean of the requests in a half hour; Poisson at 30 would be 0.18


def kinds(activity: Activity, own: Iterable[object] = ()) -> pd.DataFrame:
    """Return kind and rule of each client.

    Parameters
    ----------
    activity
        What was read of a server's logs.
    own
        Addresses of that server, beside those of its loopback.

    Returns
    -------
    pandas.DataFrame
        Index: the client's code, as in `activity.clients`. Columns kind (str, one of `KINDS`) and rule (str): a rule of
        `kind_of_agent`, or `probes` (nothing but refused lookups of what only scanners look for; or at least 3 of them,
        and half of its requests), `foreign-host` (it only asked for other hosts), `steady` (a crawler in fixed
        steps: a monitor), or `own-address` (the server's own jobs: a monitor).
    """
    clients = activity.clients
    codes, agents = pd.factorize(clients["agent"], use_na_sentinel=True)
    known = [kind_of_agent(str(agent)) for agent in agents] + [kind_of_agent(None)]
    result = pd.DataFrame(
        {
            "kind": pd.Series([kind for kind, _ in known], dtype="str").to_numpy()[codes],
            "rule": pd.Series([rule for _, rule in known], dtype="str").to_numpy()[codes],
        },
        index=clients.index,
        dtype="str",
    )
    totals = _totals(activity.cells, clients.index)
    probing = (totals["probes"] >= LEAST_PROBES) & (totals["probes"] >= PROBE_SHARE * totals["all"])
    probing |= (totals["probes"] > 0) & (totals["probes"] == totals["all"])
    _put(result, probing, "scanner", "probes")
    _put(result, (totals["requests"] == 0) & (totals["foreign"] > 0), "scanner", "foreign-host")
    aimless = (result["kind"] == "crawler") & (result["rule"] == "crawlerdetect")
    _put(result, aimless & _steady(activity.cells, clients.index[aimless], clients.index), "monitor", "steady")
    _put(result, _own_jobs(clients, result["kind"], totals["all"], own), "monitor", "own-address")
    return result


def _own_jobs(clients: pd.DataFrame, kind: pd.Series, requests: pd.Series, own: Iterable[object]) -> pd.Series:
    """Return whether each client is a program of the server itself."""
    address = clients["address"].astype("str")
    here = address.isin({*LOOPBACK, *map(str, own)})
    several = address.map(address[here].value_counts()).fillna(0) > OWN_AGENTS
    browsed = address.isin(set(address[here & (kind == "person")]))
    few = float(requests[here].sum()) < OWN_SHARE * float(requests.sum())
    return here & (kind == "program") & ~several & ~browsed & few


def _totals(cells: pd.DataFrame, clients: pd.Index) -> pd.DataFrame:
    """Return requests, foreign, probes and all (requests + foreign) of each client [requests]."""
    columns = ["requests", "foreign", "probes"]
    sums = cells.groupby("client", sort=False)[columns].sum().reindex(clients, fill_value=0)
    return sums.assign(all=sums["requests"] + sums["foreign"])


def _steady(cells: pd.DataFrame, some: pd.Index, clients: pd.Index) -> pd.Series:
    """Return whether each client is one of `some` and sends the same in nearly every half hour of a day or more."""
    mine = cells[cells["client"].isin(some)]
    slots = mine.groupby(["client", "slot"], as_index=False)["requests"].sum()
    by_client = slots.groupby("client")
    # The first and the last half hour are cut, and would look unsteady.
    edge = (slots["slot"] == by_client["slot"].transform("min")) | (slots["slot"] == by_client["slot"].transform("max"))
    inner = slots[~edge].groupby("client")
    found = inner.agg(
        n=("slot", "size"), start=("slot", "min"), end=("slot", "max"),
        mean=("requests", "mean"), spread=("requests", "std"), total=("requests", "sum"),
    )  # fmt: skip
    span = (found["end"] - found["start"]).dt.total_seconds() / 1800 + 1
    steady: pd.Series = (
        (found["n"] >= np.maximum(LEAST_SLOTS, SLOT_SHARE * span))
        & (span >= LEAST_SLOTS)
        & (found["total"] >= LEAST_STEADY)
        & (found["spread"] <= STEADY_SPREAD * found["mean"])
    )
    return steady.reindex(clients, fill_value=False)


def _put(result: pd.DataFrame, where: pd.Series, kind: str, rule: str) -> None:
    """Give clients a kind, and the rule that says so."""
    result.loc[where.to_numpy(dtype=bool), ["kind", "rule"]] = [kind, rule]
