"""The tables of a report, as rows of plain printable values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.dns.answers import RANK
from analyzer.report.sentences import SENTENCE_LENGTH, residual_share
from analyzer.units import spoken_duration
from analyzer.words import Stamp, against, amount, bounded, counted, exact, stamp, visible, whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, tzinfo

    from analyzer.dns.propagation import Propagation, ResolverState
    from analyzer.drain.verdict import LogEvidence, Reason, Verdict

NOTHING = "\N{EN DASH}"  # where a table has no value
ANSWERS_SHOWN = 20  # resolvers that do not answer with the new address
TROUBLES_SHOWN = 20
GAPS_SHOWN = 10
STATE_WORDS = {
    "old": "old address",
    "mixed": "old and new",
    "neither": "neither old nor new",
    "empty": "no address",
    "failing": "no answer",
    "new": "new address",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One number that a glance looks for."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one resolver says; `remarks` is what is odd about it."""

    resolver: str
    state: str
    words: str
    asked_at: Stamp
    old_until: Stamp | None
    remarks: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule found; `outcome` is passed, failed or unknown."""

    rule: str
    outcome: str
    sentence: str
    value: str
    threshold: str


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One line of what was read: of the old server's logs, and of the new one's."""

    label: str
    old: str
    new: str


def facts(verdict: Verdict, zone: tzinfo) -> tuple[Fact, ...]:
    """Return the four numbers that a glance looks for."""
    horizon = spoken_duration(verdict.horizon_s)
    lost, residual, dns = verdict.lost_requests, verdict.residual, verdict.dns
    budget = exact(verdict.budget_requests)
    if lost.expected is None or lost.upper is None:
        loss = Fact(f"Lost in {horizon} if removed now", "not known", f"budget {budget} requests")
    else:
        expected, upper = bounded(lost.expected, lost.upper, verdict.budget_requests)
        loss = Fact(f"Lost in {horizon} if removed now", f"{expected} requests", f"at most {upper}; budget {budget}")
    clients = counted(residual.clients_24h, "client")
    arriving = Fact(
        "Still arriving at the old server",
        f"{amount(residual.requests_per_day)} a day",
        f"{clients} in 24 h; {residual_share(residual.share_of_normal)}",
    )
    if dns.resolvers == 0:
        resolvers = Fact("Resolvers on the new address", "not known", "no DNS answers given")
    else:
        note = f"{whole(dns.on_old)} on the old one, {whole(dns.failing)} without answer"
        resolvers = Fact("Resolvers on the new address", f"{whole(dns.on_new)} of {whole(dns.resolvers)}", note)
    return (loss, _safe_fact(verdict, zone), arriving, resolvers)


def answers(propagation: Propagation | None, zone: tzinfo) -> tuple[tuple[Answer, ...], str | None]:
    """Return the resolvers that do not answer with the new address, worst first, and a sentence about the others."""
    if propagation is None:
        return (), None
    troubling = sorted((one for one in propagation.resolvers if one.state != "new"), key=_worst_first)
    fine = len(propagation.resolvers) - len(troubling)
    table = tuple(_answer(one, propagation.at, zone) for one in troubling[:ANSWERS_SHOWN])
    more = []
    if len(troubling) > ANSWERS_SHOWN:
        more.append(f"{counted(len(troubling) - ANSWERS_SHOWN, 'more resolver')} like these")
    if fine:
        more.append(f"{counted(fine, 'resolver')} {'answers' if fine == 1 else 'answer'} with the new address")
    if not more:
        return table, None
    sentence = ", and ".join(more)
    return table, f"{sentence[0].upper()}{sentence[1:]}."


def rules(reasons: Iterable[Reason]) -> tuple[Rule, ...]:
    """Return what the rules found, those that stand against a removal first."""
    outcomes = {False: "failed", None: "unknown", True: "passed"}
    order = list(outcomes)
    ranked = sorted(reasons, key=lambda reason: order.index(reason.passed))
    return tuple(
        Rule(visible(one.rule, 60), outcomes[one.passed], visible(one.sentence, SENTENCE_LENGTH), *_numbers(one))
        for one in ranked
    )


def evidence(verdict: Verdict, zone: tzinfo) -> tuple[EvidenceRow, ...]:
    """Return what was read, of the old server's logs and of the new one's."""
    old = _evidence(verdict.evidence, zone)
    new = dict.fromkeys(old, NOTHING) if verdict.evidence_new is None else _evidence(verdict.evidence_new, zone)
    return tuple(EvidenceRow(label, old[label], new[label]) for label in old)


def gaps(log: LogEvidence, zone: tzinfo) -> tuple[str, ...]:
    """Return the stretches without evidence, the latest first."""
    ordered = sorted(log.gaps, key=lambda gap: gap.start, reverse=True)
    shown = [
        f"{stamp(gap.start, zone).both} to {stamp(gap.end, zone).both}"
        f" ({spoken_duration((gap.end - gap.start).total_seconds())})"
        for gap in ordered[:GAPS_SHOWN]
    ]
    rest = len(ordered) - GAPS_SHOWN
    return tuple([*shown, f"and {counted(rest, 'earlier gap')}"] if rest > 0 else shown)


def troubles(verdict: Verdict, others: Iterable[str] = ()) -> tuple[str, ...]:
    """Return what could not be read, and why: of both servers' logs, and of other files, each once."""
    new = () if verdict.evidence_new is None else verdict.evidence_new.troubles
    told = list(dict.fromkeys((*verdict.evidence.troubles, *new, *others)))
    shown = [visible(one, SENTENCE_LENGTH) for one in told[:TROUBLES_SHOWN]]
    rest = len(told) - TROUBLES_SHOWN
    return tuple([*shown, f"and {counted(rest, 'more trouble')}"] if rest > 0 else shown)


def _safe_fact(verdict: Verdict, zone: tzinfo) -> Fact:
    """Return when it is or becomes safe."""
    safe_at = verdict.safe_at
    first = None if safe_at is None else safe_at.median or safe_at.upper
    if safe_at is None or first is None:
        return Fact("Safe", "no date", "it does not drain by itself" if verdict.verdict == "stuck" else "not known yet")
    seen = stamp(first, zone, up=True)
    if verdict.verdict == "safe":
        return Fact("Safe since", seen.local, seen.utc)
    late = "" if safe_at.upper is None else f"at the latest {stamp(safe_at.upper, zone, up=True).local}"
    return Fact("Expected to be safe from", seen.local, late or "no latest date yet")


def _evidence(log: LogEvidence, zone: tzinfo) -> dict[str, str]:
    """Return what was read of one server's logs, by label."""
    return {
        "Lines read": whole(log.lines),
        "Parsed": whole(log.parsed),
        "Quarantined": whole(log.quarantined),
        "Used (up to the verdict)": whole(log.used),
        "First request": _moment(log.first, zone),
        "Last request": _moment(log.last, zone),
    }


def _answer(one: ResolverState, at: datetime, zone: tzinfo) -> Answer:
    """Return what one resolver says; an old answer that has expired is told only while it still answers old."""
    expires = one.old_expires_at
    remarks = [
        "authoritative" * one.authoritative,
        one.problem,
        "like a block page" * (one.state == "neither"),
        "always shows the same TTL" * one.constant_ttl,
        "keeps records for longer than their TTL" * one.stretches_ttl,
    ]
    return Answer(
        resolver=visible(one.resolver, 80),
        state=one.state,
        words=STATE_WORDS.get(one.state, visible(one.state, 40)),
        asked_at=stamp(one.asked_at, zone),
        old_until=None if expires is None or (expires <= at and not one.on_old) else stamp(expires, zone, up=True),
        remarks=visible("; ".join(filter(None, remarks)), SENTENCE_LENGTH),
    )


def _worst_first(one: ResolverState) -> tuple[int, str]:
    """Return the place of a resolver in the table."""
    return -RANK.get(one.state, 0), one.resolver


def _numbers(reason: Reason) -> tuple[str, str]:
    """Return the number a rule looked at and its threshold, with the unit."""
    unit = f" {visible(reason.unit, 40)}" if reason.unit else ""
    if reason.value is None:
        return "", "" if reason.threshold is None else f"{exact(reason.threshold)}{unit}"
    if reason.threshold is None:
        return spoken_duration(reason.value) if reason.unit == "s" else f"{amount(reason.value)}{unit}", ""
    if reason.unit == "s":
        spoken = spoken_duration(reason.value), spoken_duration(reason.threshold)
        if spoken[0] != spoken[1]:
            return spoken
    value, threshold = against(reason.value, reason.threshold)
    return f"{value}{unit}", f"{threshold}{unit}"


def _moment(moment: datetime | None, zone: tzinfo) -> str:
    """Return a moment in both zones, or a dash where there is none."""
    return NOTHING if moment is None else stamp(moment, zone).both
