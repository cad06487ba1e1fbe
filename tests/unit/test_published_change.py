"""When the change was published, and whether the zone's servers agree: cases worked out by hand."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

from dns_questions import NEW, NEW6, OLD, OLD6, asked, at, judge, rrset


def test_authoritative_answers_give_change_and_ttl() -> None:
    """Old at -5 and new at 0 min, asked of the zone's own server: between the two."""
    seen = judge(
        asked(-5, "ns1", rrset(3600, OLD), authoritative=True),
        asked(0, "ns1", rrset(300, NEW), authoritative=True),
        asked(20, "a", rrset(2040, OLD)),
    )
    assert (seen.changed_after, seen.changed_at, seen.ttl_s) == (at(-5), at(0), 3600)
    assert seen.authoritative_agree is True
    assert seen.last_old_expires_at == at(55)


def test_an_old_entry_tells_that_it_was_fetched_before_the_change() -> None:
    """Seen at 20 min with 2,520 s of 3,600 left: fetched at 2 min (less 2 s of rounding), and still old."""
    questions = asked(10, "b", rrset(300, NEW)), asked(20, "a", rrset(2520, OLD))
    seen = judge(*questions, ttl_s=3600)
    assert (seen.changed_after, seen.changed_at) == (at(2) - timedelta(seconds=2), at(10))


def test_a_forwarder_that_starts_ttls_anew_moves_nothing_past_the_servers() -> None:
    """It shows 3,600 s at 20 min for an entry that its parent has had for an hour; the servers know better."""
    seen = judge(
        asked(-5, "ns1", rrset(3600, OLD), authoritative=True),
        asked(0, "ns1", rrset(300, NEW), authoritative=True),
        asked(20, "a", rrset(3600, OLD)),
    )
    assert (seen.changed_after, seen.changed_at) == (at(-5), at(0))
    assert seen.last_old_expires_at == at(80)


def test_a_lagging_secondary_moves_the_change() -> None:
    """One server had it at 0 min, the other was still old at 30 and new at 40: published between 30 and 40."""
    seen = judge(
        asked(0, "ns1", rrset(300, NEW), authoritative=True),
        asked(30, "ns2", rrset(300, OLD), authoritative=True),
        asked(40, "ns2", rrset(300, NEW), authoritative=True),
    )
    assert (seen.changed_after, seen.changed_at) == (at(30), at(40))


@pytest.mark.parametrize(
    ("last", "agree"),
    [([NEW], True), ([OLD], False), ([OLD, NEW], False), (["203.0.113.66"], False)],
)
def test_authoritative_servers_agree_if_alike_and_none_is_old(last: list[str], agree: bool) -> None:
    """What the second server answers last decides, once the first is new."""
    seen = judge(
        asked(0, "ns1", rrset(300, NEW), authoritative=True), asked(1, "ns2", rrset(300, *last), authoritative=True)
    )
    assert seen.authoritative_agree is agree


def test_a_family_that_was_forgotten_is_no_disagreement() -> None:
    """No server has an AAAA record any more: nobody is led to the old address by it."""
    ns = [asked(0, name, rrset(300, NEW), authoritative=True) for name in ("ns1", "ns2")]
    ns += [asked(0, name, [], type="AAAA", authoritative=True) for name in ("ns1", "ns2")]
    assert judge(*ns).authoritative_agree is True
    assert (
        judge(*ns, asked(1, "ns2", rrset(60, OLD6, kind="AAAA"), type="AAAA", authoritative=True)).authoritative_agree
        is False
    )


def test_a_type_that_was_changed_later_is_the_last_change() -> None:
    """A at 0 min, AAAA forgotten until 300: the change is over then, and had begun at 0."""
    kinds = [("A", OLD, NEW, 0), ("AAAA", OLD6, NEW6, 300)]
    seen = judge(
        *(
            asked(m, "ns", rrset(60, old if m < change else new, kind=kind), type=kind, authoritative=True)
            for kind, old, new, change in kinds
            for m in range(-60, 400, 20)
        )
    )
    assert (seen.changed_after, seen.changed_at, seen.first_changed_at) == (at(280), at(300), at(0))


def test_without_authoritative_answers_nothing_is_claimed_of_them() -> None:
    """None, not True."""
    assert judge(asked(0, "a", rrset(60, NEW))).authoritative_agree is None


def test_an_authoritative_server_still_old_may_be_asked_at_any_time() -> None:
    """Asked at 0, judged at 90 min: a cache may have fetched it just now, for an hour."""
    seen = judge(asked(0, "ns1", rrset(3600, OLD), authoritative=True), now=90)
    assert seen.last_old_expires_at == at(150)


def test_a_new_entry_tells_when_it_was_fetched() -> None:
    """Its next entry starts at 3600 s, so the first, seen with 3000 s, was ten minutes old (less 2 s of rounding)."""
    seen = judge(
        asked(-5, "a", rrset(60, OLD)), asked(20, "b", rrset(3000, NEW)), asked(71, "b", rrset(3600, NEW)), ttl_s=60
    )
    assert seen.changed_at == at(10) + timedelta(seconds=2)


def test_a_clamped_new_entry_is_not_thought_older_than_it_is() -> None:
    """It always starts at 300 s there, whatever the zone says: seen with 200 s, it is 100 s old at most."""
    seen = judge(
        asked(0, "ns", rrset(86_400, OLD), authoritative=True),
        asked(60, "ns", rrset(86_400, NEW), authoritative=True),
        asked(30, "a", rrset(200, NEW)),
        asked(34, "a", rrset(300, NEW)),
    )
    assert seen.changed_at == at(30) - timedelta(seconds=98)


def test_one_resolver_that_knew_it_before_all_others_moves_nothing() -> None:
    """An internal resolver has answered new for days; the others changed at 0 min."""
    early = [asked(m, "10.1.1.1", rrset(300, NEW)) for m in range(-3000, 60, 60)]
    others = [asked(m, f"10.0.0.{n}", rrset(300, OLD if m < 0 else NEW)) for n in range(4) for m in range(-600, 60, 10)]
    changed = judge(*early, *others, ttl_s=300).changed_at
    assert changed == at(0)


def test_one_resolver_that_stays_old_for_ever_moves_nothing() -> None:
    """It serves stale answers for a day; the change is where the others saw it."""
    stuck = [asked(m, "10.1.1.1", rrset(30, OLD)) for m in range(-600, 1440, 10)]
    others = [asked(m, f"10.0.0.{n}", rrset(300, OLD if m < 0 else NEW)) for n in range(4) for m in range(-600, 60, 10)]
    seen = judge(*stuck, *others, ttl_s=300, now=1440)
    assert seen.changed_at == at(0)
    assert (seen.on_old, seen.on_new) == (1, 4)


def test_what_is_given_is_taken() -> None:
    """The admin knows when and what TTL."""
    seen = judge(asked(5, "a", rrset(60, NEW)), changed_at=at(1), ttl_s=3600)
    assert (seen.changed_after, seen.changed_at, seen.ttl_s) == (at(1), at(1), 3600)


def test_no_new_answer_no_change() -> None:
    """Everybody is old: nothing was published."""
    seen = judge(asked(0, "a", rrset(600, OLD)), ttl_s=600)
    assert seen.changed_at is None
    assert seen.changed_after == at(-10) - timedelta(seconds=2)
