"""Requests -> those that failed, each once: what the new server failed through the proxy stands in both logs."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from analyzer.handover.downtime.model import FailedMinute, Failures
from analyzer.handover.downtime.reading import from_proxy
from analyzer.logs.agents import kind_of_agent

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

FAILED = 500  # status from which the server failed (RFC 9110 section 15.6)
SAME_S = 5.0  # [s] between the two servers' lines of one request: their clocks, and the wait in between
_KEY = ["client", "target", "status", "nth"]


def failures(
    old: pd.DataFrame, new: pd.DataFrame | None, start: datetime, *, proxies: Collection[str]
) -> tuple[Failures, int]:
    """Return the failed requests from `start` on, and how many of the new log's were left out as seen twice.

    Parameters
    ----------
    old, new
        As `read_window` returns them.
    start
        What lies before says what is normal.
    proxies
        Addresses of the old server, as the new one logs them: their requests stand in the old log already.
    """
    before = old[old["time"] < start]
    parts = [old[old["time"] >= start].assign(server="old")]
    twice = 0
    if new is not None:
        direct = new[(new["time"] >= start) & ~from_proxy(new, proxies)]
        again = _seen_before(parts[0], direct)
        twice = len(again)
        parts.append(direct.drop(index=again).assign(server="new"))
    both = pd.concat([_plain(part) for part in parts if len(part)] or [_plain(parts[0])], ignore_index=True)
    failed = both[_failed(both)].copy()
    failed["kind"] = _kinds(failed["agent"])
    return (
        Failures(
            requests=len(both),
            failed=len(failed),
            usual_share=float(_failed(before).mean()) if len(before) else None,
            kinds=_counts(failed["kind"]),
            statuses=_statuses(failed["status"]),
            servers=_counts(failed["server"]),
            minutes=_minutes(both, failed),
        ),
        twice,
    )


def _plain(part: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that are counted, with strings as objects: two logs' categories differ."""
    told = pd.DataFrame({"minute": part["time"].dt.floor("min"), "server": part["server"]})
    told["agent"] = part["agent"].astype(object).where(part["agent"].notna(), None)
    told["status"] = part["status"].fillna(0).astype("int64")
    return told


def _failed(part: pd.DataFrame) -> pd.Series:
    """Return whether each request was answered with a status from 500 on."""
    return part["status"].fillna(0).astype("int64") >= FAILED


def _seen_before(old: pd.DataFrame, new: pd.DataFrame) -> pd.Index:
    """Return which failures of the new log are lines of the same request as one of the old log."""
    left, right = (_numbered(part[_failed(part)]) for part in (new, old))
    if left.empty or right.empty:
        return left.index[:0]
    pairs = left.reset_index().merge(right, on=_KEY, suffixes=("", "_old"))
    apart_s = (pairs["time"] - pairs["time_old"]).dt.total_seconds().abs()
    again: pd.Index = pd.Index(pairs.loc[apart_s <= SAME_S, "index"])
    return again


def _numbered(part: pd.DataFrame) -> pd.DataFrame:
    """Return what two lines of one request share; equal ones are numbered in their order."""
    told = pd.DataFrame(
        {
            "client": part["client"].astype(object),
            "target": part["target"].astype(object),
            "status": part["status"].astype("int64"),
            "time": pd.to_datetime(part["time"].astype("datetime64[us, UTC]"), utc=True),
        },
        index=part.index,
    )
    told["nth"] = told.groupby(_KEY[:3], dropna=False, observed=True).cumcount()
    return told


def _kinds(agents: pd.Series) -> pd.Series:
    """Return the kind of client that each agent names."""
    known = {agent: kind_of_agent(agent)[0] for agent in agents.unique()}
    return pd.Series([known[agent] for agent in agents], index=agents.index, dtype=object)


def _counts(values: pd.Series) -> tuple[tuple[str, int], ...]:
    """Return how often each word stands there, the most frequent first."""
    counted = values.value_counts()
    return tuple(sorted(((str(word), int(count)) for word, count in counted.items()), key=lambda one: (-one[1], one)))


def _statuses(values: pd.Series) -> tuple[tuple[int, int], ...]:
    """Return how often each status stands there, the most frequent first."""
    return tuple((int(status), count) for status, count in _counts(values))


def _minutes(both: pd.DataFrame, failed: pd.DataFrame) -> tuple[FailedMinute, ...]:
    """Return the minutes with a failure, by time and server."""
    requests: dict[Any, int] = both.groupby(["minute", "server"]).size().to_dict()
    found = []
    for place, part in failed.groupby(["minute", "server"]):
        minute, server = cast("tuple[datetime, str]", place)
        found.append(
            FailedMinute(
                minute=pd.Timestamp(minute).to_pydatetime().astimezone(UTC),
                server=server,
                requests=int(requests[minute, server]),
                failed=len(part),
                kinds=_counts(part["kind"]),
                statuses=_statuses(part["status"]),
            )
        )
    return tuple(found)
