"""A mail on its way: tried again while that can help, and handed over once for each state of the migration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from analyzer.errors import Fault, MailError
from analyzer.report.mail.session import HANDED_OVER, Outcome, TryAgain, Unsure, send

T = TypeVar("T")
Refusals = tuple[tuple[str, str], ...]  # who was refused, and what the server said

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.migration import MailSettings
    from analyzer.report.mail.login import Login
    from analyzer.state import State


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a delivery may take.

    Attributes
    ----------
    answer_s, session_s
        [s] for one answer of the server, and for one session.
    pauses_s
        [s] before each further try.
    """

    answer_s: float = 20.0
    session_s: float = 90.0
    pauses_s: tuple[float, ...] = (5.0, 20.0, 60.0)


def deliver(
    settings: MailSettings,
    login: Login | None,
    message: bytes,
    *,
    sleep: Callable[[float], None],
    patience: Patience | None = None,
) -> Refusals:
    """Return who was refused, and why, after the message was handed over for everybody else.

    Each recipient gets it once: a further try is only for those whom no server has taken.

    Parameters
    ----------
    settings, login, message
        Server, sender, recipients; who logs in; the bytes of `EmailMessage.as_bytes`.
    sleep, patience
        Waits so many seconds between two tries; how often, and how long.

    Raises
    ------
    Unsure
        If the server died after it had the whole message: it is not sent again.
    MailError
        If nobody will get it.
    """
    kept = patience or Patience()
    left, accepted, refused = settings.to, 0, list[tuple[str, str]]()
    why = ""
    for pause_s in (0.0, *kept.pauses_s):
        if pause_s:
            sleep(pause_s)
        try:
            told = send(settings, login, left, message, answer_s=kept.answer_s, session_s=kept.session_s)
        except TryAgain as error:
            why = str(error)
            continue
        accepted += len(told.accepted)
        refused += told.refused
        left, why = tuple(one for one, _ in told.later), _first(told)
        if not left:
            break
    missed = (*refused, *((one, why) for one in left))
    if not accepted:
        raise _not_taken(settings, missed[0][1])
    return missed


def _not_taken(settings: MailSettings, why: str) -> MailError:
    """Return that nobody gets it, and why."""
    remedy = "look at the server, or correct [mail] in cutover.toml"
    where = f"mail server {settings.server}:{settings.port}"
    return MailError(Fault(f"the mail was not taken: {why}", where, remedy=remedy))


def once(state: State, key: str, send_it: Callable[[], T]) -> T | None:
    """Return what sending gave; None if it has been sent before, or is being sent by somebody else.

    A try that failed for certain may be made again by anybody; one whose end nobody knows never is.

    Parameters
    ----------
    key
        Of what is sent: one key is sent once.
    send_it
        Hands it over; must not return None.
    """
    failures = f"failures of {key}"
    tried = state.noted(failures) or "0"
    if not state.claim(f"try {tried} of {key}"):
        return None
    try:
        return send_it()
    except Unsure:
        raise
    except BaseException as error:
        if HANDED_OVER not in getattr(error, "__notes__", ()):
            state.note(failures, str(int(tried) + 1))
        raise


def _first(told: Outcome) -> str:
    """Return what the server said to the first that it wants to be asked for later."""
    return told.later[0][1] if told.later else ""
