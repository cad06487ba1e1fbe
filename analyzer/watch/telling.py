"""Whom to tell what, each thing once: what was told last is kept for each way of telling."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from analyzer.errors import CutoverError
from analyzer.report.mail.compose import compose
from analyzer.report.mail.deliver import Patience, deliver, once
from analyzer.report.mail.login import login
from analyzer.watch.news import Situation, change, digest_due, event, only_quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime, time

    from analyzer.migration import MailSettings
    from analyzer.report.report import Report
    from analyzer.state import State

SHORT = Patience(answer_s=15.0, session_s=45.0, pauses_s=(5.0,))  # the next round tries again


class Channel(Protocol):
    """A way to tell."""

    @property
    def name(self) -> str:
        """What it is called in the state."""

    def tell(self, told: Mapping[str, Any], key: str) -> bool:
        """Return True after it was taken; raise CutoverError if not."""


@dataclass(frozen=True, slots=True)
class Mail:
    """The report of this round by mail."""

    report: Report
    settings: MailSettings
    environment: Mapping[str, str]
    sleep: Callable[[float], None]
    sent_at: datetime
    name: str = "mail"

    def tell(self, told: Mapping[str, Any], key: str) -> bool:
        """Return True after the mail was handed over for at least one reader."""
        del told  # the report says it all
        known = login(self.settings, self.environment)
        short = hashlib.sha256(key.encode()).hexdigest()[:24]
        figures = {"drain_png": self.report.drain_png, "dns_png": self.report.dns_png}
        mail = compose(self.report.content, self.settings, **figures, key=short, sent_at=self.sent_at)
        deliver(self.settings, known, mail.as_bytes(), sleep=self.sleep, patience=SHORT)
        return True


def tell_changes(state: State, report: Report, channels: Iterable[Channel]) -> list[str]:
    """Return what went wrong, after each channel was told what it does not know yet.

    A channel that fails is told again in the next round; one whose end nobody knows is not.
    """
    return [trouble for one in channels for trouble in _tell_change(state, report, one)]


def tell_digest(
    state: State, report: Report, channels: Iterable[Channel], now: datetime, digest_at: time | None
) -> list[str]:
    """Return what went wrong, after each channel got the digest of the day, if it is due.

    Parameters
    ----------
    now
        Aware, in the reader's zone.
    digest_at
        Its time of day; None without digests.
    """
    return [
        trouble
        for one in channels
        for trouble in _tell_digest(state, report, one, digest_due_of(state, one, now, digest_at))
    ]


def digest_due_of(state: State, channel: Channel, now: datetime, digest_at: time | None) -> str | None:
    """Return the day whose digest a channel has not got yet; None if none is due."""
    return digest_due(now, digest_at, state.noted(f"digest to {channel.name}"))


def _tell_change(state: State, report: Report, channel: Channel) -> list[str]:
    """Tell one channel of a change."""
    verdict, kept = report.findings.verdict, f"told {channel.name}"
    now, before, number = Situation.of(verdict), None, 0
    noted = state.noted(kept)
    if noted is not None:
        before, number = Situation.parse(noted), int(json.loads(noted)["number"])
    if before is not None and before.verdict == "safe" and only_quiet(verdict) and now.stuck <= before.stuck:
        return []  # it would be told each night, and taken back each morning
    reason = change(before, now)
    if reason is not None:
        number += 1
        was = None if before is None else before.verdict
        told = event(verdict, report.findings.migration.names, reason, report.content.headline, was)
        key = f"{channel.name} {number} {now.digest}"
        try:
            once(state, key, lambda: channel.tell(told, key))
        except CutoverError as error:
            return [str(fault) for fault in error.faults]
    if before != now:
        state.note(kept, json.dumps({**json.loads(now.text()), "number": number}))
    return []


def _tell_digest(state: State, report: Report, channel: Channel, day: str | None) -> list[str]:
    """Send one channel the digest of a day."""
    if day is None:
        return []
    verdict, key = report.findings.verdict, f"{channel.name} digest {day}"
    told = event(
        verdict, report.findings.migration.names, f"Digest of {day}.", report.content.headline, verdict.verdict
    )
    try:
        once(state, key, lambda: channel.tell(told, key))
    except CutoverError as error:
        return [str(fault) for fault in error.faults]
    state.note(f"digest to {channel.name}", day)
    return []
