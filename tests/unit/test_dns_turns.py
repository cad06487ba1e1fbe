"""Changes that are taken back, and records that are forgotten: cases worked out by hand."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

from dns_questions import CHANGED, NAME, NEW, NEW6, OLD, OLD6, asked, at, judge, rrset, told

NEW_TOO = "198.51.100.7"


def test_a_rollback_and_a_second_change_are_seen_as_such() -> None:
    """New at 0, old again at 30, new at 60: three turns; the last one counts."""
    seen = judge(*CHANGED, told(30, "ns1", OLD), told(60, "ns1", NEW))
    assert [(turn.to, turn.after, turn.at) for turn in seen.turns] == [
        ("new", at(-5), at(0)),
        ("old", at(0), at(30)),
        ("new", at(30), at(60)),
    ]
    assert (seen.changed_after, seen.changed_at) == (at(30), at(60))
    assert seen.warnings == ()
    assert seen.bound is not None
    assert seen.bound.at == at(120) + timedelta(seconds=2)


def test_a_rollback_that_stands_is_warned_of() -> None:
    """The last word is old."""
    seen = judge(*CHANGED, told(30, "ns1", OLD))
    assert "changed back to the old address by 2026-03-02T22:30:00Z" in seen.warnings[0]
    assert seen.authoritative_agree is False


def test_a_lagging_server_is_no_rollback() -> None:
    """One follows later than the other: one turn, over when both have."""
    seen = judge(*CHANGED, told(0, "ns2", OLD), told(30, "ns2", NEW))
    assert [(turn.to, turn.after, turn.at) for turn in seen.turns] == [("new", at(-5), at(30))]


def test_several_caches_that_fetch_old_again_tell_of_a_rollback() -> None:
    """No server was asked; three resolvers had new at 5 min, and a whole old TTL at 40."""
    before = [asked(-10, r, rrset(600, OLD)) for r in "abc"]
    between = [asked(5, r, rrset(300, NEW)) for r in "abc"]
    again = [asked(40, r, rrset(590, OLD)) for r in "abc"]
    back = judge(*before, *between, *again)
    assert "rolled back?" in back.warnings[0]
    assert back.bound is not None
    assert back.bound.at is None, "while it stands, nothing is promised"
    assert judge(*before, *between, *again[:1]).warnings == ()
    assert judge(*before, *between, *again, *(asked(90, r, rrset(300, NEW)) for r in "abc")).warnings == ()


def test_a_pool_that_flips_is_no_rollback() -> None:
    """Old entries that were fetched before the change, seen beside new ones."""
    rows = [asked(m, r, rrset(3600 - 60 * m - 60, OLD)) for m in (1, 11, 21) for r in "abc"]
    rows += [asked(m + 2, r, rrset(200, NEW)) for m in (1, 11, 21) for r in "abc"]
    assert judge(*rows, asked(-2, "a", rrset(3600, OLD))).warnings == ()


@pytest.mark.parametrize(
    ("kind", "data", "word"),
    [("AAAA", OLD6, "leads to"), ("HTTPS", f'1 . alpn="h2" ipv4hint="{OLD}"', "hints at")],
)
def test_a_record_that_was_forgotten_is_a_loud_reason(kind: str, data: str, word: str) -> None:
    """A was changed, the other still leads to the old server, at the zone's own server."""
    seen = judge(*CHANGED, told(-5, "ns1", data, type=kind), told(10, "ns1", data, type=kind), now=11)
    expected = f"The {kind} record of {NAME} still {word} the old server, though A was changed: forgotten?"
    assert seen.warnings == (expected,)
    assert seen.authoritative_agree is False


def test_a_record_that_only_lives_in_caches_was_not_forgotten() -> None:
    """Its server answers new; the cache's entry is from before."""
    aaaa = told(-5, "ns1", OLD6, type="AAAA"), told(0, "ns1", NEW6, type="AAAA")
    cached = asked(10, "a", rrset(2900, OLD6, kind="AAAA"), type="AAAA")
    assert judge(*CHANGED, *aaaa, cached, now=11).warnings == ()


def test_a_second_change_within_the_new_server_is_told() -> None:
    """On to another of its addresses, at all servers of the zone: no turn, for nobody is led to the old one."""
    seen = judge(*CHANGED, told(0, "ns2", NEW), told(30, "ns1", NEW_TOO), told(31, "ns2", NEW_TOO), also=NEW_TOO)
    assert [(turn.to, turn.after, turn.at) for turn in seen.moved_on] == [(NEW_TOO, at(0), at(31))]
    assert [turn.to for turn in seen.turns] == ["new"]
    half = judge(*CHANGED, told(0, "ns2", NEW), told(30, "ns1", NEW_TOO), also=NEW_TOO)
    assert half.moved_on == (), "not before all have it"


def test_several_addresses_in_turn_are_no_second_change() -> None:
    """A server that answers with one of two each time."""
    answers = (told(10 * n, "ns1", NEW if n % 2 else NEW_TOO) for n in range(1, 6))
    assert judge(*CHANGED, *answers, also=NEW_TOO).moved_on == ()
