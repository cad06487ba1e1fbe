"""Families of the first suite about caches, zones and people: everybody moves, sooner or later."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzer.simulation.crowds import Edge, FlashCrowd
from analyzer.simulation.drawn_jobs import mess
from analyzer.simulation.given import Given
from analyzer.simulation.ingredients import between, changed_at, one_of, people, site, whole, world
from analyzer.simulation.people import People, Roaming
from analyzer.simulation.profile import WORK, Holiday
from analyzer.simulation.resolvers import Population
from analyzer.simulation.scanners import Scanners
from analyzer.simulation.scenario import Family, Setting
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    import numpy as np

FRIDAY, EVENING_H = 4, 18


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


def farms(draw: np.random.Generator) -> Setting:
    """Return one in which many caches stand behind each resolver's address."""
    return Setting(site(draw), world(draw), Population(whole(draw, 8, 20), most_backends=12))


def devices(draw: np.random.Generator) -> Setting:
    """Return one in which devices and proxies on people's way keep addresses for hours and days."""
    holds_s = ((60.0, 60.0), (3_600.0, 15.0), (6.0 * HOUR_S, 12.0), (1.0 * DAY_S, 8.0), (3.0 * DAY_S, 5.0))
    some = replace(people(draw), holds_s=holds_s)
    return Setting((some, *site(draw)[1:]), world(draw))


def work(draw: np.random.Generator) -> Setting:
    """Return one of an application used at work, changed on a Friday evening."""
    stage = world(draw, at=changed_at(draw, weekday=FRIDAY, hour=EVENING_H))
    return Setting((*site(draw), *mess(draw)), replace(stage, profile=WORK))


def holiday(draw: np.random.Generator) -> Setting:
    """Return one whose people go on holiday soon after the change, and come back."""
    start_s = float(draw.uniform(-2, 4)) * DAY_S
    away = Holiday(start_s, start_s + float(draw.uniform(4, 12)) * DAY_S, float(draw.uniform(0.02, 0.3)))
    stage = world(draw)
    return Setting((*site(draw), *mess(draw)), replace(stage, profile=replace(stage.profile, holidays=(away,))))


def flash(draw: np.random.Generator) -> Setting:
    """Return one with a crowd that comes once, around or after the change."""
    at_s = float(draw.uniform(-0.2, 6)) * DAY_S
    return Setting((*site(draw), *mess(draw), FlashCrowd(at_s, whole(draw, 200, 1500))), world(draw))


def newcomers(draw: np.random.Generator) -> Setting:
    """Return one of a site to which most people come one single time."""
    once = replace(people(draw), daily=5, weekly=20, once_per_day=between(draw, 40, 200))
    return Setting((once, *site(draw)[1:], *mess(draw)), world(draw))


def low(draw: np.random.Generator) -> Setting:
    """Return one of a site with a few visits a day."""
    some = People(whole(draw, 0, 3), whole(draw, 2, 15), float(draw.uniform(0.5, 4)), 0)
    return Setting((some, Scanners(between(draw, 2, 20))), world(draw), Population(12))


def nat(draw: np.random.Generator) -> Setting:
    """Return one of offices behind one address each, whose browsers are all the same."""
    some = replace(people(draw), offices=whole(draw, 3, 8), office_size=whole(draw, 4, 9), uniform_offices=True)
    return Setting((some, *site(draw)[1:], *mess(draw)), world(draw))


def roaming(draw: np.random.Generator) -> Setting:
    """Return one of people who have another address each day."""
    return Setting((Roaming(people(draw)), *site(draw)[1:], *mess(draw)), world(draw))


def edge(draw: np.random.Generator) -> Setting:
    """Return one with a CDN in front of a part of the people; X-Forwarded-For is logged."""
    cdn = Edge(whole(draw, 3, 12), between(draw, 20, 150), one_of(draw, (60.0, 300.0, 3600.0, 6.0 * HOUR_S)))
    return Setting(
        (*site(draw), *mess(draw), cdn), world(draw), given=Given(old_format="forwarded", new_format="forwarded")
    )


def rollback(draw: np.random.Generator) -> Setting:
    """Return one whose change is taken back, and made again."""
    stage = world(draw)
    back_s = between(draw, 1, 40) * HOUR_S
    turns_s = (0.0, back_s, back_s + between(draw, 2, 100) * HOUR_S)
    return Setting(
        (*site(draw), *mess(draw)), replace(stage, zone=replace(stage.zone, turns_s=turns_s, turns6_s=turns_s))
    )


def second(draw: np.random.Generator) -> Setting:
    """Return one whose new address is changed once more, to another of the new server's."""
    stage = world(draw)
    return Setting(
        (*site(draw), *mess(draw)), replace(stage, zone=replace(stage.zone, again_s=between(draw, 2, 200) * HOUR_S))
    )


def aaaa(draw: np.random.Generator) -> Setting:
    """Return one whose AAAA record is forgotten for some days."""
    stage = world(draw)
    return Setting(
        (*site(draw), *mess(draw)), replace(stage, zone=replace(stage.zone, turns6_s=(between(draw, 0.5, 10) * DAY_S,)))
    )


def nightly(draw: np.random.Generator) -> Setting:
    """Return one whose provider publishes at night what was changed by day."""
    published_s = float(draw.uniform(2, 14)) * HOUR_S
    stage = world(draw)
    zone = replace(stage.zone, turns_s=(published_s,), turns6_s=(published_s,))
    given = Given(changed_at_s=0.0 if draw.integers(2) else None)
    return Setting((*site(draw), *mess(draw)), replace(stage, zone=zone), given=given)


def lagging(draw: np.random.Generator) -> Setting:
    """Return one of whose authoritative servers one has the change hours later."""
    stage = world(draw)
    return Setting(
        (*site(draw), *mess(draw)),
        replace(stage, zone=replace(stage.zone, lags_s=(0.0, between(draw, 1, 20) * HOUR_S))),
    )


DNS_FAMILIES = (
    Family("a-clean", "everybody moves with the caches", clean),
    Family("a-clamped", "many resolvers keep records longer than they may", clamped),
    Family("a-stale", "many resolvers answer with expired records while they fetch", stale),
    Family("a-farms", "many caches behind each resolver's address", farms),
    Family("a-devices", "devices and proxies keep addresses for hours and days", devices),
    Family("a-work", "used at work, changed on a Friday evening", work),
    Family("a-holiday", "people go on holiday soon after the change, and come back", holiday),
    Family("a-flash", "a crowd comes once, around or after the change", flash),
    Family("a-newcomers", "most people come one single time", newcomers),
    Family("a-low", "a few visits a day", low),
    Family("a-nat", "offices behind one address, all browsers the same", nat),
    Family("a-roaming", "people have another address each day", roaming),
    Family("a-edge", "a CDN in front of some people; X-Forwarded-For is logged", edge),
    Family("a-rollback", "the change is taken back, and made again", rollback),
    Family("a-second", "the new address is changed once more", second),
    Family("a-aaaa", "the AAAA record is forgotten for some days", aaaa),
    Family("a-nightly", "published at night what was changed by day", nightly),
    Family("a-lagging", "one authoritative server has the change hours later", lagging),
)
