"""An activity's frames are made when they are asked for; what needs none of them does without pandas."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from analyzer.logs.reading import read_activity
from analyzer.logs.sums import Sums, sums_of

if TYPE_CHECKING:
    from pathlib import Path

LINES = "".join(
    f'192.0.2.{n % 7} - - [23/Nov/2026:{12 + n % 3}:{n % 60:02}:07 +0000] "GET /.env HTTP/1.1" {status} 9 "-" '
    f'"{agent}"\n'
    for n, (status, agent) in enumerate([(200, "a"), (404, "b"), (502, "-"), (404, 'q \\"')] * 20)
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return a log."""
    path = tmp_path / "access.log"
    path.write_text(LINES, encoding="ascii")
    return path


def test_reading_and_adding_load_neither_pandas_nor_duckdb(log: Path) -> None:
    """They take longer to load than a log of some megabytes to read."""
    program = (
        "import sys; from analyzer.logs.reading import read_activity\n"
        f"read = read_activity({str(log)!r}, 'combined')\n"
        "assert len((read + read).by_client('requests')) and not {'pandas', 'duckdb'} & set(sys.modules)\n"
        "assert len(read.cells) and 'pandas' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_counts_by_client_are_the_same_before_and_after_there_are_frames(log: Path) -> None:
    """Whoever asks for a frame changes nothing for others."""
    read = read_activity(str(log), "combined")
    before = {
        name: read.by_client(name).tolist() for name in ("requests", "foreign", "probes", "denied", "failed", "blind")
    }
    sent = pickle.loads(pickle.dumps(read))  # noqa: S301 -- as the cluster does
    for name, sums in before.items():
        frame = read.cells.groupby("client")[name].sum()
        assert frame.tolist() == sums == read.by_client(name).tolist() == sent.by_client(name).tolist()
    assert read.by_client("denied").sum() == LINES.count(" 404 ")


def test_narrow_columns_and_frames_are_the_same_both_ways(log: Path) -> None:
    """Also of times within a second, and long before 1970."""
    read = read_activity(str(log), "combined")
    for name in ("cells", "minutes"):
        frame = getattr(read, name)
        pd.testing.assert_frame_equal(sums_of(frame).frame(), frame)
    odd = read.cells.assign(first=read.cells["first"] + pd.Timedelta(microseconds=3), slot=read.cells["slot"])
    odd["slot"] -= pd.Timedelta(days=365 * 70)
    odd["first"] -= pd.Timedelta(days=365 * 70)
    odd["last"] = odd["first"]
    assert sums_of(odd).unit_us == 1
    pd.testing.assert_frame_equal(sums_of(odd).frame(), odd)


def test_a_count_by_client_is_exact_over_many_rows() -> None:
    """More of them than are counted at once."""
    rows = (1 << 20) + 5
    sums = Sums(
        {
            "client": np.arange(rows, dtype=np.int32) % 3,
            "start": np.zeros(rows, np.int8),
            "requests": np.full(rows, 100, np.int8),
        }
    )
    assert sums.by_client("requests", 4).tolist() == [
        100 * ((rows + 2) // 3),
        100 * ((rows + 1) // 3),
        100 * (rows // 3),
        0,
    ]
