"""Histories of a change with other records, or of the provider: what is said of them, each worked out by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from dns_histories import MINUTES, OTHER, ZONE, asked, at, bound_s, judge, server, state_of, turned
from dns_questions import NAME, NEW, NEW6, OLD, OLD6, Row


def test_a_late_aaaa_is_the_end_of_the_change() -> None:
    """A at 0, AAAA at 1800: until then it is told, and the change that was made lies where it was made."""
    six = server("ns1", turned(1800, OLD6, NEW6), type="AAAA")
    before, after = (judge(server("ns1", turned(0)), six, now=now, six=True) for now in (600, 3000))
    assert (before.changed_after, before.changed_at, bound_s(before)) == (at(-60), at(0), None)
    assert "The AAAA record of app.example.com still leads to the old server" in before.warnings[0]
    assert {kind.type: kind.state for kind in state_of(before, "ns1").kinds} == {"A": "new", "AAAA": "old"}
    assert (after.changed_at, after.first_changed_at, bound_s(after), after.warnings) == (at(1800), at(0), 2100, ())


@pytest.mark.parametrize(
    "after", ['1 . alpn="h2"', '1 . alpn="h2" ipv4hint="198.51.100.5"', ""], ids=["gone", "new", "no record"]
)
def test_hints_that_are_gone_are_old_no_more(after: str) -> None:
    """Hints may be left out (RFC 9460 s7.3): then nothing leads to the old server by them."""
    old = '1 . alpn="h2" ipv4hint="192.0.2.4"'
    hints = [
        asked(one, who, 300, *filter(None, [old if one < change else after]), type="HTTPS", authoritative=who == "ns1")
        for who, change in (("ns1", 0), ("a", 200))
        for one in MINUTES
    ]
    seen = judge(server("ns1", turned(0)), hints, now=1000)
    assert (seen.authoritative_agree, seen.on_old, bound_s(seen)) == (True, 0, 300)
    assert judge(server("ns1", turned(0)), hints, now=-30).on_old == 2


def test_hints_that_never_led_to_the_old_server_say_nothing() -> None:
    """A record without hints is no answer about addresses, before and after."""
    plain = server("ns1", lambda _: '1 . alpn="h2"', type="HTTPS")
    assert {kind.type for kind in state_of(judge(server("ns1", turned(0)), plain, now=600), "ns1").kinds} == {"A"}


def test_a_name_that_was_forgotten_is_told() -> None:
    """Of two names one still leads to the old server."""
    seen = judge(server("ns1", turned(0)), server("ns1", lambda _: OLD, name=OTHER), now=600, names=(NAME, OTHER))
    assert (seen.authoritative_agree, bound_s(seen), state_of(seen, "ns1").state) == (False, None, "old")
    assert f"The A record of {OTHER} still leads to the old server" in seen.warnings[0]


def moved(end_s: int) -> list[Row]:
    """Return a zone that goes to a new provider at 0; the former one keeps serving old and is asked until a moment."""
    hours, delegation = range(-36_000, 100_000, 3600), {True: "ns.old.example.", False: "ns.new.example."}
    rows = [asked(one, "192.0.2.30", 172_800, delegation[one < 0], name=ZONE, type="NS") for one in hours]
    for who, address, ttl, says, times in (
        ("old-server", OLD, 3600, "ns.old.example.", [one for one in hours if one < end_s]),
        ("new-server", NEW, 300, "ns.new.example.", [one for one in hours if one >= -3600]),
    ):
        rows += server(who, lambda _, address=address: address, times, ttl)  # type: ignore[misc] -- bound now
        rows += server(who, lambda _, says=says: says, times, 86_400, name=ZONE, type="NS")  # type: ignore[misc] -- bound now
        soa = f"{says} host.example.com. 1 7200 600 86400 60"
        rows += server(who, lambda _, soa=soa: soa, times, 3600, name=ZONE, type="SOA")  # type: ignore[misc] -- bound now
    return rows


@pytest.mark.parametrize("end_s", [20_000, 200_000], ids=["asked no more", "still asked"])
def test_a_former_providers_server_is_asked_as_long_as_the_delegation_lives(end_s: int) -> None:
    """The zone above changed by 0: two days later nobody asks there, and an hour later its answers are over."""
    for now in (15_000, 90_000):
        seen = judge(moved(end_s), now=now)
        assert (seen.changed_after, seen.changed_at, seen.authoritative_agree) == (at(-3600), at(0), True)
        assert bound_s(seen) == 172_800 + 3600
        assert seen.bound is not None
        assert seen.bound.because.startswith("old-server was a server of the zone")


def test_a_former_provider_that_is_new_too_adds_nothing() -> None:
    """Whoever puts the new address in both zones has no delegation to wait for."""
    rows = [row for row in moved(200_000) if (row["resolver"], row["type"]) != ("old-server", "A")]
    both = server("old-server", turned(-7000), range(-36_000, 100_000, 3600), 3600)
    seen = judge(rows, both, now=90_000)
    assert bound_s(seen) == -3600 + 3600


def ns(seconds: float, who: str, *names: str) -> Row:
    """Return what a server of the zone above says of the delegation."""
    return asked(seconds, who, 172_800, *names, name=ZONE, type="NS")


@pytest.mark.parametrize(
    ("rows", "span"),
    [
        ([("p", 0, "old."), ("p", 60, "new.")], (0, 60)),
        ([("p", 0, "old."), ("q", 1, "old."), ("p", 60, "new."), ("q", 61, "new.")], (1, 61)),
        ([("p", 0, "old."), ("q", 1, "old."), ("p", 60, "new."), ("q", 61, "old.")], None),
        ([("p", 0, "old."), ("q", 1, "old."), ("q", 60, "old."), ("p", 61, "new.")], (0, 61)),
        ([("p", 0, "old."), ("q", 1, "old."), ("p", 60, "new."), ("q", 61, "old."), ("q", 120, "new.")], (61, 120)),
        ([("p", 0, "old."), ("q", 60, "new.")], (0, 60)),
        ([("p", 0, "old."), ("q", 1, "new."), ("p", 60, "old."), ("q", 61, "new.")], None),
        ([("p", 0, "old."), ("p", 60, "new."), ("p", 120, "old.")], (60, 120)),
        ([("p", 0, "old.")], None),
    ],
    ids=["one", "two", "one lags", "asked first", "one lagged", "never both", "never agree", "taken back", "once"],
)
def test_a_delegation_has_moved_when_all_servers_above_say_so(
    rows: list[tuple[str, int, str]], span: tuple[int, int] | None
) -> None:
    """Between the last former and the first new answer of the one that followed last."""
    (zone,) = judge([ns(seconds, who, name) for who, seconds, name in rows], now=600).zones
    assert (zone.moved_after, zone.moved_at) == ((None, None) if span is None else (at(span[0]), at(span[1])))
