"""What the first lane takes, the second takes with the same values: for any line, in formats of every shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.logs.fast import fast_sql
from analyzer.logs.formats import log_format
from analyzer.logs.lanes import connection, lines_table, rows_sql
from analyzer.logs.sources import Block
from analyzer.logs.strict import strict

WITHOUT = "%h\t%t\t%m\t%>s"  # no spaces between the values: it has the second lane only
FORMATS = (
    "common",
    "combined",
    "vhost_combined",
    '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %I %O %D',
    '%a|%{X-A}i|%k %t "%m %U%q %H" %s "%u"',
    '{"h":"%h","t":"%t","s":%>s,"b":"%b","ua":"%{User-Agent}i","v":"%v","X":"%X"}',
    WITHOUT,
    "%t %h (%{Host}i) %T/%D",
    '%{Host}i:%p peer=%{c}a (%{X-Forwarded-For}i) %l %u %t %V "%r"',
    "%u %h %t [%{X-A}i] %{X-Forwarded-For}i %b",
    '%h %t %{X-B}i "%r"',
    "drain",
    "json",
    "nginx",
    "combined,vhost_combined",
)
CONNECTION = connection()
anything = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\n"), max_size=12)
plain = st.text(alphabet="ab1.:-_/ []+%?'|()", max_size=8)
values = {
    "client": st.sampled_from(
        ["192.0.2.1", "::1", "2001:db8::7", "fe80::1%eth0", "a.example", "-", "1:2", "x:80", "1::2::3", "1.2.3", "a.7"]
    ),
    "ident": st.sampled_from(["-", "-", "-", "bob", "192.0.2.1", "a:b"]),
    "user": st.sampled_from(["-", "-", "bob", "mary ann", '""', "", "- -", "x] [y", 'q\\"q', "a\x0bb"]),
    "time": st.builds(
        "[{}/{}/{}:{}:{}:{} {}]".format,
        st.sampled_from(["01", "28", "29", "30", "31", "00", "1"]),
        st.sampled_from(["Jan", "Feb", "Nov", "nov", "Foo"]),
        st.sampled_from(["2026", "2028", "1969", "0026", "99999"]),
        st.sampled_from(["00", "23", "24", "7"]),
        st.sampled_from(["00", "59", "60"]),
        st.sampled_from(["00", "59", "60", "61"]),
        st.sampled_from(["+0000", "-0530", "+1400", "+2400", "-0060", "0000", "+00000"]),
    ),
    "request": st.sampled_from(["GET / HTTP/1.1", "-", "", "\\x16\\x03", "hello", 'a"b']) | plain,
    "status": st.sampled_from(["200", "999", "000", "-", "20", "2000", "+20", "2e2", " 200"]),
    "bytes": st.sampled_from(["0", "-", "512", "999999999999999999", "9999999999999999999", "1_0", "5.0", "-5"]),
    "port": st.sampled_from(["80", "-", "65535", "123456"]),
    "server_name": st.sampled_from(["app.example.com", "[::1]", "a:b", "-", ""]),
    "server_name_used": st.sampled_from(["app.example.com", "::1", "o'x", "a:b", "-", ""]),
    "host_logged": st.sampled_from(["app.example.com", "[::1]", "a:80", "-", "\x00a"]),
    "forwarded_for": st.sampled_from(["192.0.2.9", "192.0.2.9, ::1", "::1,", "-", "a,b", ", -"]),
    "connection": st.sampled_from(["X", "+", "-", "Y"]),
}


def value(column: str) -> st.SearchStrategy[str]:
    """Return values of a column: good ones, odd ones, anything."""
    number = st.sampled_from(["0", "17", "-", "x", "123456789012"])
    usual = values.get(column, number if column in {"duration_us", "keepalive", "bytes_in", "bytes_out"} else plain)
    return st.one_of(usual, usual, usual, usual, anything)


@st.composite
def lines(draw: st.DrawFn, text: str) -> bytes:
    """Return a line of a format, seldom with one more disturbance."""
    made = "".join(
        part if isinstance(part, str) else draw(value(part.directive.column)) for part in log_format(text).parts
    )
    if draw(st.integers(0, 5)) == 0:
        at = draw(st.integers(0, len(made)))
        made = (
            made[:at]
            + draw(st.sampled_from(['"', " ", "\\", "\t", "\r", "\x00", "é", ""]))
            + made[at + draw(st.integers(0, 2)) :]
        )
    return made.encode() + draw(st.sampled_from([b"", b"", b"\r", b"\r\r"])) + b"\n"


def block_of(found: list[bytes]) -> Block:
    """Return lines as a block."""
    data = np.frombuffer(b"".join(found), np.uint8)
    starts = np.append(0, np.flatnonzero(data == ord("\n")) + 1).astype(np.int32)
    return Block("a.log", 1, data, starts, cut=False, read_bytes=0)


def rows_of(text: str, found: list[bytes]) -> dict[int, tuple[object, ...]]:
    """Return the rows that the first lane takes, by the line's number."""
    lane = strict(log_format(text))
    CONNECTION.register("lines", lines_table(block_of(found)))
    columns = ", ".join(name for name, _ in lane.columns)
    taken = CONNECTION.execute(f"SELECT n, {columns} FROM ({rows_sql(lane.log_format)}) WHERE ok").fetchall()  # noqa: S608
    return {row[0]: row[1:] for row in taken}


@pytest.mark.parametrize("text", FORMATS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=st.data())
def test_lanes_agree(text: str, data: st.DataObject) -> None:
    """Each line that the first lane takes, the second takes with the same values."""
    found = data.draw(st.lists(lines(text), min_size=1, max_size=40))
    read = strict(log_format(text)).read(found)
    columns = [dict(zip(read.numbers, column, strict=True)) for column in read.columns]
    for number, row in rows_of(text, found).items():
        assert number in columns[0], found[number]
        assert row == tuple(values[number] for values in columns), found[number]


@pytest.mark.parametrize("text", FORMATS)
def test_the_first_lane_takes_usual_lines(text: str) -> None:
    """The property above is not true of nothing: a usual line of each format goes the fast way, if it has one."""
    usual = {
        "client": "192.0.2.1", "ident": "-", "user": "bob", "time": "[28/Feb/2026:23:59:59 -0530]",
        "request": "GET /a HTTP/1.1", "status": "200", "port": "80", "server_name": "app.example.com",
        "connection": "+", "method_logged": "GET",
        "target_logged": "/a?b", "protocol_logged": "HTTP/1.1", "agent": "a b (c)", "referer": "", "host_logged": "h",
        "peer": "192.0.2.2", "local_address": "::1", "header_in_x_a": "x", "header_in_x_b": "y",
    }  # fmt: skip
    parts = log_format(text).parts
    line = "".join(part if isinstance(part, str) else usual.get(part.directive.column, "17") for part in parts)
    found = rows_of(text, [f"{line}\n".encode(), f"{line}\r\n".encode(), f"{line} \n".encode()])
    assert (fast_sql(log_format(text)) is None) == (text == WITHOUT)
    assert set(found) == (set() if text == WITHOUT else {0, 1})
