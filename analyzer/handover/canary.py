"""The canary: one harmless marked request to the old address that must show up in the old log and reach the new server.

A log that shows the canary lives: silence in it means that nobody came. A canary that reached the new server proves
that the proxy works.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from analyzer.handover.asking import Answer, Asker, Question, Server
from analyzer.handover.log_tail import LogTail
from analyzer.units import parse_moment, rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from analyzer.migration import LogSet

SCHEMA = "cutover.canary/1"
NOTE = "canary/"  # prefix of the keys under which the state keeps them: canary/AT/MARK
PATH = "/.well-known/cutover-canary/"  # no application answers there (RFC 8615), so nothing is touched
BODY_BYTES = 64 << 10
LOOK_S = 0.2  # [s] between two looks at the logs
BAD_GATEWAY, GATEWAY_TIMEOUT = 502, 504  # statuses of a proxy that did not reach its upstream (RFC 9110 section 15.6)
HANDLER = re.compile(rb"(?<![\w-])proxy-server(?![\w-])")  # %R of a request that mod_proxy served
ALIVE, SILENT = 0, 10  # exit status


@dataclass(frozen=True, slots=True)
class Canary:
    """One canary and what became of it.

    Attributes
    ----------
    at
        When it was sent, UTC.
    mark
        What its path and agent hold; random, so that it can be told from all others.
    server
        The old server's address as it was asked.
    name
        The host name that it asked for.
    status, error
        The answer's status, or why none came.
    elapsed_ms
        [ms] until the answer was whole.
    logged
        Whether the old log showed it in time; None if its log cannot be watched from here.
    logged_after_s
        [s] after which it was seen there; None if it was not.
    reached_new
        Whether it reached the new server; None if nothing shows it.
    proof
        What says so: `new-log` (its line there), `handler` (the old log says it was proxied, and the answer is no
        proxy's error), `status` (it is); None if nothing does.
    """

    at: datetime
    mark: str
    server: str
    name: str
    status: int | None
    error: str | None
    elapsed_ms: float
    logged: bool | None
    logged_after_s: float | None
    reached_new: bool | None
    proof: str | None

    @property
    def key(self) -> str:
        """The key under which the state keeps it."""
        return f"{NOTE}{rfc3339(self.at)}/{self.mark}"

    def exit_status(self, *, proxied: bool) -> int:
        """Return 0 if the log lives (and, if `proxied` is wanted, the new server was reached), 10 otherwise."""
        return ALIVE if self.logged and (self.reached_new or not proxied) else SILENT

    def as_json(self) -> dict[str, Any]:
        """Return it as one JSON object."""
        return {"schema": SCHEMA, **asdict(self), "at": rfc3339(self.at)}


def read_canaries(lines: Iterable[str]) -> Iterator[Canary]:
    """Yield the canaries that were recorded as JSON objects; what is none of them is passed over.

    Parameters
    ----------
    lines
        JSON texts, as `Canary.as_json` gives them and the state keeps them.
    """
    fields = Canary.__dataclass_fields__
    for line in lines:
        try:
            found = json.loads(line)
            if found["schema"] == SCHEMA:
                yield Canary(**{**{name: found[name] for name in fields}, "at": parse_moment(found["at"])})
        except (ValueError, KeyError, TypeError):
            continue


def send(
    server: Server,
    name: str,
    *,
    at: datetime,
    mark: str,
    agent: str,
    old_logs: LogSet | None,
    new_logs: LogSet | None,
    wait_s: float,
    ca: Path | None = None,
) -> Canary:
    """Return what became of a canary: sent to the old server, looked for in the logs until it is there or time is up.

    Parameters
    ----------
    server
        The old server.
    name
        The migration's host name that it asks for: Host, SNI and certificate are checked against it.
    at, mark
        When it is sent, and what makes it unlike any other.
    agent
        The User-Agent; the mark is added.
    old_logs, new_logs
        What is watched; None where a server's log is not here.
    wait_s
        [s] how long the logs are watched at most.
    ca
        A PEM file with the authority of the server's certificate; the system's otherwise.
    """
    logs = tuple(LogTail(one.paths if one else ()) for one in (old_logs, new_logs))
    answer = asyncio.run(_ask(server, Question("GET", name, PATH + mark), f"{agent} {mark}", ca))
    sent = Canary(at, mark, str(server), name, answer.status, answer.error, answer.total_ms, None, None, None, None)
    old_line, after_s, in_new = _watch(logs, mark, wait_s) if answer.status is not None else (None, None, False)
    logged = (old_line is not None) if logs[0].readable else None
    seen = replace(sent, logged=logged, logged_after_s=after_s)
    reached, proof = _reached(answer, old_line, in_new=in_new)
    return replace(seen, reached_new=reached, proof=proof)


async def _ask(server: Server, question: Question, agent: str, ca: Path | None) -> Answer:
    """Return the old server's answer."""
    async with Asker(server, agent=agent, ca=ca, body_bytes=BODY_BYTES) as asker:
        return await asker.ask(question)


def _watch(logs: tuple[LogTail, ...], mark: str, wait_s: float) -> tuple[bytes | None, float | None, bool]:
    """Return the old log's line, after how long it was seen [s], and whether the new log showed one too."""
    begun = time.monotonic()
    old_line: bytes | None = None
    after_s: float | None = None
    in_new = False
    while True:
        if old_line is None and (found := logs[0].line_with(mark)) is not None:
            old_line, after_s = found[1], time.monotonic() - begun
        in_new = in_new or logs[1].line_with(mark) is not None
        done = (old_line is not None or not logs[0].readable) and (in_new or not logs[1].readable)
        if done or time.monotonic() - begun >= wait_s:
            return old_line, after_s, in_new
        time.sleep(LOOK_S)


def _reached(answer: Answer, old_line: bytes | None, *, in_new: bool) -> tuple[bool | None, str | None]:
    """Return whether the new server was reached, and what says so."""
    if in_new:
        return True, "new-log"
    if answer.status is not None and BAD_GATEWAY <= answer.status <= GATEWAY_TIMEOUT:
        return False, "status"
    if old_line is not None and HANDLER.search(old_line):
        return True, "handler"
    return None, None  # a log that is copied here from time to time says nothing by not having it yet
