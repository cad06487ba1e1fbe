"""Ways to tell: a webhook and a command. Each gets the event as JSON, within a bounded time."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shlex
import signal
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from analyzer.errors import CutoverError, Fault, UsageError, shown
from analyzer.report.mail.session import handing_over
from analyzer.units import is_port

if TYPE_CHECKING:
    from collections.abc import Mapping

WEBHOOK_S = 10.0
COMMAND_S = 30.0
VARIABLES = {"CUTOVER_VERDICT": "verdict", "CUTOVER_REASON": "reason", "CUTOVER_HEADLINE": "headline"}


class TellError(CutoverError):
    """A webhook or a command did not take what it was told."""


def _has_port(url: str) -> bool:
    """Return whether a URL's port is one, or the usual one."""
    try:
        port = urlsplit(url).port
    except ValueError:
        return False
    return port is None or is_port(port)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A URL that gets each event by POST; its `Idempotency-Key` tells a repeated event from a second one."""

    url: str = field(repr=False)  # may hold a secret
    name: str = "webhook"

    def __post_init__(self) -> None:
        if not self.url.startswith(("https://", "http://")) or any(c <= " " for c in self.url):
            raise UsageError(Fault("not a URL for a webhook", "--webhook", self.url, "write https://…"))
        if not _has_port(self.url):
            remedy = "write a port from 1 to 65535, or none: https://hooks.example.net:8443/…"
            raise UsageError(Fault("no port has that number", "--webhook", self._where, remedy))

    def tell(self, told: Mapping[str, Any], key: str) -> bool:
        """Return True after the URL took it.

        Raises
        ------
        TellError
            If it did not answer 2xx in time.
        """
        headers = {"Content-Type": "application/json", "Idempotency-Key": key, "User-Agent": "cutover"}
        body = json.dumps(told, allow_nan=False).encode()
        request = urllib.request.Request(self.url, body, headers, method="POST")  # noqa: S310 -- checked to be http(s)
        try:
            with handing_over(), urllib.request.build_opener(_NoRedirect).open(request, timeout=WEBHOOK_S) as answer:
                answer.read(1)
        except urllib.error.HTTPError as error:
            error.close()
            raise TellError(Fault(f"answered {error.code}", self._where, remedy="look at it")) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise TellError(Fault(f"no answer: {shown(str(reason))}", self._where, remedy="look at it")) from None
        return True

    @property
    def _where(self) -> str:
        """The webhook without what may be secret."""
        return "webhook " + shown(self.url.split("://", 1)[1].partition("/")[0].rpartition("@")[2])[1:-1]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET without the event: it is a refusal."""

    def redirect_request(self, *_: object) -> None:
        """Follow nothing."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program that gets each event on its standard input; the shortest of it also in its environment."""

    line: str
    name: str = "command"

    def __post_init__(self) -> None:
        self._words()

    def tell(self, told: Mapping[str, Any], key: str) -> bool:
        """Return True after the program ended with status 0.

        Raises
        ------
        TellError
            If it cannot be run, ends otherwise, or takes too long; it and its children are ended then.
        """
        environment = {**os.environ, "CUTOVER_EVENT": key}
        environment |= {name: str(told[field]).replace("\0", "") for name, field in VARIABLES.items()}
        words = self._words()
        try:
            run = subprocess.Popen(  # noqa: S603 -- the user's own command, without a shell
                words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment, start_new_session=True
            )
        except OSError as error:
            raise self._fault(f"cannot be run: {error.strerror}", words) from None
        try:
            with handing_over():
                run.communicate(json.dumps(told, allow_nan=False).encode(), timeout=COMMAND_S)
        except subprocess.TimeoutExpired:
            raise self._fault(f"took longer than {COMMAND_S:.0f} s", words) from None
        finally:
            _end(run)
        if run.returncode != 0:
            raise self._fault(f"ended with status {run.returncode}", words)
        return True

    def _words(self) -> list[str]:
        """Return the program and its arguments."""
        try:
            words = shlex.split(self.line)
        except ValueError as error:
            raise UsageError(Fault(f"not a command: {error}", "--command", self.line, "mend its quotes")) from None
        if not words:
            raise UsageError(Fault("an empty command", "--command", self.line, "name a program"))
        return words

    @staticmethod
    def _fault(what: str, words: list[str]) -> TellError:
        return TellError(Fault(what, f"command {shown(words[0])}", remedy="try it by hand"))


def _end(run: subprocess.Popen[bytes]) -> None:
    """End a program that is still there, with its children."""
    if run.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    if run.stdin is not None and not run.stdin.closed:
        with contextlib.suppress(OSError):
            run.stdin.close()
