"""The fold of large logs: threads with tables of their own share each block's lines; the rest is read strictly."""

from __future__ import annotations

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.logs.compiled.gathering import ROWS, Gathering
from analyzer.logs.compiled.machine import machine
from analyzer.logs.compiled.plan import plan
from analyzer.logs.compiled.state import State, address
from analyzer.logs.compiled.worker import Worker
from analyzer.logs.fold import SLOT_S, Tally
from analyzer.logs.lanes import Refused, strict_rows
from analyzer.logs.memory import give_back
from analyzer.logs.sources import Block

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from analyzer.logs.compiled.machine import Machine
    from analyzer.logs.compiled.worker import Taken
    from analyzer.logs.formats import LogFormat
    from analyzer.logs.parts import Part
    from analyzer.logs.sources import LineEnds

_LEFT_LINES, _LEFT_BYTES = 20_000, 4 << 20  # so many lines, or bytes, of several blocks are read strictly together
_THREADS = 8  # at most: the reader, one thread, feeds no more
_SHARES = 4  # of a block, for each thread
_SHARED_LINES = 4_096  # at least, in each
_ROWS = 1 << 16  # of a thread's own, before they are taken over: what is written to them stays in the cache


@dataclass(slots=True)
class _Left:
    """Lines of a file that compiled code did not take, not read yet."""

    texts: list[NDArray[np.uint8]]
    stored_bytes: int = 0

    @property
    def enough(self) -> bool:
        """Whether they are worth, or big enough, to be read now."""
        return len(self.texts) >= _LEFT_LINES or self.stored_bytes >= _LEFT_BYTES


class CompiledFold:
    """Takes blocks, keeps sums, as `Fold` does; several times as fast."""

    BLOCK_BYTES = 4 << 20  # what stays in the processor's cache between reading and taking apart

    @staticmethod
    def line_ends(log_format: LogFormat) -> LineEnds:
        """Return what finds the ends of lines."""
        code = _code(log_format)

        def ends(data: NDArray[np.uint8]) -> NDArray[np.int32]:
            found = np.empty(len(data), np.int32)
            return found[: code.line_ends(address(data), len(data), 0, address(found))]

        return ends

    def __init__(
        self, log_format: LogFormat, names: Collection[str], moments_us: Sequence[int], slot_s: int = SLOT_S
    ) -> None:
        count, code = min(os.cpu_count() or 1, _THREADS), _code(log_format)
        seed = secrets.randbits(62)  # nobody can write a log that fills one place of the tables
        moments = np.array(moments_us, np.int64)
        states = [State(code, seed, slot_s, moments, ROWS) for _ in range(count + 1)]
        self._workers = [Worker(code, log_format, names, state) for state in states[1:]]
        self._gathering = Gathering(code, states[0], states[1:])
        self._pool = ThreadPoolExecutor(count, "log lines")
        self._format, self._left = log_format, _Left([])

    def add(self, block: Block, tally: Tally) -> int:
        """Fold one block, and return how many lines were parsed: its own, and those left of blocks before."""
        whole = block.lines - int(block.cut)  # a line that is cut may look like a shorter one
        parsed = sum(_tallied(one, tally) for one in self._shared(block, whole))
        if block.first_line == 1 or block.cut or self._left.enough:
            parsed += self.flush(block, tally)
        return parsed

    def _shared(self, block: Block, whole: int) -> Iterator[Taken]:
        """Yield what became of the shares of a block, and set aside what was not taken."""
        if any(worker.rows > _ROWS for worker in self._workers):
            self._gather()
        count = max(1, min(len(self._workers) * _SHARES, whole // _SHARED_LINES))
        edges = np.linspace(0, whole, count + 1).astype(int).tolist()
        coming = iter(list(pairwise(edges)))

        def work(worker: Worker) -> list[tuple[Taken, int]]:
            """Take one share after the other, as long as there are some: a thread that has to wait takes fewer."""
            return [(worker.take(block.data, block.starts[first : end + 1]), first) for first, end in coming]

        busy = self._workers[:count]
        found = self._pool.map(work, busy) if count > 1 else map(work, busy)
        for taken, first in (one for some in found for one in some):
            self._set_aside(block, taken.left + first)
            yield taken
        self._set_aside(block, np.arange(whole, block.lines))

    def _gather(self) -> None:
        """Take the threads' sums over."""
        list(self._pool.map(Worker.judge, self._workers))
        self._gathering.gather()

    def _set_aside(self, block: Block, indices: NDArray[np.integer[Any]]) -> None:
        """Keep a block's lines that were not taken for the strict expression."""
        self._left.texts += [block.data[block.starts[n] : block.starts[n + 1]].copy() for n in indices.tolist()]
        self._left.stored_bytes += int((block.starts[indices + 1] - block.starts[indices]).sum())

    def flush(self, block: Block | None, tally: Tally) -> int:
        """Read what was left, `block` being the last one; return how many of those lines were parsed."""
        texts, self._left = self._left.texts, _Left([])
        if not texts:
            return 0
        starts = np.concatenate(([0], np.cumsum([len(text) for text in texts]))).astype(np.int32)
        left = Block("", 1, np.concatenate(texts), starts, block is not None and block.cut, 0)
        refused = Refused([], [])
        rows = [some for _, some in strict_rows(self._format, left, np.arange(left.lines), refused)]
        tally.reasons.update(refused.reasons)
        return _tallied(self._workers[0].take_rows(rows), tally)

    def parts(self) -> Iterator[Part]:
        """Yield what was summed up, and forget it."""
        self._gather()
        part = self._gathering.part(self._pool)
        self._pool.shutdown()
        yield part
        give_back()


def _code(log_format: LogFormat) -> Machine:
    """Return the code that reads a format."""
    steps = plan(log_format)
    if steps is None:
        raise ValueError(f"no compiled code reads {log_format.text}")
    return machine(steps)


def _tallied(taken: Taken, tally: Tally) -> int:
    """Add a share's lines to what was read of the file; return how many they are."""
    if taken.parsed:
        first, last = taken.first_us, taken.last_us
        tally.parsed += taken.parsed
        tally.first_us = first if tally.first_us is None else min(first, tally.first_us)
        tally.last_us = last if tally.last_us is None else max(last, tally.last_us)
    return taken.parsed
