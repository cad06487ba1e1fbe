"""Whatever the format and the bytes: every line is parsed or quarantined, `auto` ends, and no line takes long."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.logs.choosing import choose
from analyzer.logs.formats import PRESETS, log_format, samples
from analyzer.logs.reading import read_activity
from analyzer.logs.requests import read_quarantine, read_requests
from analyzer.logs.strict import strict

ODD = (
    "%h\t%t\t%m\t%U\t%>s",
    "%h %t %r %>s %u",
    '%a|%{X-A}i|%k %t "%m %U%q %H" %s "%u"',
    '%{%Y-%m-%d %T}t.%{usec_frac}t %h "%r"',
    "%r %r %r %h %t",
    "%r %l %l %{X}i %t %a",
    "%{X}i%{Y}i %{Z}i|%h|%r|%t",
    '%{X-Forwarded-For}i %l %u %t "%r" %>s',
    "%h %t [%r] [%{User-Agent}i]",
    "%h %l [%u] %t «%{X}i» %>s",
    "%h (%{X-Forwarded-For}i) %l %u %t %r: %>s",
    "%{X-Forwarded-For}i|%l|%u|%t|%V|%r|%>s|%b",
    "%{Host}i:%p %h %l %u %t",
    "%{X}i:%h %{Y}i %V %t",
    '%V:%p %{X-Forwarded-For}i %l %h "%{Y}i: %{Z}i" %t',
    "%{X}i- %a %{Y}iEND %v %t",
    "%a-%p %{A}i:%{B}i:%{C}i:%h:%t",
    '%h %t "http://%v%U" %>s',
    "%V%{X}i %h%U %t",
    "combined,vhost_combined,common",
    "haproxy,caddy",
    "iis,combined",
)
FORMATS = (*PRESETS, *ODD)
KNOWN = [line.encode() for name in PRESETS for line, _ in samples(name)]
HEADERS = [b"#Fields: date time c-ip", b"#Fields: c-ip date time cs-method", b"#Fields: x", b"#Version: 1.0"]
pieces = st.one_of(
    st.sampled_from(KNOWN),
    st.sampled_from([line + b"\n" for line in (*KNOWN, *HEADERS)]),
    st.sampled_from([line[: len(line) // 2] for line in KNOWN]),
    st.binary(max_size=20),
    st.sampled_from([b"\n", b"\r\n", b'"', b"\\", b"{", b"\x00", b"\xff", b"#"]),
)
contents = st.lists(pieces, max_size=20).map(b"".join)


@pytest.mark.parametrize("text", FORMATS)
@settings(max_examples=30, deadline=None, derandomize=True)
@given(lines=st.lists(pieces, max_size=30))
def test_every_line_is_a_row_or_refused_with_a_reason(text: str, lines: list[bytes]) -> None:
    """In the order of the lines, each once."""
    rows = strict(log_format(text)).read(lines)
    refused = [number for number, _ in rows.refused]
    assert sorted(rows.numbers + refused) == list(range(len(lines)))
    assert rows.numbers == sorted(rows.numbers)
    assert refused == sorted(refused)
    assert all(reason for _, reason in rows.refused)
    assert all(len(column) == len(rows.numbers) for column in rows.columns)


@pytest.mark.parametrize("text", ["drain", "iis", "haproxy,caddy", "combined,vhost_combined"])
@settings(max_examples=6, deadline=None, derandomize=True)
@given(content=contents)
def test_every_line_is_parsed_or_quarantined(text: str, content: bytes) -> None:
    """Frame, quarantine and activity agree on which lines are which."""
    content = samples(text.split(",", maxsplit=1)[0])[0][0].encode() + b"\n" + content
    lines = content.count(b"\n") + (not content.endswith(b"\n"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "access.log"
        path.write_bytes(content)
        numbers = read_requests(str(path), text)["line"].tolist()
        refused = read_quarantine(str(path), text)
        (reading,) = read_activity(str(path), text).files
    assert sorted(numbers + refused["line"].tolist()) == list(range(1, lines + 1))
    assert (reading.lines, reading.parsed, reading.quarantined) == (lines, len(numbers), len(refused))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(pieces, max_size=30))
def test_what_is_chosen_reads_what_it_says(lines: list[bytes]) -> None:
    """More than half of the lines, and as many as are told."""
    choice = choose(lines)
    assert choice.fitting <= choice.tried
    if choice.chosen is not None:
        tried = [line for line in lines if line.strip() and not line.startswith(b"#")]
        assert len(strict(choice.chosen).read(tried).numbers) >= choice.fitting > choice.tried / 2


UNITS = (
    b"a",
    b'"',
    b"\\",
    rb"\"",
    rb"\x41",
    b"- ",
    b" ",
    b":",
    b"1:",
    b"[",
    b"1.2.3.4 ",
    b"] [",
    b"200 ",
    b"{",
    b"#41",
    b"] ",
    b"|-",
    b": 200",
    b"::1 ",
    b":80",
    b"1:2:3:4:5:6:7:8:",
    b"a.",
    b", ",
    b"\xc2\xbb ",
    b"END ",
    b"\xff",
)
SIZE, LIMIT_S = 100_000, 0.010  # [bytes], [s]
PATIENCE = 4  # other work on the machine; what is of the second order takes hundreds of times as long


@pytest.mark.parametrize("text", FORMATS)
def test_no_line_takes_long(text: str) -> None:
    """A line of 100 kB, of whatever a stranger repeats in it, takes 10 ms of CPU at most."""
    lane = strict(log_format(text))
    names = [name for name in text.split(",") if name in PRESETS]
    good = samples(names[0])[0][0].encode() if names else b'192.0.2.1 [23/Nov/2026:18:30:44 +0000] "GET / HTTP/1.1" 200'
    for unit in UNITS:
        for at in (0, len(good) // 2, len(good) - 2):
            line = good[:at] + unit * (SIZE // len(unit)) + good[at:]
            assert quickest(lane.read, [line]) < LIMIT_S * PATIENCE, (unit, at)


CAPTURES = ("{", "{a.bb|", "{|", "{1.2.3.4|", "{a.bb", "{a.bb|Mozilla/5.0 ", "{x} {")
CAPTURED = ("|", "a|", "a.", "aa.", "1:", "1.2.3.4,", "} {", "ab/", "ab/|", "Mozilla/|", "Mozilla/5|", "#41", " ", '"')


@pytest.mark.parametrize("before", CAPTURES)
def test_no_captured_header_takes_long(before: str) -> None:
    """Whatever is repeated in it: neither what looks like many hosts, nor many agents, nor many places."""
    lane, line = strict(log_format("haproxy")), samples("haproxy")[2][0]
    for unit in CAPTURED:
        for after in ("} ", "", "|Mozilla/5.0} {} "):
            text = line.replace('"<', f'{before}{unit * (SIZE // len(unit))}{after}"<')
            assert quickest(lane.read, [text.encode()]) < LIMIT_S * PATIENCE, (unit, after)


def quickest(read: object, lines: list[bytes]) -> float:
    """Return the CPU time of the quickest of some tries [s]."""
    assert callable(read)
    best = 1.0
    for _ in range(4):
        begun = time.process_time()
        read(lines)
        best = min(best, time.process_time() - begun)
        if best < LIMIT_S:
            break
    return best
