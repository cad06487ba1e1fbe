"""Who answers old: each answer and each resolver, worked out by hand."""

from __future__ import annotations

import sys
from ipaddress import ip_address
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from dns_questions import NAME, NEW, NEW6, OLD, OLD6, Row, asked, at, judge, read, rrset

from analyzer.dns.propagation import propagation, states


@pytest.mark.parametrize(
    ("answers", "more", "state"),
    [
        (rrset(60, OLD), {}, "old"),
        (rrset(60, NEW), {}, "new"),
        (rrset(60, OLD, NEW), {}, "mixed"),
        (rrset(60, "203.0.113.66"), {}, "neither"),
        (rrset(60, "203.0.113.66", OLD), {}, "old"),
        ([], {}, "empty"),
        ([], {"rcode": "NXDOMAIN"}, "empty"),
        ([], {"rcode": "SERVFAIL"}, "failing"),
        ([], {"rcode": "REFUSED"}, "failing"),
        ([], {"rcode": None, "error": "timeout"}, "failing"),
        (rrset(60, "not an address"), {}, "empty"),
    ],
)
def test_an_answer_is_held_against_the_known_sets(answers: list[Row], more: Row, state: str) -> None:
    """The state follows from the addresses alone."""
    assert [one.state for one in judge(asked(0, "a", answers, **more)).resolvers] == [state]


def test_no_majority_decides() -> None:
    """Nine resolvers on new do not outvote the one on old."""
    seen = judge(*(asked(0, f"10.0.0.{n}", rrset(60, NEW)) for n in range(9)), asked(0, "10.0.0.9", rrset(60, OLD)))
    assert (seen.on_new, seen.on_old, len(seen.resolvers)) == (9, 1, 10)


def test_the_worst_of_a_resolver_counts_and_only_once() -> None:
    """New over IPv4, old over IPv6, where the old server has an IPv6 address."""
    questions = (
        asked(0, "a", rrset(60, NEW)),
        asked(0, "a", rrset(60, OLD6, kind="AAAA"), type="AAAA"),
        asked(0, "b", rrset(60, NEW)),
        asked(0, "b", rrset(60, NEW6, kind="AAAA"), type="AAAA"),
    )
    both, four = judge(*questions), judge(*questions, six=False)
    assert [(one.resolver, one.state, one.type) for one in both.resolvers] == [("a", "old", "AAAA"), ("b", "new", "A")]
    assert (four.on_new, four.on_old) == (2, 0)


def test_a_forgotten_hint_is_a_third_copy_of_the_address() -> None:
    """An HTTPS record that still hints at the old address makes its resolver old; one without hints says nothing."""
    hint = rrset(300, f'1 . alpn="h2" ipv4hint={OLD}', kind="HTTPS")
    bare = rrset(300, '1 . alpn="h2"', kind="HTTPS")
    seen = judge(
        asked(0, "a", rrset(60, NEW)), asked(0, "a", hint, type="HTTPS"),
        asked(0, "b", rrset(60, NEW)), asked(0, "b", bare, type="HTTPS"),
    )  # fmt: skip
    assert [(one.resolver, one.state) for one in seen.resolvers] == [("a", "old"), ("b", "new")]


def test_other_names_say_nothing() -> None:
    """Only the migration's names count, in any case and with or without the dot."""
    seen = judge(
        asked(0, "a", rrset(60, NEW), name="APP.Example.com."), asked(0, "b", rrset(60, OLD), name="x.example")
    )
    assert [(one.resolver, one.state) for one in seen.resolvers] == [("a", "new")]


def test_a_family_that_the_new_server_lacks_is_new_when_it_is_gone() -> None:
    """The old server had IPv6, the new one has none: no AAAA record at all is as it should be."""
    snapshots = read(asked(0, "a", [], type="AAAA"))
    old = [ip_address(OLD), ip_address(OLD6)]
    seen = propagation(snapshots, names=[NAME], old=old, new=[ip_address(NEW)], at=at(1))
    assert [one.state for one in seen.resolvers] == ["new"]


def test_a_failing_resolver_keeps_its_old_entry() -> None:
    """It answered old, then timed out: it fails, and its entry still lives."""
    seen = judge(asked(0, "a", rrset(600, OLD)), asked(1, "a", [], rcode=None, error="timeout"), now=2)
    assert (seen.failing, seen.on_old) == (1, 0)
    assert seen.resolvers[0].problem == "timeout"
    assert seen.last_old_expires_at == at(10)


def test_nothing_recorded_is_nothing_claimed() -> None:
    """No question up to the moment: no resolver, no moment."""
    seen = judge(asked(5, "a", rrset(600, OLD)), now=0)
    assert seen.resolvers == ()
    assert (seen.changed_at, seen.ttl_s, seen.last_old_expires_at, seen.first_at, seen.questions) == (None,) * 4 + (0,)


def test_looping_and_endless_chains_end() -> None:
    """A CNAME loop and a chain of 60 are answers without an address."""
    loop = rrset(60, "b.example.", kind="CNAME") + rrset(60, NAME, name="b.example", kind="CNAME")
    chain = [
        rrset(60, f"n{n + 1}.example", name=NAME if n == 0 else f"n{n}.example", kind="CNAME")[0] for n in range(60)
    ]
    assert [one.state for one in judge(asked(0, "a", loop), asked(0, "b", chain)).resolvers] == ["empty", "empty"]


def test_states_are_every_answer_in_order_of_time() -> None:
    """For the figure: state and expiry of each, none later than the moment."""
    snapshots = read(
        asked(2, "a", rrset(60, NEW)), asked(0, "a", rrset(600, OLD)), asked(9, "a", rrset(60, NEW))
    )  # fmt: skip
    frame = states(snapshots, names=[NAME], old=[ip_address(OLD)], new=[ip_address(NEW)], at=at(5))
    assert frame["state"].tolist() == ["old", "new"]
    assert frame["at"].tolist() == [at(0), at(2)]
    assert frame["expires_at"].iloc[0] == at(10)
    assert frame["expires_at"].isna().tolist() == [False, True]
