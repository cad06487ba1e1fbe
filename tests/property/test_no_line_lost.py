"""No line is lost in silence: whatever bytes a file holds, each of its lines is parsed or quarantined."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyzer.logs.reading import read_activity
from analyzer.logs.requests import read_quarantine, read_requests

GOOD = b'198.51.100.7 - - [23/Nov/2026:18:30:44 +0000] "GET / HTTP/1.1" 200 512 "-" "curl/8.0"'
bits = st.one_of(
    st.just(GOOD),
    st.just(GOOD + b"\n"),
    st.binary(max_size=40),
    st.sampled_from(
        [b"\n", b"\r\n", b"\x00", b'"', b"\\", GOOD[:50], GOOD.replace(b"curl", b"\xff"), b"\xc3", b"\n" * 9]
    ),
)
# One good line at the end: a file in which no line fits may be one of another format, which is another matter.
contents = st.lists(bits, max_size=30).map(b"".join).map(lambda content: content + b"\n" + GOOD)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(contents, st.booleans())
@example(b"", False)
@example(b"\n", False)
@example(b"\x00" * 5_000, False)
def test_every_line_is_parsed_or_quarantined(content: bytes, zipped: bool) -> None:
    """The numbers of the lines parsed and of those refused are together 1, 2, 3, … of the file."""
    lines = content.count(b"\n") + (not content.endswith(b"\n") and bool(content))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "access.log"
        path.write_bytes(gzip.compress(content) if zipped else content)
        numbers = read_requests(str(path))["line"].tolist()
        refused = read_quarantine(str(path))
        (reading,) = read_activity(str(path)).files
    assert sorted(numbers + refused["line"].tolist()) == list(range(1, lines + 1))
    assert numbers == sorted(numbers)
    assert (reading.lines, reading.parsed, reading.quarantined) == (lines, len(numbers), len(refused))
    assert (refused["reason"] != "").all()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(contents)
def test_lines_beside_a_good_one_do_not_touch_it(content: bytes) -> None:
    """A good line after any bytes and a newline is read as it stands."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "access.log"
        path.write_bytes(content + b"\n")
        last = read_requests(str(path)).iloc[-1]
    assert (last["client"], last["request"], last["status"], last["bytes"], last["agent"]) == (
        "198.51.100.7", "GET / HTTP/1.1", 200, 512, "curl/8.0",
    )  # fmt: skip
