"""Feeds the log reader whatever atheris thinks of: `python benchmarks/fuzz_lines.py [-max_total_time=600] [CORPUS]`.

Each input is a format (its first byte chooses) and lines. What must hold: no exception but our own; every line is
parsed or quarantined; what the first lane takes, the second takes with the same values. Needs the extra `fuzz`.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["analyzer.logs"]):
    import numpy as np

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
