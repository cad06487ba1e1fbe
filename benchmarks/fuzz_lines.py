"""Feeds the log reader whatever atheris thinks of: `python benchmarks/fuzz_lines.py [-max_total_time=600] [CORPUS]`.

Each input is a format (its first byte chooses) and lines. What must hold: no exception but our own; every line is
parsed or quarantined; what the first lane takes, the second takes with the same values; and sums are the same whether
compiled code takes lines or leaves all of them. Needs the extra `fuzz`.
"""

from __future__ import annotations

import sys
from unittest.mock import patch

import atheris

with atheris.instrument_imports(include=["analyzer.logs"]):
    import numpy as np

    from analyzer.logs.activity import activity_of
    from analyzer.logs.compiled.fold import CompiledFold
    from analyzer.logs.compiled.plan import plan
    from analyzer.logs.compiled.worker import Taken, Worker
    from analyzer.logs.formats import PRESETS, LogFormat, log_format
    from analyzer.logs.lanes import connection, lines_table, rows_sql
    from analyzer.logs.sources import Block, Ended
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
    if chosen.split and chosen.reader != "w3c":
        agree(chosen, block, dict(zip(rows.numbers, zip(*rows.columns, strict=True), strict=True)))
    if plan(chosen) is not None:
        same(chosen, block)


def leave_all(_worker: Worker, _data: object, starts: np.ndarray) -> Taken:
    """Take no line."""
    return Taken(0, np.arange(len(starts) - 1, dtype=np.int32), 0, 0)


def same(chosen: LogFormat, block: Block) -> None:
    """Check that compiled code takes nothing that the strict reading does not read in the same way."""
    items = (block, Ended("a.log", block.lines, None))
    one = activity_of(items, chosen, names=("a.example",), fold=CompiledFold)
    with patch.object(Worker, "take", leave_all):
        other = activity_of(items, chosen, names=("a.example",), fold=CompiledFold)
    assert (one.files, one.quarantined) == (other.files, other.quarantined), "not the same lines"  # noqa: S101 -- what fuzzing looks for
    for frame in ("clients", "cells", "minutes"):
        assert getattr(one, frame).equals(getattr(other, frame)), frame  # noqa: S101 -- what fuzzing looks for


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
