"""Rows that were kept come out once for each client, stretch of time and part, in that order, whatever came in."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from analyzer.logs import formats
from analyzer.logs.compiled import kept, layout
from analyzer.logs.compiled.kept import Kept
from analyzer.logs.compiled.machine import machine
from analyzer.logs.compiled.plan import plan

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMES = ("requests", "foreign", "probes", "denied", "failed", "blind")


def made_up(random: np.random.Generator, count: int, clients: int) -> NDArray[Any]:
    """Return rows of all clients, some of the same stretch of time, long before 1970 too."""
    rows = np.zeros(count, layout.CELL)
    rows["pair"] = np.concatenate((np.arange(clients), random.integers(0, clients, count - clients)))
    rows["start"] = random.integers(-3, 3, count) * 1_800
    rows["part"] = random.integers(0, 2, count) * 31_999
    for name in NAMES:
        rows[name] = random.integers(0, 65_535, count) * (name != "probes")
    rows["first"], rows["last"] = random.integers(0, 900, count), random.integers(900, 1 << 30, count)
    return rows


def expected(rows: NDArray[Any], codes: NDArray[np.int32]) -> list[tuple[int, ...]]:
    """Return the sums, by Python's own numbers."""
    some = defaultdict[tuple[int, ...], list[Any]](list)
    for row in rows:
        some[int(codes[row["pair"]]), int(row["start"]), int(row["part"])].append(row)
    return [
        (
            *key,
            *(sum(int(one[name]) for one in found) for name in NAMES),
            min(int(one["first"]) for one in found),
            max(int(one["last"]) for one in found),
        )
        for key, found in sorted(some.items())
    ]


def summed(rows: NDArray[Any], codes: NDArray[np.int32], shares: int) -> list[tuple[int, ...]]:
    """Return what comes of rows kept in so many shares."""
    steps = plan(formats.log_format("combined"))
    assert steps is not None
    some = Kept(machine(steps))
    for share in np.array_split(rows, shares):
        some.add(share)
    with ThreadPoolExecutor(2) as threads:
        found = some.ordered(len(codes)).summed(codes, threads)
    assert list(found) == ["client", "start", "part", *NAMES, "first", "last"]
    return list(zip(*(column.tolist() for column in found.values()), strict=True))


@pytest.mark.parametrize(("count", "clients"), [(1, 1), (40, 40), (900, 7), (3_000, 400)])
def test_rows_come_out_once_and_in_order(count: int, clients: int) -> None:
    """Clients are renumbered; no sum depends on how often rows were kept."""
    random = np.random.default_rng(count)
    rows, codes = made_up(random, count, clients), random.permutation(clients).astype(np.int32)
    for shares in (1, 3):
        assert summed(rows, codes, shares) == expected(rows, codes)


def test_clients_may_become_one() -> None:
    """As what is written in two ways may be one text."""
    random = np.random.default_rng(3)
    rows, codes = made_up(random, 2_000, 90), np.arange(90, dtype=np.int32) // 2
    assert summed(rows, codes, 2) == expected(rows, codes)


@pytest.mark.parametrize("count", [2, 3, 7, 8, 9, 1_000, 4_097])
def test_a_log_put_together_backwards_is_sorted_too(count: int) -> None:
    """As the files of a rotated one are: the latest is the first one by its name."""
    rows = made_up(np.random.default_rng(5), count, 2)
    rows["start"] = -np.arange(len(rows)) * 1_800
    assert summed(rows, np.arange(2, dtype=np.int32), 1) == expected(rows, np.arange(2))
    rows["start"] = np.roll(rows["start"][::-1], count // 3)
    assert summed(rows, np.arange(2, dtype=np.int32), 1) == expected(rows, np.arange(2))


def test_many_rows_of_a_part_are_summed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept grows with clients and their stretches of time, not with what was taken over."""
    monkeypatch.setattr(kept, "_ENOUGH", 50)
    rows, codes = made_up(np.random.default_rng(9), 5_000, 60), np.arange(60, dtype=np.int32)
    assert summed(rows, codes, 25) == expected(rows, codes)


def test_nothing_kept_gives_nothing() -> None:
    """Of a log without a line that fits."""
    assert summed(np.zeros(0, layout.CELL), np.zeros(0, np.int32), 1) == []
