"""`cutover report`: its files; and what strangers wrote into the log stays text wherever it is shown."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small
from command import STATUS, cutover, judged, verdict_at

from analyzer.units import rfc3339

if TYPE_CHECKING:
    from command import Run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small migration, to be read only."""
    path = tmp_path_factory.mktemp("small")
    small.write(path, small.story())
    return path


FILES = ["dns.png", "drain.png", "report.html", "report.json", "verdict.json"]


def report(folder: Path, out: Path, at: str) -> Run:
    """Return how `cutover report` ran."""
    return cutover("report", "--at", at, "--out", out, "--zone", "Europe/Berlin", folder=folder)


def test_report_writes_five_files_twice_the_same(folder: Path, tmp_path: Path) -> None:
    """verdict.json is what advise prints, and the page has more; its exit status; the same evidence, the same bytes."""
    at = "2026-03-05T22:00:00Z"
    runs = [report(folder, tmp_path / name, at) for name in ("one", "two")]
    assert [(run.status, run.out) for run in runs] == [(STATUS["wait"], "wait\n")] * 2
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == FILES
    assert len(runs[0].told) == len(FILES), "one line a file, on stderr"
    verdict = json.loads((tmp_path / "one" / "verdict.json").read_text())
    assert {"downtime", "steps", "tables"} < verdict.pop("page").keys()
    assert verdict == verdict_at(folder, at)
    assert all((tmp_path / "one" / name).read_bytes().startswith(b"\x89PNG\r\n\x1a\n") for name in FILES[:2])
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_report_without_a_verdict_is_one_too(tmp_path: Path) -> None:
    """An empty log: page and pictures say that nothing is known, the exit status as well."""
    small.write(tmp_path, small.Story((), ()))
    run = report(tmp_path, tmp_path / "out", "2026-03-05T22:00:00Z")
    assert (run.status, run.out) == (STATUS["unknown"], "unknown\n")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES


# --- strangers -----------------------------------------------------------------------------------------------------

# What was sent, and how Apache's ap_escape_logitem writes it into a quoted field.
HOSTILE = {
    '"><script>alert(1)</script><img src=x onerror=y()>': r"\"><script>alert(1)</script><img src=x onerror=y()>",
    "\x1b[2J\x1b]0;pwned\x07": r"\x1b[2J\x1b]0;pwned\x07",
    "x\r\nSet-Cookie: a=b": r"x\r\nSet-Cookie: a=b",
    '=HYPERLINK("http://evil.example","x")': r"=HYPERLINK(\"http://evil.example\",\"x\")",
    "{{ 7*7 }} {% raw %} [bold]x[/bold] $x^2$": "{{ 7*7 }} {% raw %} [bold]x[/bold] $x^2$",
    "\u202egnp.exe \x9b31m": r"\xe2\x80\xaegnp.exe \xc2\x9b31m",
    "back\\slash\tand tab": r"back\\slash\tand tab",
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in whose log every hostile agent polls the old address every hour, for ever."""
    path = tmp_path_factory.mktemp("hostile")
    polls = [one for one in small.story().old if one.client == small.STUCK]
    pests = [
        replace(poll, client=f"203.0.113.{20 + n}", agent=agent)
        for n, agent in enumerate(HOSTILE.values())
        for poll in polls
    ]
    small.write(path, small.Story((*small.story().old, *pests), small.story().new))
    return path


class Elements(HTMLParser):
    """The tags of a page, and what its text says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.said = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a tag."""
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        """Take note of text."""
        self.said += data


def controls(printed: str) -> set[str]:
    """Return the characters that move a terminal's cursor, or turn the direction of its text."""
    return {c for c in printed if c != "\n" and not c.isprintable()}


def test_hostile_agents_stay_text(hostile: Path, tmp_path: Path) -> None:
    """In JSON each is what was sent; in text, JSON and page nothing of it acts."""
    at = "2026-03-10T21:00:00Z"
    run = cutover("advise", "--at", at, "--format", "json", folder=hostile)
    agents = {one["agent"] for one in judged(run, "wait")["stragglers"]}
    assert set(HOSTILE) <= agents
    printed = cutover("advise", "--at", at, folder=hostile).out
    assert controls(run.out) == controls(printed) == set()
    assert all(f"203.0.113.{20 + n}" in printed for n in range(len(HOSTILE)))
    assert report(hostile, tmp_path, at).status == STATUS["wait"]
    page = (tmp_path / "report.html").read_text()
    elements = Elements(page)
    assert "script" not in elements.tags
    assert "onerror" not in elements.attributes
    assert "<script>alert(1)</script>" in elements.said
    assert r"\x1b[2J" in elements.said
    assert "7*7" in elements.said
    assert controls(page) == set()
    assert elements.tags.count("img") == 2, "the two figures"


def test_hostile_agents_are_told_apart(hostile: Path) -> None:
    """As the log wrote them: each is a client of its own, with all its requests since the change."""
    since = [one for one in small.story().old if one.client == small.STUCK and one.at >= small.CHANGED]
    found = verdict_at(hostile, rfc3339(since[-1].at))
    requests = {one["agent"]: one["requests"] for one in found["stragglers"]}
    assert {agent: requests[agent] for agent in HOSTILE} == dict.fromkeys(HOSTILE, len(since))
