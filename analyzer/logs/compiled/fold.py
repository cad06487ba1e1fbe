"""The fold of large logs: threads with tables of their own share each block's lines; the rest is read strictly."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.logs.compiled.plan import plan
from analyzer.logs.compiled.worker import Worker
from analyzer.logs.fold import SLOT_S, Tally
from analyzer.logs.lanes import second_lane
from analyzer.logs.memory import give_back
from analyzer.logs.sources import Block
from analyzer.logs.times import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from analyzer.logs.compiled.worker import Taken
    from analyzer.logs.formats import LogFormat
    from analyzer.logs.parts import Part

_LEFT_LINES, _LEFT_BYTES = 20_000, 4 << 20  # so many lines, or bytes, of several blocks are read strictly together
_THREADS = 8  # at most: the reader, one thread, feeds no more
_SHARED_LINES = 4_096  # fewer are not worth a second thread


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
    """Takes blocks, keeps sums, as `Fold` does; several times as fast where there is much to read."""

    BLOCK_BYTES = 8 << 20  # smaller ones stay in the processor's cache between reading and taking apart

    def __init__(
        self, log_format: LogFormat, names: Collection[str], moments_us: Sequence[int], slot_s: int = SLOT_S
    ) -> None:
        steps = plan(log_format)
        if steps is None:
            raise ValueError(f"no compiled code reads {log_format.text}")
        count = min(os.cpu_count() or 1, _THREADS)
        self._workers = [Worker(log_format, steps, names, moments_us, slot_s) for _ in range(count)]
        self._pool = ThreadPoolExecutor(count, "log lines")
        self._format, self._left = log_format, _Left([])

    def add(self, block: Block, tally: Tally) -> int:
        """Fold one block, and return how many lines were parsed: its own, and those left of blocks before."""
        whole = block.lines - int(block.cut)  # a line that is cut may look like a shorter one
        edges = np.linspace(0, whole, len(self._workers) + 1).astype(int)
        if whole < _SHARED_LINES:
            edges = np.array([0, whole])
        shares = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        found = self._pool.map(
            lambda worker, share: worker.take(block.data, block.starts[share[0] : share[1] + 1], share[0]),
            self._workers, shares,
        )  # fmt: skip
        taken = [one for one in found if one is not None]
        parsed = sum(_tallied(one, tally) for one in taken)
        self._set_aside(block, np.concatenate([*(one.left for one in taken), np.arange(whole, block.lines)]))
        if block.first_line == 1 or block.cut or self._left.enough:
            parsed += self.flush(block, tally)
        return parsed

    def _set_aside(self, block: Block, indices: NDArray[np.int64]) -> None:
        """Keep a block's lines that were not taken for the strict expression."""
        self._left.texts += [block.data[block.starts[n] : block.starts[n + 1]].copy() for n in indices.tolist()]
        self._left.stored_bytes += int(np.diff(block.starts)[indices].sum())

    def flush(self, block: Block | None, tally: Tally) -> int:
        """Read what was left, `block` being the last one; return how many of those lines were parsed."""
        texts, self._left = self._left.texts, _Left([])
        if not texts:
            return 0
        starts = np.concatenate(([0], np.cumsum([len(text) for text in texts]))).astype(np.int32)
        left = Block("", 1, np.concatenate(texts), starts, block is not None and block.cut, 0)
        table, refused = second_lane(self._format, left, np.arange(left.lines))
        tally.reasons.update(refused.reasons)
        return _tallied(self._workers[0].take_rows(table), tally)

    def parts(self) -> Iterator[Part]:
        """Yield the sums of each thread, and forget them."""
        self._pool.shutdown()
        for worker in self._workers:
            yield worker.part()
            give_back()


def _tallied(taken: Taken, tally: Tally) -> int:
    """Add a share's lines to what was read of the file; return how many they are."""
    if taken.parsed:
        first, last = taken.first_s * SECOND_US, taken.last_s * SECOND_US
        tally.parsed += taken.parsed
        tally.first_us = first if tally.first_us is None else min(first, tally.first_us)
        tally.last_us = last if tally.last_us is None else max(last, tally.last_us)
    return taken.parsed
