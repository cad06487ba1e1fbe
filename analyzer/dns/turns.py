"""Each change of a record that was seen: there, back again, and there once more; and records that were forgotten.

In here times are int64 microseconds of Unix time and `rows` indices of observations in order of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.dns.answers import RANK
from analyzer.dns.evidence import ROUNDING_US, SECOND_US
from analyzer.dns.resolvers import moment
from analyzer.units import rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from analyzer.dns.evidence import Evidence
    from analyzer.dns.observed import Ints
    from analyzer.dns.published import Published

LEAST_BACK = 2  # resolvers that fetched the old address again before caches alone are believed to tell of a rollback
LONG_FORGOTTEN_US = 60 * SECOND_US  # [us] between two edits of one change


@dataclass(frozen=True, slots=True)
class Turn:
    """One change of a record, as its servers published it.

    Attributes
    ----------
    to
        new, or old: a rollback; or, of `moved_on`, the new server's addresses.
    after, at
        The earliest and the latest moment of it: the last answer before it, and the first after it at the last server
        that followed.
    """

    name: str
    type: str
    to: str
    after: datetime | None
    at: datetime


def turns(seen: Evidence) -> tuple[Turn, ...]:
    """Return the changes that the authoritative servers were seen to make, in order of time.

    Parameters
    ----------
    seen
        The evidence.
    """
    found = [turn for question in range(len(seen.observed.questions)) for turn in _turns(seen, question)]
    return tuple(sorted(found, key=lambda turn: (turn.at, turn.name, turn.type)))


def moved_on(seen: Evidence) -> tuple[Turn, ...]:
    """Return where the authoritative servers led from one address of the new server on to another, `to` that one.

    Servers that answer with one of several addresses in turn do not move on: an answer that comes again is none.

    Parameters
    ----------
    seen
        The evidence.
    """
    found = (_moved_on(seen, question) for question in range(len(seen.observed.questions)))
    return tuple(sorted((turn for turn in found if turn), key=lambda turn: (turn.at, turn.name, turn.type)))


def _moved_on(seen: Evidence, question: int) -> Turn | None:
    """Return the last such change of one name and type, if all its servers have made it."""
    observed = seen.observed
    rows = np.flatnonzero(
        (observed.question[: seen.n] == question) & observed.authoritative[: seen.n] & observed.new[: seen.n]
    )
    spans, last = list[tuple[int | None, int]](), set[int]()
    for server in np.unique(observed.resolver[rows]):
        mine = rows[observed.resolver[rows] == server]
        led = observed.led[mine]
        changes = np.flatnonzero(led[1:] != led[:-1])
        if len(np.unique(led)) <= len(changes):
            return None  # one of them came again
        last.add(int(led[-1]))
        if len(changes):
            spans.append((int(observed.at_us[mine[changes[-1]]]), int(observed.at_us[mine[changes[-1] + 1]])))
    if not spans or len(last) != 1:
        return None
    name, kind = observed.questions[question]
    where = ", ".join(observed.led_to[last.pop()])
    return Turn(name, kind, where, _earliest(spans), moment(max(at for _, at in spans)))


def rolled_back(seen: Evidence, parts: Sequence[Published], changes: Sequence[Turn]) -> tuple[str, ...]:
    """Return one sentence for each record that was new, and is old again.

    Where no authoritative server was asked, several resolvers must have fetched the old address after others had the
    new one: a single one may be a pool of caches, or start TTLs anew.

    Parameters
    ----------
    seen, parts
        The evidence, and when each question's records were changed.
    changes
        As `turns` returns them.
    """
    told = []
    for question, (name, kind) in enumerate(seen.observed.questions):
        mine = [turn for turn in changes if (turn.name, turn.type) == (name, kind)]
        if mine and mine[-1].to == "old":
            told.append(f"The {kind} record of {name} was changed back to the old address by {_spoken(mine[-1].at)}.")
        elif not seen.observed.authoritative[: seen.n].any() and _fetched_again(seen, question, parts[question]):
            told.append(
                f"Several resolvers fetched the old {kind} of {name} again after others had the new one: "
                "was the change rolled back?"
            )
    return tuple(told)


def forgotten(seen: Evidence, parts: Sequence[Published]) -> tuple[str, ...]:
    """Return one sentence for each record that still leads to the old server, though another was changed.

    Parameters
    ----------
    seen, parts
        As in `rolled_back`.
    """
    done = [(part.at_us, question) for question, part in enumerate(parts) if part.at_us and _is_new(seen, question)]
    if not done:
        return ()
    changed_us, example = min(done)
    told = []
    for question, (name, kind) in enumerate(seen.observed.questions):
        if parts[question].at_us is None and _still_published(seen, question, changed_us + LONG_FORGOTTEN_US):
            what = "hints at" if kind == "HTTPS" else "leads to"
            other = seen.observed.questions[example]
            than = f"{other[1]} was" if other[0] == name else f"{other[1]} of {other[0]} was"
            told.append(f"The {kind} record of {name} still {what} the old server, though {than} changed: forgotten?")
    return tuple(told)


def led_astray(seen: Evidence) -> tuple[str, ...]:
    """Return one sentence for each record that a server of the zone answers with neither server's address.

    What a resolver answers so may be a block page; the zone's own server has it from the zone.

    Parameters
    ----------
    seen
        The evidence.
    """
    observed = seen.observed
    told = np.flatnonzero(seen.last & observed.authoritative[: seen.n] & (observed.rank[: seen.n] == RANK["neither"]))
    return tuple(
        f"The {kind} record of {name} leads to neither the old nor the new server, as {who} has it: is it mistyped?"
        for (name, kind), who in sorted(
            {observed.questions[observed.question[row]]: observed.rows[row].resolver for row in told}.items()
        )
    )


def _turns(seen: Evidence, question: int) -> list[Turn]:
    """Return the changes of one name and type: the k-th of each server is the same edit, seen as early as it can be."""
    observed = seen.observed
    rows = np.flatnonzero(
        (observed.question[: seen.n] == question)
        & observed.authoritative[: seen.n]
        & (observed.oldish[: seen.n] | observed.new[: seen.n])
    )
    by_turn: dict[int, list[tuple[int | None, int]]] = {}
    for server in np.unique(observed.resolver[rows]):
        mine = rows[observed.resolver[rows] == server]
        is_new = observed.new[mine]
        first = int(is_new[0])  # a server that is new when first asked has made its first turn unseen
        if first:
            by_turn.setdefault(0, []).append((None, int(observed.at_us[mine[0]])))
        for number, place in enumerate(np.flatnonzero(is_new[1:] != is_new[:-1]).tolist(), start=first):
            before, after = int(observed.at_us[mine[place]]), int(observed.at_us[mine[place + 1]])
            by_turn.setdefault(number, []).append((before, after))
    name, kind = observed.questions[question]
    return [
        Turn(name, kind, "old" if number % 2 else "new", _earliest(spans), moment(max(at for _, at in spans)))
        for number, spans in sorted(by_turn.items())
        if any(before is not None for before, _ in spans)
    ]


def _earliest(spans: list[tuple[int | None, int]]) -> datetime | None:
    """Return the last moment before the first server followed."""
    known = [before for before, _ in spans if before is not None]
    return moment(min(known)) if known else None


def _fetched_again(seen: Evidence, question: int, part: Published) -> bool:
    """Return whether resolvers that had the new address have fetched the old one since, and have it still."""
    observed, old, new = seen.observed, seen.old_of(question), seen.new_of(question)
    trusted = old[~seen.constant[old] & ~observed.stale[old]]
    trusted = trusted[~np.isin(observed.resolver[trusted], list(part.outliers))]
    if not len(trusted) or not len(new):
        return False
    first_new: dict[int, int] = {}
    for row in new.tolist():
        first_new.setdefault(int(observed.resolver[row]), int(observed.at_us[row]))
    longest_s = int(seen.remaining_s[trusted].max(initial=0))
    fetched = _fetched_us(seen, trusted, longest_s)
    begun_us = int(np.median(list(first_new.values())))
    back = {
        int(number)
        for number, at_us, last in zip(observed.resolver[trusted], fetched, seen.last[trusted], strict=True)
        if last and number in first_new and at_us > max(first_new[int(number)], begun_us) + ROUNDING_US
    }
    return len(back) >= max(LEAST_BACK, len(first_new) / 2)


def _fetched_us(seen: Evidence, rows: Ints, longest_s: int) -> Ints:
    """Return the earliest moment at which each entry can have been fetched, if TTLs are `longest_s` at most."""
    left_s = np.maximum(seen.remaining_s[rows], 0)
    fetched: Ints = seen.observed.at_us[rows] - (longest_s - left_s) * SECOND_US
    return fetched


def _is_new(seen: Evidence, question: int) -> bool:
    """Return whether the last answers to a question are new, at the authoritative servers if any was asked."""
    observed = seen.observed
    last = np.flatnonzero(seen.last & (observed.question[: seen.n] == question))
    told = last[observed.authoritative[last]]
    return bool(observed.new[told].all()) if len(told) else bool(observed.new[last].any())


def _still_published(seen: Evidence, question: int, after_us: int) -> bool:
    """Return whether an old address was fetched, or told with authority, after a moment."""
    observed, old = seen.observed, seen.old_of(question)
    told = old[observed.authoritative[old]]
    if len(told):
        return bool((observed.at_us[told] > after_us).any())
    trusted = old[~seen.constant[old] & ~observed.stale[old]]
    if not len(trusted):
        return False
    fetched = _fetched_us(seen, trusted, int(seen.remaining_s[trusted].max(initial=0)))
    return len(np.unique(observed.resolver[trusted[fetched > after_us]])) >= LEAST_BACK


def _spoken(at: datetime) -> str:
    """Return a moment to the second, for people."""
    return rfc3339(at.replace(microsecond=0))
