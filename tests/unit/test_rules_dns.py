"""The rules about the DNS: what each says, and when it passes."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_answers
from rule_cases import CHANGE_S, CHANGED, DAY_S, case, forecast

from analyzer.drain.rules.dns import dns_agrees


def seen(state: str = "new", expires: timedelta | None = None, *, agree: bool | None = True) -> Any:
    """Return what the answers say: one resolver in a state, its old answer expiring so long after the change."""
    resolver = report_answers.resolver_state("8.8.8.8", state)
    return SimpleNamespace(
        resolvers=(resolver,),
        on_new=int(state == "new"),
        on_old=int(state == "old"),
        authoritative_agree=agree,
        warnings=(),
        last_old_expires_at=None if expires is None else CHANGED + expires,
    )


HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("age", "propagation", "passed", "said"),
    [
        (3 * DAY, seen(), True, "1 of 1 resolvers"),
        (3 * DAY, seen(agree=None), True, "1 of 1 resolvers"),
        (3 * DAY, seen(agree=False), False, "authoritative"),
        (HOUR, seen("old", 2 * HOUR), False, "8.8.8.8"),
        (HOUR, seen("new", 2 * HOUR), False, "seen earlier"),
        (2 * HOUR, seen("new", 2 * HOUR), True, "no old answer"),
        # twice the bound of two hours and a day: from 28 h on whoever still answers old does not honour the TTL
        (28 * HOUR, seen("old", 29 * HOUR), False, "8.8.8.8"),
        (29 * HOUR, seen("old", 30 * HOUR), True, "not waited for"),
        (47 * HOUR, None, False, "record snapshots"),
        (48 * HOUR, None, None, "the logs alone speak"),
    ],
)
def test_caches_must_have_let_go(age: timedelta, propagation: Any, passed: bool | None, said: str) -> None:
    """Honest ones are waited for, liars named; the zone's own servers must agree; without answers time must do."""
    reason = dns_agrees(case(age, propagation=propagation))
    assert reason.passed is passed
    assert said in reason.sentence


def test_a_long_ttl_without_answers_takes_longer() -> None:
    """Twice the bound, where that is more than two days; two days beyond it at most."""
    for bound_d, until_d in ((1.5, 3), (3, 5)):
        slow = forecast(law=SimpleNamespace(bound_s=bound_d * DAY_S, change_s=CHANGE_S))
        assert dns_agrees(case(until_d * DAY - HOUR, forecast=slow)).passed is False
        assert dns_agrees(case(until_d * DAY, forecast=slow)).passed is None
