"""What was out of the ordinary and is reckoned with, by name: a rollback, a crowd, monitors, accepted clients, offices.

None of these forbids anything by itself. They are told, so that whoever reads the verdict knows what it rests on, and
whom to ask.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.moves import came_back
from analyzer.drain.others import ACCEPTED, ITSELF
from analyzer.drain.rules.case import moment, number, some_of
from analyzer.drain.verdict import Reason
from analyzer.units import DAY_S, HOUR_S, spoken_duration, spoken_share

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analyzer.dns.propagation import Propagation, Turn
    from analyzer.drain.crowds import Crowd
    from analyzer.drain.others import Others
    from analyzer.drain.rules.case import Case

TOGETHER_S = HOUR_S  # [s] record types that are changed within it were changed together
CROWDS_NAMED = 2  # the greatest ones
QUIET_NAMED = 3  # days, the latest ones


def turned_once(case: Case) -> Reason:
    """Return how the DNS was turned: once, back and forth, one type later than another, or on to a third address."""
    rule, seen = "turned-once", case.evidence.propagation
    if seen is None or not any(one.authoritative for one in seen.resolvers):
        text = "No authoritative server was asked: that the change was made once, and for all types, is not known."
        return Reason(rule, passed=None, sentence=text)
    told = [*seen.warnings[:1], *_back_and_forth(seen), *_apart(seen), *_on(seen)]
    if not told:
        return Reason(rule, passed=True, sentence="The authoritative servers were not seen to turn more than once.")
    return Reason(rule, passed=not seen.warnings, sentence=" ".join(told), value=len(seen.turns), unit="turns")


def _back_and_forth(seen: Propagation) -> Iterator[str]:
    """Yield a sentence for each record that was changed back and made new again."""
    for (name, kind), some in groupby(sorted(seen.turns, key=_record), key=_record):
        mine = list(some)
        backs = [turn for turn in mine if turn.to == "old"]
        if backs and mine[-1].to == "new":
            yield (
                f"The {kind} record of {name} was turned back to the old address by {_at(backs[-1])} and to the new "
                f"one again by {_at(mine[-1])}: clients are taken to leave from then on."
            )


def _apart(seen: Propagation) -> Iterator[str]:
    """Yield a sentence for each record that followed the first one of its name late: a forgotten AAAA."""
    for name, some in groupby(sorted(seen.turns, key=lambda turn: (turn.name, turn.at)), key=lambda turn: turn.name):
        first: dict[str, Turn] = {}
        for turn in some:
            first.setdefault(turn.type, turn)
        news = sorted((turn for turn in first.values() if turn.to == "new"), key=lambda turn: turn.at)
        for late in news[1:]:
            apart_s = (late.at - news[0].at).total_seconds()
            if apart_s > TOGETHER_S:
                yield (
                    f"The {late.type} record of {name} was changed by {_at(late)}, {spoken_duration(apart_s)} after "
                    f"its {news[0].type} record: until then it led to the old server."
                )


def _on(seen: Propagation) -> Iterator[str]:
    """Yield a sentence for each record that led on to another address of the new server."""
    for turn in seen.moved_on:
        yield (
            f"The {turn.type} record of {turn.name} was changed a second time, to {turn.to} by {_at(turn)}: "
            "nothing changes for the old address."
        )


def _record(turn: Turn) -> tuple[str, str]:
    return turn.name, turn.type


def _at(turn: Turn) -> str:
    return moment(turn.at.timestamp())


def demand_usual(case: Case) -> Reason:
    """Return whether as many people came since the change as is normal: a crowd, or a holiday, is none."""
    rule, now = "demand-usual", case.forecast
    if now is None or now.normal.visits_per_day is None:
        return Reason(rule, passed=None, sentence="Without a log from before the change nobody knows what is usual.")
    quiet = [
        (start_s, share)
        for start_s, share in zip(now.normal.quiet.start_s, now.normal.quiet.share, strict=True)
        if start_s + DAY_S > now.change_s
    ]
    told = [*_of_crowds(now.crowds), *_of_quiet(quiet)]
    if told:
        return Reason(rule, passed=True, sentence=" ".join(told), value=len(now.crowds) + len(quiet), unit="stretches")
    text = "About as many people came since the change as is normal."
    if not now.new_known:
        text = "No crowd came to the old server since the change."
    return Reason(rule, passed=True, sentence=text, value=0, unit="stretches")


def _of_crowds(crowds: Sequence[Crowd]) -> Iterator[str]:
    """Yield a sentence for the greatest crowds."""
    greatest = sorted(crowds, key=lambda one: one.usual - one.came)[:CROWDS_NAMED]
    for one in sorted(greatest, key=lambda one: one.start_s):
        yield (
            f"A crowd came from {moment(one.start_s)} to {moment(one.end_s)}: {number(one.came)} visits, where "
            f"{number(one.usual)} are usual; who came once with it is not waited for."
        )
    if len(crowds) > CROWDS_NAMED:
        yield f"There were {len(crowds) - CROWDS_NAMED} lesser ones."


def _of_quiet(days: Sequence[tuple[float, float]]) -> Iterator[str]:
    """Yield a sentence of the quiet days since the change."""
    if days:
        named = ", ".join(f"{moment(start_s)[:10]} ({spoken_share(share)})" for start_s, share in days[-QUIET_NAMED:])
        more = f" and {len(days) - QUIET_NAMED} before" if len(days) > QUIET_NAMED else ""
        yield f"Fewer people than usual came on {named}{more}: such days prove less, and count as that share."


def others_apart(case: Case) -> Reason:
    """Return who came in the last 24 hours and does not count, and what to do about monitors."""
    rule = "others-apart"
    if case.others is None:
        return Reason(rule, passed=None, sentence="Who comes and does not count was not looked at.")
    if not case.others:
        text = "In the last 24 hours nobody came to the old address who does not count."
        return Reason(rule, passed=True, sentence=text, value=0, unit="requests")
    requests = sum(one.requests for one in case.others)
    told = "; ".join(_of_others(one) for one in case.others)
    text = f"In the last 24 hours {number(requests)} requests came to the old address that do not count: {told}."
    return Reason(rule, passed=True, sentence=text, value=requests, unit="requests")


def _of_others(one: Others) -> str:
    """Return what is said of one kind."""
    asked = f"{number(one.requests)} from {number(one.clients)}"
    who = some_of(one.addresses)
    if one.kind == ITSELF:
        return f"{number(one.requests)} from the old server itself"
    if one.kind == ACCEPTED:
        return f"{asked} accepted {'client' if one.clients == 1 else 'clients'} ({who})"
    text = f"{asked} {one.kind}{'' if one.clients == 1 else 's'}"
    return f"{text} ({who}), yours to point at the new server" if one.kind == "monitor" else text


def both_servers(case: Case) -> Reason:
    """Return who came back to the old server after a direct visit to the new one: offices behind one address."""
    rule, now = "both-servers", case.forecast
    if now is None or not now.new_known:
        text = "Without the new server's log nobody knows who comes to both."
        return Reason(rule, passed=None, sentence=text)
    rows = np.flatnonzero(came_back(now.clients, now.law))
    if not len(rows):
        text = "Since every cache has expired nobody came back to the old server from the new one."
        return Reason(rule, passed=True, sentence=text, value=0, unit="clients")
    who = case.evidence.old.clients["address"].iloc[now.clients.code[rows]].astype(str).tolist()
    came = "1 client came" if len(rows) == 1 else f"{number(len(rows))} clients came"
    text = (
        f"{came} to the old server again after a direct visit to the new one ({some_of(who)}): several machines behind "
        "an address, or several resolvers. A direct visit does not clear such a client, several in a row do."
    )
    return Reason(rule, passed=True, sentence=text, value=len(rows), unit="clients")
