"""Sums of parts of the logs, and how they become one: clients found again by address and agent, and renumbered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from analyzer.loading import OnDemand
from analyzer.logs.arrow import (
    as_type,
    ascending,
    at_places,
    coded,
    matching,
    nulls,
    numbers,
    plain,
    some_of,
    texts,
    unequal,
)
from analyzer.logs.memory import MANY, give_back
from analyzer.logs.sums import CELL_KEYS, MINUTE_KEYS, Sums, summed

if TYPE_CHECKING:
    import ipaddress
    from collections.abc import Sequence

    import pandas as pd
    import pyarrow as pa

    from analyzer.logs.sums import Column
else:
    ipaddress, pa = map(OnDemand, ("ipaddress", "pyarrow"))

# What an address of IPv6 has that is not in its canonical form, or is one of IPv4 (RE2): a leading zero, a capital, two
# groups of zeros in full or one beside those left out, or ten bytes of zeros and two of ones.
_OTHERWISE = (
    r"^::ffff:[0-9a-f.:]+$|:.*[A-F]|[A-F].*:|(?:^|:)0[0-9A-Fa-f]+:|:0[0-9A-Fa-f]+$|(?:^|:)0:0?:|:0:0$|::0(?::|$)"
)

Texts: TypeAlias = "pa.Array | pa.ChunkedArray"


@dataclass(frozen=True, slots=True)
class Part:
    """What was summed up of some lines.

    Attributes
    ----------
    address, agent
        string, or a dictionary of strings, a client each; a client may stand there twice.
    cells
        Their `client` counts the clients from 0.
    minutes
        Of all clients.
    in_order
        Whether clients and cells are known to stand in their order, each once.
    """

    address: Texts
    agent: Texts
    cells: Sums
    minutes: Sums
    in_order: bool = False


def joined(parts: Sequence[Part]) -> tuple[pa.Table, Sums, Sums]:
    """Return the clients in the order of address and agent, their cells and the minutes, of all parts together.

    The parts' columns are used up.

    Returns
    -------
    clients
        `address` and `agent` (string), a client each.
    cells, minutes
        In the order of their keys.
    """
    parts = [_as_all_write_them(part) for part in parts]
    unit = min(part.cells.unit_us for part in parts)
    cells = [dict(part.cells.scaled(unit).columns) for part in parts]
    for part in parts:
        part.cells.columns.clear()
    if len(parts) == 1 and parts[0].in_order:
        clients, rows = pa.table({"address": parts[0].address, "agent": parts[0].agent}), cells[0]
    else:
        clients, codes = united([part.address for part in parts], [part.agent for part in parts])
        sizes = np.cumsum([0] + [len(part.address) for part in parts])
        for columns, start in zip(cells, sizes.tolist(), strict=False):
            columns["client"] = codes[columns["client"].astype(np.int64) + start]
        rows = summed(below(cells), CELL_KEYS)
    if len(rows["start"]) > MANY:
        give_back()
    return (
        clients,
        Sums(rows, unit),
        Sums(summed(below([part.minutes.columns for part in parts]), MINUTE_KEYS)),
    )


def _as_all_write_them(part: Part) -> Part:
    """Return the sums with addresses as most servers write them: both servers' logs shall name a client alike.

    A socket for both families (`bind :::443 v4v6`, `listen [::]:443 ipv6only=off`) says `::ffff:192.0.2.7` for
    192.0.2.7 (RFC 4291 section 2.5.5.2), and Java writes all eight groups of an address (RFC 5952 section 2).
    """
    chunks = _chunks(part.address)
    named = [one.dictionary if isinstance(one, pa.DictionaryArray) else one for one in chunks]
    if not any(matching(one, _OTHERWISE).any() for one in named if len(one)):
        return part
    known = [(one.indices, as_type(one.dictionary, pa.string())) for one in _coded(part.address)]
    same = [pa.DictionaryArray.from_arrays(place, _canonical(one)) for place, one in known]
    return replace(part, address=pa.chunked_array(same), in_order=False)


def _canonical(addresses: pa.StringArray) -> pa.StringArray:
    """Return distinct addresses in their canonical form."""
    other = matching(addresses, _OTHERWISE)
    written = [canonical(one) for one in some_of(addresses, other).to_pylist()]
    places = np.arange(len(addresses))
    places[other] = len(addresses) + np.arange(len(written))
    return at_places(pa.concat_arrays([addresses, texts(written)]), numbers(places))


def canonical(address: str) -> str:
    """Return an address in its canonical form; what is none as it is.

    >>> canonical("::ffff:192.0.2.7"), canonical("2001:DB8:0:0:0:0:0:1"), canonical("::ffff:no")
    ('192.0.2.7', '2001:db8::1', '::ffff:no')
    """
    try:
        found = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    return str(found.ipv4_mapped or found)


def frame_of(clients: pa.Table) -> pd.DataFrame:
    """Return clients as a frame; the index is their code."""
    import pandas as pd  # noqa: PLC0415 -- who only adds sums does not need it

    made: pd.DataFrame = clients.to_pandas(types_mapper=pd.ArrowDtype)
    return made


def below(parts: Sequence[dict[str, Column]]) -> dict[str, Column]:
    """Return the columns of all, one below the other, and take them out of the parts: there may be millions of rows."""
    if len(parts) == 1:
        return {name: parts[0].pop(name) for name in list(parts[0])}
    return {name: np.concatenate([part.pop(name) for part in parts]) for name in list(parts[0])}


def united(addresses: Sequence[Texts], agents: Sequence[Texts]) -> tuple[pa.Table, npt.NDArray[np.int32]]:
    """Return the distinct clients in their order, and the new code of each one given."""
    (address, names), (agent, programs) = _ranked(addresses), _ranked(agents)
    keys, codes = _distinct(address * (len(programs) + 1) + agent + 1)  # null is -1: first
    which, program = np.divmod(keys, len(programs) + 1)
    table = pa.table(
        {
            "address": at_places(names, numbers(which)),
            "agent": at_places(programs, numbers(program - 1, program == 0)),
        }
    )
    return table, codes


def _distinct(keys: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Return the distinct ones of some numbers in their order, and the place among them of each one given."""
    order = np.argsort(keys)  # not stable, and several times as fast as what `np.unique` does
    ordered = keys[order]
    new = np.concatenate((np.ones(min(1, len(keys)), np.bool_), ordered[1:] != ordered[:-1]))
    codes = np.empty(len(keys), np.int32)
    codes[order] = np.cumsum(new) - 1
    return ordered[new], codes


def _ranked(parts: Sequence[Texts]) -> tuple[npt.NDArray[np.int64], pa.StringArray]:
    """Return the place of each text among the distinct ones in the order of their bytes, -1 for null, and those."""
    chunks = [chunk for part in parts for chunk in _coded(part)]
    dictionaries = [as_type(chunk.dictionary, pa.string()) for chunk in chunks]
    every = coded(pa.concat_arrays(dictionaries)) if len(chunks) > 1 else None
    texts = dictionaries[0] if every is None else every.dictionary
    order = ascending(texts)
    ordered = at_places(texts, numbers(order))
    new = np.concatenate((np.ones(min(1, len(order)), np.bool_), unequal(ordered[1:], ordered[:-1])))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.cumsum(new) - 1
    # Of the dictionaries one below the other, then of null.
    ranks = np.append(rank if every is None else rank[plain(every.indices)], -1)
    starts = np.cumsum([0] + [len(chunk.dictionary) for chunk in chunks])
    places = [
        np.where(nulls(chunk.indices), len(ranks) - 1, plain(chunk.indices).astype(np.int64) + start)
        for chunk, start in zip(chunks, starts, strict=False)
    ]
    return ranks[np.concatenate(places)], ordered if new.all() else some_of(ordered, new)


def _coded(part: Texts) -> list[pa.DictionaryArray]:
    """Return texts as numbers and the distinct ones, at least one chunk of them."""
    return [one if isinstance(one, pa.DictionaryArray) else coded(one) for one in _chunks(part)]


def _chunks(part: Texts) -> list[pa.Array]:
    """Return the arrays that texts are made of, at least one."""
    whole = part.combine_chunks() if isinstance(part, pa.ChunkedArray) else part
    return whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole]
