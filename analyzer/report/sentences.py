"""The sentences of a report: verdict, number and date; the DNS; the figures in words; what the verdict promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.units import HOUR_S, spoken_duration
from analyzer.words import amount, bounded, counted, exact, percent, stamp, visible, whole

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from analyzer.dns.propagation import Propagation
    from analyzer.drain.curve import Curve
    from analyzer.drain.verdict import DnsSummary, Reason, Verdict
    from analyzer.migration import Policy

SENTENCE_LENGTH = 400  # [characters] of a sentence that carries a stranger's text


def finding(verdict: Verdict, zone: tzinfo) -> str:
    """Return number and date in one sentence (two where the answer is yes), to follow the verdict's word."""
    if verdict.verdict == "unknown":
        return "the evidence cannot tell yet whether the proxy can go."
    if verdict.verdict == "safe":
        return f"the proxy can go. Removing it now would lose {loss(verdict)}."
    head = f"removing the proxy now would lose {loss(verdict)}"
    if verdict.verdict == "stuck":
        return f"{head}, and waiting does not help: {_who_is_stuck(verdict)}."
    return f"{head}; {_safe_from(verdict, zone)}."


def number(verdict: Verdict, zone: tzinfo) -> str:
    """Return verdict's number and date in a few words, for a subject line."""
    if verdict.verdict == "unknown" or verdict.lost_requests.upper is None or verdict.lost_requests.expected is None:
        return "the evidence cannot tell yet"
    _, upper = bounded(verdict.lost_requests.expected, verdict.lost_requests.upper, verdict.budget_requests)
    lost = f"at most {upper} {_requests(upper)} lost if removed now, budget {exact(verdict.budget_requests)}"
    if verdict.verdict == "stuck":
        return f"{_who_is_stuck(verdict)}; {lost}"
    moment = verdict.safe_at.median if verdict.safe_at is not None else None
    if moment is None or verdict.verdict == "safe":
        return lost
    return f"{lost}; safe from {stamp(moment, zone, up=True).local}"


def loss(verdict: Verdict) -> str:
    """Return what a removal now would lose: `about 320 requests in 30 days (at most 410; the budget is 10)`."""
    horizon = spoken_duration(verdict.horizon_s)
    estimate = verdict.lost_requests
    if estimate.expected is None or estimate.upper is None:
        return f"a number of requests in {horizon} that the evidence cannot tell"
    expected, upper = bounded(estimate.expected, estimate.upper, verdict.budget_requests)
    about = "no requests" if expected == "0" and estimate.expected <= 0 else f"about {expected} {_requests(expected)}"
    return f"{about} in {horizon} (at most {upper}; the budget is {exact(verdict.budget_requests)})"


def details(verdict: Verdict, zone: tzinfo) -> tuple[str, ...]:
    """Return what stands under the headline: the dates, and why, the weightiest reason first."""
    dates = _dates(verdict, zone)
    weighty = open_reasons(verdict) if verdict.verdict != "safe" else verdict.reasons
    return tuple(dates + [visible(reason.sentence, SENTENCE_LENGTH) for reason in weighty[:2]])


def open_reasons(verdict: Verdict) -> tuple[Reason, ...]:
    """Return the rules that failed, the weightiest first; those that could not be judged, if none failed."""
    failed = tuple(reason for reason in verdict.reasons if reason.passed is False)
    return failed or tuple(reason for reason in verdict.reasons if reason.passed is None)


def dns(summary: DnsSummary, at: datetime, zone: tzinfo) -> tuple[str, ...]:
    """Return what the resolvers say, in sentences."""
    if summary.resolvers == 0:
        return ("No DNS answers were given: what resolvers still hold is not known.",)
    other = summary.resolvers - summary.on_new - summary.on_old - summary.failing
    parts = [
        f"{whole(summary.on_new)} of {counted(summary.resolvers, 'resolver')} answer with the new address",
        f"{whole(summary.on_old)} still with the old one",
    ]
    if summary.failing > 0:
        parts.append(f"{whole(summary.failing)} did not answer")
    if other > 0:
        parts.append(f"{whole(other)} {'says' if other == 1 else 'say'} something else")
    agree = {
        True: "The authoritative servers agree on the new address.",
        False: "The authoritative servers do not agree: until they do, resolvers keep learning the old address.",
        None: "No authoritative server was asked.",
    }[summary.authoritative_agree]
    return (f"{', '.join(parts)}.", agree, *_bound(summary.last_old_expires_at, at, zone))


def drain_alt(verdict: Verdict, curve: Curve | None, zone: tzinfo) -> str:
    """Return the drain figure in words, with its numbers."""
    if curve is None or curve.measured.empty:
        return "Drain curve: no requests of the kinds that count were measured."
    start, end = (stamp(at, zone).local for at in (curve.measured["start"].iloc[0].to_pydatetime(), verdict.at))
    peak, last_day = amount(float(curve.measured["old"].max())), amount(verdict.residual.requests_per_day)
    parts = [f"Drain curve: requests per hour at the old server, measured from {start} to {end}."]
    parts.append(f"The busiest hour had {peak} requests; in the last 24 hours {last_day} arrived.")
    if verdict.changed_at is not None:
        parts.append(f"The DNS change is marked at {stamp(verdict.changed_at, zone).local}.")
    if not curve.band.empty:
        first = curve.band.iloc[0]
        expected, upper = amount(float(first["expected"])), amount(float(first["upper"]))
        parts.append(f"The forecast begins at {expected} requests per hour (at most {upper}).")
    parts.append(f"The budget is {amount(curve.budget_per_hour)} requests per hour.")
    return " ".join(parts)


def dns_alt(summary: DnsSummary, propagation: Propagation | None, zone: tzinfo) -> str:
    """Return the DNS figure in words, with its numbers."""
    if propagation is None or summary.resolvers == 0:
        return "DNS: no DNS snapshots were given."
    return f"DNS answers by resolver and time. {' '.join(dns(summary, propagation.at, zone))}"


def meaning(verdict: Verdict, policy: Policy) -> tuple[str, ...]:
    """Return what the verdict promises, and what it does not."""
    horizon = spoken_duration(verdict.horizon_s)
    kinds = " and ".join(visible(kind, 20) for kind in policy.counts) or "no kind"
    lost = (
        f"A request is lost if it would have arrived at an old address, for one of the names, in the {horizon} after"
        f" the proxy was removed. Requests of {kinds} clients count; the other kinds are shown and not counted."
    )
    bound = (
        f"“At most” is the upper bound at {percent(policy.confidence)} confidence. It says safe only while the bound"
        f" is within the budget of {exact(verdict.budget_requests)} requests and the DNS agrees."
    )
    limits = (
        "It knows only what the logs and the DNS answers show: a client that was never seen before the change, or that"
        " comes less often than the logs reach back, can still turn up."
    )
    return lost, bound, limits


def residual_share(share: float | None) -> str:
    """Return how much of the normal demand still arrives at the old address."""
    return "normal demand not known" if share is None else f"{percent(share)} of normal demand"


def first_open(reasons: tuple[Reason, ...]) -> Reason | None:
    """Return the weightiest rule that did not pass; None if all did."""
    return next((reason for reason in reasons if reason.passed is not True), None)


def _requests(printed: str) -> str:
    """Return the noun for a printed number."""
    return "request" if printed == "1" else "requests"


def _who_is_stuck(verdict: Verdict) -> str:
    """Return how many clients do not move by themselves."""
    number = sum(one.stuck for one in verdict.stragglers)
    if number == 0:
        return "what remains does not drain by itself"
    return f"{counted(number, 'client')} {'is' if number == 1 else 'are'} stuck"


def _safe_from(verdict: Verdict, zone: tzinfo) -> str:
    """Return when it is expected to become safe, or what stands against it."""
    moment = verdict.safe_at.median if verdict.safe_at is not None else None
    if moment is None:
        return "no date is in sight yet"
    return f"it should be safe from {stamp(moment, zone, up=True).local}"


def _dates(verdict: Verdict, zone: tzinfo) -> list[str]:
    """Return the sentences about dates: safe since, expected, at the latest."""
    safe_at = verdict.safe_at
    if safe_at is None:
        return []
    if verdict.verdict == "safe":
        since = safe_at.median or safe_at.upper
        return [] if since is None else [f"It has been safe since {stamp(since, zone, up=True).both}."]
    spoken = []
    if safe_at.median is not None:
        spoken.append(f"Expected to be safe from {stamp(safe_at.median, zone, up=True).both}")
    if safe_at.upper is not None:
        spoken.append(f"{'at' if spoken else 'At'} the latest from {stamp(safe_at.upper, zone, up=True).both}")
    elif spoken:
        spoken.append("but no latest date can be promised yet")
    return [", ".join(spoken) + ", if what is left moves by itself."] if spoken else []


def _bound(expires_at: datetime | None, at: datetime, zone: tzinfo) -> tuple[str, ...]:
    """Return until when a cache may still hold the old address, if it is known."""
    if expires_at is None:
        return ()
    verb = "expires on" if expires_at > at else "expired on"
    return (f"The last cached old answer that was seen {verb} {stamp(expires_at, zone, up=True).both}.",)


def spoken_rhythm(rhythm_s: float | None) -> str:
    """Return how often a client comes."""
    if rhythm_s is None:
        return "came once"
    return f"about every {spoken_duration(max(rhythm_s, HOUR_S / 60))}"
