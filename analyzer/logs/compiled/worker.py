"""One thread's share of the lines: taken apart, looked up, judged, summed up."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.logs.columns import host_sql, request_pattern
from analyzer.logs.compiled.distinct import Distinct, Numbered
from analyzer.logs.compiled.lines import take_apart
from analyzer.logs.compiled.plan import AGENT, ASKED, CLIENT, KEPT, NAME, STATUS, kept_fields
from analyzer.logs.compiled.tables import (
    COUNTS,
    FAILED,
    FOREIGN,
    LINES,
    NULL,
    PROBES,
    REQUESTS,
    named,
    summed_up,
)  # fmt: skip
from analyzer.logs.escapes import unescaped
from analyzer.logs.fold import FAILED as FAILED_FROM
from analyzer.logs.fold import MINUTE_S, PROBE, REFUSED
from analyzer.logs.parts import Part
from analyzer.logs.times import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from analyzer.logs.compiled.plan import Plan
    from analyzer.logs.formats import LogFormat
    from analyzer.logs.sums import Column

_PORT = re.compile(r":[0-9]*\Z")
_AGENT_BITS = 31  # of a key: the client's number above, the agent's below


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a share of a block's lines.

    Attributes
    ----------
    parsed
        How many were taken.
    left
        Indices in the block of the others.
    first_s, last_s
        [s since 1970] Extent of the times, if any was taken.
    """

    parsed: int
    left: NDArray[np.int64]
    first_s: int
    last_s: int


class Worker:
    """Tables and sums of one thread."""

    def __init__(
        self, log_format: LogFormat, steps: Plan, names: Collection[str], moments_us: Sequence[int], slot_s: int
    ) -> None:
        self._slot_s = slot_s
        self._plan, self._moments = steps, np.array(moments_us, np.int64)
        self._fields = kept_fields(log_format)
        self._has_request = log_format.column("request") is not None
        self._seed = np.uint64(secrets.randbits(64))  # nobody can write a log that fills one place of the tables
        self._clients, self._agents = Distinct(self._seed), Distinct(self._seed)
        self._names = frozenset(name.lower().rstrip(".") for name in names)
        wanted = sorted(name.encode() for name in self._names)
        self._looks_at_names = bool(wanted) and host_sql(log_format) is not None
        self._wanted = np.frombuffer(b"".join(wanted) or b"\0", np.uint8)
        self._wanted_at = np.concatenate(([0], np.cumsum([len(name) for name in wanted]))).astype(np.int64)
        self._pairs = Numbered()
        self._cells: list[dict[str, Column]] = []
        self._minutes: list[dict[str, Column]] = []

    def take(self, data: NDArray[np.uint8], starts: NDArray[np.int32], before: int) -> Taken:
        """Fold some lines of a block, of which `before` stand before these."""
        count = len(starts) - 1
        spans, numbers = np.empty((KEPT, 2, count), np.int32), np.empty((2, count), np.int64)
        fits = np.empty(count, np.bool_)
        take_apart(data, starts, self._plan.steps, self._plan.literals, spans, numbers, fits)
        first_s, last_s = self._fold(data, spans, numbers, fits)
        return Taken(int(np.count_nonzero(fits)), np.flatnonzero(~fits) + before, first_s, last_s)

    def take_rows(self, table: pa.Table) -> Taken:
        """Fold rows that the strict expression read: their texts are written as bytes again, each in one way."""
        written: list[bytes] = []
        spans, numbers = np.zeros((KEPT, 2, len(table)), np.int32), np.full((2, len(table)), -1, np.int64)
        spans[:, 1] = -1
        at = 0
        for place, field in self._fields.items():
            if place < KEPT:
                for n, text in enumerate(table.column(field.name).to_pylist()):
                    if text is not None:
                        written.append(text.encode().replace(b"\\", rb"\x5c"))
                        spans[place, :, n] = at, len(written[-1])
                        at += len(written[-1])
        numbers[0] = table.column("time_us").to_numpy() // SECOND_US
        if STATUS in self._fields:
            numbers[1] = table.column(self._fields[STATUS].name).fill_null(-1).to_numpy()
        data = np.frombuffer(b"".join(written) + b"\n", np.uint8)
        first_s, last_s = self._fold(data, spans, numbers, np.ones(len(table), np.bool_))
        return Taken(len(table), np.empty(0, np.int64), first_s, last_s)

    def _fold(
        self, data: NDArray[np.uint8], spans: NDArray[np.int32], numbers: NDArray[np.int64], fits: NDArray[np.bool_]
    ) -> tuple[int, int]:
        """Add the lines that fit to the sums; return the extent of their times [s since 1970]."""
        seconds, status = numbers
        flags = self._flags(data, spans, status, fits)
        client = self._clients.codes(data, spans[CLIENT], fits, len(data)).astype(np.int64)
        agent = self._agents.codes(data, spans[AGENT], fits, len(data))
        keys = np.where(fits, ((client + 1) << _AGENT_BITS) + agent + 1, NULL)
        cells = self._summed(keys, seconds, self._slot_s, flags)
        self._cells.append({"client": self._pairs.codes(cells.pop("who").astype(np.int64)), **cells})
        self._minutes.append(self._summed(np.where(fits, 0, NULL), seconds, MINUTE_S, flags))
        of = seconds[fits]
        return (int(of.min()), int(of.max())) if len(of) else (0, 0)

    def _for_names(
        self, data: NDArray[np.uint8], spans: NDArray[np.int32], fits: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Return which lines ask for one of the names, or for nobody knows what."""
        if not self._looks_at_names:
            return np.ones(len(fits), np.bool_)
        found = np.empty(len(fits), np.int8)
        named(data, spans[NAME], fits, self._wanted, self._wanted_at, found)
        for n in np.flatnonzero(found < 0).tolist():
            at, length = spans[NAME, :, n].tolist()
            host = _PORT.sub("", unescaped(data[at : at + length].tobytes()).lower()).rstrip(".")
            found[n] = host in self._names
        return np.asarray(found == 1)

    def _flags(
        self,
        data: NDArray[np.uint8],
        spans: NDArray[np.int32],
        status: NDArray[np.int64],
        fits: NDArray[np.bool_],
    ) -> NDArray[np.uint8]:
        """Return what each line counts as, a bit a count."""
        ours = self._for_names(data, spans, fits)
        refused = np.flatnonzero(fits & (status >= REFUSED))
        asked, probe = self._judged(data, spans[ASKED][:, refused])
        ours[refused[~asked]] = False
        flags = np.where(ours, np.uint8(1 << REQUESTS), np.uint8(1 << FOREIGN)) | np.uint8(1 << LINES)
        flags[refused[probe]] |= np.uint8(1 << PROBES)
        flags[status >= FAILED_FROM] |= np.uint8(1 << FAILED)
        return np.asarray(flags, np.uint8)

    def _judged(self, data: NDArray[np.uint8], spans: NDArray[np.int32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which of the refused lines asked for something, and which looked for holes."""
        view = data.data
        places = zip(spans[0].tolist(), spans[1].tolist(), strict=True)
        texts = [unescaped(bytes(view[at : at + length])) if length >= 0 else None for at, length in places]
        values = pa.array(texts, pa.string())
        logged = values.is_valid().to_numpy(zero_copy_only=False)
        asked = _matches(values, request_pattern()) if self._has_request else np.ones(len(texts), np.bool_)
        return asked, logged & (~asked | _matches(values, PROBE))

    def _summed(
        self, keys: NDArray[np.int64], seconds: NDArray[np.int64], width_s: int, flags: NDArray[np.uint8]
    ) -> dict[str, Column]:
        """Return the sums by key, stretch and part."""
        groups, counts = np.empty((len(keys), 5), np.int64), np.empty((len(keys), COUNTS), np.int32)
        found = summed_up(keys, seconds, width_s, self._moments, flags, self._seed, groups, counts)
        return _sums(groups[:found], counts[:found])

    def part(self) -> Part:
        """Return what was summed up, and forget it."""
        if not self._cells:
            self.take(np.full(1, ord("\n"), np.uint8), np.array([0, 1], np.int32), 0)  # a line that does not fit
        cells, minutes = _below(self._cells), _below(self._minutes)
        keys = self._pairs.keys()
        known = pa.concat_arrays([pa.array(["-"], pa.string()), self._clients.texts()])
        agent = keys & ((1 << _AGENT_BITS) - 1)
        coded = pa.array(agent - 1, pa.int32(), mask=agent == 0)
        start = cells.pop("start") * SECOND_US
        ends = {name: start + SECOND_US * cells.pop(name).astype(np.int64) for name in ("first", "last")}
        del cells["lines"]
        return Part(
            pa.DictionaryArray.from_arrays(pa.array((keys >> _AGENT_BITS).astype(np.int32)), known),
            pa.DictionaryArray.from_arrays(coded, self._agents.texts()),
            {"client": cells.pop("client"), "slot": start, **cells, **ends},
            {
                "minute": minutes["start"] * SECOND_US,
                "part": minutes["part"],
                "requests": minutes["lines"],
                "failed": minutes["failed"],
            },
        )


def _sums(groups: NDArray[np.int64], counts: NDArray[np.int32]) -> dict[str, Column]:
    """Return sums as columns of their own, none wider than it must be: there may be millions."""
    columns = {name: counts[:, n].copy() for n, name in enumerate(("requests", "foreign", "probes", "failed", "lines"))}
    first, last = (groups[:, n] - groups[:, 1] for n in (3, 4))  # [s] after the start of a stretch
    return {
        "who": groups[:, 0].copy(), "start": groups[:, 1].copy(), "part": groups[:, 2].astype(np.int16), **columns,
        "first": first.astype(np.int16), "last": last.astype(np.int16),
    }  # fmt: skip


def _below(chunks: list[dict[str, Column]]) -> dict[str, Column]:
    """Return the columns of all, one below the other, and take them out of the chunks."""
    joined = {name: np.concatenate([chunk.pop(name) for chunk in chunks]) for name in list(chunks[0])}
    chunks.clear()
    return joined


def _matches(values: pa.Array, pattern: str) -> NDArray[np.bool_]:
    """Return which texts have something that an expression describes; null has not."""
    return np.asarray(pc.match_substring_regex(values, pattern).fill_null(False).to_numpy(zero_copy_only=False))
