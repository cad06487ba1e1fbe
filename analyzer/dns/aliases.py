"""Chains that leave a zone: its servers answer with the CNAME alone, and another zone's servers have the address."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from analyzer.dns.answers import MOST_LINKS, path_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from analyzer.dns.answers import Link
    from analyzer.dns.record import Answer

Told = tuple[int, str, "tuple[Answer, ...]"]  # when [us], by which server, the records
NEAR_US = 600 * 1_000_000  # [us] answers of two servers this close belong to one snapshot
COLUMNS = ("name", "type", "resolver", "transport", "rcode", "error", "authoritative", "answers", "ede")


def rows_of(asked: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Yield the questions of a frame: the time [us], then `COLUMNS`."""
    columns = (asked[name].astype(object) for name in COLUMNS)
    yield from zip(asked["at"].astype("int64"), *columns, strict=True)


def ends_in_alias(path: tuple[tuple[Link, int], ...]) -> bool:
    """Return whether a path ends with a CNAME: the address lies elsewhere."""
    return bool(path) and path[-1][0][1] == "CNAME"


class Elsewhere:
    """What authoritative servers answered of any name, to be found by name, type and time."""

    def __init__(self, everything: pd.DataFrame) -> None:
        self._everything = everything
        self._found: dict[tuple[str, str], list[Told]] | None = None

    def follow(self, name: str, kind: str, at_us: int) -> tuple[Answer, ...] | None:
        """Return the records that lead on from a name, asked at about the same time; None if nobody was asked.

        Where the servers of the other zone disagree, the records of all of them count: the worst decides.
        """
        if self._found is None:
            self._found = self._index()
        records: tuple[Answer, ...] = ()
        for _ in range(MOST_LINKS):
            near = _near(self._found.get((name, kind), []), at_us)
            if near is None:
                return records or None
            records += near
            path = path_of(name, kind, near)
            if not ends_in_alias(path) or path[-1][0][2] == name:
                break
            name = path[-1][0][2]
        return records

    def _index(self) -> dict[tuple[str, str], list[Told]]:
        """Return the answers of authoritative servers, by name and type, in order of time."""
        found: dict[tuple[str, str], list[Told]] = {}
        told = self._everything
        for at, name, kind, server, _, rcode, _, _, answers, _ in rows_of(told[told["authoritative"]]):
            if rcode == "NOERROR":
                found.setdefault((name, kind), []).append((at, server, answers))
        for answers in found.values():
            answers.sort(key=lambda one: one[0])
        return found


def _near(answers: list[Told], at_us: int) -> tuple[Answer, ...] | None:
    """Return the records of each server's answer that is the nearest to a moment; None if there is none."""
    first = bisect_left(answers, at_us - NEAR_US, key=lambda one: one[0])
    last = bisect_left(answers, at_us + NEAR_US + 1, key=lambda one: one[0])
    nearest: dict[str, Told] = {}
    for told in answers[first:last]:
        known = nearest.get(told[1])
        if known is None or abs(told[0] - at_us) < abs(known[0] - at_us):
            nearest[told[1]] = told
    if not nearest:
        return None
    return tuple(dict.fromkeys(record for _, _, records in nearest.values() for record in records))
