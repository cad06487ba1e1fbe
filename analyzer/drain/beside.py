"""The verdicts at many moments by two processes: the moments need nothing of each other.

The other process is one more of this Python, which runs this module. It gets the evidence once, then a moment at a
time, and answers with a verdict, all as pickles in pipes that nobody else holds. Whoever is free takes the next moment.
Should it fail, what it had in hand is judged here: an error is told by the process that was asked.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from analyzer.drain.advise import advise
from analyzer.drain.moments import safe_from, still_safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from analyzer.drain.evidence import Gathered
    from analyzer.drain.verdict import Verdict

FEW = 20  # [moments] that are judged before another process would help: it needs a second to begin
MOST_CELLS = 2_000_000  # [cells] of a log that a second process may hold as well: about a hundred megabytes
PATIENCE_S = 60.0  # [s] a moment takes a second, of a very large log ten

Answers = SimpleQueue["tuple[int, Verdict | None]"]  # by the moment's number; None: it could not


def verdicts(gathered: Gathered, moments: Sequence[datetime]) -> Iterator[Verdict]:
    """Yield the verdict at each moment, as `backtest` judges it, in time order."""
    ordered, since = sorted(moments), None
    for verdict in _each(gathered, ordered):
        since = still_safe(verdict, since)
        yield verdict if since is None else safe_from(verdict, since)


def _each(gathered: Gathered, ordered: Sequence[datetime]) -> Iterator[Verdict]:
    """Yield the verdict at each moment by itself."""
    left, done = deque(range(len(ordered))), dict[int, "Verdict"]()
    with _company(gathered, ordered, left) as answers:
        for wanted in range(len(ordered)):
            while wanted not in done:
                index, verdict = _come(answers, left, wanted)
                done[index] = advise(gathered.at(ordered[index])).verdict if verdict is None else verdict
            yield done.pop(wanted)


def _come(answers: Answers, left: deque[int], wanted: int) -> tuple[int, Verdict | None]:
    """Return an answer that has come, or the number of the next moment, or, if all are taken, the answer that comes.

    If none comes for long, return the number of the one that is waited for.
    """
    try:
        return answers.get_nowait()
    except Empty:
        mine = _next(left)
    if mine is not None:
        return mine, None
    try:
        return answers.get(timeout=PATIENCE_S)
    except Empty:
        return wanted, None


def _next(left: deque[int]) -> int | None:
    """Return the number of the next moment; None if all are taken."""
    try:
        return left.popleft()  # at once: two threads take from it
    except IndexError:
        return None


@contextmanager
def _company(gathered: Gathered, ordered: Sequence[datetime], left: deque[int]) -> Iterator[Answers]:
    """Have another process take moments as well, if it is worth one, and none is left of it in the end."""
    answers: Answers = SimpleQueue()
    child = _started() if len(ordered) >= FEW and len(gathered.old.sums("cells")) <= MOST_CELLS else None
    if child is None:
        yield answers
        return
    talk = Thread(target=_talk, args=(child, gathered, ordered, left, answers), daemon=True)
    talk.start()
    try:
        yield answers
    finally:
        child.kill()
        talk.join()
        with suppress(BrokenPipeError):  # what was not sent yet
            child.communicate()


def _started() -> subprocess.Popen[bytes] | None:
    """Return the other process; None where there is one processor only, or nothing can be started."""
    if (os.cpu_count() or 1) == 1 or not sys.executable:
        return None
    command = [sys.executable, "-P", "-W", "ignore", "-m", "analyzer.drain.beside"]  # -P: no module of this directory
    try:
        return subprocess.Popen(  # noqa: S603 -- our own module in our own Python
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError:
        return None


def _talk(
    child: subprocess.Popen[bytes], gathered: Gathered, ordered: Sequence[datetime], left: deque[int], answers: Answers
) -> None:
    """Have the other process judge moments until none is left, or it fails."""
    index: int | None = None
    with suppress(Exception):  # whatever it is: what it had in hand is judged by who was asked
        _send(child, gathered)
        while (index := _next(left)) is not None:
            _send(child, ordered[index])
            answers.put((index, pickle.load(child.stdout)))  # type: ignore[arg-type]  # noqa: S301 -- a pipe; ours
    if index is not None:
        answers.put((index, None))


def _send(child: subprocess.Popen[bytes], what: object) -> None:
    assert child.stdin is not None  # noqa: S101 -- it is a pipe
    pickle.dump(what, child.stdin, pickle.HIGHEST_PROTOCOL)
    child.stdin.flush()


def main() -> None:
    """Answer the moments of standard input, as `_talk` asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who was asked decides, and ends this
    asked, told = sys.stdin.buffer, sys.stdout.buffer
    gathered = pickle.load(asked)  # noqa: S301 -- a pipe that only our own process holds
    while True:
        try:
            moment = pickle.load(asked)  # noqa: S301 -- the same
            pickle.dump(advise(gathered.at(moment)).verdict, told, pickle.HIGHEST_PROTOCOL)
            told.flush()
        except (EOFError, BrokenPipeError):
            return


if __name__ == "__main__":
    main()
