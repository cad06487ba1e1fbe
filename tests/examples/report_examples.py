"""Verdicts, curves and DNS answers made by hand, for the tests of the report: no product code computes them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analyzer.dns.propagation import Propagation, ResolverState
from analyzer.drain.curve import Curve
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
from analyzer.handover.downtime import (
    Downtime,
    FailedMinute,
    Failures,
    Latency,
    Price,
    Silence,
    Silences,
    Window,
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


def demand(moment: datetime) -> float:
    """Return requests an hour at this moment of the week: quiet nights and weekends."""
    hour = moment.hour + moment.minute / 60
    day = 0.12 + math.sin(math.pi * (hour - 5) / 18) ** 2 if 5 <= hour <= 23 else 0.12
    return 260 * day * (0.35 if moment.weekday() >= 5 else 1.0)


def curve(word: Word = "wait", *, seed: int = 7) -> Curve:
    """Return a drain curve: a week before the change to AT, and a forecast of as long as the horizon."""
    random = np.random.default_rng(seed)
    tail, floor = {"safe": (3.0, 0.0), "wait": (30.0, 0.0), "stuck": (8.0, 9.0), "unknown": (30.0, 0.0)}[word]
    starts = pd.date_range(datetime(2026, 2, 23, tzinfo=UTC), AT, freq="h", inclusive="left", unit="us")
    normal = np.array([demand(moment) for moment in starts])
    since_h = np.array([(moment - CHANGED).total_seconds() / 3600 for moment in starts])
    share = np.where(
        since_h < 0, 1.0, np.maximum(0.9 * (1 - since_h / 1.5), 0) + 0.1 * np.exp(-np.maximum(since_h, 0) / tail)
    )
    old = random.poisson(normal * share + np.where(since_h > 0, floor, 0)).astype(float)
    direct = np.where(since_h > 0, random.poisson(normal * (1 - share)), 0).astype(float)
    if word == "unknown":
        old[(starts >= "2026-03-09T02:00Z") & (starts < "2026-03-10T09:00Z")] = 0
        direct[:] = np.nan
    measured = pd.DataFrame({"start": starts, "width_s": 3600.0, "old": old, "direct_new": direct, "normal": normal})
    return Curve(measured=measured, band=_band(word, tail, floor), budget_per_hour=10 / 720)


def _band(word: Word, tail: float, floor: float) -> pd.DataFrame:
    """Return the forecast."""
    at = pd.date_range(AT, AT + timedelta(seconds=HORIZON_S), freq="3h", unit="us")
    hours = (at - AT).total_seconds().to_numpy() / 3600
    if word == "unknown":
        at, hours = at[:0], hours[:0]
    expected = 0.2 * np.exp(-hours / (4 * tail)) + floor
    frame = {
        "at": at,
        "expected": expected,
        "lower": expected * np.exp(-0.5 - hours / 300) * (floor > 0),
        "upper": expected * 1.8 + 0.01,
    }
    return pd.DataFrame(frame)


RESOLVERS = (
    ("ns1.example.net", True),
    ("ns2.example.net", True),
    ("192.0.2.53", True),
    ("2001:db8::53", True),
    ("8.8.8.8", False),
    ("8.8.4.4", False),
    ("1.1.1.1", False),
    ("9.9.9.9", False),
    ("https://dns.google/dns-query", False),
    ("tls://dns.quad9.net", False),
    ("208.67.222.222", False),
    ("77.88.8.8", False),
    ("2620:fe::fe", False),
    ("94.140.14.14", False),
    ("185.222.222.222", False),
    ("$x^2$ <b>\x1b[31m resolver of someone with a very long name.example", False),
)


def states(*, until: datetime = AT, hours: int = 6) -> pd.DataFrame:
    """Return what each of 16 resolvers answered, asked every so many hours."""
    rows = []
    for n, (resolver, authoritative) in enumerate(RESOLVERS):
        for at in pd.date_range(datetime(2026, 3, 1, tzinfo=UTC), until, freq=f"{hours}h", unit="us"):
            since_h = (at - CHANGED).total_seconds() / 3600
            lag_h = 0 if authoritative else (n * 7 % 11) * 3 + (400 if n in (6, 9) else 0)
            state = "new" if since_h > lag_h else "old"
            if not authoritative and 0 < since_h - lag_h < 12 and n % 3 == 0:
                state = "mixed"
            if n == 12 and 100 < since_h < 130:
                state = "failing"
            if n == 13 and since_h > 20:
                state = "neither"
            if n == 7 and 48 < since_h < 96:
                continue
            rows.append((resolver, authoritative, at, state, "app.example.com", "A"))
    return pd.DataFrame(rows, columns=["resolver", "authoritative", "at", "state", "name", "type"])


def resolver_state(name: str, state: str, *, authoritative: bool = False) -> ResolverState:
    """Return what one resolver said last."""
    expires = AT + timedelta(hours=15, minutes=20) if state == "old" else CHANGED + timedelta(hours=1)
    return ResolverState(
        resolver=name,
        transport="udp",
        name="app.example.com",
        type="A",
        state=state,
        asked_at=AT - timedelta(minutes=4),
        old_expires_at=expires,
        ttl_s=3600.0,
        authoritative=authoritative,
        problem="timeout" if state == "failing" else "",
        first_new_at=None,
        last_old_at=None,
        questions=46,
        entries=1,
        constant_ttl=False,
        stretches_ttl=state == "old",
    )


def propagation(word: Word = "wait", *, resolvers: tuple[tuple[str, bool], ...] = RESOLVERS) -> Propagation:
    """Return what the last answers were."""
    last = dict(states().groupby("resolver")["state"].last())
    told = tuple(
        resolver_state(name, last.get(name, "old"), authoritative=authoritative) for name, authoritative in resolvers
    )
    expires = datetime(2026, 3, 13, 4, 20, tzinfo=UTC) if word != "safe" else datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
    return Propagation(
        questions=736,
        at=AT,
        changed_after=CHANGED - timedelta(minutes=5),
        changed_at=CHANGED,
        ttl_s=3600.0,
        resolvers=told,
        authoritative_agree=True,
        last_old_expires_at=expires,
        first_at=datetime(2026, 3, 1, tzinfo=UTC),
        last_at=AT,
    )


def downtime(**changed: Any) -> Downtime:
    """Return what was measured around the change: two bad minutes, a silence of ten minutes, a proxy of 3 ms."""
    bad = CHANGED + timedelta(minutes=2)
    quiet = Silence(bad, bad + timedelta(minutes=10), 31.5, 12, unusual=True)
    values = {
        "changed_at": CHANGED,
        "proxied_from": CHANGED - timedelta(hours=2),
        "window": Window(CHANGED - timedelta(days=8), CHANGED - timedelta(days=1), CHANGED + timedelta(days=1)),
        "failures": Failures(
            requests=12_034,
            failed=48,
            usual_share=0.0004,
            kinds=(("person", 40), ("program", 8)),
            statuses=((503, 45), (500, 3)),
            servers=(("old", 46), ("new", 2)),
            minutes=(
                FailedMinute(bad, "old", 60, 46, (("person", 40), ("program", 6)), ((503, 45), (500, 1))),
                FailedMinute(bad + timedelta(minutes=30), "new", 20, 2, (("program", 2),), ((500, 2),)),
            ),
        ),
        "silences": Silences(quiet, quiet, 240.0, 9.0),
        "price": Price(Latency(8_000, 12.0, 80.4, 190.25), Latency(3_000, 15.5, 91.0, 240.0), None, 3.25, 41, "before"),
        "notes": ("The new server's log holds no durations: add %D to its LogFormat.",),
    }
    return Downtime(**(values | changed))
