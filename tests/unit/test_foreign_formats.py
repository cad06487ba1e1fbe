"""Logs of other servers: Caddy's JSON, HAProxy with and without syslog, IIS whose fields change midway."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from analyzer.errors import InputError
from analyzer.logs.compiled.fold import CompiledFold
from analyzer.logs.fold import Fold
from analyzer.logs.formats import log_format, samples
from analyzer.logs.opening import LogFile
from analyzer.logs.reading import activity_of, read_activity
from analyzer.logs.requests import read_quarantine, read_requests
from analyzer.logs.sampling import headers
from analyzer.logs.sources import Block, Ended
from analyzer.logs.strict import strict

if TYPE_CHECKING:
    from pathlib import Path

CADDY = json.loads(samples("caddy")[0][0])
TAIL = (
    '198.51.100.7:33317 [23/Nov/2026:18:30:44.655] in app/s 1/0/3/6/10 200 27 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"'
)


def value(name: str, line: str | bytes, column: str) -> Any:
    """Return what a format says of a line, in a raw column; a reason where it is refused."""
    lane = strict(log_format(name))
    rows = lane.read([line if isinstance(line, bytes) else line.encode()])
    if rows.refused:
        return rows.refused[0][1]
    names = [one for one, _ in lane.columns]
    field = lane.log_format.column(column)
    return rows.columns[names.index(field.name) if field else 0][0]


def caddy(**changed: Any) -> str:
    """Return Caddy's line with some values changed; those of the request begin with `request_`."""
    made = json.loads(json.dumps(CADDY))
    for key, new in changed.items():
        table = made["request"] if key.startswith("request_") else made
        table[key.removeprefix("request_")] = new
    return json.dumps(made)


@pytest.mark.parametrize(
    ("changed", "column", "wanted"),
    [
        ({"ts": 1795458644}, "time_us", 1795458644000000),
        ({"ts": 1795458644250.5}, "time_us", 1795458644250500),
        ({"ts": 1795458644250500000}, "time_us", 1795458644250500),
        ({"ts": "2026-11-23T19:30:44.25+01:00"}, "time_us", 1795458644250000),
        ({"ts": "2026/11/23 18:30:44.250"}, "time_us", 1795458644250000),
        ({"ts": "yesterday"}, "time_us", "a time that does not exist"),
        ({"ts": True}, "time_us", "a time that does not exist"),
        ({"ts": 1e300}, "time_us", "a time that does not exist"),
        ({"duration": "1.5ms"}, "duration_us", 1500),
        ({"duration": "1m2.5s"}, "duration_us", 62_500_000),
        ({"duration": 1520000}, "duration_us", 1520),
        ({"duration": -1}, "duration_us", "duration is not one"),
        ({"duration": [1]}, "duration_us", "duration is not one"),
        ({"status": 0}, "status", None),
        ({"status": "200"}, "status", "status is not a whole number"),
        ({"status": 10**30}, "status", "status is not a whole number"),
        ({"request_client_ip": None}, "client", "198.51.100.7"),
        ({"request_client_ip": None, "request_remote_ip": None, "request_remote_addr": "[::1]:80"}, "client", "::1"),
        ({"request_client_ip": 7}, "client", "client_ip is not text"),
        ({"request_headers": {"User-Agent": ["a", "b"]}}, "agent", "a, b"),
        ({"request_headers": {"User-Agent": "a"}}, "agent", "header User-Agent is not a list of texts"),
        ({"request_host": "\ud800x"}, "host_logged", "\ufffd\ufffd\ufffdx"),
        ({"request_tls": {"version": 772}}, "tls_protocol", "TLSv1.3"),
        ({"request": None}, "client", "holds no request"),
    ],
)
def test_what_caddy_may_write(changed: dict[str, Any], column: str, wanted: Any) -> None:
    """Its time and duration formats, older names, and values of a wrong type, which are refused."""
    assert value("caddy", caddy(**changed), column) == wanted


@pytest.mark.parametrize(
    "line", [b"[" * 100_000, b"{}", b"[]", b"null", b"x", b'{"request":' * 5_000, b"\xff{", b"9" * 9_000]
)
def test_what_is_no_json_object_is_refused(line: bytes) -> None:
    """However deep or long it is."""
    assert value("caddy", line, "client") in {"not a JSON object", "holds no request"}


@pytest.mark.parametrize(
    "before",
    ["", "<134>", "Nov 23 18:30:44 web1 haproxy[14389]: ", "<134>Nov  3 18:30:44 haproxy[14389]: ",
     "2026-11-23T18:30:44.123456+01:00 web1 haproxy[1]: ", "<134>1 2026-11-23T18:30:44Z web1 haproxy 14389 - - ",
     "2026-11-23T18:30:44+00:00 web1 haproxy: "],
)  # fmt: skip
def test_haproxy_after_any_syslog(before: str) -> None:
    """What stands before a line changes nothing of it."""
    assert value("haproxy", before + TAIL, "client") == "198.51.100.7"
    assert value("haproxy", before + TAIL, "time_us") == 1795458644655000
    assert value("haproxy", before + TAIL, "request") == "GET / HTTP/1.1"


@pytest.mark.parametrize(
    ("old", "new", "column", "wanted"),
    [
        ("198.51.100.7:", "unix:", "client", "unix"),
        ("198.51.100.7:", "::1:", "client", "::1"),
        ("/10 200 27", "/+10 200 +27", "duration_us", 10_000),
        ("/10 200", "/-1 -1", "status", None),
        ('"GET / HTTP/1.1"', '"GET /cut', "request", "GET /cut"),
        ('"GET / HTTP/1.1"', '{a|b} {} "GET /#C3#A9 HTTP/1.1"', "request", "GET /é HTTP/1.1"),
        ('"GET / HTTP/1.1"', '"GET / HTTP/1.1" 0/0000000000000000/0/0/0 app.example.com/TLSv1.3/X', "status", 200),
        ("23/Nov", "31/Nov", "status", "a time that does not exist"),
        ("app/s", "app s", "status", "does not fit at %b"),
    ],
)
def test_what_haproxy_may_write(old: str, new: str, column: str, wanted: Any) -> None:
    """Sockets, no answer, `logasap`, captured headers, long lines cut, `option httpslog`."""
    assert value("haproxy", TAIL.replace(old, new), column) == wanted


@pytest.mark.parametrize(
    ("captured", "host", "agent"),
    [
        ("", None, None),
        ("{} ", None, None),
        ("{|} {nginx} ", None, None),
        ("{www.example.org|Mozilla/5.0 (X11) a} ", "www.example.org", "Mozilla/5.0 (X11) a"),
        ("{WWW.example.org:8080|curl/8.1|http://x/} {} ", "WWW.example.org:8080", "curl/8.1"),
        ("{www.example.org|203.0.113.9|okhttp/4.9} ", "www.example.org", "okhttp/4.9"),  # X-Forwarded-For between
        ("{www.example.org||http://a/1} ", "www.example.org", None),  # the manual's: Content-Length, Referer
        ("{xn--bcher-kva.xn--p1ai|check_http/v2.3} ", "xn--bcher-kva.xn--p1ai", "check_http/v2.3"),
        ("{www.example.org.:|Mozilla/5.0 (Windows N} ", "www.example.org.:", "Mozilla/5.0 (Windows N"),  # cut
        ("{www.example.org|Mozilla/5.0 #28#C3#A9#7C#7d#22} ", "www.example.org", 'Mozilla/5.0 (é|#7d"'),
        ("{www.example.org} {} ", "www.example.org", None),  # two blocks: the first is the request's
        ("{www.example.org} ", None, None),  # may be the answer's
        ("{|Mozilla/5.0 zgrab/0.x} ", None, "Mozilla/5.0 zgrab/0.x"),
        ("{|nginx/1.18.0} ", None, None),  # the answer's Location and Server?
        ("{|curl/8} {nginx} ", None, "curl/8"),
        ("{Mozilla/5.0 (x)} ", None, "Mozilla/5.0 (x)"),
        ("{Mozilla/5.0 (x)|www.example.org} ", None, "Mozilla/5.0 (x)"),
        ("{Apache/2.4.1} ", None, None),
        ("{Apache/2.4.1|1234} ", None, None),
        ("{nginx|text/html} ", None, None),
        ("{203.0.113.9|curl/8} ", None, "curl/8"),  # X-Forwarded-For, or a Host: no name of ours in either case
        ("{203.0.113.9, 10.0.0.1|curl/8} ", None, "curl/8"),
        ("{2001:db8::1|curl/8} ", None, "curl/8"),
        ("{192.0.2.4:80|Mozilla/5.0} ", None, "Mozilla/5.0"),
        ("{0.012345|nginx/1.18} ", None, None),  # X-Runtime
        ("{localhost|Mozilla/5.0} ", None, "Mozilla/5.0"),
        ("{www.example.org|text/html} ", "www.example.org", None),
        ("{www.example.org|105445aa7843bc8bf206b12000100000/1;o=1} ", "www.example.org", None),  # a trace
        ("{www.example.org|bytes=0-1} {a/1|curl/8} ", "www.example.org", None),
        (
            "{www.example.org|Watch.example_bot_1.4_(http://w/)} ",
            "www.example.org",
            "Watch.example_bot_1.4_(http://w/)",
        ),
        ("{www.example.org|max-age=0|A Reader (+https://r/)} ", "www.example.org", "A Reader (+https://r/)"),
        ("{www.example.org|A Reader (its home)} ", "www.example.org", None),
        ("{a store (http://s/)} ", None, None),  # the answer's Server?
        ("{www.exa#6Dple.org|curl/8} ", None, None),
        ("{app.e|Mozilla/5.0} ", None, "Mozilla/5.0"),  # cut too short to be a name
    ],
)
def test_the_headers_that_haproxy_captured(captured: str, host: str | None, agent: str | None) -> None:
    """Host and agent where their form tells them and the block is the request's; no line is refused for others."""
    line = TAIL.replace('"GET', f'{captured}"GET')
    assert value("haproxy", line, "host_logged") == host
    assert value("haproxy", line, "agent") == agent
    assert value("haproxy", line, "request") == "GET / HTTP/1.1"


@pytest.mark.parametrize("captured", ["|x} ", "x} ", "{a} {b} {c} ", "{www.example.org|curl/8", "{a}", "{a}{b} "])
def test_what_are_no_captures_of_haproxy_is_refused(captured: str) -> None:
    """As before host and agent were looked for in them."""
    told = value("haproxy", TAIL.replace('"GET', f'{captured}"GET'), "agent")
    assert told in {"does not fit at %hr %hs", "ends at %hr"}


@pytest.mark.parametrize("fold", [Fold, CompiledFold])
def test_a_host_that_haproxy_cut_is_not_somebody_elses(fold: type[Fold | CompiledFold]) -> None:
    """It counts as the name that begins so; where none is logged, the request counts as before."""
    hosts = {
        "App.example.com:80": 1, "app.example.com.": 1, "app.example.co": 1, "app.exa": 1, "app.e": 1, "": 1, "-": 1,
        "192.0.2.4": 1, "other.example.com": 0, "app.example.com.evil.org": 0, "pp.example.com": 0,
    }  # fmt: skip
    text = "".join(TAIL.replace('"GET', f'{{{host}|curl/8}} "GET') + "\n" for host in hosts).encode()
    ends = [n + 1 for n, byte in enumerate(text) if byte == ord("\n")]
    block = Block("a", 1, np.frombuffer(text, np.uint8), np.array([0, *ends], np.int32), cut=False, read_bytes=0)
    items = [block, Ended("a", len(hosts), None)]
    found = activity_of(items, log_format("haproxy"), names=["app.example.com"], fold=fold)
    assert found.cells["requests"].sum() == sum(hosts.values())
    assert found.cells["foreign"].sum() == len(hosts) - sum(hosts.values())


FIRST = "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status cs(User-Agent)"
SECOND = "#Fields: date time s-ip cs-method cs-uri-stem c-ip cs-host sc-status time-taken cs(User-Agent)"
IIS = f"""#Software: Microsoft Internet Information Services 10.0
{FIRST}
2026-11-23 18:30:44 198.51.100.7 GET /a b=1 200 Mozilla/5.0+(x)
2026-11-23 18:30:45 198.51.100.8 GET /a - 404 -
{SECOND}
2026-11-23 18:30:46 192.0.2.4 GET /b 198.51.100.9 App.example.com 200 15 curl/8
broken
"""


def test_iis_whose_fields_change(tmp_path: Path) -> None:
    """Each line by the fields that hold for it; the columns are those of all; directives are quarantined."""
    path = tmp_path / "u_ex261123.log"
    path.write_text(IIS)
    frame = read_requests(str(path), "iis")
    assert frame["client"].tolist() == ["198.51.100.7", "198.51.100.8", "198.51.100.9"]
    assert frame["target"].tolist() == ["/a?b=1", "/a", "/b"]
    assert frame["agent"].fillna("none").tolist() == ["Mozilla/5.0 (x)", "none", "curl/8"]
    assert frame["host"].fillna("none").tolist() == ["none", "none", "app.example.com"]
    assert frame["duration_us"].fillna(-1).tolist() == [-1, -1, 15_000]
    refused = read_quarantine(str(path), "iis")
    assert refused["line"].tolist() == [1, 2, 5, 7]
    assert set(refused["reason"][:3]) == {"a directive of the log, not a request"}
    (reading,) = read_activity(str(path), "auto", names=["app.example.com"]).files
    assert (reading.lines, reading.parsed, reading.quarantined) == (7, 3, 4)


def test_directives_of_iis_are_counted_apart(tmp_path: Path) -> None:
    """All lines are parsed or quarantined; which of those are directives is known, in a log of two formats too."""
    log, started = tmp_path / "u_ex261123.log", tmp_path / "u_ex261124.log"
    log.write_text(IIS)
    started.write_text("".join(IIS.splitlines(keepends=True)[:2]) * 3)
    found = read_activity([str(log), str(started)], "iis")
    assert [(one.lines, one.parsed, one.quarantined) for one in found.files] == [(7, 3, 4), (6, 0, 6)]
    assert found.directives == 9
    assert sum(found.quarantined.values()) == 10
    assert [one.trouble for one in found.files] == [None, None]  # one that holds no request yet is no other format's
    assert read_activity(str(log), "combined,iis").directives == 3
    started.write_text("# a note\n")
    log.write_text(samples("combined")[0][0] + "\n")
    assert "is it an access log" in str(read_activity([str(log), str(started)], "combined").files[1].trouble)


def test_iis_with_fields_of_its_own_is_told_where_another_format_is_named(tmp_path: Path) -> None:
    """With one of its lines, although IIS's usual fields do not fit it."""
    log = tmp_path / "u_ex261123.log"
    log.write_text("".join(IIS.splitlines(keepends=True)[:4]))
    with pytest.raises(InputError, match=r"not in the format combined.*198\.51\.100\.7.*fit iis"):
        read_activity(str(log), "combined")


def test_iis_without_its_beginning(tmp_path: Path) -> None:
    """Lines before a header are read by the only layout of the log that they fit."""
    body = IIS.splitlines()
    path = tmp_path / "u.log"
    path.write_text("\n".join([body[2], *body[4:6], body[1], body[3]]) + "\n")
    assert read_requests(str(path), "iis")["client"].tolist() == ["198.51.100.7", "198.51.100.9", "198.51.100.8"]


def test_two_layouts_that_cannot_be_told_apart_are_not_guessed(tmp_path: Path) -> None:
    """Client and server in either order: without a header such a line is refused, with one it is read."""
    path = tmp_path / "u.log"
    line = "2026-11-23 18:30:44 198.51.100.7 192.0.2.4"
    path.write_text(f"{line}\n#Fields: date time c-ip s-ip\n{line}\n#Fields: date time s-ip c-ip\n{line}\n")
    assert read_requests(str(path), "iis")["client"].tolist() == ["198.51.100.7", "192.0.2.4"]
    assert read_quarantine(str(path), "iis")["reason"][0] == "fits several of the log's #Fields lines"


def test_a_fields_line_is_a_format() -> None:
    """As IIS writes it; one without a client is none."""
    assert log_format(FIRST).column("agent") is not None
    with pytest.raises(InputError, match="date, time and c-ip"):
        log_format("#Fields: date time cs-method")


def test_a_log_that_has_not_changed_is_not_looked_through_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its `#Fields:` lines are known; those of one that grew are looked up."""
    path, opened = tmp_path / "u_ex261123.log", list[str]()
    path.write_text(f"{FIRST}\n")
    monkeypatch.setattr("analyzer.logs.sampling.LogFile", lambda file: (opened.append(file), LogFile(file))[1])
    assert headers([str(path)]) == headers([str(path)]) == (FIRST,)
    assert len(opened) == 1
    path.write_text(f"{FIRST}\n#Fields: date time c-ip\n")
    assert headers([str(path)]) == (FIRST, "#Fields: date time c-ip")


def test_of_a_log_that_grew_only_what_is_new_is_looked_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A header cut off at its end, too; a log that is another one by now is looked through as a whole."""
    path, other, read = tmp_path / "u_ex261124.log", "#Fields: date time c-ip", list[int]()
    fill = LogFile.fill
    monkeypatch.setattr(LogFile, "fill", lambda file, into: (read.append(fill(file, into)), read[-1])[1])
    path.write_text(f"{FIRST}\n" + "x\n" * 100_000 + other[:12])
    assert headers([str(path)]) == (FIRST, other[:12])
    read.clear()
    with path.open("a") as file:
        file.write(f"{other[12:]} x\n")
    assert headers([str(path)]) == (FIRST, f"{other} x")
    assert 0 < sum(read) < 1_000
    path.write_text(f"{other}\n" + "y\n" * 200_000)
    assert headers([str(path)]) == (other,)
