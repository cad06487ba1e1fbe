"""Lines of a text are found on the way, shortly before they are folded: the same ones as if all were known before."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analyzer.logs.compiled import fold as fold_module
from analyzer.logs.compiled import judging as judging_module
from analyzer.logs.compiled import state as state_module
from analyzer.logs.compiled import worker as worker_module
from analyzer.logs.compiled.fold import CompiledFold
from analyzer.logs.compiled.layout import GROUP, SCAN_BYTES
from analyzer.logs.formats import log_format

if TYPE_CHECKING:
    from analyzer.logs.compiled.worker import Taken, Worker

LINE = '192.0.2.{} - - [23/Nov/2026:{}:{:02}:07 +0000] "GET {} HTTP/1.1" {} 9 "-" "{}"\n'
SMALL = (
    (fold_module, "ROWS", 4), (state_module, "_FEWEST", 2),
    (judging_module, "_REFUSED_ROOM", 2), (worker_module, "_LEFT_ROOM", 2), (worker_module, "_ROWS_MORE", 2),
)  # fmt: skip


def text(seed: int, size: int) -> bytes:
    """Return so many bytes of lines, of many clients, some of which no compiled code takes."""
    rng, made = random.Random(seed), b""  # noqa: S311 -- no secrets
    while len(made) < size:
        path = rng.choice(["/", "/.env", "/" + "a" * rng.randrange(300)])
        given = rng.randrange(99), rng.choice([11, 12]), rng.randrange(60), path, rng.choice([200, 404, 502]), path[1:9]
        odd = [b"\n", b"odd\n", b"x" * rng.randrange(2 * SCAN_BYTES) + b"\n", b"\n" * rng.randrange(3 * GROUP)]
        made += rng.choice(odd) if rng.random() < 0.02 else LINE.format(*given).encode()
    return made[: size - 1] + b"\n"


def worker() -> Worker:
    """Return a worker of its own."""
    return CompiledFold(log_format("combined"), (), ())._workers[0]


def known(one: Worker, data: np.ndarray) -> tuple[Taken, np.ndarray]:
    """Return what becomes of lines that are known before."""
    starts = np.concatenate(([0], np.flatnonzero(data == ord("\n")) + 1)).astype(np.int32)
    return one.take(data, starts), starts


def summed(one: Worker) -> list[tuple[bytes, int, int]]:
    """Return who asked when, and how often, whatever the numbers are."""
    one.judge()
    clients, cells = one.state.clients.texts().to_pylist(), one.state.summed_cells()
    keys = one.state.pairs.keys()
    return [(clients[keys[cell["pair"]] >> 32], *cell.tolist()[2:], cell["start"]) for cell in cells]


@pytest.mark.parametrize("small", [(), SMALL], ids=["room", "no room"])
@pytest.mark.parametrize("size", [1, 63, 64, 65, 500, SCAN_BYTES - 1, SCAN_BYTES, SCAN_BYTES + 1, 9 * SCAN_BYTES + 77])
def test_what_is_found_on_the_way_is_what_was_known(size: int, small: tuple[tuple[object, str, int], ...]) -> None:
    """Wherever the stretches end in which lines are looked for, and whenever there is no room to go on."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in small:
            patch.setattr(module, name, value)
        one, other = worker(), worker()
        for seed in range(6):
            data = np.frombuffer(text(seed, size), np.uint8)
            (found, starts), (wanted, before) = one.take_text(data), known(other, data)
            assert starts.tolist() == before.tolist()
            assert (found.parsed, found.first_us, found.last_us) == (wanted.parsed, wanted.first_us, wanted.last_us)
            assert found.left.tolist() == wanted.left.tolist()
            assert found.parsed + len(found.left) == len(starts) - 1
        assert summed(one) == summed(other)
        assert size < SCAN_BYTES or found.parsed > len(found.left) > 0


def test_a_line_that_is_cut_is_not_taken() -> None:
    """It may look like a shorter one; all before it are."""
    data = np.frombuffer(LINE.format(1, 11, 0, "/", 200, "a").encode() * 5, np.uint8)
    found, starts = worker().take_text(data, cut=True)
    assert (found.parsed, found.left.tolist(), len(starts)) == (4, [], 6)
    assert worker().take_text(data)[0].parsed == 5


def test_more_lines_are_left_than_there_is_room_to_tell_at_once() -> None:
    """None is forgotten, none told twice."""
    count = 3 * worker_module._LEFT_ROOM + 5
    found, starts = worker().take_text(np.frombuffer(b"odd\n" * count, np.uint8))
    assert (found.parsed, len(starts)) == (0, count + 1)
    assert found.left.tolist() == list(range(count))
