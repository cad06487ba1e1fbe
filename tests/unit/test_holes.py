"""What scanners ask for: the table by which it is found, and what nobody else asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.logs.holes import (
    ANYWHERE,
    BEHIND,
    BLIND,
    BLIND_HEADS,
    FACTOR,
    HEAD,
    LOWER,
    NEVER_SERVED,
    OF_ANY_SERVER,
    OF_ANY_SITE,
    PROBE,
    PROBE_HEADS,
    SERVED,
    SHIFT,
    heads,
)
from analyzer.logs.reading import read_activity

if TYPE_CHECKING:
    from pathlib import Path


def line(request: str, status: int) -> str:
    """Return a line of a log."""
    return f'192.0.2.1 - - [23/Nov/2026:12:00:01 +0000] "{request}" {status} 9 "-" "Mozilla/5.0"\n'


def counted(tmp_path: Path, *lines: str, log_format: str = "combined") -> tuple[int, int]:
    """Return the probes and the denied requests of a log."""
    path = tmp_path / "access.log"
    path.write_text("".join(lines))
    cells = read_activity(str(path), log_format).cells
    return int(cells["probes"].sum()), int(cells["denied"].sum())


@pytest.mark.parametrize("path", NEVER_SERVED)
def test_what_nobody_serves_is_a_probe_whatever_the_answer(tmp_path: Path, path: str) -> None:
    """Served, moved, refused; in either case; with a query."""
    asked = [f"GET /{path} HTTP/1.1", f"POST /{path.upper()} HTTP/1.0", f"OPTIONS /{path}?a=b HTTP/1.1"]
    assert counted(tmp_path, *(line(one, status) for one in asked for status in (200, 301, 404))) == (9, 3)


@pytest.mark.parametrize(
    "request_line",
    ["GET / HTTP/1.1", "GET /environment HTTP/1.1", "GET /nacos/v1/ns HTTP/1.1", "GET /a/.env HTTP/1.1",
     "GET /.e HTTP/1.1", "GET /envoy HTTP/1.1", "GET http://a.example/.env HTTP/1.1",
     "GET /wp-login.php HTTP/1.1", "*", "GET /"],
)  # fmt: skip
def test_what_a_site_may_serve_is_none(tmp_path: Path, request_line: str) -> None:
    """Served, it is what the site is for."""
    assert counted(tmp_path, line(request_line, 200)) == (0, 0)


@pytest.mark.parametrize(
    "path", ["/wp-login.php", "/a/.env", "/actuator/health", "/.git/config", "/?cmd=id", "/a/../b"]
)
def test_refused_it_is_a_probe(tmp_path: Path, path: str) -> None:
    """There is nothing there: who asks looks for holes."""
    assert counted(tmp_path, line(f"GET {path} HTTP/1.1", 404)) == (1, 1)


def test_who_is_let_in_later_is_not_denied(tmp_path: Path) -> None:
    """A login, and a rate limit; a server's fault is none of the client's."""
    lines = [line("GET /a HTTP/1.1", status) for status in (200, 304, 400, 401, 403, 404, 429, 500, 503)]
    assert counted(tmp_path, *lines) == (0, 3)


def test_the_table_finds_every_path() -> None:
    """The first four bytes of each, in either case, find a 1; no path is shorter."""
    table = heads()
    assert all(len(path) >= HEAD and path == path.lower() for path in NEVER_SERVED)
    for path in NEVER_SERVED:
        for text in (path, path.upper()):
            number = int.from_bytes(text[:HEAD].encode(), "little") | LOWER
            assert table[(number * FACTOR >> SHIFT) & (len(table) - 1)] == 1
    assert table.sum() <= len(NEVER_SERVED)


@pytest.mark.parametrize("pattern", [rf"[ /](?:{one})" for one in BEHIND] + list(ANYWHERE))
@given(data=st.data())
def test_every_probe_is_looked_at(pattern: str, data: st.DataObject) -> None:
    """Whatever an expression finds has a known head behind a blank or a slash, or two dots, `%` or `$`."""
    found = data.draw(st.from_regex(rf"\A(?:{pattern})\Z", fullmatch=True))
    head = found[1 : 1 + HEAD].lower()
    assert re.search(PROBE, found)
    assert head in PROBE_HEADS or found.startswith(("..", "%", "$"))


def test_the_heads_of_probes_are_four_letters_in_lower_case() -> None:
    """Their table has no other entries."""
    assert all(len(one) == HEAD and one == one.lower() and one.isascii() for one in PROBE_HEADS)
    assert len(set(PROBE_HEADS)) == len(PROBE_HEADS)
    assert 0 < heads(PROBE_HEADS).sum() <= len(PROBE_HEADS)


def test_what_anybody_asks_for_is_found_by_its_head() -> None:
    """The front page is no path, and the first one; each other has four letters or more, in lower case."""
    assert OF_ANY_SITE[0] == ""
    for path in (*OF_ANY_SITE[1:], *OF_ANY_SERVER):
        assert len(path) >= HEAD
        assert path == path.lower()
        assert path.isascii()
        assert path[:HEAD] in BLIND_HEADS


def test_all_expressions_are_of_bounded_cost() -> None:
    """No repeat within a repeat; they are of RE2, too, where none costs more than its text's length."""
    for pattern in (PROBE, SERVED, BLIND):
        assert re.search(r"[*+}]\)?[*+]", pattern) is None
