"""Families of the first suite about programs, monitors and scanners."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzer.simulation import drawn_jobs as jobs
from analyzer.simulation.agents import AHREFSBOT, BINGBOT, GOOGLEBOT
from analyzer.simulation.bindings import Fresh, HardCoded, Pinned
from analyzer.simulation.crawlers import Crawler
from analyzer.simulation.ingredients import between, health_checks, monitor, site, whole, world
from analyzer.simulation.profile import WORK
from analyzer.simulation.scanners import Scanners
from analyzer.simulation.scenario import Family, Setting
from analyzer.units import DAY_S

if TYPE_CHECKING:
    import numpy as np


def jvm(draw: np.random.Generator) -> Setting:
    """Return one with programs that pin the address until they restart."""
    return Setting(
        (*site(draw), *jobs.mess(draw), *(jobs.pinned(draw, 20 + i) for i in range(whole(draw, 1, 4)))),
        world(draw, days=35),
    )


def pools(draw: np.random.Generator) -> Setting:
    """Return one with programs whose connections are always in use."""
    return Setting((*site(draw), *(jobs.busy(draw, 30 + i) for i in range(whole(draw, 1, 4)))), world(draw, days=35))


def hard(draw: np.random.Generator) -> Setting:
    """Return one with hard-coded addresses: it never drains."""
    return Setting((*site(draw), *(jobs.hard_coded(draw, 40 + i) for i in range(whole(draw, 1, 3)))), world(draw))


def told(draw: np.random.Generator) -> Setting:
    """Return one with hard-coded addresses that are changed by hand, one after the other."""
    return Setting(
        (*site(draw), *jobs.mess(draw), *(jobs.told(draw, 50 + i) for i in range(whole(draw, 1, 3)))),
        world(draw, days=35),
    )


def weekly_fresh(draw: np.random.Generator) -> Setting:
    """Return one with weekly jobs that look up each time."""
    some = (jobs.weekly(draw, 60 + i, hard_coded=False) for i in range(whole(draw, 1, 3)))
    return Setting((*site(draw), *jobs.mess(draw), *some), world(draw, days=35))


def weekly_hard(draw: np.random.Generator) -> Setting:
    """Return one with a weekly job that has the old address hard-coded."""
    return Setting((*site(draw), jobs.weekly(draw, 60, hard_coded=True)), world(draw, days=35))


def monthly_fresh(draw: np.random.Generator) -> Setting:
    """Return one with a monthly job that looks up each time."""
    return Setting(
        (*site(draw), *jobs.mess(draw), jobs.monthly(draw, 70, hard_coded=False)),
        world(draw, days=42, before_days=float(whole(draw, 20, 60))),
    )


def monthly_hard(draw: np.random.Generator) -> Setting:
    """Return one with a monthly job that has the old address hard-coded; the log before the change shows it."""
    return Setting(
        (*site(draw), jobs.monthly(draw, 70, hard_coded=True)),
        world(draw, days=42, before_days=float(whole(draw, 35, 60))),
    )


def office(draw: np.random.Generator) -> Setting:
    """Return one with programs that run in office hours only; some restart each week, some look up each time."""
    restarts_s = tuple(float(draw.uniform(0, 7)) * DAY_S + week * 7.0 * DAY_S for week in range(3))
    some = (jobs.office(draw, 80, Pinned(restarts_s)), jobs.office(draw, 81, Fresh()))
    return Setting((*site(draw), *some), replace(world(draw), profile=WORK))


def irregular(draw: np.random.Generator) -> Setting:
    """Return one with programs that call in bursts, at no rhythm."""
    last_s = float(draw.uniform(0, 10)) * DAY_S
    some = (jobs.irregular(draw, 84, Fresh()), jobs.irregular(draw, 85, Pinned((last_s,))))
    return Setting((*site(draw), *some), world(draw, days=35))


def irregular_hard(draw: np.random.Generator) -> Setting:
    """Return one with a hard-coded program that calls in bursts, at no rhythm."""
    return Setting((*site(draw), jobs.irregular(draw, 86, HardCoded())), world(draw, days=35))


def crawlers(draw: np.random.Generator) -> Setting:
    """Return one with crawlers that keep addresses for days."""
    agents = (GOOGLEBOT, BINGBOT, AHREFSBOT)
    some = (Crawler(agent, between(draw, 60, 300), hold_s=between(draw, 0.5, 3) * DAY_S) for agent in agents)
    return Setting((*site(draw), *jobs.mess(draw), *some), world(draw))


def waves(draw: np.random.Generator) -> Setting:
    """Return one with scanners in waves."""
    at_s = tuple(float(s) for s in draw.uniform(0, 25 * DAY_S, whole(draw, 2, 5)))
    return Setting(
        (*site(draw), *jobs.mess(draw), Scanners(between(draw, 20, 100), at_s, whole(draw, 50, 400))), world(draw)
    )


def monitors(draw: np.random.Generator) -> Setting:
    """Return one whose owner watches the old address, and whose load balancer checks its health."""
    some = tuple(monitor(draw, 1 + i) for i in range(whole(draw, 1, 3)))
    return Setting((*site(draw), *jobs.mess(draw), *some, *health_checks(draw)), world(draw))


PROGRAM_FAMILIES = (
    Family("a-jvm", "programs pin the address until they restart", jvm),
    Family("a-pools", "programs whose connections are always in use", pools),
    Family("a-hard-coded", "programs have the old address in their configuration", hard),
    Family("a-told", "hard-coded addresses are changed by hand, one after the other", told),
    Family("a-weekly-fresh", "weekly jobs look up each time", weekly_fresh),
    Family("a-weekly-hard", "a weekly job has the old address hard-coded", weekly_hard),
    Family("a-monthly-fresh", "a monthly job looks up each time", monthly_fresh),
    Family("a-monthly-hard", "a monthly job has the old address hard-coded", monthly_hard),
    Family("a-office", "programs that run in office hours only", office),
    Family("a-irregular", "programs call in bursts, at no rhythm", irregular),
    Family("a-irregular-hard", "a hard-coded program calls in bursts, at no rhythm", irregular_hard),
    Family("a-crawlers", "crawlers keep addresses for days", crawlers),
    Family("a-waves", "scanners come in waves", waves),
    Family("a-monitors", "the owner and a load balancer watch the old address", monitors),
)
