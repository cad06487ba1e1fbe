"""Which requests are blind: what anybody asks for of any server, whatever was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analyzer.logs.holes import OF_ANY_SERVER, OF_ANY_SITE
from analyzer.logs.reading import read_activity

if TYPE_CHECKING:
    from pathlib import Path

LINE = '192.0.2.{} - - [23/Nov/2026:12:00:01 +0000] "{}" {} 9 "-" "{}"'
ASKED = {
    **{f"{method} /{path} HTTP/1.1": True for method in ("GET", "OPTIONS") for path in OF_ANY_SITE},
    **{f"{method} /{path.upper()}x?y HTTP/1.0": True for method in ("GET", "POST") for path in OF_ANY_SERVER},
    "GET /": True,
    "GET /Favicon.ICO": True,
    "POST / HTTP/1.1": False,
    "POST /login HTTP/1.1": False,
    "get / HTTP/1.1": False,
    "GET /?page=2 HTTP/1.1": False,
    "GET /loginx HTTP/1.1": False,
    "GET /a/ HTTP/1.1": False,
    "HEAD /a/b?c HTTP/1.1": True,
    "HEAD /\\xe4 HTTP/1.1": True,
    "HEAD / HTTP/1.1": True,
    "HEAD": False,
    "HEAD *": False,
    "HEADS /a HTTP/1.1": False,
    "HEAD http://app.example.com/a HTTP/1.1": False,
    "GET /a/.env HTTP/1.1": False,
    "GET http://app.example.com/ HTTP/1.1": False,
    "-": False,
    "": False,
}


def log(folder: Path, *lines: str) -> str:
    """Return the path of a log of these lines."""
    path = folder / "access.log"
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


def test_blind_requests(tmp_path: Path) -> None:
    """What anybody asks for of any server, whatever was answered; who sends something knows what it is for."""
    lines = [LINE.format(n, asked, status, n) for n, asked in enumerate(ASKED) for status in (200, 301, 404)]
    read = read_activity(log(tmp_path, *lines), "combined")
    blind = read.by_client("blind")
    told = dict(zip(read.clients["agent"].astype(int), (blind == 3).tolist(), strict=True))
    assert {asked: told[n] for n, asked in enumerate(ASKED)} == ASKED
    assert set(blind.tolist()) == {0, 3}, "the answer is nothing to it"


@pytest.mark.parametrize(("target", "blind"), [("/", 1), ("/robots.txt", 1), ("/owa/x", 1), ("/a", 0), ("/?a", 0)])
def test_a_blind_request_whose_method_stands_elsewhere(tmp_path: Path, target: str, blind: int) -> None:
    """A format of its parts."""
    path = log(tmp_path, f"192.0.2.1 [23/Nov/2026:12:00:01 +0000] {target} GET 200")
    assert read_activity(path, "%h %t %U %m %>s").cells["blind"].tolist() == [blind]
