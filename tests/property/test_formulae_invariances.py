"""The formulae of docs/model.md for all inputs: limits, what must not matter, and what may only rise or only fall."""

from __future__ import annotations

import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small
from drain_clients import CHANGE_S, DAY_S, FLAT, HOUR_S, table

from analyzer.drain.advise import advise
from analyzer.drain.clients import Clients
from analyzer.drain.evidence import gather
from analyzer.drain.learned import leaving
from analyzer.drain.leaving import Leaving
from analyzer.drain.loss import DRAWS, Loss, loss
from analyzer.drain.rates import SCALES_DAYS, Population, Rates, rates
from analyzer.drain.stays import Stays, stays
from analyzer.drain.surprise import Surprises
from analyzer.migration import load

HORIZON_S = 30 * DAY_S
NOBODY = Surprises(np.zeros(0), 50 * DAY_S, 400 * DAY_S, 1.0)
EVENLY = Population(np.full(len(SCALES_DAYS), 1 / len(SCALES_DAYS)), CHANGE_S - 14 * DAY_S)
LAW = Leaving(CHANGE_S, HOUR_S, {"program": 0.3, "person": 0.1}, {"program": 0.2, "person": 0.05})
MOMENTS = ("first_s", "last_s", "first_after_s", "last_after_s", "first_direct_s", "last_direct_s")
kinds = st.sampled_from(["person", "program"])
days = st.floats(0.05, 25.0)
counts = st.integers(1, 400)


def seen(kind: str, after: float, last_days: float, *, regular: bool = False, before: float = 14.0) -> Clients:
    """Return a client last seen at the old server some days after the change."""
    last = CHANGE_S + last_days * DAY_S
    visits = before + after
    return table(
        kind=kind, before=before, after=after, requests=3.0 * visits, requests_after=3.0 * after, last_s=last,
        first_after_s=min(CHANGE_S + HOUR_S, last), last_after_s=last, regular=regular, intervals=visits - 1,
        interval_s=(14 + last_days) / visits * DAY_S, longest_s=2 * (14 + last_days) / visits * DAY_S, spread=0.2,
    )  # fmt: skip


def stay_of(some: Clients, at_s: float, *, new_known: bool = False) -> tuple[Stays, Rates]:
    """Return who is there, and how often each comes."""
    rate = rates(some, FLAT, at_s, EVENLY)
    return stays(some, LAW, rate, at_s, HORIZON_S, new_known=new_known), rate


def expected(some: Clients, at_days: float, *, new_known: bool = False) -> float:
    """Return the requests expected of all."""
    return float(stay_of(some, CHANGE_S + at_days * DAY_S, new_known=new_known)[0].expected_requests.sum())


def bound(some: Clients, at_days: float, faces: Surprises = NOBODY, confidence: float = 0.95) -> Loss:
    """Return the loss."""
    stay, rate = stay_of(some, CHANGE_S + at_days * DAY_S)
    return loss(stay, rate, faces, horizon_s=HORIZON_S, confidence=confidence)


def both(one: Clients, other: Clients) -> Clients:
    """Return the clients of both."""
    names = [field.name for field in fields(Clients)]
    return Clients(**{name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in names})


# --- only rises, only falls ------------------------------------------------------------------------------------------


@given(kind=kinds, after=counts, last=days, first=days, second=days, regular=st.booleans(), new_known=st.booleans())
def test_more_silence_never_raises_what_is_expected(
    *, kind: str, after: int, last: float, first: float, second: float, regular: bool, new_known: bool
) -> None:
    """Of any client: seen so often, last then, silent since; with a clock or without, and the new log or not."""
    some = seen(kind, after, last, regular=regular)
    soon, later = (last + wait for wait in sorted((first, second)))
    assert expected(some, later, new_known=new_known) <= expected(some, soon, new_known=new_known) * (1 + 1e-9)


@given(kind=kinds, after=counts, last=days, wait=days, regular=st.booleans())
def test_one_more_visit_now_never_lowers_it(*, kind: str, after: int, last: float, wait: float, regular: bool) -> None:
    """The same client, and a visit more at the moment judged."""
    at = last + wait
    silent, back = seen(kind, after, last, regular=regular), seen(kind, after + 1, at, regular=regular)
    assert expected(back, at) >= expected(silent, at) * (1 - 1e-9)


@given(kinds, counts, days, days)
def test_one_client_more_never_lowers_the_bound(kind: str, after: int, last: float, wait: float) -> None:
    """Beside any other there is another: what is expected is the sum, and the bound is not less.

    A quantile of so many draws is one whose confidence is known to four of its standard errors.
    """
    one, other = seen(kind, after, last), seen("program", 5.0, 1.0)
    about = 0.95 - 4 * np.sqrt(0.95 * 0.05 / DRAWS)
    alone, together = bound(other, last + wait, confidence=about), bound(both(one, other), last + wait)
    assert together.requests.expected == pytest.approx(
        (alone.requests.expected or 0) + expected(one, last + wait), rel=1e-6, abs=1.0
    )
    assert (together.requests.upper or 0) >= (alone.requests.upper or 0)


@given(st.floats(0.0, 0.99), st.floats(0.0, 0.99), days)
def test_a_client_that_stays_likelier_is_expected_to_send_more(first: float, second: float, wait: float) -> None:
    """In the share that never moves, all else being equal."""
    some, at_s = seen("program", 5.0, 1.0), CHANGE_S + (1.0 + wait) * DAY_S
    rate = rates(some, FLAT, at_s, EVENLY)
    few, many = (
        stays(some, replace(LAW, never={"program": share}), rate, at_s, HORIZON_S, new_known=True).expected_requests[0]
        for share in sorted((first, second))
    )
    assert few <= many * (1 + 1e-9)


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["person", "program"])
def test_an_endless_silence_leaves_nothing_and_none_all(kind: str) -> None:
    """Silent for ten years; and here a second ago."""
    some = seen(kind, 30.0, 1.0)
    assert expected(some, 3_650.0) < 1e-3
    assert stay_of(some, CHANGE_S + DAY_S + 1)[0].chance[0] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("ttl_s", [0.0, 1.0, 1_800.0])
def test_a_ttl_to_nothing_changes_nothing_below_an_hour(ttl_s: float) -> None:
    """What is learned, and what follows, are those of an hour."""
    some = both(seen("program", 40.0, 9.0), seen("person", 3.0, 0.5))
    small_bound, hour = (leaving(some, CHANGE_S, one, CHANGE_S + 10 * DAY_S) for one in (ttl_s, HOUR_S))
    assert replace(small_bound, bound_s=HOUR_S, shown={}) == hour.as_believed()
    for name, shown in hour.shown.items():
        assert small_bound.shown[name].share.tolist() == shown.share.tolist()
    assert hour.shown


def test_a_rate_to_nothing_and_to_infinity() -> None:
    """A program that comes never is expected to send nothing; of one that comes for ever its whole rate is lost."""
    law = replace(LAW, never={"program": 0.999_999})

    def lost(per_day: float) -> float:
        some = seen("program", per_day * 10, 10.0, before=per_day * 14)
        rate = rates(some, FLAT, CHANGE_S + 10 * DAY_S, EVENLY)
        return float(stays(some, law, rate, CHANGE_S + 10 * DAY_S, HORIZON_S, new_known=False).expected_requests[0])

    assert lost(1e-4) < 3.0
    assert lost(10_000.0) == pytest.approx(10_000 * 3 * 30, rel=0.01)


def test_no_horizon_no_loss() -> None:
    """The horizon to nothing: neither known clients nor faces."""
    some, at_s = seen("program", 40.0, 9.0), CHANGE_S + 9.1 * DAY_S
    rate = rates(some, FLAT, at_s, EVENLY)
    stay = stays(some, LAW, rate, at_s, 1.0, new_known=False)
    faces = Surprises(np.full(20, 5 * DAY_S), DAY_S, 8 * DAY_S, 5.0)
    assert loss(stay, rate, faces, horizon_s=1.0, confidence=0.95).requests.upper == 0


# --- what does not matter --------------------------------------------------------------------------------------------


@given(kinds, counts, days, days, st.integers(-400_000_000, 400_000_000))
def test_a_shift_in_time_does_not_matter(kind: str, after: int, last: float, wait: float, shift_s: int) -> None:
    """Programs have no week; people have, and here it is flat."""
    some, at_s = seen(kind, after, last), CHANGE_S + (last + wait) * DAY_S
    there = replace(some, **{name: getattr(some, name) + shift_s for name in MOMENTS})
    law = replace(LAW, change_s=CHANGE_S + shift_s)
    among = Population(EVENLY.weights, EVENLY.began_s + shift_s)
    here, rate = stay_of(some, at_s)
    moved = stays(there, law, rates(there, FLAT, at_s + shift_s, among), at_s + shift_s, HORIZON_S, new_known=False)
    assert moved.expected_requests == pytest.approx(here.expected_requests, rel=1e-4)
    assert rate.per_day[0] > 0


@settings(max_examples=20)
@given(st.permutations(range(12)))
def test_the_order_of_clients_does_not_matter(order: list[int]) -> None:
    """The same bound, to the last draw: the greatest is drawn first."""
    some = table(12, after=np.arange(1.0, 13.0), last_after_s=CHANGE_S + np.arange(1.0, 13.0) * HOUR_S,
                 first_after_s=CHANGE_S + 60.0, last_s=CHANGE_S + np.arange(1.0, 13.0) * HOUR_S)  # fmt: skip
    assert bound(some.take(np.array(order)), 2.0).requests.upper == bound(some, 2.0).requests.upper


@given(kinds, counts, days, days, st.integers(2, 50))
def test_so_many_clients_alike_are_expected_to_send_so_much_more(
    kind: str, after: int, last: float, wait: float, times: int
) -> None:
    """Doubling all clients doubles what is expected of them."""
    one = seen(kind, after, last)
    many = one.take(np.zeros(times, np.int64))
    assert expected(many, last + wait) == pytest.approx(times * expected(one, last + wait), rel=1e-9)


def twice(story: small.Story) -> small.Story:
    """Return the story with every request made twice in the same second."""
    return small.Story(
        tuple(one for one in story.old for _ in range(2)), tuple(one for one in story.new for _ in range(2))
    )


def test_doubling_every_line_doubles_the_figures(tmp_path: Path) -> None:
    """End to end: the same visits of twice the requests; residual exactly, each straggler's part exactly."""

    def judged(name: str, story: small.Story) -> list[dict[str, Any]]:
        moments = [small.CHANGED + n * small.AFTER / 8 for n in (1, 3, 7)]
        gathered = gather(load(small.write(tmp_path / name, story)), moments)
        return [advise(gathered.at(moment)).verdict.as_json() for moment in moments]

    for single, double in zip(judged("single", small.story(1)), judged("double", twice(small.story(1))), strict=True):
        assert double["residual"]["requests_per_day"] == 2 * single["residual"]["requests_per_day"]
        assert double["residual"]["clients_24h"] == single["residual"]["clients_24h"]
        assert [one["client"] for one in double["stragglers"]] == [one["client"] for one in single["stragglers"]]
        for one, two in zip(single["stragglers"], double["stragglers"], strict=True):
            assert two["expected_requests"] == pytest.approx(2 * one["expected_requests"], rel=0.02, abs=0.01)
            assert two["stuck"] == one["stuck"]
        assert double["lost_requests"]["upper"] == pytest.approx(2 * single["lost_requests"]["upper"], rel=0.15, abs=4)
