"""Everything that a report shows, decided before the first renderer runs.

The page, the text, the mail and the tables only lay out what stands here: strings that are already rounded, bounded and
free of anything that a terminal or a browser would obey.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.report import left as left_table
from analyzer.report import rows, sentences, steps
from analyzer.report.losses import Losses, losses
from analyzer.words import Stamp, stamp, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from analyzer.dns.propagation import Propagation
    from analyzer.drain.curve import Curve
    from analyzer.drain.verdict import Verdict, Word
    from analyzer.handover.downtime import Downtime
    from analyzer.migration import Migration

LABELS: dict[Word, str] = {"safe": "Safe", "wait": "Not yet", "stuck": "Stuck", "unknown": "Unknown"}
NAMES_SHOWN = 3  # host names in the title; a migration may move hundreds


@dataclass(frozen=True, slots=True)
class Content:
    """What one report says, in the order in which it says it.

    Attributes
    ----------
    verdict
        The contract's word; renderers choose colour and icon by it, never by colour alone.
    title
        What moves: the names.
    finding
        Number and date in one sentence; `headline` puts the verdict's word before it.
    number
        Number and date in a few words, for a subject line.
    details
        Further sentences, the weightiest first.
    facts
        The four numbers that a glance looks for.
    left
        Who is left: the first clients by expected loss; `left_more` tells of the others.
    answers
        What the resolvers say, the troubling ones first; `answers_more` tells of the others.
    drain_alt, dns_alt
        What the figures show, in words and numbers.
    meaning
        What the verdict promises, and what it does not.
    downtime
        What the change cost; None where it was not measured.
    """

    verdict: Word
    title: str
    finding: str
    number: str
    details: tuple[str, ...]
    at: Stamp
    changed_at: Stamp | None
    zone: str
    facts: tuple[rows.Fact, ...]
    drain_alt: str
    left: tuple[left_table.Left, ...]
    left_more: str | None
    dns_summary: tuple[str, ...]
    dns_alt: str
    answers: tuple[rows.Answer, ...]
    answers_more: str | None
    rules: tuple[rows.Rule, ...]
    evidence: tuple[rows.EvidenceRow, ...]
    gaps: tuple[str, ...]
    troubles: tuple[str, ...]
    steps: tuple[steps.Step, ...]
    meaning: tuple[str, ...]
    downtime: Losses | None = None

    @property
    def label(self) -> str:
        """The verdict's word for people: `Not yet`."""
        return LABELS[self.verdict]

    @property
    def has_new(self) -> bool:
        """Whether logs of the new server were read."""
        return any(row.new != rows.NOTHING for row in self.evidence)

    @property
    def headline(self) -> str:
        """Verdict, number and date in one sentence."""
        return f"{self.label}: {self.finding}"


def content(
    verdict: Verdict,
    migration: Migration,
    *,
    zone: ZoneInfo,
    curve: Curve | None = None,
    propagation: Propagation | None = None,
    troubles: Iterable[str] = (),
    downtime: Downtime | None = None,
    names: Mapping[str, str] | None = None,
) -> Content:
    """Return what a report about this verdict says.

    Parameters
    ----------
    verdict, migration
        The answer, and the facts that its sentences and commands need: names, policy, paths.
    zone
        The reader's time zone; every moment is told in it and in UTC.
    curve, propagation, troubles, downtime, names
        As of `analyzer.report.report.Findings`; None where there is none.
    """
    left, left_more = left_table.left(verdict, migration.policy, zone, names or {})
    answers, answers_more = rows.answers(propagation, zone)
    return Content(
        verdict=verdict.verdict,
        title=title(migration.names),
        finding=sentences.finding(verdict, zone),
        number=sentences.number(verdict, zone),
        details=sentences.details(verdict, zone),
        at=stamp(verdict.at, zone),
        changed_at=None if verdict.changed_at is None else stamp(verdict.changed_at, zone),
        zone=zone.key or "local time",
        facts=rows.facts(verdict, zone),
        drain_alt=sentences.drain_alt(verdict, curve, zone),
        left=left,
        left_more=left_more,
        dns_summary=sentences.dns(verdict.dns, verdict.at, zone),
        dns_alt=sentences.dns_alt(verdict.dns, propagation, zone),
        answers=answers,
        answers_more=answers_more,
        rules=rows.rules(verdict.reasons),
        evidence=rows.evidence(verdict, zone),
        gaps=rows.gaps(verdict.evidence, zone),
        troubles=rows.troubles(verdict, troubles),
        steps=steps.steps(verdict, migration, zone),
        meaning=sentences.meaning(verdict, migration.policy),
        downtime=None if downtime is None else losses(downtime, zone),
    )


def title(names: tuple[str, ...]) -> str:
    """Return the names that move, as a title has room for them.

    >>> title(("a.example", "b.example", "c.example", "d.example"))
    'a.example, b.example, c.example and 1 more'
    """
    shown = ", ".join(visible(name, 80) for name in names[:NAMES_SHOWN])
    return shown if len(names) <= NAMES_SHOWN else f"{shown} and {len(names) - NAMES_SHOWN} more"
