"""One look: ask, send a canary, judge, keep, write, tell. What goes wrong is told; the next look comes all the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

from analyzer.errors import CutoverError
from analyzer.report.metrics import Metric, gauge, metrics
from analyzer.report.report import Report, findings
from analyzer.report.write import write, write_whole
from analyzer.state import State
from analyzer.watch.news import Situation
from analyzer.watch.telling import Channel, Mail, tell_changes, tell_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime, time
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from analyzer.drain.advise import Judgement
    from analyzer.drain.evidence import Gathered
    from analyzer.handover.downtime import Downtime

STRAGGLERS_KEPT = 20  # of each verdict in the history: those that the page shows
TROUBLE_LENGTH = 300  # [characters]
PAGE_EVERY = timedelta(minutes=15)  # an unchanged page is written again so often: its figures cost most of a look


class Ended(BaseException):
    """A signal came: the watch ends."""


@dataclass(frozen=True, slots=True)
class World:
    """What a look needs of the outside.

    Attributes
    ----------
    ask
        Asks the resolvers and keeps the answers; None if nobody is asked.
    judge
        Reads what is new and judges as of a moment.
    measure
        Measures what the change cost; None if nobody wants to know.
    sleep
        Waits [s] between two tries of a mail.
    environment
        May hold the login of the mail server.
    canary
        Sends a canary to the old server, and fails if its log does not show it; None if nobody wants one.
    ending
        Set once a signal wants the watch to end.
    """

    ask: Callable[[], None] | None
    judge: Callable[[datetime], tuple[Gathered, Judgement]]
    measure: Callable[[Gathered, Judgement], Downtime | None] | None
    sleep: Callable[[float], None]
    environment: Mapping[str, str]
    canary: Callable[[], None] | None = None
    ending: Event = field(default_factory=Event)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user wants of the watch.

    Attributes
    ----------
    state
        The file of the migration's state.
    out, prom
        The folder of the page and the file of the metrics; None for neither.
    channels
        Webhook and command.
    email
        Whether changes go out by mail too.
    digest_at
        Time of day [reader's zone] of the daily digest; None without.
    """

    state: Path
    zone: ZoneInfo
    out: Path | None = None
    prom: Path | None = None
    channels: tuple[Channel, ...] = ()
    email: bool = False
    digest_at: time | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """How a look ended.

    Attributes
    ----------
    report
        Of this look, or of the last one that could judge; None if none could yet.
    written_at
        When the page was written last; None if it was not.
    troubles
        What went wrong in this look.
    count, failed
        Looks so far, and those of them in which something went wrong.
    """

    at: datetime
    report: Report | None = None
    written_at: datetime | None = None
    troubles: tuple[str, ...] = ()
    count: int = 0
    failed: int = 0

    def metrics(self) -> str:
        """Return the last verdict and the watch's own health, as Prometheus reads them."""
        if self.report is None:
            return ""
        found = self.report.findings
        name = found.migration.names[0]
        mine = (
            gauge("cutover_watch_look_timestamp_seconds", "When the watch looked last.", name, self.at.timestamp()),
            _counter("cutover_watch_looks_total", "Looks since the watch began.", name, self.count),
            _counter("cutover_watch_failed_looks_total", "Looks in which something went wrong.", name, self.failed),
        )
        return metrics(found.verdict, name, mine)


@dataclass(slots=True)
class _Troubles:
    """What went wrong, step by step."""

    ending: Event
    told: list[str] = field(default_factory=list)

    def after(self, step: Callable[[], object]) -> bool:
        """Take a step; return whether it went well."""
        try:
            step()
        except Exception as error:
            if self.ending.is_set():  # a library that a signal interrupts calls it an error of its own
                raise Ended from error
            self.told += _said(error)
            return False
        return True


def _said(error: Exception) -> list[str]:
    """Return what went wrong in a step, in words."""
    if isinstance(error, CutoverError):
        return [str(fault) for fault in error.faults]
    if isinstance(error, OSError):
        return [f"{error.filename or 'the system'}: {error.strerror or error}"]
    return [f"a fault of cutover itself: {type(error).__name__}: {error}"[:TROUBLE_LENGTH]]


def look(clock: Callable[[], datetime], last: Look, world: World, wishes: Wishes) -> Look:
    """Return how a look ended.

    Parameters
    ----------
    clock
        Tells the present moment, UTC: read once the resolvers and the old server were asked, so that what they answered
        is judged too.
    last
        The look before.
    """
    troubles, judged = _Troubles(world.ending), list[Report]()
    if world.ask is not None:
        troubles.after(world.ask)
    if world.canary is not None:
        troubles.after(world.canary)
    at = clock()
    troubles.after(lambda: judged.append(_report(at, world, wishes, troubles)))
    written_at = last.written_at
    if judged:
        report = judged[0]
        changed = last.report is None or _situation(last.report) != _situation(report)
        due = written_at is None or not timedelta(0) <= at - written_at < PAGE_EVERY
        out = wishes.out
        if out is not None and (changed or due) and troubles.after(lambda: write(out, report.files())):
            written_at = at
        troubles.after(lambda: _keep_and_tell(report, at, world, wishes, troubles))
    failed = last.failed + bool(troubles.told)
    shown = judged[0] if judged else last.report
    ended = Look(at, shown, written_at, tuple(dict.fromkeys(troubles.told)), last.count + 1, failed)
    prom = wishes.prom
    if prom is not None and shown is not None:
        troubles.after(lambda: write_whole(prom, ended.metrics().encode()))
    return Look(at, shown, written_at, tuple(dict.fromkeys(troubles.told)), last.count + 1, failed)


def _report(at: datetime, world: World, wishes: Wishes, troubles: _Troubles) -> Report:
    """Return the report as of a moment; what the change cost may be missing in it."""
    gathered, judged = world.judge(at)
    measured: list[Downtime | None] = []
    measure = world.measure
    if measure is not None:
        troubles.after(lambda: measured.append(measure(gathered, judged)))
    return Report(findings(gathered, judged, measured[0] if measured else None), wishes.zone)


def _keep_and_tell(report: Report, at: datetime, world: World, wishes: Wishes, troubles: _Troubles) -> None:
    """Keep the verdict, and tell what is new."""
    with State.open(wishes.state) as state:
        state.record_verdict(_kept(report.findings.verdict.as_json()))
        channels = (*wishes.channels, *_mail(report, at, world, wishes))
        troubles.told += tell_changes(state, report, channels)
        troubles.told += tell_digest(state, report, channels, at.astimezone(wishes.zone), wishes.digest_at)


def _kept(verdict: dict[str, Any]) -> dict[str, Any]:
    """Return a verdict as the history keeps it: a drain of thousands of clients must not fill the disk look by look."""
    costliest = sorted(verdict["stragglers"], key=lambda one: (not one["stuck"], -one["expected_requests"]))
    return {**verdict, "stragglers": costliest[:STRAGGLERS_KEPT]}


def _mail(report: Report, at: datetime, world: World, wishes: Wishes) -> Iterator[Mail]:
    """Yield the mail channel, if it is wanted."""
    settings = report.findings.migration.mail
    if wishes.email and settings is not None:
        yield Mail(report, settings, world.environment, world.sleep, at)


def _situation(report: Report) -> Situation:
    return Situation.of(report.findings.verdict)


def _counter(name: str, meaning: str, migration: str, value: int) -> Metric:
    return Metric(name, meaning, (((("migration", migration),), value),), kind="counter")
