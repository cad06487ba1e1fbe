"""The compiled fold gives what the SQL fold gives: for any lines, in formats of every shape, names and moments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.logs.compiled import fold as fold_module
from analyzer.logs.compiled import gathering as gathering_module
from analyzer.logs.compiled import judging as judging_module
from analyzer.logs.compiled import kept as kept_module
from analyzer.logs.compiled import state as state_module
from analyzer.logs.compiled import worker as worker_module
from analyzer.logs.compiled.fold import CompiledFold
from analyzer.logs.compiled.plan import plan
from analyzer.logs.engine import fold_for
from analyzer.logs.fold import Fold
from analyzer.logs.formats import Field, log_format
from analyzer.logs.reading import activity_of
from analyzer.logs.sources import Block, Ended

if TYPE_CHECKING:
    from analyzer.logs.activity import Activity

FORMATS = (
    "common",
    "combined",
    "vhost_combined",
    '%a %l %u %t "%r" %>s %b "%{Host}i" "%{User-Agent}i" %D',
    '%a|%{User-agent}i|%t|%{Host}i|%s "%u" %X',
    '{"h":"%h","t":"%t","s":%>s,"b":"%b","ua":"%{User-Agent}i","v":"%v","X":"%X"}',
    "%t %h (%{Host}i) %T/%D",
    '"%t"%h "%U%q" %s %V',
)
NAMES = ("app.example.com", "www.example.com.")
MOMENTS = (datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC))
bytes_of_any_kind = st.binary(max_size=10).map(lambda raw: raw.replace(b"\n", b""))
VALUES = {
    "client": [
        b"192.0.2.1", b"192.0.2.1", b"::1", b"2001:db8::7", b"fe80::1%eth0", b"a.example", b"-", b"1:2", b"1::2::3",
        b"1:2:3:4:5:6:7:8", b"1:2:3:4:5:6:7:8:9", b"::", b"1::", b":1", b"12345::1", b"::1.2.3.4",
        b"1:2:3:4:5:6:7::",
    ],
    "ident": [
        b"-", b"-", b"-", b"bob",
    ],
    "user": [
        b"-", b"-", b"bob", b"mary ann", b'""', b"", b"- -", b"x] [y",
    ],
    "request": [
        b"GET / HTTP/1.1", b"GET /.env HTTP/1.1", b"-", b"", b"\\x16\\x03", b"hello", b'GET /\\"a HTTP/1.1',
        b"GET /wp-login.php", b"GET /\xc3\xa9 HTTP/1.0", b"GET /..\\x2f../ HTTP/1.1", b"A  B  HTTP/1.1 ",
    ],
    "status": [
        b"200", b"404", b"404", b"500", b"000", b"-", b"20", b"2000",
    ],
    "bytes": [
        b"0", b"-", b"512", b"999999999999999999", b"9999999999999999999", b"1_0",
    ],
    "port": [
        b"80", b"-", b"123456",
    ],
    "host_logged": [
        b"app.example.com", b"APP.example.com:80", b"www.example.com..", b"other", b"-", b"", b":",
        b"app.example.com:", b"K\xe2\x84\xaa", b"app.exampl\\x65.com", b".", b"app.example.com.:443",
    ],
    "server_name": [
        b"app.example.com", b"[::1]", b"other", b"-", b"",
    ],
    "agent": [
        b"Mozilla/5.0", b"-", b"", b'A \\"10\\"', b"zo\xc3\xab", b"zo\xeb", b"zo\\xc3\\xab",
        b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", b"\\\\",
    ],
    "connection": [
        b"X", b"+", b"-", b"Y",
    ],
}  # fmt: skip
VALUES["server_name_used"], VALUES["target_logged"] = VALUES["host_logged"], [b"/", b"/.git/a?b", b"-", b""]
times = st.builds(
    "[{}/{}/{}:{}:{}:{} {}]".format,
    st.sampled_from(["23", "23", "23", "28", "29", "31", "00", "1", "2x"]),
    st.sampled_from(["Nov", "Nov", "Nov", "Feb", "Jan", "nov", "Foo"]),
    st.sampled_from(["2026", "2026", "2024", "1900", "1969", "2999", "3000"]),
    st.sampled_from(["12", "12", "11", "23", "24", "7"]),
    st.sampled_from(["00", "01", "29", "30", "59", "60"]),
    st.sampled_from(["00", "30", "31", "59", "60"]),
    st.sampled_from(["+0000", "+0000", "-0530", "+1400", "+2400", "-0060", "00000"]),
).map(str.encode)


def value(field: Field) -> st.SearchStrategy[bytes]:
    """Return values of a field: good ones and odd ones."""
    if field.directive.time:
        return times
    usual = st.sampled_from(VALUES.get(field.directive.column, [b"0", b"17", b"-", b"x", b"123456789012"]))
    return st.one_of(usual, usual, usual, bytes_of_any_kind)


@st.composite
def lines(draw: st.DrawFn, text: str) -> bytes:
    """Return a line of a format, seldom with one more disturbance."""
    parts = (part.encode() if isinstance(part, str) else draw(value(part)) for part in log_format(text).parts)
    made = b"".join(parts)
    if draw(st.integers(0, 7)) == 0:
        at = draw(st.integers(0, len(made)))
        made = made[:at] + draw(st.sampled_from([b'"', b" ", b"\\", b"\t", b"\r", b"\0", b"\xff"])) + made[at:]
    return made + draw(st.sampled_from([b"\n", b"\n", b"\r\n", b"\r\r\n"]))


def read(
    found: list[bytes],
    text: str,
    fold: type[Fold | CompiledFold],
    names: tuple[str, ...] = (),
    *,
    cut: bool = False,
    lines_a_block: int = 5,
) -> Activity:
    """Return the activity of lines, given as blocks of one file that may be cut within its last line."""
    items: list[Block | Ended] = []
    for first in range(0, len(found), lines_a_block):
        some = found[first : first + lines_a_block]
        starts = np.cumsum([0, *(len(line) for line in some)]).astype(np.int32)
        data, ended = np.frombuffer(b"".join(some), np.uint8), first + lines_a_block >= len(found)
        items.append(Block("a", first + 1, data, starts, cut=cut and ended, read_bytes=0))
    items.append(Ended("a", len(found), None))
    return activity_of(items, log_format(text), names=names, moments=MOMENTS, fold=fold)


@pytest.mark.parametrize("text", FORMATS)
@given(data=st.data(), names=st.sampled_from([(), NAMES]), cut=st.booleans())
@settings(max_examples=12, deadline=None, derandomize=True)
def test_the_compiled_fold_gives_what_the_sql_fold_gives(
    text: str, data: st.DataObject, names: tuple[str, ...], cut: bool
) -> None:
    """Clients, cells, minutes, counts of lines and the reasons of the refused are the same."""
    found = data.draw(st.lists(lines(text), min_size=1, max_size=10))
    one, other = (read(found, text, fold, names, cut=cut) for fold in (CompiledFold, Fold))
    for frame in ("clients", "cells", "minutes"):
        pd.testing.assert_frame_equal(getattr(one, frame), getattr(other, frame))
    assert (one.files, one.quarantined) == (other.files, other.quarantined)


plain_lines = st.builds(
    '192.0.2.{} - - [23/Nov/2026:{}:{}:07 +0000] "GET {} HTTP/1.1" {} 9 "-" "{}"\n'.format,
    st.integers(1, 9), st.sampled_from(["11", "12"]), st.sampled_from(["00", "29", "30"]),
    st.sampled_from(["/", "/.env"]), st.sampled_from([200, 404, 502]), st.sampled_from(["a", "b", "-"]),
).map(str.encode)  # fmt: skip


@given(st.lists(plain_lines, min_size=20, max_size=60))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_no_room_anywhere_changes_nothing(found: list[bytes]) -> None:
    """Tables that grow all the time, rows that are taken over and summed up again and again: the same sums."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, small in (
            (fold_module, "ROWS", 4), (fold_module, "_ROWS", 2), (worker_module, "_ROWS_MORE", 2),
            (kept_module, "_ENOUGH", 2), (gathering_module, "_MINUTES", 2),
            (state_module, "_FEWEST", 2), (judging_module, "_REFUSED_ROOM", 2), (worker_module, "_LEFT_ROOM", 1),
        ):  # fmt: skip
            patch.setattr(module, name, small)
        one = read(found, "combined", CompiledFold, lines_a_block=9)
    other = read(found, "combined", Fold, lines_a_block=9)
    for frame in ("clients", "cells", "minutes"):
        pd.testing.assert_frame_equal(getattr(one, frame), getattr(other, frame))
    assert (one.files, one.quarantined) == (other.files, other.quarantined)


@pytest.mark.parametrize(("status", "column"), [(200, "requests"), (502, "failed"), (404, "probes")])
def test_a_client_may_ask_more_often_in_a_half_hour_than_a_row_counts(status: int, column: str) -> None:
    """A row counts to 65,535; what is more goes on in another one, and all are added."""
    line = b'192.0.2.1 - - [23/Nov/2026:12:00:01 +0000] "GET /.env HTTP/1.1" %d 9\n' % status
    count = 150_001
    data = np.frombuffer(line * count, np.uint8)
    block = Block("a", 1, data, np.arange(count + 1, dtype=np.int32) * len(line), cut=False, read_bytes=0)
    found = activity_of([block, Ended("a", count, None)], log_format("common"), fold=CompiledFold)
    assert found.cells[column].tolist() == [count]
    assert found.minutes["requests"].tolist() == [count]


def test_a_line_too_long_is_refused_whatever_was_read_before() -> None:
    """Its values are not those of an earlier line in the same place."""
    line = b'192.0.2.1 - - [23/Nov/2026:12:00:01 +0000] "GET / HTTP/1.1" 200 9\n'
    text = line.replace(b"GET /", b"GET /" + b"a" * (1 << 20))
    found = read([line] * 40 + [text] + [line], "common", CompiledFold)
    assert (found.files[0].parsed, found.files[0].quarantined) == (41, 1)
    assert found.cells["requests"].sum() == 41


@pytest.mark.parametrize("text", FORMATS)
def test_plain_lines_of_these_formats_are_taken_by_compiled_code(text: str) -> None:
    """A test of equality would hold as well if all lines went on to the other lanes."""
    sample = {"client": "192.0.2.1", "ident": "-", "user": "-", "request": "GET / HTTP/1.1", "connection": "+"}
    line = "".join(
        part if isinstance(part, str)
        else "[23/Nov/2026:12:00:00 +0000]" if part.directive.time
        else sample.get(part.directive.column, "200")
        for part in log_format(text).parts
    )  # fmt: skip
    fold = CompiledFold(log_format(text), (), ())
    data = np.frombuffer(line.encode() + b"\n", np.uint8)
    taken = fold._workers[0].take(data, np.array([0, len(data)], np.int32))
    assert (taken.parsed, taken.left.tolist()) == (1, [])


def test_a_format_with_a_time_of_another_form_has_no_plan() -> None:
    """Such a format is read by the other lanes, however large the log."""
    unusual = log_format('%{%Y-%jT%H:%M:%S%z}t %h "%r" %>s')
    assert plan(unusual) is None
    assert fold_for(unusual, []) is Fold


@pytest.mark.parametrize("fold", [CompiledFold, Fold])
def test_a_cut_line_is_refused_although_it_looks_whole(fold: type[Fold | CompiledFold]) -> None:
    """`… 200 512` cut to `… 200 51` fits `common`, and says what is not true; an odd line before it is read."""
    odd = rb'192.0.2.2 - mary ann [23/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 512' + b"\n"
    cut = b'192.0.2.1 - - [23/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 51' + b"\n"
    found = read([odd, cut], "common", fold, cut=True)
    assert (found.files[0].parsed, found.quarantined) == (1, {"cut off where the file breaks off": 1})
    assert found.clients["address"].tolist() == ["192.0.2.2"]


def test_long_lines_that_do_not_fit_are_not_gathered() -> None:
    """A megabyte each, a block of them after the other: they are read strictly before they fill the memory."""
    fold, line = CompiledFold(log_format("combined"), (), ()), b"x" * (1 << 20) + b"\n"
    data = np.frombuffer(line * 6, np.uint8)
    starts = np.arange(7, dtype=np.int32) * len(line)
    items = [Block("a", first, data, starts, cut=False, read_bytes=0) for first in (1, 7, 13)]
    for _ in fold.folded(iter(items)):
        assert fold._left.texts == []


def test_what_is_denied_and_what_looks_for_holes_is_counted_alike() -> None:
    """Each status of note, for a path that nobody serves and one that anybody may: by compiled code and by SQL."""
    found = [
        b'192.0.2.%d - - [23/Nov/2026:12:00:01 +0000] "GET /%s HTTP/1.1" %d 9\n' % (n, path, status)
        for n, status in enumerate((200, 301, 400, 401, 403, 404, 429, 499, 500, 503), start=1)
        for path in (b".env", b"a")
    ]
    one, other = (read(found, "common", fold).cells for fold in (CompiledFold, Fold))
    pd.testing.assert_frame_equal(one, other)
    assert one["denied"].tolist() == other["denied"].tolist()
    assert sorted(one["denied"].tolist()) == [0] * 6 + [2] * 4
    assert one["probes"].tolist() == [1] * 10
