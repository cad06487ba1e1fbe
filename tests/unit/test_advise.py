"""From rules to a word, its reasons, and since when it has been safe."""

from __future__ import annotations

import itertools
import math
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_examples as examples
import small_migration as small

from analyzer.drain import advise as module
from analyzer.drain import background, forecast, moments
from analyzer.drain.advise import Judgement, advise
from analyzer.drain.evidence import gather
from analyzer.drain.moments import backtest, safe_since
from analyzer.drain.verdict import Reason
from analyzer.migration import load

if TYPE_CHECKING:
    from analyzer.drain.evidence import Gathered

DAY = timedelta(days=1)
MOMENTS = [small.CHANGED + n * timedelta(hours=6) for n in range(40)]


def found(**passed: bool | None) -> list[tuple[str, Reason]]:
    """Return findings: what follows from a failed rule, and whether it passed."""
    return [(name.split("_")[0], Reason(name, passed=ok, sentence=f"{name}.")) for name, ok in passed.items()]


@pytest.mark.parametrize(
    ("findings", "word"),
    [
        (found(unknown=True, stuck=True, wait=True, note=True), "safe"),
        (found(unknown=True, stuck=True, wait=True, note=False), "safe"),
        (found(unknown=None, stuck=None, wait=None, note=None), "safe"),
        (found(unknown=True, stuck=True, wait=False), "wait"),
        (found(unknown=True, stuck=False, wait=False), "stuck"),
        (found(unknown=False, stuck=False, wait=False), "unknown"),
        (found(unknown_1=True, unknown_2=False, wait=True), "unknown"),
    ],
)
def test_the_worst_failure_makes_the_word(findings: list[tuple[str, Reason]], word: str) -> None:
    """Unknown before stuck before wait; what cannot be told, and notes, forbid nothing."""
    for order in itertools.permutations(findings):
        assert module._word(order) == word


def test_reasons_stand_by_weight() -> None:
    """What made the word, other failures, what could not be told, the rest; equals in the order of the rules."""
    rules = found(unknown=True, unknown_b=None, stuck=True, wait=False, wait_b=False, note=False)
    names = [reason.rule for reason in module._weighty_first(rules, "wait")]
    assert names == ["wait", "wait_b", "note", "unknown_b", "unknown", "stuck"]


@cache
def read(folder: Path) -> Gathered:
    """Return the small migration, read for all moments."""
    return gather(load(small.write(folder, small.story())), MOMENTS)


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> Gathered:
    """Return the small migration, read for all moments."""
    return read(tmp_path_factory.mktemp("small"))


def test_the_written_change_goes_before_the_seen_one(gathered: Gathered) -> None:
    """And none is known that is later than the moment."""
    seen = gathered.at(MOMENTS[8])
    assert seen.propagation is not None
    assert seen.propagation.changed_at is not None
    written = small.CHANGED - timedelta(minutes=5)
    assert advise(replace(seen, migration=replace(seen.migration, changed_at=written))).verdict.changed_at == written
    unwritten = replace(seen, migration=replace(seen.migration, changed_at=None))
    assert advise(unwritten).verdict.changed_at == seen.propagation.changed_at
    later = replace(seen.migration, changed_at=MOMENTS[9])
    assert advise(replace(seen, migration=later)).verdict.changed_at is None


def test_the_last_day_is_counted_exactly(gathered: Gathered) -> None:
    """Requests and clients of the kinds that count in (at - 24 h, at], against the story itself."""
    for moment in MOMENTS[4::7]:
        late = [one for one in small.story().old if moment - DAY < one.at <= moment and one.client != small.MONITOR]
        told = advise(gathered.at(moment)).verdict.residual
        assert (told.requests_per_day, told.clients_24h) == (len(late), len({(one.client, one.agent) for one in late}))


def test_the_same_evidence_gives_the_same_verdict(gathered: Gathered) -> None:
    """To the last digit: the draws are seeded."""
    assert advise(gathered.at(MOMENTS[8])).verdict == advise(gathered.at(MOMENTS[8])).verdict


def test_what_a_log_with_a_hole_does_not_show_is_no_proof(tmp_path: Path) -> None:
    """Long after the log's end nothing that rests on it passes; the same rules pass while the log lives."""
    later = MOMENTS[-1] + timedelta(days=60)
    read_then = gather(load(small.write(tmp_path, small.story())), [MOMENTS[30], later])
    alive, dead = (advise(read_then.at(at)).verdict for at in (MOMENTS[30], later))
    assert dead.verdict == "unknown"
    mine = {one.rule: one for one in dead.reasons if one.rule in module.FROM_THE_LOG}
    assert mine.keys() == module.FROM_THE_LOG
    assert not [one for one in mine.values() if one.passed]
    withheld = [one for one in mine.values() if one.passed is None]
    assert {"bound-within-budget", "known-clients-cleared"} <= {one.rule for one in withheld}
    assert all(one.sentence.startswith("As far as the log tells: ") for one in withheld)
    assert not [one for one in alive.reasons if one.sentence.startswith("As far")]


# --- since when it has been safe -----------------------------------------------------------------------------------


def test_newcomers_are_new_to_the_whole_log(monkeypatch: pytest.MonkeyPatch, gathered: Gathered) -> None:
    """The model is told when the old server's log begins, and now."""
    told: dict[str, float] = {}

    def spied(*arguments: Any, **named: float) -> Any:
        told.update(named)
        return background.genuine(*arguments, **named)

    monkeypatch.setattr(forecast, "genuine", spied)
    advise(gathered.at(MOMENTS[20]))
    first_s = min(one.at for one in small.story().old).timestamp()
    assert told == {"begun_s": first_s - first_s % 60, "at_s": MOMENTS[20].timestamp()}


def pretend(monkeypatch: pytest.MonkeyPatch, words: dict[datetime, Any]) -> list[datetime]:
    """Let the judgement at each moment be a given word; return the moments that are asked about, as they come."""
    asked: list[datetime] = []

    def judged(moment: datetime) -> Judgement:
        asked.append(moment)
        verdict = replace(examples.verdict("wait"), at=moment, verdict=words[moment], safe_at=None)
        return Judgement(SimpleNamespace(at=moment), verdict, None)  # type: ignore[arg-type] -- no evidence is needed

    monkeypatch.setattr(moments, "advise", judged)
    return asked


SELF: Any = SimpleNamespace(at=lambda moment: moment)


@pytest.mark.parametrize("last", range(len(MOMENTS)))
def test_the_beginning_is_found_in_few_looks(monkeypatch: pytest.MonkeyPatch, last: int) -> None:
    """Safe in the latest `last + 1` of 40 moments: the earliest of them is found, with some twice log2(40) looks."""
    earlier = MOMENTS[::-1]
    words = {moment: "safe" if index <= last else "wait" for index, moment in enumerate(earlier)}
    asked = pretend(monkeypatch, words)
    assert safe_since(SELF, earlier) == earlier[last]
    assert len(asked) <= 2 * math.ceil(math.log2(len(earlier))) + 1


def test_a_backtest_says_since_when(monkeypatch: pytest.MonkeyPatch) -> None:
    """In time order whatever the order asked for; after a relapse it begins anew."""
    told = ["wait", "safe", "safe", "wait", "safe", "unknown", "safe"]
    pretend(monkeypatch, dict(zip(MOMENTS, told, strict=False)))
    judged = [one.verdict for one in backtest(SELF, MOMENTS[len(told) - 1 :: -1])]
    assert [one.at for one in judged] == MOMENTS[: len(told)]
    since = [one.safe_at.median if one.safe_at else None for one in judged]
    m = MOMENTS
    assert since == [None, m[1], m[1], None, m[4], None, m[6]]
