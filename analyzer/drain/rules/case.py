"""What the rules look at, and how they speak."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from analyzer.units import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from analyzer.drain.evidence import Evidence
    from analyzer.drain.forecast import Forecast
    from analyzer.drain.gaps import Silence
    from analyzer.drain.others import Others
    from analyzer.drain.verdict import Reason, Straggler

NAMED = 3  # as many are named in a sentence; the tables have all


@dataclass(frozen=True, slots=True)
class Case:
    """All that the rules look at.

    Attributes
    ----------
    trailing
        The silence at the log's end, if it is too long for a living log; `quiet`, however long it is.
    forecast
        None where no change is known or no line was read.
    others
        Who came in the last 24 h and does not count; None where nobody looked.
    """

    evidence: Evidence
    changed_at: datetime | None
    gaps: tuple[Silence, ...]
    trailing: Silence | None
    forecast: Forecast | None
    stragglers: tuple[Straggler, ...]
    quiet: Silence | None = None
    others: tuple[Others, ...] | None = None

    @property
    def at_s(self) -> float:
        """[s since the epoch] The moment judged."""
        return self.evidence.at.timestamp()

    @property
    def used(self) -> int:
        """Parsed lines not later than the moment."""
        return int(self.evidence.old.sums("minutes").columns["requests"].sum())


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the verdict.

    Attributes
    ----------
    id, asks
        Its name, and what it asks in a sentence.
    failed
        What follows if it fails: a verdict, or only a note.
    threshold, source
        When it is kept, in words with its numbers; and what that rests on.
    look
        The look itself.
    """

    id: str
    asks: str
    failed: Literal["unknown", "stuck", "wait", "note"]
    threshold: str
    source: str
    look: Callable[[Case], Reason]

    def as_json(self) -> dict[str, str]:
        """Return what there is to say of it, without any case."""
        return {key: getattr(self, key) for key in ("id", "asks", "failed", "threshold", "source")}


def number(value: float, *, up: bool = False) -> str:
    """Return a count as it is said; an upper bound is rounded up, so that it stays one.

    >>> number(10.04, up=True), number(10.04), number(1234.5)
    ('10.1', '10', '1,234')
    """
    if value >= 100:  # noqa: PLR2004 -- three digits suffice
        return f"{math.ceil(value) if up else round(value):,d}"
    return f"{(math.ceil(value * 10) if up else round(value * 10)) / 10:g}"


def some_of(names: Sequence[str]) -> str:
    """Return the first few of the names, and how many more there are.

    >>> some_of(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def moment(at_s: float) -> str:
    """Return a moment, in seconds since the epoch, as contract text to the second."""
    return rfc3339(datetime.fromtimestamp(math.floor(at_s), UTC))
