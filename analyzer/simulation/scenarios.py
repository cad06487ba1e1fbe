"""The scenarios by name: each a world and the mechanisms that live in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.simulation.agents import GOOGLEBOT
from analyzer.simulation.crawlers import Crawler
from analyzer.simulation.named import (
    CRAWLERS,
    INVOICES,
    MINUTE_MONITOR,
    MONITOR,
    NEWSLETTER,
    REPORT,
    STATEMENT,
    warehouse,
)
from analyzer.simulation.noise import ApacheNoise
from analyzer.simulation.people import People
from analyzer.simulation.programs import Partners
from analyzer.simulation.resolvers import Population
from analyzer.simulation.scanners import Scanners
from analyzer.simulation.scenario import Scenario, Setting
from analyzer.simulation.suite_a_dns import DNS_FAMILIES
from analyzer.simulation.suite_a_evidence import EVIDENCE_FAMILIES
from analyzer.simulation.suite_a_programs import PROGRAM_FAMILIES
from analyzer.simulation.suite_b import SUITE_B
from analyzer.simulation.suite_c import SUITE_C
from analyzer.simulation.suite_d import SUITE_D
from analyzer.simulation.world import World
from analyzer.simulation.zone import Zone
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    from analyzer.simulation.scenario import Family, Mechanism, Named


SHOP: tuple[Mechanism, ...] = (People(), Partners(), *CRAWLERS, Scanners(), ApacheNoise())
QUIET: tuple[Mechanism, ...] = (
    People(daily=2, weekly=12, once_per_day=2.0, offices=0),
    Partners(1),
    Crawler(GOOGLEBOT, 14, addresses=2),
    Scanners(8.0),
    ApacheNoise(0.5, 2.0),
)
TAKEN_BACK_S = (0.0, 6.0 * HOUR_S, 3.0 * DAY_S)  # to the new address, back, and again to the new one

_ALL = (
    Scenario(
        "sample",
        "a shop: most drain in hours, one program pins until day 4, one with a hard-coded address never moves",
        Setting((*SHOP, MONITOR, warehouse(3.6 * DAY_S), REPORT, INVOICES)),
    ),
    Scenario(
        "clean",
        "everybody moves, the last program when it restarts on day 3: then it is truly safe",
        Setting((*SHOP, MONITOR, REPORT, warehouse(2.4 * DAY_S))),
    ),
    Scenario("stuck", "an hourly program has the old address hard-coded", Setting((*SHOP, MINUTE_MONITOR, INVOICES))),
    Scenario(
        "pinned",
        "a JVM pins the old address until it restarts six days after the change",
        Setting((*SHOP, MONITOR, warehouse(6.0 * DAY_S + 9 * HOUR_S))),
    ),
    Scenario("weekly", "a weekly job has the old address hard-coded", Setting((*SHOP, MONITOR, NEWSLETTER))),
    Scenario(
        "gap",
        "the old log misses nine hours after the change",
        Setting((*SHOP, MONITOR, REPORT), World(gaps_s=((20.0 * HOUR_S, 29.0 * HOUR_S),))),
    ),
    Scenario("quiet", "a small site: a few visits a day", Setting(QUIET, population=Population(12))),
    Scenario(
        "rollback",
        "the change is taken back after six hours and made again on day 3",
        Setting((*SHOP, MONITOR), World(zone=Zone(turns_s=TAKEN_BACK_S, turns6_s=TAKEN_BACK_S))),
    ),
    Scenario(
        "scanners",
        "everybody moves, and scanners come in waves",
        Setting((*SHOP, MONITOR, Scanners(60.0, waves_s=(1.3 * DAY_S, 4.1 * DAY_S, 8.7 * DAY_S)))),
    ),
    Scenario(
        "monthly",
        "a job of every four weeks has the old address hard-coded, and is next due after the logs' end",
        Setting((*SHOP, MONITOR, STATEMENT)),
    ),
    Scenario(
        "aaaa",
        "the AAAA record is forgotten and changed four days late",
        Setting((*SHOP, MONITOR), World(zone=Zone(turns6_s=(4.0 * DAY_S,)))),
    ),
    Scenario("short", "a TTL of 5 minutes", Setting((*SHOP, MONITOR), World(zone=Zone(ttl_s=300)))),
    Scenario("long", "a TTL of a day", Setting((*SHOP, MONITOR), World(zone=Zone(ttl_s=DAY_S)))),
)
SUITES: dict[str, tuple[Family, ...]] = {
    "a": (*DNS_FAMILIES, *PROGRAM_FAMILIES, *EVIDENCE_FAMILIES),
    "b": SUITE_B,
    "c": SUITE_C,
    "d": SUITE_D,
}
_EVERY: tuple[Named, ...] = (*_ALL, *(family for families in SUITES.values() for family in families))
SCENARIOS = {one.name: one for one in _EVERY}
