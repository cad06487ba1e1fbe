"""Snapshots -> observations: each question's state and the RRsets behind it. Made once, judged at many moments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyzer.dns.answers import OLDISH, RANK, Address, Known, Link, known, path_of, state_of
from analyzer.dns.record import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from analyzer.dns.snapshots import Snapshots

Path = tuple[Link, ...]
COLUMNS = ["at", "resolver", "transport", "name", "type", "rcode", "error", "authoritative"]


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of the names that move.

    Attributes
    ----------
    rows
        One row a question that says something, in order of time: at (datetime64[us, UTC]), resolver, transport, name,
        type, rcode, error (str), authoritative (bool), state (str, one of `STATES`), path (int64, index into `paths`).
    ttls
        [s] int64, one row a question, one column a link of its path; -1 beyond the path's end.
    paths
        The distinct ways to an address.
    """

    rows: pd.DataFrame
    ttls: npt.NDArray[np.int64]
    paths: tuple[Path, ...]


def observe(snapshots: Snapshots, *, names: Iterable[str], old: Iterable[Address], new: Iterable[Address]) -> Observed:
    """Return what the snapshots say about the names' addresses.

    Parameters
    ----------
    snapshots
        As `read_snapshots` returns them.
    names, old, new
        The migration's names and the two servers' addresses. A type counts if the old server has an address of it.
    """
    servers = known(old, new)
    moving = {plain_name(name) for name in names}
    asked = snapshots.questions
    asked = asked[asked["name"].isin(moving) & asked["type"].isin(servers.types())]
    states, ways, ttls = _judged(asked, servers)
    rows = asked[COLUMNS].assign(state=pd.Series(states, index=asked.index, dtype="object"), way=range(len(asked)))
    rows = rows[rows["state"].notna()]
    rows = rows.assign(rank=rows["state"].map(RANK).astype("int64"))
    # Within one instant the worst state comes last, so that the order of lines decides nothing.
    rows = rows.sort_values(["at", "resolver", "name", "type", "rank", "transport"], kind="stable")
    order = rows["way"].to_numpy(dtype=np.int64)
    paths = tuple(dict.fromkeys(ways[one] for one in order))
    number = {path: index for index, path in enumerate(paths)}
    rows = rows.assign(path=[number[ways[one]] for one in order]).drop(columns=["way", "rank"])
    return Observed(rows.reset_index(drop=True), ttls[order], paths)


def _judged(asked: pd.DataFrame, servers: Known) -> tuple[list[str | None], list[Path], npt.NDArray[np.int64]]:
    """Return state, path and the path's TTLs of each question."""
    states: list[str | None] = []
    ways: list[Path] = []
    remaining: list[tuple[int, ...]] = []
    columns = (asked[name].astype(object) for name in ("name", "type", "rcode", "error", "answers"))
    for name, kind, rcode, error, answers in zip(*columns, strict=True):
        states.append(state_of(kind, _absent(rcode), _absent(error), answers, servers))
        path = path_of(name, kind, answers)
        ways.append(tuple(link for link, _ in path))
        remaining.append(tuple(ttl for _, ttl in path))
    ttls = np.full((len(asked), max(map(len, remaining), default=0) or 1), -1, dtype=np.int64)
    for row, values in enumerate(remaining):
        ttls[row, : len(values)] = values
    return states, ways, ttls


def _absent(value: object) -> str | None:
    """Return a text, or None where the frame has none."""
    return value if isinstance(value, str) else None


def remaining_s(observed: Observed, rows: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the remaining TTL [s] of the RRset that changed, one for each row; -1 where an answer has none.

    The old address lives in a cache until **that** RRset expires: an unchanged one before it in the chain is fetched
    again and leads to the same place. Until it is known what changes, the longest-lived one counts.

    Parameters
    ----------
    observed
        All that was seen.
    rows
        Some of `observed.rows`: the evidence looked at.
    """
    ttls = observed.ttls[rows.index.to_numpy()]
    result: npt.NDArray[np.int64] = ttls.max(axis=1, initial=-1)
    path = rows["path"].to_numpy()
    for (name, _), group in rows[rows["state"].isin((*OLDISH, "new"))].groupby(["name", "type"], sort=False):
        oldish = group["state"].isin(OLDISH)
        old, new = ([observed.paths[one] for one in group.loc[side, "path"].unique()] for side in (oldish, ~oldish))
        owner = changed_owner(str(name), old, new)
        places = rows.index.get_indexer(group.index)
        for one in group["path"].unique():
            owners = [link[0] for link in observed.paths[one]]
            if owner in owners:
                chosen = places[path[places] == one]
                result[chosen] = ttls[chosen, owners.index(owner)]
    return result


def changed_owner(name: str, old: Iterable[Path], new: Iterable[Path]) -> str | None:
    """Return the owner of the first RRset in which old and new paths differ; None if that is not known.

    Examples
    --------
    >>> a, b = ("www.x", "CNAME", "old.x"), ("old.x", "A", "")
    >>> c, d = ("www.x", "CNAME", "new.x"), ("new.x", "A", "")
    >>> changed_owner("www.x", [(a, b)], [(c, d)])
    'www.x'
    >>> changed_owner("www.x", [(a, b)], [(a, b)])
    'old.x'
    """
    before, after = _links(old), _links(new)
    seen = set()
    while name in before and name in after and name not in seen:
        seen.add(name)
        common = sorted(target for kind, target in before[name] & after[name] if kind == "CNAME")
        if not common:
            return name
        name = common[0]
    return None


def _links(paths: Iterable[Path]) -> dict[str, set[tuple[str, str]]]:
    """Return the RRsets (type, target) seen at each owner."""
    links: dict[str, set[tuple[str, str]]] = {}
    for path in paths:
        for owner, kind, target in path:
            links.setdefault(owner, set()).add((kind, target))
    return links
