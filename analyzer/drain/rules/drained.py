"""Has it drained? The bound against the budget, the clients that are stuck, and those who are yet to come."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.clients import PROGRAM
from analyzer.drain.direct import houses
from analyzer.drain.identities import lasts
from analyzer.drain.rhythm import LEAST_INTERVALS
from analyzer.drain.rules.case import moment, number, some_of
from analyzer.drain.stragglers import by_six, look_at_the_record
from analyzer.drain.verdict import Reason
from analyzer.units import DAY_S, HOUR_S, WEEK_S, spoken_duration

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.forecast import Forecast
    from analyzer.drain.rules.case import Case

RESTS_S = 10 * DAY_S  # [s] since the change, or its last visit: a holiday week, the weekends around it, and a day more
SILENT_TIMES = 1.5  # [1] the longest interval: who is silent for longer at the change has not fallen silent by it
MISSED = 4.0  # [visits] a week before the change: who came so often in the same hours, and did not now, was silent, too
LASTS = 0.5  # [1] chance that it is still known by the same address
UNUSUAL = 0.05  # [1] chance of a silence that is too long for a program's rhythm; until then the bound has it
LEAST_DAYS = 2.0  # [normal days] after the DNS bound: each hour has its turn twice, for who comes daily may miss a day


def bound_within_budget(case: Case) -> Reason:
    """Return whether the upper bound of lost requests is within the budget."""
    rule, policy = "bound-within-budget", case.evidence.migration.policy
    if case.forecast is None:
        return Reason(rule, passed=None, sentence="Without a change no loss can be forecast.")
    expected, upper = case.forecast.loss.requests.expected, case.forecast.loss.requests.upper
    if expected is None or upper is None:
        return Reason(rule, passed=None, sentence="No bound can be given.")
    text = (
        f"A removal now would lose about {number(expected)} requests within {spoken_duration(policy.horizon_s)}, "
        f"at most {number(upper, up=True)} ({100 * policy.confidence:.4g} % sure); "
        f"the budget is {number(policy.max_lost_requests)}."
    )
    passed = upper <= policy.max_lost_requests
    return Reason(rule, passed=passed, sentence=text, value=upper, threshold=policy.max_lost_requests, unit="requests")


def known_clients_cleared(case: Case) -> Reason:
    """Return whether the clients that do not move by themselves fit into the budget."""
    rule, budget = "known-clients-cleared", case.evidence.migration.policy.max_lost_requests
    if case.forecast is None:
        return Reason(rule, passed=None, sentence="Without a change no client can be called stuck.")
    stuck = [one for one in case.stragglers if one.stuck]
    if not stuck:
        return Reason(rule, passed=True, sentence="No client is stuck at the old address.", value=0, unit="requests")
    lost = sum(one.expected_requests for one in stuck)
    who = "1 client does not move by itself" if len(stuck) == 1 else f"{len(stuck)} clients do not move by themselves"
    text = f"{who} ({some_of([one.client for one in stuck])}): about {number(lost)} requests within "
    them, their = ("it", "its") if len(stuck) == 1 else ("them", "their")
    text += f"{spoken_duration(case.forecast.horizon_s)}; move {them}, or accept {their} loss in the policy."
    if by_six(case.forecast).any():
        told = look_at_the_record(case.forecast)
        text += f" {told[0].upper()}{told[1:]}"
    return Reason(rule, passed=lost <= budget, sentence=text, value=lost, threshold=budget, unit="requests")


def day_covered(case: Case) -> Reason:
    """Return whether two normal days have passed since the last honest cache expired: every hour had its turn twice.

    A log that begins later shows those since its begin.
    """
    rule = "day-covered"
    now = case.forecast
    if now is None:
        return Reason(rule, passed=None, sentence="Without a change no day after it can be covered.")
    days = float(now.normal.normal_days(_covered_from_s(now), now.at_s))
    said = f"{math.floor(10 * days) / 10:g}"  # rounded down: what is said does not contradict what was found
    since = "the log begins" if now.begun_s > now.law.change_s + now.law.bound_s else "every honest cache has expired"
    text = f"Since {since}, {said} days of normal demand have passed"
    if days < LEAST_DAYS:
        text += f"; those who come once a day need {LEAST_DAYS:g}"
    return Reason(rule, passed=days >= LEAST_DAYS, sentence=f"{text}.", value=days, threshold=LEAST_DAYS, unit="days")


def day_covered_at(now: Forecast) -> datetime:
    """Return when two normal days will have passed since the last honest cache expired, to the hour."""
    border_s = _covered_from_s(now)
    hours_s = border_s + HOUR_S * np.arange(2 * WEEK_S // HOUR_S)
    enough = np.searchsorted(now.normal.normal_days(border_s, hours_s), LEAST_DAYS)
    return datetime.fromtimestamp(float(hours_s[min(int(enough), len(hours_s) - 1)]), UTC)


def _covered_from_s(now: Forecast) -> float:
    """Return from when on the log shows what comes when no honest cache is left [s since the epoch]."""
    return max(now.law.change_s + now.law.bound_s, now.begun_s)


def regulars_accounted(case: Case) -> Reason:
    """Return whether the programs that kept a rhythm are accounted for: come to either server, or long gone."""
    rule, now = "regulars-accounted", case.forecast
    if now is None:
        return Reason(rule, passed=None, sentence="Without a change nobody is waited for.")
    programs, people = resting(now), closed_places(now)
    rows = np.append(programs, people)
    lost, budget = _if_back(now, rows), case.evidence.migration.policy.max_lost_requests
    if not len(rows) and not now.new_known:
        text = "Without the new server's log nobody can tell a program that rests from one that has moved."
        return Reason(rule, passed=None, sentence=text)
    if not len(rows):
        text = "Every program that kept a rhythm has come to either server, or has long stopped."
        return Reason(rule, passed=True, sentence=text, value=0, unit="requests")
    names = case.evidence.old.clients["address"]
    told = []
    if len(programs):
        who = some_of(names.iloc[now.clients.code[programs]].astype(str).tolist())
        told.append(
            f"{_programs(len(programs))} with a rhythm fell silent {_where(now)} ({who}): switched off for a while,"
        )
    if len(people):
        places = names.iloc[now.clients.code[people]].astype(str).unique().tolist()
        where = "one place" if len(places) == 1 else f"{len(places)} places"
        told.append(
            f"{len(people)} regular people of {where} came to neither server since ({some_of(places)}): "
            "closed for a while,"
        )
    text = f"{' and '.join(told)} it may come back to the old address and lose {number(lost)} requests. "
    text += f"Ask the owner, accept its loss, or wait until {moment(_rested_s(now, rows))}."
    return Reason(rule, passed=lost <= budget, sentence=text, value=lost, threshold=budget, unit="requests")


def _where(now: Forecast) -> str:
    return "at both servers" if now.new_known else "before the change"


def resting(now: Forecast) -> NDArray[np.int64]:
    """Return the rows of programs that kept a rhythm, and have been silent at both servers for too long for it.

    Without the new server's log only those that were silent at the change already: the others may have moved.
    """
    some = now.clients
    kept = (some.kind == PROGRAM) & (some.intervals >= LEAST_INTERVALS) & ~some.cleared & _waited_for(now)
    long = now.change_s - some.last_s > SILENT_TIMES * np.fmax(some.longest_s, some.interval_s)
    before = ~some.seen_after & (long | (some.week_before >= MISSED))
    return np.flatnonzero(kept & (now.rate.silence < UNUSUAL) & (before | now.new_known))


def closed_places(now: Forecast) -> NDArray[np.int64]:
    """Return the rows of regular people whose place is closed for longer than is usual, and may open again.

    Of those of one place the most frequent one tells: they rest together, at night and on weekends as well.
    """
    rows = now.closed[_waited_for(now)[now.closed] & (now.clients.interval_s[now.closed] > 0)]
    _, place = np.unique(now.clients.kin[rows], return_inverse=True)
    least = np.ones(len(rows))
    np.minimum.at(least, place, now.rate.silence[rows])
    return np.asarray(rows[least[place] < UNUSUAL], np.int64)


def _waited_for(now: Forecast) -> NDArray[np.bool_]:
    """Return who is silent for less than a holiday, under an address that lasts so long."""
    some = now.clients
    alive = some.last_s >= now.law.change_s - RESTS_S  # one that stopped long before has nothing to do with it
    lately = now.at_s < np.maximum(some.last_s, now.law.change_s) + RESTS_S
    return np.asarray(alive & lately & (lasts(some.churn, now.at_s - some.last_s) >= LASTS), np.bool_)


def _rested_s(now: Forecast, rows: NDArray[np.int64]) -> float:
    """Return until when these programs are waited for [s since the epoch]."""
    return max(float(now.clients.last_s[rows].max()), now.law.change_s) + RESTS_S


def _if_back(now: Forecast, rows: NDArray[np.int64]) -> float:
    """Return what these programs would lose within the horizon [requests], if they came back as they were."""
    per_day = now.clients.requests_per_visit[rows] / np.maximum(now.clients.interval_s[rows], 1.0) * DAY_S
    return float(per_day.sum()) * now.horizon_s / DAY_S


def regulars_accounted_at(now: Forecast, budget: float) -> datetime:
    """Return when no program that kept a rhythm is waited for any more, if none comes; now, where none is."""
    rows = np.append(resting(now), closed_places(now))
    waits = len(rows) > 0 and _if_back(now, rows) > budget
    return datetime.fromtimestamp(_rested_s(now, rows) if waits else now.at_s, UTC)


def _programs(count: int) -> str:
    return "1 program" if count == 1 else f"{count} programs"


def recurrence_covered(case: Case) -> Reason:
    """Return whether the programs known from before the change have come again since."""
    rule = "recurrence-covered"
    if case.forecast is None:
        return Reason(rule, passed=None, sentence="Without a change no rhythm can be covered.")
    baseline_s = case.forecast.normal.baseline_s
    if baseline_s < DAY_S:
        text = "The log shows less than a day before the change: who is due is not known; bring older logs."
        return Reason(rule, passed=None, sentence=text, value=baseline_s, threshold=DAY_S, unit="s")
    some = case.forecast.clients
    due = int(((some.kind == PROGRAM) & ~some.seen_after & (some.direct <= 0) & (some.before > 1)).sum())
    text = f"The log shows {spoken_duration(baseline_s)} before the change; a job rarer than that is not known"
    if due:
        text += f", and {_programs(due)} known from then did not come again yet"
    return Reason(rule, passed=due == 0, sentence=f"{text}.", value=due, threshold=0, unit="clients")


def new_log_seen(case: Case) -> Reason:
    """Return whether the new server's log is there to show who has moved."""
    new = case.evidence.new
    if case.forecast is not None and case.forecast.untold:
        text = f"{case.forecast.untold} Until then only silence tells who has moved."
        return Reason("new-log-seen", passed=None, sentence=text)
    if new is not None and houses(new, case.evidence.old) is not None:
        text = "The new server's log has no agents: who has moved is told by the address alone, and of a program beside"
        text += " others only by its silence; log %{User-Agent}i there."
        return Reason("new-log-seen", passed=None, sentence=text)
    if new is not None:
        return Reason("new-log-seen", passed=True, sentence="The new server's log shows who has moved.")
    text = "Without the new server's log ([logs.new]) only silence tells who has moved: the verdict comes later."
    return Reason("new-log-seen", passed=None, sentence=text)
