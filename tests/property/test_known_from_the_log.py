"""What the forecast knows of clients from a log: names that only pass by, who is of one kin, what a run brings."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small

from analyzer.drain.curve import requests_ahead
from analyzer.drain.evidence import gather
from analyzer.drain.forecast import Forecast, forecast
from analyzer.migration import load

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT = small.CHANGED + 6 * DAY
SYNC = "acme-sync/4"
HOUSE, ELSEWHERE = "203.0.113.40", "203.0.113.41"


def judged(folder: Path, *more: small.Request) -> tuple[Forecast, dict[tuple[str, str], int]]:
    """Return the forecast of the small migration with some requests more, and each client's row."""
    told = small.story(1)
    old = tuple(sorted([*told.old, *more], key=lambda one: one.at))
    evidence = gather(load(small.write(folder / "m", small.Story(old, told.new))), [AT]).at(AT)
    found = forecast(evidence, small.CHANGED)
    known = evidence.old.clients.iloc[found.clients.code]
    keys = zip(known["address"].astype(str), known["agent"].astype(str), strict=True)
    return found, {key: row for row, key in enumerate(keys)}


def came(days: float, client: str, agent: str = SYNC, requests: int = 1, status: int = 200) -> list[small.Request]:
    """Return requests of one client, so long after the change."""
    at = small.CHANGED + days * DAY
    return [small.Request(at + timedelta(seconds=n), client, agent, status=status) for n in range(requests)]


@pytest.mark.parametrize("again", [False, True])
def test_who_has_a_name_that_only_passed_by_may_be_one_more(tmp_path: Path, *, again: bool) -> None:
    """Three before the change, once each, and a late one: doubted, unless one of the three came on another day."""
    before = [came(-6 + n, f"203.0.113.{50 + n}")[0] for n in range(3)]
    more = came(-1, "203.0.113.50") if again else []
    found, row = judged(tmp_path, *before, *more, *came(4, ELSEWHERE))
    doubted = found.clients.genuine[row[ELSEWHERE, SYNC]] < 1
    assert doubted == (not again)


def test_programs_of_one_agent_and_people_of_one_house_are_of_one_kin(tmp_path: Path) -> None:
    """Wherever the programs are; people elsewhere, and programs of another agent in the same house, are of none."""
    other = small.FIREFOX.replace("140", "139")
    people = [one for days in range(-7, 6) for who in (small.FIREFOX, other) for one in came(days, HOUSE, who)]
    more = [one for days in range(-7, 6) for one in came(days, ELSEWHERE, small.FIREFOX)]
    fleet = [one for days in range(-7, 6) for who in (HOUSE, ELSEWHERE) for one in came(days, who)]
    found, row = judged(tmp_path, *people, *more, *fleet)
    kin = {key: found.clients.kin[at] for key, at in row.items()}
    assert kin[HOUSE, small.FIREFOX] == kin[HOUSE, other]
    assert kin[HOUSE, SYNC] == kin[ELSEWHERE, SYNC]
    apart = [(HOUSE, other), (ELSEWHERE, small.FIREFOX), (HOUSE, SYNC), (small.STUCK, "Java/11.0.2")]
    assert len({kin[key] for key in apart}) == len(apart)


def test_what_a_run_brings_varies_unless_it_was_refused(tmp_path: Path) -> None:
    """Runs of 1 to 5 requests; who asked two hundred times while it was refused is as steady as it was."""
    runs = [one for days in range(-7, 6) for one in came(days, HOUSE, requests=1 + days % 5)]
    tries = came(3.4, small.STUCK, "Java/11.0.2", requests=200, status=503)
    found, row = judged(tmp_path, *runs, *tries)
    expected = np.var([1 + days % 5 for days in range(-7, 6)], ddof=1)
    assert found.clients.varied[row[HOUSE, SYNC]] == pytest.approx(expected)
    assert found.clients.varied[row[small.STUCK, "Java/11.0.2"]] == 0.0


def test_the_bands_width_knows_what_runs_bring(tmp_path: Path) -> None:
    """As many visits, of a variance of 100 requests each: the same mean, and a wider band."""
    found, row = judged(tmp_path)
    edges = np.array([[0.0, 24 * 3600.0]])
    varied = np.zeros(len(found.stay.varied))
    varied[row[small.STUCK, "Java/11.0.2"]] = 100.0
    wide = replace(found, stay=replace(found.stay, varied=varied))
    (mean, counted), (same, wider) = requests_ahead(found, edges), requests_ahead(wide, edges)
    assert same == pytest.approx(mean)
    assert wider.std() > 1.5 * counted.std()


def test_a_job_of_the_month_comes_at_its_turn(tmp_path: Path) -> None:
    """One run on the day before the change, a first of March: a run within thirty days, whatever its rate was."""
    found, row = judged(tmp_path, *came(-1.5, HOUSE, requests=40))
    at = row[HOUSE, SYNC]
    assert found.rate.per_day[at] * 30 == pytest.approx(1.0, abs=0.35)
    earlier, place = judged(tmp_path / "other", *came(-4.5, HOUSE, requests=40))
    assert earlier.rate.per_day[place[HOUSE, SYNC]] * 30 > 1.5 * found.rate.per_day[at] * 30


def test_who_came_late_and_asked_for_the_front_page_alone_is_doubted(tmp_path: Path) -> None:
    """A browser five days after the change, beside people who come for pages; not one that asks for a page, too."""
    late = came(5, ELSEWHERE, small.FIREFOX)
    knows = [replace(late[0], client=HOUSE, target=target) for target in ("/", "/page/1")]
    found, row = judged(tmp_path, *late, *knows)
    doubted, sure = (found.clients.genuine[row[client, small.FIREFOX]] for client in (ELSEWHERE, HOUSE))
    assert doubted < 0.2
    assert sure == 1.0


def test_how_long_a_client_was_away_since_the_change_is_known(tmp_path: Path) -> None:
    """Silent for two days, after two absences of half a day and one of three: one of three was longer."""
    visits = [one for days in (-3, 0.1, 0.6, 1.1, 4.0) for one in came(days, HOUSE)]
    found, row = judged(tmp_path, *visits)
    assert found.clients.absent[row[HOUSE, SYNC]] == pytest.approx((1 + 0.5) / (3 + 1))
