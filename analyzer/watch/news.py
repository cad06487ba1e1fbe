"""What is worth telling: a pure comparison of what was told last with what is now."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analyzer.drain.rules import RULES
from analyzer.units import rfc3339

if TYPE_CHECKING:
    from datetime import datetime, time

    from analyzer.drain.verdict import Verdict

SCHEMA = "cutover.event/1"
CLIENTS_NAMED = 3
QUIET = "heard-lately"  # the rule that fails in a quiet night, and holds again at the next line


@dataclass(frozen=True, slots=True)
class Situation:
    """What people want to hear of when it changes: the verdict's word, and who is stuck."""

    verdict: str
    stuck: frozenset[str]

    @classmethod
    def of(cls, verdict: Verdict) -> Situation:
        """Return the situation of a verdict."""
        return cls(verdict.verdict, frozenset(one.client for one in verdict.stragglers if one.stuck))

    @classmethod
    def parse(cls, text: str) -> Situation:
        """Return the situation that `text` wrote."""
        told = json.loads(text)
        return cls(str(told["verdict"]), frozenset(map(str, told["stuck"])))

    def text(self) -> str:
        """Return it as it is kept."""
        return json.dumps({"verdict": self.verdict, "stuck": sorted(self.stuck)})

    @property
    def digest(self) -> str:
        """What two equal situations have in common."""
        return hashlib.sha256(self.text().encode()).hexdigest()[:16]


def only_quiet(verdict: Verdict) -> bool:
    """Return whether all that keeps a verdict from `safe` is that the log has shown nothing for a while."""
    failed = {one.rule for one in verdict.reasons if one.passed is False}
    return verdict.verdict == "wait" and failed & {rule.id for rule in RULES if rule.failed != "note"} == {QUIET}


def change(before: Situation | None, now: Situation) -> str | None:
    """Return what is new, in a sentence; None if nothing is worth telling.

    Clients that are no longer stuck are no news while others are: the verdict tells when the last one has gone.

    Parameters
    ----------
    before
        What was told last; None if nothing was: the first look is no change.

    Examples
    --------
    >>> change(Situation("wait", frozenset()), Situation("safe", frozenset()))
    'The verdict changed from wait to safe.'
    """
    if before is None:
        return None
    appeared = sorted(now.stuck - before.stuck)
    told = []
    if now.verdict != before.verdict:
        told.append(f"The verdict changed from {before.verdict} to {now.verdict}.")
    if appeared:
        more = f" and {len(appeared) - CLIENTS_NAMED} more" if len(appeared) > CLIENTS_NAMED else ""
        named = ", ".join(appeared[:CLIENTS_NAMED])
        told.append(f"Stuck since the last report: {named}{more}.")
    return " ".join(told) or None


def digest_due(now: datetime, digest_at: time | None, last: str | None) -> str | None:
    """Return the day whose digest is due; None if none is.

    Parameters
    ----------
    now
        Aware, in the reader's zone.
    digest_at
        The time of day, in that zone; None if nobody wants one.
    last
        The day of the last digest, `2026-03-12`; a clock that was set back does not bring a second one.
    """
    day = f"{now:%Y-%m-%d}"
    if digest_at is None or now.time() < digest_at or (last is not None and last >= day):
        return None
    return day


def event(verdict: Verdict, names: tuple[str, ...], reason: str, headline: str, was: str | None) -> dict[str, Any]:
    """Return what a webhook or a command gets: a JSON object."""
    return {
        "schema": SCHEMA,
        "at": rfc3339(verdict.at),
        "names": list(names),
        "reason": reason,
        "verdict": verdict.verdict,
        "was": was,
        "headline": headline,
        "stuck": [one.client for one in verdict.stragglers if one.stuck],
        "details": verdict.as_json(),
    }
