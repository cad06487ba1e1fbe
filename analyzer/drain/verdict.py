"""What is said in the end: the verdict and the figures it stands on, as plain values.

Nothing here computes. `analyzer.drain.rules` decides, this module only holds and spells it as the
contract's JSON object `cutover.verdict/1`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from analyzer.units import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

SCHEMA = "cutover.verdict/1"
Word = Literal["safe", "wait", "stuck", "unknown"]
EXIT_STATUS: dict[Word, int] = {"safe": 0, "wait": 10, "stuck": 11, "unknown": 12}


@dataclass(frozen=True, slots=True)
class Estimate:
    """An expected value and the upper bound at the policy's confidence; None where the evidence cannot carry one."""

    expected: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class SafeAt:
    """When the verdict will be (or has become) safe; None where no such moment is in sight."""

    median: datetime | None
    upper: datetime | None


@dataclass(frozen=True, slots=True)
class Residual:
    """What still arrives at the old addresses, of the kinds that count.

    Attributes
    ----------
    requests_per_day
        [requests/day] over the 24 h before `at`.
    share_of_normal
        The same, as a share [0..1+] of the normal demand of those 24 h; None without a baseline.
    clients_24h
        Clients seen in those 24 h.
    """

    requests_per_day: float
    share_of_normal: float | None
    clients_24h: int


@dataclass(frozen=True, slots=True)
class DnsSummary:
    """How many resolvers answer with which server, each counted once."""

    resolvers: int
    on_new: int
    on_old: int
    failing: int
    last_old_expires_at: datetime | None
    authoritative_agree: bool | None


@dataclass(frozen=True, slots=True)
class Straggler:
    """A client that still used the old address after the change.

    Attributes
    ----------
    requests
        [requests] at the old address after the change.
    expected_requests
        [requests] that a removal now would lose of this client within the horizon.
    stuck
        True if it does not move by itself: somebody must move it, or accept its loss.
    rhythm_s
        [s] typical time between its visits; None if it came once.
    """

    client: str
    agent: str | None
    kind: str
    requests: int
    first_seen: datetime
    last_seen: datetime
    expected_requests: float
    stuck: bool
    why: str
    rhythm_s: float | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of time in which the log would have shown requests, and shows none."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class LogEvidence:
    """What was read of one server's logs; `lines` = `parsed` + `quarantined`, always.

    `used` counts the parsed lines not later than the verdict's moment.
    """

    lines: int
    parsed: int
    quarantined: int
    used: int
    first: datetime | None
    last: datetime | None
    gaps: tuple[Gap, ...] = ()
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """What one rule found.

    Attributes
    ----------
    rule
        The rule's id (`cutover rules` lists them).
    passed
        True, False, or None where there is not enough evidence to tell.
    sentence
        What it means, for a person.
    value, threshold, unit
        The number looked at and what it is held against; None where a rule has none.
    """

    rule: str
    passed: bool | None
    sentence: str
    value: float | None = None
    threshold: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer at one moment, with everything it stands on."""

    at: datetime
    changed_at: datetime | None
    verdict: Word
    lost_requests: Estimate
    lost_clients: Estimate
    budget_requests: float
    horizon_s: float
    safe_at: SafeAt | None
    residual: Residual
    dns: DnsSummary
    stragglers: tuple[Straggler, ...]
    evidence: LogEvidence
    evidence_new: LogEvidence | None
    reasons: tuple[Reason, ...] = field(default=())

    @property
    def exit_status(self) -> int:
        """The exit status of `cutover advise` for this verdict."""
        return EXIT_STATUS[self.verdict]

    def as_json(self) -> dict[str, Any]:
        """Return the contract's JSON object."""
        evidence = _log_json(self.evidence)
        if self.evidence_new is not None:
            evidence["new"] = _log_json(self.evidence_new)
        return {
            "schema": SCHEMA,
            "at": rfc3339(self.at),
            "changed_at": _moment(self.changed_at),
            "verdict": self.verdict,
            "lost_requests": {
                "expected": _round(self.lost_requests.expected),
                "upper": _ceil(self.lost_requests.upper),
                "budget": self.budget_requests,
                "horizon_s": self.horizon_s,
            },
            "lost_clients": {
                "expected": _round(self.lost_clients.expected),
                "upper": _ceil(self.lost_clients.upper),
            },
            "safe_at": None
            if self.safe_at is None
            else {"median": _moment(self.safe_at.median), "upper": _moment(self.safe_at.upper)},
            "residual": {
                "requests_per_day": _round(self.residual.requests_per_day),
                "share_of_normal": _round(self.residual.share_of_normal, 6),
                "clients_24h": self.residual.clients_24h,
            },
            "dns": {
                "resolvers": self.dns.resolvers,
                "on_new": self.dns.on_new,
                "on_old": self.dns.on_old,
                "failing": self.dns.failing,
                "last_old_expires_at": _moment(self.dns.last_old_expires_at),
                "authoritative_agree": self.dns.authoritative_agree,
            },
            "stragglers": [_straggler_json(one) for one in self.stragglers],
            "evidence": evidence,
            "reasons": [reason.sentence for reason in self.reasons],
        }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)


def _round(value: float | None, digits: int = 3) -> float | None:
    """Return the value as it is printed; every comparison was made before, on the full one."""
    return None if value is None else round(value, digits)


def _ceil(value: float | None, digits: int = 3) -> float | None:
    """Return an upper bound as it is printed: rounded up, so that it stays one."""
    return None if value is None else math.ceil(value * 10**digits) / 10**digits


def _log_json(log: LogEvidence) -> dict[str, Any]:
    return {
        "lines": log.lines,
        "parsed": log.parsed,
        "quarantined": log.quarantined,
        "used": log.used,
        "first": _moment(log.first),
        "last": _moment(log.last),
        "gaps": [{"from": rfc3339(gap.start), "to": rfc3339(gap.end)} for gap in log.gaps],
        "troubles": list(log.troubles),
    }


def _straggler_json(one: Straggler) -> dict[str, Any]:
    return {
        "client": one.client,
        "agent": one.agent,
        "kind": one.kind,
        "requests": one.requests,
        "first_seen": rfc3339(one.first_seen),
        "last_seen": rfc3339(one.last_seen),
        "expected_requests": _round(one.expected_requests),
        "stuck": one.stuck,
        "why": one.why,
    }
