"""The real commands: help, exit status, and the contract's objects."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small
from command import STATUS, cutover, judged, verdict_at
from contract_shape import VERDICT, Or, count, faults, moment

from analyzer import simulation
from analyzer.cli import app
from analyzer.units import parse_moment, rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE = Path(__file__).parents[2] / "sample_logs"

# --- help ----------------------------------------------------------------------------------------------------------


def commands(found: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command with its words."""
    if not isinstance(found, TyperGroup):
        yield path, found
        return
    for name in found.commands:
        yield from commands(found.commands[name], *path, name)


COMMANDS = dict(commands(get_command(app)))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(words: tuple[str, ...]) -> None:
    """`--help` tells on stdout, in a sentence and by an example of itself; every option has its own."""
    run = cutover(*words, "--help")
    assert (run.status, run.told) == (0, ())
    assert run.out.startswith(f"Usage: cutover {' '.join(words)}")
    assert re.search(rf"Example: cutover {' '.join(words)} \S", run.out)
    for option in COMMANDS[words].params:
        assert getattr(option, "help", None), f"{option.name} has no help"


def test_the_contracts_commands_are_there() -> None:
    """Those that scripts call, as far as they are built."""
    told = {" ".join(words) for words in COMMANDS}
    wanted = {"init", "advise", "backtest", "report", "simulate", "dns show"}
    assert wanted | {"logs show", "logs quarantine", "logs summary"} <= told


def test_the_shape_tells_wrong_from_right() -> None:
    """It refuses a missing key, a surplus one, a truth for a number and a local time."""
    shape = {"n": count, "at": Or(moment, None)}
    assert faults({"n": 1, "at": None}, shape) == []
    for wrong in (
        {"n": 1},
        {"n": 1, "at": None, "x": 1},
        {"n": True, "at": None},
        {"n": 1, "at": "2026-03-02T22:00:00"},
    ):
        assert faults(wrong, shape)


# --- four migrations with a known future ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return folders that `cutover simulate` wrote."""
    root = tmp_path_factory.mktemp("simulated")
    for scenario in ("clean", "stuck"):
        run = cutover("simulate", "--scenario", scenario, "--seed", "2", "--out", root / scenario)
        assert (run.status, run.out) == (0, "")
        assert str(root / scenario / "cutover.toml") in run.told[-1], "it says how to judge it"
    return {scenario: root / scenario for scenario in ("clean", "stuck")}


@pytest.mark.parametrize(
    ("scenario", "days", "word"),
    [("clean", 10, "safe"), ("clean", 0.05, "wait"), ("stuck", 10, "stuck"), ("stuck", -0.05, "unknown")],
)
def test_each_verdict_its_exit_status_and_the_contracts_fields(
    simulated: dict[str, Path], scenario: str, days: float, word: str
) -> None:
    """Data on stdout, nothing to say on stderr, every field with its type, and null where the contract says so."""
    folder = simulated[scenario]
    truth = simulation.read_truth(folder / "truth.json")
    at = truth.changed_at + timedelta(days=days)
    found = judged(
        cutover("advise", "--config", folder / "cutover.toml", "--at", rfc3339(at), "--format", "json"), word
    )
    assert faults(found, VERDICT) == []
    assert (found["at"], found["lost_requests"]["budget"]) == (rfc3339(at), 10)
    assert found["lost_requests"]["horizon_s"] == 30 * 86_400
    assert (found["safe_at"] is None) == (word in {"stuck", "unknown"})
    assert (found["changed_at"] is None) == (days < 0)
    assert any(one["stuck"] for one in found["stragglers"]) == (word == "stuck")
    if word == "unknown":
        assert found["lost_requests"]["upper"] is None
        return
    assert found["lost_requests"]["expected"] <= found["lost_requests"]["upper"]
    assert truth.lost_requests(at, 30 * 86_400) <= found["lost_requests"]["upper"], "the promise of the bound"
    assert (found["lost_requests"]["upper"] <= 10) or word != "safe"


def test_under_safe_safe_at_is_since_when(simulated: dict[str, Path]) -> None:
    """A moment between the change and now at which the verdict was safe too, and truly so."""
    folder = simulated["clean"]
    truth = simulation.read_truth(folder / "truth.json")
    since = verdict_at(folder, rfc3339(truth.changed_at + timedelta(days=9)))["safe_at"]["median"]
    assert truth.changed_at < parse_moment(since) < truth.changed_at + timedelta(days=9)
    assert verdict_at(folder, since)["verdict"] == "safe"
    assert truth.lost_requests(parse_moment(since), 30 * 86_400) <= 10


# --- a small migration ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small migration, to be read only."""
    path = tmp_path_factory.mktemp("small")
    small.write(path, small.story())
    return path


def test_text_is_for_people_and_says_the_same(simulated: dict[str, Path]) -> None:
    """Without --format: the word, the budget and the stuck clients, in lines for a terminal, without colours."""
    folder = simulated["stuck"]
    truth = simulation.read_truth(folder / "truth.json")
    at = truth.changed_at + timedelta(days=10)
    run = cutover("advise", "--config", folder / "cutover.toml", "--at", rfc3339(at))
    assert (run.status, run.told) == (STATUS["stuck"], ())
    assert run.out.startswith("■ Stuck")
    stuck = truth.stuck_clients(at)
    assert stuck
    assert all(client.address in run.out for client in stuck)
    assert "\x1b" not in run.out
    assert max(map(len, run.out.splitlines())) <= 100


def test_now_is_when_no_moment_is_given(folder: Path) -> None:
    """The present one, to the second; the log, of other months, is no evidence for it."""
    before = datetime.now(UTC).replace(microsecond=0)
    found = judged(cutover("advise", "--format", "json", folder=folder), "unknown")
    assert before <= parse_moment(found["at"]) <= datetime.now(UTC)
    assert "bring" in found["reasons"][0]


def backtest(folder: Path, start: str, end: str, every: str) -> list[dict[str, Any]]:
    """Return the verdicts that `backtest` prints."""
    run = cutover("backtest", "--from", start, "--to", end, "--every", every, folder=folder)
    assert (run.status, run.told) == (0, ())
    return [json.loads(line) for line in run.out.splitlines()]


def test_backtest_prints_each_moment_with_both_ends(folder: Path) -> None:
    """One object a line, in order; an end that the step does not meet is not one of them."""
    found = backtest(folder, "2026-03-02T22:00:00Z", "2026-03-04T22:00:00Z", "12h")
    hours = ["02T22", "03T10", "03T22", "04T10", "04T22"]
    assert [one["at"] for one in found] == [f"2026-03-{hour}:00:00Z" for hour in hours]
    assert all(faults(one, VERDICT) == [] for one in found)
    uneven = backtest(folder, "2026-03-02T22:00:00Z", "2026-03-03T04:59:59Z", "6h")
    assert [one["at"][8:13] for one in uneven] == ["02T22", "03T04"]
    assert [one["at"] for one in backtest(folder, *["2026-03-02T22:00:00Z"] * 2, "6h")] == ["2026-03-02T22:00:00Z"]


def test_backtest_says_what_advise_says() -> None:
    """In a migration whose change is found from the snapshots; up to when it has been safe, which advise looks up."""
    for one in backtest(SAMPLE, "2026-03-02T21:00:00Z", "2026-03-07T23:00:00Z", "61h"):
        alone = verdict_at(SAMPLE, one["at"])
        if one["verdict"] == "safe":
            one["safe_at"] = alone["safe_at"] = None
        assert one == alone


def test_backtest_reads_the_logs_once(tmp_path: Path) -> None:
    """Out of a pipe, which gives its lines once: a second look would find none, or wait for ever."""
    small.write(tmp_path, small.story())
    lines = (tmp_path / "old.log").read_bytes()
    (tmp_path / "old.log").unlink()
    os.mkfifo(tmp_path / "old.log")
    writer = threading.Thread(target=(tmp_path / "old.log").write_bytes, args=(lines,), daemon=True)
    writer.start()
    found = backtest(tmp_path, "2026-03-02T22:00:00Z", "2026-03-09T22:00:00Z", "24h")
    writer.join(10)
    assert len(found) == 8
    assert {one["evidence"]["lines"] for one in found} == {len(small.story().old)}
    used = [one["evidence"]["used"] for one in found]
    assert used == [sum(rfc3339(line.at) <= one["at"] for line in small.story().old) for one in found]


def test_standard_input_is_a_log(folder: Path, tmp_path: Path) -> None:
    """`ssh old cat access.log | cutover advise …`: the same verdict as from the file."""
    at = "2026-03-05T22:00:00Z"
    small.write(tmp_path, small.Story((), small.story().new), small.toml(old_paths=["-"]))
    run = cutover("advise", "--at", at, "--format", "json", folder=tmp_path, stdin=(folder / "old.log").read_bytes())
    assert run.verdict() == verdict_at(folder, at)
