"""A browser during a visit: pages, their assets, and when it asks the DNS again.

A browser keeps an address for 60 s, whatever the TTL (Chromium `HostCache`: results of the system's resolver;
Firefox `network.dnsCacheExpiration`); devices and proxies on its way may keep it longer. A page's assets come over the
page's connection; the pages of a visit are further apart than Apache's KeepAliveTimeout of 5 s, so that each page asks
that cache anew.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.parts import Lookups, Requests, constant, texts
from analyzer.simulation.site import ASSET_PATHS, ASSET_SIZES, HEADERS_SIZE, PROTOCOLS, pages, took_s

if TYPE_CHECKING:
    from analyzer.simulation.parts import Bools, Floats, Ints, Texts
    from analyzer.simulation.visits import Visits

MIN_GAP_S = 6.0  # [s] between two pages, above Apache's KeepAliveTimeout of 5 s
MEAN_GAP_S = 45.0
MAX_PAGES = 14
GO_ON = 0.52  # probability of one more page
ENTRY_ASSETS, LATER_ASSETS = (1, 5), (0, 2)  # from, below; the rest is in the browser's cache
SEARCH_SHARE = 0.4  # of visits; the rest types the name or has a bookmark
NOT_MODIFIED_SHARE, NOT_MODIFIED_SIZE = 0.25, 182  # of assets; [bytes]


@dataclass(frozen=True, slots=True)
class Visitors:
    """What each person's browser is, in columns that go with the persons."""

    resolver: Ints
    family: Ints
    protocol: Ints  # index into PROTOCOLS
    hold_s: Floats  # how long it keeps an address, whatever the TTL


@dataclass(frozen=True, slots=True)
class Views:
    """Pages that somebody looks at, in columns."""

    at_s: Floats  # [s since the change]
    person: Ints
    lookup: Ints  # the one that each rests on
    entry: Bools  # the first of its visit


def page_times(visits_at_s: Floats, draw: np.random.Generator) -> tuple[Floats, Bools]:
    """Return the moments of the pages of each visit, shape (visits, MAX_PAGES), and which of them exist."""
    count = len(visits_at_s)
    gaps_s = MIN_GAP_S + draw.exponential(MEAN_GAP_S, (count, MAX_PAGES))
    gaps_s[:, 0] = 0.0
    goes_on = draw.random((count, MAX_PAGES)) < GO_ON
    goes_on[:, 0] = True
    return visits_at_s[:, None] + np.cumsum(gaps_s, axis=1), np.logical_and.accumulate(goes_on, axis=1)


def asks(at_s: Floats, person: Ints, hold_s: Floats) -> tuple[Ints, Ints]:
    """Return the pages for which somebody's browser asks the DNS, and for each page the index of its look-up.

    Parameters
    ----------
    at_s, person : columns of pages, any order
    hold_s : goes with the persons
        How long each one's browser keeps an address [s].
    """
    order = np.lexsort((at_s, person))
    times, asked, runs = at_s[order].tolist(), [], []
    ends = np.searchsorted(person[order], np.arange(len(hold_s)), side="right").tolist()
    page = 0
    for end, kept_s in zip(ends, hold_s.tolist(), strict=True):
        while page < end:
            following = bisect_left(times, times[page] + kept_s, page + 1, end)
            asked.append(page)
            runs.append(following - page)
            page = following
    lookup = np.empty(len(at_s), dtype=np.int64)
    lookup[order] = np.repeat(np.arange(len(runs)), runs)
    return order[np.array(asked, dtype=np.int64)], lookup


def browse(visits: Visits, visitors: Visitors, name: str, draw: np.random.Generator) -> tuple[Lookups, Requests]:
    """Return the look-ups and requests of visits; `Requests.client` is the person."""
    times_s, exists = page_times(visits.at_s, draw)
    visit, page = np.nonzero(exists)
    at_s, person, entry = times_s[exists], visits.person[visit], page == 0
    asking, lookup = asks(at_s, person, visitors.hold_s)
    lookups = Lookups(at_s[asking], visitors.resolver[person[asking]], visitors.family[person[asking]])
    page_requests, referers = _pages(Views(at_s, person, lookup, entry), visitors, name, draw)
    return lookups, _with_assets(page_requests, entry, referers, visitors, draw)


def _pages(views: Views, visitors: Visitors, name: str, draw: np.random.Generator) -> tuple[Requests, Texts]:
    """Return the page requests, and the Referer that what follows from each page carries."""
    count = len(views.at_s)
    drawn = pages(count, views.entry, draw)
    protocol = texts([f" {p}" for p in PROTOCOLS])[visitors.protocol[views.person]]
    here = constant(f"https://{name}", count) + drawn.path
    found = draw.random(count) < SEARCH_SHARE
    entered_from = np.where(found, "https://search.example.net/", "-")
    requests = Requests(
        at_s=views.at_s,
        took_s=took_s(count, 0.18, draw),
        client=views.person,
        lookup=views.lookup,
        line=drawn.line + protocol,
        status=drawn.status,
        size=drawn.size,
        referer=np.where(views.entry, entered_from, np.roll(here, 1)),
    )
    return requests, here


def _with_assets(page: Requests, entry: Bools, here: Texts, visitors: Visitors, draw: np.random.Generator) -> Requests:
    """Return pages and the assets that each of them loads over its connection."""
    count = len(page.at_s)
    loads = np.where(entry, draw.integers(*ENTRY_ASSETS, size=count), draw.integers(*LATER_ASSETS, size=count))
    loads[page.status != 200] = 0  # noqa: PLR2004 -- HTTP status
    of = np.repeat(np.arange(count), loads)
    rank = np.arange(len(of)) - np.repeat(np.cumsum(loads) - loads, loads)
    asset = np.where(entry[of], rank, len(ASSET_PATHS) - 1 - rank)
    cached = draw.random(len(of)) < NOT_MODIFIED_SHARE
    protocol = texts([f" {p}" for p in PROTOCOLS])[visitors.protocol[page.client[of]]]
    at_s = page.at_s[of] + 0.1 + draw.exponential(0.4, len(of))
    return Requests(
        at_s=np.concatenate([page.at_s, at_s]),
        took_s=np.concatenate([page.took_s, took_s(len(of), 0.02, draw)]),
        client=np.concatenate([page.client, page.client[of]]),
        lookup=np.concatenate([page.lookup, page.lookup[of]]),
        line=np.concatenate([page.line, constant("GET ", len(of)) + ASSET_PATHS[asset] + protocol]),
        status=np.concatenate([page.status, np.where(cached, 304, 200)]),
        size=np.concatenate([page.size, np.where(cached, NOT_MODIFIED_SIZE, HEADERS_SIZE + ASSET_SIZES[asset])]),
        referer=np.concatenate([page.referer, here[of]]),
    )
