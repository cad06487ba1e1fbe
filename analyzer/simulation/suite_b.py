"""The second suite, kept apart: other mechanisms and parameters. No constant of the model is to be tuned on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analyzer.simulation import drawn_jobs as jobs
from analyzer.simulation import ingredients as some
from analyzer.simulation.agents import BROWSERS
from analyzer.simulation.bindings import HardCoded, Pinned, Pool
from analyzer.simulation.crowds import Edge, FlashCrowd, Neighbours
from analyzer.simulation.given import Given
from analyzer.simulation.ingredients import between, one_of, whole
from analyzer.simulation.people import People, Roaming
from analyzer.simulation.profile import EVEN, WORK, Holiday
from analyzer.simulation.programs import Job, Partners
from analyzer.simulation.resolvers import Population
from analyzer.simulation.runs import Every, Irregular, Monthly, Spell
from analyzer.simulation.scanners import Scanners
from analyzer.simulation.scenario import Family, Setting
from analyzer.simulation.zone import Zone
from analyzer.units import DAY_S, HOUR_S, WEEK_S

FLAT_HOLDS_S = ((60.0, 70.0), (600.0, 12.0), (7_200.0, 8.0), (43_200.0, 6.0), (2.5 * DAY_S, 4.0))


def place(draw: np.random.Generator) -> tuple[People, Partners, Scanners]:
    """Return a site unlike those of the first suite: fewer regulars, other holds, more programs."""
    size = between(draw, 0.5, 6.0)
    people = People(int(20 * size), int(200 * size), 60.0 * size, whole(draw, 0, 4), whole(draw, 2, 12))
    partners = Partners(whole(draw, 2, 9), between(draw, 1, 40) * HOUR_S, float(draw.uniform(0.2, 0.8)))
    return (replace(people, holds_s=FLAT_HOLDS_S), partners, Scanners(between(draw, 1, 90)))


def prefetching(draw: np.random.Generator) -> Setting:
    """Return one whose resolvers fetch busy names before they expire."""
    return Setting(place(draw), some.world(draw), Population(40, 0.05, 0.2, 0.0, 0.7))


def frozen(draw: np.random.Generator) -> Setting:
    """Return one with a few resolvers that keep whatever they have for days."""
    floors_s = (2 * DAY_S, 4 * DAY_S, 7 * DAY_S)
    return Setting(place(draw), some.world(draw, days=35), Population(40, 0.06, floors_s=floors_s))


def reloads(draw: np.random.Generator) -> Setting:
    """Return one of partners' proxies that look up when they are reloaded: each week at night, by logrotate."""
    night_s = float(draw.uniform(0, WEEK_S))
    turns = tuple(night_s + week * WEEK_S for week in range(-1, 5))
    proxies = (jobs.job(draw, 20 + i, Pinned(turns), every_s=one_of(draw, (120.0, 1200.0))) for i in range(2))
    return Setting((*place(draw), *proxies), some.world(draw, days=30))


def hosts_files(draw: np.random.Generator) -> Setting:
    """Return one of people with the old address in the hosts file of their computer."""
    agent = BROWSERS[whole(draw, 0, 10)][0]
    people = (
        replace(
            jobs.job(draw, 150 + i, HardCoded(says="has a hosts file"), runs=Irregular(between(draw, 12, 70) * HOUR_S)),
            agent=agent,
            kind="person",
            lines=("GET / HTTP/2.0", "GET /account HTTP/2.0", "GET /assets/shop-4f1c.css HTTP/2.0"),
        )
        for i in range(whole(draw, 1, 3))
    )
    return Setting((*place(draw), *people), some.world(draw, days=35))


def dormant(draw: np.random.Generator) -> Setting:
    """Return one of a program that is switched off at the change, and comes back with the old address."""
    every = Every(one_of(draw, (3600.0, 21600.0)))
    runs = Spell(every, -between(draw, 1, 48) * HOUR_S, between(draw, 1, 9) * DAY_S, off=True)
    return Setting((*place(draw), jobs.job(draw, 31, HardCoded(), runs=runs)), some.world(draw, days=35))


def growing(draw: np.random.Generator) -> Setting:
    """Return one of a site that grows or shrinks quickly."""
    stage = some.world(draw)
    profile = replace(stage.profile, growth=one_of(draw, (0.7, 0.85, 1.2, 1.5)))
    return Setting((*place(draw), *jobs.mess(draw)), replace(stage, profile=profile))


def worldwide(draw: np.random.Generator) -> Setting:
    """Return one to which people come at all hours alike."""
    return Setting((*place(draw), *jobs.mess(draw)), replace(some.world(draw), profile=EVEN))


def vacation(draw: np.random.Generator) -> Setting:
    """Return one changed at the begin of a long holiday, when nearly nobody works; a program restarts after it."""
    away = Holiday(-1.0 * DAY_S, float(draw.uniform(9, 16)) * DAY_S, 0.03)
    stage = some.world(draw, days=35)
    late = jobs.office(draw, 33, Pinned((away.until_s + DAY_S,)))
    return Setting((*place(draw), late), replace(stage, profile=replace(WORK, holidays=(away,))))


def scrapers(draw: np.random.Generator) -> Setting:
    """Return one of programs that call themselves browsers, and keep connections for days."""
    each = (
        replace(
            jobs.job(
                draw, 160 + i, Pool(between(draw, 0.5, 3) * DAY_S), runs=Irregular(between(draw, 0.1, 2) * HOUR_S)
            ),
            agent=BROWSERS[whole(draw, 0, 10)][0],
        )
        for i in range(whole(draw, 2, 5))
    )
    return Setting((*place(draw), *each), some.world(draw, days=35))


def month_end(draw: np.random.Generator) -> Setting:
    """Return one of a hard-coded job of the month that the log before the change is too short to show."""
    work = replace(
        jobs.monthly(draw, 35, hard_coded=True), runs=Monthly(whole(draw, 1, 28), float(draw.uniform(0, DAY_S)))
    )
    return Setting((*place(draw), work), some.world(draw, days=40, before_days=float(whole(draw, 7, 14))))


def fortnight(draw: np.random.Generator) -> Setting:
    """Return one of a job of every second week, hard-coded."""
    work = jobs.job(draw, 36, HardCoded(), every_s=2.0 * WEEK_S, runs_of=whole(draw, 8, 40))
    return Setting((*place(draw), work), some.world(draw, days=42))


def slow_edge(draw: np.random.Generator) -> Setting:
    """Return one behind a CDN whose nodes keep the origin's address for hours or days; logs are combined."""
    return Setting(
        (*place(draw), Edge(whole(draw, 2, 20), between(draw, 30, 200), between(draw, 4, 60) * HOUR_S)),
        some.world(draw),
    )


def phones(draw: np.random.Generator) -> Setting:
    """Return one of phones with an address a day, and a backend that pins."""
    people, partners, scanners = place(draw)
    return Setting((Roaming(people), partners, scanners, jobs.pinned(draw, 37)), some.world(draw, days=35))


def hamlet(draw: np.random.Generator) -> Setting:
    """Return one of a very small site with a weekly job."""
    few = People(whole(draw, 0, 2), whole(draw, 1, 8), float(draw.uniform(0.1, 1)), 0, holds_s=FLAT_HOLDS_S)
    work = jobs.weekly(draw, 38, hard_coded=bool(draw.integers(2)))
    return Setting((few, Scanners(between(draw, 1, 8)), work), some.world(draw, days=42), Population(10))


def twice_back(draw: np.random.Generator) -> Setting:
    """Return one whose change is taken back twice."""
    stage = some.world(draw, days=30)
    turns_s = (0.0, *np.cumsum([between(draw, 0.5, 30) * HOUR_S for _ in range(4)]).tolist())
    return Setting(place(draw), replace(stage, zone=replace(stage.zone, turns_s=turns_s, turns6_s=turns_s)))


def resumed(draw: np.random.Generator) -> Setting:
    """Return one whose old log is lost for days, after which somebody notices."""
    start_s = float(draw.uniform(0.1, 4)) * DAY_S
    gap_s = (start_s, start_s + float(draw.uniform(2, 6)) * DAY_S)
    return Setting((*place(draw), *jobs.mess(draw)), replace(some.world(draw), gaps_s=(gap_s,)))


def holes(draw: np.random.Generator) -> Setting:
    """Return one of whose rotated logs several days are lost, one of them before the change."""
    stage = some.world(draw, before_days=21)
    lost = tuple(stage.day_s(day) for day in (-whole(draw, 2, 12), whole(draw, 1, 3), whole(draw, 5, 9)))
    return Setting((*place(draw), *jobs.mess(draw)), replace(stage, gaps_s=lost))


def extremes(draw: np.random.Generator) -> Setting:
    """Return one with the shortest or a very long TTL, written down, and nothing but the old log."""
    stage = some.world(draw, zone=Zone(one_of(draw, (30, 2 * DAY_S)), 60))
    given = Given(new_log=False, snapshots=False, changed_at_s=0.0, ttl=True, old_format="json")
    return Setting((*place(draw), *jobs.mess(draw)), stage, given=given)


def slow_secondary(draw: np.random.Generator) -> Setting:
    """Return one with four authoritative servers' lags up to a day, and no log of the new server."""
    stage = some.world(draw)
    lags_s = (0.0, between(draw, 4, 26) * HOUR_S)
    return Setting(place(draw), replace(stage, zone=replace(stage.zone, lags_s=lags_s)), given=Given(new_log=False))


def crowded_host(draw: np.random.Generator) -> Setting:
    """Return one of a server with busy neighbours, in a log that names the host; some networks are accepted."""
    work = jobs.hard_coded(draw, 39)
    given = Given(old_format="forwarded", new_format="combined", accepted=("203.0.113.32/27",))
    return Setting((*place(draw), Neighbours(visits_per_day=150.0), work), some.world(draw), given=given)


def storm(draw: np.random.Generator) -> Setting:
    """Return one with several crowds, scanners in a wave at the same time, and a program that is changed by hand."""
    at_s = float(draw.uniform(0.5, 5)) * DAY_S
    crowds = (FlashCrowd(at_s, whole(draw, 300, 900)), FlashCrowd(at_s + 2 * DAY_S, 300))
    waves = Scanners(40.0, (at_s, at_s + DAY_S), whole(draw, 200, 500))
    return Setting((*place(draw), *crowds, waves, jobs.told(draw, 41)), some.world(draw, days=35))


def anything(draw: np.random.Generator) -> Setting:
    """Return one with three of the themes at once, and whatever evidence there happens to be."""
    extra: list[Job] = [
        jobs.pinned(draw, 51),
        jobs.busy(draw, 52),
        jobs.weekly(draw, 53, hard_coded=False),
        jobs.monthly(draw, 54, hard_coded=False),
        jobs.told(draw, 55),
        jobs.irregular(draw, 56, Pool(12.0 * HOUR_S)),
    ]
    chosen = [extra[i] for i in draw.choice(len(extra), 3, replace=False).tolist()]
    snapshots = bool(draw.integers(2))
    given = Given(
        new_log=bool(draw.integers(2)),
        snapshots=snapshots,
        changed_at_s=None if snapshots else 0.0,
        old_format=one_of(draw, ("combined", "common", "json", "forwarded", "vhost_combined")),
        max_lost_requests=one_of(draw, (None, 3, 30)),
    )
    population = Population(25, float(draw.uniform(0, 0.4)), 0.1, float(draw.uniform(0, 0.4)))
    return Setting((*place(draw), *chosen), some.world(draw, days=35), population, given)


SUITE_B = (
    Family("b-prefetching", "resolvers fetch busy names before they expire", prefetching),
    Family("b-frozen", "a few resolvers keep whatever they have for days", frozen),
    Family("b-reloads", "partners' proxies look up when reloaded, each week", reloads),
    Family("b-hosts-files", "people with the old address in a hosts file", hosts_files),
    Family("b-dormant", "a program switched off at the change comes back with the old address", dormant),
    Family("b-growing", "a site that grows or shrinks quickly", growing),
    Family("b-worldwide", "people come at all hours alike", worldwide),
    Family("b-vacation", "changed at the begin of a long holiday", vacation),
    Family("b-scrapers", "programs that call themselves browsers", scrapers),
    Family("b-month-end", "a hard-coded job of the month that no log before the change shows", month_end),
    Family("b-fortnight", "a hard-coded job of every second week", fortnight),
    Family("b-slow-edge", "behind a CDN that keeps the origin's address for hours or days", slow_edge),
    Family("b-phones", "phones with an address a day, and a backend that pins", phones),
    Family("b-hamlet", "a very small site with a weekly job", hamlet),
    Family("b-twice-back", "the change is taken back twice", twice_back),
    Family("b-resumed", "the old log is lost for days until somebody notices", resumed),
    Family("b-holes", "several days of the old log are lost", holes),
    Family("b-extremes", "the shortest or a very long TTL, and only the old log", extremes),
    Family("b-slow-secondary", "an authoritative server lags up to a day; no new log", slow_secondary),
    Family("b-crowded-host", "busy neighbours in the same log; a network is accepted", crowded_host),
    Family("b-storm", "crowds and scanners at once, and a program changed by hand", storm),
    Family("b-anything", "three themes at once, and whatever evidence there is", anything),
)
