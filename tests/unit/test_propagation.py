"""Who answers old until when, and when the change was published: cases worked out by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.dns.propagation import Propagation, propagation, states
from analyzer.dns.snapshots import Snapshots, read_snapshots

if TYPE_CHECKING:
    from pathlib import Path

NAME = "app.example.com"
T0 = datetime(2026, 3, 2, 22, tzinfo=UTC)
OLD, NEW, OLD6, NEW6 = "192.0.2.4", "198.51.100.5", "2001:db8::4", "2001:db8:1::5"


def at(minutes: float) -> datetime:
    """Return a moment so many minutes after T0."""
    return T0 + timedelta(minutes=minutes)


def rrset(ttl: int, *data: str, name: str = NAME, kind: str = "A") -> list[dict[str, Any]]:
    """Return the records of one RRset."""
    return [{"name": name, "type": kind, "ttl": ttl, "data": one} for one in data]


def asked(minutes: float, resolver: str, answers: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a question asked so many minutes after T0."""
    question = {
        "schema": "cutover.dns/1", "at": at(minutes).isoformat(), "resolver": resolver, "transport": "udp",
        "name": NAME, "type": "A", "rcode": "NOERROR", "authoritative": False, "elapsed_ms": 3.0, "answers": answers,
        "error": None, "ede": None, "nsid": None,
    }  # fmt: skip
    return question | more


class Case:
    """Lines of a snapshot file, judged at a moment."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "dns.jsonl"

    def read(self, *questions: dict[str, Any]) -> Snapshots:
        """Return the questions as they are read back from a file."""
        self.path.write_text("".join(json.dumps(one) + "\n" for one in questions))
        return read_snapshots([str(self.path)])

    def __call__(self, *questions: dict[str, Any], now: float = 600, six: bool = False, **more: Any) -> Propagation:
        """Return what they say `now` minutes after T0."""
        old, new = [OLD, *([OLD6] if six else [])], [NEW, *([NEW6] if six else [])]
        return propagation(
            self.read(*questions),
            names=[NAME],
            old=[ip_address(one) for one in old],
            new=[ip_address(one) for one in new],
            at=at(now),
            **more,
        )


@pytest.fixture
def judge(tmp_path: Path) -> Case:
    """Return a case with a folder of its own."""
    return Case(tmp_path)


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
def test_an_answer_is_held_against_the_known_sets(
    judge: Case, answers: list[dict[str, Any]], more: dict[str, Any], state: str
) -> None:
    """The state follows from the addresses alone."""
    assert [one.state for one in judge(asked(0, "a", answers, **more)).resolvers] == [state]


def test_no_majority_decides(judge: Case) -> None:
    """Nine resolvers on new do not outvote the one on old."""
    seen = judge(*(asked(0, f"10.0.0.{n}", rrset(60, NEW)) for n in range(9)), asked(0, "10.0.0.9", rrset(60, OLD)))
    assert (seen.on_new, seen.on_old, len(seen.resolvers)) == (9, 1, 10)


def test_the_changed_cname_counts_not_the_address(judge: Case) -> None:
    """`www CNAME app.old` with TTL 3600 changed: the old path lives 50 min more, though the address has 60 s."""
    before = rrset(3000, "app.old.example.", kind="CNAME") + rrset(60, OLD, name="app.old.example")
    after = rrset(3600, "app.new.example.", kind="CNAME") + rrset(60, NEW, name="app.new.example")
    seen = judge(asked(0, "a", before), asked(1, "b", after), now=10)
    assert seen.last_old_expires_at == at(50)
    assert seen.ttl_s == 3000


def test_the_changed_address_counts_not_the_cname(judge: Case) -> None:
    """The CNAME has a day, but the address below it is what changed: two minutes."""
    before = rrset(86_400, "web.example.", kind="CNAME") + rrset(120, OLD, name="web.example")
    after = rrset(86_400, "web.example.", kind="CNAME") + rrset(300, NEW, name="web.example")
    seen = judge(asked(0, "a", before), asked(1, "b", after), now=10)
    assert seen.last_old_expires_at == at(2)


def test_until_the_change_is_seen_the_longest_rrset_counts(judge: Case) -> None:
    """Nobody knows yet whether the CNAME or the address will change."""
    before = rrset(86_400, "web.example.", kind="CNAME") + rrset(120, OLD, name="web.example")
    assert judge(asked(0, "a", before)).last_old_expires_at == at(24 * 60)


def test_an_address_that_became_a_cname(judge: Case) -> None:
    """The A RRset at the name was replaced by a CNAME: the A RRset's TTL counts."""
    after = rrset(300, "cdn.example.", kind="CNAME") + rrset(20, NEW, name="cdn.example")
    assert judge(asked(0, "a", rrset(600, OLD)), asked(1, "b", after)).last_old_expires_at == at(10)


def test_an_rrset_lives_as_long_as_its_shortest_record(judge: Case) -> None:
    """RFC 2181 s5.2: unequal TTLs in an RRset mean the least."""
    answers = rrset(600, OLD) + rrset(120, "192.0.2.99")
    assert judge(asked(0, "a", answers), asked(1, "b", rrset(60, NEW))).last_old_expires_at == at(2)


def test_an_old_entry_of_another_cache_outlives_a_new_answer(judge: Case) -> None:
    """The pool answers new at 5 min, but the entry seen at 0 lives until 10 min."""
    seen = judge(asked(0, "a", rrset(600, OLD)), asked(5, "a", rrset(3600, NEW)), now=6)
    assert seen.on_new == 1
    assert seen.last_old_expires_at == at(10)
    assert seen.resolvers[0].old_expires_at == at(10)


def test_two_caches_behind_one_address_are_told_apart(judge: Case) -> None:
    """Entries that expire at 60 and at 30 min are seen side by side: two caches."""
    seen = judge(asked(0, "a", rrset(3600, OLD)), asked(1, "a", rrset(1740, OLD)), asked(2, "a", rrset(3480, OLD)))
    assert seen.resolvers[0].entries == 2
    assert "has 2 caches or more behind one address" in seen.resolvers[0].facts


def test_successive_entries_are_one_cache(judge: Case) -> None:
    """Fetched again after it expired: one entry at a time."""
    seen = judge(asked(0, "a", rrset(300, OLD)), asked(6, "a", rrset(300, OLD)), asked(8, "a", rrset(180, OLD)))
    assert seen.resolvers[0].entries == 1


def test_the_worst_of_a_resolver_counts_and_only_once(judge: Case) -> None:
    """New over IPv4, old over IPv6, where the old server has an IPv6 address."""
    questions = (
        asked(0, "a", rrset(60, NEW)),
        asked(0, "a", rrset(60, OLD6, kind="AAAA"), type="AAAA"),
        asked(0, "b", rrset(60, NEW)),
        asked(0, "b", rrset(60, NEW6, kind="AAAA"), type="AAAA"),
    )
    both, four = judge(*questions, six=True), judge(*questions)
    assert [(one.resolver, one.state, one.type) for one in both.resolvers] == [("a", "old", "AAAA"), ("b", "new", "A")]
    assert (four.on_new, four.on_old) == (2, 0)


def test_a_forgotten_hint_is_a_third_copy_of_the_address(judge: Case) -> None:
    """An HTTPS record that still hints at the old address makes its resolver old; one without hints says nothing."""
    hint = rrset(300, f'1 . alpn="h2" ipv4hint={OLD}', kind="HTTPS")
    bare = rrset(300, '1 . alpn="h2"', kind="HTTPS")
    seen = judge(
        asked(0, "a", rrset(60, NEW)), asked(0, "a", hint, type="HTTPS"),
        asked(0, "b", rrset(60, NEW)), asked(0, "b", bare, type="HTTPS"),
    )  # fmt: skip
    assert [(one.resolver, one.state) for one in seen.resolvers] == [("a", "old"), ("b", "new")]


def test_other_names_say_nothing(judge: Case) -> None:
    """Only the migration's names count, in any case and with or without the dot."""
    seen = judge(
        asked(0, "a", rrset(60, NEW), name="APP.Example.com."), asked(0, "b", rrset(60, OLD), name="x.example")
    )
    assert [(one.resolver, one.state) for one in seen.resolvers] == [("a", "new")]


def test_a_family_that_the_new_server_lacks_is_new_when_it_is_gone(judge: Case) -> None:
    """The old server had IPv6, the new one has none: no AAAA record at all is as it should be."""
    snapshots = judge.read(asked(0, "a", [], type="AAAA"))
    old = [ip_address(OLD), ip_address(OLD6)]
    seen = propagation(snapshots, names=[NAME], old=old, new=[ip_address(NEW)], at=at(1))
    assert [one.state for one in seen.resolvers] == ["new"]


def test_authoritative_answers_give_change_and_ttl(judge: Case) -> None:
    """Old at -5 and new at 0 min, asked of the zone's own server: between the two."""
    seen = judge(
        asked(-5, "ns1", rrset(3600, OLD), authoritative=True),
        asked(0, "ns1", rrset(300, NEW), authoritative=True),
        asked(20, "a", rrset(2040, OLD)),
    )
    assert (seen.changed_after, seen.changed_at, seen.ttl_s) == (at(-5), at(0), 3600)
    assert seen.authoritative_agree is True
    assert seen.last_old_expires_at == at(55)


def test_an_old_entry_tells_that_it_was_fetched_before_the_change(judge: Case) -> None:
    """Seen at 20 min with 2,520 s of 3,600 left: fetched at 2 min (less 2 s of rounding), and still old."""
    questions = asked(10, "b", rrset(300, NEW)), asked(20, "a", rrset(2520, OLD))
    seen = judge(*questions, ttl_s=3600)
    assert (seen.changed_after, seen.changed_at) == (at(2) - timedelta(seconds=2), at(10))


def test_a_forwarder_that_starts_ttls_anew_moves_nothing_past_the_servers(judge: Case) -> None:
    """It shows 3,600 s at 20 min for an entry that its parent has had for an hour; the servers know better."""
    seen = judge(
        asked(-5, "ns1", rrset(3600, OLD), authoritative=True),
        asked(0, "ns1", rrset(300, NEW), authoritative=True),
        asked(20, "a", rrset(3600, OLD)),
    )
    assert (seen.changed_after, seen.changed_at) == (at(-5), at(0))
    assert seen.last_old_expires_at == at(80)


def test_a_lagging_secondary_moves_the_change(judge: Case) -> None:
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
def test_authoritative_servers_agree_if_alike_and_none_is_old(judge: Case, last: list[str], agree: bool) -> None:
    """What the second server answers last decides, once the first is new."""
    seen = judge(
        asked(0, "ns1", rrset(300, NEW), authoritative=True), asked(1, "ns2", rrset(300, *last), authoritative=True)
    )
    assert seen.authoritative_agree is agree


def test_a_family_that_was_forgotten_is_no_disagreement(judge: Case) -> None:
    """No server has an AAAA record any more: nobody is led to the old address by it."""
    ns = [asked(0, name, rrset(300, NEW), authoritative=True) for name in ("ns1", "ns2")]
    ns += [asked(0, name, [], type="AAAA", authoritative=True) for name in ("ns1", "ns2")]
    assert judge(*ns, six=True).authoritative_agree is True
    assert (
        judge(
            *ns, asked(1, "ns2", rrset(60, OLD6, kind="AAAA"), type="AAAA", authoritative=True), six=True
        ).authoritative_agree
        is False
    )


def test_a_type_that_was_changed_later_is_the_last_change(judge: Case) -> None:
    """A at 0 min, AAAA forgotten until 300: the change is over then, and had begun at 0."""
    kinds = [("A", OLD, NEW, 0), ("AAAA", OLD6, NEW6, 300)]
    seen = judge(
        *(
            asked(m, "ns", rrset(60, old if m < change else new, kind=kind), type=kind, authoritative=True)
            for kind, old, new, change in kinds
            for m in range(-60, 400, 20)
        ),
        six=True,
    )
    assert (seen.changed_after, seen.changed_at, seen.first_changed_at) == (at(280), at(300), at(0))


def test_without_authoritative_answers_nothing_is_claimed_of_them(judge: Case) -> None:
    """None, not True."""
    assert judge(asked(0, "a", rrset(60, NEW))).authoritative_agree is None


def test_an_authoritative_server_still_old_may_be_asked_at_any_time(judge: Case) -> None:
    """Asked at 0, judged at 90 min: a cache may have fetched it just now, for an hour."""
    seen = judge(asked(0, "ns1", rrset(3600, OLD), authoritative=True), now=90)
    assert seen.last_old_expires_at == at(150)


def test_a_new_entry_tells_when_it_was_fetched(judge: Case) -> None:
    """Its next entry starts at 3600 s, so the first, seen with 3000 s, was ten minutes old (less 2 s of rounding)."""
    seen = judge(
        asked(-5, "a", rrset(60, OLD)), asked(20, "b", rrset(3000, NEW)), asked(71, "b", rrset(3600, NEW)), ttl_s=60
    )
    assert seen.changed_at == at(10) + timedelta(seconds=2)


def test_a_clamped_new_entry_is_not_thought_older_than_it_is(judge: Case) -> None:
    """It always starts at 300 s there, whatever the zone says: seen with 200 s, it is 100 s old at most."""
    seen = judge(
        asked(0, "ns", rrset(86_400, OLD), authoritative=True),
        asked(60, "ns", rrset(86_400, NEW), authoritative=True),
        asked(30, "a", rrset(200, NEW)),
        asked(34, "a", rrset(300, NEW)),
    )
    assert seen.changed_at == at(30) - timedelta(seconds=98)


def test_one_resolver_that_knew_it_before_all_others_moves_nothing(judge: Case) -> None:
    """An internal resolver has answered new for days; the others changed at 0 min."""
    early = [asked(m, "10.1.1.1", rrset(300, NEW)) for m in range(-3000, 60, 60)]
    others = [asked(m, f"10.0.0.{n}", rrset(300, OLD if m < 0 else NEW)) for n in range(4) for m in range(-600, 60, 10)]
    changed = judge(*early, *others, ttl_s=300).changed_at
    assert changed == at(0)


def test_one_resolver_that_stays_old_for_ever_moves_nothing(judge: Case) -> None:
    """It serves stale answers for a day; the change is where the others saw it."""
    stuck = [asked(m, "10.1.1.1", rrset(30, OLD)) for m in range(-600, 1440, 10)]
    others = [asked(m, f"10.0.0.{n}", rrset(300, OLD if m < 0 else NEW)) for n in range(4) for m in range(-600, 60, 10)]
    seen = judge(*stuck, *others, ttl_s=300, now=1440)
    assert seen.changed_at == at(0)
    assert (seen.on_old, seen.on_new) == (1, 4)


def test_what_is_given_is_taken(judge: Case) -> None:
    """The admin knows when and what TTL."""
    seen = judge(asked(5, "a", rrset(60, NEW)), changed_at=at(1), ttl_s=3600)
    assert (seen.changed_after, seen.changed_at, seen.ttl_s) == (at(1), at(1), 3600)


def test_no_new_answer_no_change(judge: Case) -> None:
    """Everybody is old: nothing was published."""
    seen = judge(asked(0, "a", rrset(600, OLD)), ttl_s=600)
    assert seen.changed_at is None
    assert seen.changed_after == at(-10) - timedelta(seconds=2)


def test_a_ttl_lowered_early_enough_counts_as_lowered(judge: Case) -> None:
    """A day until two days before the change, then five minutes: entries with a day are gone by the change."""
    ns = [asked(-60 * h, "ns", rrset(86_400, OLD), authoritative=True) for h in (72, 60, 50)]
    ns += [asked(-60 * h, "ns", rrset(300, OLD), authoritative=True) for h in (40, 20, 1)]
    changed = asked(0, "ns", rrset(300, NEW), authoritative=True)
    assert judge(*ns, changed).ttl_s == 300
    late = asked(-60 * 5, "ns", rrset(86_400, OLD), authoritative=True)
    assert judge(*ns, late, changed).ttl_s == 86_400


def test_a_ttl_shorter_than_the_steps_of_asking_is_found_all_the_same(judge: Case) -> None:
    """Asked every half hour, a TTL of five minutes shows 300 s or less; just before the change it happened to be 30."""
    asks = [asked(-30 * n - 1, "a", rrset(30 if n == 0 else 300, OLD)) for n in range(10)]
    assert judge(*asks, asked(4, "a", rrset(300, NEW))).ttl_s == 300


def test_the_resolver_that_stretches_the_ttl_is_named(judge: Case) -> None:
    """8,423 s for a zone of 300 s: named, and not the TTL; its own entry is bounded by what it showed."""
    others = [asked(0, f"10.0.0.{n}", rrset(200 + n, OLD)) for n in range(5)]
    seen = judge(*others, asked(0, "10.1.1.1", rrset(8423, OLD)), asked(1, "10.0.0.0", rrset(300, NEW)))
    assert [one.resolver for one in seen.resolvers if one.stretches_ttl] == ["10.1.1.1"]
    assert seen.ttl_s == 204
    assert seen.last_old_expires_at == T0 + timedelta(seconds=8423)


def test_standing_ttls_are_no_ages(judge: Case) -> None:
    """600 s each minute: the resolver shows the original TTL, and its entry may be as old as that."""
    still = [asked(m, "a", rrset(600, OLD)) for m in range(4)]
    seen = judge(*still, asked(8, "b", rrset(600, NEW)), ttl_s=600)
    assert [one.constant_ttl for one in seen.resolvers] == [True, False]
    assert seen.changed_after is not None
    assert seen.changed_after <= at(-7)
    assert judge(*still, ttl_s=3600).last_old_expires_at == at(3 + 60)


def test_full_ttls_far_apart_are_honest(judge: Case) -> None:
    """Asked every 20 min, a TTL of 600 s has always started anew."""
    assert not judge(*(asked(20 * n, "a", rrset(600, OLD)) for n in range(4))).resolvers[0].constant_ttl


def test_a_ttl_beyond_a_week_is_cut(judge: Case) -> None:
    """RFC 8767 s4: seven days; nobody waits 68 years for a liar."""
    assert judge(asked(0, "a", rrset(2**31 - 1, OLD))).last_old_expires_at == T0 + timedelta(days=7)


def test_a_failing_resolver_keeps_its_old_entry(judge: Case) -> None:
    """It answered old, then timed out: it fails, and its entry still lives."""
    seen = judge(asked(0, "a", rrset(600, OLD)), asked(1, "a", [], rcode=None, error="timeout"), now=2)
    assert (seen.failing, seen.on_old) == (1, 0)
    assert seen.resolvers[0].problem == "timeout"
    assert seen.last_old_expires_at == at(10)


def test_nothing_recorded_is_nothing_claimed(judge: Case) -> None:
    """No question up to the moment: no resolver, no moment."""
    seen = judge(asked(5, "a", rrset(600, OLD)), now=0)
    assert seen.resolvers == ()
    assert (seen.changed_at, seen.ttl_s, seen.last_old_expires_at, seen.first_at, seen.questions) == (None,) * 4 + (0,)


def test_looping_and_endless_chains_end(judge: Case) -> None:
    """A CNAME loop and a chain of 60 are answers without an address."""
    loop = rrset(60, "b.example.", kind="CNAME") + rrset(60, NAME, name="b.example", kind="CNAME")
    chain = [
        rrset(60, f"n{n + 1}.example", name=NAME if n == 0 else f"n{n}.example", kind="CNAME")[0] for n in range(60)
    ]
    assert [one.state for one in judge(asked(0, "a", loop), asked(0, "b", chain)).resolvers] == ["empty", "empty"]


def test_states_are_every_answer_in_order_of_time(judge: Case) -> None:
    """For the figure: state and expiry of each, none later than the moment."""
    snapshots = judge.read(
        asked(2, "a", rrset(60, NEW)), asked(0, "a", rrset(600, OLD)), asked(9, "a", rrset(60, NEW))
    )  # fmt: skip
    frame = states(snapshots, names=[NAME], old=[ip_address(OLD)], new=[ip_address(NEW)], at=at(5))
    assert frame["state"].tolist() == ["old", "new"]
    assert frame["at"].tolist() == [at(0), at(2)]
    assert frame["expires_at"].iloc[0] == at(10)
    assert frame["expires_at"].isna().tolist() == [False, True]
