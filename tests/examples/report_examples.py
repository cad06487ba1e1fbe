"""Verdicts made by hand, for the tests of the report: no product code computes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.drain.verdict import (
    DnsSummary,
    Estimate,
    Gap,
    LogEvidence,
    Reason,
    Residual,
    SafeAt,
    Straggler,
    Verdict,
)
from analyzer.migration import LogSet, Migration, Policy

if TYPE_CHECKING:
    from analyzer.drain.verdict import Word

AT = datetime(2026, 3, 12, 13, 0, tzinfo=UTC)
CHANGED = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
HORIZON_S = 2_592_000.0
HOSTILE = "<script>alert(1)</script>\x1b[31m\r\nSet-Cookie: $x^2$ \u202egnp.exe =cmd() \x00 {{ 7*7 }} [bold]x[/bold]"
LONG = "Mozilla/5.0 " + "A" * 10_000


def straggler(  # noqa: PLR0917 -- a row of a table
    client: str,
    agent: str | None,
    kind: str,
    requests: int,
    days_ago: float,
    expected: float,
    stuck: bool,
    why: str,
    rhythm_s: float | None = 86_400.0,
) -> Straggler:
    """Return a client that was last seen so many days before AT."""
    return Straggler(
        client, agent, kind, requests, CHANGED, AT - timedelta(days=days_ago), expected, stuck, why, rhythm_s
    )


STUCK = straggler(
    "203.0.113.9",
    "Java/11.0.2",
    "program",
    2412,
    0.01,
    318.6,
    True,
    "It came every 5 minutes before the change and still does: it looked the name up once and kept the address.",
    300.0,
)
DRAINING = (
    straggler(
        "198.51.100.77",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
        "person",
        41,
        1.2,
        4.1,
        False,
        "Silent for 29 h, where its usual pause is 20 h.",
    ),
    straggler(
        "2001:db8:4f2a:9c31:abcd:ef01:2345:6789",
        "okhttp/4.12.0",
        "program",
        12,
        3.4,
        1.31,
        False,
        "A weekly job that is due on Sunday.",
        604_800.0,
    ),
    straggler("192.0.2.201", None, "person", 1, 8.0, 0.02, False, "Came once, on the day of the change.", None),
)
HOSTILES = (
    straggler("evil<b>.example\x1b]0;x\x07", HOSTILE, "program", 7, 0.4, 2.2, False, f"Agent {HOSTILE}"),
    straggler("198.51.100.250", LONG, "person", 3, 2.0, 0.5, False, "An agent of 10 kB."),
)


def log(**changed: Any) -> LogEvidence:
    """Return what was read of the old server's logs."""
    values = {
        "lines": 120_034,
        "parsed": 120_001,
        "quarantined": 33,
        "used": 119_400,
        "first": datetime(2026, 2, 23, 0, 0, 4, tzinfo=UTC),
        "last": datetime(2026, 3, 13, 6, 0, tzinfo=UTC),
        "gaps": (),
        "troubles": (),
    }
    return LogEvidence(**(values | changed))


def reasons(word: Word) -> tuple[Reason, ...]:
    """Return what the rules found under each verdict."""
    within = Reason(
        "loss.budget",
        {"safe": True, "unknown": None}.get(word, False),
        {
            "safe": "The upper bound of 3.2 lost requests is within the budget of 10.",
            "wait": "Up to 410 requests would be lost in 30 days; the budget is 10.",
            "stuck": "Up to 410 requests would be lost in 30 days; the budget is 10.",
            "unknown": "No bound can be given: the log has a gap of 31 h. Bring the log of that time.",
        }[word],
        {"safe": 3.2, "unknown": None}.get(word, 409.2),
        10.0,
        "requests",
    )
    return (
        within,
        Reason("dns.authoritative", True, "All 4 authoritative servers answer with the new address."),
        Reason(
            "dns.bound",
            word == "safe" or None if word == "unknown" else word == "safe",
            "The last cached old answer has expired."
            if word == "safe"
            else "Two resolvers still hold the old address.",
            0.0 if word == "safe" else 2.0,
            0.0,
            "resolvers",
        ),
        Reason("log.fresh", True, "The log reaches up to now.", 60.0, 3600.0, "s"),
        Reason(
            "log.gaps", word != "unknown", "No gap in the log." if word != "unknown" else "31 h without a single line."
        ),
        Reason(
            "clients.stuck",
            word != "stuck",
            "One client does not move by itself." if word == "stuck" else "Nobody is stuck.",
            1.0 if word == "stuck" else 0.0,
            0.0,
            "clients",
        ),
    )


def verdict(word: Word = "wait", **changed: Any) -> Verdict:
    """Return a whole verdict, for each of the four words."""
    estimate = {
        "safe": Estimate(0.41, 3.2),
        "wait": Estimate(31.52, 58.04),
        "stuck": Estimate(318.7, 409.2),
        "unknown": Estimate(None, None),
    }[word]
    safe_at = {
        "safe": SafeAt(datetime(2026, 3, 11, 4, 0, tzinfo=UTC), datetime(2026, 3, 11, 4, 0, tzinfo=UTC)),
        "wait": SafeAt(datetime(2026, 3, 17, 9, 30, tzinfo=UTC), datetime(2026, 3, 21, 22, 15, 30, tzinfo=UTC)),
    }.get(word)
    gap = Gap(datetime(2026, 3, 9, 2, 0, tzinfo=UTC), datetime(2026, 3, 10, 9, 0, tzinfo=UTC))
    values = {
        "at": AT,
        "changed_at": CHANGED,
        "verdict": word,
        "lost_requests": estimate,
        "lost_clients": Estimate(4.2, 9.0),
        "budget_requests": 10,
        "horizon_s": HORIZON_S,
        "safe_at": safe_at,
        "residual": Residual(12.0 if word != "safe" else 0.2, 0.0004, 3 if word != "safe" else 0),
        "dns": DnsSummary(0, 0, 0, 0, None, None)
        if word == "unknown"
        else DnsSummary(
            16,
            16 if word == "safe" else 13,
            0 if word == "safe" else 2,
            0,
            datetime(2026, 3, 13, 4, 20, tzinfo=UTC) if word != "safe" else datetime(2026, 3, 3, 1, 0, tzinfo=UTC),
            True,
        ),
        "stragglers": {"safe": DRAINING[2:], "stuck": (STUCK, *DRAINING)}.get(word, (*DRAINING, *HOSTILES)),
        "evidence": log(gaps=(gap,), troubles=("old/access.log.3.gz: truncated gzip: 4,120 lines could be read",))
        if word == "unknown"
        else log(),
        "evidence_new": log(lines=80_000, parsed=80_000, quarantined=0) if word != "unknown" else None,
        "reasons": reasons(word),
    }
    return Verdict(**(values | changed))


def migration(**changed: Any) -> Migration:
    """Return the migration that the verdicts are about."""
    policy = Policy(horizon_s=HORIZON_S, max_lost_requests=10, accepted=(ip_network("192.0.2.200/31"),))
    values = {
        "names": ("app.example.com", "www.example.com"),
        "old": (ip_address("192.0.2.4"),),
        "new": (ip_address("198.51.100.5"),),
        "old_logs": LogSet(("old/access.log*",), "combined"),
        "new_logs": None,
        "policy": policy,
        "source": Path("cutover.toml"),
        "changed_at": CHANGED,
    }
    return Migration(**(values | changed))
