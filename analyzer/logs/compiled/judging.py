"""Requests that were refused, or look for holes, judged by their text: many together, as an expression does that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.loading import OnDemand
from analyzer.logs.arrow import matching, some_of, texts
from analyzer.logs.columns import request_pattern
from analyzer.logs.compiled import layout
from analyzer.logs.compiled.state import address
from analyzer.logs.escapes import unescaped
from analyzer.logs.holes import BLIND, PROBE, SERVED

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from numpy.typing import NDArray

    from analyzer.logs.compiled.state import State
else:
    pa = OnDemand("pyarrow")

_BACKSLASH, _BEYOND_ASCII = 92, 128
_REFUSED_ROOM = 1 << 16  # refused requests that are judged together: an expression is compiled each time
_REFUSED_MANY = _REFUSED_ROOM // 4  # that a thread judges by itself, while others read lines
_TEXTS_ROOM = 8 << 20  # [bytes] and their texts


class RefusedRequests:
    """What compiled code keeps of a thread's requests for it."""

    def __init__(self, state: State, *, has_request: bool) -> None:
        self._state, self._has_request = state, has_request
        self._requests, self._text = np.empty(_REFUSED_ROOM, layout.ASKED), np.empty(_TEXTS_ROOM, np.uint8)
        state[layout.REFUSED], state[layout.REFUSED_ROOM] = address(self._requests), _REFUSED_ROOM
        state[layout.TEXTS], state[layout.TEXTS_ROOM] = address(self._text), _TEXTS_ROOM

    @property
    def are_many(self) -> bool:
        """Whether they are worth to be judged now."""
        return self._state[layout.REFUSED_COUNT] > _REFUSED_MANY

    def judge(self) -> None:
        """Look at those kept: what asked for nothing is not ours, and what looks for holes is counted."""
        refused = self._requests[: self._state[layout.REFUSED_COUNT]]
        self._state[layout.REFUSED_COUNT] = self._state[layout.TEXTS_END] = 0
        if not len(refused):
            return
        asked, probe = np.ones(len(refused), np.bool_), np.zeros(len(refused), np.bool_)
        served, sure = (refused["logged"] == meaning for meaning in (2, 3))  # `layout.ASKED` says what they mean
        for which, some in self._texts(refused["end"], ~served):
            doubted = ~sure[which]
            if self._has_request and doubted.any():
                asked[np.flatnonzero(which)[doubted]] = matching(some_of(some, doubted), request_pattern())
            probe[which] = ~asked[which] | matching(some, PROBE)
        for which, some in self._texts(refused["end"], served):
            probe[which] = matching(some, SERVED)
        asked &= (refused["logged"] >= 1) | (not self._has_request)
        rows, cells = refused["row"], self._state.summed_cells()
        others = rows[~asked & (refused["ours"] == 1)]
        np.add.at(cells["probes"], rows[probe & (refused["logged"] >= 1)], 1)
        for which, some in self._texts(refused["end"], refused["doubted"] == 1):
            np.add.at(cells["blind"], rows[which][matching(some, BLIND)], 1)
        np.subtract.at(cells["requests"], others, 1)
        np.add.at(cells["foreign"], others, 1)

    def _texts(
        self, ends: NDArray[np.int64], wanted: NDArray[np.bool_]
    ) -> Iterator[tuple[NDArray[np.bool_], pa.Array]]:
        """Yield texts of some requests, and which they are: those that are text as they stand, then the others."""
        if not wanted.any():
            return
        offsets = np.concatenate(([0], ends))
        used = self._text[: offsets[-1]]
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(used)]
        odd = np.zeros(len(ends), np.bool_)
        odd[np.searchsorted(ends, np.flatnonzero((used == _BACKSLASH) | (used >= _BEYOND_ASCII)), side="right")] = True
        if np.any(which := wanted & ~odd):
            values = pa.Array.from_buffers(pa.large_string(), len(ends), buffers)  # those that are looked at are ASCII
            yield which, values if which.all() else some_of(values, which)
        if np.any(which := wanted & odd):
            values = pa.Array.from_buffers(pa.large_binary(), len(ends), buffers)
            yield which, texts([unescaped(raw) for raw in some_of(values, which).to_pylist()])
