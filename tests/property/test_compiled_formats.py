"""Compiled code says of every line of every format what the strict reading says, or leaves it to that one."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.logs.compiled.fold import CompiledFold
from analyzer.logs.formats import Field, LogFormat, log_format, samples
from analyzer.logs.strict import strict
from analyzer.logs.w3c import DEFAULT

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from odd_formats import ODD_FORMATS
from strict_beside import check, disturbed

CHOSEN = (
    "tabs", "epoch_ms", "begin", "ports", "names", "parts", "no_quotes", "bars", "json_spaced",
    "literals",
)  # fmt: skip
MORE_FORMATS = {
    "user before another time": '%h %l %u [%{%d/%b/%Y:%T}t.%{usec_frac}t %{%z}t] "%r" %>s %b "%{User-Agent}i"',
    "user between tabs": "%h\t%l\t%u\t%t\t%r\t%>s\t%{Host}i",
    "method, path, protocol": '%h %l %u %t "%m %U%q %H" %>s %b "%{User-Agent}i"',
    "a list": '%h %{X-Forwarded-For}i %l %u %t "%r" %>s',
    "brackets": "%{Host}i:%p %h (%{X-Forwarded-For}i) %l [%u] %t [%r] %>s",
    "marks": "%{User-Agent}i|%l|%h|%u|%t|%r|%>s",
    "last": '%h %t "%r" %>s %{User-Agent}i',
    "fractions": '%{sec}t.%{usec_frac}t %{msec_frac}t %h "%r" %>s',
    "two digits": '%{%y%m%d %k:%M:%S}t %h "%r" %>s %V',
    "mapped": '[%a]:%{remote}p %t "%r" %>s',
    "few fields": "#Fields: c-ip date time cs-method cs-host cs(User-Agent) sc-status",
}
FORMATS = {**{name: ODD_FORMATS[name] for name in CHOSEN}, **MORE_FORMATS, "haproxy": "haproxy", "iis": DEFAULT}
VALUES = {
    "client": [
        "192.0.2.1", "::1", "2001:db8::7", "fe80::1%eth0", "::ffff:192.0.2.1", "1:2:3:4:5:6:1.2.3.4", "a.example", "-",
        "fe80::1%", "1::2::3", "::1.2.3", "unix", "abcd", "1.2.3.4.5", "1.2.3.256",
        "a.7", "a.example.", "7.a", "7", "unix:",
    ],
    "ident": ["-", "-", "bob", "7up", "192.0.2.1", "a-", "a:b"],
    "user": [
        "-", "bob", "mary ann", '""', "", "- -", "x] [y", "x [1", 'q\\"q r', "- b", "192.0.2.1 - -", "::1 - x", "a\tb",
    ],
    "request": [
        "GET / HTTP/1.1", "GET /a 200 5 HTTP/1.1", "GET /.env HTTP/1.1", "-", "", "a b", "GET /\\t HTTP/1.1",
        "GET /#41 x",
        "GET /- - 404 - x", "\\x16\\x03", "/\xe9",
    ],
    "status": ["200", "404", "404", "500", "-", "-1", "000", "20"],
    "agent": ["Mozilla/5.0 (X)", "-", "", "a+b+(c)", "a\\\\b", "zo\xeb", "x ", "a, b", "x|y", "\t"],
    "host_logged": ["app.example.com", "APP.example.com:80", "other", "-", ""],
    "forwarded_for": ["192.0.2.9", "192.0.2.9, ::1", "-", "a,b", ", x", "a , b", "a,  b", ""],
    "target_logged": ["/", "/a b", "/a?b=c d", "-", "", "/\\ x", "/\t"],
    "method_logged": ["GET", "-", "G T", "", "a|b"],
    "protocol_logged": ["HTTP/1.1", "HTTP/1.1", "-", "", "x y"],
    "_": [
        "Nov 23 18:30:44 web1 haproxy[14389]: ", "", "<134>2026-11-23T18:30:44.1+01:00 haproxy: ", "10/0/30/69/", "-1/",
    ],
}  # fmt: skip
TIMES = {
    "Y": ["2026", "1999", "3000"], "m": ["11", "00", "13"], "d": ["23", "30", "31", "00"], "b": ["Nov", "Feb", "nov"],
    "e": ["23", " 3", "3"], "H": ["12", "24"], "k": ["12", " 1", "24"], "M": ["00", "59", "60"],
    "S": ["30", "59", "60"], "y": ["26", "69"], "z": ["+0000", "-0530", "+2400"],
}  # fmt: skip
HAPROXY = [line for line, _ in samples("haproxy")]


def usual(*some: str) -> st.SearchStrategy[str]:
    """Return mostly the first of some texts."""
    return st.sampled_from([*some[:1] * 12, *some])


@st.composite
def moment(draw: st.DrawFn, field: Field) -> str:
    """Return what a time field may write."""
    form = field.directive.time
    assert form is not None
    if form.written:
        odd = draw(st.integers(-20, len(form.written.pieces)))
        some = [TIMES.get(one, ["x"]) if one else [text] for one, text in form.written.pieces]
        return "".join(draw(st.sampled_from(one)) if n == odd else one[0] for n, one in enumerate(some))
    if form.part == "fraction":
        return draw(usual("000001"[-3 if form.unit_us > 1 else 0 :], "999", "1x3", "000000"))
    if form.part == "epoch":
        return draw(usual("1795435200", "1795435200999", "1795435200000001", "-5", "99999999999999999"))
    return draw(usual("[23/Nov/2026:12:00:00 +0000]", "[31/Feb/2026:12:00:00 +0000]", "[23/Nov/2026:12:00:60 +0000]"))


@st.composite
def lines(draw: st.DrawFn, chosen: LogFormat) -> bytes:
    """Return a line of a format with few odd values, seldom with some more disturbance."""
    made, odd = "", draw(st.sets(st.integers(0, len(chosen.parts) - 1), max_size=3))
    for n, part in enumerate(chosen.parts):
        if isinstance(part, str):
            made += part
        elif part.directive.time:
            made += draw(moment(part))
        else:
            some = VALUES.get(part.directive.column, ["17", "-", "x", "123456789012345678901"])
            made += draw(st.sampled_from(some)) if n in odd else some[0]
    return draw(disturbed(made)).encode("latin-1", "replace") + draw(st.sampled_from([b"\n", b"\n", b" \t\r\n"]))


@pytest.mark.parametrize("text", FORMATS.values(), ids=FORMATS)
@given(data=st.data())
@settings(max_examples=10, deadline=None, derandomize=True)
def test_compiled_code_reads_as_the_strict_expression_does(text: str, data: st.DataObject) -> None:
    """Clients, cells, minutes, extent and reasons are the same."""
    chosen = log_format(text)
    check(data.draw(st.lists(lines(chosen), min_size=1, max_size=40)), chosen)


def everyday(part: str | Field) -> str:
    """Return what mostly stands there."""
    form = None if isinstance(part, str) else part.directive.time
    if isinstance(part, str):
        return part
    if form is None:
        return VALUES.get(part.directive.column, ["17"])[0]
    if form.written:
        return "".join(TIMES.get(one, ["x"])[0] if one else text for one, text in form.written.pieces)
    units = {"fraction": "000001"[-3 if form.unit_us > 1 else 0 :], "epoch": "1795435200"}
    return units.get(form.part, "[23/Nov/2026:12:00:00 +0000]")


@pytest.mark.parametrize("text", FORMATS.values(), ids=FORMATS)
def test_each_odd_value_alone_is_read_as_the_strict_expression_does(text: str) -> None:
    """In a line that is right but for it; nothing is left to chance."""
    chosen = log_format(text)
    usually = [everyday(part) for part in chosen.parts]
    found = [
        "".join([*usually[:n], value, *usually[n + 1 :]]).encode("latin-1") + b"\n"
        for n, part in enumerate(chosen.parts)
        if isinstance(part, Field) and not part.directive.time
        for value in VALUES.get(part.directive.column, ["17", "-", "x", "1" * 21])
    ]
    check(found, chosen)


@given(st.lists(st.sampled_from(HAPROXY).flatmap(disturbed), min_size=1, max_size=40))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_haproxy_lines_are_read_as_the_strict_expression_does(found: list[str]) -> None:
    """Lines that are nearly right: most steps are reached."""
    check([line.encode("latin-1", "replace").replace(b"\n", b"") + b"\n" for line in found], log_format("haproxy"))


PLACES = (
    "", "-", "app.example.com", "APP.example.com:80", "app.example.co", "a.xn--p1ai.", "a.xn--_", "a..b.org", ".org",
    "localhost", "a.bb:", "a.bb:123456", "a." * 9 + "org", "a." * 10 + "org", "203.0.113.9", "203.0.113.9, ::1",
    "2001:db8::1", "::ffff:1.2.3.4", "203.0.113.256", "203.0.113.9:80", "Mozilla/5.0 (X11; a) b ", "Mozilla/x",
    "Mozilla/5", "curl/8.1", "check_http/v2", "a/1", "1a/1", "nginx/1.18", "text/html", "a" * 31 + "/1",
    "a" * 32 + "/1", "Mozilla/5.0 #22#C3#A9", "curl/8 \\", "http://a/1", " curl/8", "{", 'x "y" z', "é",
    "A_bot_(http://a/)", "a b (+https", "a(htt", "a (+", "1 (http",
)  # fmt: skip
UNCAPTURED = HAPROXY[0].replace("{1wt.eu} {} ", "").replace("#22", "")
BLOCKS = re.compile(r"(?:\{[^}]*\} ){0,2}")


@st.composite
def captures(draw: st.DrawFn) -> str:
    """Return what may stand where HAProxy writes captured headers, seldom with some disturbance."""
    some = [st.lists(st.sampled_from(PLACES), min_size=1, max_size=n).map("|".join) for n in (5, 2)]
    blocks = [f"{{{draw(one)}}} " for one in some[: draw(st.sampled_from([1, 1, 2, 2, 0]))]]
    return draw(disturbed("".join(blocks)))


def test_each_two_captured_headers_are_read_as_the_strict_expression_does() -> None:
    """Each odd host before each odd agent, before the answer's captures and without; nothing is left to chance."""
    some = [f"{{{one}|{other}}} {more}" for one in PLACES for other in PLACES for more in ("", "{x} ")]
    lines = [UNCAPTURED.replace('"GET', f'{one}"GET').encode("latin-1") + b"\n" for one in some]
    for at in range(0, len(lines), 20):  # of many lines one that is read otherwise may not be seen
        check(lines[at : at + 20], log_format("haproxy"))


@given(st.lists(captures(), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_captured_headers_are_read_as_the_strict_expression_does(found: list[str]) -> None:
    """Host and agent too; a line is read whatever they are if up to two blocks stand there, and no other is."""
    chosen = log_format("haproxy")
    lines = [UNCAPTURED.replace('"GET', f'{one}"GET').encode("latin-1") + b"\n" for one in found]
    check(lines, chosen)
    rows = strict(chosen).read(lines)
    # A quote among the captures may begin the request: whether such a line is read hangs on more than the blocks.
    plain = [n for n, one in enumerate(found) if '"' not in one]
    assert [n for n in rows.numbers if n in plain] == [n for n in plain if BLOCKS.fullmatch(found[n])]


@pytest.mark.parametrize("text", ["combined,vhost_combined,common", "vhost_combined,combined"])
@given(data=st.data())
@settings(max_examples=20, deadline=None, derandomize=True)
def test_a_line_of_several_formats_is_read_by_the_first_that_it_fits(text: str, data: st.DataObject) -> None:
    """Whichever compiled code takes it."""
    chosen = log_format(text)
    some = st.one_of(*[lines(one) for one in chosen.members])
    check(data.draw(st.lists(some, min_size=1, max_size=30)), chosen)


HEADED = [
    b"#Software: IIS\n", b"#Fields: date time c-ip\n", b"#Fields: x y\n", f"{DEFAULT}\r\n".encode(),
    *[f"{line}\n".encode() for line, _ in samples("iis")], b"2026-11-23 12:00:00 192.0.2.1\n",
]  # fmt: skip


@given(st.lists(st.sampled_from(HEADED), min_size=1, max_size=12))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_a_line_is_read_by_the_fields_before_it(found: list[bytes]) -> None:
    """Compiled code reads none of the lines that another `#Fields:` line may govern."""
    check(found, log_format("iis"))


TAKEN = {
    "common": '192.0.2.1 bob mary ann [23/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5',
    "%h\t%t\t%r\t%>s": "fe80::1%eth0\t[23/Nov/2026:12:00:00 +0000]\tGET /a b HTTP/1.1\t200 ",
    FORMATS["user before another time"]: '::ffff:1.2.3.4 - a b [23/Nov/2026:12:00:00.000001 +0000] "GET /" 200 5 "x"',
    FORMATS["method, path, protocol"]: '192.0.2.1 - "" [23/Nov/2026:12:00:00 +0000] "GET /a b?c HTTP/1.1" 200 5 "x"',
    FORMATS["a list"]: '10.0.0.1 192.0.2.1, ::1 - - [23/Nov/2026:12:00:00 +0000] "-" 408',
    FORMATS["last"]: '192.0.2.1 [23/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 Mozilla/5.0 (X11) x',
    "%{sec}t.%{msec_frac}t %h": "1795435200.001 192.0.2.1",
    "%{usec_frac}t %{sec}t %h": "000001 1795435200 192.0.2.1",
    "%h %t [%r] %>s": "192.0.2.1 [23/Nov/2026:12:00:00 +0000] [GET /a b HTTP/1.1] 200",
    "%h (%{X-Forwarded-For}i) %l [%u] %t": "192.0.2.1 (192.0.2.9, ::1) - [mary ann] [23/Nov/2026:12:00:00 +0000]",
    "%h;%{User-Agent}i;%l;%u;%t;«%r»": "::1;a b (c);-;m a;[23/Nov/2026:12:00:00 +0000];«GET /a b»",
    "%{Host}i:%p %h %t": "app.example.com:65535 255.255.255.255 [23/Nov/2026:12:00:00 +0000]",
    "haproxy": HAPROXY[0].replace("#22", ""),
    "iis": samples("iis")[0][0],
    "caddy": samples("caddy")[0][0],
}


@pytest.mark.parametrize("text", TAKEN)
def test_everyday_lines_are_taken_by_compiled_code(text: str) -> None:
    """A test of agreement would hold as well if all lines were left to the strict reading."""
    line = TAKEN[text].replace("bob mary", "- mary").encode() + b"\n"
    fold = CompiledFold(log_format(text), (), ())
    taken = fold._workers[0].take(np.frombuffer(line, np.uint8), np.array([0, len(line)], np.int32))
    assert (taken.parsed, taken.left.tolist()) == (1, [])


def test_lines_of_another_format_of_the_log_are_taken_by_compiled_code() -> None:
    """Each by the code of its own format."""
    plain = b'192.0.2.1 - - [23/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "x"\n'
    found = [plain, b"app.example.com:80 " + plain, plain, b"x\n"]
    fold = CompiledFold(log_format("combined,vhost_combined"), (), ())
    starts = np.cumsum([0, *map(len, found)]).astype(np.int32)
    taken = fold._workers[0].take(np.frombuffer(b"".join(found), np.uint8), starts)
    assert (taken.parsed, taken.left.tolist()) == (3, [3])
