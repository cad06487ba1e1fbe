"""sample_logs/ is what the command in its README writes."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from analyzer import simulation

SAMPLE = Path(__file__).parents[2] / "sample_logs"


def contents(folder: Path) -> dict[str, bytes]:
    """Return the contents of all files that the command writes; of compressed ones, what is in them."""
    return {
        str(path.relative_to(folder)): gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "README.md"
    }


def test_sample_logs_come_from_their_seed(tmp_path: Path) -> None:
    """Byte for byte; of compressed files the contents, since zlib may pack them otherwise elsewhere."""
    command = re.search(r"cutover simulate .*--scenario (\w+) --seed (\d+)", (SAMPLE / "README.md").read_text())
    assert command is not None
    simulation.write(simulation.simulate(command[1], int(command[2])), tmp_path / "again")
    again, kept = contents(tmp_path / "again"), contents(SAMPLE)
    assert list(again) == list(kept)
    assert [name for name in kept if again[name] != kept[name]] == []


def test_sample_logs_stay_small() -> None:
    """A repository is cloned by many: under 5 MB."""
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*")) < 5_000_000


def test_sample_story_is_true() -> None:
    """Stuck on one program; with it accepted, nothing that counts is lost after the logs' end."""
    truth = simulation.read_truth(SAMPLE / "truth.json")
    horizon_s = 30 * 86_400
    assert [(c.address, c.agent) for c in truth.stuck_clients(truth.logs_end_at)] == [("203.0.113.9", "Java/11.0.2")]
    assert truth.lost_requests(truth.logs_end_at, horizon_s) == 30 * 24
    assert truth.lost_requests(truth.logs_end_at, horizon_s, accepted=["203.0.113.9"]) == 0
    assert truth.safe_from(horizon_s, 10) is None
    safe = truth.safe_from(horizon_s, 10, accepted=["203.0.113.9"])
    assert safe is not None
    assert 3 < (safe - truth.changed_at).total_seconds() / 86_400 < 4, "when the Java program has been restarted"
