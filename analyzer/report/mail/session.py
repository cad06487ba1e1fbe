"""One session with a mail server: connect, encrypt, log in, hand a message over, and know for certain how it ended.

`smtplib.SMTP.sendmail` cannot tell a server that died before it had the whole message from one that died after. The
first may be tried again, the second must not: the reader would get the mail twice. So the message goes out without its
last line, the end only when the server is still there.
"""

from __future__ import annotations

import contextlib
import re
import select
import smtplib
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.errors import Fault, MailError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analyzer.migration import MailSettings
    from analyzer.report.mail.login import Login

GREETING, READY, GO_ON = 220, 250, 354
TEMPORARY, PERMANENT = 400, 500  # RFC 5321 s4.2.1
SETTLE_S = 0.2  # [s] in which a server that has closed the connection is noticed
_LINE_END = re.compile(rb"\r\n|\n|\r")


class TryAgain(Exception):  # noqa: N818 -- it reads as what to do
    """The server did not take the message this time, for certain; later it may."""


HANDED_OVER = "handed over, and ended before the answer"


@contextlib.contextmanager
def handing_over() -> Iterator[None]:
    """Mark what ends us (Ctrl-C, a signal) between handing over and the answer: nobody knows whether it was taken."""
    try:
        yield
    except BaseException as error:
        if not isinstance(error, Exception):
            error.add_note(HANDED_OVER)
        raise


class Unsure(MailError):  # noqa: N818 -- it reads as what the sender is
    """The message was handed over and the connection ended before the answer: it must not be sent again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who will get the message; who was refused for now, and for good, each with what the server said."""

    accepted: tuple[str, ...]
    later: tuple[tuple[str, str], ...]
    refused: tuple[tuple[str, str], ...]


def send(
    settings: MailSettings,
    login: Login | None,
    recipients: Sequence[str],
    message: bytes,
    *,
    answer_s: float,
    session_s: float,
) -> Outcome:
    """Return how one try ended.

    Parameters
    ----------
    settings, login
        The server, and who logs in.
    recipients
        Who shall get it now.
    message
        As `EmailMessage.as_bytes` gives it.
    answer_s, session_s
        [s] waited for one answer, and for the whole session: a server that sends a byte a second ends too.

    Raises
    ------
    TryAgain
        If it was not taken and may be later.
    Unsure
        If nobody can know whether it was taken.
    MailError
        If it will not be taken as it is.
    """
    with _translated(settings), _session(settings, answer_s, session_s) as smtp:
        _encrypt(smtp, settings)
        if login is not None:
            smtp.login(login.user, login.password)
        return _hand_over(smtp, settings, recipients, message)


@contextlib.contextmanager
def _translated(settings: MailSettings) -> Iterator[None]:
    """Say what went wrong in our words: later (TryAgain), or not at all (MailError)."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        remedy = "name the server as its certificate does, or write ca_file in [mail]"
        raise _fault(settings, f"its certificate cannot be trusted: {error.verify_message}", remedy) from None
    except smtplib.SMTPAuthenticationError as error:
        raise _by_code(settings, error.smtp_code, error.smtp_error, "the login was refused") from None
    except smtplib.SMTPNotSupportedError as error:
        raise _fault(settings, str(error), "correct server, security or user in [mail]") from None
    except smtplib.SMTPResponseException as error:
        raise _by_code(settings, error.smtp_code, error.smtp_error, "it refused") from None
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        raise TryAgain("the connection ended") from None
    except ssl.SSLError as error:
        remedy = 'security = "tls" speaks TLS from the first byte, "starttls" after a plain greeting'
        raise _fault(settings, f"no TLS: {error.reason or error}", remedy) from None
    except (OSError, smtplib.SMTPException) as error:
        raise TryAgain(_words(error)) from None


@contextlib.contextmanager
def _session(settings: MailSettings, answer_s: float, session_s: float) -> Iterator[smtplib.SMTP]:
    """Hold a connection that ends in any case when its time is over."""
    mine = socket.gethostname() or "localhost"  # never getfqdn: that asks the network
    smtp = smtplib.SMTP(local_hostname=mine, timeout=answer_s)
    timer = threading.Timer(session_s, _cut, (smtp,))
    timer.daemon = True
    timer.start()
    try:
        smtp.sock = socket.create_connection((settings.server, settings.port), timeout=answer_s)
        if settings.security == "tls":
            _wrap(smtp, settings)
        _expect(GREETING, smtp.getreply())
        smtp.ehlo_or_helo_if_needed()
        yield smtp
        with contextlib.suppress(OSError, smtplib.SMTPException):
            smtp.quit()
    finally:
        timer.cancel()
        smtp.close()


def _wrap(smtp: smtplib.SMTP, settings: MailSettings) -> None:
    """Go on encrypted; what the server said before that is forgotten (RFC 3207 s4.2)."""
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected("the connection ended")
    smtp.sock = _context(settings).wrap_socket(smtp.sock, server_hostname=settings.server)
    smtp.file = None
    smtp.helo_resp = smtp.ehlo_resp = None
    smtp.esmtp_features = {}


def _cut(smtp: smtplib.SMTP) -> None:
    """End a session whose time is over: whoever waits for its socket wakes up."""
    held = smtp.sock
    if held is not None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(held, socket.SHUT_RDWR)


def _context(settings: MailSettings) -> ssl.SSLContext:
    """Return how certificates are checked: always, and the name too."""
    try:
        return ssl.create_default_context(cafile=None if settings.ca_file is None else str(settings.ca_file))
    except OSError as error:
        fault = Fault("no certificates in it", str(settings.ca_file), remedy="name a file of PEM certificates")
        raise MailError(fault) from error


def _encrypt(smtp: smtplib.SMTP, settings: MailSettings) -> None:
    """Start TLS where it is asked for; never go on without it."""
    if settings.security != "starttls":
        return
    if not smtp.has_extn("starttls"):
        remedy = 'ask its admin, or write security = "tls"; "none" is for a server on this machine'
        raise _fault(settings, "it offers no STARTTLS", remedy)
    _expect(GREETING, smtp.docmd("STARTTLS"))
    _wrap(smtp, settings)
    smtp.ehlo_or_helo_if_needed()


def _hand_over(smtp: smtplib.SMTP, settings: MailSettings, recipients: Sequence[str], message: bytes) -> Outcome:
    """Return how the transaction ended."""
    room = smtp.esmtp_features.get("size", "")
    if room.isdigit() and 0 < int(room) < len(message):
        raise _fault(settings, f"it takes mails up to {room} bytes, this one has {len(message)}", "ask its admin")
    _expect(READY, smtp.mail(settings.sender))
    answers = {one: smtp.rcpt(one) for one in recipients}
    accepted = tuple(one for one, (code, _) in answers.items() if code < TEMPORARY)
    later = tuple((one, _said(*said)) for one, said in answers.items() if TEMPORARY <= said[0] < PERMANENT)
    refused = tuple((one, _said(*said)) for one, said in answers.items() if said[0] >= PERMANENT)
    if accepted:
        _data(smtp, settings, message)
    return Outcome(accepted, later, refused)


def _data(smtp: smtplib.SMTP, settings: MailSettings, message: bytes) -> None:
    """Send the message, its end last; an answer that never comes after that is `Unsure`."""
    _expect(GO_ON, smtp.docmd("DATA"))
    body = re.sub(rb"(?m)^\.", b"..", _LINE_END.sub(b"\r\n", message))
    smtp.send(body if body.endswith(b"\r\n") else body + b"\r\n")
    _still_there(smtp)
    try:
        with handing_over():
            smtp.send(b".\r\n")
            answer = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        remedy = "look whether it arrived; it is not sent again by itself"
        what = f"the connection ended before the server said whether it has the mail ({_words(error)})"
        raise Unsure(Fault(what, _where(settings), remedy=remedy)) from None
    _expect(READY, answer)


def _still_there(smtp: smtplib.SMTP) -> None:
    """Raise if the server has closed the connection, or speaks before it was asked."""
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected("the connection ended")
    readable, _, _ = select.select([smtp.sock], [], [], SETTLE_S)
    if readable:
        raise smtplib.SMTPResponseException(*smtp.getreply())


def _expect(wanted: int, answer: tuple[int, bytes]) -> None:
    """Raise if the server says something else."""
    if answer[0] != wanted:
        raise smtplib.SMTPResponseException(*answer)


def _by_code(settings: MailSettings, code: int, words: bytes | str, what: str) -> Exception:
    """Return what an answer means: later (4yz), or never (5yz)."""
    said = _said(code, words)
    if code < PERMANENT:
        return TryAgain(said)
    return _fault(settings, f"{what}: {said}", "correct [mail], or ask the server's admin")


def _said(code: int, words: bytes | str) -> str:
    """Return a server's answer as one printable bounded line."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {shown(' '.join(text.split()))}"


def _words(error: Exception) -> str:
    """Return what an error of the system or of the connection says, in one printable line."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return shown(text)[1:-1]


def _where(settings: MailSettings) -> str:
    """Return which server is spoken of."""
    return f"mail server {settings.server}:{settings.port}"


def _fault(settings: MailSettings, what: str, remedy: str) -> MailError:
    """Return what is wrong with the server."""
    return MailError(Fault(what, _where(settings), remedy=remedy))
