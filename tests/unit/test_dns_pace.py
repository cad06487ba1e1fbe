"""Nobody else's resolver is asked again within a minute: by what the state has, and by what the process remembers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.cli.dns_pace import Pace, paced
from analyzer.dns.delegation import Delegated
from analyzer.dns.message import Ask
from analyzer.dns.targets import target
from analyzer.state import State

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 3, 2, 22, tzinfo=UTC)
OTHERS, OWN = target("9.9.9.9"), target("127.0.0.1:5300")


def before(seconds: float) -> datetime:
    """Return a moment so many seconds ago."""
    return AT - timedelta(seconds=seconds)


def record(resolver: str, at: datetime, error: str | None = None, kind: str = "A") -> dict[str, Any]:
    """Return what a question leaves behind."""
    return {
        "schema": "cutover.dns/1", "at": at.isoformat(), "resolver": resolver, "transport": "udp", "name": "a.example",
        "type": kind, "rcode": None if error else "NOERROR", "authoritative": False, "elapsed_ms": 1.0, "answers": [],
        "error": error, "ede": None, "nsid": None,
    }  # fmt: skip


def left_out(pace: Pace) -> tuple[str, ...]:
    """Return who is left out now."""
    asks, early = pace.parted([Ask(one, "a.example", "A") for one in (OTHERS, OWN)], AT)
    assert {ask.target.resolver for ask in asks} | set(early) == {OTHERS.resolver, OWN.resolver}
    return early


@pytest.mark.parametrize(
    ("records", "early"),
    [
        ([], ()),
        ([record("9.9.9.9", before(5))], ("9.9.9.9",)),
        ([record("9.9.9.9", before(58))], ("9.9.9.9",)),
        ([record("9.9.9.9", before(59.8))], ()),
        ([record("9.9.9.9", before(61)), record("9.9.9.9", before(58), kind="AAAA")], ()),
        ([record("9.9.9.9", before(100)), record("9.9.9.9", before(40))], ("9.9.9.9",)),
        ([record("9.9.9.9", before(5), error="timeout")], ("9.9.9.9",)),
        ([record("9.9.9.9", before(5), error="unreachable")], ()),
        ([record("9.9.9.9", before(-3600))], ()),
        ([record("127.0.0.1:5300", before(0.5))], ()),
        ([record("9.9.9.10", before(5))], ()),
    ],
    ids=[
        "nothing", "just now", "a little early", "begun a minute ago", "one round", "two rounds", "no answer came",
        "nothing went out", "a clock that was wrong", "an own one", "another",
    ],
)  # fmt: skip
def test_who_was_asked_a_moment_ago_is_left_out(
    tmp_path: Path, records: list[dict[str, Any]], early: tuple[str, ...]
) -> None:
    """A round counts from its begin; who is on one's own addresses is asked as often as one likes."""
    file = tmp_path / "cutover.sqlite"
    with State.open(file) as kept:
        kept.record_questions(records)
    assert left_out(paced(file, AT)) == early


def test_without_a_state_everybody_is_asked(tmp_path: Path) -> None:
    """And none is made by asking."""
    assert left_out(paced(tmp_path / "none.sqlite", AT)) == ()
    assert left_out(paced(None, AT)) == ()
    assert list(tmp_path.iterdir()) == []


def test_a_process_remembers_by_itself() -> None:
    """What was not recorded counts as well."""
    pace = Pace()
    pace.took([record("9.9.9.9", before(0))], before(30))
    assert left_out(pace) == ("9.9.9.9",)
    pace.took([record("9.9.9.9", before(0), error="unreachable")], AT)
    assert pace.asked == {"9.9.9.9": before(30)}


def test_the_zones_servers_are_not_searched_for_at_each_round() -> None:
    """Only after some minutes, or for other names."""
    found = Delegated((), (), ())
    pace = Pace(servers=(before(100), ("a.example",), found))
    assert pace.known_servers(("a.example",), AT) is found
    assert pace.known_servers(("b.example",), AT) is None
    assert pace.known_servers(("a.example",), AT + timedelta(seconds=200)) is None
    assert pace.known_servers(("a.example",), before(200)) is None


def test_the_questions_since_a_moment(tmp_path: Path) -> None:
    """That moment included."""
    with State.open(tmp_path / "cutover.sqlite") as kept:
        kept.record_questions([record(f"9.9.9.{n}", before(n)) for n in (30, 20, 10)])
        assert [line.split('"resolver": "')[1][:8] for line in kept.questions(since=before(20))] == [
            "9.9.9.20",
            "9.9.9.10",
        ]
        assert len(list(kept.questions())) == 3
