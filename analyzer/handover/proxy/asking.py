"""The socket of `proxy verify`: one request a connection, its line sent as it is, everything bounded."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.errors import Fault, InputError
from analyzer.handover.proxy.questions import AGENT, Finding, Question, Reply, compare, questions
from analyzer.units import before_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from analyzer.migration.model import Address

LIMIT_S = 10.0  # [s] for a connection, and between two pieces of an answer
ANSWER_S = 60.0  # [s] for a whole answer
BODY_BYTES = 4 << 20  # [bytes] of a body that are compared
MOST_SILENT = 3  # questions in a row without any answer: nobody is there
LOOP_STATUS = 508


@dataclass(frozen=True, slots=True)
class Place:
    """A server's address and port for one scheme."""

    scheme: str
    address: Address
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{before_port(self.address)}:{self.port}"


def verify(
    name: str,
    old: Place,
    new: Place,
    *,
    paths: tuple[str, ...] = (),
    ca: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[Finding, ...]:
    """Return what differs between the new server asked directly and through the old one.

    Parameters
    ----------
    name
        The host name that is asked for; with TLS its certificate is checked at both servers.
    paths
        More paths to ask for, beside the awkward ones.
    ca
        A file of authorities to trust beside the system's.

    Raises
    ------
    InputError
        If a server does not answer at all.
    """
    context = _context(ca) if new.scheme == "https" else None
    found = [_guard(name, old, context)]
    asked = questions(paths)
    silent = 0
    for done, question in enumerate(asked):
        progress(done, len(asked))
        before, through, after = (_ask(place, name, question, context) for place in (new, old, new))
        silent = silent + 1 if before.error and through.error else 0
        if silent == MOST_SILENT:
            raise InputError(Fault(f"neither server answers: {before.error}", f"{new}, {old}", name, "are they up?"))
        found.append(compare(new.scheme, question, before, through, after))
    return tuple(found)


def _guard(name: str, old: Place, context: ssl.SSLContext | None) -> Finding:
    """Return whether the generated rules act: a request that carries their mark must end with 508."""
    question = Question("the rules act", "/", headers=(("X-Migration-Hop", name),))
    reply = _ask(old, name, question, context)
    if reply.status == LOOP_STATUS:
        return Finding(old.scheme, question.name, question.target, reply.status, ())
    told = reply.error or f"status {reply.status}"
    sentence = f"a request with this migration's mark is not stopped ({told}): the old server does not use these rules"
    return Finding(old.scheme, question.name, question.target, reply.status, (sentence,))


def _context(ca: Path | None) -> ssl.SSLContext:
    """Return how certificates are checked."""
    context = ssl.create_default_context()
    if ca is not None:
        try:
            context.load_verify_locations(ca)
        except (OSError, ssl.SSLError) as error:
            remedy = "name a file of certificates in PEM"
            raise InputError(Fault(f"no authorities in it: {error}", "--ca", str(ca), remedy)) from None
    return context


def _ask(place: Place, name: str, question: Question, context: ssl.SSLContext | None) -> Reply:
    """Return the reply to one question."""
    lines = [f"{question.method} {question.target} HTTP/1.1", f"Host: {name}", f"User-Agent: {AGENT}"]
    lines += [f"{known}: {value}" for known, value in question.headers]
    raw = "\r\n".join([*lines, "Accept: */*", "Connection: close"]).encode("ascii", "replace") + b"\r\n\r\n"
    try:
        with socket.create_connection((str(place.address), place.port), timeout=LIMIT_S) as plain:
            if context is None:
                return _exchange(plain, raw, question.method)
            with context.wrap_socket(plain, server_hostname=name) as safe:
                return _exchange(safe, raw, question.method)
    except ssl.SSLCertVerificationError as error:
        return Reply(error=f"certificate: {error.verify_message}")
    except (OSError, http.client.HTTPException) as error:
        return Reply(error=getattr(error, "strerror", None) or type(error).__name__)


def _exchange(connection: socket.socket, raw: bytes, method: str) -> Reply:
    """Send, and return what comes."""
    connection.sendall(raw)
    response = http.client.HTTPResponse(connection, method=method)
    try:
        response.begin()
        return Reply.of(response.status, tuple(response.getheaders()), _body(response))
    finally:
        response.close()


def _body(response: http.client.HTTPResponse) -> bytes:
    """Return the body, as far as it comes in time."""
    until_s = time.monotonic() + ANSWER_S
    parts: list[bytes] = []
    have = 0
    while have < BODY_BYTES and (part := response.read1(BODY_BYTES - have)):
        parts.append(part)
        have += len(part)
        if time.monotonic() > until_s:
            raise TimeoutError(errno.ETIMEDOUT, "the answer does not end")
    return b"".join(parts)
