"""From a migration's requests to its truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.parts import NOT_A_REQUEST
from analyzer.simulation.truth import TrueClient, Truth

if TYPE_CHECKING:
    from analyzer.simulation.parts import Bools, Ints, Part
    from analyzer.simulation.world import World


def truth(world: World, scenario: str, part: Part, old: Bools) -> Truth:
    """Return who arrives at the old server until the end of the known future.

    Parameters
    ----------
    old : bool array that goes with `part.requests`
        Which requests arrive at the old server.
    """
    code, first = _as_logged(part)
    requests = part.requests
    # A scanner of the new server after the logs' end has been seen by nobody and is lost by nobody.
    known = (requests.at_s >= -world.before_s) & (requests.at_s < np.where(old, world.known_until_s, world.settled_s))
    known &= code[requests.client] >= 0
    second = np.floor(requests.at_s[known]).astype(np.int64)
    client, at_old = code[requests.client[known]], old[known]
    seen = np.unique(client)
    client = np.searchsorted(seen, client)
    moves = _moves(second, client, at_old, len(seen))
    lost = at_old & (second >= 0)
    order = np.argsort(second[lost], kind="stable")
    return Truth(
        scenario=scenario,
        seed=world.seed,
        changed_at=world.changed_at,
        ttl_s=world.zone.ttl_s,
        logs_end_at=world.moment(world.after_s),
        known_until=world.moment(world.known_until_s),
        changes=tuple(world.moment(s) for s in world.zone.turns_s),
        gaps=tuple((world.moment(a), world.moment(b)) for a, b in world.gaps_s),
        clients=_clients(world, part, first[seen], moves),
        arrivals_s=second[lost][order],
        arrival_client=client[lost][order],
    )


def _as_logged(part: Part) -> tuple[Ints, Ints]:
    """Return for each client its code by (address, agent), -1 if it sends no requests; and each code's first client."""
    codes: dict[tuple[str, str | None], int] = {}
    first: list[int] = []
    code = np.full(len(part.clients), -1, dtype=np.int64)
    for index, client in enumerate(part.clients):
        if client.kind == NOT_A_REQUEST or client.host is not None:
            continue  # nothing of it would be lost: it is no request, or for none of the names that move
        code[index] = codes.setdefault((client.address, client.agent), len(codes))
        if code[index] == len(first):
            first.append(index)
    return code, np.array(first, dtype=np.int64)


NEVER = np.iinfo(np.int64).min


def _moves(second: Ints, client: Ints, old: Bools, count: int) -> tuple[Ints, Ints]:
    """Return for each client the second of its last old request and of its first new one after that (or NEVER)."""
    last = np.full(count, NEVER, dtype=np.int64)
    np.maximum.at(last, client[old], second[old])
    later = ~old & (second >= last[client])
    moved = np.full(count, np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(moved, client[later], second[later])
    return last, np.where(moved == np.iinfo(np.int64).max, NEVER, moved)


def _clients(world: World, part: Part, first: Ints, moves: tuple[Ints, Ints]) -> tuple[TrueClient, ...]:
    """Return the clients of a truth."""
    found = []
    for index, last, moved in zip(first.tolist(), moves[0].tolist(), moves[1].tolist(), strict=True):
        client = part.clients[index]
        last_old_at = None if last == NEVER else world.moment(last)
        moved_at = None if moved == NEVER else world.moment(moved)
        found.append(TrueClient(client.address, client.agent, client.kind, client.mechanism, last_old_at, moved_at))
    return tuple(found)
