"""How the watch looks: a picture that renews itself on a terminal, a line a look elsewhere."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from analyzer.report.text import COLOURS, MARKS
from analyzer.units import rfc3339, spoken_duration
from analyzer.words import visible

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from analyzer.drain.verdict import Word
    from analyzer.watch.rounds import Look

REMARKS = 8  # lines of what happened that stay on the screen
LEFT_SHOWN = 8
LINE_LENGTH = 300  # [characters]


def line(found: Look) -> str:
    """Return a look as one line: `2026-03-05T22:00:00Z wait: at most 58 requests lost …`."""
    if found.report is None:
        return f"{_when(found)} no verdict yet"
    said = found.report.content
    stale = "" if found.report.findings.verdict.at == found.at else f" (as of {said.at.both})"
    return f"{_when(found)} {said.verdict}: {said.number}{stale}"


def _when(found: Look) -> str:
    """Return the second of a look."""
    return rfc3339(found.at.replace(microsecond=0))


class Lines:
    """A line a look, and a line a trouble, said once while it lasts."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._known: frozenset[str] = frozenset()

    def looked(self, found: Look) -> None:
        """Say how a look ended."""
        for trouble in found.troubles:
            if trouble not in self._known:
                self._say(f"cutover: warning: {visible(trouble, LINE_LENGTH)}")
        self._known = frozenset(found.troubles)
        self._say(line(found))

    def waiting(self, left_s: float) -> None:
        """Say nothing."""

    def told(self, sentence: str) -> None:
        """Say a remark."""
        self._say(f"cutover: {sentence}")


class Screen:
    """The verdict, who is left and what happened, renewed each second; a context manager."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False, transient=False)
        self._remarks: deque[str] = deque(maxlen=REMARKS)
        self._found: Look | None = None

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def looked(self, found: Look) -> None:
        """Show a look."""
        known = frozenset(self._found.troubles) if self._found else frozenset[str]()
        before = self._found.report.content.verdict if self._found and self._found.report else None
        self._found = found
        self._remarks += [f"{_when(found)} {visible(one, LINE_LENGTH)}" for one in found.troubles if one not in known]
        if found.report is not None and found.report.content.verdict != before:
            self._remarks.append(line(found))
        self._draw(None)

    def waiting(self, left_s: float) -> None:
        """Show how long it is until the next look."""
        self._draw(left_s)

    def told(self, sentence: str) -> None:
        """Show a remark."""
        self._remarks.append(sentence)

    def _draw(self, left_s: float | None) -> None:
        self._live.update(picture(self._found, tuple(self._remarks), left_s), refresh=True)


def picture(found: Look | None, remarks: tuple[str, ...], left_s: float | None) -> Group:
    """Return the whole picture; a stranger's text is never markup.

    Parameters
    ----------
    left_s
        [s] until the next look; None while looking.
    """
    when = "looking …" if left_s is None else f"next look in {spoken_duration(max(left_s, 0.0))}"
    count = 0 if found is None else found.count
    foot = Text(f"{when}; {count} looks, Ctrl-C ends", style="dim")
    told = [Text(remark, style="dim") for remark in remarks]
    if found is None or found.report is None:
        return Group(Text("No verdict yet.", style="bold"), *told, foot)
    said = found.report.content
    word: Word = said.verdict
    head = Text.assemble((f"{MARKS[word]} {said.label}: ", COLOURS[word]), (said.finding, "bold"))
    facts = Table.grid(padding=(0, 2, 0, 0))
    for fact in said.facts:
        facts.add_row(Text(fact.label, style="dim"), Text(fact.value, style="bold"), Text(fact.note))
    return Group(
        head, Text(f"{said.title}, as of {said.at.both}", style="dim"), Text(), facts, *_left(found), *told, foot
    )


def _left(found: Look) -> list[Table | Text]:
    """Return who is left, the first few."""
    said = None if found.report is None else found.report.content
    if said is None or not said.left:
        return []
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, pad_edge=False, header_style="dim")
    for title in ("", "Client", "Kind", "Last seen", "Expected loss"):
        table.add_column(title, overflow="fold")
    for one in said.left[:LEFT_SHOWN]:
        mark = MARKS["stuck"] if one.stuck else ""
        table.add_row(mark, Text(one.client), Text(one.kind), Text(one.last_seen.brief), one.expected)
    return [Text(), table, Text()]
