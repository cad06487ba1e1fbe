"""The checklist as text, Markdown, page and calendar."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from checklists import HOSTILE, MOVE, NOW, migration, plan

from analyzer.handover.checklist import (
    calendar,
    markdown,
    page,
    text,
)
from analyzer.handover.checklist.calendar import escaped, folded


@pytest.mark.parametrize("render", [text, markdown, page, calendar])
def test_every_form_has_every_step_with_its_time(render: Any) -> None:
    """By its id and its title."""
    found = plan()
    told = "".join(line[1:] if line[:1] == " " and render is calendar else line for line in _unfolded(render(found)))
    for step in found.steps:
        assert step.id in told
        assert step.title.partition("'")[0][:30] in told.replace("\\", "")


def _unfolded(told: str) -> list[str]:
    """Return the text's lines, with what was folded put together again."""
    return told.replace("\r\n ", "").splitlines(keepends=True)


class _Page(HTMLParser):
    """Takes the tags, and what stands in the style."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.style = ""
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        if named.get("http-equiv") == "Content-Security-Policy":
            self.policy = named["content"] or ""

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "style":
            self.style += data


def test_the_page_has_no_script_whatever_names_hold() -> None:
    """The hostile file name is text; the style is the one that the policy allows."""
    told = page(plan(migration(HOSTILE)))
    found = _Page()
    found.feed(told)
    assert "script" not in found.tags
    assert "&lt;script&gt;" in told
    assert "\u202e" not in told
    style = re.search(r"<style>(.*?)</style>", told, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in found.policy


@pytest.mark.parametrize("render", [text, markdown])
def test_text_and_markdown_show_a_hostile_name_as_it_is(render: Any) -> None:
    """No control character, no raw line end within a command, no HTML outside of code."""
    told = render(plan(migration(HOSTILE)))
    assert not [c for c in told if not c.isprintable() and c != "\n"]
    outside = re.sub(r"(?s)```sh.*?```", "", told) if render is markdown else ""
    assert "<script>" not in outside


def test_the_calendar_is_one_that_calendars_take() -> None:
    """Lines end in CR LF and hold 75 bytes at most; each event has its own UID, a UTC start and a duration."""
    found = plan(migration(HOSTILE))
    told = calendar(found)
    lines = told.split("\r\n")
    assert lines[-1] == ""
    assert all(len(line.encode()) <= 75 for line in lines)
    assert not re.search(r"[^\r]\n|\r[^\n]", told)
    whole = "".join(_unfolded(told))
    uids = re.findall(r"(?m)^UID:(\S+)\r?$", whole)
    assert len(set(uids)) == len(uids) == len(found.steps) == whole.count("BEGIN:VEVENT") == whole.count("END:VEVENT")
    assert "DTSTART:20261208T090000Z" in whole
    switch = re.search(r"SUMMARY:(Switch.*?)\r\n", whole)
    assert switch is not None
    assert switch[1] == "Switch: the old server hands everything to the new one (admin)"


def test_a_step_is_the_same_event_in_the_next_calendar() -> None:
    """Made later, for another day: the UIDs stay."""
    first, later = calendar(plan()), calendar(plan(at=NOW + timedelta(days=1), move=MOVE + timedelta(days=7)))
    assert sorted(re.findall(r"UID:(\S+)", first)) == sorted(re.findall(r"UID:(\S+)", later))
    assert first != later


@pytest.mark.parametrize(
    "told", ["", "plain", "a,b;c\\d", "two\nlines", "\\n", "é" * 80, "x" * 200, "a\r\nBEGIN:VEVENT"]
)
def test_folding_and_escaping_can_be_undone(told: str) -> None:
    """Unfolded and unescaped it is the text again, with control characters shown."""
    line = "".join(part[1:] if n else part for n, part in enumerate(folded(escaped(told))))
    undone = re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], line)
    assert undone == told.replace("\r", "\\r")
    assert "\n" not in line
    assert "\r" not in line
