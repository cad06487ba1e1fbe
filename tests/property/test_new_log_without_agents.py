"""A new server's log without agents (`common`), beside an old one that has them: who moved is told by the address."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small

from analyzer.drain.advise import advise
from analyzer.drain.cells import Cells
from analyzer.drain.clients import PERSON
from analyzer.drain.direct import _shared, direct_requests
from analyzer.drain.evidence import Evidence, gather
from analyzer.migration import load

if TYPE_CHECKING:
    from analyzer.drain.forecast import Forecast

AT = small.CHANGED + small.AFTER
HOUSE = "198.18.0.1"  # a person's address


def written(folder: Path, told: small.Story, *, agents: bool) -> Path:
    """Write a migration whose new server logs agents, or does not; return its cutover.toml."""
    config = small.write(folder, told)
    if not agents:
        small.write_log(folder / "new.log", [one.common() for one in told.new])
        before, after = config.read_text().split("[logs.new]")
        config.write_text(before + "[logs.new]" + after.replace('"combined"', '"common"', 1))
    return config


def evidence_of(config: Path) -> Evidence:
    """Return the evidence at the end of the logs."""
    return gather(load(config), [AT]).at(AT)


def forecast_of(evidence: Evidence) -> Forecast:
    """Return the forecast; the story's change is told."""
    found = advise(evidence).forecast
    assert found is not None
    return found


@pytest.mark.parametrize(("stuck", "word"), [(False, "safe"), (True, "wait")])
def test_the_verdict_is_that_of_a_log_with_agents(tmp_path: Path, word: str, *, stuck: bool) -> None:
    """Each address is one client here: nothing is lost, and the missing agents are asked for."""
    verdicts = [
        advise(evidence_of(written(tmp_path / str(agents), small.story(1, stuck=stuck), agents=agents))).verdict
        for agents in (True, False)
    ]
    assert [one.verdict for one in verdicts] == [word, word]
    assert verdicts[0].lost_requests == verdicts[1].lost_requests
    told = [next(one for one in verdict.reasons if one.rule == "new-log-seen") for verdict in verdicts]
    assert [one.passed for one in told] == [True, None]
    assert "no agents" in told[1].sentence


def test_a_program_beside_a_person_is_not_told_by_the_persons_visits(tmp_path: Path) -> None:
    """Whoever of an address comes to the new server clears its people; of a program there only its silence tells."""
    story = small.story(1, stuck=False)
    moved = [tuple(replace(one, client=HOUSE) if one.client == small.MOVER else one for one in side) for side in
             (story.old, story.new)]  # fmt: skip
    now = [
        forecast_of(evidence_of(written(tmp_path / str(agents), small.Story(*moved), agents=agents)))
        for agents in (True, False)
    ]
    assert now[0].direct is not None
    assert now[1].direct is not None
    assert now[0].direct.told.all()
    assert (~now[1].direct.told).sum() == 1
    program = int(np.flatnonzero(~now[1].direct.told)[0])
    assert program not in now[1].direct.by_client.client
    people = [set(one.direct.by_client.client.tolist()) for one in now if one.direct is not None]
    assert people[0] - people[1] == {program}
    row = np.flatnonzero(now[1].clients.code == program)
    assert len(row) == 1, "it may still be there"
    assert program not in now[0].clients.code, "where its agent is seen at the new server it is not"
    assert 0 < now[1].stay.chance[row[0]] < 0.05, "a silence of a week is a move, as it is without the new log"


def test_what_an_addresss_clients_had_forwarded_is_taken_off_together(tmp_path: Path) -> None:
    """Where the new server restores the clients' addresses: all that two clients of one address had is proxied."""
    story = small.story(1, stuck=True)
    old = tuple(replace(one, client=HOUSE) if one.client == small.STUCK else one for one in story.old)
    new = [one for one in story.new if one.client != small.OLD] + [one for one in old if one.at >= small.CHANGED]
    told = small.Story(old, tuple(sorted(new, key=lambda one: (one.at, one.client, one.target))))
    found = [forecast_of(evidence_of(written(tmp_path / str(agents), told, agents=agents))).direct
             for agents in (True, False)]  # fmt: skip
    assert found[0] is not None
    assert found[1] is not None
    assert found[0].cells.requests.sum() == found[1].cells.requests.sum() > 0


@given(
    st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 50)), max_size=20),
)
def test_cells_of_an_address_are_those_of_each_of_its_people(
    clients: list[tuple[int, bool]], came: list[tuple[int, int]]
) -> None:
    """Of a client that is told, all of its address; of a program beside others, none; of strangers, each once."""
    number = np.array([address for address, _ in clients])
    person = np.array([one for _, one in clients])
    house = np.array([int(np.flatnonzero(number == one)[0]) for one in number])
    at = np.array([house[code] if code < len(house) else code for code, _ in came], np.int64)
    slot = np.array([turn for _, turn in came], np.int64)
    order = np.argsort(at, kind="stable")
    ones = np.ones(len(at), np.int64)
    found = Cells(at[order], slot[order], slot[order], slot[order], ones.astype(np.int16), ones)
    by_client, told = _shared(found, house, person)
    assert (np.diff(by_client.client) >= 0).all()
    for code in range(len(house)):
        mine = sorted(by_client.slot[by_client.client == code].tolist())
        alone = (house == house[code]).sum() == 1
        assert told[code] == (alone or person[code])
        assert mine == (sorted(slot[at == house[code]].tolist()) if told[code] else [])
    strangers = by_client.client >= len(house)
    assert sorted(by_client.slot[strangers].tolist()) == sorted(slot[at >= len(house)].tolist())


def test_agents_on_both_sides_or_on_neither_need_no_houses(tmp_path: Path) -> None:
    """Then the cells by client are the cells, and everybody is told."""
    evidence = evidence_of(written(tmp_path, small.story(1), agents=True))
    assert evidence.new is not None
    assert evidence.codes is not None
    person = np.asarray(evidence.kinds["kind"].cat.codes == PERSON, np.bool_)
    found = direct_requests(evidence.new, evidence.old, {small.OLD}, evidence.codes, person)
    assert found.by_client is found.cells
    assert found.told.all()
