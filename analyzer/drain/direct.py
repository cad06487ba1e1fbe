"""What came to the new server directly: proxied requests told apart, clients known from the old server's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd
    from numpy.typing import NDArray

    from analyzer.logs.activity import Activity

PROXY_SHARE = 0.001  # [1] of the new server's requests from an old address: then proxied ones are told apart by it


def direct_cells(new: Activity, old: Activity, old_addresses: Collection[str]) -> pd.DataFrame:
    """Return the cells of what came to the new server directly, with the clients' codes of the old server's log.

    A client that the old server never saw gets a code above all of those. Proxied requests are told apart by
    the old server's address as their peer; where the new server restores the clients' addresses
    (mod_remoteip), what the old server logged of the same client in the same half hour is taken off.
    """
    codes = new.cells["client"].to_numpy(dtype=np.int64)
    cells = new.cells.assign(client=_codes(new, old)[codes], new_client=codes)
    proxied = new.clients["address"].isin(list(old_addresses)).to_numpy(dtype=bool)[codes]
    total = int(cells["requests"].sum())
    if total and int(cells.loc[proxied, "requests"].sum()) >= PROXY_SHARE * total:
        direct: pd.DataFrame = cells.loc[~proxied & (cells["requests"].to_numpy() > 0)]
        return direct
    keys = ["client", "slot"]
    here = cells.groupby([*keys, "new_client"], as_index=False).agg({"requests": "sum", "first": "min", "last": "max"})
    there = old.cells.groupby(keys, as_index=False)["requests"].sum()
    both = here.merge(there, on=keys, how="left", suffixes=("", "_old"))
    both["requests"] -= both["requests_old"].fillna(0).astype("int64")
    return both.loc[both["requests"].to_numpy() > 0]


def _codes(new: Activity, old: Activity) -> NDArray[np.int64]:
    """Return the old log's code of each client of the new log; unknown ones get codes above all of the old log's.

    Where the old log has no agents (`common`), the address alone tells who it is.
    """
    keys = ["address", "agent"] if has_agents(old) else ["address"]
    known = old.clients[keys].fillna("").assign(code=np.arange(len(old.clients)))
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
