"""The real commands: help, exit status, the contract's objects, files, and what strangers wrote into the log."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small
from command import STATUS, cutover, judged

from analyzer import simulation
from analyzer.cli import app
from analyzer.units import parse_moment, rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator

    from command import Run

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


# --- the contract's object -----------------------------------------------------------------------------------------

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


def moment(value: Any) -> bool:
    """Return whether it is a moment of the contract: RFC 3339, UTC."""
    return isinstance(value, str) and MOMENT.fullmatch(value) is not None


def number(value: Any) -> bool:
    """Return whether it is a number, 0 or more."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def count(value: Any) -> bool:
    """Return whether it is a whole number, 0 or more."""
    return number(value) and isinstance(value, int)


def text(value: Any) -> bool:
    """Return whether it is a text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def boolean(value: Any) -> bool:
    """Return whether it is true or false."""
    return isinstance(value, bool)


class Or:
    """A value of one of several shapes."""

    def __init__(self, *shapes: Any) -> None:
        self.shapes = shapes


LOG = {
    "lines": count,
    "parsed": count,
    "quarantined": count,
    "used": count,
    "first": Or(moment, None),
    "last": Or(moment, None),
    "gaps": [{"from": moment, "to": moment}],
    "troubles": [text],
}
STRAGGLER = {
    "client": text,
    "agent": Or(str, None),
    "kind": Or("person", "program", "crawler", "monitor", "scanner"),
    "requests": count,
    "first_seen": moment,
    "last_seen": moment,
    "expected_requests": number,
    "stuck": boolean,
    "why": text,
}
VERDICT = {
    "schema": "cutover.verdict/1",
    "at": moment,
    "changed_at": Or(moment, None),
    "verdict": Or("safe", "wait", "stuck", "unknown"),
    "lost_requests": {
        "expected": Or(number, None),
        "upper": Or(number, None),
        "budget": number,
        "horizon_s": number,
    },
    "lost_clients": {"expected": Or(number, None), "upper": Or(number, None)},
    "safe_at": Or({"median": Or(moment, None), "upper": Or(moment, None)}, None),
    "residual": {"requests_per_day": number, "share_of_normal": Or(number, None), "clients_24h": count},
    "dns": {
        "resolvers": count,
        "on_new": count,
        "on_old": count,
        "failing": count,
        "last_old_expires_at": Or(moment, None),
        "authoritative_agree": Or(boolean, None),
    },
    "stragglers": [STRAGGLER],
    "evidence": Or({**LOG, "new": LOG}, LOG),
    "reasons": [text],
}


def faults(value: Any, shape: Any, where: str = "verdict") -> list[str]:
    """Return what of a value does not have a shape."""
    if isinstance(shape, Or):
        found = [faults(value, one, where) for one in shape.shapes]
        return min(found, key=len)
    if isinstance(shape, dict):
        if not isinstance(value, dict) or value.keys() != shape.keys():
            return [f"{where}: {value!r}"]
        return [fault for key in shape for fault in faults(value[key], shape[key], f"{where}.{key}")]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{where}: {value!r}"]
        return [fault for i, one in enumerate(value) for fault in faults(one, shape[0], f"{where}[{i}]")]
    fits = isinstance(value, str) if shape is str else shape(value) if callable(shape) else value == shape
    return [] if fits else [f"{where}: {value!r}"]


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


def verdict_at(folder: Path, at: str) -> dict[str, Any]:
    """Return the verdict that `advise` prints for a moment."""
    return cutover("advise", "--config", folder / "cutover.toml", "--at", at, "--format", "json").verdict()


# --- a small migration ---------------------------------------------------------------------------------------------


@cache
def told() -> small.Story:
    """Return the story that the following tests tell."""
    return small.story()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small migration, to be read only."""
    path = tmp_path_factory.mktemp("small")
    small.write(path, told())
    return path


def test_text_is_for_people_and_says_the_same(folder: Path) -> None:
    """Without --format: the word, the budget and the stuck client, in lines for a terminal, without colours."""
    run = cutover("advise", "--at", "2026-03-10T21:00:00Z", folder=folder)
    assert (run.status, run.told) == (STATUS["stuck"], ())
    assert run.out.startswith("■ Stuck")
    assert small.STUCK in run.out
    assert "\x1b" not in run.out
    assert max(map(len, run.out.splitlines())) <= 100


def test_now_is_when_no_moment_is_given(folder: Path) -> None:
    """Months after its last line the log is no evidence."""
    run = cutover("advise", "--format", "json", folder=folder)
    assert "bring it up to now" in judged(run, "unknown")["reasons"][0]


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
    small.write(tmp_path, told())
    lines = (tmp_path / "old.log").read_bytes()
    (tmp_path / "old.log").unlink()
    os.mkfifo(tmp_path / "old.log")
    writer = threading.Thread(target=(tmp_path / "old.log").write_bytes, args=(lines,), daemon=True)
    writer.start()
    found = backtest(tmp_path, "2026-03-02T22:00:00Z", "2026-03-09T22:00:00Z", "24h")
    writer.join(10)
    assert len(found) == 8
    assert {one["evidence"]["lines"] for one in found} == {len(told().old)}
    used = [one["evidence"]["used"] for one in found]
    assert used == [sum(rfc3339(line.at) <= one["at"] for line in told().old) for one in found]


def test_standard_input_is_a_log(folder: Path, tmp_path: Path) -> None:
    """`ssh old cat access.log | cutover advise …`: the same verdict as from the file."""
    at = "2026-03-05T22:00:00Z"
    small.write(tmp_path, small.Story((), told().new), small.toml(old_paths=["-"]))
    run = cutover("advise", "--at", at, "--format", "json", folder=tmp_path, stdin=(folder / "old.log").read_bytes())
    assert run.verdict() == verdict_at(folder, at)


# --- the report ----------------------------------------------------------------------------------------------------

FILES = ["dns.png", "drain.png", "report.html", "verdict.json"]


def report(folder: Path, out: Path, at: str) -> Run:
    """Return how `cutover report` ran."""
    return cutover("report", "--at", at, "--out", out, "--zone", "Europe/Berlin", folder=folder)


def test_report_writes_four_files_twice_the_same(folder: Path, tmp_path: Path) -> None:
    """verdict.json is what advise prints; its exit status too; the same evidence gives the same bytes."""
    at = "2026-03-05T22:00:00Z"
    runs = [report(folder, tmp_path / name, at) for name in ("one", "two")]
    assert [(run.status, run.out) for run in runs] == [(STATUS["wait"], "wait\n")] * 2
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == FILES
    assert len(runs[0].told) == len(FILES), "one line a file, on stderr"
    assert json.loads((tmp_path / "one" / "verdict.json").read_text()) == verdict_at(folder, at)
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
    polls = [one for one in told().old if one.client == small.STUCK]
    pests = [
        replace(poll, client=f"203.0.113.{20 + n}", agent=agent)
        for n, agent in enumerate(HOSTILE.values())
        for poll in polls
    ]
    small.write(path, small.Story((*told().old, *pests), told().new))
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
    agents = {one["agent"] for one in judged(run, "stuck")["stragglers"]}
    assert set(HOSTILE) <= agents
    printed = cutover("advise", "--at", at, folder=hostile).out
    assert controls(run.out) == controls(printed) == set()
    assert all(f"203.0.113.{20 + n}" in printed for n in range(len(HOSTILE)))
    assert r"\x1b[2J" in printed
    assert "7*7" in printed
    assert report(hostile, tmp_path, at).status == STATUS["stuck"]
    page = (tmp_path / "report.html").read_text()
    elements = Elements(page)
    assert "script" not in elements.tags
    assert "onerror" not in elements.attributes
    assert "<script>alert(1)</script>" in elements.said
    assert controls(page) == set()
    assert elements.tags.count("img") == 2, "the two figures"


def test_hostile_agents_are_told_apart(hostile: Path) -> None:
    """As the log wrote them: each is a client of its own, with all its requests since the change."""
    since = [one for one in told().old if one.client == small.STUCK and one.at >= small.CHANGED]
    found = verdict_at(hostile, rfc3339(since[-1].at))
    requests = {one["agent"]: one["requests"] for one in found["stragglers"]}
    assert {agent: requests[agent] for agent in HOSTILE} == dict.fromkeys(HOSTILE, len(since))
