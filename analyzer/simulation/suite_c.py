"""The third suite: what neither of the others has. No constant of the model is to be tuned on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzer.simulation import drawn_jobs as jobs
from analyzer.simulation import ingredients as some
from analyzer.simulation.bindings import Fresh, HardCoded, Pinned, Pool
from analyzer.simulation.crawlers import Crawler
from analyzer.simulation.crowds import Carrier, Edge, FlashCrowd, Renamed
from analyzer.simulation.given import Given
from analyzer.simulation.ingredients import between, one_of, site, whole
from analyzer.simulation.people import People
from analyzer.simulation.runs import Every, Monthly, OfficeHours, Spell
from analyzer.simulation.scanners import Scanners
from analyzer.simulation.scenario import Family, Setting
from analyzer.units import DAY_S, HOUR_S, WEEK_S

if TYPE_CHECKING:
    import numpy as np

    from analyzer.simulation.programs import Job

APPS = (
    "ShopApp/3.2 CFNetwork/1410.0.3 Darwin/22.6.0",
    "okhttp/4.12.0",
    "Dart/3.4 (dart:io)",
    "ShopApp/118 (Android 14)",
)
READERS = (
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html)",
    "Tiny Tiny RSS/23.05",
    "NewsBlur Feed Fetcher",
    "Miniflux/2.2",
)
SLOW_CRAWLER = "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)"


def cdn_front(draw: np.random.Generator) -> Setting:
    """Return one that stands wholly behind a CDN; the log shows its nodes only."""
    edge = Edge(whole(draw, 4, 30), between(draw, 40, 400), one_of(draw, (300.0, 3600.0, 6 * HOUR_S, DAY_S)))
    return Setting((edge, Scanners(between(draw, 5, 40))), some.world(draw))


def restored(draw: np.random.Generator) -> Setting:
    """Return one whose new server logs forwarded requests by the clients' own addresses."""
    given = Given(restored=True, old_format=one_of(draw, ("combined", "vhost_combined", "json")))
    return Setting((*site(draw), *jobs.mess(draw)), some.world(draw), given=given)


def six_only(draw: np.random.Generator) -> Setting:
    """Return one of a program that has the old IPv6 address, and one that pins it until the weekly restart."""
    stays = replace(jobs.hard_coded(draw, 1), address="2001:db8:77::1")
    restarts_s = tuple(between(draw, 0.5, 6) * DAY_S + week * WEEK_S for week in range(4))
    pins = replace(jobs.job(draw, 2, Pinned(restarts_s)), address="2001:db8:77::2")
    extra = (stays, pins) if draw.integers(2) else (pins,)
    return Setting((*site(draw), *extra), some.world(draw, days=30))


def carrier(draw: np.random.Generator) -> Setting:
    """Return one of people behind a carrier's few addresses, many faces and none of its own."""
    crowd = Carrier(some.people(draw), whole(draw, 10, 200))
    return Setting((crowd, *site(draw)[1:], *jobs.mess(draw)), some.world(draw))


def first_of_month(draw: np.random.Generator) -> Setting:
    """Return one of a partner's batch on the first of each month, seen once or twice before."""
    hard = bool(draw.integers(2))
    work = jobs.job(
        draw,
        3,
        HardCoded() if hard else Fresh(),
        runs=Monthly(1, float(draw.uniform(0, DAY_S))),
        runs_of=whole(draw, 15, 80),
    )
    return Setting((*site(draw), work), some.world(draw, days=42, before_days=float(whole(draw, 32, 62))))


def backup(draw: np.random.Generator) -> Setting:
    """Return one of a backup each night, of many requests, whose program restarts each week or never."""
    late = tuple(between(draw, 1, 6) * DAY_S + week * WEEK_S for week in range(3))
    binding = HardCoded() if draw.random() < 0.4 else Pinned(late)  # noqa: PLR2004 -- more often than not it restarts
    work = jobs.job(draw, 4, binding, every_s=float(DAY_S), runs_of=whole(draw, 20, 60))
    return Setting((*site(draw), work), some.world(draw, days=30))


def mailing(draw: np.random.Generator) -> Setting:
    """Return one of a newsletter each week, that brings people who have not come for days."""
    at_s = float(draw.uniform(-7, 0)) * DAY_S
    crowds = (FlashCrowd(at_s + week * WEEK_S, whole(draw, 60, 400), 8.0 * HOUR_S) for week in range(-1, 6))
    return Setting((*site(draw), *crowds, *jobs.mess(draw)), some.world(draw, days=30))


def slow_crawlers(draw: np.random.Generator) -> Setting:
    """Return one of crawlers that keep the old address for one or two weeks, and no log of the new server."""
    slow = Crawler(SLOW_CRAWLER, between(draw, 50, 400), hold_s=between(draw, 5, 15) * DAY_S)
    return Setting((*site(draw), slow), some.world(draw), given=Given(new_log=bool(draw.integers(2))))


def second_try(draw: np.random.Generator) -> Setting:
    """Return one taken back after two days and tried again; only resolvers are watched."""
    stage = some.world(draw, days=30)
    back_s = float(draw.uniform(1.5, 3)) * DAY_S
    turns_s = (0.0, back_s, back_s + float(draw.uniform(1, 5)) * DAY_S)
    zone = replace(stage.zone, turns_s=turns_s, turns6_s=turns_s)
    return Setting((*site(draw), *jobs.mess(draw)), replace(stage, zone=zone), given=Given(authoritative=False))


def rotated_away(draw: np.random.Generator) -> Setting:
    """Return one of whose old log only what was written some days after the change is left."""
    stage = some.world(draw)
    lost_s = (-float(stage.before_s), float(draw.uniform(0.2, 3)) * DAY_S)
    return Setting((*site(draw), *jobs.mess(draw)), replace(stage, gaps_s=(lost_s,)))


def skewed(draw: np.random.Generator) -> Setting:
    """Return one whose new server's clock is wrong by seconds to minutes."""
    given = Given(skew_s=between(draw, 5, 900) * one_of(draw, (-1.0, 1.0)))
    return Setting((*site(draw), *jobs.mess(draw)), some.world(draw), given=given)


def back_from_holiday(draw: np.random.Generator) -> Setting:
    """Return one of office programs that are off for one or two weeks, and come back with what they had."""
    away_s = (-float(draw.uniform(0, 5)) * DAY_S, float(draw.uniform(4, 14)) * DAY_S)
    runs = Spell(OfficeHours(one_of(draw, (1800.0, 3600.0))), *away_s, off=True)
    restarts_s = (away_s[1] + float(draw.uniform(1, 7)) * DAY_S,)
    return Setting((*site(draw), jobs.job(draw, 5, Pinned(restarts_s), runs=runs)), some.world(draw, days=35))


def own_checks(draw: np.random.Generator) -> Setting:
    """Return one of the owner's own scripts that ask the old address, accepted."""
    script = replace(jobs.job(draw, 6, HardCoded(), every_s=300.0), agent="curl/8.14.1")
    others = jobs.job(draw, 7, HardCoded(), every_s=3600.0)
    given = Given(accepted=(script.address, others.address))
    return Setting((*site(draw), *jobs.mess(draw), script, others), some.world(draw), given=given)


def one_day(draw: np.random.Generator) -> Setting:
    """Return one with a day of log before the change, and a weekly job that nobody can know of."""
    work = jobs.weekly(draw, 8, hard_coded=False)
    return Setting((*site(draw), *jobs.mess(draw), work), some.world(draw, before_days=1.0))


def feeds(draw: np.random.Generator) -> Setting:
    """Return one of dozens of feed readers, each with its own hold on the address."""
    each = (_reader(draw, i) for i in range(whole(draw, 10, 40)))
    return Setting((*site(draw), *each), some.world(draw))


def _reader(draw: np.random.Generator, number: int) -> Job:
    """Return one feed reader: most look up each time, some keep connections for hours or days."""
    slow = draw.random() < 0.25  # noqa: PLR2004 -- of readers
    binding = Pool(between(draw, 2, 60) * HOUR_S) if slow else Fresh()
    work = jobs.job(draw, 10 + number, binding, every_s=one_of(draw, (1800.0, 3600.0, 4 * HOUR_S, float(DAY_S))))
    return replace(work, agent=one_of(draw, READERS), kind="program", lines=("GET /feed.xml HTTP/1.1",))


def apps(draw: np.random.Generator) -> Setting:
    """Return one most of whose people use an application, that looks like a program and comes like a person."""
    crowd = Renamed(replace(some.people(draw), offices=0), APPS)
    few = People(whole(draw, 2, 20), whole(draw, 5, 60), 5.0, 0)
    return Setting((crowd, few, *site(draw)[1:]), some.world(draw))


def finished(draw: np.random.Generator) -> Setting:
    """Return one of scripts that were there for some days around the change, and never come again."""
    each = (
        jobs.job(
            draw,
            60 + i,
            Fresh(),
            runs=Spell(
                Every(one_of(draw, (600.0, 3600.0))), -between(draw, 1, 9) * DAY_S, float(draw.uniform(-2, 1)) * DAY_S
            ),
        )
        for i in range(whole(draw, 1, 3))
    )
    return Setting((*site(draw), *jobs.mess(draw), *each), some.world(draw))


SUITE_C = (
    Family("c-cdn-front", "wholly behind a CDN; the log shows its nodes only", cdn_front),
    Family("c-restored", "the new server's log shows forwarded requests by their clients' addresses", restored),
    Family("c-six-only", "a program that has the old IPv6 address, and one that pins it", six_only),
    Family("c-carrier", "people behind a carrier's few addresses", carrier),
    Family("c-first-of-month", "a partner's batch on the first of the month", first_of_month),
    Family("c-backup", "a backup each night, by a program that restarts each week or never", backup),
    Family("c-mailing", "a newsletter brings people each week", mailing),
    Family("c-slow-crawlers", "crawlers keep the old address for weeks", slow_crawlers),
    Family("c-second-try", "taken back after two days; only resolvers are watched", second_try),
    Family("c-rotated-away", "the old log begins some days after the change", rotated_away),
    Family("c-skewed", "the new server's clock is wrong", skewed),
    Family("c-back-from-holiday", "office programs are off for weeks, and come back as they were", back_from_holiday),
    Family("c-own-checks", "the owner's own scripts ask the old address, accepted", own_checks),
    Family("c-one-day", "one day of log before the change, and a weekly job", one_day),
    Family("c-feeds", "dozens of feed readers", feeds),
    Family("c-apps", "an application that looks like a program and comes like people", apps),
    Family("c-finished", "scripts that were there around the change, and never again", finished),
)
