"""The watch over a small migration, look after look at chosen moments: what is kept, written and told, and once."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small
import smtp_servers as servers
from watched import IS_STUCK, MOMENTS, WAITS, read, run, wishes, words, world

from analyzer.drain.advise import advise
from analyzer.drain.verdict import Reason
from analyzer.errors import Fault, InputError
from analyzer.migration import MailSettings
from analyzer.report.mail.session import handing_over
from analyzer.state import State
from analyzer.watch.rounds import Ended

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.drain.advise import Judgement
    from analyzer.drain.evidence import Gathered


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> Gathered:
    """Return one reading of the small migration for all moments."""
    return read(tmp_path_factory.mktemp("small"))


@dataclass
class Ear:
    """A channel that remembers, and fails as often as chosen."""

    failures: int = 0
    heard: list[dict[str, Any]] = field(default_factory=list)
    name: str = "ear"

    def tell(self, told: Any, key: str) -> bool:
        """Hear, or fail."""
        assert key
        if self.failures:
            self.failures -= 1
            raise InputError(Fault("deaf"))
        self.heard.append(dict(told))
        return True


def test_each_verdict_is_kept_and_changes_are_told(tmp_path: Path, gathered: Gathered) -> None:
    """As many events as the verdict, or who is stuck, changes; the first look is none."""
    ear = Ear()
    found = words(run(world(gathered), wishes(tmp_path, ear)))
    with State.open(tmp_path / "cutover.sqlite") as state:
        assert [one["verdict"] for one in state.verdicts()] == found
    assert found == ["unknown", "wait", "wait", "stuck", "stuck"]
    assert ear.heard[-1]["stuck"] == [small.STUCK]
    told = [(one["was"], one["verdict"]) for one in ear.heard]
    assert told == [pair for pair in pairwise(found) if pair[0] != pair[1]]
    assert {one["schema"] for one in ear.heard} == {"cutover.event/1"}


def pretended(word: Any, failed: tuple[str, ...]) -> Callable[[Judgement], Judgement]:
    """Return what gives a judgement another word, and these failed rules; nobody is stuck."""
    reasons = tuple(Reason(rule, passed=False, sentence="So it is.") for rule in failed)
    return lambda found: replace(found, verdict=replace(found.verdict, verdict=word, reasons=reasons, stragglers=()))


@pytest.mark.parametrize(
    ("failed", "told"),
    [
        (("heard-lately",), []),
        (("heard-lately", "recurrence-covered"), []),
        (("heard-lately", "bound-within-budget"), [("safe", "wait"), ("wait", "safe")]),
    ],
)
def test_a_quiet_night_after_safe_is_no_news(
    tmp_path: Path, gathered: Gathered, failed: tuple[str, ...], told: list[tuple[str, str]]
) -> None:
    """Only the word of the page changes; what else makes it wait is told, and so is the first safe."""
    ear, usual = Ear(), world(gathered)
    story = [
        pretended("wait", ("bound-within-budget",)),
        pretended("safe", ()),
        pretended("wait", failed),
        pretended("safe", ()),
    ]
    looks = iter(story)

    def judge(at: datetime) -> tuple[Gathered, Judgement]:
        return gathered, next(looks)(usual.judge(at)[1])

    found = words(run(replace(usual, judge=judge), wishes(tmp_path, ear), MOMENTS[1:]))
    assert found == ["wait", "safe", "wait", "safe"]
    assert [(one["was"], one["verdict"]) for one in ear.heard] == [("wait", "safe"), *told]


def test_a_watch_that_was_killed_tells_nothing_twice(tmp_path: Path, gathered: Gathered) -> None:
    """Each look in a process of its own: the same events as in one."""
    one, other = Ear(), Ear()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    run(world(gathered), wishes(tmp_path / "a", one))
    for at in MOMENTS:
        run(world(gathered), wishes(tmp_path / "b", other), (at,))
        run(world(gathered), wishes(tmp_path / "b", other), (at,))
    assert other.heard == one.heard


@pytest.mark.parametrize("taken", [True, False])
def test_ended_while_telling(tmp_path: Path, gathered: Gathered, taken: bool) -> None:
    """What was handed over before a signal came is not told again, what was not is."""
    heard: list[str] = []

    class Cut(Ear):
        def tell(self, told: Any, key: str) -> bool:
            heard.append(key)
            if len(heard) == 1 and taken:
                with handing_over():
                    raise Ended
            if len(heard) == 1:
                raise Ended
            return super().tell(told, key)

    wished = wishes(tmp_path, Cut())
    with pytest.raises(Ended):
        run(world(gathered), wished, (WAITS, IS_STUCK))
    run(world(gathered), wished, (IS_STUCK, IS_STUCK))
    assert len(heard) == (1 if taken else 2)


def test_what_a_signal_interrupts_is_no_fault(tmp_path: Path, gathered: Gathered) -> None:
    """A library may make an error of its own of the signal: the watch ends, and says nothing of a fault."""
    around = world(gathered)

    def interrupted(_at: datetime) -> tuple[Gathered, Judgement]:
        around.ending.set()
        raise RuntimeError("Query interrupted")

    with pytest.raises(Ended):
        run(replace(around, judge=interrupted), wishes(tmp_path), (WAITS,))


def test_a_channel_that_fails_is_told_again_and_the_others_are_not(tmp_path: Path, gathered: Gathered) -> None:
    """The trouble is said; the next look brings the event."""
    deaf, ear = Ear(failures=1, name="deaf"), Ear()
    looks = run(world(gathered), wishes(tmp_path, deaf, ear))
    assert sum("deaf" in one.troubles for one in looks) == 1
    assert [one["verdict"] for one in deaf.heard] == [one["verdict"] for one in ear.heard] == ["wait", "stuck"]


def test_what_cannot_be_read_is_told_and_the_next_look_comes(tmp_path: Path, gathered: Gathered) -> None:
    """No network, no log, no page: each is a trouble of its own; the last verdict stays in view."""
    calls = iter([True, False, True])

    def judge(at: datetime) -> Any:
        if not next(calls):
            raise InputError(Fault("cannot be read", "old.log"))
        return gathered, advise(gathered.at(at))

    def ask() -> None:
        raise OSError(101, "Network is unreachable")

    (tmp_path / "page").write_text("in the way")
    found = run(world(gathered, judge=judge, ask=ask), wishes(tmp_path, out=tmp_path / "page"), MOMENTS[:3])
    for one in found:
        assert any("Network is unreachable" in trouble for trouble in one.troubles)
    assert any("old.log: cannot be read" in trouble for trouble in found[1].troubles)
    assert [any("in the way" in trouble for trouble in one.troubles) for one in found] == [True, False, True]
    assert found[1].report is found[0].report
    assert [(one.count, one.failed) for one in found] == [(1, 1), (2, 2), (3, 3)]
    assert found[2].report is not None
    assert found[2].report.findings.verdict.at == MOMENTS[2]


def test_page_and_metrics_are_written_whole(tmp_path: Path, gathered: Gathered) -> None:
    """The page at the first look and on change, the metrics at each; nothing half is left."""
    out, prom = tmp_path / "page", tmp_path / "cutover.prom"
    moments = (WAITS, WAITS)
    looks = run(world(gathered), wishes(tmp_path, out=out, prom=prom), moments)
    assert [one.troubles for one in looks] == [(), ()]
    assert sorted(path.name for path in out.iterdir()) == [
        "dns.png",
        "drain.png",
        "report.html",
        "report.json",
        "verdict.json",
    ]
    assert 'cutover_watch_looks_total{migration="app.example.com"} 2\n' in prom.read_text()
    assert looks[1].written_at == looks[0].written_at


def test_the_digest_comes_once_a_day(tmp_path: Path, gathered: Gathered) -> None:
    """From its time on, beside the changes."""
    ear = Ear()
    run(world(gathered), wishes(tmp_path, ear, digest_at=time(0)))
    days = sorted({f"{at:%Y-%m-%d}" for at in MOMENTS})
    assert [one["reason"] for one in ear.heard if one["reason"].startswith("Digest")] == [
        f"Digest of {d}." for d in days
    ]


def test_a_change_goes_out_by_mail_once(tmp_path: Path, gathered: Gathered) -> None:
    """The report itself, to a real server; a second copy of the look sends nothing."""
    box = servers.Box()
    with servers.real(box) as port:
        settings = MailSettings(("ops@example.com",), "cutover@example.com", "127.0.0.1", port, "none")
        mine = replace(gathered, migration=replace(gathered.migration, mail=settings))
        ear = Ear()
        run(world(mine), wishes(tmp_path, ear, email=True))
        run(world(mine), wishes(tmp_path, ear, email=True), MOMENTS[-1:])
    assert len(box.taken) == len(ear.heard) >= 1
    assert b"X-Cutover-Verdict: stuck" in box.taken[-1][1]
