"""What the change cost, as a report tells it: failed requests, the longest silence, the price of the proxy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.units import spoken_duration
from analyzer.words import Stamp, amount, percent, stamp, visible, whole

if TYPE_CHECKING:
    from datetime import tzinfo

    from analyzer.handover.downtime import Downtime, Failures, Latency, Silence, Silences

MINUTES_SHOWN = 10  # of the worst minutes
NOTE_LENGTH = 300  # [characters]
WAYS = {"before": "Old server, before the proxy", "proxied": "Through the proxy", "direct": "New server, directly"}


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A minute in which requests failed."""

    minute: Stamp
    server: str
    failed: str
    requests: str
    statuses: str


@dataclass(frozen=True, slots=True)
class LatencyRow:
    """How long answers took on one way."""

    way: str
    requests: str
    p50: str
    p95: str
    p99: str


@dataclass(frozen=True, slots=True)
class Losses:
    """What the change cost: sentences, the worst minutes, and how long answers took."""

    sentences: tuple[str, ...]
    minutes: tuple[FailedRow, ...]
    minutes_more: str | None
    latencies: tuple[LatencyRow, ...]
    notes: tuple[str, ...]


def losses(found: Downtime, zone: tzinfo) -> Losses:
    """Return what a report says of the time around the change."""
    window = found.window
    looked = f"From {stamp(window.start, zone).both} to {stamp(window.end, zone, up=True).both}"
    worst = sorted(found.failures.minutes, key=lambda one: (-one.failed, one.minute))[:MINUTES_SHOWN]
    rest = len(found.failures.minutes) - len(worst)
    cost = found.price
    ways = {} if cost is None else {"before": cost.before, "proxied": cost.proxied, "direct": cost.direct}
    return Losses(
        sentences=(f"{looked}: {_failed(found.failures)}", *_quiet(found.silences, zone), *_price(found)),
        minutes=tuple(
            FailedRow(
                stamp(one.minute, zone),
                visible(one.server, 20),
                whole(one.failed),
                whole(one.requests),
                ", ".join(f"{status} × {whole(count)}" for status, count in one.statuses[:5]),  # noqa: RUF001 -- times
            )
            for one in sorted(worst, key=lambda one: (one.minute, one.server))
        ),
        minutes_more=f"{whole(rest)} more minutes had failures, none more than these." if rest > 0 else None,
        latencies=tuple(_latency(WAYS[way], one) for way, one in ways.items() if one is not None),
        notes=tuple(visible(note, NOTE_LENGTH) for note in found.notes),
    )


def _failed(failed: Failures) -> str:
    """Return how many requests failed, against what is usual."""
    share = f" ({percent(failed.failed / failed.requests)})" if failed.requests else ""
    usual = "" if failed.usual_share is None else f"; usually {percent(failed.usual_share)} fail"
    return (
        f"{whole(failed.failed)} of {whole(failed.requests)} requests failed with a status from 500 on{share}{usual}."
    )


def _quiet(quiet: Silences, zone: tzinfo) -> tuple[str, ...]:
    """Return the longest stretch without a good answer, and the costliest one."""
    if quiet.longest is None or quiet.worst is None:
        return ("Too few requests were answered well to speak of silences.",)
    usual = "" if quiet.usual_longest_s is None else f" (before: {spoken_duration(quiet.usual_longest_s)} at most)"
    told = [f"The longest stretch without a good answer: {_silence(quiet.longest, zone)}{usual}."]
    if quiet.worst != quiet.longest:
        told.append(f"The one in which most was to be expected: {_silence(quiet.worst, zone)}.")
    if quiet.worst.unusual is not None:
        told.append("That was unusual." if quiet.worst.unusual else "Such silences are usual here.")
    return tuple(told)


def _silence(one: Silence, zone: tzinfo) -> str:
    usual = "" if one.usual_requests is None else f", usually {amount(one.usual_requests)} requests at that time"
    return f"{spoken_duration(one.seconds)} from {stamp(one.start, zone).both}{usual}"


def _price(found: Downtime) -> tuple[str, ...]:
    """Return what the proxy adds to an answer, where durations are logged."""
    if found.price is None or found.price.added_ms is None:
        return ()  # the notes say why, and what to log
    past = "asked directly" if found.price.against == "direct" else "before the switch"
    added = f"{found.price.added_ms:+.1f} ms"
    return (f"The proxy adds {added} at the median of {whole(found.price.paths)} paths, against {past}.",)


def _latency(way: str, one: Latency) -> LatencyRow:
    return LatencyRow(way, whole(one.requests), *(f"{amount(ms)} ms" for ms in (one.p50_ms, one.p95_ms, one.p99_ms)))
