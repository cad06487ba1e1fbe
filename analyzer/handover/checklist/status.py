"""What cutover sees of the steps by itself, from what was recorded and read; and what it cannot see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from analyzer.handover.checklist.model import Seen
from analyzer.units import parse_moment
from analyzer.words import counted, stamp, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from analyzer.dns.propagation import Propagation
    from analyzer.handover.asking import Certificate
    from analyzer.handover.canary import Canary
    from analyzer.handover.checklist.model import Checklist, Step

FRESH = timedelta(hours=26)  # what is done daily was done within this
MOST_QUARANTINED = 0.01  # share of the lines: scanners and broken clients send some
HIDDEN = Seen(None, "This cannot be seen from here; tick it by hand.")
PUBLIC = ("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1")  # resolvers whose operators let anybody empty their caches


@dataclass(frozen=True, slots=True)
class LogSeen:
    """What was read of the old server's log, and how many requests the new one's has from the old server.

    Of the quarantined lines the `directives` are the log's own, as `#Fields: …`: they are understood.
    """

    lines: int
    quarantined: int
    first: datetime | None
    last: datetime | None
    from_proxy: int | None = None
    directives: int = 0


@dataclass(frozen=True, slots=True)
class Sight:
    """Everything that can be looked at.

    Attributes
    ----------
    at
        Now, UTC.
    log
        The old server's; None if none is named or none can be read.
    propagation
        What recorded DNS answers say; None without any.
    canaries
        By their time.
    certificates
        As the new server shows them for each name; empty if nobody asked it.
    rehearsal, verdict
        The last ones that were recorded, as JSON objects; None without any.
    """

    at: datetime
    log: LogSeen | None = None
    propagation: Propagation | None = None
    canaries: tuple[Canary, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    rehearsal: Mapping[str, Any] | None = None
    verdict: Mapping[str, Any] | None = None


def ticked(plan: Checklist, sight: Sight) -> Checklist:
    """Return the checklist in which each step says what is seen of it."""
    return replace(plan, steps=tuple(replace(step, seen=_seen(plan, step, sight)) for step in plan.steps))


def _seen(plan: Checklist, step: Step, sight: Sight) -> Seen:
    """Return what is seen of a step."""
    look = _LOOKS.get(step.id)
    return HIDDEN if look is None else look(plan, sight)


def _log(plan: Checklist, sight: Sight) -> Seen:
    """Return whether the old log is read, long enough and without many refused lines."""
    log = sight.log
    if log is None or log.first is None or log.last is None:
        return Seen(False, "No log of the old server could be read.")
    told = f"{whole(log.lines)} lines, {whole(log.quarantined)} quarantined"
    told += f" ({whole(log.directives)} of them directives of the log)" if log.directives else ""
    span = f"from {stamp(log.first, plan.zone).brief} to {stamp(log.last, plan.zone).brief}"
    if log.quarantined - log.directives > MOST_QUARANTINED * (log.lines - log.directives):
        return Seen(False, f"{told}: the format does not fit them all; see cutover logs check.")
    if sight.at - log.last >= FRESH:
        return Seen(False, f"{told}, {span}: nothing newer is read.")
    return Seen(True, f"{told}, {span}.")


def _snapshots(plan: Checklist, sight: Sight) -> Seen:
    """Return whether resolvers are asked regularly."""
    seen = sight.propagation
    if seen is None or seen.last_at is None:
        return Seen(False, "No DNS answer has been recorded.")
    told = f"{whole(seen.questions)} answers recorded, the last {stamp(seen.last_at, plan.zone).both}"
    if sight.at - seen.last_at >= FRESH:
        return Seen(False, f"{told}: nobody has been asked since.")
    return Seen(True, f"{told}.")


def _certificates(plan: Checklist, sight: Sight) -> Seen:
    """Return whether the new server shows certificates that outlive the proxy."""
    if not sight.certificates:
        return Seen(None, "The new server was not asked (--offline); look at its certificates yourself.")
    bad = [f"{one.name} at {one.server}: {one.error}" for one in sight.certificates if one.error is not None]
    if bad:
        return Seen(False, f"Not to be trusted: {'; '.join(bad[:5])}.")
    soonest = min(one.not_after for one in sight.certificates if one.not_after is not None)
    told = (
        f"Verified: {counted(len(sight.certificates), 'certificate')}; the first ends {stamp(soonest, plan.zone).both}"
    )
    outlives = soonest > plan.times.removal
    return Seen(outlives, f"{told}{'.' if outlives else ', before the proxy is removed: see that it is renewed.'}")


def _rehearsal(_plan: Checklist, sight: Sight) -> Seen:
    """Return how the last rehearsal went."""
    last = sight.rehearsal
    if last is None:
        return Seen(False, "No rehearsal has been recorded.")
    told = f"The last one, {last['at']}: {last['same']} of {last['asked']} questions answered the same."
    return Seen(last["same"] == last["asked"], told)


def _canary(plan: Checklist, sight: Sight) -> Seen:
    """Return whether a canary showed up in the old log."""
    if not sight.canaries:
        return Seen(False, "No canary has been sent.")
    last = sight.canaries[-1]
    word = {True: "showed up in", False: "did not show up in", None: "cannot be looked for in"}[last.logged]
    return Seen(bool(last.logged), f"The last one, {stamp(last.at, plan.zone).both}, {word} the old log.")


def _proxied(plan: Checklist, sight: Sight) -> Seen:
    """Return whether something came to the new server through the old one."""
    reached = [one for one in sight.canaries if one.reached_new]
    if reached:
        return Seen(
            True, f"A canary reached the new server through the proxy, {stamp(reached[-1].at, plan.zone).both}."
        )
    if sight.log is not None and sight.log.from_proxy:
        told = f"The new server's log holds {whole(sight.log.from_proxy)} requests from the old server's addresses."
        return Seen(True, told)
    return Seen(False, "No canary has reached the new server through the proxy.")


def _ttl_lowered(plan: Checklist, _sight: Sight) -> Seen:
    """Return whether the TTL of today is the low one."""
    if plan.ttl.assumed:
        return Seen(None, "The TTL of today is not known.")
    return Seen(plan.ttl.seconds <= plan.times.low_ttl_s, f"The TTL is {plan.ttl.seconds:.0f} s, {plan.ttl.source}.")


def _published(plan: Checklist, sight: Sight) -> Seen:
    """Return whether the new addresses are published, at every authoritative server."""
    seen = sight.propagation
    if seen is None or seen.changed_at is None:
        return Seen(False, "No answer with a new address has been recorded.")
    when = f"The change was seen, published {stamp(seen.changed_at, plan.zone).both} or before"
    if seen.authoritative_agree is None:
        return Seen(True, f"{when}; the authoritative servers were not asked.")
    if seen.authoritative_agree:
        return Seen(True, f"{when}; the authoritative servers agree.")
    return Seen(False, f"{when}, but the authoritative servers do not agree.")


def _purged(_plan: Checklist, sight: Sight) -> Seen:
    """Return whether the large public resolvers answer with the new address."""
    asked = [one for one in (sight.propagation.resolvers if sight.propagation else ()) if one.resolver in PUBLIC]
    if not asked:
        return Seen(None, "None of these resolvers was asked.")
    old = sorted({one.resolver for one in asked if one.state != "new"})
    return Seen(
        not old, f"Not yet on the new address: {', '.join(old)}." if old else "They answer with the new address."
    )


def _drained(plan: Checklist, sight: Sight) -> Seen:
    """Return whether no resolver can still hold the old address."""
    seen = sight.propagation
    if seen is None or seen.changed_at is None:
        return Seen(False, "No answer with a new address has been recorded.")
    until = seen.last_old_expires_at
    if until is not None and until > sight.at:
        return Seen(False, f"An answer that was seen may live until {stamp(until, plan.zone, up=True).both}.")
    told = f"{counted(seen.on_old, 'resolver')} of {len(seen.resolvers)} still on the old address."
    return Seen(seen.on_old == 0, told[0].upper() + told[1:])


def _watched(plan: Checklist, sight: Sight) -> Seen:
    """Return whether verdicts are made regularly."""
    if sight.verdict is None:
        return Seen(False, "No verdict has been recorded.")
    from_now = sight.at - _moment(sight.verdict)
    return Seen(from_now < FRESH, f"The last verdict, {stamp(_moment(sight.verdict), plan.zone).both}: {_word(sight)}.")


def _stragglers(_plan: Checklist, sight: Sight) -> Seen:
    """Return whether the last verdict names stuck clients."""
    if sight.verdict is None:
        return Seen(False, "No verdict has been recorded.")
    stuck = sum(bool(one.get("stuck")) for one in sight.verdict.get("stragglers", ()))
    return Seen(stuck == 0, f"The last verdict names {counted(stuck, 'stuck client')}.")


def _removal(plan: Checklist, sight: Sight) -> Seen:
    """Return whether the removal may be done; whether it was cannot be seen."""
    if sight.verdict is None:
        return Seen(False, "No verdict has been recorded.")
    told = f"The last verdict, {stamp(_moment(sight.verdict), plan.zone).both}, is {_word(sight)}"
    if _word(sight) != "safe":
        return Seen(False, f"{told}: leave the proxy where it is.")
    return Seen(None, f"{told}: it may go. Whether it has gone cannot be seen from here.")


def _ttl_raised(plan: Checklist, sight: Sight) -> Seen:
    """Return whether the TTL is the usual one again, after the change."""
    if plan.ttl.assumed:
        return Seen(None, "The TTL of today is not known.")
    changed = sight.propagation is not None and sight.propagation.changed_at is not None
    told = f"The TTL is {plan.ttl.seconds:.0f} s, {plan.ttl.source}."
    return Seen(changed and plan.ttl.seconds >= plan.ttl.usual_s, told)


def _moment(verdict: Mapping[str, Any]) -> datetime:
    """Return a recorded verdict's time."""
    return parse_moment(str(verdict["at"]))


def _word(sight: Sight) -> str:
    """Return the last verdict's word."""
    return str(sight.verdict["verdict"]) if sight.verdict is not None else "unknown"


_LOOKS: dict[str, Callable[[Checklist, Sight], Seen]] = {
    "log-format": _log,
    "snapshots": _snapshots,
    "certificates": _certificates,
    "rehearsal": _rehearsal,
    "ttl-lower": _ttl_lowered,
    "ttl-ask": _ttl_lowered,
    "canary": _canary,
    "switch": _proxied,
    "publish": _published,
    "publish-batch": _published,
    "published": _published,
    "purge": _purged,
    "watch": _watched,
    "drained": _drained,
    "stragglers": _stragglers,
    "ttl-raise": _ttl_raised,
    "removal": _removal,
}
