"""Bad input, given to the real command: one clear line each, the right exit status, and what could be read is used."""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
import zlib
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small
from command import LIMIT_S, command, cutover, environment, judged, refused

if TYPE_CHECKING:
    from command import Run

AT = "2026-03-05T22:00:00Z"  # three days after the change: one program still polls the old address, so: wait
OLD_LOG, NEW_LOG = "old.log", "new.log"


@cache
def told() -> small.Story:
    """Return the story that all these tests spoil."""
    return small.story()


@cache
def lines_of(form: str) -> tuple[str, ...]:
    """Return the lines of the old server's log in a format."""
    return tuple(getattr(one, form)() for one in told().old)


def used_until(at: str) -> int:
    """Return how many requests the old server saw up to a moment."""
    return sum(f"{one.at:%Y-%m-%dT%H:%M:%SZ}" <= at for one in told().old)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a whole migration in it."""
    small.write(tmp_path, small.Story((), told().new), small.toml())
    small.write_log(tmp_path / OLD_LOG, lines_of("combined"))
    return tmp_path


def configure(folder: Path, **parts: object) -> None:
    """Write another cutover.toml."""
    (folder / "cutover.toml").write_text(small.toml(**parts))  # type: ignore[arg-type] -- parts as toml takes them


def advise(folder: Path, at: str = AT, *, humbly: bool = False) -> Run:
    """Return how `cutover advise` ran, in the folder, with JSON on stdout."""
    return cutover("advise", "--config", folder / "cutover.toml", "--at", at, "--format", "json", humbly=humbly)


def test_without_a_fault_nothing_is_told(folder: Path) -> None:
    """All lines are read, those not later than the moment are used, stderr is silent: what the others differ from."""
    evidence = judged(advise(folder), "wait")["evidence"]
    assert evidence["lines"] == evidence["parsed"] == len(told().old)
    assert evidence["used"] == used_until(AT)
    assert evidence["new"]["lines"] == len(told().new)
    assert evidence["troubles"] == evidence["gaps"] == []


# --- the old server's logs -----------------------------------------------------------------------------------------


def test_missing_log(folder: Path) -> None:
    """A named file that is not there."""
    (folder / OLD_LOG).unlink()
    refused(advise(folder), (str(folder / OLD_LOG), "no such file", "check the path"))


def test_glob_without_a_match(folder: Path) -> None:
    """A pattern that no file fits."""
    configure(folder, old_paths=["access.log*"])
    refused(advise(folder), (str(folder / "access.log*"), "no file matches", "check the path"))


def test_all_missing_logs_are_told_at_once(folder: Path) -> None:
    """Two missing files are two lines."""
    configure(folder, old_paths=["one.log", "two.log"])
    refused(advise(folder), ("one.log", "no such file"), ("two.log", "no such file"))


def test_unreadable_log(folder: Path) -> None:
    """A file that may not be read."""
    (folder / OLD_LOG).chmod(0)
    refused(advise(folder, humbly=True), (str(folder / OLD_LOG), "cannot be read", "Permission denied"))


def test_one_unreadable_log_of_several(folder: Path) -> None:
    """The other ones are used, and the evidence says which could not be read."""
    configure(folder, old_paths=["secret.log", OLD_LOG])
    small.write_log(folder / "secret.log", lines_of("combined")[:10])
    (folder / "secret.log").chmod(0)
    found = judged(advise(folder, humbly=True), "wait", ("secret.log", "cannot be read", "Permission denied"))
    assert found["evidence"]["lines"] == len(told().old)


def test_empty_log(folder: Path) -> None:
    """No line, no verdict: bring one."""
    (folder / OLD_LOG).write_bytes(b"")
    found = judged(advise(folder), "unknown", (OLD_LOG, "is empty"))
    assert "bring" in found["reasons"][0]
    assert found["lost_requests"]["upper"] is None


def test_an_empty_file_of_a_rotated_set_is_normal(folder: Path) -> None:
    """Right after the rotation."""
    configure(folder, old_paths=["old.log*"])
    small.write_log(folder / "old.log.1", lines_of("combined"))
    (folder / OLD_LOG).write_bytes(b"")
    assert judged(advise(folder), "wait")["evidence"]["lines"] == len(told().old)


def test_a_directory_given_as_a_log(folder: Path) -> None:
    """Its files must be named."""
    (folder / "logs").mkdir()
    configure(folder, old_paths=["logs"])
    refused(advise(folder), (str(folder / "logs"), "is a directory", "name its files"))


def whole_lines_in(stored: bytes) -> tuple[int, bool]:
    """Return how many whole lines a broken gzip file still gives, and whether a piece of one follows."""
    text = zlib.decompressobj(wbits=31).decompress(stored)
    return text.count(b"\n"), not text.endswith(b"\n")


def test_truncated_gz(folder: Path) -> None:
    """What comes before the break is used; the log then ends too early for a verdict, and says when."""
    configure(folder, old_paths=["old.log.gz"])
    stored = gzip.compress((folder / OLD_LOG).read_bytes())
    (folder / "old.log.gz").write_bytes(stored[: len(stored) // 2])
    whole, piece = whole_lines_in(stored[: len(stored) // 2])
    assert 0 < whole < used_until(AT)
    found = judged(advise(folder), "unknown", ("old.log.gz", "breaks off", "what was before it is used"))
    evidence = found["evidence"]
    assert (evidence["lines"], evidence["parsed"]) == (whole + piece, whole)
    assert evidence["last"] == f"{max(one.at for one in told().old[:whole]):%Y-%m-%dT%H:%M:%SZ}"
    assert evidence["gaps"][-1]["to"] == AT
    assert "silent since" in found["reasons"][0]


def test_truncated_gz_beside_a_whole_log(folder: Path) -> None:
    """A copy that broke off within its last bytes loses no line and costs no verdict."""
    configure(folder, old_paths=["old.log*"])
    lines = lines_of("combined")
    small.write_log(folder / "old.log.2.gz", lines[:2000])
    small.write_log(folder / OLD_LOG, lines[2000:])
    stored = (folder / "old.log.2.gz").read_bytes()
    (folder / "old.log.2.gz").write_bytes(stored[:-6])
    found = judged(advise(folder), "wait", ("old.log.2.gz", "breaks off"))
    assert found["evidence"]["parsed"] == len(lines)


@pytest.mark.parametrize("junk", [random.Random(1).randbytes(100_000), bytes(50_000)], ids=["noise", "zeros"])  # noqa: S311 -- no secret
def test_binary_junk(folder: Path, junk: bytes) -> None:
    """Every line is quarantined, none is lost, and nothing is concluded."""
    (folder / OLD_LOG).write_bytes(junk)
    found = judged(advise(folder), "unknown", (OLD_LOG, "no line fits the format combined"))
    lines = junk.count(b"\n") + (not junk.endswith(b"\n"))
    assert (found["evidence"]["lines"], found["evidence"]["quarantined"]) == (lines, lines)
    assert "could be read" in found["reasons"][0]


def test_junk_beside_a_whole_log(folder: Path) -> None:
    """A picture among the logs: a few lines more in quarantine, and the verdict is that of the log."""
    configure(folder, old_paths=[OLD_LOG, "logo.png"])
    (folder / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)
    found = judged(advise(folder), "wait", ("logo.png", "no line fits the format combined"))
    assert found["evidence"]["parsed"] == len(told().old)
    assert found["evidence"]["quarantined"] > 0


@pytest.mark.parametrize(
    ("said", "real"),
    [("combined", "vhost_combined"), ("vhost_combined", "combined"), ("combined", "common"), ("common", "combined")],
)
def test_a_log_in_another_format(folder: Path, said: str, real: str) -> None:
    """The preset that would fit is named, with a line to see it by."""
    configure(folder, form=said)
    small.write_log(folder / OLD_LOG, lines_of(real))
    refused(
        advise(folder),
        (str(folder / OLD_LOG), f"is not in the format {said}", lines_of(real)[0][:40], f"its lines fit {real}"),
    )


def test_one_file_of_several_in_another_format(folder: Path) -> None:
    """It is named with the format that it is in; the other one is used, and the doubt keeps the verdict back."""
    configure(folder, old_paths=[OLD_LOG, "ssl.log"])
    small.write_log(folder / "ssl.log", lines_of("vhost_combined")[:1000])
    fit = ("ssl.log", "no line fits the format combined", "they fit vhost_combined")
    found = judged(advise(folder), "unknown", fit)
    assert (found["evidence"]["parsed"], found["evidence"]["quarantined"]) == (len(told().old), 1000)
    assert "1,000 of" in found["reasons"][0]


def test_many_lines_in_quarantine(folder: Path) -> None:
    """One line in twenty is broken: no verdict is given on the rest, and where they are listed is said."""
    lines = list(lines_of("combined"))
    broken = len(lines[::20])
    lines[::20] = ["Mar  2 22:00:00 host kernel: rubbish"] * broken
    small.write_log(folder / OLD_LOG, lines)
    found = judged(advise(folder), "unknown")
    assert found["evidence"]["quarantined"] == broken
    assert "cutover logs quarantine" in found["reasons"][0]
    listed = cutover("logs", "quarantine", "--config", folder / "cutover.toml", "--format", "jsonl")
    assert listed.out.count("\n") == broken


def test_no_line_in_the_time_range(folder: Path) -> None:
    """Asked about a moment before all lines: the reason counts the later ones."""
    configure(folder, migration="changed_at = 2026-01-01T00:00:00Z")
    found = judged(advise(folder, "2026-02-01T00:00:00Z"), "unknown")
    assert (found["evidence"]["lines"], found["evidence"]["used"]) == (len(told().old), 0)
    assert (found["evidence"]["first"], found["evidence"]["last"]) == (None, None)
    assert f"{len(told().old):,} are later" in found["reasons"][0]


def test_a_log_that_ended_long_ago(folder: Path) -> None:
    """Asked a month after the last line: silence is no evidence; it is a gap from the minute after that."""
    last = f"{max(one.at for one in told().old) + timedelta(minutes=1):%Y-%m-%dT%H:%M:00Z}"
    found = judged(advise(folder, "2026-04-12T00:00:00Z"), "unknown")
    assert "bring it up to now" in found["reasons"][0]
    assert found["evidence"]["gaps"] == [{"from": last, "to": "2026-04-12T00:00:00Z"}]


def test_names_that_never_occur(folder: Path) -> None:
    """A log of other virtual hosts: no request is for the names, whatever else it shows."""
    configure(folder, form="vhost_combined")
    small.write_log(folder / OLD_LOG, [replace(one, host="www.example.net").vhost_combined() for one in told().old])
    found = judged(advise(folder), "unknown")
    assert f"None of the {used_until(AT):,} requests" in found["reasons"][0]
    assert small.NAME in found["reasons"][0]
    assert found["evidence"]["parsed"] == len(told().old)


# --- the new server's log and the DNS ------------------------------------------------------------------------------


def spoil_new(log: Path, how: str) -> tuple[str, ...]:
    """Spoil the new server's log; return what the warning must hold."""
    match how:
        case "missing":
            log.unlink()
            return (str(log), "no such file")
        case "empty":
            log.write_bytes(b"")
            return (str(log), "is empty")
        case "junk":
            log.write_bytes(bytes(range(256)) * 9)
            return (str(log), "no line fits the format combined")
    small.write_log(log, [one.vhost_combined() for one in told().new])
    return (str(log), "its lines fit vhost_combined")


def spoil_dns(dns: Path, how: str) -> tuple[str, ...]:
    """Spoil the snapshots; return what the warning must hold."""
    stored = gzip.compress(dns.read_bytes())
    dns.unlink()
    match how:
        case "missing":
            return (str(dns), "cannot be read", "No such file", "check dns.snapshots")
        case "empty":
            dns.write_bytes(b"")
            return (str(dns), "is empty")
        case "a folder":
            dns.mkdir()
            return (str(dns), "cannot be read", "Is a directory")
    dns.write_bytes(stored[: len(stored) // 2])
    return (str(dns), "cannot be read to its end")


@pytest.mark.parametrize(
    ("new", "dns"), [("missing", "missing"), ("empty", "empty"), ("junk", "a folder"), ("other format", "truncated")]
)
def test_what_helps_the_verdict_is_missed_but_not_needed(folder: Path, new: str, dns: str) -> None:
    """Without the new server's log and the DNS the old log carries a verdict; the evidence says what was missed."""
    warnings = spoil_new(folder / NEW_LOG, new), spoil_dns(folder / "dns.jsonl", dns)
    found = judged(advise(folder), "wait", *warnings)
    assert found["evidence"]["lines"] == len(told().old)
    assert found["dns"]["resolvers"] == (4 if dns == "truncated" else 0), "what was before the break is used"
    if new == "missing":
        assert "new" not in found["evidence"]
        assert any("Without the new server's log" in reason for reason in found["reasons"])
        assert any("No DNS answers are given" in reason for reason in found["reasons"])


def test_broken_snapshot_lines(folder: Path) -> None:
    """Each is told with its place; the others are used: the answers are those of the whole file."""
    whole = judged(advise(folder), "wait")["dns"]
    dns = folder / "dns.jsonl"
    lines = dns.read_text().splitlines()
    lines[4:4] = ["{", '{"schema": "cutover.dns/9"}', "\x1b[2J\x00"]
    dns.write_text("\n".join(lines))
    warnings = [(f"{dns}:{number}: ", "the line is left out") for number in (5, 6, 7)]
    found = judged(advise(folder), "wait", *warnings)
    assert found["dns"] == whole


def test_very_many_broken_snapshot_lines(folder: Path) -> None:
    """A file of something else does not flood the terminal: ten are shown, the others counted."""
    (folder / "dns.jsonl").write_text("rubbish\n" * 1000)
    run = advise(folder)
    assert len(run.told) == 11
    assert "990 more lines" in run.told[-1]
    assert run.verdict()["dns"]["resolvers"] == 0


def test_changed_at_in_the_future(folder: Path) -> None:
    """Nothing can have drained yet; both moments are said."""
    configure(folder, migration="changed_at = 2026-09-01T12:00:00Z")
    found = judged(advise(folder), "unknown")
    assert all(moment in found["reasons"][0] for moment in ("2026-09-01T12:00:00Z", AT))
    assert (found["changed_at"], found["safe_at"], found["lost_requests"]["upper"]) == (None, None, None)


def test_no_change_seen(folder: Path) -> None:
    """Neither written down nor in the snapshots: bring either."""
    configure(folder, migration="", rest=small.WITH_NEW)
    found = judged(advise(folder), "unknown")
    assert all(what in found["reasons"][0] for what in ("snapshots", "changed_at"))


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
        (["report"], ("--out", "--help")),
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
