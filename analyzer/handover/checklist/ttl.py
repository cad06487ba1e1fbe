"""Recorded answers -> the TTL that the authoritative servers publish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ADDRESSES = ("A", "AAAA", "HTTPS", "CNAME")  # the RRsets on the way from a name to its address
LONGEST_TTL_S = 2**31 - 1  # [s] RFC 2181 section 8


def published_ttl(records: Iterable[Mapping[str, Any]], names: Iterable[str]) -> float | None:
    """Return the longest TTL [s] that authoritative servers give for the names; None if none of them answered.

    The longest, because whichever RRset is changed, an old answer lives no longer than that.

    Parameters
    ----------
    records
        Snapshot objects of the contract.
    names
        Host names, lower case without a trailing dot.
    """
    wanted = frozenset(names)
    found = [
        float(answer["ttl"])
        for record in records
        if record.get("authoritative") and record.get("name") in wanted
        for answer in record.get("answers") or ()
        if answer.get("type") in ADDRESSES and 0 <= answer["ttl"] <= LONGEST_TTL_S
    ]
    return max(found, default=None)
