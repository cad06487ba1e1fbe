"""The moments of a backtest by two processes: as by one, whatever becomes of the other one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import deque
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small

from analyzer.drain import beside
from analyzer.drain.advise import advise
from analyzer.drain.evidence import gather
from analyzer.drain.moments import backtest
from analyzer.migration import load

if TYPE_CHECKING:
    from analyzer.drain.evidence import Evidence, Gathered
    from analyzer.drain.verdict import Verdict

MOMENTS = [small.CHANGED + n * timedelta(hours=6) for n in range(beside.FEW + 4)]
SLOW_S = 0.3  # [s] a moment: the other process begins within some seconds
# Reads what it is asked, answers the first moment, and ends.
ASLEEP = "#!/bin/sh\nexec sleep 60\n"
TIRED = """#!{python}
import pickle, sys
from analyzer.drain.advise import advise
gathered, moment = pickle.load(sys.stdin.buffer), pickle.load(sys.stdin.buffer)
pickle.dump(advise(gathered.at(moment)).verdict, sys.stdout.buffer)
"""


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> Gathered:
    """Return a small migration, read for all moments."""
    accepted = f'[policy]\naccepted = ["{small.STUCK}"]\n'
    told = small.toml(rest=small.WITH_NEW + small.WITH_DNS + accepted)
    return gather(load(small.write(tmp_path_factory.mktemp("beside"), small.story(), told)), MOMENTS)


@pytest.fixture(scope="module")
def alone(gathered: Gathered) -> list[Verdict]:
    """Return the verdicts as one process gives them."""
    return [one.verdict for one in backtest(gathered, MOMENTS)]


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Return the processes that are started, on a machine of two processors."""
    started: list[subprocess.Popen[bytes]] = []

    def popen(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(beside, "subprocess", type("Spied", (), {"Popen": popen, "PIPE": -1, "DEVNULL": -3}))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    return started


@pytest.fixture
def judged_here(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return the moments that this process judges, slowly, so that the other one comes to work."""
    here: list[object] = []

    def spied(evidence: Evidence) -> object:
        here.append(evidence.at)
        time.sleep(SLOW_S)
        return advise(evidence)

    monkeypatch.setattr(beside, "advise", spied)
    return here


def test_two_processes_say_what_one_says(
    gathered: Gathered, alone: list[Verdict], children: list[subprocess.Popen[bytes]], judged_here: list[object]
) -> None:
    """In time order whatever the order asked for, since when it has been safe as well; the other one takes its part."""
    assert list(beside.verdicts(gathered, MOMENTS[::-1])) == alone
    safe = [one.safe_at for one in alone if one.verdict == "safe"]
    assert len(safe) > 1
    assert {one and one.median for one in safe} == {next(one.at for one in alone if one.verdict == "safe")}
    assert len(judged_here) < len(MOMENTS)
    assert [child.poll() is not None for child in children] == [True]


@pytest.fixture(params=["#!/bin/false\n", TIRED, ASLEEP])
def stand_in(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return what is started instead of this Python."""
    program = tmp_path / "python"
    program.write_text(request.param.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    return program


@pytest.mark.usefixtures("stand_in")
def test_what_the_other_process_leaves_is_judged_here(
    gathered: Gathered, alone: list[Verdict], children: list[subprocess.Popen[bytes]]
) -> None:
    """One that never begins, one that ends with a moment in hand, one that never answers: each verdict is there."""
    assert list(beside.verdicts(gathered, MOMENTS)) == alone
    assert len(children) == 1
    assert children[0].poll() is not None


def test_a_moment_given_back_is_judged_by_who_waits_for_it(alone: list[Verdict]) -> None:
    """An answer of none is no verdict."""
    answers: beside.Answers = SimpleQueue()
    answers.put((3, None))
    assert beside._come(answers, deque([7]), 3) == (3, None)
    assert beside._come(answers, deque([7]), 3) == (7, None)
    answers.put((5, alone[5]))
    assert beside._come(answers, deque(), 5) == (5, alone[5])


def test_an_answer_that_never_comes_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is stopped: the moment is judged by who waits for it."""
    monkeypatch.setattr(beside, "PATIENCE_S", 0.05)
    assert beside._come(SimpleQueue(), deque(), 6) == (6, None)


def test_nothing_is_left_of_a_backtest_that_is_broken_off(
    gathered: Gathered, children: list[subprocess.Popen[bytes]]
) -> None:
    """Who reads no further ends the other process as well."""
    some = beside.verdicts(gathered, MOMENTS)
    next(some)
    some.close()  # type: ignore[attr-defined]  # an iterator that is a generator
    assert [child.returncode is not None for child in children] == [True]


def test_an_error_is_told_by_who_was_asked(gathered: Gathered, children: list[subprocess.Popen[bytes]]) -> None:
    """A moment that was not read is one, whoever took it; no process is left."""
    unread = [*MOMENTS, small.CHANGED + timedelta(minutes=1)]
    with pytest.raises(ValueError, match="not in"):
        list(beside.verdicts(gathered, unread))
    assert [child.returncode is not None for child in children] == [True]


@pytest.mark.parametrize(
    ("moments", "where"),
    [
        (beside.FEW - 1, {}),
        (24, {"processors": 1}),
        (24, {"most": 10}),
        (24, {"python": ""}),
        (24, {"python": "/none"}),
    ],
)
def test_no_process_where_it_would_not_help(
    moments: int,
    where: dict[str, Any],
    gathered: Gathered,
    children: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Few moments, one processor, a log so large that a second process should not hold it as well, no Python found."""
    monkeypatch.setattr(os, "cpu_count", lambda: where.get("processors", 2))
    monkeypatch.setattr(beside, "MOST_CELLS", where.get("most", beside.MOST_CELLS))
    monkeypatch.setattr(sys, "executable", where.get("python", sys.executable))
    told = [one.verdict for one in backtest(gathered, MOMENTS[:moments])]
    assert list(beside.verdicts(gathered, MOMENTS[:moments])) == told
    assert not children
