"""Does the DNS agree? The authoritative servers must; one resolver that lies is named and not waited for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from analyzer.drain.rules.case import moment, some_of
from analyzer.drain.verdict import Reason
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from analyzer.dns.propagation import Propagation
    from analyzer.drain.forecast import Forecast
    from analyzer.drain.leaving import Leaving
    from analyzer.drain.rules.case import Case

RULE = "dns-agrees"
UNSEEN_S = 2 * DAY_S  # [s] after the change, and twice the TTL or so long after it, no cache need be asked
LIAR_S = DAY_S  # [s] beyond twice the TTL: who still answers old then does not honour the TTL


def dns_agrees(case: Case) -> Reason:
    """Return whether no honest cache can answer with the old address any more."""
    seen = case.evidence.propagation
    if case.forecast is None:
        return Reason(RULE, passed=None, sentence="Without a change there is no DNS to judge.")
    law = case.forecast.law
    age_s, bound_s = case.at_s - law.change_s, law.bound_s
    if seen is None or not seen.resolvers:
        return _unseen(law, case.at_s)
    if seen.authoritative_agree is False:
        text = " ".join(["The authoritative servers do not all answer with the new address.", *seen.warnings[:1]])
        return _reason(seen, text, passed=False)
    until = seen.last_old_expires_at
    if until is None or until <= case.evidence.at:
        text = f"{seen.on_new} of {len(seen.resolvers)} resolvers answer with the new address"
        return _reason(seen, f"{text}; no old answer is left in a cache that was seen.", passed=True)
    return _still_old(seen, until, patient=age_s <= 2 * bound_s + LIAR_S)


def _still_old(seen: Propagation, until: datetime, *, patient: bool) -> Reason:
    """Return the reason where a cache may hold the old address: waited for only as long as an honest one may."""
    old = sorted({state.resolver for state in seen.resolvers if state.state in {"old", "mixed"}})
    if not patient:
        who = some_of(old) or "a cache seen earlier"
        return _reason(seen, f"Against every TTL {who} still has the old address: named, not waited for.", passed=True)
    if not old:
        return _reason(seen, f"An old answer seen earlier may live until {moment(until.timestamp())}.", passed=False)
    text = f"{len(old)} of {len(seen.resolvers)} resolvers still answer with the old address ({some_of(old)})"
    return _reason(seen, f"{text}; the last such answer expires at {moment(until.timestamp())}.", passed=False)


def dns_settled_at(seen: Propagation | None, now: Forecast) -> datetime:
    """Return when the DNS will agree as far as it is known: liars are not waited for."""
    if seen is None or not seen.resolvers:
        return _moment(_unseen_until_s(now.law))
    if seen.authoritative_agree is False:  # at the earliest a TTL after they will
        return _moment(max(now.at_s, now.law.change_s + now.law.bound_s))
    patience = _moment(now.law.change_s + 2 * now.law.bound_s + LIAR_S)
    settled = seen.last_old_expires_at or _moment(now.law.change_s)
    return min(settled, patience)


def _moment(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)


def _unseen_until_s(law: Leaving) -> float:
    """Return from when on the logs may speak without any DNS answer [s since the epoch]."""
    return law.change_s + max(UNSEEN_S, min(2 * law.bound_s, law.bound_s + UNSEEN_S))


def _unseen(law: Leaving, at_s: float) -> Reason:
    """Return the reason where nobody asked the DNS."""
    until_s = _unseen_until_s(law)
    if at_s >= until_s:
        text = "No DNS answers are given; no honest cache can have the old address any more: the logs alone speak."
        return Reason(RULE, passed=None, sentence=text)
    text = f"No DNS answers are given: record snapshots, or wait until {moment(until_s)}, when no honest cache can have"
    return Reason(RULE, passed=False, sentence=f"{text} the old address any more.")


def _reason(seen: Propagation, text: str, *, passed: bool) -> Reason:
    return Reason(RULE, passed=passed, sentence=text, value=seen.on_old, threshold=0, unit="resolvers")
