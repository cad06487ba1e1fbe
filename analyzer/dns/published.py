"""From what was seen: when the change was published, and the TTL that the old RRset had.

In here times are int64 microseconds of Unix time, TTLs seconds, and `rows` indices of observations in order of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.dns.evidence import ROUNDING_US, SECOND_US
from analyzer.dns.followed import Lives, followed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.dns.evidence import Evidence
    from analyzer.dns.observed import Ints
    from analyzer.dns.servers import Former

OUTLIER_RATIO = 2.0  # a resolver that shows more than twice what all others show keeps its own time
LEAST_ANSWERS = 3  # of each resolver, the last before the change, that its TTL is taken from however old they are
LEAST_OTHERS = 2  # with one other, nobody can tell which of the two is odd


@dataclass(frozen=True, slots=True)
class Published:
    """When the change can have been published, and the TTL before it.

    Attributes
    ----------
    after_us, at_us
        [us] the earliest and the latest moment of the last change of a name or type; None without evidence of it.
    first_us
        [us] the latest moment of the first change: from then on some clients have moved.
    ttl_s
        [s] of the RRset that changed, before the change; None if it was never seen.
    outliers
        Resolvers (indices) that show longer TTLs than there are.
    lives
        How long what the servers handed out may live; None where they did not tell all of it.
    """

    after_us: int | None
    at_us: int | None
    first_us: int | None
    ttl_s: float | None
    outliers: frozenset[int]
    lives: Lives | None = None


def each(
    seen: Evidence, ttl_s: float | None, changed_us: int | None, former: dict[int, Former]
) -> tuple[Published, ...]:
    """Return when each name and type was changed, in the order of the questions.

    Parameters
    ----------
    seen
        The evidence.
    ttl_s, changed_us
        [s] the TTL, [us] the moment of the change, where they are known for sure; else they are found.
    former
        The servers (indices) that their zone has moved away from.
    """
    questions = range(len(seen.observed.questions))
    return tuple(_published(seen, question, ttl_s, changed_us, former) for question in questions)


def together(parts: Sequence[Published], ttl_s: float | None, changed_us: int | None) -> Published:
    """Return what the names and types say together: the last of their changes, the first, the longest TTL."""
    last = max((part for part in parts if part.at_us is not None), key=lambda part: part.at_us or 0, default=None)
    afters = [part.after_us for part in parts] if last is None else [last.after_us]
    return Published(
        after_us=changed_us or max((one for one in afters if one is not None), default=None),
        at_us=changed_us or (None if last is None else last.at_us),
        first_us=changed_us or min((part.first_us for part in parts if part.first_us is not None), default=None),
        ttl_s=ttl_s if ttl_s is not None else max((p.ttl_s for p in parts if p.ttl_s is not None), default=None),
        outliers=frozenset().union(*(part.outliers for part in parts)),
    )


def _published(
    seen: Evidence, question: int, given_ttl_s: float | None, changed_us: int | None, former: dict[int, Former]
) -> Published:
    """Return when one name and type was changed."""
    old, new = seen.old_of(question), seen.new_of(question)
    authoritative = seen.observed.authoritative
    told, cached = old[authoritative[old]], old[~authoritative[old]]
    longer = _longer(seen, told, cached, given_ttl_s)
    older = _fetched_earlier(seen, told, cached, longer) if given_ttl_s is None else frozenset()
    outliers = longer - older
    honest = cached[~np.isin(seen.observed.resolver[cached], list(outliers))]
    trusted = np.union1d(told, honest) if older or not len(told) else told
    certain = given_ttl_s is not None or len(told) > 0
    longest_s = given_ttl_s if given_ttl_s is not None else _longest_s(seen, trusted)
    turned = followed(seen, told, new[authoritative[new]])
    # What another server still answers keeps the bound open, and moves nothing; a former one's does not even that.
    silent = np.isin(seen.observed.resolver[told], turned.servers, invert=bool(turned.servers))
    gone = np.isin(seen.observed.resolver[told], list(former))
    after, at = _interval(seen, np.setdiff1d(old, told[silent | gone]), new, longest_s or 0.0, certain=certain)
    servers = np.unique(seen.observed.resolver[np.concatenate([told, new[authoritative[new]]])])
    if at is not None and turned.at_us and len(servers) > 1:  # a cache that is new may have asked the quick one
        at = max(at, *turned.at_us)
    for one in {former[int(server)] for server in seen.observed.resolver[told[gone]]} if at is not None else ():
        after, at = max(after or 0, one.after_us), max(at or 0, one.at_us)
    around_us = changed_us if changed_us is not None else at
    ttl_s = given_ttl_s if given_ttl_s is not None else _ttl_at(seen, trusted, around_us)
    first = at if at is None else min([at, *turned.first_us])
    lives = turned.lives if given_ttl_s is None else None
    if lives is not None and older:
        lives = _or_older(seen, lives, told, cached[np.isin(seen.observed.resolver[cached], list(older))])
    return Published(after, at, first, ttl_s, outliers, lives)


def _longer(seen: Evidence, told: Ints, cached: Ints, given_ttl_s: float | None) -> frozenset[int]:
    """Return the resolvers that stretch the TTL: beyond the authoritative one, or beyond twice all others'."""
    cached = cached[~seen.observed.stale[cached]]  # what has expired is given some seconds, whatever its TTL was
    longest = _by_resolver(seen, cached, seen.remaining_s[cached], -1)
    real_s = given_ttl_s if given_ttl_s is not None else _longest_s(seen, told)
    if real_s is not None:
        return frozenset(np.flatnonzero(longest * SECOND_US > real_s * SECOND_US + ROUNDING_US).tolist())
    order = np.argsort(longest)
    others = int((longest >= 0).sum()) - 1
    if others >= LEAST_OTHERS and longest[order[-1]] > OUTLIER_RATIO * max(longest[order[-2]], 1):
        return frozenset([int(order[-1])])
    return frozenset()


def _fetched_earlier(seen: Evidence, told: Ints, cached: Ints, longer: frozenset[int]) -> frozenset[int]:
    """Return those who show longer TTLs than the servers because the TTL was lowered before anybody asked these.

    One may be odd; where half of all show it in entries that may be older than the first question, it was so.
    """
    at_us, resolver = seen.observed.at_us, seen.observed.resolver
    if not len(told) or not longer:
        return frozenset()
    real_us = int((_longest_s(seen, told) or 0.0) * SECOND_US) + ROUNDING_US
    older = set(longer)
    for number in longer:
        rows = cached[(resolver[cached] == number) & (at_us[cached] >= at_us[told[0]])]
        left_us = seen.remaining_s[rows] * SECOND_US
        if (left_us[1:][np.diff(at_us[rows] + left_us) > ROUNDING_US] > real_us).any():
            older.discard(number)
    enough = max(LEAST_OTHERS, len(np.unique(resolver[cached])) / 2)
    return frozenset(older) if len(older) >= enough else frozenset()


def _or_older(seen: Evidence, lives: Lives, told: Ints, older: Ints) -> Lives:
    """Return how long answers may live, with those of a TTL that was lowered before the servers were first asked."""
    first_us, ttl_s = int(seen.observed.at_us[told[0]]), int(seen.remaining_s[older].max())
    dies_us = seen.observed.at_us[older] + seen.remaining_s[older] * SECOND_US
    until_us = max(first_us + ttl_s * SECOND_US, int(dies_us.max()))
    return lives if lives.until_us >= until_us else Lives(until_us, first_us, ttl_s)


def _longest_s(seen: Evidence, rows: Ints) -> float | None:
    """Return the longest TTL shown [s]; None if none was."""
    longest = int(seen.remaining_s[rows].max(initial=-1))
    return float(longest) if longest >= 0 else None


def _ttl_at(seen: Evidence, old: Ints, changed_us: int | None) -> float | None:
    """Return the TTL that entries alive at the change can have had [s].

    What was fetched more than the longest TTL before the change has expired by then, so that a TTL lowered early
    enough counts as lowered. Before the change, the last answer stands for it.
    """
    longest = _longest_s(seen, old)
    if longest is None:
        return None
    at_us = seen.observed.at_us[old]
    around_us = changed_us if changed_us is not None else int(at_us[-1])
    recent = at_us >= around_us - int(longest * SECOND_US)
    before = old[at_us <= around_us]
    # Where questions are rarer than the TTL is long, the window may hold none that was freshly fetched.
    order = before[np.argsort(seen.observed.resolver[before], kind="stable")]
    of_resolver = seen.observed.resolver[order]
    place = np.searchsorted(of_resolver, of_resolver, side="right") - np.arange(len(order))
    return _longest_s(seen, np.union1d(old[recent], order[place <= LEAST_ANSWERS]))


def _interval(seen: Evidence, old: Ints, new: Ints, ttl_s: float, *, certain: bool) -> tuple[int | None, int | None]:
    """Return the earliest and the latest moment of the change [us], the later one where evidence disagrees.

    The change was published no later than any new entry was fetched, and no earlier than any old one. An authoritative
    server's answer was fetched when it was given. A cache that lies must not move the moment on its own: neither one
    that knew the new address before all others, nor one that keeps the old one for longer than its TTL.
    """
    at_us, authoritative = seen.observed.at_us, seen.observed.authoritative
    told_old, told_new = old[authoritative[old]], new[authoritative[new]]
    hard = int(at_us[told_old].max(initial=0))
    fetched = _fetches_old(seen, old[~authoritative[old]], ttl_s)
    doubt_us = ROUNDING_US if certain else ROUNDING_US + int(ttl_s * SECOND_US)
    if not len(new):
        # Which RRset changes is not known yet: a TTL may be another one's, and only the longest bounds an entry's age.
        after = max(hard, int(at_us[old].max(initial=0)) - int(ttl_s * SECOND_US) - doubt_us)
        return (after if after > 0 else None), None
    candidates = _moments_new(seen, new)
    half = int(fetched[(len(fetched) - 1) // 2]) if len(fetched) else 0
    first = _first_from(candidates, max(hard, half))
    possible = fetched[fetched <= first + int(ttl_s * SECOND_US)]
    at = _first_from(candidates, max(hard, int(possible.max(initial=0))))
    sure_new = at_us[told_new][at_us[told_new] >= hard]
    if len(sure_new):
        at = min(at, int(sure_new.min()))
    # A forwarder that starts TTLs anew makes an entry look younger: caches are asked only where no server was.
    after = hard or int((possible - doubt_us)[possible - doubt_us <= at].max(initial=0))
    return (min(after, at) if after > 0 else None), at


def _first_from(candidates: Ints, start_us: int) -> int:
    """Return the first candidate not before the start, or the start where none is."""
    return int(candidates[candidates >= start_us].min(initial=2**62)) if candidates[-1] >= start_us else start_us


def _moments_new(seen: Evidence, new: Ints) -> Ints:
    """Return moments by which the new address was published, ascending: each sight of it, and each first fetch of it.

    The first entry seen of a resolver was fetched as long ago as its TTL has counted down. The next entry shows where
    it counts from there: clamped or not, that is this cache's own TTL.
    """
    at_us, resolver = seen.observed.at_us, seen.observed.resolver
    cached = new[~seen.observed.authoritative[new]]
    first = cached[np.unique(resolver[cached], return_index=True)[1]]
    dies_us = np.zeros(len(seen.observed.resolvers), dtype=np.int64)
    dies_us[resolver[first]] = at_us[first] + seen.remaining_s[first] * SECOND_US
    later = cached[at_us[cached] > dies_us[resolver[cached]]]
    following = later[np.unique(resolver[later], return_index=True)[1]]
    full_s = np.full(len(seen.observed.resolvers), -1, dtype=np.int64)
    full_s[resolver[following]] = seen.remaining_s[following]
    counted_s = np.maximum(full_s[resolver[first]] - seen.remaining_s[first], 0)
    fetched = at_us[first] - np.maximum(counted_s * SECOND_US - ROUNDING_US, 0)
    return np.sort(np.concatenate([at_us[new], fetched]))


def _fetches_old(seen: Evidence, cached: Ints, ttl_s: float) -> Ints:
    """Return when each resolver fetched its youngest old entry, as its TTLs tell [us], ascending."""
    resolver, remaining = seen.observed.resolver[cached], np.maximum(seen.remaining_s[cached], 0)
    own_s = np.maximum(_by_resolver(seen, cached, remaining, 0), ttl_s)[resolver]
    shown_s = np.where(seen.constant[cached], 0, remaining)
    fetched = seen.observed.at_us[cached] - ((own_s - shown_s) * SECOND_US).astype(np.int64)
    latest = _by_resolver(seen, cached, fetched, -1)
    return np.sort(latest[latest >= 0])


def _by_resolver(seen: Evidence, rows: Ints, values: Ints, least: int) -> Ints:
    """Return the largest value of each resolver; `least` where it has none."""
    largest = np.full(len(seen.observed.resolvers), least, dtype=np.int64)
    np.maximum.at(largest, seen.observed.resolver[rows], values)
    return largest
