"""The report as Markdown (CommonMark with GitHub's tables): for a ticket, a wiki or a chat."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from analyzer.report.content import Content
    from analyzer.report.left import Left

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&$@])|(?<=[a-z])(:)(?=//)|(?<=www)(\.)", re.IGNORECASE)
_BEGIN = re.compile(r"^(\d*)([-+#=.)])(?=\s|$)")  # what would begin a list or a heading
OUTCOMES = {"passed": "✓ holds", "failed": "✗ fails", "unknown": "? unknown"}


def markdown(content: Content, *, figures: bool = False) -> str:
    """Return the report as Markdown; a stranger's text is neither markup nor HTML nor a mention in it.

    Parameters
    ----------
    content
        What it says.
    figures
        Whether `drain.png` and `dns.png` lie beside it.
    """
    parts = [
        _head(content),
        [_picture("drain.png", content.drain_alt)] if figures else [],
        _left(content),
        _steps(content),
        _losses(content),
        _dns(content, figures=figures),
        _rules(content),
        _evidence(content),
        ["## What this means, and what not", *_paragraphs(content.meaning)],
    ]
    return "\n\n".join(block for part in parts for block in part) + "\n"


def plain(text: str) -> str:
    r"""Return text that Markdown shows as it is.

    >>> print(plain("*x* <b> | a_b http://evil.example"))
    \*x\* \<b\> \| a\_b http\://evil.example
    """
    return _BEGIN.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", " ".join(text.split())))


def _head(content: Content) -> list[str]:
    facts = _table(
        ("", "", ""), ((plain(one.label), f"**{plain(one.value)}**", plain(one.note)) for one in content.facts)
    )
    changed = f" The DNS was changed on {plain(content.changed_at.both)}." if content.changed_at else ""
    return [
        f"# {plain(content.label)}: {plain(content.title)}",
        f"**{plain(content.headline)}**",
        *_paragraphs(content.details),
        f"As of {plain(content.at.both)}.{changed}",
        facts,
    ]


def _left(content: Content) -> list[str]:
    if not content.left:
        return ["## Who is left", "No client of the kinds that count used the old address after the change."]
    head = ("Client", "Agent", "Kind", "", "Last seen", "Requests", "Expected loss", "Why", "What to do")
    rows = (_client(one) for one in content.left)
    more = [plain(content.left_more)] if content.left_more else []
    return ["## Who is left", _table(head, rows), *more]


def _client(one: Left) -> Iterator[str]:
    """Yield a client's cells."""
    told = (
        f"{one.client} {one.name}".rstrip(),
        one.agent,
        one.kind,
        one.mark,
        one.last_seen.both,
        one.requests,
        one.expected,
    )
    yield from map(plain, (*told, one.why, one.what_to_do))


def _steps(content: Content) -> list[str]:
    told = []
    for number, step in enumerate(content.steps, 1):
        code = "" if step.code is None else "\n\n" + _indented(_fenced(step.code, step.language))
        told.append(f"{number}. {plain(step.text)}{code}")
    return ["## What to do next", *told]


def _losses(content: Content) -> list[str]:
    cost = content.downtime
    if cost is None:
        return []
    told = ["## Downtime around the change", *_paragraphs(cost.sentences)]
    if cost.minutes:
        rows = ((one.minute.both, one.server, one.failed, one.requests, one.statuses) for one in cost.minutes)
        told.append(_table(("Minute", "Server", "Failed", "Requests", "Status"), (map(plain, row) for row in rows)))
    if cost.latencies:
        ways = ((one.way, one.requests, one.p50, one.p95, one.p99) for one in cost.latencies)
        told.append(_table(("Answers", "Requests", "p50", "p95", "p99"), (map(plain, row) for row in ways)))
    return [*told, *_paragraphs(filter(None, [cost.minutes_more, *cost.notes]))]


def _dns(content: Content, *, figures: bool) -> list[str]:
    told = ["## The DNS", plain(" ".join(content.dns_summary))]
    if figures:
        told.append(_picture("dns.png", content.dns_alt))
    if content.answers:
        rows = (
            (one.resolver, one.words, one.asked_at.both, one.old_until.both if one.old_until else "–", one.remarks)  # noqa: RUF001 -- a dash
            for one in content.answers
        )
        head = ("Resolver", "Answers with", "Asked", "Old answer expires", "Remarks")
        told.append(_table(head, (map(plain, row) for row in rows)))
    return told + ([plain(content.answers_more)] if content.answers_more else [])


def _rules(content: Content) -> list[str]:
    rows = (
        map(plain, (OUTCOMES[one.outcome], one.rule, one.sentence, one.value, one.threshold)) for one in content.rules
    )
    return ["## Why this verdict", _table(("", "Rule", "Found", "Value", "Threshold"), rows)] if content.rules else []


def _evidence(content: Content) -> list[str]:
    head = ("", "Old server", "New server") if content.has_new else ("", "Old server")
    rows = ((one.label, one.old, one.new)[: len(head)] for one in content.evidence)
    holes = [f"- gap: {plain(gap)}" for gap in content.gaps] + [f"- {plain(one)}" for one in content.troubles]
    return ["## Evidence", _table(head, (map(plain, row) for row in rows)), *(["\n".join(holes)] if holes else [])]


def _paragraphs(sentences: Iterable[str]) -> Iterator[str]:
    return (plain(sentence) for sentence in sentences)


def _table(head: tuple[str, ...], rows: Iterable[Iterable[str]]) -> str:
    """Return a table of cells that are Markdown already."""
    lines = [" | ".join(head), " | ".join("---" for _ in head), *(" | ".join(row) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines)


def _fenced(code: str, language: str) -> str:
    """Return a block of code whose fence is longer than any in it."""
    longest = max((len(ticks) for ticks in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code}\n{fence}"


def _indented(block: str) -> str:
    return "\n".join(f"   {line}" for line in block.splitlines())


def _picture(path: str, alt: str) -> str:
    return f"![{plain(alt)}]({path})"
