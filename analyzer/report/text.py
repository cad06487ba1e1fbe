"""The report on a terminal: the same content as text, with colours where there is a terminal to show them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.drain.verdict import Word
    from analyzer.report.content import Content
    from analyzer.report.left import Left

WIDTH = 100  # [columns] where nobody says
LEAST_WIDTH = 40  # [columns] below it the words themselves no longer fit
COLOURS: dict[Word, str] = {"safe": "bold green", "wait": "bold yellow", "stuck": "bold red", "unknown": "bold magenta"}
MARKS: dict[Word, str] = {"safe": "✓", "wait": "…", "stuck": "■", "unknown": "?"}
OUTCOMES = {"passed": ("✓", "green"), "failed": ("✗", "red"), "unknown": ("?", "magenta")}
LEFT_COLUMNS = ("", "Client", "Kind", "Last seen", "Requests", "Expected loss")


def text(content: Content, width: int = WIDTH) -> str:
    """Return the report as plain text that fits so many columns: no colours, no control characters but line ends.

    Parameters
    ----------
    content
        What it says.
    width
        [columns] of the terminal or of the pipe's reader.
    """
    out = io.StringIO()
    plain = Console(
        file=out,
        width=max(width, LEAST_WIDTH),
        color_system=None,
        force_terminal=False,
        emoji=False,
        markup=False,
        highlight=False,
        legacy_windows=False,
    )
    plain.print(rich_text(content))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def rich_text(content: Content) -> RenderableType:
    """Return the report as something that a `rich` console prints; a stranger's text is never markup."""
    colour = COLOURS[content.verdict]
    head = Text.assemble((f"{MARKS[content.verdict]} {content.label}: ", colour), (content.finding, "bold"))
    return Group(
        head,
        *(Padding(Text(sentence), (0, 0, 0, 2)) for sentence in content.details),
        Text(f"  {content.title}, as of {content.at.both}", style="dim"),
        *_part("Who is left", _left(content)),
        *_part("Downtime around the change", _losses(content)),
        *_part("The DNS", _dns(content)),
        *_part("Why this verdict", _rules(content)),
        *_part("Evidence", _evidence(content)),
        *_part("What to do next", _steps(content)),
    )


def _part(title: str, body: Iterable[RenderableType]) -> list[RenderableType]:
    """Return a titled part of the report; nothing if it has nothing to say."""
    lines = [Padding(one, (0, 0, 0, 2)) for one in body]
    return [Text(""), Text(title, style="bold underline"), *lines] if lines else []


def _left(content: Content) -> list[RenderableType]:
    """Return the clients, the stuck ones with why and what to do."""
    if not content.left:
        return [Text("nobody of the kinds that count")]
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, pad_edge=False, header_style="dim")
    for title in LEFT_COLUMNS:
        table.add_column(title, justify="right" if title in LEFT_COLUMNS[-2:] else "left", overflow="fold")
    for one in content.left:
        style = COLOURS["stuck"] if one.stuck else ""
        mark = MARKS["stuck"] if one.stuck else ""
        table.add_row(
            Text(mark, style),
            Text(f"{one.client}\n{one.name}".rstrip(), style),
            Text(one.kind),
            Text(one.last_seen.brief, no_wrap=True),
            one.requests,
            one.expected,
        )
    told: list[RenderableType] = [table]
    told += [_stuck(one) for one in content.left if one.stuck]
    return [*told, Text(content.left_more)] if content.left_more else told


def _stuck(one: Left) -> Text:
    """Return why a client is stuck and what to do about it."""
    return Text.assemble((one.client, COLOURS["stuck"]), f" ({one.agent}) is stuck: {one.why} → {one.what_to_do}")


def _losses(content: Content) -> list[RenderableType]:
    """Return what the change cost."""
    cost = content.downtime
    if cost is None:
        return []
    told: list[RenderableType] = [Text(sentence) for sentence in cost.sentences]
    if cost.minutes:
        rows = ((one.minute.brief, one.server, one.failed, one.requests, one.statuses) for one in cost.minutes)
        told.append(_grid(("Minute", "Server", "Failed", "Requests", "Status"), rows))
    if cost.latencies:
        ways = ((one.way, one.requests, one.p50, one.p95, one.p99) for one in cost.latencies)
        told.append(_grid(("Answers", "Requests", "p50", "p95", "p99"), ways))
    return [*told, *(Text(note) for note in (cost.minutes_more, *cost.notes) if note)]


def _grid(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    """Return a plain table; no cell is markup."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, pad_edge=False, header_style="dim")
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _dns(content: Content) -> list[RenderableType]:
    """Return what the resolvers say, those first that do not answer new."""
    told: list[RenderableType] = [Text(sentence) for sentence in content.dns_summary]
    for one in content.answers:
        until = f", until {one.old_until.both}" if one.old_until else ""
        remarks = f" ({one.remarks})" if one.remarks else ""
        told.append(Text(f"{one.resolver}: {one.words}{remarks}{until}"))
    return told


def _rules(content: Content) -> list[RenderableType]:
    """Return what each rule found."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    for rule in content.rules:
        mark, colour = OUTCOMES[rule.outcome]
        grid.add_row(Text(mark, colour), Text.assemble(rule.sentence, (f" [{rule.rule}]", "dim")))
    return [grid] if content.rules else []


def _evidence(content: Content) -> list[RenderableType]:
    """Return what was read."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    for title in ("", "Old server", *(("New server",) if content.has_new else ())):
        table.add_column(title, overflow="fold")
    for row in content.evidence:
        table.add_row(row.label, row.old, *((row.new,) if content.has_new else ()))
    told: list[RenderableType] = [table]
    told += [Text(f"gap: {gap}") for gap in content.gaps]
    return told + [Text(trouble) for trouble in content.troubles]


def _steps(content: Content) -> list[RenderableType]:
    """Return what to do next, numbered, commands on lines of their own."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    for number, step in enumerate(content.steps, 1):
        grid.add_row(Text(f"{number}."), Text(step.text))
        if step.code:
            grid.add_row("", Text(step.code, style="cyan", overflow="fold"))
    return [grid]
