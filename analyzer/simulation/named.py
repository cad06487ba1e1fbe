"""Clients that play a part of their own in a scenario, each at an address of its own."""

from __future__ import annotations

from analyzer.simulation.agents import APPLEBOT, BINGBOT, GOOGLEBOT, GOOGLEBOT_MOBILE, NAGIOS_CHECK, UPTIME_MONITOR
from analyzer.simulation.bindings import Fresh, HardCoded, Pinned
from analyzer.simulation.crawlers import Crawler
from analyzer.simulation.programs import Job
from analyzer.units import DAY_S, HOUR_S, MINUTE_S, WEEK_S

CRAWLERS = (
    Crawler(GOOGLEBOT, 90),
    Crawler(GOOGLEBOT_MOBILE, 60),
    Crawler(BINGBOT, 60, hold_s=36.0 * HOUR_S),
    Crawler(APPLEBOT, 15, addresses=2),
)
MONITOR = Job(
    address="203.0.113.100",
    agent=UPTIME_MONITOR,
    every_s=5.0 * MINUTE_S,
    lines=("HEAD / HTTP/1.1",),
    binding=HardCoded(says="watches the address"),
    kind="monitor",
    phase_s=41.0,
    size=259,
    size_spread=0.0,
)
MINUTE_MONITOR = Job(
    address="203.0.113.101",
    agent=NAGIOS_CHECK,
    every_s=60.0,
    lines=("GET /health HTTP/1.1",),
    binding=HardCoded(says="watches the address"),
    kind="monitor",
    phase_s=7.0,
    size=291,
    size_spread=0.0,
)
INVOICES = Job(
    address="203.0.113.9",
    agent="Java/11.0.2",
    every_s=1.0 * HOUR_S,
    lines=("GET /api/v1/invoices/export?since=last HTTP/1.1",),
    binding=HardCoded(),
    phase_s=13.0 * MINUTE_S,
    jitter_s=20.0,
    size=18_400,
    user="erp",
)


def warehouse(restart_s: float) -> Job:
    """Return a Java program that pins its address until it is restarted [s since the change]."""
    return Job(
        address="203.0.113.23",
        agent="Java/17.0.12",
        every_s=15.0 * MINUTE_S,
        lines=("GET /api/v1/orders?status=paid HTTP/1.1", "GET /api/v1/stock HTTP/1.1"),
        binding=Pinned((restart_s,)),
        phase_s=4.0 * MINUTE_S,
        jitter_s=4.0,
    )


REPORT = Job(
    address="203.0.113.31",
    agent="python-requests/2.32.5",
    every_s=float(WEEK_S),
    lines=(
        "GET /api/v1/reports/week HTTP/1.1",
        "GET /api/v1/reports/week?format=csv HTTP/1.1",
        "GET /api/v1/returns HTTP/1.1",
    ),
    binding=Fresh(),
    phase_s=5 * DAY_S + 6.5 * HOUR_S,
    jitter_s=30.0,
)
NEWSLETTER = Job(
    address="203.0.113.47",
    agent="GuzzleHttp/7",
    every_s=float(WEEK_S),
    lines=(
        "GET /export/products.xml HTTP/1.1",
        "GET /export/prices.xml HTTP/1.1",
        "GET /export/stock.xml HTTP/1.1",
        "POST /api/v1/newsletter/sent HTTP/1.1",
    ),
    binding=HardCoded(),
    phase_s=6 * DAY_S + 3 * HOUR_S,
    jitter_s=60.0,
)
STATEMENT = Job(
    address="203.0.113.58",
    agent="Java/1.8.0_292",
    every_s=4.0 * WEEK_S,
    lines=tuple(f"GET /api/v1/statements?page={page} HTTP/1.1" for page in range(1, 25)),
    binding=HardCoded(),
    phase_s=10 * DAY_S + 4 * HOUR_S,
    jitter_s=60.0,
)
