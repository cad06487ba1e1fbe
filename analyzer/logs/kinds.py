"""Activity -> what kind of client each is, and which rule says so.

An agent's words come first (`analyzer.logs.agents`), what the client did goes on top. Whoever is not known counts as
a person or a program.

Two things that look like signs are weighed. Requests in fixed steps day and night are a monitor's, but a business
program's that polls as well: they turn a crawler of no known purpose into a monitor, and of what counts only a program
that says nothing of itself and asks for nothing of the site's own. Requests from the server's own addresses may be its
own jobs, which go with the machine, or everybody's behind a TLS terminator on it: they are its own only where they are
few, of a few programs, and no browser.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyzer.logs.agents import KINDS, kind_of_agent
from analyzer.logs.steady import steady

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from analyzer.logs.activity import Activity

__all__ = ["KINDS", "Named", "kinds", "named"]

LEAST_PROBES = 3  # requests of one that came again: a login is refused before it is let in
PROBE_SHARE = 0.5  # of a client's requests: nobody who works with the application probes it half of the time,
BLIND_SHARE = 0.75  # or, having probed so often, asks so much of the time for what anybody asks for of any server,
PROBE_SHARE_ONCE = 0.1  # and nobody who looked at it once looked for holes among the first things
DENIED_SHARE = 0.5  # of the requests of a client that was here once: it did not find what it looked for
LEAST_DENIED = 2  # requests of a browser: one may have followed a dead link
ONCE_S = 1_800  # [s] from the first half hour to the last, of a client that was here once
OWN_SHARE = 0.1  # of all requests: more than this from the server itself is somebody's traffic passed on
OWN_AGENTS = 3  # programs at one of its addresses: more are somebody's traffic passed on
MOST_MONITORS = 5  # nameless programs that ask blindly in fixed steps: more are somebody's devices
LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1", "localhost")
# The rules of programs that say nothing of themselves,
NAMELESS = ("library", "no-agent", "crawler-user-agents:http-library")
# and those by what a client did.
PROBES, IN_VAIN, FOREIGN, STEADY, OWN = "probes", "in-vain", "foreign-host", "steady", "own-address"


@dataclass(frozen=True, slots=True)
class Named:
    """What clients say themselves, by agent and address: as much of their kinds as no request changes.

    Attributes
    ----------
    answers
        The distinct kinds and rules of `kind_of_agent`.
    answer
        int64, shape (clients,): the place of each client's one.
    own
        int64: clients at the server's own addresses.
    addresses
        The addresses of those.
    """

    answers: tuple[tuple[str, str], ...]
    answer: NDArray[np.int64]
    own: NDArray[np.int64]
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sums:
    """Requests of each client [requests]; `all` are those for the names and the foreign ones."""

    all: NDArray[np.float64]
    foreign: NDArray[np.float64]
    probes: NDArray[np.float64]
    denied: NDArray[np.float64]
    blind: NDArray[np.float64]


def kinds(activity: Activity, own: Iterable[object] = (), known: Named | None = None) -> pd.DataFrame:
    """Return kind and rule of each client.

    Parameters
    ----------
    activity
        What was read of a server's logs.
    own
        Addresses of that server, beside those of its loopback.
    known
        As `named` returns it for the same clients and addresses; asked for again, if absent.

    Returns
    -------
    pandas.DataFrame
        Index: the client's code, as in `activity.clients`. Columns kind (category: one of `KINDS`) and rule (category
        of str): a rule of `kind_of_agent`, or `probes` (half of its requests or more were for what only scanners look
        for, or three quarters for what anybody asks for of any server; three probes at least of one that came again),
        `in-vain` (here once, and half of its requests or more answered 4xx), `foreign-host` (it only asked for other
        hosts), `steady` (in fixed steps a crawler, or a nameless program that asks for nothing of the site's own: a
        monitor), or `own-address` (the server's own jobs: a monitor).
    """
    known = named(activity.clients, own) if known is None else known
    told, sums = _Told.of(known), _sums(activity)
    _scanners(told, sums, _once(activity))
    told.put(steady(activity, told.by("crawlerdetect") & told.are("crawler")), "monitor", STEADY)
    blind = steady(activity, told.by(*NAMELESS) & told.are("program") & (sums.blind >= sums.all))
    told.put(blind if len(blind) <= MOST_MONITORS else blind[:0], "monitor", STEADY)
    told.put(_own_jobs(known, told.kind, sums.all), "monitor", OWN)
    return pd.DataFrame(
        {
            "kind": pd.Categorical.from_codes(told.kind, categories=pd.Index(KINDS)),
            "rule": pd.Categorical.from_codes(told.rule, categories=pd.Index(told.rules)),
        },
        index=activity.clients.index,
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """Kinds and rules of all clients, written over as more is known of them: their places in `KINDS` and `rules`."""

    rules: list[str]
    kind: NDArray[np.int8]
    rule: NDArray[np.int16]

    @classmethod
    def of(cls, known: Named) -> _Told:
        """Return what they say themselves."""
        rules = [*dict.fromkeys(rule for _, rule in known.answers), PROBES, IN_VAIN, FOREIGN, STEADY, OWN]
        kind = np.array([KINDS.index(name) for name, _ in known.answers], np.int8)[known.answer]
        return cls(rules, kind, np.array([rules.index(name) for _, name in known.answers], np.int16)[known.answer])

    def put(self, where: NDArray[np.bool_] | NDArray[np.int64], kind: str, rule: str) -> None:
        """Write another kind and rule of some of them."""
        self.kind[where], self.rule[where] = KINDS.index(kind), self.rules.index(rule)

    def are(self, *kinds: str) -> NDArray[np.bool_]:
        """Return which of them are of these kinds."""
        return np.isin(self.kind, [KINDS.index(name) for name in kinds])

    def by(self, *rules: str) -> NDArray[np.bool_]:
        """Return which of them are told by these rules."""
        return np.isin(self.rule, [self.rules.index(name) for name in rules if name in self.rules])


def _scanners(told: _Told, sums: _Sums, once: NDArray[np.bool_]) -> None:
    """Write who is a scanner by what it did; of a business a lost payment notice is what hurts most."""
    least = np.where(told.are("person"), LEAST_DENIED, 1)
    in_vain = (sums.denied >= least) & (sums.denied >= DENIED_SHARE * sums.all) & once
    told.put(told.are("person", "program") & in_vain & ~told.by("business"), "scanner", IN_VAIN)
    share = np.where(once, PROBE_SHARE_ONCE, PROBE_SHARE)
    knows_nothing = (sums.probes >= share * sums.all) | (sums.blind >= BLIND_SHARE * sums.all)
    probing = (sums.probes >= np.where(once, 1, LEAST_PROBES)) & knows_nothing
    told.put(probing | ((sums.probes > 0) & (sums.probes == sums.all)), "scanner", PROBES)
    told.put((sums.foreign > 0) & (sums.foreign == sums.all), "scanner", FOREIGN)


def named(clients: pd.DataFrame, own: Iterable[object] = ()) -> Named:
    """Return what clients say themselves; thousands of agents are looked at once, however many moments are judged."""
    codes, agents = pd.factorize(clients["agent"], use_na_sentinel=True)
    said = [*(kind_of_agent(str(agent)) for agent in agents), kind_of_agent(None)]
    answers = tuple(dict.fromkeys(said))
    place = {answer: number for number, answer in enumerate(answers)}
    here = np.flatnonzero(clients["address"].isin({*LOOPBACK, *map(str, own)}).to_numpy(dtype=bool))
    return Named(
        answers=answers,
        answer=np.array([place[answer] for answer in said], np.int64)[codes],
        own=here,
        addresses=tuple(clients["address"].iloc[here].astype(str)),
    )


def _own_jobs(known: Named, kind: NDArray[np.int8], requests: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return which clients are programs of the server itself."""
    if float(requests[known.own].sum()) >= OWN_SHARE * float(requests.sum()):
        return np.zeros(0, np.int64)
    seen = [(code, address) for code, address in zip(known.own, known.addresses, strict=True) if requests[code]]
    programs = Counter(address for _, address in seen)
    browsed = {address for code, address in seen if kind[code] == KINDS.index("person")}
    jobs = [
        code
        for code, address in seen
        if kind[code] == KINDS.index("program") and programs[address] <= OWN_AGENTS and address not in browsed
    ]
    return np.array(jobs, np.int64)


def _sums(activity: Activity) -> _Sums:
    """Return the requests of each client."""
    requests, foreign, probes, denied, blind = (
        activity.by_client(name).astype(np.float64) for name in ("requests", "foreign", "probes", "denied", "blind")
    )
    return _Sums(requests + foreign, foreign, probes, denied, blind)


def _once(activity: Activity) -> NDArray[np.bool_]:
    """Return which clients were here in one half hour, or in two that follow each other."""
    cells = activity.sums("cells")
    client, start = cells.columns["client"], cells.columns["start"]
    once = np.zeros(len(activity.clients), np.bool_)
    if not len(client):
        return once
    borders = np.flatnonzero(client[1:] != client[:-1])  # a client's cells stand together, in order
    begins, ends = np.append(0, borders + 1), np.append(borders, len(client) - 1)
    once[client[ends]] = start[ends] - start[begins] <= ONCE_S
    return once
