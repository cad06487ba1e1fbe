"""Bad input, given to the real command: one clear line each, the right exit status, and what could be read is used."""

from __future__ import annotations

import gzip
import random
import sys
import zlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small
from command import cutover, judged, refused
from spoiled import AT, OLD_LOG, advise, configure, lines_of, whole


def used_until(at: str) -> int:
    """Return how many requests the old server saw up to a moment."""
    return sum(f"{one.at:%Y-%m-%dT%H:%M:%SZ}" <= at for one in small.story().old)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a whole migration in it."""
    return whole(tmp_path)


def test_without_a_fault_nothing_is_told(folder: Path) -> None:
    """All lines are read, those not later than the moment are used, stderr is silent: what the others differ from."""
    evidence = judged(advise(folder), "wait")["evidence"]
    assert evidence["lines"] == evidence["parsed"] == len(small.story().old)
    assert evidence["used"] == used_until(AT)
    assert evidence["new"]["lines"] == len(small.story().new)
    assert evidence["troubles"] == evidence["gaps"] == []


# --- the old server's logs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "what"), [("gone.log", "no such file"), ("access.log*", "no file matches")])
def test_missing_log(folder: Path, path: str, what: str) -> None:
    """A named file that is not there, and a pattern that no file fits."""
    configure(folder, old_paths=[path])
    refused(advise(folder), (str(folder / path), what, "check the path"))


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
    assert found["evidence"]["lines"] == len(small.story().old)


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
    assert judged(advise(folder), "wait")["evidence"]["lines"] == len(small.story().old)


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
    assert evidence["last"] == f"{max(one.at for one in small.story().old[:whole]):%Y-%m-%dT%H:%M:%SZ}"
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
    assert (found["evidence"]["parsed"], found["evidence"]["quarantined"]) == (len(small.story().old), 1000)
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
    assert (found["evidence"]["lines"], found["evidence"]["used"]) == (len(small.story().old), 0)
    assert (found["evidence"]["first"], found["evidence"]["last"]) == (None, None)
    assert f"{len(small.story().old):,} are later" in found["reasons"][0]


def test_a_log_that_ended_long_ago(folder: Path) -> None:
    """Asked a month after the last line: silence is no evidence; it is a gap from the minute after that."""
    last = f"{max(one.at for one in small.story().old) + timedelta(minutes=1):%Y-%m-%dT%H:%M:00Z}"
    found = judged(advise(folder, "2026-04-12T00:00:00Z"), "unknown")
    assert "bring it up to now" in found["reasons"][0]
    assert found["evidence"]["gaps"] == [{"from": last, "to": "2026-04-12T00:00:00Z"}]


def test_names_that_never_occur(folder: Path) -> None:
    """A log of other virtual hosts: no request is for the names, whatever else it shows."""
    configure(folder, form="vhost_combined")
    small.write_log(
        folder / OLD_LOG, [replace(one, host="www.example.net").vhost_combined() for one in small.story().old]
    )
    found = judged(advise(folder), "unknown")
    assert f"None of the {used_until(AT):,} requests" in found["reasons"][0]
    assert small.NAME in found["reasons"][0]
    assert found["evidence"]["parsed"] == len(small.story().old)
