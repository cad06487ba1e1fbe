"""Chains that leave a zone: its servers answer with the CNAME alone, and another zone's servers have the address."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analyzer.dns.answers import MOST_LINKS, path_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from analyzer.dns.answers import Link
    from analyzer.dns.record import Answer

Told = tuple[int, str, "tuple[Answer, ...]"]  # when [us], by which server, the records
NEAR_US = 600 * 1_000_000  # [us] answers of two servers this close belong together
COLUMNS = ("name", "type", "resolver", "transport", "rcode", "error", "authoritative", "answers", "ede")


@dataclass(frozen=True, slots=True)
class Followed:
    """The records that lead on from an alias, and when the last of them was told [us]."""

    at_us: int
    records: tuple[Answer, ...]


def rows_of(asked: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Yield the questions of a frame: the time [us], then `COLUMNS`."""
    columns = (asked[name].astype(object) for name in COLUMNS)
    yield from zip(asked["at"].astype("int64"), *columns, strict=True)


def ends_in_alias(path: tuple[tuple[Link, int], ...]) -> bool:
    """Return whether a path ends with a CNAME: the address lies elsewhere, or there is none."""
    return bool(path) and path[-1][0][1] == "CNAME"


class Elsewhere:
    """What authoritative servers answered of any name. Nothing later than what is returned has an influence on it."""

    def __init__(self, everything: pd.DataFrame) -> None:
        self._everything = everything
        self._found: dict[tuple[str, str], list[Told]] | None = None
        self._serves: dict[tuple[str, str], int] = {}
        self._gave: dict[tuple[str, str, str], int] = {}

    def serves(self, server: str, name: str, at_us: int) -> bool:
        """Return whether a server had handed out records of a name by a moment: it has the name's zone itself."""
        self._read()
        return self._serves.get((server, name), at_us + 1) <= at_us

    def gave(self, server: str, name: str, kind: str, at_us: int) -> bool:
        """Return whether a server had answered a question with addresses by a moment."""
        self._read()
        return self._gave.get((server, name, kind), at_us + 1) <= at_us

    def follow(self, name: str, kind: str, at_us: int) -> Followed | None:
        """Return the records that lead on from a name, asked at about the same time; None if nobody was asked.

        Where the servers of the other zone disagree, the records of all of them count: the worst decides.
        """
        found = self._read()
        records: tuple[Answer, ...] = ()
        last_us = at_us
        for _ in range(MOST_LINKS):
            near = _near(found.get((name, kind), []), last_us)
            if near is None:
                return Followed(last_us, records) if records else None
            records += near.records
            last_us = max(last_us, near.at_us)
            path = path_of(name, kind, near.records)
            if not ends_in_alias(path) or path[-1][0][2] == name:
                break
            name = path[-1][0][2]
        return Followed(last_us, records)

    def _read(self) -> dict[tuple[str, str], list[Told]]:
        """Return the answers of authoritative servers, by name and type, in order of time."""
        if self._found is not None:
            return self._found
        found: dict[tuple[str, str], list[Told]] = {}
        told = self._everything
        for at_us, name, kind, server, _, rcode, _, _, answers, _ in rows_of(told[told["authoritative"]]):
            if rcode == "NOERROR":
                found.setdefault((name, kind), []).append((at_us, server, answers))
            if any(answer.type == kind for answer in answers):
                self._gave[server, name, kind] = min(self._gave.get((server, name, kind), at_us), at_us)
            for answer in answers:
                if answer.type != "CNAME":
                    self._serves[server, answer.name] = min(self._serves.get((server, answer.name), at_us), at_us)
        for rows in found.values():
            rows.sort(key=lambda one: one[0])
        self._found = found
        return found


def _near(answers: list[Told], at_us: int) -> Followed | None:
    """Return each server's last answer before a moment, or the first after it where there is none before."""
    place = bisect_right(answers, at_us, key=lambda one: one[0])
    before = {server: (then, records) for then, server, records in answers[:place] if then >= at_us - NEAR_US}
    if before:
        records = tuple(dict.fromkeys(record for _, told in before.values() for record in told))
        return Followed(max(then for then, _ in before.values()), records)
    if place < len(answers) and answers[place][0] <= at_us + NEAR_US:
        return Followed(answers[place][0], answers[place][2])
    return None
