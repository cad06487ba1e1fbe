"""Until when the old entry behind each answer lives.

In here times are int64 microseconds of Unix time and `rows` indices of observations in order of time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.dns.evidence import ROUNDING_US, SECOND_US

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.dns.evidence import Evidence
    from analyzer.dns.observed import Bools, Ints


def old_expiry_us(seen: Evidence, ttl_s: float | None, asked_until_us: Ints, stretching: Iterable[int] = ()) -> Ints:
    """Return when the old entry behind each old answer expires [us]; -1 for the other answers.

    An entry seen with a remaining TTL is gone when that is over: caches count whole seconds, and round up. Where the
    TTL stands still, the longest one bounds it. What an authoritative server answers is fetched anew by every cache:
    if that was its last word, an entry may be as young as the moment of judgement. Who keeps records longer passes on
    what it has just fetched as it came (dnsmasq's min-cache-ttl): then the longest TTL that it showed counts.

    Parameters
    ----------
    seen
        The evidence.
    ttl_s
        [s] the TTL before the change, if known.
    asked_until_us
        [us] int64, until when caches may ask each resolver or server.
    stretching
        Resolvers (indices) that keep records for longer than their TTL.
    """
    observed, n = seen.observed, seen.n
    known_s = ttl_s or 0.0
    least_s = np.where(seen.constant, known_s, 0.0)
    for number in stretching:
        mine = np.flatnonzero((observed.resolver[:n] == number) & ~observed.stale[:n])
        fresh = _begun(seen, mine) & (np.abs(seen.remaining_s[mine] - known_s) <= 1)
        least_s[mine[fresh]] = seen.remaining_s[mine].max(initial=0)
    shown_s = np.maximum(seen.remaining_s, least_s)
    present_us = np.minimum(seen.at_us, asked_until_us[observed.resolver[:n]])
    start_us = np.where(observed.authoritative[:n] & seen.stands, present_us, observed.at_us[:n])
    expiry: Ints = np.where(observed.oldish[:n], start_us + (shown_s * SECOND_US).astype(np.int64), -1)
    return expiry


def _begun(seen: Evidence, rows: Ints) -> Bools:
    """Return which observations of one resolver show another entry than the one before them did."""
    order = rows[np.argsort(seen.observed.question[rows], kind="stable")]
    question, dies_us = seen.observed.question[order], seen.observed.at_us[order] + seen.remaining_s[order] * SECOND_US
    goes_on = (np.diff(question, prepend=-1) == 0) & (np.abs(np.diff(dies_us, prepend=0)) <= ROUNDING_US)
    begun: Bools = ~np.isin(rows, order[goes_on])
    return begun
