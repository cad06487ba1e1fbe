"""From evidence to the verdict: the one function that everything above calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.cells import cells, span_us
from analyzer.drain.forecast import Forecast, forecast
from analyzer.drain.gaps import too_long
from analyzer.drain.given import baseline_demand, counted_clients
from analyzer.drain.others import others
from analyzer.drain.outlook import safe_at
from analyzer.drain.rules import RULES, Case
from analyzer.drain.rules.dns import dns_settled_at
from analyzer.drain.rules.drained import day_covered_at, regulars_accounted_at
from analyzer.drain.rules.evidence import heard_at
from analyzer.drain.silences import silences
from analyzer.drain.stragglers import stragglers
from analyzer.drain.verdict import (
    DnsSummary,
    Estimate,
    LogEvidence,
    Reason,
    Residual,
    SafeAt,
    Verdict,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.dns.propagation import Propagation
    from analyzer.drain.demand import Demand
    from analyzer.drain.evidence import Evidence
    from analyzer.logs.activity import Activity

NOTHING = Estimate(None, None)
FROM_THE_LOG = frozenset(
    {"bound-within-budget", "known-clients-cleared", "day-covered", "regulars-accounted", "recurrence-covered"}
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict at one moment and what it was made from."""

    evidence: Evidence
    verdict: Verdict
    forecast: Forecast | None


def advise(evidence: Evidence) -> Judgement:
    """Return the judgement at the evidence's moment."""
    case = _case(evidence)
    found = [(rule.failed, rule.look(case)) for rule in RULES]
    word = _word(found)
    if word == "unknown":
        found = [(what, _as_far_as_told(reason)) for what, reason in found]
    now = case.forecast
    known = now is not None and word != "unknown"
    verdict = Verdict(
        at=evidence.at,
        changed_at=case.changed_at,
        verdict=word,
        lost_requests=now.loss.requests if now is not None and known else NOTHING,
        lost_clients=now.loss.clients if now is not None and known else NOTHING,
        budget_requests=evidence.migration.policy.max_lost_requests,
        horizon_s=evidence.migration.policy.horizon_s,
        safe_at=_safe_at(case, word),
        residual=_residual(evidence, now),
        dns=_dns(evidence.propagation),
        stragglers=case.stragglers,
        evidence=_log(case, evidence.old),
        evidence_new=None if evidence.new is None else _plain_log(evidence.new),
        reasons=_weighty_first(found, word),
    )
    return Judgement(evidence, verdict, now)


def _case(evidence: Evidence) -> Case:
    changed_at = _changed_at(evidence)
    change_s = None if changed_at is None else changed_at.timestamp()
    speaks = changed_at is not None and bool(len(evidence.old.sums("cells")))
    now = forecast(evidence, changed_at) if speaks and changed_at is not None else None
    shape = _shape(evidence, change_s) if now is None else now.normal.rhythm  # monitors know no holidays
    gaps, quiet = silences(evidence, now, shape, change_s)
    return Case(
        evidence=evidence,
        changed_at=changed_at,
        gaps=gaps,
        trailing=quiet if quiet is not None and too_long(quiet) else None,
        quiet=quiet,
        forecast=now,
        stragglers=() if now is None else stragglers(now, evidence.old),
        others=others(evidence, counted_clients(evidence)),
    )


def _changed_at(evidence: Evidence) -> datetime | None:
    """Return when the change was published, if that is not later than the moment judged."""
    given = evidence.migration.changed_at
    seen = None if evidence.propagation is None else evidence.propagation.changed_at
    change = given if given is not None else seen
    return change if change is not None and change <= evidence.at else None


def _shape(evidence: Evidence, change_s: float | None) -> Demand:
    """Return the rhythm of a normal week, from all that counts before the change (or so far, without one)."""
    return baseline_demand(evidence, evidence.at.timestamp() if change_s is None else change_s)


def _word(found: Sequence[tuple[str, Reason]]) -> Word:
    failed = {what for what, reason in found if reason.passed is False}
    for word in ("unknown", "stuck", "wait"):
        if word in failed:
            return word
    return "safe"


def _as_far_as_told(reason: Reason) -> Reason:
    """Return the reason as it reads while the evidence has holes: what a log does not show is no proof of absence."""
    if reason.rule not in FROM_THE_LOG or not reason.passed:
        return reason
    sentence = f"As far as the log tells: {reason.sentence[:1].lower()}{reason.sentence[1:]}"
    return replace(reason, passed=None, sentence=sentence)


def _weighty_first(found: Sequence[tuple[str, Reason]], word: Word) -> tuple[Reason, ...]:
    """Return the reasons: those that made the verdict, then other failures, what could not be told, the rest."""

    def weight(one: tuple[str, Reason]) -> int:
        what, reason = one
        if reason.passed is False:
            return 0 if what == word else 1
        if word == "safe" and reason.rule in {"bound-within-budget", "dns-agrees"}:
            return 1
        return 2 if reason.passed is None else 3

    return tuple(reason for _, reason in sorted(found, key=weight))


def _safe_at(case: Case, word: Word) -> SafeAt | None:
    evidence, now = case.evidence, case.forecast
    if now is None or word in {"unknown", "stuck"}:
        return None
    if word == "safe":
        return SafeAt(evidence.at, evidence.at)
    budget = evidence.migration.policy.max_lost_requests
    ahead, settled = safe_at(now, budget), dns_settled_at(evidence.propagation, now)
    least = max(settled, day_covered_at(now), regulars_accounted_at(now, budget), heard_at(case))
    return SafeAt(
        None if ahead.median is None else max(ahead.median, least),
        None if ahead.upper is None else max(ahead.upper, least),
    )


def _residual(evidence: Evidence, now: Forecast | None) -> Residual:
    if now is not None:
        return now.residual
    late = cells(evidence.old, after_part=evidence.day_part)
    return Residual(float(late.requests.sum()), None, len(np.unique(late.client)))


def _dns(seen: Propagation | None) -> DnsSummary:
    if seen is None:
        return DnsSummary(0, 0, 0, 0, None, None)
    return DnsSummary(
        resolvers=len(seen.resolvers),
        on_new=seen.on_new,
        on_old=seen.on_old,
        failing=seen.failing,
        last_old_expires_at=seen.last_old_expires_at,
        authoritative_agree=seen.authoritative_agree,
    )


def _log(case: Case, activity: Activity) -> LogEvidence:
    plain = _plain_log(activity)
    silences = (*case.gaps, *(() if case.trailing is None else (case.trailing,)))
    return LogEvidence(
        lines=plain.lines,
        parsed=plain.parsed,
        quarantined=plain.quarantined,
        used=plain.used,
        first=plain.first,
        last=plain.last,
        gaps=tuple(one.gap() for one in silences if one.end_s > one.start_s),
        troubles=case.evidence.troubles,
    )


def _plain_log(activity: Activity) -> LogEvidence:
    minutes, span = activity.sums("minutes").columns, span_us(activity)
    return LogEvidence(
        lines=sum(file.lines for file in activity.files),
        parsed=sum(file.parsed for file in activity.files),
        quarantined=sum(file.quarantined for file in activity.files),
        used=int(minutes["requests"].sum()),
        first=None if span is None else _moment(span[0]),
        last=None if span is None else _moment(span[1]),
        troubles=tuple(f"{file.source}: {file.trouble}" for file in activity.files if file.trouble),
    )


def _moment(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).replace(microsecond=at_us % 1_000_000)
