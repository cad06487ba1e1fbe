"""Look after look until a signal comes: the clock of the watch runs evenly, whatever the wall clock does."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from analyzer.logs.memory import give_back
from analyzer.watch.rounds import Ended, Look, Wishes, World, look

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event
    from types import FrameType

HARD_END_S = 1.2  # [s] after a signal: a library that does not come back is left where it is; the state is whole
STEP_S = 60.0  # [s] the wall clock may stray from the even one between two looks, before it is told
LEAST_PAUSE_S = 1.0  # [s] between two looks that take longer than their step
TICK_S = 1.0  # [s] between two pictures of the live view


class View(Protocol):
    """What shows the watch to its user."""

    def looked(self, found: Look) -> None:
        """Show how a look ended."""

    def waiting(self, left_s: float) -> None:
        """Show how long it is until the next one."""

    def told(self, sentence: str) -> None:
        """Show a remark."""


@dataclass(slots=True)
class Watch:
    """The loop, and the last look."""

    world: World
    wishes: Wishes
    view: View
    every_s: float
    last: Look

    def metrics(self) -> str:
        """Return the metrics of the last look."""
        return self.last.metrics()

    def run(self, most: int | None = None) -> Look:
        """Return the last look, after so many, or after a signal."""
        with contextlib.suppress(Ended), ending(self.world.ending):
            begun_s, at = self._look()
            while most is None or self.last.count < most:
                self._wait(begun_s, at)
                begun_s, at = self._look()
        return self.last

    def _look(self) -> tuple[float, datetime]:
        """Look, and return when that began, on the even clock and on the wall."""
        begun_s, at = time.monotonic(), now()
        self.last = look(now, self.last, self.world, self.wishes)
        self.view.looked(self.last)
        gc.collect()  # figures are circles of objects: without this they pile up over several looks
        give_back()
        return begun_s, at

    def _wait(self, begun_s: float, at: datetime) -> None:
        """Wait for the time of the next look; tell if the wall clock was set meanwhile."""
        due_s = max(begun_s + self.every_s, time.monotonic() + LEAST_PAUSE_S)
        while (left_s := due_s - time.monotonic()) > 0:
            self.view.waiting(left_s)
            time.sleep(min(left_s, TICK_S))
        stray_s = (now() - at).total_seconds() - (time.monotonic() - begun_s)
        if abs(stray_s) > STEP_S:
            self.view.told(f"the clock was set {'forward' if stray_s > 0 else 'back'} by {abs(stray_s):.0f} s")


def now() -> datetime:
    """Return the present moment, UTC."""
    return datetime.now(UTC)


@contextlib.contextmanager
def ending(wanted: Event) -> Iterator[None]:
    """Let SIGTERM and SIGINT raise `Ended` in the main thread, and end the process hard if that is not heard."""

    def end(_number: int, _frame: FrameType | None) -> None:
        timer = threading.Timer(HARD_END_S, os._exit, (0,))
        timer.daemon = True
        timer.start()
        wanted.set()
        for one in before:
            signal.signal(one, signal.SIG_IGN)  # the second Ctrl-C must not cut the tidying short
        raise Ended

    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    for one in before:
        signal.signal(one, end)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
