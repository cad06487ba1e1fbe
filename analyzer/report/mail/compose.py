"""The report as one mail: text, HTML with its styles inlined, and the figures by Content-ID."""

from __future__ import annotations

import hashlib
import json
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import css_inline

from analyzer.report.page import environment
from analyzer.report.text import text

if TYPE_CHECKING:
    from datetime import datetime

    from analyzer.drain.verdict import Verdict
    from analyzer.migration import MailSettings
    from analyzer.report.content import Content

TEXT_WIDTH = 76  # [columns] of the text part: RFC 5322 s2.1.1 recommends 78
LEFT_SHOWN = 8  # clients in the mail; the page has the others
FIGURE_PX = 640  # the width on which mail clients agree
SUBJECT_LENGTH = 150  # [characters] lists show fewer


def compose(
    content: Content, settings: MailSettings, *, drain_png: bytes, dns_png: bytes, key: str, sent_at: datetime
) -> EmailMessage:
    """Return the mail; the same arguments give the same bytes.

    Parameters
    ----------
    content
        What it says.
    settings
        Sender and recipients.
    drain_png, dns_png
        The figures.
    key
        What `fingerprint` gave: two mails of one state have one Message-ID, so that a reader's server can tell.
    sent_at
        Aware; the Date header.

    References
    ----------
    RFC 2046 s5.1.4 (alternative), RFC 2387 (related), RFC 2392 (cid:), RFC 3834 s5 (Auto-Submitted).
    """
    domain = settings.sender.rpartition("@")[2]
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = subject(content)
    mail["From"] = settings.sender
    mail["To"] = ", ".join(settings.to)
    mail["Date"] = format_datetime(sent_at)
    mail["Message-ID"] = f"<cutover.{key}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Cutover-Verdict"] = content.verdict
    figures = {"drain": drain_png, "dns": dns_png}
    ids = {name: f"{name}.{key}@{domain}" for name in figures}
    mail.set_content(text(content, TEXT_WIDTH), cte="quoted-printable")
    mail.add_alternative(html(content, ids), subtype="html", cte="quoted-printable")
    related = _html_part(mail)
    for name, png in figures.items():
        file = f"{name}.png"
        related.add_related(
            png, maintype="image", subtype="png", cid=f"<{ids[name]}>", disposition="inline", filename=file
        )
    related.set_param("type", "text/html")  # RFC 2387 s3.1: which part the others belong to
    for number, part in enumerate((mail, related)):
        part.set_boundary(f"=_cutover_{number}_{key}")  # chosen by us: the same mail is the same bytes
    return mail


def subject(content: Content) -> str:
    """Return verdict and number in a line: `[cutover] Not yet: app.example.com: about 32 requests would be lost …`."""
    told = f"[cutover] {content.label}: {content.title}: {content.number}"
    return told if len(told) <= SUBJECT_LENGTH else told[: SUBJECT_LENGTH - 1] + "…"


def html(content: Content, ids: dict[str, str]) -> str:
    """Return the HTML part: no style sheet is left in it, since some readers drop those.

    Parameters
    ----------
    ids
        Content-IDs of the figures `drain` and `dns`, without brackets.
    """
    page = environment().get_template("mail.html.j2")
    told = page.render(content=content, css=_css(), ids=ids, left_shown=LEFT_SHOWN, width=FIGURE_PX)
    inlined: str = _inliner().inline(told)
    return inlined


def fingerprint(verdict: Verdict, settings: MailSettings) -> str:
    """Return what two mails have in common that say the same to the same people on the same day (UTC).

    The same are: the verdict's word, the change, the rules that stand against a removal, and who is stuck. Numbers
    change with each look; a mail for each would soon be read by nobody.
    """
    state: dict[str, Any] = {
        "to": sorted(settings.to),
        "day": f"{verdict.at:%Y-%m-%d}",
        "verdict": verdict.verdict,
        "changed_at": None if verdict.changed_at is None else verdict.changed_at.isoformat(),
        "open": sorted(reason.rule for reason in verdict.reasons if reason.passed is not True),
        "stuck": sorted([one.client, one.agent or ""] for one in verdict.stragglers if one.stuck),
    }
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:24]


def _html_part(mail: EmailMessage) -> EmailMessage:
    """Return the part that holds the HTML."""
    part = list(mail.iter_parts())[1]
    if not isinstance(part, EmailMessage):
        raise TypeError("a part of a mail is a mail")
    return part


@cache
def _inliner() -> css_inline.CSSInliner:
    """Return what writes styles into the elements; it fetches nothing."""
    return css_inline.CSSInliner(inline_style_tags=True, keep_style_tags=False, load_remote_stylesheets=False)


@cache
def _css() -> str:
    """Return the mail's style sheet."""
    return resources.files("analyzer.report").joinpath("templates/mail.css").read_text(encoding="utf-8")
