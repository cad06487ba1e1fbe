"""The mail: parts, headers, figures by Content-ID, styles inlined; and what makes two mails the same."""

from __future__ import annotations

import email
import email.policy
import re
import sys
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_answers
import report_curves
import report_examples as examples

from analyzer.errors import MailError
from analyzer.migration import MailSettings
from analyzer.report.mail.compose import compose, fingerprint, subject
from analyzer.report.mail.login import login
from analyzer.report.report import Findings, Report

if TYPE_CHECKING:
    from email.message import EmailMessage

    from analyzer.drain.verdict import Verdict

WORDS = ("safe", "wait", "stuck", "unknown")
SETTINGS = MailSettings(("ops@example.com", "boss@example.com"), "cutover@example.com", "localhost", 25)
DRAIN, DNS = b"\x89PNG drain", b"\x89PNG dns"


def told(verdict: Verdict) -> Report:
    """Return the report about a verdict."""
    found = Findings(
        verdict, examples.migration(), report_curves.curve(), report_answers.propagation(), report_answers.states()
    )
    return Report(found, ZoneInfo("Europe/Berlin"))


def mail(verdict: Verdict) -> bytes:
    """Return the bytes of the mail about a verdict."""
    key = fingerprint(verdict, SETTINGS)
    content = told(verdict).content
    return compose(content, SETTINGS, drain_png=DRAIN, dns_png=DNS, key=key, sent_at=examples.AT).as_bytes()


@pytest.fixture(scope="module", params=WORDS)
def received(request: pytest.FixtureRequest) -> EmailMessage:
    """Return each mail as its reader's program takes it apart."""
    return email.message_from_bytes(mail(examples.verdict(request.param)), policy=email.policy.default)


def html_of(message: EmailMessage) -> str:
    """Return the HTML part."""
    return next(part for part in message.walk() if part.get_content_type() == "text/html").get_content()


def test_the_parts_are_text_and_html_with_its_figures(received: EmailMessage) -> None:
    """Alternative of text and related; the figures lie with the HTML that shows them."""
    kinds = [part.get_content_type() for part in received.walk()]
    images = ["image/png", "image/png"]
    assert kinds == ["multipart/alternative", "text/plain", "multipart/related", "text/html", *images]
    assert not received.defects
    assert [part.get_content() for part in received.walk() if part.get_content_type() == "image/png"] == [DRAIN, DNS]


def test_each_picture_of_the_html_is_in_the_mail(received: EmailMessage) -> None:
    """By Content-ID, each with words for those who do not see it; nothing is fetched from anywhere."""
    shown = re.findall(r'<img src="cid:([^"]+)"[^>]* alt="([^"]+)"', html_of(received))
    ids = [part["Content-ID"].strip("<>") for part in received.walk() if part["Content-ID"]]
    assert [cid for cid, _ in shown] == ids
    assert all(re.search(r"\w{3}", alt) for _, alt in shown)
    assert not re.search(r"(?:src|href)=\"(?!cid:)", html_of(received))
    assert "url(" not in html_of(received)


def test_styles_stand_at_the_elements(received: EmailMessage) -> None:
    """Readers that drop style sheets show it the same."""
    assert "<style" not in html_of(received)
    assert 'style="' in html_of(received).split("<h1")[1].split(">")[0]


def test_text_and_html_say_the_same_verdict(received: EmailMessage) -> None:
    """The headline, the stuck client and what to do stand in both."""
    plain = " ".join(received.get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
    word = received["X-Cutover-Verdict"]
    headline = told(examples.verdict(word)).content.headline
    assert headline in plain
    assert headline.replace("&", "&amp;") in html_of(received)


def test_the_headers_say_who_what_and_that_nobody_answers(received: EmailMessage) -> None:
    """A verdict and a number in the subject; an out-of-office reply is not provoked (RFC 3834)."""
    assert received["From"] == "cutover@example.com"
    assert received["To"] == "ops@example.com, boss@example.com"
    assert received["Auto-Submitted"] == "auto-generated"
    assert received["Date"].datetime == examples.AT
    assert re.fullmatch(r"<cutover\.[0-9a-f]+@example\.com>", received["Message-ID"])


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("safe", "Safe: app.example.com, www.example.com: at most 3.2 requests lost if removed now, budget 10"),
        (
            "stuck",
            (
                "Stuck: app.example.com, www.example.com: one client is stuck;"
                " at most 410 requests lost if removed now, budget 10"
            ),
        ),
        ("unknown", "Unknown: app.example.com, www.example.com: the evidence cannot tell yet"),
    ],
)
def test_the_subject_is_verdict_and_number(word: str, line: str) -> None:
    """Enough to decide whether to open it."""
    assert subject(told(examples.verdict(word)).content) == f"[cutover] {line}"


def test_every_line_can_travel() -> None:
    """ASCII, CR LF, no line longer than SMTP takes (RFC 5321 s4.5.3.1.6)."""
    data = mail(examples.verdict("wait"))
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"")


class Tags(HTMLParser):
    """The tags of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag; no attribute acts."""
        self.tags.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]


def test_hostile_text_stays_text() -> None:
    """Script and markup of a log are read, not obeyed; no header is added by a name of the log."""
    received = email.message_from_bytes(mail(examples.verdict("wait")), policy=email.policy.default)
    assert not Tags(html_of(received)).tags & {"script", "b", "link", "iframe", "form"}
    assert "&lt;script&gt;" in html_of(received)
    plain = received.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "".join(plain.splitlines()).isprintable()
    assert "Set-Cookie" not in received


def test_the_same_state_is_the_same_mail() -> None:
    """Byte by byte: whoever gets it twice can tell by its Message-ID."""
    assert mail(examples.verdict("stuck")) == mail(examples.verdict("stuck"))


def test_a_new_state_is_a_new_mail() -> None:
    """Another verdict, another stuck client, another day, other readers; but not other numbers of the same day."""
    stuck = examples.verdict("stuck")
    first = fingerprint(stuck, SETTINGS)
    assert fingerprint(replace(stuck, at=stuck.at + timedelta(hours=1)), SETTINGS) == first
    assert fingerprint(replace(stuck, lost_requests=examples.verdict("wait").lost_requests), SETTINGS) == first
    others = [
        fingerprint(examples.verdict("wait"), SETTINGS),
        fingerprint(replace(stuck, at=stuck.at + timedelta(days=1)), SETTINGS),
        fingerprint(replace(stuck, stragglers=()), SETTINGS),
        fingerprint(stuck, replace(SETTINGS, to=("ops@example.com",))),
    ]
    assert len({first, *others}) == 5


# --- login ---------------------------------------------------------------------------------------------------------


def with_file(path: Path, mode: int, text: str = "correct horse\nmore\n") -> MailSettings:
    """Return settings whose password lies in a file of this mode."""
    path.write_text(text)
    path.chmod(mode)
    return replace(SETTINGS, user="cutover", password_file=path)


def test_without_a_user_there_is_no_login() -> None:
    """A server of this machine may want none."""
    assert login(SETTINGS, {}) is None


def test_the_password_is_the_first_line_of_a_file_of_its_owner(tmp_path: Path) -> None:
    """And it is never printed."""
    found = login(with_file(tmp_path / "secret", 0o600), {})
    assert found is not None
    assert (found.user, found.password) == ("cutover", "correct horse")
    assert "horse" not in repr(found)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    """With what to type."""
    with pytest.raises(MailError, match=r"others may use .*chmod 600"):
        login(with_file(tmp_path / "secret", mode), {})


def test_the_environment_counts_before_the_file(tmp_path: Path) -> None:
    """As a service manager hands it over."""
    given = with_file(tmp_path / "secret", 0o644)
    found = login(given, {"CUTOVER_SMTP_USER": "other", "CUTOVER_SMTP_PASSWORD": "battery"})
    assert found is not None
    assert (found.user, found.password) == ("other", "battery")


def test_a_user_of_the_environment_is_not_sent_in_the_clear_either() -> None:
    """cutover.toml refuses one of its own; this machine itself needs no encryption."""
    given = {"CUTOVER_SMTP_USER": "cutover", "CUTOVER_SMTP_PASSWORD": "battery"}
    with pytest.raises(MailError, match="a login without encryption"):
        login(replace(SETTINGS, server="mail.example.com", security="none"), given)
    assert login(replace(SETTINGS, server="::1", security="none"), given) is not None


@pytest.mark.parametrize("trouble", ["none", "missing", "empty", "folder"])
def test_a_password_that_is_not_there_is_told(tmp_path: Path, trouble: str) -> None:
    """In one line that says where it was looked for."""
    path = tmp_path / "secret"
    if trouble == "folder":
        path.mkdir(mode=0o700)
    if trouble == "empty":
        with_file(path, 0o600, "\n")
    given = replace(SETTINGS, user="cutover", password_file=None if trouble == "none" else path)
    with pytest.raises(MailError) as caught:
        login(given, {})
    assert "\n" not in str(caught.value)
    assert ("CUTOVER_SMTP_PASSWORD" if trouble == "none" else str(path)) in str(caught.value)
