"""The page in a real browser: it fits a phone and a desk, shows its figures, and asks nobody for anything."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_answers
import report_curves
import report_examples as examples
from chromium import Chromium

from analyzer.report.report import Findings, Report
from analyzer.report.write import write

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = ("safe", "wait", "stuck", "unknown")
PROGRAM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(
    PROGRAM is None and not os.environ.get("CI"), reason="no chromium here; in CI this test must run"
)
# What sticks out of the window although it lies in no box that scrolls.
OVERFLOWING = """
[...document.querySelectorAll("body *")].filter(one => {
  const box = one.getBoundingClientRect();
  const inside = one.parentElement.closest(".scroll, .figure, pre");
  return !inside && box.width > 1 && (box.right > innerWidth + 1 || box.left < -1);
}).map(one => one.outerHTML.slice(0, 80))
"""
# Texts with less contrast than WCAG 2.2 asks for (1.4.3: 4.5 to 1).
PALE = """
[...document.querySelectorAll("h1 span, h2, p, dt, dd, th, td, .tag, .soft, .outcome, code")].filter(one => {
  const numbers = colour => colour.match(/[0-9.]+/g).map(Number);
  const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = colour => {
    const [red, green, blue] = numbers(colour).map(v => linear(v / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  let below = one;
  while (below && (numbers(getComputedStyle(below).backgroundColor)[3] ?? 1) === 0) below = below.parentElement;
  const [a, b] = [light(getComputedStyle(one).color), light(getComputedStyle(below).backgroundColor)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
}).map(one => one.outerHTML.slice(0, 80))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """Return one browser for all pages."""
    with Chromium(PROGRAM or "chromium") as chromium:
        yield chromium


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the report of each verdict."""
    root, zone = tmp_path_factory.mktemp("pages"), ZoneInfo("Europe/Berlin")
    for word in WORDS:
        verdict, curve = examples.verdict(word), report_curves.curve(word)
        seen = None if word == "unknown" else report_answers.propagation(word)
        states = report_answers.states()[: 0 if seen is None else None]
        measured = None if word == "safe" else report_curves.downtime()
        found = Findings(verdict, examples.migration(), curve, seen, states, downtime=measured)
        write(root / word, Report(found, zone).files())
    return root


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("word", WORDS)
def test_the_page_fits_shows_its_figures_and_asks_nobody(
    browser: Chromium, pages: Path, word: str, width: int, dark: bool
) -> None:
    """No sideways scrolling, both figures decoded, one request (the page itself), no complaint, enough contrast."""
    url = (pages / word / "report.html").as_uri()
    browser.open(url, width=width, dark=dark)
    assert browser.value("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert browser.value(OVERFLOWING) == []
    assert browser.value("[...document.images].map(one => one.complete && one.naturalWidth)") == [2080, 2080]
    assert [one for one in browser.requested() if not one.startswith("data:")] == [url]
    assert browser.complaints() == []
    assert browser.value(PALE) == []


def test_the_style_sheet_is_not_blocked_and_dark_is_dark(browser: Chromium, pages: Path) -> None:
    """The policy lets our own style through; the ground follows what the reader prefers."""
    url, ground = (pages / "wait" / "report.html").as_uri(), "getComputedStyle(document.body).backgroundColor"
    browser.open(url, width=1280)
    assert browser.value(ground) == "rgb(245, 246, 248)"
    browser.open(url, width=1280, dark=True)
    assert browser.value(ground) == "rgb(18, 21, 26)"


def test_hostile_text_makes_no_element(browser: Chromium, pages: Path) -> None:
    """What a log says about script and bold is read, not obeyed."""
    browser.open((pages / "wait" / "report.html").as_uri(), width=1280)
    assert browser.value("document.querySelectorAll('script, b, td img').length") == 0
    assert browser.value("document.body.innerText.includes('<script>alert(1)</script>')")


def test_the_page_prints(browser: Chromium, pages: Path) -> None:
    """On A4 nothing is wider than the paper; it is a PDF of a few pages."""
    url = (pages / "wait" / "report.html").as_uri()
    browser.open(url, width=690, media="print")
    assert browser.value("document.documentElement.scrollWidth") <= 690
    pdf = browser.pdf()
    assert pdf.startswith(b"%PDF")
    assert 2 <= pdf.count(b"/Type /Page\n") <= 8
