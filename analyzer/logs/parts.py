"""Sums of parts of the logs, and how they become one: clients found again by address and agent, and renumbered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.logs.sums import CELL_KEYS, MINUTE_KEYS, summed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.logs.sums import Column


@dataclass(frozen=True, slots=True)
class Part:
    """What was summed up of some lines.

    Attributes
    ----------
    address, agent
        string, a client each; a client may stand there twice.
    cells
        Whole numbers by column; `client` counts the clients from 0, times are in µs since 1970.
    minutes
        The same.
    """

    address: pa.Array | pa.ChunkedArray
    agent: pa.Array | pa.ChunkedArray
    cells: dict[str, Column]
    minutes: dict[str, Column]


def joined(parts: Sequence[Part]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the clients in the order of address and agent, their cells and the minutes, of all parts together."""
    clients, codes = _united([part.address for part in parts], [part.agent for part in parts])
    sizes = np.cumsum([0] + [len(part.address) for part in parts])
    cells = [
        {**part.cells, "client": codes[part.cells["client"] + start]} for part, start in zip(parts, sizes, strict=False)
    ]
    return clients, summed(_below(cells), CELL_KEYS), summed(_below([part.minutes for part in parts]), MINUTE_KEYS)


def _below(parts: Sequence[dict[str, Column]]) -> dict[str, Column]:
    """Return the columns of all, one below the other."""
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _united(
    addresses: Sequence[pa.Array | pa.ChunkedArray], agents: Sequence[pa.Array | pa.ChunkedArray]
) -> tuple[pd.DataFrame, npt.NDArray[np.int32]]:
    """Return the distinct clients in their order, and the new code of each one given."""
    address, agent = _chunked(addresses), _chunked(agents)
    (address_rank, _), (agent_rank, distinct) = _ranks(address), _ranks(agent)
    keys = address_rank * (distinct + 1) + agent_rank + 1  # an agent that is null has rank -1, and comes first
    _, first, codes = np.unique(keys, return_index=True, return_inverse=True)
    table = pa.table({"address": address.take(pa.array(first)), "agent": agent.take(pa.array(first))})
    return table.to_pandas(types_mapper=pd.ArrowDtype), codes.astype(np.int32)


def _chunked(arrays: Sequence[pa.Array | pa.ChunkedArray]) -> pa.Array:
    """Return arrays of text as one."""
    chunks = [chunk for one in arrays for chunk in (one.chunks if isinstance(one, pa.ChunkedArray) else [one])]
    return pa.concat_arrays([chunk.cast(pa.string()) for chunk in chunks]) if chunks else pa.array([], pa.string())


def _ranks(texts: pa.Array) -> tuple[npt.NDArray[np.int64], int]:
    """Return the place of each text among the distinct ones in the order of their bytes, and how many those are."""
    coded = texts.dictionary_encode()
    order = pc.sort_indices(coded.dictionary).to_numpy()
    rank = np.empty(len(order) + 1, np.int64)
    rank[order], rank[len(order)] = np.arange(len(order)), -1
    codes = coded.indices.fill_null(len(order)).to_numpy()
    return rank[codes], len(order)
