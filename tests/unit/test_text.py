"""The report as text: it fits, it is plain, and it says what the page says."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_answers
import report_examples as examples

from analyzer.report.content import Content, content
from analyzer.report.text import rich_text, text

WORDS = ("safe", "wait", "stuck", "unknown")


def told(word: str) -> Content:
    """Return what is said about an example."""
    zone = ZoneInfo("Europe/Berlin")
    return content(
        examples.verdict(word), examples.migration(), zone=zone, propagation=report_answers.propagation(word)
    )


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
@pytest.mark.parametrize("word", WORDS)
def test_every_line_fits_the_width(word: str, width: int) -> None:
    """Whatever a stranger's agent holds, no line is wider than it may be, and none ends in blanks."""
    for line in text(told(word), width).splitlines():
        assert cell_len(line) <= width
        assert line == line.rstrip()


@pytest.mark.parametrize("word", WORDS)
def test_the_text_is_plain(word: str) -> None:
    """Nothing but printable characters and line ends: no colours, no codes of a log."""
    assert text(told(word)).replace("\n", "").isprintable()


def test_colours_of_the_environment_do_not_get_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text is text, also where something forces colours for terminals."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "30")
    assert "\x1b" not in text(told("stuck"))
    assert max(map(len, text(told("stuck")).splitlines())) > 60


@pytest.mark.parametrize("word", WORDS)
def test_the_text_says_what_the_page_says(word: str) -> None:
    """Headline first; clients, resolvers, rules, evidence and steps follow, word for word."""
    said = told(word)
    read = " ".join(text(said, 400).split())
    assert said.headline in read[: len(said.headline) + 5]
    wanted = [*said.details, *said.dns_summary, *said.gaps, *said.troubles]
    wanted += (
        [one.client for one in said.left] + [one.sentence for one in said.rules] + [step.text for step in said.steps]
    )
    for sentence in wanted:
        assert " ".join(sentence.split()) in read


def test_a_stuck_client_comes_with_why_and_what_to_do() -> None:
    """Below the table, with its agent."""
    assert "203.0.113.9 (Java/11.0.2) is stuck: It came every 5 minutes" in text(told("stuck"))


def test_a_terminal_gets_colours_and_never_markup_of_a_log() -> None:
    """The same content in colours; `[bold]` in an agent is an agent."""
    out = io.StringIO()
    Console(file=out, width=100, force_terminal=True, color_system="truecolor").print(rich_text(told("stuck")))
    assert "\x1b[1;31m" in out.getvalue()
    hostile = io.StringIO()
    strange = content(
        examples.verdict("stuck", stragglers=(examples.STUCK.__class__(
            "203.0.113.1", "[bold]x[/bold] [/", "program", 1, examples.CHANGED, examples.AT, 1.0, True, "[red]why"),)),
        examples.migration(), zone=ZoneInfo("UTC"),
    )  # fmt: skip
    Console(file=hostile, width=100).print(rich_text(strange))
    assert "([bold]x[/bold] [/) is stuck: [red]why" in hostile.getvalue()
