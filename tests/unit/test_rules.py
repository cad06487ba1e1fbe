"""Each rule at its threshold: what it finds, and that its sentence says why."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_examples as examples
from rule_cases import CHANGE_S, CHANGED, DAY_S, HOUR_S, activity, case, forecast

from analyzer.drain.clients import PERSON, PROGRAM
from analyzer.drain.demand import Demand
from analyzer.drain.gaps import Silence
from analyzer.drain.rules import RULES
from analyzer.drain.rules.case import number, some_of
from analyzer.drain.rules.drained import (
    bound_within_budget,
    day_covered,
    day_covered_at,
    known_clients_cleared,
    new_log_seen,
    recurrence_covered,
)
from analyzer.drain.rules.evidence import (
    change_seen,
    heard_at,
    heard_lately,
    lines_understood,
    log_speaks,
    no_gap,
    reaches_now,
)

if TYPE_CHECKING:
    from analyzer.logs.activity import Activity


# --- all rules -----------------------------------------------------------------------------------------------------


def test_rules_have_ids_and_ask() -> None:
    """Each id once, in letters and hyphens; a question; those that forbid a verdict stand first."""
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.id) for rule in RULES)
    assert all(rule.asks.endswith("?") for rule in RULES)
    order = ["unknown", "stuck", "wait", "note"]
    follows = [order.index(rule.failed) for rule in RULES]
    assert follows == sorted(follows)


def test_without_evidence_every_rule_speaks_and_none_is_content() -> None:
    """No change, no line, no forecast: a sentence each; what forbids a verdict does, what needs a forecast abstains."""
    nothing = case(changed_at=None, forecast=None, old=activity(0, lines=0), trailing=Silence(0.0, 0.0, 0.0))
    found = {rule.id: rule.look(nothing) for rule in RULES}
    assert all(reason.rule == rule for rule, reason in found.items())
    assert all(re.fullmatch(r"[A-Z0-9].*[.?]", reason.sentence) for reason in found.values())
    assert {rule for rule, reason in found.items() if reason.passed is False} == {"change-seen", "log-speaks"}
    abstain = {"bound-within-budget", "known-clients-cleared", "dns-agrees", "recurrence-covered", "day-covered"}
    assert all(found[rule].passed is None for rule in abstain)


@given(st.floats(0, 1e8))
def test_a_number_said_of_a_bound_is_not_below_it(value: float) -> None:
    """Rounded up; without `up`, within half a tenth or half a request."""
    assert float(number(value, up=True).replace(",", "")) >= value * (1 - 1e-12)
    assert abs(float(number(value).replace(",", "")) - value) <= 0.5


@pytest.mark.parametrize(
    ("names", "said"), [([], ""), (["a"], "a"), (["a", "b", "c"], "a, b, c"), (list("abcde"), "a, b, c and 2 more")]
)
def test_some_are_named_and_the_rest_is_counted(names: list[str], said: str) -> None:
    """No sentence grows with the number of clients."""
    assert some_of(names) == said


# --- evidence ------------------------------------------------------------------------------------------------------


def test_the_change_must_be_known_and_past() -> None:
    """Unknown, to come, and past."""
    unknown = change_seen(case(changed_at=None, migration=examples.migration(changed_at=None)))
    assert (unknown.passed, "changed_at" in unknown.sentence) == (False, True)
    coming = change_seen(case(timedelta(days=-1), changed_at=None, migration=examples.migration(changed_at=CHANGED)))
    assert (coming.passed, "nothing can have drained" in coming.sentence) == (False, True)
    past = change_seen(case())
    assert (past.passed, past.value, past.unit) == (True, 3 * DAY_S, "s")


@pytest.mark.parametrize(
    ("old", "passed", "said"),
    [
        (activity(1, 99), True, "1 of the 100 requests"),
        (activity(0, 100), False, "None of the 100 requests"),
        (activity(0, lines=5), False, "(5 are later)"),
        (activity(0, lines=5, quarantined=5), False, "None of the 5 lines"),
        (activity(0, lines=0), False, "empty"),
    ],
)
def test_the_log_must_speak(old: Activity, passed: bool, said: str) -> None:
    """Of the names, of others only, only later, of nothing readable, not at all."""
    reason = log_speaks(case(old=old))
    assert reason.passed is passed
    assert said in reason.sentence


def test_the_log_must_reach_now() -> None:
    """A silence at its end that a living log would not have."""
    assert reaches_now(case()).passed is True
    silence = Silence(CHANGE_S + 2 * DAY_S, CHANGE_S + 3 * DAY_S, 1e-9)
    reason = reaches_now(case(trailing=silence))
    assert reason.passed is False
    assert "2026-03-04T22:00:00Z (24 h)" in reason.sentence


def test_safe_rests_on_no_silence_longer_than_usual() -> None:
    """One that comes once in ten times is waited out; the next line is as likely as not within its median."""
    assert heard_lately(case()).passed is True
    start_s = CHANGE_S + 3 * DAY_S - 6 * HOUR_S
    assert heard_lately(case(quiet=Silence(start_s, CHANGE_S + 3 * DAY_S, 0.35))).passed is True
    rare = case(quiet=Silence(start_s, CHANGE_S + 3 * DAY_S, 0.125))
    assert heard_lately(rare).passed is False
    assert "(6 h)" in heard_lately(rare).sentence
    assert heard_at(rare) - rare.evidence.at == timedelta(hours=2), "an eighth is three halvings: each takes 2 h"
    assert heard_at(case()) == case().evidence.at
    ended = Silence(start_s, CHANGE_S + 3 * DAY_S, 0.125, stopped=0.02, falls=False)
    assert heard_lately(case(quiet=ended)).passed is True, "more silence would tell no more"
    assert heard_at(case(quiet=ended)) == case().evidence.at
    assert heard_lately(case(quiet=replace(ended, stopped=0.1))).passed is False
    assert heard_lately(case(quiet=replace(ended, falls=True))).passed is False


@pytest.mark.parametrize(("hours", "heals_after_h"), [(1, 48), (12, 48), (24, 72), (100, 168)])
def test_a_gap_heals(hours: float, heals_after_h: float) -> None:
    """After two days, or three times its length, or a week; the sentence says when."""
    start_s = CHANGE_S + 5 * HOUR_S
    gap = Silence(start_s, start_s + hours * HOUR_S, 1e-12)
    healed = timedelta(hours=5 + hours + heals_after_h)
    open_still = no_gap(case(healed - timedelta(seconds=1), gaps=(gap,)))
    assert open_still.passed is False
    assert f"{CHANGED + healed:%Y-%m-%dT%H:%M:%SZ}" in open_still.sentence
    closed = no_gap(case(healed, gaps=(gap,)))
    assert closed.passed is True
    assert closed.value == hours * HOUR_S


def test_a_gap_before_the_change_hides_nobody() -> None:
    """It is told, and forbids nothing."""
    gap = Silence(CHANGE_S - 10 * HOUR_S, CHANGE_S - HOUR_S, 1e-12)
    assert no_gap(case(timedelta(hours=1), gaps=(gap,))).passed is True
    over = replace(gap, end_s=CHANGE_S + 1)
    assert no_gap(case(timedelta(hours=1), gaps=(over,))).passed is False


@pytest.mark.parametrize(
    ("lines", "quarantined", "passed"),
    [(10, 10, True), (100, 11, False), (1_100, 11, True), (1_099, 11, False), (10**6, 10**4, True), (0, 0, True)],
)
def test_nearly_all_lines_must_be_understood(lines: int, quarantined: int, passed: bool) -> None:
    """Up to ten lines prove nothing; beyond, one in a hundred."""
    reason = lines_understood(case(old=activity(lines=lines, quarantined=quarantined)))
    assert reason.passed is passed
    assert f"{quarantined:,} of {lines:,}" in reason.sentence
    assert ("cutover logs quarantine" in reason.sentence) is not passed


@pytest.mark.parametrize(
    ("lines", "quarantined", "directives", "passed"),
    [(1_000, 400, 400, True), (1_000, 410, 400, True), (1_000, 411, 400, False), (400, 400, 400, True)],
)
def test_directives_of_the_log_are_understood(lines: int, quarantined: int, directives: int, passed: bool) -> None:
    """A server that starts often writes many: they neither count as unread nor among the lines, and are told."""
    reason = lines_understood(case(old=activity(lines=lines, quarantined=quarantined, directives=directives)))
    assert reason.passed is passed
    assert reason.value == (quarantined - directives) / max(lines - directives, 1)
    assert f"{quarantined - directives} of {lines - directives} lines could not be read" in reason.sentence
    assert f"{directives} more are directives" in reason.sentence
    assert "directives" not in lines_understood(case()).sentence


@pytest.mark.parametrize(
    ("quarantined", "directives", "words"),
    [(0, 0, "are empty"), (4, 4, "hold no request"), (7, 4, "None of the 3 lines"), (3, 0, "None of the 3 lines")],
)
def test_a_log_without_requests_is_told_as_what_it_is(quarantined: int, directives: int, words: str) -> None:
    """One of directives alone is the right log, and holds nothing yet."""
    old = activity(requests=0, lines=quarantined, quarantined=quarantined, directives=directives)
    assert words in log_speaks(case(old=old)).sentence


# --- drained -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("upper", "passed"), [(0.0, True), (10.0, True), (10.0001, False), (1e6, False)])
def test_the_bound_is_held_against_the_budget(upper: float, passed: bool) -> None:
    """The full number decides; the sentence never shows one within the budget where it is not."""
    reason = bound_within_budget(case(forecast=forecast(upper, expected=0.0)))
    assert (reason.passed, reason.value, reason.threshold) == (passed, upper, 10)
    said = re.search(r"at most ([\d.,]+) ", reason.sentence)
    assert said is not None
    assert (float(said[1].replace(",", "")) <= 10) is passed


def test_without_a_bound_nothing_is_held_against_the_budget() -> None:
    """Not known is not zero."""
    assert bound_within_budget(case(forecast=forecast(None, None))).passed is None


def straggler(expected: float, *, stuck: bool) -> Any:
    """Return a client with an expected loss."""
    return replace(examples.STUCK, expected_requests=expected, stuck=stuck)


@pytest.mark.parametrize(
    ("stragglers", "passed", "value"),
    [
        ((), True, 0),
        ((straggler(500.0, stuck=False),), True, 0),
        ((straggler(10.0, stuck=True),), True, 10.0),
        ((straggler(10.1, stuck=True),), False, 10.1),
        ((straggler(6.0, stuck=True), straggler(6.0, stuck=True)), False, 12.0),
    ],
)
def test_stuck_clients_must_fit_into_the_budget(stragglers: Any, passed: bool, value: float) -> None:
    """Together; those that move by themselves are waited for."""
    reason = known_clients_cleared(case(stragglers=stragglers))
    assert (reason.passed, reason.value) == (passed, value)
    assert (examples.STUCK.client in reason.sentence) is any(one.stuck for one in stragglers)


@pytest.mark.parametrize(("hours", "passed"), [(0.5, False), (49.9, False), (50.1, True), (240, True)])
def test_two_normal_days_must_have_passed(hours: float, passed: bool) -> None:
    """Since the last honest cache expired, two hours after the change; it says when that will be, to the hour."""
    reason = day_covered(case(timedelta(hours=hours)))
    assert reason.passed is passed
    said = re.search(r"expired, ([\d.,]+) days", reason.sentence)
    assert said is not None
    assert (float(said[1]) >= 2) is passed, "rounding does not contradict it"
    until = day_covered_at(forecast())
    assert timedelta(0) <= until - (CHANGED + timedelta(hours=50)) <= timedelta(hours=1)


def clients(**columns: Any) -> Any:
    """Return a program seen three times before the change."""
    values = {
        "kind": np.array([PROGRAM], np.int8),
        "seen_after": np.array([False]),
        "direct": np.zeros(1),
        "before": np.full(1, 3.0),
    }
    return SimpleNamespace(**(values | columns))


@pytest.mark.parametrize(
    ("columns", "due"),
    [
        ({}, 1),
        ({"seen_after": np.array([True])}, 0),
        ({"direct": np.ones(1)}, 0),
        ({"before": np.ones(1)}, 0),
        ({"kind": np.array([PERSON], np.int8)}, 0),
    ],
)
def test_programs_that_are_due_are_counted(columns: dict[str, Any], due: int) -> None:
    """Known from before the change, more than once, and seen nowhere since."""
    reason = recurrence_covered(case(forecast=forecast(clients=clients(**columns))))
    assert (reason.passed, reason.value) == (due == 0, due)


def test_a_short_baseline_tells_no_rhythm() -> None:
    """Less than a day before the change: bring older logs."""
    short = Demand(np.ones(168), None, None, DAY_S - 1)
    reason = recurrence_covered(case(forecast=forecast(clients=clients(), normal=short)))
    assert (reason.passed, "older logs" in reason.sentence) == (None, True)


def test_the_new_log_is_a_help() -> None:
    """Its absence is told, and forbids nothing."""
    assert new_log_seen(case(new=activity())).passed is True
    assert new_log_seen(case()).passed is None
