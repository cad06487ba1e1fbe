"""The truth about a simulated migration: which requests arrive at the old server, long after its logs end.

A request is lost if it would have arrived at an old address for one of the names after the proxy was removed; so the
arrivals themselves answer for any moment of removal and any horizon that the simulated future reaches.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from analyzer.errors import Fault, InputError
from analyzer.units import parse_moment, rfc3339, spoken_duration

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from analyzer.simulation.parts import Bools, Ints

SCHEMA = "cutover.truth/1"
COUNTS = ("person", "program")


class _ClientFile(TypedDict):
    """One client in truth.json."""

    address: str
    agent: int  # index into the agents: they are many times the same
    kind: str
    mechanism: str
    last_old_at: str | None
    moved_at: str | None
    arrival_steps_s: list[int]


class _File(TypedDict):
    """truth.json."""

    schema: str
    scenario: str
    seed: int
    changed_at: str
    ttl_s: int
    logs_end_at: str
    known_until: str
    changes: list[str]
    gaps: list[list[str]]
    agents: list[str | None]
    clients: list[_ClientFile]


@dataclass(frozen=True, slots=True)
class TrueClient:
    """One client as a log knows it (address and agent), and what the log does not say."""

    address: str
    agent: str | None
    kind: str
    mechanism: str
    last_old_at: datetime | None  # its last request at the old server, in all that is known
    moved_at: datetime | None  # its first direct request at the new server after that; None: never in all that is known


@dataclass(frozen=True, slots=True)
class Truth:
    """Every arrival at the old server from the change to the end of the known future.

    `arrivals_s` are whole seconds since `changed_at`, as a log writes them, ascending; `arrival_client` goes with
    them and indexes `clients`.
    """

    scenario: str
    seed: int
    changed_at: datetime
    ttl_s: int
    logs_end_at: datetime
    known_until: datetime
    changes: tuple[datetime, ...]  # to the new address, back to the old one, and so on
    gaps: tuple[tuple[datetime, datetime], ...]  # the old log misses these periods; the arrivals do not
    clients: tuple[TrueClient, ...]
    arrivals_s: Ints
    arrival_client: Ints

    def lost_requests(
        self, at: datetime, horizon_s: float, counts: Iterable[str] = COUNTS, accepted: Iterable[str] = ()
    ) -> int:
        """Return how many requests a removal of the proxy at `at` would lose within the horizon.

        Requests in the second of `at` itself have arrived: lost are those in (at, at + horizon].

        Parameters
        ----------
        counts : kinds whose requests count
        accepted : addresses and networks whose loss is accepted

        Raises
        ------
        ValueError
            If the known future does not reach so far.
        """
        return len(self._lost(at, horizon_s, counts, accepted))

    def lost_clients(
        self, at: datetime, horizon_s: float, counts: Iterable[str] = COUNTS, accepted: Iterable[str] = ()
    ) -> int:
        """Return how many clients would lose requests; parameters as in `lost_requests`."""
        return len(np.unique(self._lost(at, horizon_s, counts, accepted)))

    def safe_from(
        self, horizon_s: float, budget: float, counts: Iterable[str] = COUNTS, accepted: Iterable[str] = ()
    ) -> datetime | None:
        """Return the first moment from which a removal loses at most `budget` requests, then and at any later moment.

        None if there is no such moment in what is known: up to `known_until` less the horizon.
        """
        times = self.arrivals_s[self.counted(counts, accepted)]
        last_s = (self.known_until - self.changed_at).total_seconds() - horizon_s
        self._reach(self.changed_at, horizon_s)
        # The loss rises when an arrival comes into the horizon and falls when one passes: steps only there.
        steps = np.unique(np.concatenate([[0.0], times.astype(np.float64), times - horizon_s]))
        steps = steps[(steps >= 0) & (steps <= last_s)]
        lost = np.searchsorted(times, steps + horizon_s, side="right") - np.searchsorted(times, steps, side="right")
        over = np.flatnonzero(lost > budget)
        if len(over) and over[-1] == len(steps) - 1:
            return None
        return self.changed_at + timedelta(seconds=float(steps[over[-1] + 1] if len(over) else 0.0))

    def stuck_clients(
        self, at: datetime, counts: Iterable[str] = COUNTS, accepted: Iterable[str] = ()
    ) -> tuple[TrueClient, ...]:
        """Return the clients that never move and still arrive at the old server after `at`."""
        after = self.arrivals_s > (at - self.changed_at).total_seconds()
        codes = np.unique(self.arrival_client[after & self.counted(counts, accepted)])
        return tuple(c for c in (self.clients[i] for i in codes.tolist()) if c.moved_at is None)

    def _lost(self, at: datetime, horizon_s: float, counts: Iterable[str], accepted: Iterable[str]) -> Ints:
        """Return the client of each lost request."""
        self._reach(at, horizon_s)
        from_s = (at - self.changed_at).total_seconds()
        inside = (self.arrivals_s > from_s) & (self.arrivals_s <= from_s + horizon_s)
        return self.arrival_client[inside & self.counted(counts, accepted)]

    def counted(self, counts: Iterable[str] = COUNTS, accepted: Iterable[str] = ()) -> Bools:
        """Return which arrivals count, bool array that goes with them; parameters as in `lost_requests`."""
        kinds, networks = set(counts), [ip_network(a) for a in accepted]
        wanted = [
            c.kind in kinds and not any(ip_address(c.address) in network for network in networks) for c in self.clients
        ]
        return np.array(wanted, dtype=np.bool_)[self.arrival_client]

    def _reach(self, at: datetime, horizon_s: float) -> None:
        """Refuse what lies outside of the known future."""
        if at < self.changed_at:
            raise ValueError(f"{rfc3339(at)} is before the change at {rfc3339(self.changed_at)}")
        if at + timedelta(seconds=horizon_s) > self.known_until:
            raise ValueError(
                f"{spoken_duration(horizon_s)} after {rfc3339(at)} is beyond the known future,"
                f" which ends at {rfc3339(self.known_until)}"
            )


def write_truth(truth: Truth) -> str:
    """Return the text of truth.json: an object with one client a line, its arrivals as steps of seconds."""
    agents = list(dict.fromkeys(c.agent for c in truth.clients))
    found: _File = {
        "schema": SCHEMA,
        "scenario": truth.scenario,
        "seed": truth.seed,
        "changed_at": rfc3339(truth.changed_at),
        "ttl_s": truth.ttl_s,
        "logs_end_at": rfc3339(truth.logs_end_at),
        "known_until": rfc3339(truth.known_until),
        "changes": [rfc3339(m) for m in truth.changes],
        "gaps": [[rfc3339(a), rfc3339(b)] for a, b in truth.gaps],
        "agents": agents,
        "clients": [],
    }
    rows = [json.dumps(row, separators=(",", ":")) for row in _rows(truth, agents)]
    head = json.dumps(found, indent=1).removesuffix("[]\n}")
    return head + "[\n" + ",\n".join(rows) + "\n]}\n"


def _rows(truth: Truth, agents: list[str | None]) -> list[_ClientFile]:
    """Return the clients of truth.json."""
    order = np.argsort(truth.arrival_client, kind="stable")
    ends = np.searchsorted(truth.arrival_client[order], np.arange(len(truth.clients)), side="right")
    arrivals = np.split(truth.arrivals_s[order], ends[:-1])
    return [
        {
            "address": client.address,
            "agent": agents.index(client.agent),
            "kind": client.kind,
            "mechanism": client.mechanism,
            "last_old_at": rfc3339(client.last_old_at) if client.last_old_at else None,
            "moved_at": rfc3339(client.moved_at) if client.moved_at else None,
            "arrival_steps_s": np.diff(column, prepend=0).tolist(),
        }
        for client, column in zip(truth.clients, arrivals, strict=True)
    ]


def read_truth(path: Path) -> Truth:
    """Return the truth that `write_truth` wrote.

    Raises
    ------
    InputError
        If the file cannot be read, or is not a truth of this schema.
    """
    try:
        return _truth(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(Fault(error.strerror or "cannot be read", str(path))) from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        remedy = "write it with cutover simulate"
        raise InputError(Fault(f"not a truth of schema {SCHEMA}", str(path), str(error), remedy)) from error


def _truth(found: _File) -> Truth:
    """Return the truth in a parsed file; a ValueError, LookupError, TypeError or AttributeError if it is none."""
    if found["schema"] != SCHEMA:
        raise ValueError(str(found["schema"]))
    arrivals = [np.cumsum(np.array(row["arrival_steps_s"], dtype=np.int64)) for row in found["clients"]]
    times = np.concatenate([np.empty(0, dtype=np.int64), *arrivals])
    order = np.argsort(times, kind="stable")
    return Truth(
        scenario=found["scenario"],
        seed=found["seed"],
        changed_at=parse_moment(found["changed_at"]),
        ttl_s=found["ttl_s"],
        logs_end_at=parse_moment(found["logs_end_at"]),
        known_until=parse_moment(found["known_until"]),
        changes=tuple(parse_moment(m) for m in found["changes"]),
        gaps=tuple((parse_moment(a), parse_moment(b)) for a, b in found["gaps"]),
        clients=tuple(_client(row, found["agents"]) for row in found["clients"]),
        arrivals_s=times[order],
        arrival_client=np.repeat(np.arange(len(arrivals)), [len(column) for column in arrivals])[order],
    )


def _client(row: _ClientFile, agents: list[str | None]) -> TrueClient:
    """Return one client of a parsed file."""
    last_old_at, moved_at = row["last_old_at"], row["moved_at"]
    return TrueClient(
        row["address"],
        agents[row["agent"]],
        row["kind"],
        row["mechanism"],
        parse_moment(last_old_at) if last_old_at else None,
        parse_moment(moved_at) if moved_at else None,
    )
