"""One thread's share of the lines: taken apart, looked up, judged, summed up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.loading import OnDemand
from analyzer.logs.by_pattern import by_pattern
from analyzer.logs.chunks import Starts
from analyzer.logs.columns import PORT_OF_HOST, host_sql, wanted_names
from analyzer.logs.compiled import layout
from analyzer.logs.compiled.bits import WIDER
from analyzer.logs.compiled.judging import RefusedRequests
from analyzer.logs.compiled.machine import machine
from analyzer.logs.compiled.plan import AGENT, ASKED, CLIENT, NAME, STATUS, host_fields, kept_fields, plan
from analyzer.logs.compiled.plan_times import has_fractions
from analyzer.logs.compiled.state import State, address
from analyzer.logs.escapes import JOINED
from analyzer.logs.grammar import SEVERAL, W3C
from analyzer.logs.holes import BLIND_HEADS, OF_ANY_SERVER, OF_ANY_SITE, PROBE_HEADS, heads
from analyzer.logs.rows import raw_columns
from analyzer.logs.times import SECOND_US
from analyzer.logs.w3c import has_other_layout

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from analyzer.logs.compiled.machine import Machine
    from analyzer.logs.formats import LogFormat
    from analyzer.logs.rows import Rows
else:
    pa = OnDemand("pyarrow")

_PORT = re.compile(PORT_OF_HOST.replace("$", r"\Z"))
_LEFT_ROOM = 1 << 12  # lines left that are told at once
_ROWS_MORE = 1 << 15  # that there is room for, once there was too little
_NEVER_US = 1 << 62
_PAD = np.zeros(WIDER, np.uint8)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a share of a block's lines.

    Attributes
    ----------
    parsed
        How many were taken.
    left
        Indices in the share of the others.
    first_us, last_us
        [µs since 1970] Extent of the times, if any was taken.
    """

    parsed: int
    left: NDArray[np.int32]
    first_us: int
    last_us: int


class Worker:
    """Tables and rows of one thread."""

    def __init__(self, machine: Machine, log_format: LogFormat, names: Collection[str], state: State) -> None:
        self._machine, self.state = machine, state
        self._fields = kept_fields(log_format)
        self._raw = {name: n for n, (name, _) in enumerate(raw_columns(log_format))}
        agent = log_format.column("agent")
        state.finest(1 if has_fractions(log_format) else SECOND_US)
        state.joined = agent is not None and agent.directive.kind.escapes == JOINED
        self._layouts = tuple(one.text for one in log_format.members) if log_format.reader == W3C else ()
        self._others = _others(log_format)
        self._hosts = [field.name for field in host_fields(log_format)][: None if log_format.members else 1]
        self._refused = RefusedRequests(state, has_request=log_format.column("request") is not None)
        self._names = wanted_names(log_format, names)
        wanted = sorted(name.encode() for name in self._names) if host_sql(log_format) is not None else []
        self._wanted = np.frombuffer(b"".join(wanted) + b"\0", np.uint8)
        self._wanted_at = np.concatenate(([0], np.cumsum([len(name) for name in wanted]))).astype(np.int64)
        self._heads = heads() | heads(PROBE_HEADS) * layout.PROBE_BIT | heads(BLIND_HEADS) * layout.BLIND_BIT
        paths = [path.encode() for path in (*OF_ANY_SITE[1:], *OF_ANY_SERVER)]  # the first one is none
        self._paths = np.frombuffer(b"".join(paths), np.uint8)
        self._paths_at = np.concatenate(([0], np.cumsum([len(path) for path in paths]))).astype(np.int64)
        self._starts, self._left = Starts(machine.starts), np.empty(_LEFT_ROOM, np.int32)
        state[layout.WANTED], state[layout.WANTED_AT] = address(self._wanted), address(self._wanted_at)
        state[layout.WANTED_COUNT] = len(wanted)
        state[layout.LEFT], state[layout.LEFT_ROOM] = address(self._left), _LEFT_ROOM
        state[layout.HEADS], state[layout.PATHS], state[layout.PATHS_AT] = map(
            address, (self._heads, self._paths, self._paths_at)
        )
        state[layout.PATHS_WHOLE], state[layout.PATHS_COUNT] = len(OF_ANY_SITE) - 1, len(paths)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return max(self.state[layout.ROWS_COUNT], self.state[layout.MINUTES_COUNT])

    def take_text(self, data: NDArray[np.uint8], *, cut: bool = False) -> tuple[Taken, NDArray[np.int32]]:
        """Fold lines, but for a last one that is cut: it may look like a shorter one.

        Also returned is where they start, and where the last one ends; the next call writes over that.
        """
        if not self._layouts and not cut:
            return self._take(data, self._starts.room(len(data)))
        starts = self._starts.of(data)
        return self.take(data, starts[: len(starts) - int(cut)]), starts

    def take(self, data: NDArray[np.uint8], starts: NDArray[np.int32]) -> Taken:
        """Fold lines of which is known where they start."""
        count = len(starts) - 1
        if self._layouts and has_other_layout(data, starts, self._layouts):  # which lines it governs, `ByHeader` knows
            return Taken(0, np.arange(count, dtype=np.int32), _NEVER_US, -_NEVER_US)
        return self._take(data, starts, count)[0]

    def _take(
        self, data: NDArray[np.uint8], starts: NDArray[np.int32], known: int | None = None
    ) -> tuple[Taken, NDArray[np.int32]]:
        """Fold the lines of a text, and find where they start; the last ones from a copy: more is read after them."""
        self._begin()
        left = self._run(self._machine, data, starts, known)
        done, count = self.state[layout.TAKEN], self.state[layout.FOUND]
        tail = np.concatenate((data[starts[done] : starts[count]], _PAD))
        begins = starts[done : count + 1] - starts[done]
        left += [done + n for n in self._run(self._machine, tail, begins, count - done)]
        others = self._by_others(data, starts, np.array(left, np.int32))
        return self._taken(count - len(others), others), starts[: count + 1]

    def _by_others(
        self, data: NDArray[np.uint8], starts: NDArray[np.int32], left: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        """Take lines that fit another format of the log, and surely none before it; return those left."""
        if not self._others:
            return left
        lines = [data[starts[n] : starts[n + 1]].tobytes() for n in left.tolist()]
        may, taken = list(range(len(lines))), np.zeros(len(lines), np.bool_)
        for before, code in self._others:
            may = [n for n in may if not before(lines[n])]
            again = self._left_of(code, [lines[n] for n in may])
            taken[may] = True
            may = [may[n] for n in again]
            taken[may] = False
        return left[~taken]

    def _left_of(self, code: Machine, lines: Sequence[bytes]) -> list[int]:
        """Fold some lines by other code, and return the numbers of those that it did not take."""
        text = np.frombuffer(b"".join(lines) + bytes(WIDER), np.uint8)
        starts = np.fromiter(accumulate(map(len, lines), initial=0), np.int32, len(lines) + 1)
        return self._run(code, text, starts, len(lines))

    def _begin(self) -> None:
        """Get ready for other lines."""
        self.state[layout.FIRST], self.state[layout.LAST] = _NEVER_US, -_NEVER_US

    def _run(self, code: Machine, data: NDArray[np.uint8], starts: NDArray[np.int32], known: int | None) -> list[int]:
        """Have a text's lines taken, and return the numbers of those left; None if it is not known where they start."""
        state, left = self.state, list[int]()
        state[layout.TAKEN], state[layout.FOUND] = 0, known or 0
        state[layout.SCANNED] = 0 if known is None else len(data)
        while True:
            done = code.take(state.address, address(data), address(starts), len(data))
            left += self._left[: state[layout.LEFT_COUNT]].tolist()
            state[layout.LEFT_COUNT] = 0
            if done == layout.DONE:
                return left
            self._make_room()

    def _make_room(self) -> None:
        """Make room for whatever there is none left for."""
        self.judge()
        self.state.make_room()
        self.state.make_room_for(_ROWS_MORE)

    def _taken(self, parsed: int, left: NDArray[np.int32]) -> Taken:
        """Return what became of the lines."""
        return Taken(parsed, left, self.state[layout.FIRST], self.state[layout.LAST])

    def take_rows(self, rows: Sequence[Rows]) -> Taken:
        """Fold rows that the strict expression read: their texts are written as bytes again, each in one way."""
        count = sum(len(one.numbers) for one in rows)
        records = np.full((count, layout.RECORD // 8), -1, np.int64)
        written = {place: self._bytes(place, rows) for place in {CLIENT, AGENT, ASKED, NAME} & set(self._fields)}
        data = np.frombuffer(b"".join(one for some in written.values() for one in some if one) + bytes(WIDER), np.uint8)
        at = address(data)
        for place, some in written.items():
            lengths = np.array([-1 if one is None else len(one) for one in some], np.int64)
            held = np.maximum(lengths, 0)
            records[:, 2 * place], records[:, 2 * place + 1] = at + np.cumsum(held) - held, lengths
            at += int(held.sum())
        times = np.array(self._values("time_us", rows), np.int64)
        records[:, layout.TIME // 8], records[:, layout.FRACTION // 8] = np.divmod(times, SECOND_US)
        if STATUS in self._fields:
            status = self._values(self._fields[STATUS].name, rows)
            records[:, layout.STATUS // 8] = [-1 if one is None else one for one in status]
        self._begin()
        at = 0
        while (at := self._machine.take_records(self.state.address, address(records), at, count)) < count:
            self._make_room()
        return self._taken(count, np.empty(0, np.int32))

    def _values(self, name: str, rows: Sequence[Rows]) -> list[Any]:
        """Return a column of the strict expression's rows."""
        return [value for one in rows for value in one.columns[self._raw[name]]]

    def _bytes(self, place: int, rows: Sequence[Rows]) -> list[bytes | None]:
        """Return a column of texts as bytes, each in one way; of a host, whether it is a wanted one: null if so."""
        if place == NAME:  # the first that a line logs
            names = zip(*(self._values(host, rows) for host in self._hosts), strict=True)
            return [
                None if self._is_wanted(next((one for one in some if one is not None), None)) else b"" for some in names
            ]
        values = self._values(self._fields[place].name, rows)
        if place == AGENT and self.state.joined:
            values = [None if value is None else value.replace(" ", "+") for value in values]
        return [None if value is None else value.encode().replace(b"\\", rb"\x5c") for value in values]

    def _is_wanted(self, host: str | None) -> bool:
        """Return whether a host is one of the names, or nobody knows what."""
        return host is None or _PORT.sub(r"\1", host.lower()).rstrip(".") in self._names

    def judge_many(self, *, soon: bool = False) -> None:
        """Look at the refused requests, if they are many, or if rows are taken over soon: nobody waits for it yet."""
        if soon or self._refused.are_many:
            self.judge()

    def judge(self) -> None:
        """Look at the refused requests: nothing is kept of them then."""
        self._refused.judge()


def _others(log_format: LogFormat) -> list[tuple[Callable[[bytes], bool], Machine]]:
    """Return the code of a log's other formats, each with what says whether a line may be of the one before it."""
    if log_format.reader != SEVERAL:
        return []
    known = [(by_pattern(one), plan(one)) for one in log_format.members]
    return [(before.has_form, machine(steps)) for (before, _), (_, steps) in pairwise(known) if steps is not None]
