"""The fourth suite: the background of every address or none, identities that do not last, who rests over the change.

No constant of the model is to be tuned on it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzer.simulation import drawn_jobs as jobs
from analyzer.simulation import ingredients as some
from analyzer.simulation.agents import BROWSERS
from analyzer.simulation.bindings import Fresh, Pinned
from analyzer.simulation.given import Given
from analyzer.simulation.ingredients import between, one_of, site, whole
from analyzer.simulation.people import People, Roaming
from analyzer.simulation.programs import Partners
from analyzer.simulation.runs import Every, Irregular, OfficeHours, Spell
from analyzer.simulation.scanners import Scanners
from analyzer.simulation.scenario import Family, Setting
from analyzer.simulation.strangers import MOVED, SERVED, Strangers
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    import numpy as np

    from analyzer.simulation.programs import Job

DEVICE = "MeterLink/2.4 (esp32)"


def strangers(draw: np.random.Generator) -> Setting:
    """Return one of unnamed scanners, that are answered as usual."""
    return Setting((*site(draw), *jobs.mess(draw), Strangers(between(draw, 0.5, 10))), some.world(draw))


def redirected(draw: np.random.Generator) -> Setting:
    """Return one whose log is that of a virtual host which redirects everything, strangers too."""
    crowd = Strangers(between(draw, 0.5, 6), ((MOVED, 1.0),))
    return Setting((*site(draw), *jobs.mess(draw), crowd), some.world(draw))


def one_page(draw: np.random.Generator) -> Setting:
    """Return one of an application of one page: whatever is asked for is served."""
    crowd = Strangers(between(draw, 0.5, 6), ((SERVED, 1.0),))
    return Setting((*site(draw), *jobs.mess(draw), crowd), some.world(draw))


def alone(draw: np.random.Generator) -> Setting:
    """Return one of a small site with unnamed scanners, and only the old log."""
    given = Given(new_log=bool(draw.integers(2)))
    return Setting((*site(draw), Strangers(between(draw, 0.5, 5))), some.world(draw, days=30), given=given)


def router_pins(draw: np.random.Generator) -> Setting:
    """Return one of people whose router keeps the old address until it is restarted."""
    each = (
        replace(
            jobs.job(
                draw, 150 + i, Pinned((between(draw, 0.5, 20) * DAY_S,)), runs=Irregular(between(draw, 8, 60) * HOUR_S)
            ),
            agent=BROWSERS[whole(draw, 0, 10)][0],
            kind="person",
            lines=("GET / HTTP/2.0", "GET /account HTTP/2.0", "GET /assets/shop-4f1c.css HTTP/2.0"),
        )
        for i in range(whole(draw, 2, 8))
    )
    return Setting((*site(draw), *each), some.world(draw, days=30))


def standstill(draw: np.random.Generator) -> Setting:
    """Return one changed in a holiday, in which office programs stand still; some only have the old log."""
    since_s, until_s = -between(draw, 1, 6) * DAY_S, between(draw, 3, 9) * DAY_S
    each = (
        jobs.job(
            draw,
            40 + i,
            Pinned((until_s + between(draw, 1, 12) * DAY_S,)),
            runs=Spell(OfficeHours(one_of(draw, (900.0, 1800.0, 3600.0))), since_s, until_s, off=True),
        )
        for i in range(whole(draw, 1, 4))
    )
    given = Given(new_log=bool(draw.integers(2)))
    return Setting((*site(draw), *each), some.world(draw, days=35), given=given)


def fleeting(draw: np.random.Generator) -> Setting:
    """Return one most of whose people have another address each day."""
    crowd = Roaming(replace(some.people(draw), offices=0))
    few = People(whole(draw, 2, 30), whole(draw, 5, 80), 8.0, 0)
    return Setting((crowd, few, Scanners(between(draw, 3, 30)), Partners(whole(draw, 1, 5))), some.world(draw))


def devices(draw: np.random.Generator) -> Setting:
    """Return one of devices that report each hour, from another address every few days."""
    each = (one for number in range(whole(draw, 6, 24)) for one in _device(draw, number))
    return Setting((*site(draw), *each), some.world(draw))


def _device(draw: np.random.Generator, number: int) -> list[Job]:
    """Return one device: as many programs as it has addresses, one after the other."""
    found: list[Job] = []
    at_s = -30.0 * DAY_S
    while at_s < 40.0 * DAY_S:
        until_s = at_s + between(draw, 1, 9) * DAY_S
        one = jobs.job(draw, 0, Fresh(), runs=Spell(Every(3600.0), at_s, until_s))
        place = f"100.{64 + number}.{len(found)}.{whole(draw, 1, 250)}"
        found.append(replace(one, address=place, agent=DEVICE, lines=("POST /ingest HTTP/1.1",)))
        at_s = until_s
    return found


def silent(draw: np.random.Generator) -> Setting:
    """Return one whose old log falls silent: nobody comes by the address, and its server logs nothing of its own."""
    given = Given(new_log=bool(draw.integers(2)), snapshots=bool(draw.integers(2)), changed_at_s=0.0, ttl=True)
    return Setting((some.people(draw), Partners(whole(draw, 0, 6))), some.world(draw, days=35), given=given)


def closed(draw: np.random.Generator) -> Setting:
    """Return one changed before a holiday: offices that were closed come back days later, some with the old answer."""
    since_s, until_s = -between(draw, 0.2, 1.5) * DAY_S, between(draw, 3, 6) * DAY_S
    each = (
        replace(
            jobs.job(
                draw,
                60 + i,
                Pinned((until_s + between(draw, 0.02, 1.0) * DAY_S,)),
                runs=Spell(OfficeHours(between(draw, 1, 5) * HOUR_S), since_s, until_s, off=True),
            ),
            agent=BROWSERS[whole(draw, 0, 10)][0],
            kind="person",
            lines=("GET / HTTP/2.0", "GET /orders HTTP/2.0", "GET /assets/shop-4f1c.css HTTP/2.0"),
        )
        for i in range(whole(draw, 10, 50))
    )
    given = Given(new_log=bool(draw.integers(2)))
    return Setting((*site(draw), *each), some.world(draw, days=30), given=given)


SUITE_D = (
    Family("d-strangers", "unnamed scanners, answered as usual", strangers),
    Family("d-redirected", "unnamed scanners, all of them redirected", redirected),
    Family("d-one-page", "unnamed scanners, all of them served", one_page),
    Family("d-alone", "a small site with unnamed scanners", alone),
    Family("d-router-pins", "people whose router keeps the old address", router_pins),
    Family("d-standstill", "office programs stand still over the change", standstill),
    Family("d-fleeting", "people with another address each day", fleeting),
    Family("d-devices", "devices with another address every few days", devices),
    Family("d-silent", "an old log that falls silent when all have left", silent),
    Family("d-closed", "offices closed over the change, back with old answers", closed),
)
