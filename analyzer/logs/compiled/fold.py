"""The fold of large logs: threads with tables of their own take blocks in turns; other lines are read strictly."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from analyzer.loading import OnDemand
from analyzer.logs.arrow import load
from analyzer.logs.buffers import OwnBuffers
from analyzer.logs.chunks import Chunk, Over
from analyzer.logs.compiled.crew import Crew
from analyzer.logs.compiled.gathering import ROWS, Gathering
from analyzer.logs.compiled.machine import machine
from analyzer.logs.compiled.plan import plan
from analyzer.logs.compiled.state import State
from analyzer.logs.compiled.worker import Worker
from analyzer.logs.fold import SLOT_S, Tally
from analyzer.logs.lanes import Refused, strict_rows
from analyzer.logs.memory import give_back
from analyzer.logs.sources import Block, Ended

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Sequence
    from concurrent import futures

    from numpy.typing import NDArray

    from analyzer.logs.buffers import Buffers
    from analyzer.logs.compiled.machine import Machine
    from analyzer.logs.compiled.worker import Taken
    from analyzer.logs.formats import LogFormat
    from analyzer.logs.parts import Part
    from analyzer.logs.sources import Item
else:
    futures = OnDemand("concurrent.futures")

_LEFT_LINES, _LEFT_BYTES = 20_000, 4 << 20  # so many lines, or bytes, of several blocks are read strictly together
_FIRST_LEFT = 8  # and so many at first: what reads them is made once, while threads read on
_THREADS = 8  # at most: they ask for blocks in turns, and more would only wait
_BLOCK_BYTES = 8 << 20  # of smaller ones more is lost between them, larger ones leave the processor's cache
_SOME_LINE = 2  # any but a file's first one
_ROWS = 1 << 16  # of a thread's own, before they are taken over: what is written to them stays in the cache


@dataclass(slots=True)
class _Left:
    """Lines of a file that compiled code did not take, not read yet."""

    texts: list[NDArray[np.uint8]]
    most: int = _FIRST_LEFT
    stored_bytes: int = 0

    def add(self, texts: Sequence[NDArray[np.uint8]]) -> None:
        """Keep some more."""
        self.texts += texts
        self.stored_bytes += sum(map(len, texts))

    @property
    def enough(self) -> bool:
        """Whether they are worth, or big enough, to be read now."""
        return len(self.texts) >= self.most or self.stored_bytes >= _LEFT_BYTES


@dataclass(frozen=True, slots=True)
class _Folded:
    """A block, or a file's end, and what became of the lines.

    Attributes
    ----------
    item
        Its bytes are still there only of a file's first block.
    left
        The lines that were not taken.
    """

    item: Block | Ended | Over
    taken: Taken | None = None
    left: tuple[NDArray[np.uint8], ...] = ()


class CompiledFold:
    """Takes blocks, keeps sums, as `Fold` does; several times as fast."""

    @staticmethod
    def buffers(log_format: LogFormat) -> Buffers:
        """Return what blocks are read into: each thread has its own."""
        return OwnBuffers(_BLOCK_BYTES, _code(log_format).starts)

    def __init__(
        self, log_format: LogFormat, names: Collection[str], moments_us: Sequence[int], slot_s: int = SLOT_S
    ) -> None:
        count, code = min(os.cpu_count() or 1, _THREADS), _code(log_format)
        seed = int.from_bytes(os.urandom(8)) >> 2  # nobody can write a log that fills one place of the tables
        moments = np.array(moments_us, np.int64)
        common, *states = [State(code, seed, slot_s, moments, ROWS) for _ in range(count + 2)]
        self._workers = [Worker(code, log_format, names, state) for state in states]
        self._strict = self._workers.pop()  # of what the strict expression reads
        self._gathering = Gathering(code, common, states)
        self._format, self._left = log_format, _Left([])

    def folded(self, items: Iterator[Item]) -> Generator[tuple[Block | Ended, int, Tally]]:
        """Yield blocks and ends in order as they have been folded, each with the lines that were parsed meanwhile.

        Also yielded is what has been read of the file so far. Of a block's bytes only those of a file's first one are
        still there.
        """
        self._crew = Crew(items, [partial(self._fold, n) for n in range(len(self._workers))])
        tally, lines = Tally(), 0
        with closing(self._crew.made(meanwhile=_load)) as made:
            for one in made:
                self._gathering.keep()
                parsed = _tallied(one.taken, tally) if one.taken else 0
                self._left.add(one.left)
                item = one.item
                if isinstance(item, Over):
                    item = Ended(item.source, lines, item.trouble)
                if isinstance(item, Ended) or item.first_line == 1 or item.cut or self._left.enough:
                    parsed += self._flush(item, tally)
                yield item, parsed, tally
                lines += item.lines
                if isinstance(item, Ended):
                    tally, lines = Tally(), 0
        del self._crew  # it knows this fold: both, and their arrays, would stay until Python looks for such circles

    def _fold(self, n: int, item: Item) -> _Folded:
        """Fold a block or a chunk, and take the sums over when they are many; the work of the thread of this number."""
        worker = self._workers[n]
        if isinstance(item, Ended | Over):
            return _Folded(item)
        if isinstance(item, Chunk):
            taken, starts = worker.take_text(item.data, cut=item.cut)
            item = Block(item.source, 1 if item.first else _SOME_LINE, item.data, starts, item.cut, item.read_bytes)
        else:
            taken = worker.take(item.data, item.starts[: len(item.starts) - int(item.cut)])
        worker.judge_many(soon=worker.rows > _ROWS)
        if worker.rows > _ROWS:  # others may read meanwhile
            self._gathering.gather(n)
        left = [*taken.left.tolist(), *range(item.lines - int(item.cut), item.lines)]
        return _Folded(item.held() if item.first_line == 1 else item, taken, tuple(map(item.bytes_of, left)))

    def _gather_rest(self) -> None:
        """Take all sums over that there are."""
        every = (*self._workers, self._strict)
        with self._threads() as threads:  # nothing else is done meanwhile: it is to be short
            list(threads.map(Worker.judge, every))
        for n in range(len(every)):
            self._gathering.gather(n)

    def _threads(self) -> futures.Executor:
        """Return as many threads as take lines, for other work."""
        return futures.ThreadPoolExecutor(len(self._workers), "log lines")

    def _flush(self, item: Block | Ended, tally: Tally) -> int:
        """Read what was left, `item` being the last one; return how many of those lines were parsed."""
        texts = self._left.texts
        if not texts:
            return 0
        self._left = _Left([], min(4 * self._left.most, _LEFT_LINES))
        starts = np.concatenate(([0], np.cumsum([len(text) for text in texts]))).astype(np.int32)
        cut = isinstance(item, Block) and item.cut
        left = Block("", 1, np.concatenate(texts), starts, cut, 0)
        refused = Refused([], [])
        rows = [some for _, some in strict_rows(self._format, left, np.arange(left.lines), refused)]
        tally.reasons.update(refused.reasons)
        parsed = _tallied(self._strict.take_rows(rows), tally)
        if self._strict.rows > _ROWS:
            self._strict.judge()
            self._gathering.gather(len(self._workers))
        return parsed

    def parts(self) -> Iterator[Part]:
        """Yield what was summed up, and forget it."""
        self._gather_rest()
        with self._threads() as threads:
            part = self._gathering.part(threads)
        yield part
        give_back()


def _load() -> None:
    """Load what is needed when lines have been read."""
    load()
    _ = futures.ThreadPoolExecutor


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
