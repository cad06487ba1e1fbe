"""Which programs are applications that people run: one agent at many addresses; a library at many is many strangers."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small

from analyzer.drain.advise import advise
from analyzer.drain.evidence import gather
from analyzer.migration import load

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT = small.CHANGED + 6 * DAY
MANY = 40


@pytest.mark.parametrize(
    ("agent", "visits", "kind"),
    [
        ("ShopApp/3.2 CFNetwork/1410.0.3 Darwin/22.6.0", 1, "person"),
        ("okhttp/4.12.0", 3, "person"),
        ("okhttp/4.12.0", 1, "program"),
    ],
)
def test_a_librarys_agent_is_an_application_only_where_its_clients_come_again(
    tmp_path: Path, agent: str, visits: int, kind: str
) -> None:
    """Telephones come again; scanners with the agent of a library come once from each address."""
    crowd = [
        small.Request(
            AT - (10 * HOUR + 0.06 * (one - 10) * DAY) + turn * 5 * HOUR, f"198.51.100.{one}", agent, "/items"
        )
        for one in range(10, 10 + MANY)
        for turn in range(visits)
    ]
    told = small.story(1)
    old = tuple(sorted((*told.old, *(one for one in crowd if one.at < AT)), key=lambda one: one.at))
    gathered = gather(load(small.write(tmp_path, small.Story(old, told.new).until(AT))), [AT])
    found = advise(gathered.at(AT)).verdict.stragglers
    assert {one.kind for one in found if one.agent == agent} == {kind}
