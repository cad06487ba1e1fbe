"""Bad input beside the old server's log, given to the real command: told, and missed no more than it must be."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small
from command import judged
from spoiled import AT, NEW_LOG, advise, configure, whole


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a whole migration in it."""
    return whole(tmp_path)


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
    small.write_log(log, [one.vhost_combined() for one in small.story().new])
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
    assert found["evidence"]["lines"] == len(small.story().old)
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
