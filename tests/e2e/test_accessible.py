"""Page and mail for readers who do not see, or see little: axe-core finds nothing serious in either."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import axe
import report_answers
import report_curves
import report_examples as examples
from chromium import Chromium

from analyzer.report.mail.compose import html
from analyzer.report.report import Findings, Report

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = shutil.which("chromium")
pytestmark = [
    pytest.mark.skipif(axe.MISSING, reason="no npm here; in CI this test must run"),
    pytest.mark.skipif(PROGRAM is None and not os.environ.get("CI"), reason="no chromium here; in CI this must run"),
]


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return axe."""
    return axe.source(tmp_path_factory.mktemp("npm"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """Return one browser for all pages."""
    with Chromium(PROGRAM or "chromium") as chromium:
        yield chromium


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the page and the mail of two verdicts."""
    path = tmp_path_factory.mktemp("pages")
    for word in ("wait", "unknown"):
        seen = report_answers.propagation(word)
        found = Findings(
            examples.verdict(word),
            examples.migration(),
            report_curves.curve(word),
            seen,
            report_answers.states(),
            downtime=report_curves.downtime(),
        )
        told = Report(found, ZoneInfo("Europe/Berlin"))
        (path / f"{word}.html").write_text(told.html(), encoding="utf-8")
        figures = {"drain": "none", "dns": "none"}
        (path / f"{word}-mail.html").write_text(html(told.content, figures), encoding="utf-8")
    return path


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("page", [("wait", 390), ("wait", 1280), ("unknown", 390)], ids=str)
def test_nothing_serious_is_wrong_with_the_page(
    browser: Chromium, script: str, folder: Path, page: tuple[str, int], dark: bool
) -> None:
    """Names, roles, order, contrast: on a phone and a desk, light and dark."""
    word, width = page
    browser.open((folder / f"{word}.html").as_uri(), width=width, dark=dark)
    assert axe.faults(browser, script) == []


@pytest.mark.parametrize("word", ["wait", "unknown"])
def test_nothing_serious_is_wrong_with_the_mail(browser: Chromium, script: str, folder: Path, word: str) -> None:
    """As a mail reader shows it."""
    browser.open((folder / f"{word}-mail.html").as_uri(), width=700)
    assert axe.faults(browser, script) == []


def test_axe_would_find_a_fault(browser: Chromium, script: str, tmp_path: Path) -> None:
    """A picture without words and pale text do not pass: the checks do run."""
    bad = '<html><title>x</title><img src="data:,"><p style="color:#ccc;background:#fff">pale</p></html>'
    (tmp_path / "bad.html").write_text(bad)
    browser.open((tmp_path / "bad.html").as_uri(), width=1280)
    found = {fault.partition(":")[0] for fault in axe.faults(browser, script)}
    assert {"image-alt", "color-contrast", "html-has-lang"} <= found


@pytest.mark.parametrize("width", [390, 1000])
def test_the_mail_fits(browser: Chromium, folder: Path, width: int) -> None:
    """Neither a phone nor a desk scrolls sideways."""
    browser.open((folder / "wait-mail.html").as_uri(), width=width)
    assert browser.value("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
