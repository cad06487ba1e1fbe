"""What the watch shows: a picture on a terminal, a line a look elsewhere; and how it keeps time."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_answers
import report_examples as examples

from analyzer.report.report import Findings, Report
from analyzer.watch import loop, rounds
from analyzer.watch.live import Lines, picture
from analyzer.watch.loop import Watch
from analyzer.watch.rounds import Look, Wishes, World, look


def seen(word: str = "wait", **about: object) -> Look:
    """Return a look with a report."""
    found = Findings(examples.verdict(word), examples.migration(), None, None, report_answers.states()[:0])  # type: ignore[arg-type]
    return Look(examples.AT, Report(found, ZoneInfo("UTC")), **about)  # type: ignore[arg-type]


def drawn(found: Look | None, *remarks: str, width: int = 80) -> str:
    """Return the picture as text."""
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=False, color_system=None).print(picture(found, remarks, 90.0))
    return out.getvalue()


@pytest.mark.parametrize("word", ["safe", "wait", "stuck", "unknown"])
@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_picture_fits_and_says_the_verdict(word: str, width: int) -> None:
    """Verdict, numbers, who is left, when the next look is; no line is wider than the terminal."""
    told = drawn(seen(word, count=3), "a remark", width=width)
    assert max(len(line) for line in told.splitlines()) <= width
    words = " ".join(told.split())
    assert {"safe": "Safe:", "wait": "Not yet:", "stuck": "Stuck:", "unknown": "Unknown:"}[word] in words
    assert "next look in 90 s; 3 looks, Ctrl-C ends" in words
    assert "a remark" in words


def test_before_the_first_verdict_it_says_so() -> None:
    """A watch whose logs cannot be read yet is not blank."""
    assert "No verdict yet." in drawn(None)
    assert "No verdict yet." in drawn(Look(examples.AT))


def test_hostile_clients_stay_text_on_the_terminal() -> None:
    """No escape, no markup of a log reaches the screen."""
    told = drawn(seen("wait"))
    assert "\x1b" not in told
    assert "evil<b>.example" in told


def test_a_trouble_that_lasts_is_said_once() -> None:
    """And again after it was gone; each look has its line."""
    said: list[str] = []
    lines = Lines(said.append)
    for troubles in (("full disk",), ("full disk",), (), ("full disk",)):
        lines.looked(seen(troubles=troubles))
    assert sum("full disk" in line for line in said) == 2
    assert sum("wait: at most" in line for line in said) == 4


def test_a_verdict_of_an_earlier_look_is_told_as_one() -> None:
    """Where the last look could not judge, the line says of when its verdict is."""
    said: list[str] = []
    old = seen("wait")
    Lines(said.append).looked(Look(old.at + timedelta(hours=2), old.report))
    assert "(as of Thu 12 Mar 2026 13:00 UTC)" in said[0]


class View:
    """What the loop showed."""

    def __init__(self) -> None:
        self.looks: list[Look] = []
        self.remarks: list[str] = []

    def looked(self, found: Look) -> None:
        """Keep a look."""
        self.looks.append(found)

    def waiting(self, left_s: float) -> None:
        """Nothing."""

    def told(self, sentence: str) -> None:
        """Keep a remark."""
        self.remarks.append(sentence)


@pytest.mark.parametrize(("step_s", "said"), [(0, None), (7200, "forward by 7200 s"), (-7200, "back by 7200 s")])
def test_a_clock_that_is_set_is_told_and_changes_no_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step_s: float, said: str | None
) -> None:
    """The looks keep their distance on the even clock; each judges as of the wall clock of its moment."""
    even_s, wall = [1000.0], [examples.AT]

    def sleep(seconds: float) -> None:
        even_s[0] += seconds
        wall[0] += timedelta(seconds=seconds)

    def judge(at: object) -> object:
        wall[0] += timedelta(seconds=step_s)
        raise OSError(5, f"asked at {at}")

    monkeypatch.setattr(loop.time, "monotonic", lambda: even_s[0])
    monkeypatch.setattr(loop.time, "sleep", sleep)
    monkeypatch.setattr(loop, "now", lambda: wall[0])
    view = View()
    around = World(None, judge, None, sleep, {})  # type: ignore[arg-type]
    Watch(around, Wishes(tmp_path / "s", ZoneInfo("UTC")), view, 300.0, Look(examples.AT)).run(3)
    assert even_s[0] == 1600.0
    assert [one.at for one in view.looks] == [examples.AT + n * timedelta(seconds=300 + step_s) for n in range(3)]
    assert [remark.endswith(said) for remark in view.remarks if said] == ([True, True] if said else [])


def test_the_history_keeps_the_costliest_clients() -> None:
    """Of thousands of stragglers twenty, the stuck ones first; all else of the verdict stays."""
    many = tuple(replace(examples.DRAINING[0], client=str(n), expected_requests=float(n)) for n in range(3000))
    verdict = examples.verdict("stuck", stragglers=(*many, examples.STUCK)).as_json()
    kept = rounds._kept(verdict)
    assert [one["client"] for one in kept["stragglers"][:3]] == ["203.0.113.9", "2999", "2998"]
    assert len(kept["stragglers"]) == 20
    assert {**kept, "stragglers": []} == {**verdict, "stragglers": []}


def test_a_fault_of_ours_does_not_end_the_watch(tmp_path: Path) -> None:
    """It is told like any trouble, in one bounded line."""

    def judge(_: object) -> object:
        raise ZeroDivisionError("x" * 1000)

    around = World(None, judge, None, lambda _: None, {})  # type: ignore[arg-type]
    found = look(lambda: examples.AT, Look(examples.AT), around, Wishes(tmp_path / "s", ZoneInfo("UTC")))
    assert found.troubles[0].startswith("a fault of cutover itself: ZeroDivisionError: xxx")
    assert len(found.troubles[0]) <= 300


def test_what_was_asked_at_a_look_is_judged_at_it(tmp_path: Path) -> None:
    """The moment that is judged lies behind the questions and the canary of the same look."""
    wall = [examples.AT]

    def lasts() -> None:
        wall[0] += timedelta(seconds=3)

    judged: list[object] = []
    around = World(lasts, judged.append, None, lambda _: None, {}, lasts)  # type: ignore[arg-type]
    found = look(lambda: wall[0], Look(examples.AT), around, Wishes(tmp_path / "s", ZoneInfo("UTC")))
    assert judged == [examples.AT + timedelta(seconds=6)] == [found.at]
