"""What looks for holes, and what is no request: the same by compiled code and by SQL, whatever is escaped."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from analyzer.logs.compiled.fold import CompiledFold
from analyzer.logs.fold import Fold
from analyzer.logs.formats import log_format
from analyzer.logs.reading import activity_of
from analyzer.logs.sources import blocks

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = log_format("combined")
LINE = '192.0.2.1 - - [23/Nov/2026:{:02}:{:02}:07 +0000] "{}" {} 9 "-" "a"\n'
PIECES = (
    "GET", "POST", "get", "G-T", "A" * 40, "/", "/", " ", "  ", " HTTP/1.1", " HTTP/1.", " HTTP/2.0", " HTTP/1.x",
    " http/1.1", ".env", "/.aws/", "wp-login.php", "x", r"\x20", r"\x41", r"\"", r"\\", r"\t", r"\xc3\xa4",
    r"/\x2eenv", r"\x2f.env", r"/.\xc5\xbfsh/", "/.\N{LATIN SMALL LETTER LONG S}sh/", "\xe4", "..", "*", "http://a/",
    "/.Env", "/WP-Login.php", "/a" * 15, "/../", "/%2E%2e/", "${jndi:", "/_/;/", "/s/333313e2", "/index.html?a=b",
    "q" * 29, "/shell", "/owa/", "/lib/phpunit", "?cmd=", "/?cmd=1", "/s/3333", "/admin", "/adminer", ".", "/", "/.",
    "%", "$", "[]~", "favicon.ico", "/Robots.TXT", "/index.php", "health", "login", "/log", "OPTIONS", "HEAD", "GET /",
    "GET /favicon.ico", "HEAD /LOGIN", "OPTIONS /ping", "POST /ping", r"/robots\x2etxt", "/robots.txt\xe4", r"/owa\x2f",
    "HEAD /", "HEAD /a", r"/robots.txt\x20",
    "/manager/html", "/phpMyAdmin", "/index.ph", "/statu\N{LATIN SMALL LETTER LONG S}", "/",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_both_lanes_count_the_same(tmp_path: Path, seed: int) -> None:
    """Requests made of such pieces, half of them between a method and a protocol; each answered in all ways."""
    random_ = random.Random(seed)  # noqa: S311 -- made-up lines
    path, lines = tmp_path / "a.log", list[str]()
    for n in range(24 * 60 * 4):
        asked = "".join(random_.choices(PIECES, k=random_.randrange(6)))
        asked = f"GET /{asked} HTTP/1.1" if random_.random() < 0.5 else asked
        lines.append(LINE.format(n // 240, n // 4 % 60, asked, (200, 404, 403, 500, 408)[n % 5]))
    path.write_text("".join(lines), encoding="utf-8")
    one, other = (
        activity_of(blocks([str(path)], fold.buffers(FORMAT)), FORMAT, fold=fold) for fold in (Fold, CompiledFold)
    )
    pd.testing.assert_frame_equal(one.cells, other.cells)
    assert one.cells["probes"].sum() > 0
    assert one.cells["blind"].sum() > 0
