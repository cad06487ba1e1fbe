"""Who logs in to the mail server: from the environment, or from a file that only its owner may read."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analyzer.errors import Fault, MailError
from analyzer.migration.values import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from analyzer.migration import MailSettings

USER, PASSWORD = "CUTOVER_SMTP_USER", "CUTOVER_SMTP_PASSWORD"
OTHERS = stat.S_IRWXG | stat.S_IRWXO
PASSWORD_BYTES = 4096  # [bytes] read of the file at most


@dataclass(frozen=True, slots=True)
class Login:
    """A user and a password; the password is never printed."""

    user: str
    password: str = field(repr=False)


def login(settings: MailSettings, environment: Mapping[str, str]) -> Login | None:
    """Return who logs in; None if nobody does.

    Parameters
    ----------
    settings
        `user` and `password_file`.
    environment
        `CUTOVER_SMTP_USER` and `CUTOVER_SMTP_PASSWORD` count before them.

    Raises
    ------
    MailError
        If there is a user and no password, others may read its file, or it would travel in the clear.
    """
    user = environment.get(USER) or settings.user
    if not user:
        return None
    if settings.security == "none" and not is_loopback(settings.server):
        remedy = 'write security = "starttls" or "tls" in [mail]'
        raise MailError(Fault("a login without encryption", "mail.security", "none", remedy))
    password = environment.get(PASSWORD)
    if password:
        return Login(user, password)
    if settings.password_file is None:
        remedy = f"set {PASSWORD} in the environment, or write password_file in [mail]"
        raise MailError(Fault("a user without a password", "mail.user", user, remedy))
    return Login(user, _password(settings.password_file))


def _password(path: Path) -> str:
    """Return the first line of a file that nobody else may read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(PASSWORD_BYTES) if stat.S_ISREG(mode) else b""
    except OSError as error:
        reason = error.strerror or "no file"
        raise MailError(Fault(f"the password cannot be read: {reason}", str(path), remedy="make it readable")) from None
    if mode & OTHERS:
        remedy = f"chmod 600 {path}"
        raise MailError(Fault("others may use the password's file", str(path), f"mode {stat.S_IMODE(mode):o}", remedy))
    password = text.decode("utf-8", "replace").partition("\n")[0].rstrip("\r")
    if not password:
        raise MailError(Fault("holds no password", str(path), remedy="write it into the first line"))
    return password
