"""A report on its way to the people of [mail]: composed, and sent once for each state and day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.report.mail.compose import compose
from analyzer.report.mail.deliver import Patience, Refusals, deliver, once
from analyzer.report.mail.login import login

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from email.message import EmailMessage

    from analyzer.migration import MailSettings
    from analyzer.report.report import Report
    from analyzer.state import State


def letter(report: Report, settings: MailSettings, key: str, sent_at: datetime) -> EmailMessage:
    """Return the report as a mail.

    Parameters
    ----------
    key
        What `fingerprint` gave, or another where it shall be a new mail in any case.
    sent_at
        Its Date.
    """
    return compose(
        report.content,
        settings,
        drain_png=report.drain_png,
        dns_png=report.dns_png,
        key=key,
        sent_at=sent_at,
    )


def post(
    mail: EmailMessage,
    settings: MailSettings,
    state: State,
    key: str,
    *,
    environment: Mapping[str, str],
    sleep: Callable[[float], None],
    patience: Patience | None = None,
) -> Refusals | None:
    """Return who was refused, after everybody else got the mail; None if this was sent before.

    Parameters
    ----------
    key
        What is sent once: two mails of one key are the same to their readers.
    environment
        May hold the login.
    sleep, patience
        How to wait between tries, and how often.

    Raises
    ------
    MailError
        If nobody gets it.
    """
    known = login(settings, environment)  # a missing password is told before a try is counted
    data = mail.as_bytes()
    return once(state, f"mail {key}", lambda: deliver(settings, known, data, sleep=sleep, patience=patience))
