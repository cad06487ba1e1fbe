"""Until when an honest cache can answer with the old address, what sets that moment, and who goes beyond it.

In here times are int64 microseconds of Unix time and `rows` indices of observations in order of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.dns.evidence import LEAST_CONSTANT, ROUNDING_US, SECOND_US, owners
from analyzer.dns.resolvers import moment
from analyzer.dns.servers import FOR_EVER_US
from analyzer.units import HOUR_S, rfc3339, spoken_duration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from analyzer.dns.evidence import Evidence
    from analyzer.dns.observed import Ints, Row
    from analyzer.dns.published import Published

LONG_AGO_US = HOUR_S * SECOND_US  # [us] after which an answer is no news
STALE_TTL_S = 30  # [s] RFC 8767 s4: what a cache gives an expired record


@dataclass(frozen=True, slots=True)
class Bound:
    """After which moment no cache that honours TTLs can answer with the old address.

    Attributes
    ----------
    at
        The moment; None while some of it still answers old with authority, or no change was seen.
    because
        What sets it: one sentence.
    """

    at: datetime | None
    because: str


@dataclass(frozen=True, slots=True)
class Beyond:
    """A resolver that keeps the old address for longer than its TTL.

    Attributes
    ----------
    until
        Until when an entry seen there may hold the old address.
    over
        It has answered with the new address since, and nothing that was seen there can still live.
    because
        Why, as a clause that goes after its name.
    """

    resolver: str
    name: str
    type: str
    until: datetime
    over: bool
    because: str


@dataclass(frozen=True, slots=True)
class _Limit:
    """The bound of one name and type [us]; None while it is not known."""

    at_us: int | None
    because: str


def bound(seen: Evidence, parts: Sequence[Published], expiry_us: Ints, asked_until_us: Ints) -> Bound:
    """Return the bound of all names and types together, and what sets it.

    Parameters
    ----------
    seen
        The evidence.
    parts
        When each question's records were changed, and their TTL before it.
    expiry_us
        [us] int64, when the old entry behind each observation expires.
    asked_until_us
        [us] int64, until when caches may ask each resolver or server.
    """
    limits = [limit for limit in _limits(seen, parts, expiry_us, asked_until_us) if limit is not None]
    open_ends = [limit for limit in limits if limit.at_us is None]
    if open_ends:
        return Bound(None, open_ends[0].because)
    last = max(limits, key=lambda limit: limit.at_us or 0, default=None)
    if last is None or last.at_us is None:
        return Bound(None, "No change was seen: nobody has answered with the new address yet.")
    return Bound(moment(last.at_us), last.because)


def beyond(seen: Evidence, parts: Sequence[Published], expiry_us: Ints, asked_until_us: Ints) -> tuple[Beyond, ...]:
    """Return who keeps the old address for longer than an honest cache can, by name, with the reason.

    Parameters
    ----------
    seen, parts, expiry_us, asked_until_us
        As in `bound`.
    """
    found = []
    for question, (part, limit) in enumerate(zip(parts, _limits(seen, parts, expiry_us, asked_until_us), strict=True)):
        old = seen.old_of(question)
        cached = old[~seen.observed.authoritative[old]]
        if limit is None or limit.at_us is None:
            continue
        late = cached[np.maximum(expiry_us[cached], seen.observed.at_us[cached]) > limit.at_us]
        for number in np.unique(seen.observed.resolver[late]).tolist():
            rows = late[seen.observed.resolver[late] == number]
            found.append(_beyond(seen, question, rows, int(expiry_us[rows].max()), part))
    return tuple(sorted(found, key=lambda one: (one.over, one.resolver, one.name, one.type)))


def _limits(seen: Evidence, parts: Sequence[Published], expiry_us: Ints, asked_until_us: Ints) -> list[_Limit | None]:
    """Return the bound of each name and type; None for those that never led to the old address."""
    changed = owners(seen.observed, seen.n)
    return [
        _limit(seen, question, part, expiry_us, asked_until_us, changed[question])
        for question, part in enumerate(parts)
    ]


def _limit(  # noqa: PLR0917 -- one call, just above
    seen: Evidence,
    question: int,
    part: Published,
    expiry_us: Ints,
    asked_until_us: Ints,
    owner: tuple[str, str] | None,
) -> _Limit | None:
    """Return the bound of one name and type."""
    observed, old = seen.observed, seen.old_of(question)
    if not len(old):
        return None
    name, kind = observed.questions[question]
    told = old[observed.authoritative[old]]
    still = told[seen.stands[told]]
    left_us = asked_until_us[observed.resolver[still]]
    if (left_us == FOR_EVER_US).any():
        return _Limit(None, _still(seen, observed.rows[still[left_us == FOR_EVER_US][-1]]))
    if part.at_us is None:
        return _Limit(None, f"The {kind} record of {name} has not been seen to change.") if len(told) else None
    of = f"{owner[1]} record of {owner[0]}" if owner is not None else f"{kind} record of {name}"
    limit = _of_servers(part, part.at_us, of) if len(told) else _of_caches(seen, old, part, part.at_us, of, expiry_us)
    moved_us = int(left_us.max(initial=0)) + int((part.ttl_s or 0.0) * SECOND_US) + ROUNDING_US
    if len(still) and moved_us > (limit.at_us or 0):
        who = observed.rows[still[-1]].resolver
        return _Limit(moved_us, f"{who} was a server of the zone and still answered old: caches keep the delegation.")
    return limit


def _of_servers(part: Published, changed_us: int, of: str) -> _Limit:
    """Return the bound where servers told the TTL: it may have been lowered before, but not early enough."""
    at_us = changed_us + int((part.ttl_s or 0.0) * SECOND_US)
    had, lives = spoken_duration(part.ttl_s or 0.0), part.lives
    if lives is not None and lives.until_us < at_us:
        at_us, had = lives.until_us, f"{spoken_duration(lives.ttl_s)} until {_spoken(lives.fetched_us)}"
    published = f"published by {_spoken(changed_us)}"
    return _Limit(at_us + ROUNDING_US, f"The {of} had a TTL of {had}; its change was {published}.")


def _of_caches(  # noqa: PLR0917 -- one call, just above
    seen: Evidence, old: Ints, part: Published, changed_us: int, of: str, expiry_us: Ints
) -> _Limit:
    """Return the bound where nobody said how long the TTL was: what honest caches showed can only be too short."""
    observed = seen.observed
    honest = old[~seen.constant[old] & ~observed.stale[old] & (observed.at_us[old] <= changed_us)]
    honest = honest[~np.isin(observed.resolver[honest], list(part.outliers))]
    at_us = changed_us + int((part.ttl_s or 0.0) * SECOND_US) + ROUNDING_US
    showed, published = spoken_duration(part.ttl_s or 0.0), f"published by {_spoken(changed_us)}"
    because = f"The {of} showed a TTL of {showed}; its change was {published}."
    return _Limit(max(at_us, int(expiry_us[honest].max(initial=0))), because)


def _spoken(us: int) -> str:
    """Return a moment to the second, for people."""
    return rfc3339(moment(us).replace(microsecond=0))


def _still(seen: Evidence, row: Row) -> str:
    """Return which server of the zone is old, or was so when somebody last asked."""
    (name, kind), who = row.question, f"The authoritative server {row.resolver}"
    if seen.at_us - row.at_us < LONG_AGO_US:
        return f"{who} still answers with the old {kind} of {name}."
    return f"{who} answered with the old {kind} of {name} when it last answered, at {_spoken(row.at_us)}: ask it again."


def _beyond(seen: Evidence, question: int, rows: Ints, until_us: int, part: Published) -> Beyond:
    """Return what to say of a resolver of which these old answers lie beyond the bound."""
    observed = seen.observed
    resolver, (name, kind) = observed.rows[rows[-1]].resolver, observed.questions[question]
    mine = (observed.resolver[: seen.n] == observed.resolver[rows[-1]]) & (observed.question[: seen.n] == question)
    new_since = bool((np.flatnonzero(mine & observed.new[: seen.n]) > rows[-1]).any())
    longest_s = int(seen.remaining_s[rows].max())
    ttl_s = part.ttl_s or 0.0
    changed_us = part.at_us or 0
    if observed.stale[rows].any():
        because = "serves expired records, and says so (RFC 8767)"
    elif longest_s > ttl_s + ROUNDING_US / SECOND_US:
        because = f"keeps records for longer than their TTL: it showed {spoken_duration(longest_s)}"
    elif longest_s <= STALE_TTL_S < ttl_s:
        because = f"serves expired records: {longest_s} s left, long after their TTL"
    elif seen.constant[rows].any() or (len(rows) >= LEAST_CONSTANT and (seen.remaining_s[rows] == longest_s).all()):
        because = "always shows the same TTL, so its entries' age is not known"
    elif (observed.at_us[rows] > changed_us).any():
        because = "starts the TTL anew: it fetched the old record after the change, from another cache"
    else:
        because = "showed more than was left of the TTL"
    return Beyond(resolver, name, kind, moment(until_us), new_since and until_us <= seen.at_us, because)
