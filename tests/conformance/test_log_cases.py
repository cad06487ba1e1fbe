"""Hard lines collected from real servers and issue threads: each read right, or refused, as they say.

The cases lie beside the repository (`../shared/data/log-cases.jsonl`): format, line, the values wanted or null where
the line must be refused.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from analyzer.errors import InputError
from analyzer.logs.requests import read_requests

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = Path(__file__).parents[3] / "shared" / "data" / "log-cases.jsonl"
COLUMNS = {
    "h": "client", "a": "client", "u": "user", "v": "server_name", "p": "port", "r": "request", "s": "status",
    "b": "bytes", "I": "bytes_in", "O": "bytes_out", "ref": "referer", "ua": "agent", "method": "method",
    "path": "target", "proto": "protocol", "ms": "duration_us", "t": "time",
}  # fmt: skip
UNSUPPORTED: dict[int, str] = {}  # case -> the directive that is not read yet; none today
SHORTENED = {62: '198.51.100.7 - - [23/Nov/2026:18:30:44 +0000] "GET / HTTP/1.1" 200 512 "-" "' + '\\"' * 8_000 + '"'}


def cases() -> Iterator[Any]:
    """Yield the cases."""
    if not CASES.exists():
        return
    for text in CASES.read_text(encoding="utf-8").splitlines():
        case = json.loads(text)
        # The file shows this line shortened; its note says how long it is.
        case["line"] = SHORTENED.get(case["id"], case["line"])
        yield pytest.param(case, id=f"{case['id']}-{case['note'][:40]}")


def read(path: Path, case: dict[str, Any]) -> pd.DataFrame | None:
    """Return the rows of a case's line; None if it was refused, with its file or by itself."""
    path.write_bytes(case["line"].encode() + b"\n")
    try:
        frame = read_requests(str(path), case["log_format"])
    except InputError as error:
        assert "its lines fit" in str(error)  # noqa: PT017 -- another format is a refusal, another error is not
        return None
    return frame if len(frame) else None


@pytest.mark.skipif(not CASES.exists(), reason="the cases lie beside the repository")
@pytest.mark.parametrize("case", list(cases()))
def test_case(case: dict[str, Any], tmp_path: Path) -> None:
    """Every value that the case names is right, or the line is refused."""
    if case["id"] in UNSUPPORTED:
        with pytest.raises(InputError, match=UNSUPPORTED[case["id"]]):
            read_requests(str(tmp_path), case["log_format"])
        return
    frame = read(tmp_path / "access.log", case)
    if case["want"] is None:
        assert frame is None
        return
    assert frame is not None
    for key, wanted in case["want"].items():
        value = frame[COLUMNS[key]].iloc[0]
        found = None if value is pd.NA else value
        if key == "ms":
            found //= 1_000
        if key == "ua" and case["id"] in SHORTENED:
            assert found == '"' * 8_000
            continue
        assert found == (datetime.fromisoformat(wanted) if key == "t" else wanted), key
