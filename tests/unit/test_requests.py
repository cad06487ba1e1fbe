"""Lines become rows with the contract's columns, types and values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pytest

from analyzer.errors import InputError
from analyzer.logs.requests import TEXT_LIMIT, in_order, iter_requests, read_quarantine, read_requests
from analyzer.logs.strict import LINE_LIMIT

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "198.51.100.7 - - [23/Nov/2026:18:30:44 +0000]"


def rows(tmp_path: Path, *lines: str | bytes, log_format: str = "combined") -> list[dict[str, Any]]:
    """Return the rows of these lines."""
    path = tmp_path / "access.log"
    path.write_bytes(b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines))
    frame = read_requests([str(path)], log_format)
    return [{k: None if v is pd.NA else v for k, v in row.items()} for row in frame.to_dict("records")]


def test_the_frame_is_the_contracts(tmp_path: Path) -> None:
    """Columns, their order and their Arrow types."""
    path = tmp_path / "access.log"
    path.write_text(f'{HEAD} "GET / HTTP/1.1" 200 512 "-" "curl/8.0"\n')
    frame = read_requests(str(path))
    string = pa.string()
    assert {name: dtype.pyarrow_dtype for name, dtype in frame.dtypes.items()} == {
        "time": pa.timestamp("us", "UTC"), "client": string, "ident": string, "user": string, "request": string,
        "method": string, "target": string, "protocol": string, "status": pa.int16(), "bytes": pa.int64(),
        "referer": string, "agent": string, "source": string, "line": pa.int64(),
    }  # fmt: skip
    assert frame["source"].tolist() == [str(path)]
    assert frame["line"].tolist() == [1]


def test_an_empty_log_has_the_same_columns(tmp_path: Path) -> None:
    """A frame without rows is still the contract's."""
    (tmp_path / "empty.log").touch()
    (tmp_path / "one.log").write_text(f'{HEAD} "GET / HTTP/1.1" 200 512 "-" "curl/8.0"\n')
    empty, one = (read_requests(str(tmp_path / name)) for name in ("empty.log", "one.log"))
    assert len(empty) == 0
    assert dict(empty.dtypes) == dict(one.dtypes)


@pytest.mark.parametrize(
    ("request_line", "method", "target", "protocol"),
    [
        ("GET / HTTP/1.1", "GET", "/", "HTTP/1.1"),
        ("POST /a?b=c HTTP/2.0", "POST", "/a?b=c", "HTTP/2.0"),
        ("GET / HTTP/3", "GET", "/", "HTTP/3"),
        ("GET /", "GET", "/", None),
        ("GET /a b c HTTP/1.1", "GET", "/a b c", "HTTP/1.1"),
        ("GET /a b", "GET", "/a b", None),
        ("get / http/1.1", "get", "/", "http/1.1"),
        ("OPTIONS * HTTP/1.0", "OPTIONS", "*", "HTTP/1.0"),
        ("CONNECT evil.example:443 HTTP/1.1", "CONNECT", "evil.example:443", "HTTP/1.1"),
        ("GET http://old.example.test/p?q=1 HTTP/1.1", "GET", "http://old.example.test/p?q=1", "HTTP/1.1"),
        ("GET //${x:y}/ HTTP/1.1", "GET", "//${x:y}/", "HTTP/1.1"),
        ("GET //[/ HTTP/1.1", "GET", "//[/", "HTTP/1.1"),
        ("GET index.html HTTP/1.0", "GET", "index.html", "HTTP/1.0"),
        ("PRI * HTTP/2.0", "PRI", "*", "HTTP/2.0"),
        (r"GET /a\"b HTTP/1.1", "GET", '/a"b', "HTTP/1.1"),
        (r"GET / HTTP/1.1\n", "GET", "/", "HTTP/1.1"),
        (r"GET /a\nb HTTP/1.1", "GET", "/a\nb", "HTTP/1.1"),
        (r"\x16\x03\x01", None, None, None),
        ("hello world", None, None, None),
        ("", None, None, None),
        ("-", None, None, None),
        ("GET", None, None, None),
        (" / HTTP/1.1", None, None, None),
        ("HTTP/1.1", None, None, None),
    ],
)
def test_parts_of_the_request_line(
    tmp_path: Path, request_line: str, method: str | None, target: str | None, protocol: str | None
) -> None:
    """Method, target and protocol are its parts; all null where it is none."""
    (row,) = rows(tmp_path, f'{HEAD} "{request_line}" 400 0 "-" "-"')
    assert (row["method"], row["target"], row["protocol"]) == (method, target, protocol)


def test_dash_is_null_and_empty_is_empty(tmp_path: Path) -> None:
    """A value logged as `-` is none, one logged as `""` is an empty text; no bytes are 0."""
    first, second = rows(tmp_path, f'{HEAD} "-" 408 - "-" "-"', f'{HEAD} "" 400 0 "" ""')
    assert [first[name] for name in ("ident", "user", "request", "bytes", "referer", "agent")] == [
        None,
        None,
        None,
        0,
        None,
        None,
    ]
    assert [second[name] for name in ("request", "bytes", "referer", "agent")] == ["", 0, "", ""]


@pytest.mark.parametrize("user", ["mary ann", "x] [y", "x] [01/Jan/2020", "a - b", "[23/Nov/2026:18:30:44 +0000]", "ü"])
def test_users_with_spaces_and_brackets(tmp_path: Path, user: str) -> None:
    """`%u` is logged as the client claimed it: the time after it is the real one."""
    line = f'198.51.100.7 - {user} [23/Nov/2026:18:30:45 +0000] "GET / HTTP/1.1" 401 512 "-" "curl/8.0"'
    (row,) = rows(tmp_path, line)
    assert row["user"] == user
    assert row["time"].second == 45


def test_an_empty_user_name_is_empty(tmp_path: Path) -> None:
    """Apache writes it as two quotes."""
    (row,) = rows(tmp_path, '192.0.2.1 - "" [23/Nov/2026:18:30:44 +0000] "GET / HTTP/1.1" 401 5 "-" "-"')
    assert row["user"] == ""


@pytest.mark.parametrize(
    "host",
    [
        "192.0.2.1",
        "2001:db8::7",
        "::1",
        "::",
        "::ffff:198.51.100.7",
        "fe80::1%eth0",
        "1:2:3:4:5:6:7:8",
        "a-b.example.net",
        "-",
    ],
)
def test_clients(tmp_path: Path, host: str) -> None:
    """Addresses of both families, with zones, and names."""
    (row,) = rows(tmp_path, f'{host} - - [23/Nov/2026:18:30:44 +0000] "GET / HTTP/1.1" 200 5 "-" "-"')
    assert row["client"] == (None if host == "-" else host)


GOOD = f'{HEAD} "GET / HTTP/1.1" 200 512 "-" "curl/8.0"'


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "empty line"),
        (" \t ", "empty line"),
        (GOOD[:-1], "ends at %{User-agent}i"),
        (GOOD[:60], "ends at %r"),
        (GOOD + " more", "does not fit at the end of the line"),
        (" " + GOOD, "does not fit at %h"),
        (GOOD.replace("198.51.100.7", "www.example.com:80"), "does not fit at %h"),
        (GOOD.replace("198.51.100.7", "1:2:3"), "does not fit at %h"),
        (GOOD.replace("198.51.100.7", "[::1]:80"), "does not fit at %h"),
        (GOOD.replace("198.51.100.7 -", "www.example.com 198.51.100.7"), "does not fit at %l"),
        (GOOD.replace("198.51.100.7 -", "www.example.com 198.51.100.7 -"), "does not fit at %l"),
        (GOOD.replace("198.51.100.7 -", "www.example.com pool.example.net -"), "does not fit at %t"),
        (GOOD.replace("Nov", "Növ"), "does not fit at %t"),
        (GOOD.replace("Nov", "nov"), "does not fit at %t"),
        (GOOD.replace("23/Nov", "3/Nov"), "does not fit at %t"),
        (GOOD.replace("+0000", "+2400"), "does not fit at %t"),
        (GOOD.replace("+0000", "+0060"), "does not fit at %t"),
        (GOOD.replace("+0000", "0000"), "does not fit at %t"),
        (GOOD.replace(" +0000", ""), "does not fit at %t"),
        (GOOD.replace("23/Nov", "31/Nov"), "a time that does not exist"),
        (GOOD.replace("18:30:44", "24:30:44"), "a time that does not exist"),
        (GOOD.replace("18:30:44", "18:30:60"), "a time that does not exist"),
        (GOOD.replace(" 200 ", " 20 "), "does not fit at %>s"),
        (GOOD.replace(" 200 ", " 2000 "), "does not fit at %>s"),
        (GOOD.replace(" 200 ", " +20 "), "does not fit at %>s"),
        (GOOD.replace(" 512 ", " 5.2 "), "does not fit at %b"),
        (GOOD.replace(" 512 ", " -5 "), "does not fit at %b"),
        (GOOD.replace(" 512 ", " 9223372036854775808 "), "does not fit at %b"),
        (GOOD.replace(" 512 ", "  512 "), "does not fit at %b"),
        (GOOD.replace('"curl', "curl"), "does not fit at %{Referer}i"),
        (GOOD.replace('" "curl', '""curl'), "does not fit at %{Referer}i"),
        (GOOD.replace("GET", 'G"ET'), "does not fit at %r"),
        (GOOD + "x" * LINE_LIMIT, f"longer than {LINE_LIMIT} bytes"),
        ('"' * 50_000, "does not fit at %h"),
        ("198.51.100.7 - " + "[23/Nov/2026:18:30:44 +0000] " * 3_000, "does not fit at %t"),
    ],
)  # fmt: skip
def test_a_line_that_does_not_fit_has_one_reason(tmp_path: Path, line: str, reason: str) -> None:
    """It is quarantined with the place where it stops fitting, and its text; the good line beside it is read."""
    path = tmp_path / "access.log"
    path.write_text(f"{GOOD}\n{line}\n{GOOD}\n", encoding="utf-8")
    assert read_requests([str(path)])["line"].tolist() == [1, 3]
    (found,) = read_quarantine([str(path)]).to_dict("records")
    assert (found["source"], found["line"], found["reason"]) == (str(path), 2, reason)
    assert found["text"] == line[:TEXT_LIMIT]


def test_crlf_and_a_missing_last_end(tmp_path: Path) -> None:
    """Lines end with LF, with CR LF, or with the file."""
    path = tmp_path / "access.log"
    path.write_bytes(f"{GOOD}\r\n{GOOD}\n{GOOD}".encode())
    frame = read_requests([str(path)])
    assert frame["agent"].tolist() == ["curl/8.0"] * 3
    path.write_bytes(f'{HEAD} "GET / HTTP/1.1" 200 512\r\n{HEAD} "GET / HTTP/1.1" 200 7'.encode())
    assert read_requests([str(path)], "common")["bytes"].tolist() == [512, 7]


def test_bytes_beyond_ascii(tmp_path: Path) -> None:
    """Raw or escaped, UTF-8 or else Latin-1, NUL too: a value, and the next line is not touched."""
    bodies = [b"zo\xc3\xab", b"zo\xeb", rb"zo\xc3\xab", b"a\x00b\x01", b"tab\there", b"\xff\xfe"]
    found = rows(tmp_path, *(f'{HEAD} "GET / HTTP/1.1" 200 5 "-" "'.encode() + body + b'"' for body in bodies), GOOD)
    assert [row["agent"] for row in found] == ["zoë", "zoë", "zoë", "a\x00b\x01", "tab\there", "ÿþ", "curl/8.0"]


@pytest.mark.parametrize(
    ("asked", "host"),
    [("App.Example.COM", "app.example.com"), ("app.example.com:8080", "app.example.com"),
     ("[2001:db8::1]:443", "[2001:db8::1]"), ("192.0.2.1", "192.0.2.1"), ("-", None)],
)  # fmt: skip
def test_host_is_lower_case_without_port(tmp_path: Path, asked: str, host: str | None) -> None:
    """The name that was asked, comparable with names."""
    (row,) = rows(tmp_path, f'{HEAD} "GET / HTTP/1.1" 200 "{asked}"', log_format='%h %l %u %t "%r" %>s "%{Host}i"')
    assert row["host"] == host


def test_numbers_of_other_columns(tmp_path: Path) -> None:
    """Durations are µs whatever they are logged in; `-` of %X is a value of its own."""
    log_format = "%h %t %p %k %X %I %O %{ms}T"
    (row,) = rows(tmp_path, "192.0.2.1 [23/Nov/2026:18:30:44 +0000] 443 3 - 300 812 12", log_format=log_format)
    assert [row[name] for name in ("port", "keepalive", "connection", "bytes_in", "bytes_out", "duration_us")] == [
        443,
        3,
        "-",
        300,
        812,
        12_000,
    ]
    (row,) = rows(tmp_path, "192.0.2.1 [23/Nov/2026:18:30:44 +0000] 2", log_format="%h %t %T")
    assert row["duration_us"] == 2_000_000


def test_only_the_end_logged_gives_the_arrival_by_the_duration(tmp_path: Path) -> None:
    """`%{end:usec}t` less `%D` is when the request came."""
    (row,) = rows(tmp_path, "192.0.2.1 1795438844968218 968218", log_format="%h %{end:usec}t %D")
    assert row["time"] == pd.Timestamp("2026-11-23T13:00:44Z")


def test_lines_of_several_files_keep_their_place(tmp_path: Path) -> None:
    """Source and line say where a row stands, in the order of the files."""
    paths = [tmp_path / name for name in ("b.log", "a.log")]
    paths[0].write_text(f"{GOOD}\nbroken\n{GOOD}\n")
    paths[1].write_text(f"{GOOD}\n")
    frame = read_requests([str(path) for path in paths])
    assert list(zip(frame["source"], frame["line"], strict=True)) == [
        (str(paths[0]), 1),
        (str(paths[0]), 3),
        (str(paths[1]), 1),
    ]


def test_rows_come_in_the_order_of_the_lines(tmp_path: Path) -> None:
    """Of many lines, whichever lane read them."""
    path = tmp_path / "access.log"
    agents = [f'q\\"{n}' if n % 97 == 0 else f"a{n}" for n in range(60_000)]
    path.write_text("".join(f'{HEAD} "GET / HTTP/1.1" 200 5 "-" "{agent}"\n' for agent in agents))
    frame = read_requests(str(path))
    assert frame["line"].tolist() == list(range(1, 60_001))
    assert frame["agent"].tolist() == [agent.replace("\\", "") for agent in agents]


def test_a_log_of_another_format_names_the_one_that_fits(tmp_path: Path) -> None:
    """A vhost_combined log read as combined is refused with the name to write, and never accepted."""
    path = tmp_path / "access.log"
    path.write_text(f"old.example.test:443 {GOOD}\n" * 20)
    with pytest.raises(InputError, match="its lines fit vhost_combined"):
        read_requests([str(path)], "combined")
    path.write_text(f"{GOOD}\n" * 20)
    with pytest.raises(InputError, match="its lines fit combined"):
        read_requests([str(path)], "vhost_combined")
    with pytest.raises(InputError, match="its lines fit combined"):
        read_requests([str(path)], "common")


def test_of_several_files_one_of_another_format_is_a_trouble(tmp_path: Path) -> None:
    """What could be read is used; the file says what its lines fit, and they are all quarantined."""
    (tmp_path / "a.log").write_text(f"{GOOD}\n")
    (tmp_path / "b.log").write_text(f"old.example.test:443 {GOOD}\n" * 3)
    items = list(iter_requests([f"{tmp_path}/*.log"]))
    troubles = [ended.trouble for _, ended in items if ended is not None]
    assert troubles == [None, "no line fits the format combined; they fit vhost_combined"]
    assert len(read_quarantine([f"{tmp_path}/*.log"])) == 3


def test_rubbish_is_quarantined_as_a_whole(tmp_path: Path) -> None:
    """A file that is no log at all loses no line, and gives none."""
    path = tmp_path / "access.log"
    path.write_bytes(bytes(range(256)) * 200)
    assert len(read_requests([str(path)])) == 0
    assert read_quarantine([str(path)])["line"].tolist() == list(range(1, 202))


def test_nothing_readable_is_an_error(tmp_path: Path) -> None:
    """Not one file could be opened."""
    loop = tmp_path / "a.log"
    loop.symlink_to(loop)
    with pytest.raises(InputError, match="cannot be read"):
        read_requests([str(loop)])


@pytest.mark.parametrize("length", [1, 7, 500])
def test_rows_come_in_the_order_of_their_lines(length: int) -> None:
    """However the threads and lanes shared the lines: in long runs, in short ones, or one by one."""
    numbers = [n + at for at in range(1_000 - length, -1, -length) for n in range(length)]
    ok = [n % 250 != 0 for n in numbers]
    found = in_order(pa.table({"n": pa.array(numbers, pa.int32()), "ok": ok, "text": [str(n) for n in numbers]}))
    assert found.column("text").to_pylist() == [str(n) for n in sorted(numbers) if n % 250]
    assert len(in_order(found.slice(0, 0))) == 0
