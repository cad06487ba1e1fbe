"""Who is missed at the old address: people who came often, and offices that come to both servers in turn."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from drain_clients import CHANGE_S, DAY_S, HOUR_S, table

from analyzer.drain.caches import Caches, Line
from analyzer.drain.clients import PERSON, Clients
from analyzer.drain.identities import remains
from analyzer.drain.in_turn import in_turn
from analyzer.drain.known import _week_before
from analyzer.drain.learned import STAYED_PRIOR, leaving
from analyzer.drain.leaving import Leaving
from analyzer.drain.loss import _never_drawn
from analyzer.drain.rhythm import Placed
from analyzer.drain.rules.drained import resting
from analyzer.drain.stays import Stays
from analyzer.drain.visits import Visits

NOBODY_HELD = Caches((Line(1.0),)).residual(DAY_S)


def regulars(came: int, silent: int) -> Clients:
    """Return people who came daily, some of them to the old address until an hour ago, ten days after the change."""
    now = CHANGE_S + 10 * DAY_S
    seen = table(came, "person", after=10.0, first_after_s=CHANGE_S + HOUR_S, last_after_s=now - HOUR_S)
    return joined(seen, table(silent, "person"))


def joined(*some: Clients) -> Clients:
    """Return tables as one."""
    names = Clients.__dataclass_fields__
    return Clients(**{name: np.concatenate([getattr(one, name) for one in some]) for name in names})


def test_regular_people_who_are_not_seen_are_there_as_often_as_others_are_seen() -> None:
    """Of 200 who come daily 20 came in the later half of ten days: of the others as many, less the prior's moved ones.

    Who came on the first day only, led back by a change that was taken back, tells nothing of now.
    """
    person, at_s = np.array([PERSON], np.int8), CHANGE_S + 10 * DAY_S

    def unseen(some: Clients) -> float:
        return float(leaving(some, CHANGE_S, HOUR_S, at_s).unseen(person)[0])

    yes, no = STAYED_PRIOR["person"]
    due = 200 * -np.expm1(-(10 * DAY_S - HOUR_S) / 2 / DAY_S)
    assert unseen(regulars(20, 180)) == pytest.approx((20 + yes) / (due + yes + no), rel=1e-9)
    early = replace(regulars(20, 180), last_after_s=np.append(np.full(20, CHANGE_S + DAY_S), np.full(180, np.nan)))
    assert unseen(early) == pytest.approx(yes / (due + yes + no), rel=1e-9)


def test_a_program_that_stands_still_in_its_hours_is_waited_for() -> None:
    """Its longest silence is a weekend's, so a Tuesday of none is not long; but last Tuesday it came each hour.

    Who was not here a week before either, came after the change, or fell silent in the last hour, is none of those.
    """
    office = {
        "before": 300.0, "intervals": 299.0, "interval_s": 2 * HOUR_S, "longest_s": 62 * HOUR_S,
        "last_s": CHANGE_S - 40 * HOUR_S, "last_before_s": CHANGE_S - 40 * HOUR_S,
    }  # fmt: skip

    def waited_for(**columns: float) -> bool:
        some = table(1, **office | {"week_before": 9.0} | columns)
        now: Any = SimpleNamespace(
            clients=some, law=Leaving(CHANGE_S, HOUR_S, {}), change_s=CHANGE_S, at_s=CHANGE_S + 3 * DAY_S,
            new_known=False, rate=SimpleNamespace(silence=np.array([1e-3])),
        )  # fmt: skip
        return len(resting(now)) > 0

    assert waited_for()
    assert not waited_for(week_before=1.0)
    assert not waited_for(last_after_s=CHANGE_S + HOUR_S, first_after_s=CHANGE_S + HOUR_S)
    assert waited_for(week_before=0.0, longest_s=20 * HOUR_S), "longer than ever"


def test_a_week_before_is_the_same_hours_seven_days_earlier() -> None:
    """Hourly by day, last on the evening before the change at noon: four of last week's hours lie between."""
    noon = CHANGE_S + 14 * HOUR_S  # a Tuesday's
    starts = np.array([noon - day * DAY_S + hour * HOUR_S for day in range(8, 0, -1) for hour in range(-3, 7)])
    count = len(starts)
    whole = Visits(np.zeros(count, np.int64), starts, starts, np.ones(count, np.int64), np.ones(count, np.int64))
    assert _week_before(Placed.of(whole, np.zeros(1, np.int64)), noon).tolist() == [4.0]
    assert _week_before(Placed.of(whole, np.zeros(1, np.int64)), float(starts[-1]) + HOUR_S / 2).tolist() == [0.0]


def test_who_comes_to_both_servers_in_turn_is_not_away_for_longer_than_ever() -> None:
    """A hundred direct half hours in a row may be one run; ten times as long as the longest one it hardly is.

    One divided by 101 (Laplace), and by the square of ten beyond it.
    """
    law, at_s = Leaving(CHANGE_S, HOUR_S, {"person": 1.0}), CHANGE_S + 12 * DAY_S
    turns = {"after": 20.0, "direct": 140.0, "direct_since": 100.0, "first_after_s": CHANGE_S + HOUR_S}
    some = table(
        2, "person", **turns, first_direct_s=CHANGE_S + 2 * HOUR_S, last_after_s=CHANGE_S + 2 * DAY_S,
        last_direct_s=at_s - HOUR_S, longest_s=np.array([20 * DAY_S, DAY_S]),
    )  # fmt: skip
    chance, _ = in_turn(some, law, at_s)
    assert chance.tolist() == pytest.approx([1 / 101, 1 / 10100], rel=1e-9)


def test_clients_of_a_kind_err_alike_in_whether_they_never_move() -> None:
    """Of many programs whose share is known by one, the bound is wider than if each erred alone; the mean is the same.

    Where the share is given, or each is sure never to move, nothing is drawn.
    """
    rng, size, draws = np.random.default_rng(9), 40, 20_000
    draw, who = np.divmod(np.arange(size * draws), size)

    def drawn(never: float, known_by: float) -> np.ndarray:
        full = np.ones(size)
        stay = Stays(
            full,
            full,
            full,
            full,
            full * DAY_S,
            full * never,
            full * 0,
            full,
            full * 0,
            full > 0,
            full * 0,
            full * 0,
            full * known_by,
            np.arange(size),
            NOBODY_HELD,
        )
        return _never_drawn(rng, stay, draw, who, draws).reshape(draws, size).mean(axis=1)

    loose, tight = drawn(0.1, 1.0), drawn(0.1, 50.0)
    assert loose.mean() == pytest.approx(0.1, rel=0.03)
    assert tight.mean() == pytest.approx(0.1, rel=0.03)
    assert np.quantile(loose, 0.95) > 2.0 * np.quantile(tight, 0.95)
    assert np.ptp(drawn(0.1, np.inf)) == 0
    assert np.ptp(drawn(1.0, 1.0)) == 0


def test_an_identity_whose_next_one_would_have_shown_counts_for_its_own_life() -> None:
    """Another address each day, for weeks: each counts for a day. Once in months: the next one is no face yet."""
    law, at_s = Leaving(CHANGE_S, HOUR_S, {"person": 1.0}), CHANGE_S + 20 * DAY_S
    fleeting, lasting_ = table(1, "person", churn=1.0), table(1, "person", churn=0.004)
    assert remains(fleeting, law, at_s, 30 * DAY_S)[0] == pytest.approx(1 / 30, rel=1e-6)
    assert remains(lasting_, law, at_s, 60 * DAY_S)[0] > 0.98
