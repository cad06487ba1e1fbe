"""What each resolver says, counted once by the worst of what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from analyzer.dns.answers import OLDISH, STATES
from analyzer.dns.evidence import EPOCH, ROUNDING_US, SECOND_US
from analyzer.dns.record import TTL_CAP_S
from analyzer.units import spoken_duration

if TYPE_CHECKING:
    from analyzer.dns.evidence import Evidence
    from analyzer.dns.observed import Ints
    from analyzer.dns.published import Published

CAP_SHARE = 0.9  # of the TTL: entries that cannot have begun with more are cut
LEAST_CAPPED = 4  # entries that were seen to follow another


@dataclass(frozen=True, slots=True)
class KindState:
    """What one resolver answers to one question.

    Attributes
    ----------
    state
        Of its last answer: new, empty, neither, failing, mixed or old.
    asked_at
        When that was given.
    old_expires_at
        Until when an entry seen there could still hold the old address; it may be past. None if it never answered old.
    entries
        Distinct cache entries with the old address that lived at the same time.
    """

    name: str
    type: str
    state: str
    asked_at: datetime
    old_expires_at: datetime | None
    entries: int


@dataclass(frozen=True, slots=True)
class ResolverState:
    """What one resolver answers.

    Attributes
    ----------
    resolver, transport
        What was asked, and how.
    name, type
        The question whose answer is its worst; where all are alike, the first.
    state
        Of its last answers the worst: new, empty, neither, failing, mixed or old.
    asked_at
        When that answer was given.
    old_expires_at
        The latest moment at which an entry seen there could still hold the old address; it may be past. None if it
        never answered old.
    ttl_s
        [s] largest remaining TTL of the RRset that changed, of its old answers if there are any; None if none was seen.
    authoritative
        It answered with authority: it is a server of the zone, not a cache.
    problem
        Why it fails (`timeout`, `SERVFAIL`, …); empty if it does not.
    first_new_at, last_old_at
        When it was first seen to answer new, and last to answer old (or both).
    questions
        Number of questions asked of it for the names that move.
    entries
        Distinct cache entries with the old address, told apart by when they expire.
    constant_ttl
        Its TTLs do not count down: they say nothing about when it asked.
    stretches_ttl
        It shows longer TTLs than there are.
    caps_ttl_s
        [s] the most that it lets a TTL be, where that is less than there is; None where no such cap shows.
    stale
        It has said of an old answer that it had expired (RFC 8914).
    kinds
        The same of each name and type by itself.
    """

    resolver: str
    transport: str
    name: str
    type: str
    state: str
    asked_at: datetime
    old_expires_at: datetime | None
    ttl_s: float | None
    authoritative: bool
    problem: str
    first_new_at: datetime | None
    last_old_at: datetime | None
    questions: int
    entries: int
    constant_ttl: bool
    stretches_ttl: bool
    caps_ttl_s: float | None = None
    stale: bool = False
    kinds: tuple[KindState, ...] = ()

    @property
    def on_old(self) -> bool:
        """Whether it still hands out the old address."""
        return self.state in OLDISH

    @property
    def facts(self) -> tuple[str, ...]:
        """What is odd about it, each a clause that goes after its name."""
        odd = {
            "answers with both addresses": self.state == "mixed",
            "answers with neither server, like a block page": self.state == "neither",
            "answers without an address": self.state == "empty",
            f"gives no usable answer ({self.problem})": self.state == "failing",
            "always shows the same TTL, so its entries' age is not known": self.constant_ttl,
            "keeps records for longer than their TTL": self.stretches_ttl,
            f"lets no TTL be longer than {spoken_duration(self.caps_ttl_s or 0)}": self.caps_ttl_s is not None,
            "serves expired records, and says so": self.stale,
            f"has {self.entries} caches or more behind one address": self.entries > 1,
        }
        return tuple(text for text, applies in odd.items() if applies)


def resolver_states(seen: Evidence, expiry_us: Ints, found: Published) -> tuple[ResolverState, ...]:
    """Return each resolver's state, in order of name.

    Parameters
    ----------
    seen
        The evidence.
    expiry_us
        [us] int64, when the old entry behind each observation expires.
    found
        The change, the TTL before it, and who stretches TTLs.
    """
    order = np.argsort(seen.observed.resolver[: seen.n], kind="stable")
    asked, starts = np.unique(seen.observed.resolver[order], return_index=True)
    rows_of = np.split(order, starts)[1:]
    return tuple(
        _state(seen, rows, expiry_us, found, stretches=int(number) in found.outliers)
        for number, rows in zip(asked, rows_of, strict=True)
    )


def _state(seen: Evidence, rows: Ints, expiry_us: Ints, found: Published, *, stretches: bool) -> ResolverState:
    """Return the state of one resolver, of whom these are the observations."""
    observed = seen.observed
    last = rows[seen.last[rows]]
    worst = observed.rows[last[observed.rank[last].argmax()]]
    old, new = rows[observed.oldish[rows]], rows[observed.new[rows]]
    longest = int(seen.remaining_s[old if len(old) else new].max(initial=-1))
    authoritative, constant = bool(observed.authoritative[rows].any()), bool(seen.constant[rows].any())
    questions = np.unique(observed.question[rows])
    kinds = tuple(_kind(seen, rows[observed.question[rows] == one], expiry_us) for one in questions)
    entries = 0 if constant or authoritative else max(kind.entries for kind in kinds)
    return ResolverState(
        resolver=worst.resolver,
        transport=worst.transport,
        name=worst.question[0],
        type=worst.question[1],
        state=STATES[worst.rank],
        asked_at=moment(worst.at_us),
        old_expires_at=moment(expiry_us[old].max()) if len(old) else None,
        ttl_s=float(longest) if longest >= 0 else None,
        authoritative=authoritative,
        problem=worst.problem,
        first_new_at=moment(observed.at_us[new[0]]) if len(new) else None,
        last_old_at=moment(observed.at_us[old[-1]]) if len(old) else None,
        questions=len(rows),
        entries=entries,
        constant_ttl=constant,
        stretches_ttl=stretches,
        caps_ttl_s=_cap_s(seen, old, found) if entries == 1 and not stretches else None,
        stale=bool(observed.stale[old].any()),
        kinds=kinds,
    )


def _kind(seen: Evidence, rows: Ints, expiry_us: Ints) -> KindState:
    """Return the state of one resolver's answers to one question."""
    observed = seen.observed
    last, old = observed.rows[rows[-1]], rows[observed.oldish[rows]]
    cached = old[~observed.authoritative[old] & ~seen.constant[old] & ~observed.stale[old]]
    as_shown = expiry_us[cached] <= observed.at_us[cached] + np.maximum(seen.remaining_s[cached], 0) * SECOND_US
    cached = cached[as_shown]  # what is only thought to live so long is no entry by itself
    expires = moment(expiry_us[old].max()) if len(old) else None
    entries = _entries(seen, cached, expiry_us)
    name, kind = last.question
    return KindState(name, kind, STATES[last.rank], moment(last.at_us), expires, entries)


def _cap_s(seen: Evidence, old: Ints, found: Published) -> float | None:
    """Return what a resolver cuts TTLs to [s]: the longest it showed, if none of its entries can have begun with more.

    One cache fetches an entry after the one before it was seen: it began with what is left, and the time since, at
    most. Only what it showed until the change: afterwards an old answer is an exception, and its TTL too. Without a
    server of the zone nobody knows whether it cuts TTLs or another one stretches them.
    """
    if found.at_us is not None:
        old = old[seen.observed.at_us[old] <= found.at_us]
    told = np.flatnonzero(seen.observed.authoritative[: seen.n] & seen.observed.oldish[: seen.n])
    if not len(told):
        return None
    old = old[~seen.observed.stale[old]]
    begun_s, shown_s = [], 0
    for question in np.unique(seen.observed.question[old]):
        rows = old[seen.observed.question[old] == question]
        at_us, left_us = seen.observed.at_us[rows], seen.remaining_s[rows] * SECOND_US
        followed = (at_us + left_us)[:-1] <= at_us[1:] + ROUNDING_US
        if (np.abs(np.diff(at_us + left_us))[~followed] > ROUNDING_US).any():
            return None  # another entry while the last one lived: there are several caches
        begun_s += ((left_us[1:] + np.diff(at_us))[followed] / SECOND_US).tolist()
        shown_s = max(shown_s, int(seen.remaining_s[rows].max()))
    least_s = int(seen.remaining_s[told].min())  # it may have been lowered meanwhile
    capped = len(begun_s) >= LEAST_CAPPED and max(begun_s) < CAP_SHARE * least_s
    return float(shown_s) if capped and shown_s > 0 else None


def _entries(seen: Evidence, old: Ints, expiry_us: Ints) -> int:
    """Return the largest number of one question's old entries that lived at the same time.

    Expiry epochs further apart than rounding are distinct entries. Each was fetched when its TTL was whole, at the
    latest: if another was seen after that, one cache had both. An entry may be fetched again before it expires, by
    prefetch or because its alias expired; then the former one is not seen any more.
    """
    if not len(old):
        return 0
    observed = seen.observed
    dies = np.sort(expiry_us[old])
    epochs = dies[np.append(np.diff(dies) > ROUNDING_US, True)]
    number = np.searchsorted(epochs, expiry_us[old], side="left")
    first, last = np.full(len(epochs), np.iinfo(np.int64).max), np.zeros(len(epochs), dtype=np.int64)
    np.minimum.at(first, number, observed.at_us[old])
    np.maximum.at(last, number, observed.at_us[old])
    told = observed.authoritative[: seen.n] & observed.oldish[: seen.n]
    told &= observed.question[: seen.n] == observed.question[old[0]]
    whole_s = min(int(seen.remaining_s[old].max()), int(seen.remaining_s[told].min(initial=TTL_CAP_S)))
    fetched = np.sort(np.minimum(first, epochs - whole_s * SECOND_US + ROUNDING_US))
    alive = np.arange(1, len(epochs) + 1) - np.searchsorted(np.sort(last), fetched, side="left")
    return int(alive.max())


def moment(us: int | np.int64) -> datetime:
    """Return the moment of a Unix time [us]."""
    return EPOCH + timedelta(microseconds=int(us))
