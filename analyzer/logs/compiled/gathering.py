"""The rows of all threads as one: clients numbered once, rows of the same client and stretch of time added."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.loading import OnDemand
from analyzer.logs.arrow import numbers
from analyzer.logs.compiled import layout
from analyzer.logs.compiled.kept import Kept
from analyzer.logs.compiled.state import address, longer
from analyzer.logs.memory import MANY, give_back
from analyzer.logs.parts import Part, below, united
from analyzer.logs.sums import MINUTE_KEYS, Sums, narrow, summed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    import pyarrow as pa
    from numpy.typing import NDArray

    from analyzer.logs.compiled.machine import Machine
    from analyzer.logs.compiled.ordered import Ordered
    from analyzer.logs.compiled.state import State
    from analyzer.logs.sums import Column
else:
    pa = OnDemand("pyarrow")

ROWS = 1 << 17  # that are kept open, and then become columns as narrow as they can be
_MINUTES = 1 << 16  # that are kept before they are summed up
_NUMBER = (1 << 32) - 1
_TABLES = (layout.CLIENTS, layout.AGENTS, layout.PAIRS)


class Gathering:
    """What all threads have found, in one numbering."""

    def __init__(self, machine: Machine, state: State, threads: Sequence[State]) -> None:
        self._machine, self._state, self._threads = machine, state, threads
        self._maps = {(n, at): np.empty(0, np.int32) for n in range(len(threads)) for at in _TABLES}
        self._known = dict.fromkeys(self._maps, 0)
        self._cells, self._minutes, self._enough = Kept(machine), list[dict[str, "Column"]](), _MINUTES
        self._waiting: list[tuple[int, NDArray[Any]]] = []
        self._keeping = Lock()

    def gather(self, n: int) -> None:
        """Take a thread's rows over; it may not read lines meanwhile, others may."""
        thread = self._threads[n]
        with self._keeping:
            if any(one == n for one, _ in self._waiting):  # where they lie, others are written next
                self._merge()
            for at, table in zip(_TABLES, (thread.clients, thread.agents, thread.pairs), strict=True):
                self._number(n, thread, at, len(table))
            self._keep_minutes(thread.summed_minutes())
            self._waiting.append((n, thread.given_away_cells()))
            thread.renew()

    def keep(self) -> None:
        """Keep the rows that were taken over: any thread may do so, while others read lines."""
        if self._waiting:
            with self._keeping:
                self._merge()

    def _merge(self) -> None:
        """Add the rows that were taken over to the common ones."""
        count, places = len(self._waiting), layout.ROWS_ROOM // 8
        states, sources = np.zeros((count, places), np.int64), np.zeros((count, 3), np.int64)
        for at, (n, rows) in enumerate(self._waiting):
            states[at, layout.ROWS // 8], states[at, layout.ROWS_COUNT // 8] = address(rows), len(rows)
            sources[at, :2] = address(states[at]), address(self._maps[n, layout.PAIRS])
        while self._machine.merge(self._state.address, address(sources), count) != layout.DONE:
            self._close()
        self._waiting.clear()

    def _number(self, n: int, thread: State, at: int, count: int) -> None:
        """Find the common numbers of what is new in one of a thread's tables."""
        mine = (n, at)
        if len(self._maps[mine]) < count:
            self._maps[mine] = longer(self._maps[mine], self._known[mine], 2 * count)
        numbers = address(self._maps[mine])
        maps = np.array([address(self._maps[n, one]) for one in _TABLES])
        while self._known[mine] < count:
            to, first = self._state.address, self._known[mine]
            if at == layout.PAIRS:
                done = self._machine.adopt_pairs(to, thread.address, first, address(maps))
            else:
                done = self._machine.adopt(to, at, thread.address, first, numbers)
            self._known[mine] = done
            if done < count:
                self._state.make_room()

    def _close(self) -> None:
        """Keep the common rows, and begin anew."""
        self._cells.add(self._state.summed_cells())
        self._state.renew()

    def _keep_minutes(self, rows: NDArray[Any]) -> None:
        """Keep rows by minute; they are summed up when they have become many."""
        self._minutes.append({name: narrow(rows[name].copy()) for name in ("start", "part", "requests", "failed")})
        if sum(len(one["start"]) for one in self._minutes) > self._enough:
            self._minutes = [summed(below(self._minutes), MINUTE_KEYS)]
            self._enough = _MINUTES + 2 * len(self._minutes[0]["start"])

    def _ordered(self, clients: int) -> Ordered:
        """Return all rows, of so many clients, in order."""
        self.keep()
        self._close()
        return self._cells.ordered(clients)

    def part(self, threads: Executor) -> Part:
        """Return what was gathered, and forget it."""
        keys = self._state.pairs.keys().copy()
        coming = threads.submit(self._ordered, len(keys))
        agent = (keys & _NUMBER) - 1
        who = numbers((keys >> 32).astype(np.int32)), numbers(agent.astype(np.int32), agent < 0)
        texts = self._state.clients.texts(), self._state.agents.texts(joined=self._threads[0].joined)
        for state in self._threads:
            state.forget()
        clients, codes = united(*([pa.DictionaryArray.from_arrays(*one)] for one in zip(who, texts, strict=True)))
        rows = coming.result()
        self._state.forget()
        if max(len(rows), len(keys)) > MANY:
            give_back()
        cells = Sums(rows.summed(codes, threads), self._threads[0].unit_us)
        addresses, agents = clients.column("address"), clients.column("agent")
        return Part(addresses, agents, cells, Sums(below(self._minutes)), in_order=True)
