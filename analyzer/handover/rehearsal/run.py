"""Questions -> findings: both servers asked side by side, no faster than agreed."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.errors import Fault, InputError
from analyzer.handover.asking import BODY_BYTES, Asker
from analyzer.handover.rehearsal.compare import ALIKE, compare, varies
from analyzer.handover.rehearsal.result import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from analyzer.handover.asking import Question, Server

GIVE_UP = 10  # so many questions in a row to which neither server's connection was taken: something else is wrong


@dataclass(frozen=True, slots=True)
class Pace:
    """How politely it asks.

    Attributes
    ----------
    per_second
        Questions that begin within a second, on each server.
    parallel
        Questions under way at once.
    body_bytes
        [bytes] of a body that are read and compared.
    alike
        [0..1] HTML pages whose words are so alike are the same.
    """

    per_second: float = 10.0
    parallel: int = 4
    body_bytes: int = BODY_BYTES
    alike: float = ALIKE


def rehearse(
    questions: Sequence[Question],
    servers: tuple[Server, Server],
    *,
    agent: str,
    pace: Pace,
    ca: Path | None = None,
    foreign: Collection[str] = (),
    tell: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Finding]:
    """Return what both servers answered to each question, in the questions' order.

    Parameters
    ----------
    questions
        The sample.
    servers
        The old one and the new one.
    agent
        The User-Agent that it says who it is with.
    pace
        How politely it asks.
    ca
        A PEM file with the authority that signed the servers' certificates; the system's otherwise.
    foreign
        Names and addresses that no redirect should lead to.
    tell
        Called with how many of how many are done.

    Raises
    ------
    InputError
        If one of the servers cannot be reached at all.
    """
    return asyncio.run(_Round(questions, servers, pace, tuple(foreign), tell).run(agent, ca))


class _Round:
    """One pass over the questions."""

    def __init__(
        self,
        questions: Sequence[Question],
        servers: tuple[Server, Server],
        pace: Pace,
        foreign: tuple[str, ...],
        tell: Callable[[int, int], None],
    ) -> None:
        self._questions, self._servers, self._pace = questions, servers, pace
        self._foreign, self._tell = foreign, tell
        self._found: dict[int, Finding] = {}
        self._unreached = [0, 0]

    async def run(self, agent: str, ca: Path | None) -> list[Finding]:
        """Return the findings in order."""
        async with AsyncExitStack() as open_until_done:
            self._old, self._new = [
                await open_until_done.enter_async_context(
                    Asker(server, agent=agent, ca=ca, body_bytes=self._pace.body_bytes)
                )
                for server in self._servers
            ]
            loop = asyncio.get_running_loop()
            begun, waiting = loop.time(), iter(enumerate(self._questions))
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(max(1, self._pace.parallel)):
                        group.create_task(self._work(waiting, begun))
            except ExceptionGroup as several:  # one worker gives up for all
                raise several.exceptions[0] from None
        return [self._found[n] for n in sorted(self._found)]

    async def _work(self, waiting: Iterator[tuple[int, Question]], begun: float) -> None:
        """Take questions until none is left, each not before its time."""
        loop = asyncio.get_running_loop()
        for n, question in waiting:
            early_s = begun + n / self._pace.per_second - loop.time()
            if early_s > 0:
                await asyncio.sleep(early_s)
            self._found[n] = await self._find(question)
            self._tell(len(self._found), len(self._questions))
            self._give_up(self._found[n])

    async def _find(self, question: Question) -> Finding:
        """Return what differs; what the old server itself answers in two ways is told apart."""
        old, new = await asyncio.gather(self._old.ask(question), self._new.ask(question))
        found = compare(question, old, new, alike=self._pace.alike, foreign=self._foreign)
        if not found or old.status is None or new.status is None:
            return Finding(question, old, new, found)
        again = await self._old.ask(question)
        itself = compare(question, old, again, alike=self._pace.alike)
        own = tuple(one for one in found if varies(one, itself))
        return Finding(question, old, new, tuple(one for one in found if one not in own), own)

    def _give_up(self, found: Finding) -> None:
        """End it where a server has not answered one of the first questions."""
        for side, answer in enumerate((found.old, found.new)):
            if answer.status is not None:
                self._unreached[side] = -len(self._questions)  # it has answered: never given up
            else:
                self._unreached[side] += 1
            if self._unreached[side] >= min(GIVE_UP, len(self._questions)):
                server = self._servers[side]
                what = f"the {server.label} server answers nothing: {answer.error}"
                remedy = "look at address, port and scheme (--scheme, --old, --new), certificate (--ca) and firewall"
                raise InputError(Fault(what, "rehearse", str(server), remedy))
