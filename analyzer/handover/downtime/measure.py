"""Both servers' requests around the change -> what it cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from analyzer.handover.downtime.failures import failures
from analyzer.handover.downtime.model import Downtime, Price, Window
from analyzer.handover.downtime.price import price, proxied_since
from analyzer.handover.downtime.silence import answered_us, silences

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

LOG_DURATION = "add %D to its LogFormat (the format `drain` has it)"


def downtime(
    old: pd.DataFrame,
    new: pd.DataFrame | None,
    *,
    changed_at: datetime,
    window: Window,
    proxies: Collection[str] = (),
    proxied_from: datetime | None = None,
) -> Downtime:
    """Return what the change cost: failed requests, silences, and what the proxy adds.

    Parameters
    ----------
    old, new
        Both servers' requests, as `read_window` returns them; None where the new server's log is not known.
    changed_at
        When the DNS change was published.
    window
        The stretch that is looked at, and the one before it that says what is normal.
    proxies
        The old server's addresses: their requests in the new log are those of clients that stand in the old log.
    proxied_from
        Since when the old server proxies; found from its log if that has `%R`, else the change.
    """
    since = proxied_from or proxied_since(old)
    seen = replace(window, end=_end(old, new, window))
    frames = [frame for frame in (old, new) if frame is not None]
    failed, twice = failures(old, new, window.start, proxies=proxies)
    quiet = silences(answered_us(frames), seen)
    cost = price(old, new, since or changed_at, proxies=proxies)
    notes = (*_log_notes(old, new, window), *_price_notes(cost, since), *_twice_note(twice))
    return Downtime(changed_at, since, seen, failed, quiet, cost, notes)


def _end(old: pd.DataFrame, new: pd.DataFrame | None, window: Window) -> datetime:
    """Return the last request of both logs, within the window."""
    lasts = [frame["time"].iloc[-1] for frame in (old, new) if frame is not None and len(frame)]
    if not lasts:
        return window.start
    last: datetime = pd.Timestamp(max(lasts)).to_pydatetime()
    return min(window.end, max(last, window.start))


def _log_notes(old: pd.DataFrame, new: pd.DataFrame | None, window: Window) -> list[str]:
    """Return what is missing in the logs, one sentence each."""
    told = []
    if old.empty or pd.Timestamp(old["time"].iloc[0]).to_pydatetime() > window.start - timedelta(days=1):
        told.append("The old log holds less than a day before the window: what is normal is hardly known.")
    if new is None:
        told.append(
            "No log of the new server is named: what failed there, asked directly, is not seen; add [logs.new]."
        )
    return told


def _price_notes(cost: Price | None, since: datetime | None) -> list[str]:
    """Return why the price of the proxy is not known, or not sure."""
    if cost is None:
        return [f"The old log holds no durations, so the price of the proxy is not known: {LOG_DURATION}."]
    if cost.against is None:
        return ["No path was answered often enough both by the proxy and without it to tell the price of the proxy."]
    if since is None:
        return ["When the proxy began is not known: requests to the old server since the change are taken as proxied."]
    return []


def _twice_note(twice: int) -> list[str]:
    """Return how many failures were counted once though they stand in both logs."""
    if not twice:
        return []
    return [f"{twice:,} failed requests of the new log are those that the proxy passed on; they are counted once."]
