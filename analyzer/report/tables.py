"""The numbers of a report as tables: full values with their units in the columns' names, for CSV and JSON."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING

from analyzer.units import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from analyzer.dns.propagation import Propagation
    from analyzer.drain.curve import Curve
    from analyzer.drain.verdict import Verdict
    from analyzer.handover.downtime import Downtime

Value = str | int | float | bool | None
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for one (OWASP, "CSV Injection")


@dataclass(frozen=True, slots=True)
class Table:
    """Named columns and rows of plain values; moments are contract text."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def records(self) -> list[dict[str, Value]]:
        """Return the rows as JSON objects."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def csv(self) -> str:
        r"""Return the table as CSV (RFC 4180) in which no text is a formula: such a one begins with an apostrophe.

        >>> Table("t", ("agent", "n"), (("=cmd()", -1),)).csv()
        "agent,n\r\n'=cmd(),-1\r\n"
        """
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(self.columns)
        writer.writerows([_cell(value) for value in row] for row in self.rows)
        return out.getvalue()


def tables(
    verdict: Verdict,
    *,
    curve: Curve | None = None,
    propagation: Propagation | None = None,
    downtime: Downtime | None = None,
    names: Mapping[str, str] | None = None,
) -> tuple[Table, ...]:
    """Return every table of a report, each also where it has no rows."""
    return (
        _clients(verdict, names or {}),
        _resolvers(propagation),
        _rules(verdict),
        _evidence(verdict),
        _gaps(verdict),
        _measured(curve),
        _forecast(curve),
        _failures(downtime),
        _latency(downtime),
    )


def _clients(verdict: Verdict, names: Mapping[str, str]) -> Table:
    columns = "client agent kind stuck requests expected_requests first_seen last_seen rhythm_s why"
    rows = ((*attrgetter(*columns.split())(one), names.get(one.client)) for one in verdict.stragglers)
    return _table("clients", (*columns.split(), "name"), rows)


def _resolvers(seen: Propagation | None) -> Table:
    columns = "resolver transport name type state authoritative asked_at old_expires_at ttl_s questions problem"
    return _objects("resolvers", f"{columns} constant_ttl stretches_ttl", () if seen is None else seen.resolvers)


def _rules(verdict: Verdict) -> Table:
    return _objects("rules", "rule passed value threshold unit sentence", verdict.reasons)


def _evidence(verdict: Verdict) -> Table:
    counts = "lines parsed quarantined used first last"
    logs = {"old": verdict.evidence, "new": verdict.evidence_new}
    rows = ((name, *attrgetter(*counts.split())(log)) for name, log in logs.items() if log is not None)
    return _table("evidence", ("server", *counts.split()), rows)


def _gaps(verdict: Verdict) -> Table:
    rows = ((gap.start, gap.end, (gap.end - gap.start).total_seconds()) for gap in verdict.evidence.gaps)
    return _table("gaps", ("from", "to", "seconds"), rows)


def _measured(curve: Curve | None) -> Table:
    columns = ("start", "width_s", "old", "direct_new", "normal")
    shown = ("start", "width_s", "old_per_hour", "direct_new_per_hour", "normal_per_hour")
    return _table("measured", shown, () if curve is None else _frame_rows(curve.measured, columns))


def _forecast(curve: Curve | None) -> Table:
    columns = ("at", "expected", "lower", "upper")
    shown = ("at", "expected_per_hour", "lower_per_hour", "upper_per_hour")
    return _table("forecast", shown, () if curve is None else _frame_rows(curve.band, columns))


def _failures(found: Downtime | None) -> Table:
    return _objects("failures", "minute server requests failed", () if found is None else found.failures.minutes)


def _latency(found: Downtime | None) -> Table:
    cost = None if found is None else found.price
    ways = () if cost is None else (("before", cost.before), ("proxied", cost.proxied), ("direct", cost.direct))
    rows = ((way, one.requests, one.p50_ms, one.p95_ms, one.p99_ms) for way, one in ways if one is not None)
    return _table("latency", ("way", "requests", "p50_ms", "p95_ms", "p99_ms"), rows)


def _frame_rows(frame: pd.DataFrame, columns: tuple[str, ...]) -> Iterable[tuple[object, ...]]:
    """Return the rows of some columns of a frame."""
    return frame[list(columns)].itertuples(index=False, name=None)


def _objects(name: str, columns: str, found: Iterable[object]) -> Table:
    """Return a table of objects, a column an attribute."""
    values = attrgetter(*columns.split())
    return _table(name, tuple(columns.split()), (values(one) for one in found))


def _table(name: str, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Table:
    return Table(name, columns, tuple(tuple(_value(one) for one in row) for row in rows))


def _value(value: object) -> Value:
    """Return a value as JSON has it: no moment, no NaN."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | bool) or value is None else str(value)


def _cell(value: Value) -> Value:
    """Return a value as a cell: what a stranger wrote is text, whatever it begins with."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.lstrip().startswith(FORMULA):
        return f"'{value}"
    return value
