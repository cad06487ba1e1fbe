"""The first suite: families whose figures the model may be developed with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzer.simulation.drawn_jobs import hard_coded, pinned, weekly
from analyzer.simulation.given import Given
from analyzer.simulation.ingredients import between, monitor, people, site, whole, world
from analyzer.simulation.people import People
from analyzer.simulation.resolvers import Population
from analyzer.simulation.scanners import Scanners
from analyzer.simulation.scenario import Family, Setting
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    import numpy as np


def clean(draw: np.random.Generator) -> Setting:
    """Return a migration in which everybody moves with the caches."""
    return Setting(site(draw), world(draw))


def clamped(draw: np.random.Generator) -> Setting:
    """Return one in which many resolvers keep records longer than they may."""
    floors_s = (2_400, HOUR_S, 6 * HOUR_S, DAY_S, 2 * DAY_S)
    return Setting(site(draw), world(draw), Population(raising=float(draw.uniform(0.3, 0.6)), floors_s=floors_s))


def stale(draw: np.random.Generator) -> Setting:
    """Return one in which many resolvers answer with expired records while they fetch."""
    return Setting(site(draw), world(draw), Population(raising=0.0, stale=float(draw.uniform(0.3, 0.7))))


def jvm(draw: np.random.Generator) -> Setting:
    """Return one with programs that pin the address until they restart."""
    return Setting((*site(draw), *(pinned(draw, 20 + i) for i in range(whole(draw, 1, 4)))), world(draw, days=35))


def hard(draw: np.random.Generator) -> Setting:
    """Return one with hard-coded addresses: it never drains."""
    return Setting((*site(draw), *(hard_coded(draw, 40 + i) for i in range(whole(draw, 1, 3)))), world(draw))


def weekly_fresh(draw: np.random.Generator) -> Setting:
    """Return one with weekly jobs that look up each time."""
    jobs = (weekly(draw, 60 + i, hard_coded=False) for i in range(whole(draw, 1, 3)))
    return Setting((*site(draw), *jobs), world(draw, days=35))


def weekly_hard(draw: np.random.Generator) -> Setting:
    """Return one with a weekly job that has the old address hard-coded."""
    return Setting((*site(draw), weekly(draw, 60, hard_coded=True)), world(draw, days=35))


def waves(draw: np.random.Generator) -> Setting:
    """Return one with scanners in waves."""
    at_s = tuple(float(s) for s in draw.uniform(0, 25 * DAY_S, whole(draw, 2, 5)))
    return Setting((*site(draw), Scanners(between(draw, 20, 100), at_s, whole(draw, 50, 400))), world(draw))


def monitors(draw: np.random.Generator) -> Setting:
    """Return one whose owner watches the old address from several places."""
    return Setting((*site(draw), *(monitor(draw, 1 + i) for i in range(whole(draw, 2, 5)))), world(draw))


def gap(draw: np.random.Generator) -> Setting:
    """Return one whose old log misses hours or days soon after the change."""
    start_s = float(draw.uniform(0, 5 * DAY_S))
    return Setting(site(draw), replace(world(draw), gaps_s=((start_s, start_s + between(draw, 3, 60) * HOUR_S),)))


def stopped(draw: np.random.Generator) -> Setting:
    """Return one whose old log stops: nothing later can be told."""
    stage = world(draw, days=21)
    return Setting(site(draw), replace(stage, gaps_s=((float(draw.uniform(0.2, 8)) * DAY_S, float(stage.after_s)),)))


def rollback(draw: np.random.Generator) -> Setting:
    """Return one whose change is taken back, and made again."""
    stage = world(draw)
    back_s = between(draw, 1, 40) * HOUR_S
    turns_s = (0.0, back_s, back_s + between(draw, 2, 100) * HOUR_S)
    return Setting(site(draw), replace(stage, zone=replace(stage.zone, turns_s=turns_s, turns6_s=turns_s)))


def aaaa(draw: np.random.Generator) -> Setting:
    """Return one whose AAAA record is forgotten for some days."""
    stage = world(draw)
    zone = replace(stage.zone, turns6_s=(between(draw, 0.5, 10) * DAY_S,))
    return Setting(site(draw), replace(stage, zone=zone))


def low(draw: np.random.Generator) -> Setting:
    """Return one of a site with a few visits a day."""
    some = People(whole(draw, 0, 3), whole(draw, 2, 15), float(draw.uniform(0.5, 4)), 0)
    return Setting((some, Scanners(between(draw, 2, 20))), world(draw), Population(12))


def old_log_only(draw: np.random.Generator) -> Setting:
    """Return one without the new server's log."""
    return Setting(site(draw), world(draw), given=Given(new_log=False))


def no_snapshots(draw: np.random.Generator) -> Setting:
    """Return one without DNS answers; the change's moment and the TTL are written down."""
    return Setting(site(draw), world(draw), given=Given(snapshots=False, changed_at_s=0.0, ttl=True))


def bare(draw: np.random.Generator) -> Setting:
    """Return one of which there is only the old server's log and the moment of the change."""
    given = Given(new_log=False, snapshots=False, changed_at_s=0.0, ttl=bool(draw.integers(2)))
    return Setting(site(draw), world(draw), given=given)


def short_baseline(draw: np.random.Generator) -> Setting:
    """Return one whose old log begins at most two days before the change."""
    return Setting(site(draw), world(draw, before_days=float(draw.uniform(0, 2))))


def newcomers(draw: np.random.Generator) -> Setting:
    """Return one of a site to which most people come one single time."""
    once = replace(people(draw), daily=5, weekly=20, once_per_day=between(draw, 40, 200))
    return Setting((once, *site(draw)[1:]), world(draw))


SUITE_A = (
    Family("a-clean", "everybody moves with the caches", clean),
    Family("a-clamped", "many resolvers keep records longer than they may", clamped),
    Family("a-stale", "many resolvers answer with expired records while they fetch", stale),
    Family("a-jvm", "programs pin the address until they restart", jvm),
    Family("a-hard-coded", "programs have the old address in their configuration", hard),
    Family("a-weekly-fresh", "weekly jobs that look up each time", weekly_fresh),
    Family("a-weekly-hard", "a weekly job has the old address hard-coded", weekly_hard),
    Family("a-waves", "scanners come in waves", waves),
    Family("a-monitors", "the owner watches the old address from several places", monitors),
    Family("a-gap", "the old log misses hours or days soon after the change", gap),
    Family("a-stopped", "the old log stops", stopped),
    Family("a-rollback", "the change is taken back, and made again", rollback),
    Family("a-aaaa", "the AAAA record is forgotten for some days", aaaa),
    Family("a-low", "a site with a few visits a day", low),
    Family("a-old-log-only", "no log of the new server", old_log_only),
    Family("a-no-snapshots", "no DNS answers", no_snapshots),
    Family("a-bare", "only the old log and the moment of the change", bare),
    Family("a-short-baseline", "the old log begins at most two days before the change", short_baseline),
    Family("a-newcomers", "most people come one single time", newcomers),
)
