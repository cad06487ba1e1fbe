"""Feeds the log reader whatever atheris thinks of: `python benchmarks/fuzz_lines.py [-max_total_time=600] [CORPUS]`.

Each input is a format (its first byte chooses) and lines. What must hold: no exception but our own; every line is
parsed or quarantined; what the first lane takes, the second takes with the same values; and what compiled code sums up,
the strict reading does. Needs the extra `fuzz`.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["analyzer.logs"]):
    import numpy as np

    from analyzer.logs.compiled import state as state_module
    from analyzer.logs.compiled import worker as worker_module
    from analyzer.logs.compiled.layout import ROWS_COUNT
    from analyzer.logs.compiled.machine import machine
    from analyzer.logs.compiled.plan import plan
    from analyzer.logs.compiled.state import State
    from analyzer.logs.compiled.worker import Worker
    from analyzer.logs.fold import SLOT_S
    from analyzer.logs.formats import PRESETS, LogFormat, log_format
    from analyzer.logs.lanes import connection, lines_table, rows_sql
    from analyzer.logs.sources import Block
    from analyzer.logs.strict import strict

ODD = (
    "%h\t%t\t%m\t%U\t%>s",
    '%a|%{X-A}i|%k %t "%m %U%q %H" %s "%u"',
    "%h %t %r %>s %u",
    '%{%Y-%m-%d %H:%M:%S}t.%{usec_frac}t %h "%r" %{us}T',
    "%{X-Forwarded-For}i %l %u %t %r %>s",
    "%{X-A}i|%h|%r|%t|%{Y}i",
    "combined,vhost_combined,common",
    "%t %h (%{Host}i) %T/%D",
    "%h\t%l\t%u\t%t\t%r\t%>s\t%{User-Agent}i",
    '%h %l %u [%{%d/%b/%Y:%T}t.%{usec_frac}t %{%z}t] "%m %U%q %H" %>s %{User-Agent}i',
    '%{msec}t %{X-Forwarded-For}i %h "%r" %s',
    "combined,vhost_combined",
)
FORMATS = [log_format(text) for text in (*PRESETS, *ODD)]
TABLES = connection()
SELDOM = 8  # DuckDB takes longer than all else: it looks at one input in so many
for module, name, size in (
    (state_module, "_ARENA_BYTES", 1 << 17), (state_module, "_LONGEST", 1 << 16),
    (worker_module, "_REFUSED_ROOM", 1 << 12), (worker_module, "_TEXTS_ROOM", 1 << 17),
):  # fmt: skip
    setattr(module, name, size)  # large arrays take longer to make than to use


def block_of(data: bytes) -> Block:
    """Return the lines of some bytes as a block."""
    text = np.frombuffer(data if data.endswith(b"\n") else data + b"\n", np.uint8)
    starts = np.append(0, np.flatnonzero(text == ord("\n")) + 1).astype(np.int32)
    return Block("a.log", 1, text, starts, cut=False, read_bytes=0)


def one(data: bytes) -> None:
    """Read one input with both lanes."""
    chosen = FORMATS[data[0] % len(FORMATS)] if data else FORMATS[0]
    block = block_of(data[1:])
    lines = [block.line(n) for n in range(block.lines)]
    lane = strict(chosen)
    rows = lane.read(lines)
    refused = [number for number, _ in rows.refused]
    assert sorted(rows.numbers + refused) == list(range(len(lines))), "a line is lost"  # noqa: S101 -- what fuzzing looks for
    assert all(reason for _, reason in rows.refused), "a line is refused without a reason"  # noqa: S101 -- what fuzzing looks for
    if chosen.split and chosen.reader != "w3c" and sum(data) % SELDOM == 0:
        agree(chosen, block, dict(zip(rows.numbers, zip(*rows.columns, strict=True), strict=True)))
    if plan(chosen) is not None:
        same(chosen, block, lines)


def worker_of(chosen: LogFormat) -> Worker:
    """Return what folds lines of a format."""
    code = machine(plan(chosen) or ())
    return Worker(code, chosen, ("a.example",), State(code, 1, SLOT_S, np.zeros(1, np.int64), 1 << 12))


def sums(worker: Worker) -> dict[tuple[object, ...], list[int]]:
    """Return what a worker has found, by client, agent, stretch of time and part."""
    worker.judge()
    state = worker.state
    keys, found = state.pairs.keys(), dict[tuple[object, ...], list[int]]()
    clients, agents = state.clients.texts().to_pylist(), [*state.agents.texts(joined=state.joined).to_pylist(), None]
    for start, pair, part, *counts, first, last in state.cells[: state[ROWS_COUNT]].tolist():
        who = clients[int(keys[pair]) >> 32], agents[(int(keys[pair]) & 0xFFFF_FFFF) - 1]
        one = found.setdefault((*who, start, part), [0, 0, 0, 0, first, last])
        one[:] = *map(sum, zip(one, counts, strict=False)), min(one[4], first), max(one[5], last)
    return found


def same(chosen: LogFormat, block: Block, lines: list[bytes]) -> None:
    """Check that compiled code takes nothing that the strict reading does not read in the same way."""
    one, other = worker_of(chosen), worker_of(chosen)
    taken = one.take(block.data, block.starts)
    left = set(taken.left.tolist())
    some = [line for number, line in enumerate(lines) if number not in left]
    rows = strict(chosen).read(some)
    assert not rows.refused, "the strict reading refuses a line that compiled code takes"  # noqa: S101 -- what fuzzing looks for
    if some:
        again = other.take_rows([rows])
        assert (again.first_us, again.last_us) == (taken.first_us, taken.last_us), "other times"  # noqa: S101 -- what fuzzing looks for
    assert sums(one) == sums(other), "other sums"  # noqa: S101 -- what fuzzing looks for


def agree(chosen: LogFormat, block: Block, strictly: dict[int, tuple[object, ...]]) -> None:
    """Check that the first lane takes nothing that the second does not take with the same values."""
    TABLES.register("lines", lines_table(block))
    columns = ", ".join(name for name, _ in strict(chosen).columns)
    taken = TABLES.execute(f"SELECT n, {columns} FROM ({rows_sql(chosen)}) WHERE ok").fetchall()  # noqa: S608 -- ours
    for number, *values in taken:
        assert tuple(values) == strictly[number], block.line(number)  # noqa: S101 -- what fuzzing looks for


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
