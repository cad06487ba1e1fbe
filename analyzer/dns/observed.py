"""Snapshots -> observations: each question's state and the RRsets behind it. Made once, judged at many moments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from analyzer.dns.aliases import Elsewhere, ends_in_alias, rows_of
from analyzer.dns.answers import RANK, Known, Link, addresses_of, known, path_of, says_stale, state_of, without_hints
from analyzer.dns.record import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt
    import pandas as pd

    from analyzer.dns.answers import Address
    from analyzer.dns.snapshots import Snapshots

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]

Path = tuple[Link, ...]


class Row(NamedTuple):
    """One question that says something. Sorted, the worst of one instant comes last: lines have no order."""

    at_us: int
    resolver: str
    question: tuple[str, str]
    rank: int
    transport: str
    problem: str
    authoritative: bool
    path: Path
    ttls: tuple[int, ...]
    stale: bool
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """What was seen of the names that move, as columns in order of time.

    Attributes
    ----------
    rows
        The rows themselves.
    at_us
        [us] int64, Unix time; ascending.
    resolver, question, path, led
        int64, indices into `resolvers`, `questions` (name, type), `paths` and `led_to` (all addresses of an answer).
    rank
        int64, index into `STATES`: 0 is new, the worse the higher.
    authoritative, oldish, new, stale
        bool: answered with authority, with an old address, with the new one only, with a record said to be expired.
    ttls
        [s] int64, one column a link of the path; -1 beyond its end.
    """

    rows: tuple[Row, ...]
    at_us: Ints
    resolver: Ints
    question: Ints
    path: Ints
    led: Ints
    rank: Ints
    authoritative: Bools
    oldish: Bools
    new: Bools
    stale: Bools
    ttls: Ints
    resolvers: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]
    paths: tuple[Path, ...]
    led_to: tuple[tuple[str, ...], ...]


def observe(snapshots: Snapshots, *, names: Iterable[str], old: Iterable[Address], new: Iterable[Address]) -> Observed:
    """Return what the snapshots say about the names' addresses.

    Parameters
    ----------
    snapshots
        As `read_snapshots` returns them.
    names, old, new
        The migration's names and the two servers' addresses. A type counts if the old server has an address of it.
    """
    servers = known(old, new)
    everything = snapshots.questions
    everything = everything[everything["type"].isin(servers.types())]
    asked = everything[everything["name"].isin({plain_name(name) for name in names})]
    rows = tuple(sorted(_told_or_cleared(_rows(asked, servers, Elsewhere(everything)))))
    resolver, resolvers = _coded([row.resolver for row in rows])
    question, questions = _coded([row.question for row in rows])
    path, paths = _coded([row.path for row in rows])
    led, led_to = _coded([row.addresses for row in rows])
    rank = np.array([row.rank for row in rows], dtype=np.int64)
    return Observed(
        rows=rows,
        at_us=np.array([row.at_us for row in rows], dtype=np.int64),
        resolver=resolver,
        question=question,
        path=path,
        led=led,
        rank=rank,
        authoritative=np.array([row.authoritative for row in rows], dtype=np.bool_),
        oldish=rank >= RANK["mixed"],
        new=rank == RANK["new"],
        stale=np.array([row.stale for row in rows], dtype=np.bool_),
        ttls=_padded([row.ttls for row in rows]),
        resolvers=resolvers,
        questions=questions,
        paths=paths,
        led_to=led_to,
    )


def _told_or_cleared(rows: Iterable[tuple[Row, bool]]) -> set[Row]:
    """Return the rows that tell of the servers, and those that tell no more what was told before.

    HTTPS needs no hints, so that an answer without says nothing; but where hints led to the old server until then, it
    says that they are gone.
    """
    told: set[Row] = set()
    silent: set[Row] = set()
    for row, tells in rows:
        (told if tells else silent).add(row)
    first: dict[tuple[str, str], int] = {}
    for row in told:
        if row.rank >= RANK["mixed"]:
            first[row.question] = min(first.get(row.question, row.at_us), row.at_us)
    return told | {row for row in silent if row.question in first and first[row.question] < row.at_us}


def _rows(asked: pd.DataFrame, servers: Known, elsewhere: Elsewhere) -> Iterator[tuple[Row, bool]]:
    """Yield the questions with their states and paths, and whether they tell of the servers by themselves."""
    for at, name, kind, resolver, transport, rcode, error, authoritative, answers, ede in rows_of(asked):
        came, failed = _text(rcode), _text(error)
        path, records = path_of(name, kind, answers), answers
        if authoritative and came == "NOERROR" and ends_in_alias(path):
            alias = path[-1][0][2]
            if not elsewhere.serves(resolver, alias, at):  # what it serves and does not give, is not there
                followed = elsewhere.follow(alias, kind, at)
                if followed is not None:
                    at, records = followed.at_us, (*answers, *followed.records)  # noqa: PLW2901 -- told in full only then
                    path = path_of(name, kind, records)
                elif not elsewhere.gave(resolver, name, kind, at):
                    continue  # the rest of the chain lies in another zone, whose servers were not asked
        tells = state_of(kind, came, failed, records, servers)
        state = tells or without_hints(came, failed, records)
        if state is not None:
            problem = (failed or came or "") if state == "failing" else ""
            links, ttls = tuple(link for link, _ in path), tuple(ttl for _, ttl in path)
            question, stale = (name, kind), says_stale(_text(ede))
            led_to = tuple(sorted({str(address) for address in addresses_of(kind, records)}))
            row = Row(
                at, resolver, question, RANK[state], transport, problem, bool(authoritative), links, ttls, stale, led_to
            )
            yield row, tells is not None


def _text(value: object) -> str | None:
    """Return a text, or None where the frame has none."""
    return value if isinstance(value, str) else None


def _coded(values: list[Any]) -> tuple[Ints, tuple[Any, ...]]:
    """Return an index for each value, and the distinct values in order."""
    distinct = tuple(sorted(set(values)))
    number = {value: index for index, value in enumerate(distinct)}
    return np.array([number[value] for value in values], dtype=np.int64), distinct


def _padded(lists: list[tuple[int, ...]]) -> Ints:
    """Return lists of numbers as the rows of a table, -1 beyond their ends."""
    table = np.full((len(lists), max(map(len, lists), default=0) or 1), -1, dtype=np.int64)
    for row, values in enumerate(lists):
        table[row, : len(values)] = values
    return table
