"""Bad use of the real command: cutover.toml, the command line, and outputs that fail; one clear line each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small
from command import LIMIT_S, command, cutover, environment, refused

if TYPE_CHECKING:
    from command import Run

AT = "2026-03-05T22:00:00Z"
OLD_LOG = "old.log"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a whole migration in it, to be read only."""
    path = tmp_path_factory.mktemp("whole")
    small.write(path, small.story())
    return path


@pytest.fixture
def folder(tmp_path: Path, whole: Path) -> Path:
    """Return a folder of its own with that migration in it."""
    for file in whole.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def advise(folder: Path) -> Run:
    """Return how `cutover advise` ran."""
    return cutover("advise", "--config", folder / "cutover.toml", "--at", AT, "--format", "json")


# --- cutover.toml --------------------------------------------------------------------------------------------------


def test_missing_cutover_toml(folder: Path) -> None:
    """How to write one is said."""
    (folder / "cutover.toml").unlink()
    refused(advise(folder), (str(folder / "cutover.toml"), "No such file", "cutover init"))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("[migration]\nnames = [", [("cutover.toml:2: ", "not TOML")]),
        ('[migration]\nnames = ["a.example"]\nnames = ["b.example"]\n', [("cutover.toml:3: ", "not TOML")]),
        ("\xff\xfe", [("cutover.toml:1: ", "not UTF-8", "save the file as UTF-8")]),
        ("", [("migration", "is missing", "[migration]")]),
        (
            small.toml(migration='nmae = "x"'),
            [("migration.nmae", "unknown key", "'x'", "did you mean names in [migration]")],
        ),
        (
            small.toml(
                migration='ttl = "an hour"\nchanged_at = "yesterday"', form="combind", rest="[polcy]\nbudget = 3"
            ),
            [
                ("migration.ttl", "'an hour'", "3600"),
                ("migration.changed_at", "'yesterday'", "2026-03-02T22:00:00Z"),
                ("logs.old.format", "'combind'", "combined"),
                ("polcy", "unknown key", "did you mean policy"),
            ],
        ),
        (small.toml().partition("[logs.old]")[0], [("cutover.toml", "no access log", "[logs.old]")]),
    ],
    ids=["syntax", "key twice", "not UTF-8", "empty", "unknown key", "several faults", "no log named"],
)
def test_bad_cutover_toml(folder: Path, text: str, lines: list[tuple[str, ...]]) -> None:
    """Key, value and remedy; all faults of a file at once, a line each."""
    (folder / "cutover.toml").write_bytes(text.encode("latin-1"))
    refused(advise(folder), *lines)


# --- the command line ----------------------------------------------------------------------------------------------

FROM, TO = ("--from", "2026-03-02T22:00:00Z"), ("--to", AT)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["advise", "--at", "yesterday"], ("--at", "'yesterday'", "write 2026-03-02T22:00:00Z")),
        (["advise", "--at", ""], ("--at", "not a time", "write 2026-03-02T22:00:00Z")),
        (["advise", "--at", "2026-03-05T22:00:00"], ("--at", "without its offset")),
        (["advise", "--at", "0001-01-01T00:00:00Z"], ("--at", "'0001-01-01T00:00:00Z'", "outside the years")),
        (["advise", "--at", "9999-12-31T23:59:59-23:59"], ("--at", "no calendar has")),
        (["advise", "--format", "yaml"], ("--format", "'yaml'", "json")),
        (["advise", "--config"], ("--config", "--help")),
        (["advise", "--confg", "x"], ("--confg", "--config", "--help")),
        (["advise", "surplus"], ("surplus", "--help")),
        (["advice"], ("'advice'", "'advise'", "--help")),
        (["backtest", *FROM], ("--to", "--help")),
        (["backtest", *FROM, *TO, "--every", "0"], ("--every", "'0'", "12h")),
        (["backtest", *FROM, *TO, "--every", "-6h"], ("--every", "'-6h'", "12h")),
        (["backtest", *FROM, *TO, "--every", "now and then"], ("--every", "'now and then'", "12h")),
        (["backtest", *FROM, *TO, "--every", "1s"], ("--every", "10,000 moments", "longer step")),
        (["backtest", *FROM, "--to", "2026-03-02T21:59:59Z"], ("--to", "before --from", "swap")),
        (["report", "--out", "r", "--at", AT, "--zone", "Mars/Base"], ("--zone", "'Mars/Base'", "Europe/Berlin")),
        (["simulate", "--out", "s", "--scenario", "cleen"], ("--scenario", "'cleen'", "did you mean clean")),
        (["logs", "summary"], ("no log is named", "FILE", "--config")),
        (["dns", "show", "--at", "soon"], ("--at", "'soon'")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_usage(folder: Path, arguments: list[str], line: tuple[str, ...]) -> None:
    """One line that names option and value; nothing is written."""
    before = sorted(folder.iterdir())
    refused(cutover(*arguments, folder=folder), line)
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("arguments", [[], ["logs"], ["dns"]], ids=["cutover", "cutover logs", "cutover dns"])
def test_without_a_command_the_help_is_shown(arguments: list[str]) -> None:
    """As what a person should read, and as bad usage for scripts."""
    run = cutover(*arguments)
    assert (run.status, run.out) == (2, "")
    assert run.told[0].startswith("Usage: cutover")
    assert "Commands:" in run.told


def test_out_where_a_file_stands(folder: Path) -> None:
    """The file stays as it was."""
    wall = folder / "wall"
    wall.write_text("mine")
    run = cutover("report", "--config", folder / "cutover.toml", "--at", AT, "--out", wall)
    refused(run, (str(wall), "cannot make the folder", "name another folder"))
    assert wall.read_text() == "mine"


# --- what reads the output -----------------------------------------------------------------------------------------


def left_alone(folder: Path, *arguments: str, after_lines: int = 0) -> tuple[int, bytes]:
    """Return exit status and stderr of a command whose reader goes away after so many lines."""
    with subprocess.Popen(
        command(*arguments), cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        for _ in range(after_lines):
            running.stdout.readline()
        running.stdout.close()
        told_of = running.stderr.read()
        return running.wait(LIMIT_S), told_of


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["advise", "--at", AT], 10),
        (["advise", "--at", AT, "--format", "json"], 10),
        (["report", "--at", AT, "--out", "report"], 10),
        (["backtest", *FROM, *TO, "--every", "6h"], 0),
        (["dns", "show", "--at", "2026-03-02T20:00:00Z"], 10),
        (["logs", "summary", OLD_LOG], 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_reader_that_never_reads(folder: Path, arguments: list[str], status: int) -> None:
    """`cutover … | true`: no line of complaint, and a verdict's exit status stays: 0 would mean safe."""
    got, told_of = left_alone(folder, *arguments)
    assert got == status
    assert b"rror" not in told_of
    assert b"itself" not in told_of


def test_a_reader_that_leaves_after_a_line(folder: Path) -> None:
    """`cutover logs show … | head -1`: more than a pipe holds is still to come."""
    got, told_of = left_alone(folder, "logs", "show", OLD_LOG, "--format", "jsonl", after_lines=1)
    assert (got, told_of) == (0, b"")


def test_a_full_disk_behind_stdout(folder: Path) -> None:
    """One line, and no status that could be taken for a verdict."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("advise", "--at", AT),
            cwd=folder,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=LIMIT_S,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        "cutover: the output: No space left on device; make room, or look at it"
    ]
