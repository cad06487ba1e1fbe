"""What a mechanism contributes to a migration, in columns: clients, their DNS look-ups, their requests.

A request goes where the look-up it rests on was answered. So a browser, a connection pool, a JVM that pins an address
and a hard-coded address differ in nothing but which look-up each of their requests rests on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Texts = NDArray[np.object_]

IPV6 = 6  # the family whose record is AAAA; the other is 4
FIXED_OLD = -1  # in `Requests.lookup`: by address, to the old server
FIXED_NEW = -2  # by address, to the new server
NOT_A_REQUEST = ""  # kind of the lines that Apache writes without a request: the truth leaves them out


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks, as the log will show it: peer address and agent, and what the log will not show."""

    address: str
    agent: str | None
    kind: str  # person, program, crawler, monitor, scanner, or NOT_A_REQUEST
    mechanism: str
    user: str = "-"
    host: str | None = None  # another site of the same servers; None: one of the names that move
    forwarded_for: str | None = None  # what a proxy on its side says of whom it asks for

    @property
    def family(self) -> int:
        """4 or 6: the record that this client's connections rest on."""
        return IPV6 if ":" in self.address else 4


@dataclass(frozen=True, slots=True)
class Lookups:
    """Questions to resolvers, in columns of one length."""

    at_s: Floats
    resolver: Ints  # index into World.resolvers
    family: Ints  # 4 asks for A, 6 for AAAA


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests, in columns of one length."""

    at_s: Floats  # received [s since the change]
    took_s: Floats  # until the answer was sent and the line written
    client: Ints  # index into Part.clients
    lookup: Ints  # index into Part.lookups, or FIXED_OLD, FIXED_NEW
    line: Texts  # request line as Apache logs it
    status: Ints
    size: Ints  # bytes sent, with headers (%O)
    referer: Texts


@dataclass(frozen=True, slots=True)
class Part:
    """What one mechanism contributes."""

    clients: tuple[Client, ...]
    lookups: Lookups
    requests: Requests


def no_lookups() -> Lookups:
    """Return an empty table of look-ups."""
    return Lookups(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))


def constant(text: str, count: int) -> Texts:
    """Return a column that holds one text."""
    return np.full(count, text, dtype=object)


def texts(values: Sequence[str]) -> Texts:
    """Return texts as a column that can be indexed by whole arrays."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def nobody() -> Part:
    """Return a part without clients."""
    none = np.empty(0, np.int64)
    requests = Requests(np.empty(0), np.empty(0), none, none, constant("", 0), none, none, constant("", 0))
    return Part((), no_lookups(), requests)


def weighted(draw: np.random.Generator, weights: Floats | Sequence[float], count: int) -> Ints:
    """Return `count` indices drawn with the given weights."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    drawn: Ints = np.searchsorted(edges, draw.random(count) * edges[-1], side="right").astype(np.int64)
    return drawn


def join(parts: Sequence[Part]) -> Part:
    """Return several parts as one, their indices shifted."""
    clients_before = np.cumsum([0] + [len(p.clients) for p in parts])
    lookups_before = np.cumsum([0] + [len(p.lookups.at_s) for p in parts])
    client = [p.requests.client + shift for p, shift in zip(parts, clients_before, strict=False)]
    lookup = [
        np.where(p.requests.lookup < 0, p.requests.lookup, p.requests.lookup + shift)
        for p, shift in zip(parts, lookups_before, strict=False)
    ]
    return Part(
        tuple(c for p in parts for c in p.clients),
        Lookups(
            np.concatenate([p.lookups.at_s for p in parts]),
            np.concatenate([p.lookups.resolver for p in parts]),
            np.concatenate([p.lookups.family for p in parts]),
        ),
        Requests(
            at_s=np.concatenate([p.requests.at_s for p in parts]),
            took_s=np.concatenate([p.requests.took_s for p in parts]),
            client=np.concatenate(client),
            lookup=np.concatenate(lookup),
            line=np.concatenate([p.requests.line for p in parts]),
            status=np.concatenate([p.requests.status for p in parts]),
            size=np.concatenate([p.requests.size for p in parts]),
            referer=np.concatenate([p.requests.referer for p in parts]),
        ),
    )
