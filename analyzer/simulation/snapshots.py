"""What a watcher of the DNS records around the change: questions to the watched resolvers, answered by their caches."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.parts import IPV6, Lookups
from analyzer.simulation.resolvers import AUTHORITATIVE, WATCHED
from analyzer.units import DAY_S, HOUR_S, MINUTE_S

if TYPE_CHECKING:
    from analyzer.simulation.caches import Answers
    from analyzer.simulation.parts import Floats
    from analyzer.simulation.resolvers import Watched
    from analyzer.simulation.world import World

SPARSE_S, DENSE_S = 6 * HOUR_S, 30 * MINUTE_S  # between two rounds: usually, and around each turn of the zone
TYPES = ((4, "A"), (IPV6, "AAAA"))
TIMEOUT_MS = 5_000.0


@dataclass(frozen=True, slots=True)
class Question:
    """One question of one round."""

    at_s: float
    server: int  # index into WATCHED, then AUTHORITATIVE
    family: int
    lookup: int  # index into the look-ups that the rounds cause, or -1
    luck: float  # uniform in [0, 1): whether it fails
    elapsed_ms: float


def rounds_s(world: World) -> Floats:
    """Return when the watcher asks [s since the change]: every 30 min around each turn, every 6 h otherwise."""
    sparse = np.arange(-1.0 * DAY_S, world.after_s, SPARSE_S)
    turns = world.zone.turns_s + world.zone.turns6_s
    dense = [np.arange(turn - 3 * HOUR_S, min(turn + 18 * HOUR_S, world.after_s), DENSE_S) for turn in turns]
    return np.unique(np.concatenate([sparse, *dense])) + 5 * MINUTE_S


def questions(world: World, draw: np.random.Generator) -> tuple[tuple[Question, ...], Lookups]:
    """Return all questions, and the look-ups that they cause at the resolvers: watching changes what is watched."""
    asked: list[Question] = []
    causes: list[tuple[float, int, int]] = []
    for round_s in rounds_s(world).tolist():
        for server in range(len(WATCHED) + len(AUTHORITATIVE)):
            for family, _ in TYPES:
                at_s = round_s + 0.3 * server + float(draw.random()) * 0.2
                cached = server < len(WATCHED) and WATCHED[server].block_page is None
                lookup = len(causes) if cached else -1
                if cached:
                    causes.append((at_s, server, family))
                luck, elapsed_ms = float(draw.random()), 4.0 + 30.0 * float(draw.random()) ** 2
                asked.append(Question(at_s, server, family, lookup, luck, elapsed_ms))
    columns = list(zip(*causes, strict=True))
    return tuple(asked), Lookups(np.array(columns[0]), np.array(columns[1]), np.array(columns[2]))


def lines(world: World, asked: tuple[Question, ...], lookups: Lookups, answers: Answers) -> str:
    """Return the snapshot file: one JSON object a question.

    Parameters
    ----------
    lookups : those that `questions` returned stand first
    answers : go with `lookups`
    """
    left_s = answers.remaining_s(lookups.at_s)
    text = []
    for question in asked:
        if question.server >= len(WATCHED):
            text.append(_authoritative(world, question))
            continue
        watched = WATCHED[question.server]
        row = question.lookup
        seen = None
        if row >= 0:
            fetched_s = float(answers.fetched_s[row])
            data = _address(world, fetched_s, question.family, old=bool(answers.old[row]))
            seen = (data, int(left_s[row]), int(answers.backend[row]))
        text.append(_recursive(world, question, watched, seen))
    return "".join(line + "\n" for line in text)


def _authoritative(world: World, question: Question) -> str:
    """Return the answer of an authoritative server: always the full TTL."""
    server = question.server - len(WATCHED)
    old = world.zone.is_old(question.at_s, question.family, world.zone.lags_s[server])
    ttl_s = world.zone.ttl_s if old else world.zone.new_ttl_s
    data = _address(world, question.at_s - world.zone.lags_s[server], question.family, old=old)
    answers = [_record(world, question, data, ttl_s)]
    return _row(world, question, AUTHORITATIVE[server], "udp", answers, authoritative=True)


def _recursive(world: World, question: Question, watched: Watched, seen: tuple[str, int, int] | None) -> str:
    """Return the answer of a resolver: what its cache holds, a block page, or a failure."""
    if question.luck < watched.timeouts:
        return _row(world, question, watched.asked_as, watched.transport, [], error="timeout")
    if question.luck < watched.timeouts + watched.servfails:
        return _row(world, question, watched.asked_as, watched.transport, [], rcode="SERVFAIL")
    if seen is None:
        page = None if question.family == IPV6 else watched.block_page  # block pages have IPv4 only
        answers = [_record(world, question, page, 60)] if page else []
        return _row(world, question, watched.asked_as, watched.transport, answers)
    data, ttl_s, backend = seen
    answers = [_record(world, question, data, ttl_s)]
    nsid = f"cache{backend + 1}" if watched.resolver.backends > 1 else None
    return _row(world, question, watched.asked_as, watched.transport, answers, nsid=nsid)


def _address(world: World, published_s: float, family: int, *, old: bool) -> str:
    """Return the old or new address of a family, as the zone had it at a moment."""
    again_s = world.zone.again_s
    new = world.third if again_s is not None and published_s >= again_s else world.new
    return (world.old if old else new)[family == IPV6]


def _record(world: World, question: Question, data: str, ttl_s: int) -> dict[str, object]:
    """Return one record of an answer."""
    return {"name": world.name, "type": dict(TYPES)[question.family], "ttl": ttl_s, "data": data}


def _row(
    world: World,
    question: Question,
    resolver: str,
    transport: str,
    answers: list[dict[str, object]],
    *,
    rcode: str = "NOERROR",
    error: str | None = None,
    authoritative: bool = False,
    nsid: str | None = None,
) -> str:
    """Return one line of the snapshot file."""
    row = {
        "schema": "cutover.dns/1",
        "at": world.moment(question.at_s).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "resolver": resolver,
        "transport": transport,
        "name": world.name,
        "type": dict(TYPES)[question.family],
        "rcode": None if error else rcode,
        "authoritative": authoritative,
        "elapsed_ms": TIMEOUT_MS if error else round(question.elapsed_ms, 1),
        "answers": answers,
        "error": error,
        "ede": None,
        "nsid": nsid,
    }
    return json.dumps(row)
