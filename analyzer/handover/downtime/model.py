"""What was measured around the change, as plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analyzer.units import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

SCHEMA = "cutover.downtime/1"


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of time that is looked at, and the one before it that says what is normal."""

    normal_from: datetime
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class FailedMinute:
    """The requests that failed on one server within one minute.

    Attributes
    ----------
    minute
        Its start, UTC.
    server
        Whose log says so: `old` (through the proxy, once it stands) or `new` (asked directly).
    requests, failed
        [requests] of that server in that minute, and how many of them were answered with a status from 500 on.
    kinds, statuses
        How many failed by kind of client and by status, the most first.
    """

    minute: datetime
    server: str
    requests: int
    failed: int
    kinds: tuple[tuple[str, int], ...]
    statuses: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Failures:
    """The requests of the window that failed.

    Attributes
    ----------
    requests, failed
        [requests] in the window in both logs, those of the old server in the new one's log left out where they can be
        told; and those answered with a status from 500 on.
    usual_share
        Share of the requests before the window that failed on the old server; None if nothing before it is logged.
    kinds, statuses, servers
        How many failed by kind of client, status and server, the most first.
    minutes
        Each minute of each server with a failure, in order.
    """

    requests: int
    failed: int
    usual_share: float | None
    kinds: tuple[tuple[str, int], ...] = ()
    statuses: tuple[tuple[int, int], ...] = ()
    servers: tuple[tuple[str, int], ...] = ()
    minutes: tuple[FailedMinute, ...] = ()

    @property
    def usual(self) -> float | None:
        """How many of so many requests usually fail."""
        return None if self.usual_share is None else self.usual_share * self.requests


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch in which neither server answered anything well.

    Attributes
    ----------
    start, end
        The last good answer before it, and the first one after it (or the end of what is logged).
    usual_requests
        [requests] answered well on average at the same time of the days before; None if none of them is logged.
    quietest
        [requests] of the quietest of those days.
    unusual
        Whether far more was to be expected than in any silence of the days before; None where nothing is known of them.
    """

    start: datetime
    end: datetime
    usual_requests: float | None
    quietest: int | None
    unusual: bool | None = None

    @property
    def seconds(self) -> float:
        """Its length [s]."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class Silences:
    """The silences of the window against those of the days before.

    Attributes
    ----------
    longest, worst
        The longest of the window, and the one in which most requests were to be expected; None where the window has
        fewer than two good answers.
    usual_longest_s, usual_worst_requests
        [s], [requests] the same of the days before; None if none is logged.
    """

    longest: Silence | None
    worst: Silence | None
    usual_longest_s: float | None
    usual_worst_requests: float | None


@dataclass(frozen=True, slots=True)
class Latency:
    """How long answers took [ms]: the median, and what 95 and 99 of 100 stayed within."""

    requests: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Price:
    """What the proxy adds to a request, from the durations that the logs hold.

    Attributes
    ----------
    before, proxied, direct
        Good answers to GET by the old server itself, by the old server as a proxy, and by the new one asked directly.
    added_ms
        [ms] the median over the paths answered both ways of the difference of their medians, proxied minus direct
        where the new log has durations, else proxied minus before.
    paths
        Number of those paths.
    against
        `direct` or `before`: what `added_ms` is against; None where nothing can be compared.
    """

    before: Latency | None
    proxied: Latency | None
    direct: Latency | None
    added_ms: float | None
    paths: int
    against: str | None


@dataclass(frozen=True, slots=True)
class Downtime:
    """What the change cost.

    Attributes
    ----------
    changed_at, proxied_from
        When the DNS change was published, and when the old server began to proxy, where it is known.
    window
        What was looked at; its end is not later than the last request logged.
    failures
        The requests that failed.
    silences
        The stretches in which neither server answered anything well.
    price
        None where no log holds durations.
    notes
        What could not be told, and what to do that it can; one sentence each.
    """

    changed_at: datetime
    proxied_from: datetime | None
    window: Window
    failures: Failures
    silences: Silences
    price: Price | None
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as one JSON object."""
        return {
            "schema": SCHEMA,
            "changed_at": rfc3339(self.changed_at),
            "proxied_from": None if self.proxied_from is None else rfc3339(self.proxied_from),
            "window": {
                "normal_from": rfc3339(self.window.normal_from),
                "from": rfc3339(self.window.start),
                "to": rfc3339(self.window.end),
            },
            "failures": _failures_json(self.failures),
            "silence": {
                "longest": _silence_json(self.silences.longest),
                "worst": _silence_json(self.silences.worst),
                "usual_longest_s": self.silences.usual_longest_s,
                "usual_worst_requests": self.silences.usual_worst_requests,
            },
            "price": _price_json(self.price),
            "notes": list(self.notes),
        }


def _failures_json(found: Failures) -> dict[str, Any]:
    """Return the failures as a JSON object."""
    return {
        "requests": found.requests,
        "failed": found.failed,
        "usual": found.usual,
        "usual_share": found.usual_share,
        "kinds": dict(found.kinds),
        "statuses": {str(status): count for status, count in found.statuses},
        "servers": dict(found.servers),
        "minutes": [
            {
                "minute": rfc3339(one.minute),
                "server": one.server,
                "requests": one.requests,
                "failed": one.failed,
                "kinds": dict(one.kinds),
                "statuses": {str(status): count for status, count in one.statuses},
            }
            for one in found.minutes
        ],
    }


def _silence_json(one: Silence | None) -> dict[str, Any] | None:
    """Return a silence as a JSON object."""
    if one is None:
        return None
    return {
        "from": rfc3339(one.start),
        "to": rfc3339(one.end),
        "seconds": one.seconds,
        "usual_requests": one.usual_requests,
        "quietest": one.quietest,
        "unusual": one.unusual,
    }


def _price_json(price: Price | None) -> dict[str, Any] | None:
    """Return the price as a JSON object."""
    if price is None:
        return None
    ways = {"before": price.before, "proxied": price.proxied, "direct": price.direct}
    told: dict[str, Any] = {
        name: None
        if one is None
        else {"requests": one.requests, "p50_ms": one.p50_ms, "p95_ms": one.p95_ms, "p99_ms": one.p99_ms}
        for name, one in ways.items()
    }
    return {**told, "added_ms": price.added_ms, "paths": price.paths, "against": price.against}
