"""The report as tables, JSON and Markdown: the same numbers, in full, and strangers' text stays text."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_answers
import report_curves
import report_examples as examples

from analyzer.report.markdown import markdown, plain
from analyzer.report.report import SERIES, Findings, Report
from analyzer.report.tables import Table

PAGE = ("names", "headline", "budget_per_hour", "downtime", "steps")


@pytest.fixture(scope="module", params=["safe", "wait", "stuck", "unknown"])
def told(request: pytest.FixtureRequest) -> Report:
    """Return the report of each verdict."""
    word = request.param
    seen = None if word == "unknown" else report_answers.propagation(word)
    found = Findings(
        examples.verdict(word),
        examples.migration(),
        report_curves.curve(word),
        seen,
        report_answers.states(),
        downtime=report_curves.downtime(),
    )
    return Report(found, ZoneInfo("Europe/Berlin"))


def test_json_holds_the_verdict_and_every_table(told: Report) -> None:
    """The contract's object as it is, and each table as records of its columns."""
    found = json.loads(told.json())
    verdict = json.loads(told.verdict_json())
    page = verdict.pop("page")
    assert found["verdict"] == verdict == json.loads(json.dumps(told.findings.verdict.as_json()))
    assert page["tables"] == {name: rows for name, rows in found["tables"].items() if name not in SERIES}
    assert {name: page[name] for name in PAGE} == {name: found[name] for name in PAGE}
    assert found["headline"] == told.content.headline
    assert {name: len(rows) for name, rows in found["tables"].items()} == {
        table.name: len(table.rows) for table in told.tables
    }
    assert found["tables"]["rules"][0].keys() == {"rule", "passed", "value", "threshold", "unit", "sentence"}


def test_every_number_of_the_page_can_be_computed_from_the_json(told: Report) -> None:
    """What the page shows of clients, rules, downtime and answers stands there in full."""
    found = json.loads(told.json())
    tables, page = found["tables"], told.content
    clients = sorted(tables["clients"], key=lambda one: -one["expected_requests"])
    assert [one.requests for one in page.left] == [f"{one['requests']:,}" for one in clients]
    assert [one.kind for one in page.left] == [one["kind"] for one in clients]
    assert sum(one["failed"] for one in tables["failures"]) == found["downtime"]["failures"]["failed"] == 48
    assert len(tables["measured"]) == len(report_curves.curve().measured)
    if told.findings.propagation is not None:
        told_new = re.search(r"(\d+) resolvers answer with the new address", str(page.answers_more))
        assert told_new is not None
        assert [one["state"] for one in tables["resolvers"]].count("new") == int(told_new[1])


def test_csv_can_be_read_back(told: Report) -> None:
    """As many columns in each row as in the head; moments are UTC."""
    for table in told.tables:
        rows = list(csv.reader(io.StringIO(table.csv())))
        assert tuple(rows[0]) == table.columns
        assert {len(row) for row in rows} == {len(table.columns)}
        assert len(rows) == 1 + len(table.rows)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1"])
def test_no_cell_is_a_formula(text: str) -> None:
    """A text that a spreadsheet would compute begins with an apostrophe; a negative number is a number."""
    read = list(csv.reader(io.StringIO(Table("t", ("a", "b"), ((text, -1.5),)).csv())))
    assert read[1] == [f"'{text}", "-1.5"]


def test_markdown_has_every_part_in_order(told: Report) -> None:
    """One title, the parts as headings, and in each table as many cells as in its head."""
    said = told.markdown()
    headings = re.findall(r"^(#+) (.*)$", said, re.MULTILINE)
    assert [level for level, _ in headings] == ["#", *["##"] * (len(headings) - 1)]
    titles = [title for _, title in headings[1:]]
    assert titles[:2] == ["Who is left", "What to do next"]
    assert "Downtime around the change" in titles
    for block in re.findall(r"(?:^\|.*\|\n)+", said + "\n", re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1, block


def test_hostile_text_is_neither_markup_nor_html() -> None:
    """Tags, links, emphasis and table bars of a log are escaped; no control character is left."""
    said = markdown(
        Report(
            Findings(examples.verdict("wait"), examples.migration(), None, None, report_answers.states()[:0]),
            ZoneInfo("UTC"),
        ).content
    )
    assert "\\<script\\>" in said
    assert not re.search(r"(?<!\\)<script", said)
    assert "\\[bold\\]" in said
    assert said.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[x](http://evil.example)", "\\[x\\](http\\://evil.example)"),
        ("1. one", "1\\. one"),
        ("- item", "\\- item"),
        ("# title", "\\# title"),
        ("203.0.113.9", "203.0.113.9"),
        ("a\nb", "a b"),
    ],
)
def test_plain_text_stays_plain(text: str, shown: str) -> None:
    """What would begin a list, a heading or a link does not; an address is readable."""
    assert plain(text) == shown
