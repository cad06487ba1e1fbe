"""The checklists of each program, read by a person once: a change of a step shows as a change of these files.

`python tests/golden/test_checklist_texts.py` writes them anew; read the difference before it is committed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from analyzer.handover.checklist import PROGRAMS, Ttl, checklist, text, times
from analyzer.migration import Migration

FOLDER = Path(__file__).parent / "checklist"
MINE = Migration(
    names=("app.example.com",),
    old=(ip_address("192.0.2.4"),),
    new=(ip_address("198.51.100.5"), ip_address("2001:db8::5")),
    source=Path("cutover.toml"),
)
AT, MOVE = datetime(2026, 11, 2, 12, 0, tzinfo=UTC), datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
TTL = Ttl(86_400.0, 86_400.0, "as written")
MOMENTS = times(at=AT, move=MOVE, batch=None, ttl_s=86_400.0, horizon_s=2_592_000.0, zone=BERLIN)
CASES = {f"{server}-{system}": (server, system) for server, system in PROGRAMS}
DEFAULT = "apache-debian"


def written(name: str) -> str:
    """Return a case's checklist."""
    server, system = CASES[name]
    return text(checklist(MINE, MOMENTS, TTL, at=AT, dns="own", zone=BERLIN, server=server, system=system))


@pytest.mark.parametrize("name", CASES)
def test_the_checklist_is_the_one_that_was_read(name: str) -> None:
    """Byte for byte."""
    assert written(name) == (FOLDER / f"{name}.txt").read_text()


def test_without_a_program_it_is_debians_apache() -> None:
    """Who names none gets what he always got."""
    usual = text(checklist(MINE, MOMENTS, TTL, at=AT, dns="own", zone=BERLIN))
    assert usual == (FOLDER / f"{DEFAULT}.txt").read_text()


def test_no_checklist_is_left_over() -> None:
    """Each stands for a case."""
    assert {path.stem for path in FOLDER.iterdir()} == set(CASES)


if __name__ == "__main__":
    for case in CASES:
        (FOLDER / f"{case}.txt").write_text(written(case))
