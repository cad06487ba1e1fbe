r"""Lines that a stranger's log may hold, each with what Apache meant by it, or refused.

What is wanted follows from mod_log_config and ap_escape_logitem, not from what the reader gives.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from analyzer.logs.formats import log_format
from analyzer.logs.requests import read_requests
from analyzer.logs.strict import strict
from analyzer.logs.times import MICROSECOND

AT = "[23/Nov/2026:18:30:44 +0000]"
C = "combined"
REST = '"GET / HTTP/1.1" 200 5 "-" "a"'
LINE = f"192.0.2.1 - - {AT} {REST}"
V6 = ("::", "::1", "1::", "2001:db8::7", "fe80::1%eth0", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:192.0.2.1")
NO_V6 = (
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "::g",
    "[::1]",
    "::1:80:x",
    "::1%",
    "a:80",
)
NO_TIMES = (
    "[31/Nov/2026:18:30:44 +0000]", "[29/Feb/2026:00:00:00 +0000]", "[23/nov/2026:18:30:44 +0000]",
    "[23/Nov/2026:24:00:00 +0000]", "[23/Nov/2026:18:60:00 +0000]", "[23/Nov/2026:18:30:60 +0000]",
    "[23/Nov/2026:18:30:44 +2400]", "[23/Nov/2026:18:30:44 0000]", "[23/Nov/2026:18:30:44]",
    "[3/Nov/2026:18:30:44 +0000]",
    "[23/Nov/26:18:30:44 +0000]", "23/Nov/2026:18:30:44 +0000", "[23/Nov/2026 18:30:44 +0000]", "-", "[-]",
)  # fmt: skip
TIMES = {
    "[29/Feb/2028:23:59:59 -0930]": "2028-03-01T09:29:59Z",
    "[01/Jan/1970:01:00:00 +0100]": "1970-01-01T00:00:00Z",
    "[31/Dec/2026:23:59:60 +0000]": "2027-01-01T00:00:00Z",
    "[01/Jan/2027:05:29:60 +0530]": "2027-01-01T00:00:00Z",
    "[25/Oct/2026:02:30:00 +0200]": "2026-10-25T00:30:00Z",
    "[25/Oct/2026:02:30:00 +0100]": "2026-10-25T01:30:00Z",
    "[23/Nov/2026:18:30:44 +1345]": "2026-11-23T04:45:44Z",
}
REQUESTS = {  # as logged -> method, target, protocol
    "GET / HTTP/1.1": ("GET", "/", "HTTP/1.1"), "GET /": ("GET", "/", None), "GET": (None, None, None),
    "": (None, None, None), "-": (None, None, None), r"\x16\x03\x01": (None, None, None),
    r"GET /\"x\" HTTP/1.1": ("GET", '/"x"', "HTTP/1.1"), "GET /a b HTTP/1.1": ("GET", "/a b", "HTTP/1.1"),
    "PRI * HTTP/2.0": ("PRI", "*", "HTTP/2.0"),
    "CONNECT a.example:443 HTTP/1.1": ("CONNECT", "a.example:443", "HTTP/1.1"),
    "GET http://x/y HTTP/1.0": ("GET", "http://x/y", "HTTP/1.0"), r"GET / HTTP/1.1\n": ("GET", "/", "HTTP/1.1"),
    "get / http/1.1": ("get", "/", "http/1.1"), r"GET /caf\xc3\xa9 HTTP/3": ("GET", "/café", "HTTP/3"),
    "M-SEARCH * HTTP/1.1": ("M-SEARCH", "*", "HTTP/1.1"), "hello world": (None, None, None),
}  # fmt: skip
USERS = {
    "-": None, "bob": "bob", "mary ann": "mary ann", '""': "", r"\"q\"": '"q"', "x] [y": "x] [y", "a  b": "a  b",
    r"j\xc3\xb6rg": "jörg", r"j\xf6rg": "jörg", "[01/Jan/2020": "[01/Jan/2020", "bob - -": "bob - -",
    r"back\\slash": "back\\slash", "o'neil": "o'neil",
}  # fmt: skip
TEXTS = {
    "-": None, "": "", " ": " ", r"\"": '"', r"\\": "\\",
    r"\\\"": '\\"', r"\x41": "A", r"\x0a\n\t": "\n\n\t", r"\xzz": r"\xzz",
    r"\q": r"\q", r"\xe2\x86\x92": "→", r"\xff": "ÿ", "→": "→",
    r"a\" 200 5 \"-\" \"b": 'a" 200 5 "-" "b', "a\x00b": "a\x00b",
    "a\tb": "a\tb", "a\rb": "a\rb", r"\x00": "\x00",
}  # fmt: skip


def read(text: str, line: str | bytes) -> dict[str, Any] | None:
    """Return the raw columns of a line, the time as a moment; None where it is refused."""
    chosen = log_format(text)
    lane = strict(chosen)
    rows = lane.read([line if isinstance(line, bytes) else line.encode()])
    if not rows.numbers:
        return None
    named = {name: column[0] for (name, _), column in zip(lane.columns, rows.columns, strict=True)}
    return {"time": named["time_us"]} | {
        column: named[field.name]
        for one in chosen.fields
        if (field := chosen.column(column := one.directive.column)) is not None and field.directive.time is None
    }


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\r\r\n"])
def test_line_ends(end: bytes) -> None:
    """Whatever a line ends with is no part of it."""
    found = read(C, LINE.encode() + end)
    assert found is not None
    assert found["agent"] == "a"


@pytest.mark.parametrize(
    "line",
    [
        " " + LINE,
        LINE[:-1],
        LINE + "x",
        LINE + ' "b"',
        LINE.replace(" 200", "  200"),
        LINE * 2,
        "\x01" + LINE,
    ],
)
def test_nearly_a_line(line: str) -> None:
    """One byte more or less is another format, or broken."""
    assert read(C, line) is None


@pytest.mark.parametrize("address", V6)
def test_addresses(address: str) -> None:
    """Every form of an IPv6 address."""
    found = read(C, LINE.replace("192.0.2.1", address))
    assert found is not None
    assert found["client"] == address


@pytest.mark.parametrize("address", [*NO_V6, "", "a b", "192.0.2.1,", '"a"'])
def test_no_addresses(address: str) -> None:
    """What is none is not taken for one: it may be another format's line."""
    assert read(C, LINE.replace("192.0.2.1", address)) is None


@pytest.mark.parametrize(("text", "moment"), TIMES.items())
def test_times(text: str, moment: str) -> None:
    """Offsets of every kind, leap days, leap seconds at the end of a UTC day."""
    found = read(C, LINE.replace(AT, text))
    assert found is not None
    assert (
        found["time"]
        == (datetime.fromisoformat(moment) - datetime.fromisoformat("1970-01-01T00:00:00Z")) // MICROSECOND
    )


@pytest.mark.parametrize("text", NO_TIMES)
def test_no_times(text: str) -> None:
    """A time that no calendar has, or in no form of `%t`."""
    assert read(C, LINE.replace(AT, text)) is None


@pytest.mark.parametrize(("logged", "user"), USERS.items())
@pytest.mark.parametrize("text", ["%h %l %u %t %>s", '%h %l "%u" %t %>s'])
def test_users(text: str, logged: str, user: str | None) -> None:
    """Bare or in quotes, with spaces, brackets, half a time."""
    quoted = text.count('"') == 2
    if quoted and logged == '""':
        logged, user = "", ""  # in quotes an empty name is an empty name
    line = f'192.0.2.1 - "{logged}" {AT} 200' if quoted else f"192.0.2.1 - {logged} {AT} 200"
    found = read(text, line)
    assert found is not None
    assert found["user"] == user


@pytest.mark.parametrize(("logged", "value"), TEXTS.items())
@pytest.mark.parametrize(
    ("text", "line"),
    [
        (C, f'192.0.2.1 - - {AT} "GET / HTTP/1.1" 200 5 "-" "{{}}"'),
        ('%t %h "%{User-agent}i" %>s', f'{AT} 192.0.2.1 "{{}}" 200'),
        ('{"t":"%t","ua":"%{User-agent}i","h":"%h"}', f'{{{{"t":"{AT}","ua":"{{}}","h":"192.0.2.1"}}}}'),
    ],
)
def test_texts(text: str, line: str, logged: str, value: str | None) -> None:
    """Escapes undone, others left; empty is not missing; a forged end of the value is part of it."""
    found = read(text, line.format(logged))
    assert found is not None
    assert found["agent"] == value


def test_requests(tmp_path: Path) -> None:
    """Method, target and protocol of what is a request; of anything else none."""
    path = tmp_path / "access.log"
    path.write_text("".join(f'192.0.2.1 - - {AT} "{logged}" 400 -\n' for logged in REQUESTS))
    frame = read_requests(str(path), "common").astype(object)
    parts = frame[["method", "target", "protocol"]].where(frame.notna(), None).to_numpy().tolist()
    assert dict(zip(REQUESTS, map(tuple, parts), strict=True)) == REQUESTS


@pytest.mark.parametrize(
    ("text", "line", "column", "value"),
    [
        ("%h %t %>s", f"192.0.2.1 {AT} -", "status", None),
        ("%h %t %>s", f"192.0.2.1 {AT} 20", None, None),
        ("%h %t %b", f"192.0.2.1 {AT} -", "bytes", 0),
        ("%h %t %O", f"192.0.2.1 {AT} -", "bytes_out", None),
        ("%h %t %B", f"192.0.2.1 {AT} 999999999999999999", "bytes", 10**18 - 1),
        ("%h %t %B", f"192.0.2.1 {AT} 9999999999999999999", None, None),
        ("%h %t %B", f"192.0.2.1 {AT} +5", None, None),
        ("%h %t %T", f"192.0.2.1 {AT} 2", "duration_us", 2_000_000),
        ("%h %t %{MS}T", f"192.0.2.1 {AT} 2", "duration_us", 2_000),
        ("%h %t %T %D", f"192.0.2.1 {AT} 2 1999999", "duration_us", 1_999_999),
        ("%h %t %p", f"192.0.2.1 {AT} 443", "port", 443),
        ("%h %t %p", f"192.0.2.1 {AT} 123456", None, None),
        ("%h %t %X", f"192.0.2.1 {AT} -", "connection", "-"),
        ("%h %t %X", f"192.0.2.1 {AT} y", None, None),
        ("%v %h %t", f"[::1] 192.0.2.1 {AT}", "server_name", "[::1]"),
        ("%h %t %!200,304{Referer}i", f"192.0.2.1 {AT} -", "referer", None),
        ("%h%t", f"192.0.2.1{AT}", "client", "192.0.2.1"),
        ("100%% %h %t", f"100% 192.0.2.1 {AT}", "client", "192.0.2.1"),
        ("%h %t %{X}i%{Y}i", f"192.0.2.1 {AT} ab", "header_in_x", "ab"),
        ("%h %t %m %U%q %H", f"192.0.2.1 {AT} GET /a b?c HTTP/1.1", "target_logged", "/a b?c"),
        ("%h\\t%t\\t%r", f"192.0.2.1\t{AT}\tGET / HTTP/1.1", "request", "GET / HTTP/1.1"),
        ('LogFormat "%h %t \\"%r\\"" x', f'192.0.2.1 {AT} "GET /"', "request", "GET /"),
        ('CustomLog /a.log "%h %t \\"%r\\"" env=x', f'192.0.2.1 {AT} "GET /"', "request", "GET /"),
        ("%{sec}t.%{msec_frac}t %h", "1795458644.250 192.0.2.1", "time", 1_795_458_644_250_000),
        ("%{msec}t.%{usec_frac}t %h", "1795458644250.250001 192.0.2.1", "time", 1_795_458_644_250_001),
        ("%{%H:%M:%S %Y-%m-%d}t %h", "18:30:44 2026-11-23 192.0.2.1", "time", 1_795_458_644_000_000),
        ("%{%d.%m.}t%{%Y %T}t %h", "23.11.2026 18:30:44 192.0.2.1", "time", 1_795_458_644_000_000),
        ("%{c}a %t", f"192.0.2.1 {AT}", "client", "192.0.2.1"),
        ("%{c}a %a %t", f"10.0.0.1 192.0.2.1 {AT}", "client", "192.0.2.1"),
    ],
)
def test_directives(text: str, line: str, column: str | None, value: object) -> None:
    """What each says, and what cannot be one of its values."""
    found = read(text, line)
    assert (found is None) == (column is None)
    if found is not None and column is not None:
        assert found[column] == value


JSON_LOG = Path(__file__).parents[3] / "shared" / "data" / "logs" / "apache-2.4.71-json.log"
JSON_FORMAT = (
    '{"t":"%{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t%{%z}t","vh":"%v","a":"%a","ca":"%{c}a","u":"%u","m":"%m","U":"%U",'
    '"q":"%q","H":"%H","s":"%>s","s0":"%s","b":%B,"b2":"%b","D":%D,"T":"%T","ms":"%{ms}T","f":"%f","k":%k,"X":"%X",'
    '"P":%P,"tid":"%{tid}P","hex":"%{hextid}P","L":"%L","R":"%R","xff":"%{X-Forwarded-For}i","ua":"%{User-Agent}i",'
    '"ct":"%{Content-Type}o","ssl":"%{SSL_PROTOCOL}x","sec":"%{sec}t","end":"%{end:usec}t","h":"%h","rport":"%{remote}p",'
    '"ttfb":"%^FB","c":"%{x}C","r4":"%{R}e"}'
)


@pytest.mark.skipif(not JSON_LOG.exists(), reason="the log lies beside the repository")
def test_a_json_log_of_a_real_apache() -> None:
    """The same sixty odd requests, as JSON and as `combined`: the same agents, users and statuses; no line refused."""
    frame = read_requests(str(JSON_LOG), JSON_FORMAT)
    plain = read_requests(str(JSON_LOG.with_name("apache-2.4.71-comb_b.log")))
    assert len(frame) == len(plain) == 60
    for column in ("agent", "user", "status", "client", "bytes"):
        assert frame[column].equals(plain[column]), column
    assert (frame["time"].dt.floor("s") == plain["time"]).all()
