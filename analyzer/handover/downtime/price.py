"""Durations -> what the proxy adds to a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyzer.handover.downtime.model import Latency, Price
from analyzer.handover.downtime.reading import from_proxy

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

PROXY_HANDLER = "proxy-server"  # %R of a request that mod_proxy served
LEAST_REQUESTS = 5  # of a path on each side: a median of fewer says little
MS = 1_000.0  # [µs]


def proxied_since(old: pd.DataFrame) -> datetime | None:
    """Return when the old server proxied for the first time, if its log tells (`%R`); None otherwise."""
    moments = old.loc[(old["handler"] == PROXY_HANDLER).to_numpy(dtype=bool), "time"]
    found: datetime | None = pd.Timestamp(moments.iloc[0]).to_pydatetime() if len(moments) else None
    return found


def price(
    old: pd.DataFrame, new: pd.DataFrame | None, proxied_from: datetime, *, proxies: Collection[str]
) -> Price | None:
    """Return what the proxy adds, or None where the old log holds no durations.

    Only good answers (2xx, 3xx) to GET are compared, path by path: the mix of what is asked changes over a move.

    Parameters
    ----------
    old, new
        As `read_window` returns them.
    proxied_from
        Since when the old server proxies, where its log does not tell for each request.
    proxies
        Addresses of the old server as the new one logs them: those requests were not asked directly.
    """
    timed = _timed(old)
    if timed.empty:
        return None
    through = timed["handler"] == PROXY_HANDLER if timed["handler"].notna().any() else timed["time"] >= proxied_from
    before, proxied = timed[~through & (timed["time"] <= proxied_from)], timed[through]
    direct = None
    if new is not None:
        direct = _timed(new[~from_proxy(new, proxies)])
    against, base = ("direct", direct) if direct is not None and len(direct) else ("before", before)
    added_ms, paths = _added_ms(base, proxied)
    return Price(
        before=_latency(before),
        proxied=_latency(proxied),
        direct=None if direct is None else _latency(direct),
        added_ms=added_ms,
        paths=paths,
        against=against if paths else None,
    )


def _timed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the good answers to GET that have a duration [ms], with their path."""
    status = frame["status"].fillna(0).astype("int64")
    kept = frame[(status >= 200) & (status < 400) & (frame["method"] == "GET") & frame["duration_us"].notna()]  # noqa: PLR2004 -- 2xx, 3xx
    return pd.DataFrame(
        {
            "time": kept["time"],
            "handler": kept["handler"].astype(object),
            "path": kept["target"].astype("str").str.partition("?")[0].to_numpy() if len(kept) else [],
            "ms": kept["duration_us"].to_numpy(dtype=np.float64) / MS,
        }
    )


def _latency(part: pd.DataFrame) -> Latency | None:
    """Return the quantiles of the durations; None without any."""
    if part.empty:
        return None
    p50, p95, p99 = (float(one) for one in np.quantile(part["ms"], [0.5, 0.95, 0.99]))
    return Latency(len(part), p50, p95, p99)


def _added_ms(base: pd.DataFrame, proxied: pd.DataFrame) -> tuple[float | None, int]:
    """Return the median difference of the paths' medians [ms], and the number of paths answered often both ways."""
    sides = []
    for part in (base, proxied):
        grouped = part.groupby("path")["ms"]
        sides.append(grouped.median()[grouped.size() >= LEAST_REQUESTS])
    added = (sides[1] - sides[0]).dropna()
    return (float(added.median()), len(added)) if len(added) else (None, 0)
