"""The verdict as Prometheus reads it: for node_exporter's textfile collector, and for `cutover watch --listen`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from analyzer.drain.verdict import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from analyzer.drain.verdict import Verdict

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Metric:
    """One gauge or counter: name with its unit, what it means, and its samples (labels, value)."""

    name: str
    meaning: str
    samples: tuple[tuple[tuple[tuple[str, str], ...], float], ...]
    kind: str = "gauge"

    def lines(self) -> Iterator[str]:
        """Yield the metric in the text format; none without a sample."""
        if not self.samples:
            return
        yield f"# HELP {self.name} {_help(self.meaning)}"
        yield f"# TYPE {self.name} {self.kind}"
        for labels, value in self.samples:
            named = ",".join(f'{key}="{_label(text)}"' for key, text in labels)
            yield f"{self.name}{{{named}}} {_number(value)}"


def metrics(verdict: Verdict, migration: str, more: Iterable[Metric] = ()) -> str:
    r"""Return the verdict in the text format.

    Parameters
    ----------
    migration
        What tells this migration from others on one server: its first name; a label of every sample.
    more
        Further metrics, of the watch.

    References
    ----------
    Prometheus, "Exposition formats", text-based format 0.0.4.
    """
    every = (*_estimates(verdict, migration), *_evidence(verdict, migration), *more)
    return "".join(f"{line}\n" for metric in every for line in metric.lines())


def gauge(name: str, meaning: str, migration: str, value: float | None) -> Metric:
    """Return a metric of one sample; without a sample where the value is not known: absent is not zero."""
    return Metric(name, meaning, () if value is None else ((_of(migration), value),))


def _estimates(verdict: Verdict, migration: str) -> Iterator[Metric]:
    """Yield the verdict, what a removal now would lose, and when it will be safe."""
    words = (((*_of(migration), ("verdict", word)), float(word == verdict.verdict)) for word in get_args(Word))
    yield Metric("cutover_verdict", "1 for the verdict that holds, 0 for the others.", tuple(words))
    lost, safe_at, residual = verdict.lost_requests, verdict.safe_at, verdict.residual
    median, latest = (None, None) if safe_at is None else (_moment(safe_at.median), _moment(safe_at.upper))
    for name, meaning, value in (
        ("verdict_timestamp_seconds", "The moment that was judged.", verdict.at.timestamp()),
        ("lost_requests_expected", "Requests expected to be lost if the proxy were removed now.", lost.expected),
        ("lost_requests_upper", "The upper bound of that.", lost.upper),
        ("lost_requests_budget", "Requests that may be lost.", verdict.budget_requests),
        ("horizon_seconds", "The period after the removal that is looked at.", verdict.horizon_s),
        ("safe_timestamp_seconds", "When it is, or became, safe.", median),
        ("safe_latest_timestamp_seconds", "When it is safe at the latest.", latest),
        ("residual_requests_per_day", "Requests in 24 h at the old server.", residual.requests_per_day),
        ("residual_share", "The same as a share of normal demand.", residual.share_of_normal),
        ("residual_clients", "Clients at the old server in 24 h.", residual.clients_24h),
        ("stragglers", "Clients that still use the old address.", len(verdict.stragglers)),
        ("stragglers_stuck", "Those that do not move by themselves.", sum(one.stuck for one in verdict.stragglers)),
    ):
        yield gauge(f"cutover_{name}", meaning, migration, value)


def _evidence(verdict: Verdict, migration: str) -> Iterator[Metric]:
    """Yield what the verdict stands on."""
    dns = verdict.dns
    states = {"new": dns.on_new, "old": dns.on_old, "failing": dns.failing}
    states["other"] = max(dns.resolvers - sum(states.values()), 0)
    answers = (((*_of(migration), ("answer", name)), float(count)) for name, count in states.items())
    yield Metric("cutover_resolvers", "Resolvers by what they answer.", tuple(answers))
    last_old = _moment(dns.last_old_expires_at)
    yield gauge("cutover_dns_old_expires_timestamp_seconds", "When the last old answer expires.", migration, last_old)
    logs = [("old", verdict.evidence), ("new", verdict.evidence_new)]
    read = [((*_of(migration), ("server", name)), log) for name, log in logs if log is not None]
    yield Metric("cutover_log_lines", "Lines read.", tuple((labels, log.lines) for labels, log in read))
    unread = tuple((labels, log.quarantined) for labels, log in read)
    yield Metric("cutover_log_lines_quarantined", "Lines that the format does not fit.", unread)
    last = tuple((labels, log.last.timestamp()) for labels, log in read if log.last is not None)
    yield Metric("cutover_log_last_timestamp_seconds", "The last request logged.", last)
    yield gauge("cutover_log_gaps", "Gaps in the old server's log.", migration, len(verdict.evidence.gaps))
    rules = tuple(
        ((*_of(migration), ("rule", one.rule)), float(one.passed)) for one in verdict.reasons if one.passed is not None
    )
    yield Metric("cutover_rule_passed", "1 where a rule holds, 0 where it fails; absent where it is unknown.", rules)


def _of(migration: str) -> tuple[tuple[str, str], ...]:
    return (("migration", migration),)


def _moment(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _label(text: str) -> str:
    r"""Return a label's value: backslash, quote and line end are escaped, other controls shown as escapes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode().replace("\\", "\\\\") for c in escaped)


def _help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    """Return a number: whole ones without a point, so that a count reads as one."""
    return f"{value:.0f}" if float(value).is_integer() else repr(float(value))
