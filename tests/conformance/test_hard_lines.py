"""Each hard line is read right or refused, the fast way as the strict one."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from divided_lines import DIVIDED
from hard_lines import GROUPS
from harder_lines import MORE_GROUPS
from strict_beside import check

from analyzer.errors import InputError
from analyzer.logs.compiled.plan import plan
from analyzer.logs.formats import log_format
from analyzer.logs.lanes import connection, lines_table, rows_sql
from analyzer.logs.requests import read_requests
from analyzer.logs.sources import Block
from analyzer.logs.strict import strict

CASES: dict[str, list[tuple[str, dict[str, Any] | None]]] = {}
for case in (case for cases in (*GROUPS.values(), *MORE_GROUPS.values(), *DIVIDED.values()) for case in cases):
    CASES.setdefault(case[0], []).append(case[1:])
PLANNED = sorted({case[0] for cases in DIVIDED.values() for case in cases if plan(log_format(case[0])) is not None})
BY_FORMAT = pytest.mark.parametrize(("text", "cases"), CASES.items(), ids=CASES)


def read(path: Path, text: str, lines: list[str]) -> dict[int, dict[str, Any]]:
    """Return the columns of the lines that are read, by their numbers."""
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
    try:
        frame = read_requests(str(path), text)
    except InputError as error:
        assert "its lines fit" in str(error)  # noqa: PT017 -- another format is a refusal, another error is not
        return {}
    rows = frame.to_dict("records")
    return {row["line"] - 1: {k: None if v is pd.NA else v for k, v in row.items()} for row in rows}


@BY_FORMAT
def test_lines(text: str, cases: list[tuple[str, dict[str, Any] | None]], tmp_path: Path) -> None:
    """Every value that is named is right, or the line is refused."""
    found = read(tmp_path / "access.log", text, [line for line, _ in cases])
    for number, (line, wanted) in enumerate(cases):
        assert (number in found) == (wanted is not None), line
        for column, value in (wanted or {}).items():
            assert found[number][column] == (datetime.fromisoformat(value) if column == "time" else value), line


@BY_FORMAT
def test_lanes_agree(text: str, cases: list[tuple[str, dict[str, Any] | None]]) -> None:
    """What the first lane takes, the second takes with the same values."""
    lane, lines = strict(log_format(text)), [line.encode() + b"\n" for line, _ in cases]
    data, starts = np.frombuffer(b"".join(lines), np.uint8), np.cumsum([0, *map(len, lines)]).astype(np.int32)
    tables = connection()
    tables.register("lines", lines_table(Block("a.log", 1, data, starts, cut=False, read_bytes=0)))
    columns = ", ".join(name for name, _ in lane.columns)
    taken = tables.execute(f"SELECT n, {columns} FROM ({rows_sql(lane.log_format)}) WHERE ok").fetchall()  # noqa: S608
    rows = lane.read(lines)
    strictly = dict(zip(rows.numbers, zip(*rows.columns, strict=True), strict=True))
    assert {number: tuple(values) for number, *values in taken}.items() <= strictly.items()


@pytest.mark.parametrize("text", PLANNED)
def test_compiled_code_agrees(text: str) -> None:
    """What compiled code takes sums up as what the strict expression takes."""
    check([line.encode() + b"\n" for line, _ in CASES[text]], log_format(text))
