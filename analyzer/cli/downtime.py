"""`cutover logs downtime`: what the change cost."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.console import duration_option, moment_option, now, printable, reader_may_leave, warn
from analyzer.cli.servers import Config
from analyzer.errors import Fault, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, tzinfo

    from analyzer.handover.downtime import Downtime, Failures, Price, Silence, Silences
    from analyzer.migration import Migration

MINUTES_SHOWN = 12  # of the worst minutes, in the text


class Form(StrEnum):
    """How it is printed."""

    TEXT = "text"
    JSON = "json"


def downtime(
    *,
    config: Config = Path("cutover.toml"),
    changed: Annotated[
        str | None, typer.Option("--changed-at", help="When the DNS change was published; known or found if absent.")
    ] = None,
    switched: Annotated[
        str | None, typer.Option("--switched-at", help="When the old server began to proxy; from its log if absent.")
    ] = None,
    before: Annotated[str, typer.Option("--before", help="How long before the change to look: 6h, 1d.")] = "1d",
    after: Annotated[str, typer.Option("--after", help="How long after the change to look.")] = "1d",
    zone: Annotated[str | None, typer.Option("--zone", help="Time zone shown beside UTC: Europe/Berlin.")] = None,
    state: Annotated[Path | None, typer.Option("--state", help="What was asked before; beside cutover.toml.")] = None,
    form: Annotated[Form, typer.Option("--format", help="text for people, json for programs.")] = Form.TEXT,
) -> None:
    """Tell what the change cost: requests that failed, the longest silence against normal, the price of the proxy.

    Example: cutover logs downtime --config cutover.toml --before 6h --after 1d --format json
    """
    from analyzer.cli.zone import reader_zone
    from analyzer.migration import load

    mine, shown_in = load(config), reader_zone(zone)
    changed_at = moment_option(changed, "--changed-at") if changed else change_of(mine, now(), state)
    switched_at = moment_option(switched, "--switched-at") if switched else None
    spans = (duration_option(before, "--before"), duration_option(after, "--after"))
    found = measured(mine, changed_at, switched_at, spans)
    with reader_may_leave():
        if form is Form.JSON:
            import json

            typer.echo(json.dumps(found.as_json(), allow_nan=False))
        else:
            typer.echo("\n".join(as_text(found, shown_in)))


def measured(
    mine: Migration, changed_at: datetime, switched_at: datetime | None, spans: tuple[float, float]
) -> Downtime:
    """Return what both logs say about the time around the change.

    Parameters
    ----------
    spans
        [s] before and after the change.
    """
    from analyzer.handover import downtime as room

    if mine.old_logs is None:
        raise UsageError(Fault("has no [logs.old]", str(mine.source), remedy="name the old server's access logs there"))
    moments = [changed_at, *([switched_at] if switched_at else [])]
    window = room.window_around(moments, before_s=spans[0], after_s=spans[1])
    old, troubles = room.read_window(mine.old_logs.paths, mine.old_logs.format, window, mine.names)
    new = None
    if mine.new_logs is not None:
        new, more = room.read_window(mine.new_logs.paths, mine.new_logs.format, window, mine.names)
        troubles += more
    warn(troubles)
    if old.empty and (new is None or new.empty):
        remedy = "name the logs of that time, or another --changed-at"
        raise UsageError(Fault("no request is logged around the change", str(mine.source), str(changed_at), remedy))
    proxies = [str(address) for address in mine.old]
    return room.downtime(old, new, changed_at=changed_at, window=window, proxies=proxies, proxied_from=switched_at)


def change_of(mine: Migration, at: datetime, state: Path | None) -> datetime:
    """Return when the change was published: as the file says, or as the snapshots show, also those in the state.

    Raises
    ------
    UsageError
        If neither tells.
    """
    if mine.changed_at is not None:
        return mine.changed_at
    from analyzer.cli.dns_evidence import recorded, seen_at, state_file

    kept = state_file(mine, state)
    if mine.dns.snapshots or kept.exists():
        found = seen_at(mine, recorded(mine, kept), at).changed_at
        if found is not None:
            return found
    remedy = "write changed_at in [migration], or give --changed-at 2026-03-02T22:00:00Z"
    raise UsageError(Fault("when the DNS change was published is not known", str(mine.source), remedy=remedy))


def as_text(found: Downtime, zone: tzinfo) -> list[str]:
    """Return it as lines for a terminal."""
    from analyzer.words import stamp

    window = found.window
    looked = f"From {stamp(window.start, zone).both} to {stamp(window.end, zone, up=True).both}"
    lines = [
        f"{looked}; the change was published {stamp(found.changed_at, zone).both}.",
        "",
        *_failure_lines(found.failures, zone),
        "",
        *_silence_lines(found.silences, zone),
        "",
        *_price_lines(found.price),
    ]
    notes = [f"note: {printable(note)}" for note in found.notes]
    return [*lines, *([""] if notes else []), *notes]


def _failure_lines(failed: Failures, zone: tzinfo) -> Iterator[str]:
    """Yield what failed, and the worst minutes."""
    from analyzer.words import amount, stamp, whole

    usual = "" if failed.usual is None else f"; usually {amount(failed.usual)} of so many fail"
    yield f"{whole(failed.failed)} of {whole(failed.requests)} requests failed (status 500 or more){usual}."
    for title, counts in (("by kind", failed.kinds), ("by status", failed.statuses), ("by server", failed.servers)):
        if counts:
            yield f"  {title}: " + ", ".join(f"{name} {whole(count)}" for name, count in counts)
    worst = sorted(failed.minutes, key=lambda one: (-one.failed, one.minute))[:MINUTES_SHOWN]
    for one in sorted(worst, key=lambda one: (one.minute, one.server)):
        statuses = ", ".join(f"{status} x {count}" for status, count in one.statuses)
        when = stamp(one.minute, zone).both
        yield f"  {when}  {one.server}  {whole(one.failed)} of {whole(one.requests)}  {statuses}"
    if len(failed.minutes) > len(worst):
        yield f"  and {whole(len(failed.minutes) - len(worst))} more minutes with failures (--format json lists them)"


def _silence_lines(quiet: Silences, zone: tzinfo) -> Iterator[str]:
    """Yield the longest silence and the costliest one."""
    from analyzer.units import spoken_duration

    if quiet.longest is None or quiet.worst is None:
        yield "Too few requests were answered well to speak of silences."
        return
    usual = "" if quiet.usual_longest_s is None else f" (before: {spoken_duration(quiet.usual_longest_s)} at most)"
    yield f"The longest stretch without a good answer: {_silence(quiet.longest, zone)}{usual}."
    if quiet.worst != quiet.longest:
        yield f"The one in which most was to be expected: {_silence(quiet.worst, zone)}."
    if quiet.worst.unusual is not None:
        yield "That was unusual." if quiet.worst.unusual else "Such silences are usual here."


def _silence(one: Silence, zone: tzinfo) -> str:
    """Return a silence in words."""
    from analyzer.units import spoken_duration
    from analyzer.words import amount, stamp

    usual = "" if one.usual_requests is None else f", usually {amount(one.usual_requests)} requests at that time"
    return f"{spoken_duration(one.seconds)} from {stamp(one.start, zone).both}{usual}"


def _price_lines(price: Price | None) -> Iterator[str]:
    """Yield the durations before the proxy, through it and past it."""
    if price is None:
        yield "The price of the proxy is not known."
        return
    if price.added_ms is not None:
        past = "asked directly" if price.against == "direct" else "before the switch"
        yield f"The proxy adds {price.added_ms:+.1f} ms at the median of {price.paths:,} paths, against {past}."
    for title, one in (("before", price.before), ("proxied", price.proxied), ("direct", price.direct)):
        if one is not None:
            times = f"p50 {one.p50_ms:.1f} ms, p95 {one.p95_ms:.1f} ms, p99 {one.p99_ms:.1f} ms"
            yield f"  {title:<8} {one.requests:>10,} requests  {times}"
