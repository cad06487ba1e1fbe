"""The page is one calm file that needs nothing and obeys nobody."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_answers
import report_curves
import report_examples as examples

from analyzer.report.content import Content, content
from analyzer.report.page import page, picture

WORDS = ("safe", "wait", "stuck", "unknown")
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAAEAQMAAACTPww9AAAAA1BMVEUAAACnej3aAAAADElEQVR4nGNgYGAAAAAEAAHI6uv5AAAAAElFTkSuQmCC"
)
VOID = {"meta", "link", "img", "br", "path", "circle"}


class Outline(HTMLParser):
    """What a page consists of: elements in order with their attributes, and the text outside of style."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the element; remember that it is open."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element that closes itself."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Close the element that was opened last: it must be this one."""
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep what is read as text."""
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


def told(word: str) -> Content:
    """Return what is said about an example."""
    dns = None if word == "unknown" else report_answers.propagation(word)
    zone = ZoneInfo("Europe/Berlin")
    return content(
        examples.verdict(word), examples.migration(), zone=zone, curve=report_curves.curve(word), propagation=dns
    )


@pytest.fixture(params=WORDS)
def html(request: pytest.FixtureRequest) -> str:
    """Return the page of each verdict."""
    return page(told(request.param), PIXEL, PIXEL)


def test_the_markup_is_whole(html: str) -> None:
    """Every element that is opened is closed, in order, and ids are unique."""
    outline = Outline(html)
    assert outline.open == []
    ids = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    pointed = [attributes["aria-labelledby"] for _, attributes in outline.elements if "aria-labelledby" in attributes]
    assert pointed
    assert set(pointed) <= set(ids)


def test_nothing_is_fetched_from_anywhere(html: str) -> None:
    """Sources and links are data:, there is no script, no handler, no frame and no form."""
    outline = Outline(html)
    for tag, attributes in outline.elements:
        assert tag not in {"script", "iframe", "object", "embed", "form", "base", "audio", "video", "a"}
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name != "style"
            if name in {"src", "href", "srcset", "data", "action"}:
                assert str(value).startswith("data:")
    assert "url(" not in html
    assert "@import" not in html


def test_the_policy_allows_this_style_sheet_and_pictures_only(html: str) -> None:
    """The digest in the policy is the digest of what stands in the style element."""
    policy = next(one["content"] for one in Outline(html).all("meta") if one.get("http-equiv"))
    css = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert css is not None
    digest = base64.b64encode(hashlib.sha256(css[1].encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_headings_are_in_order_and_tables_have_heads(html: str) -> None:
    """One h1, no level left out; each table head says what it is the head of; pictures have their numbers in words."""
    outline = Outline(html)
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert {one.get("scope") for one in outline.all("th")} == {"col", "row"}
    assert outline.all("html")[0]["lang"] == "en"
    alts = [str(one["alt"]) for one in outline.all("img")]
    assert len(alts) == 2
    assert re.search(r"\d", alts[0])


@pytest.mark.parametrize("word", WORDS)
def test_the_verdict_stands_on_top_as_word_icon_and_colour(word: str) -> None:
    """The h1 is the whole headline; the body's class gives the colour, an inline picture the form."""
    said = told(word)
    html = page(said, PIXEL, PIXEL)
    words = re.sub(r"<[^>]*>", "", html.split("<h1>")[1].split("</h1>")[0])
    assert " ".join(words.split()) == said.headline
    assert f'<body class="is-{word}">' in html
    assert 'aria-hidden="true"' in html.split("<h1>")[1].split("</h1>")[0]


def test_the_four_icons_differ() -> None:
    """Without colours the verdicts still look different."""
    icons = {re.search(r"<svg.*?</svg>", page(told(word), PIXEL, PIXEL), re.DOTALL)[0] for word in WORDS}  # type: ignore[index]
    assert len(icons) == 4


def test_hostile_text_stays_text() -> None:
    """Markup, template syntax, terminal codes and direction overrides of a log appear as what they are."""
    html = page(told("wait"), PIXEL, PIXEL)
    read = "".join(Outline(html).words)
    assert "<script>alert(1)</script>\\x1b[31m\\r\\nSet-Cookie: $x^2$ \\u202egnp.exe =cmd() \\x00 {{ 7*7 }}" in read
    assert "evil<b>.example\\x1b]0;x\\x07" in read
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", html)
    assert "A" * 200 not in re.sub(r'src="[^"]*"', "", html)


def test_every_client_has_its_row_and_what_to_do() -> None:
    """Client, agent, kind, last seen, requests, expected loss, why and what to do are on the page."""
    read = " ".join("".join(Outline(page(told("stuck"), PIXEL, PIXEL)).words).split())
    for text in ("203.0.113.9", "Java/11.0.2", "program", "stuck", "Thu 12 Mar 2026 13:45 CET", "2,412", "319"):
        assert text in read
    assert "kept the address. restart it or correct its address, or accept its loss" in read.replace(
        ".restart", ". restart"
    )
    assert "no agent logged" in read


def test_without_clients_the_page_says_so() -> None:
    """An empty table is a sentence."""
    zone = ZoneInfo("UTC")
    said = content(examples.verdict("safe", stragglers=()), examples.migration(), zone=zone)
    assert "No client of the kinds that count used the old address after the change." in page(said, PIXEL, PIXEL)


def test_a_picture_is_shown_at_half_its_pixels() -> None:
    """Figures come at twice the page's resolution."""
    shown = picture(PIXEL)
    assert (shown.width, shown.height) == (1, 2)
    assert base64.b64decode(shown.source.removeprefix("data:image/png;base64,")) == PIXEL
