"""Threads that take turns: each asks for its next item itself, and works on it while others ask for theirs.

What a thread has read is in its processor's cache when it works on it, and no thread waits for another one that only
reads: with two of them, one inflates while the other takes lines apart.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from itertools import count
from queue import SimpleQueue
from threading import Lock, Semaphore, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

Item = TypeVar("Item")
Made = TypeVar("Made")
_AHEAD = 4  # items for each thread, that may be done before one that takes long
_TURN_S = 1e-4  # [s] as long Python leaves a thread waiting that is done with compiled code; by itself 50 times as long


class Crew(Generic[Item, Made]):
    """Threads at work on items that come one after the other.

    Parameters
    ----------
    items
        Asked for by one thread at a time.
    work
        What each thread does with an item.
    """

    def __init__(self, items: Iterator[Item], work: Sequence[Callable[[Item], Made]]) -> None:
        self._items, self._work = items, work
        self._turn, self._going_on, self._busy = Lock(), Lock(), [Lock() for _ in work]
        self._free, self._numbers = Semaphore(_AHEAD * len(work)), count()
        self._made: SimpleQueue[tuple[int, Made | BaseException | None]] = SimpleQueue()
        self._stopped = False

    def made(self, meanwhile: Callable[[], None] | None = None) -> Generator[Made]:
        """Yield what is made of the items, in their order.

        Parameters
        ----------
        meanwhile
            Called once, when the threads have begun.

        Raises
        ------
        BaseException
            What asking for an item, or work on it, has raised.
        """
        for n in range(len(self._work)):  # daemons: a silent pipe must not hold up the end
            Thread(target=self._serve, args=(n,), name="log lines", daemon=True).start()
        early: dict[int, Made | BaseException | None] = {}
        try:
            with short_turns():
                if meanwhile is not None:
                    meanwhile()
                for number in count():
                    while number not in early:
                        early.update([self._made.get()])
                    found = early.pop(number)
                    if found is None:
                        return
                    if isinstance(found, BaseException):
                        raise found
                    self._free.release()
                    yield found
        finally:
            self._stop()

    def _serve(self, n: int) -> None:
        """Work on one item after the other; None is told after the last one."""
        while True:
            self._free.acquire()
            number, found = -1, None
            try:
                with self._turn:
                    number = next(self._numbers)
                    with self._going_on:
                        if self._stopped:
                            return
                    item = next(self._items, None)
                if item is not None:
                    with self._busy[n]:
                        found = None if self._stopped else self._work[n](item)
            except BaseException as error:  # noqa: BLE001 -- it is raised where what is made is used
                self._made.put((number, error))
                return
            self._made.put((number, found))
            if found is None:
                return

    def _stop(self) -> None:
        """See to it that no thread works any more; one that waits for an item may go on with that."""
        with self._going_on:
            self._stopped = True
        with ExitStack() as nobody_at_work:
            for one in self._busy:
                nobody_at_work.enter_context(one)
            for _ in self._work:
                self._free.release()


@contextmanager
def short_turns() -> Iterator[None]:
    """Have threads that want to run Python's code wait for each other only briefly."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, _TURN_S))
    try:
        yield
    finally:
        if before > _TURN_S:  # else another crew has set it, and sees to it
            sys.setswitchinterval(before)
