"""A checklist and its steps, as plain frozen values: everything is computed before the first renderer runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analyzer.units import rfc3339
from analyzer.words import stamp

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from analyzer.handover.checklist.times import Times

SCHEMA = "cutover.plan/1"
PHASES = {
    "prepare": "Prepare",
    "move": "Move",
    "drain": "Drain",
    "end": "End",
}
OWNERS = ("admin", "dns", "application", "network", "mail", "monitoring")


@dataclass(frozen=True, slots=True)
class Ttl:
    """The TTL that the names have today.

    Attributes
    ----------
    seconds
        [s] today.
    usual_s
        [s] before it was lowered, if it was; `seconds` otherwise.
    source
        Where it is known from, as a sentence's end: `asked from the authoritative servers`.
    assumed
        True if nobody told and the worst usual value is taken.
    """

    seconds: float
    usual_s: float
    source: str
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What cutover sees of a step by itself.

    Attributes
    ----------
    done
        True or False; None where it cannot see it.
    sentence
        What it saw, or why it cannot.
    """

    done: bool | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    Attributes
    ----------
    id
        Stable: scripts and calendars may rely on it.
    phase, owner
        One of `PHASES`, of `OWNERS`.
    at
        When, UTC.
    title, text
        What, and why.
    commands
        What to type, line by line; words in capitals are to be filled in.
    expect
        What must be seen afterwards.
    undo
        How to go back; None where there is nothing to undo.
    needs
        Ids of the steps that must be done before.
    late
        Its time had passed when the checklist was made.
    seen
        What cutover sees of it; None if it was not asked to look.
    """

    id: str
    phase: str
    owner: str
    at: datetime
    title: str
    text: str
    commands: tuple[str, ...]
    expect: str
    undo: str | None
    needs: tuple[str, ...]
    late: bool
    seen: Seen | None = None

    @property
    def overdue(self) -> bool:
        """Whether its time has passed and nothing says that it was done, or that nobody can see it."""
        return self.late and (self.seen is None or self.seen.done is False)


@dataclass(frozen=True, slots=True)
class Checklist:
    """All steps of a cutover, by time.

    Attributes
    ----------
    names
        What moves.
    at
        When it was made, UTC.
    zone
        The reader's.
    dns
        `own` or `batch`: who changes the DNS, and how.
    ttl
        As it is today.
    times
        The moments that all steps hang on.
    notes
        What was assumed, and what does not fit.
    """

    names: tuple[str, ...]
    at: datetime
    zone: ZoneInfo
    dns: str
    ttl: Ttl
    times: Times
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = field(default=())

    def step(self, wanted: str) -> Step:
        """Return the step with an id."""
        return next(one for one in self.steps if one.id == wanted)

    def as_json(self) -> dict[str, Any]:
        """Return it as one JSON object."""
        return {
            "schema": SCHEMA,
            "names": list(self.names),
            "at": rfc3339(self.at),
            "zone": str(self.zone),
            "dns": self.dns,
            "ttl": {
                "seconds": self.ttl.seconds,
                "usual_s": self.ttl.usual_s,
                "source": self.ttl.source,
                "assumed": self.ttl.assumed,
            },
            "times": {name: rfc3339(moment) for name, moment in self.times.anchors().items()},
            "notes": list(self.notes),
            "steps": [self._step_json(one) for one in self.steps],
        }

    def _step_json(self, one: Step) -> dict[str, Any]:
        """Return a step as a JSON object."""
        return {
            "id": one.id,
            "phase": one.phase,
            "owner": one.owner,
            "at": rfc3339(one.at),
            "local": stamp(one.at, self.zone).local,
            "title": one.title,
            "text": one.text,
            "commands": list(one.commands),
            "expect": one.expect,
            "undo": one.undo,
            "needs": list(one.needs),
            "late": one.late,
            "seen": None if one.seen is None else {"done": one.seen.done, "sentence": one.seen.sentence},
        }
