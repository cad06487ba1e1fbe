"""One report, in every form in which it leaves the house."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from analyzer.drain.curve import curve
from analyzer.report.content import content
from analyzer.report.figures import dns_figure, drain_figure, png
from analyzer.report.markdown import markdown
from analyzer.report.page import page
from analyzer.report.tables import Table, tables
from analyzer.report.text import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    import pandas as pd

    from analyzer.dns.propagation import Propagation
    from analyzer.drain.advise import Judgement
    from analyzer.drain.curve import Curve
    from analyzer.drain.evidence import Gathered
    from analyzer.drain.verdict import Verdict
    from analyzer.handover.downtime import Downtime
    from analyzer.migration import Migration
    from analyzer.report.content import Content
    from analyzer.report.veil import Veil

SCHEMA = "cutover.report/1"
SERIES = frozenset({"measured", "forecast"})  # tables of the figures' points


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that a report is about.

    Attributes
    ----------
    verdict, migration
        The answer, and what was asked.
    curve, propagation, states
        What the figures show; `states` as `analyzer.dns.propagation.states`.
    troubles
        What could not be read.
    downtime
        What was measured around the change; None if that was not asked.
    names
        Clients' names by their addresses, where they were asked.
    """

    verdict: Verdict
    migration: Migration
    curve: Curve | None
    propagation: Propagation | None
    states: pd.DataFrame
    troubles: tuple[str, ...] = ()
    downtime: Downtime | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    def veiled(self, veil: Veil) -> Findings:
        """Return the same findings without any stranger's address or name."""
        return Findings(
            verdict=veil.verdict(self.verdict),
            migration=self.migration,
            curve=self.curve,
            propagation=None if self.propagation is None else veil.propagation(self.propagation),
            states=veil.states(self.states),
            troubles=tuple(veil.text(one) for one in self.troubles),
            downtime=self.downtime,
        )


@dataclass(frozen=True)  # a cached property needs a dictionary
class Report:
    """Findings as a reader in one time zone gets them; each form is rendered when it is first asked for."""

    findings: Findings
    zone: ZoneInfo

    @cached_property
    def content(self) -> Content:
        """What it says."""
        found = self.findings
        return content(
            found.verdict,
            found.migration,
            zone=self.zone,
            curve=found.curve,
            propagation=found.propagation,
            troubles=found.troubles,
            downtime=found.downtime,
            names=found.names,
        )

    @cached_property
    def drain_png(self) -> bytes:
        """The drain curve."""
        return png(drain_figure(self.findings.curve, self.findings.verdict, self.zone))

    @cached_property
    def dns_png(self) -> bytes:
        """What the resolvers answered."""
        return png(dns_figure(self.findings.states, self.findings.propagation, self.zone))

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Its numbers, as tables."""
        found = self.findings
        return tables(
            found.verdict,
            curve=found.curve,
            propagation=found.propagation,
            downtime=found.downtime,
            names=found.names,
        )

    def html(self) -> str:
        """Return the page."""
        return page(self.content, self.drain_png, self.dns_png)

    def markdown(self, *, figures: bool = False) -> str:
        """Return the report for a ticket; `figures` if they lie beside it."""
        return markdown(self.content, figures=figures)

    def text(self, width: int) -> str:
        """Return the report as plain text of so many columns."""
        return text(self.content, width)

    def _told(self, series: bool) -> dict[str, Any]:
        """Return what the page says beside the verdict, in numbers; with each point of its figures, or without."""
        found = self.findings
        return {
            "names": list(found.migration.names),
            "headline": self.content.headline,
            "budget_per_hour": None if found.curve is None else found.curve.budget_per_hour,
            "downtime": None if found.downtime is None else found.downtime.as_json(),
            "steps": [{"text": step.text, "code": step.code} for step in self.content.steps],
            "tables": {one.name: one.records() for one in self.tables if series or one.name not in SERIES},
        }

    def json(self) -> str:
        """Return every number of the report as one JSON object: the verdict, what was measured, every table."""
        whole = {"schema": SCHEMA, "verdict": self.findings.verdict.as_json(), **self._told(series=True)}
        return json.dumps(whole, indent=2, allow_nan=False) + "\n"

    def verdict_json(self) -> str:
        """Return the contract's object, and under `page` all else that the page says, as a file holds it: ASCII."""
        whole = {**self.findings.verdict.as_json(), "page": self._told(series=False)}
        return json.dumps(whole, indent=2, allow_nan=False) + "\n"

    def files(self, more: Iterable[str] = ()) -> dict[str, bytes]:
        """Return the files of a report: figures, page, verdict, numbers; and those of further forms.

        Parameters
        ----------
        more
            `text`, `markdown`, `csv`; the others are always there.
        """
        wanted = set(more)
        named = {"drain.png": self.drain_png, "dns.png": self.dns_png}
        named |= {"verdict.json": self.verdict_json().encode(), "report.json": self.json().encode()}
        if "text" in wanted:
            named["report.txt"] = self.text(100).encode()
        if "markdown" in wanted:
            named["report.md"] = self.markdown(figures=True).encode()
        if "csv" in wanted:
            named |= {f"{table.name}.csv": table.csv().encode() for table in self.tables}
        return {**named, "report.html": self.html().encode()}


def findings(gathered: Gathered, judged: Judgement, downtime: Downtime | None = None) -> Findings:
    """Return what was read and judged, as a report needs it."""
    return Findings(
        verdict=judged.verdict,
        migration=gathered.migration,
        curve=curve(judged.evidence, judged.forecast),
        propagation=judged.evidence.propagation,
        states=gathered.answers(judged.verdict.at),
        troubles=gathered.troubles,
        downtime=downtime,
    )
