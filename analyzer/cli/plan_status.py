"""What `cutover plan` looks at: the TTL of today, and for --status everything that was recorded or can be asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from analyzer.cli.console import say, warn
from analyzer.cli.dns_evidence import recorded, seen_at, state_file
from analyzer.errors import CutoverError
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from analyzer.dns.propagation import Propagation
    from analyzer.handover.asking import Certificate
    from analyzer.handover.checklist.model import Ttl
    from analyzer.handover.checklist.status import LogSeen, Sight
    from analyzer.migration import Migration

ASSUMED_TTL_S = float(DAY_S)  # [s] what zones have that nobody looks after: the longest usual value
REHEARSAL = "rehearsal"  # key under which the state keeps the last rehearsal


def ttl_today(mine: Migration, state: Path | None, *, offline: bool) -> Ttl:
    """Return the TTL of today: asked from the authoritative servers, else recorded, else as cutover.toml says."""
    from analyzer.handover.checklist import Ttl, published_ttl

    kept = _recorded(mine, state_file(mine, state))
    longest_s, last_s = published_ttl(kept, mine.names), published_ttl(kept[-len(mine.names) :], mine.names)
    usual_s = max(mine.ttl_s or 0.0, longest_s or 0.0)
    asked_s = None if offline else _asked_ttl(mine)
    if asked_s is not None:
        return Ttl(asked_s, max(asked_s, usual_s), "asked from the authoritative servers")
    if last_s is not None:
        return Ttl(last_s, max(last_s, usual_s), "as the authoritative servers' last recorded answers say")
    if mine.ttl_s is not None:
        return Ttl(mine.ttl_s, mine.ttl_s, f"as {mine.source.name} says")
    return Ttl(ASSUMED_TTL_S, ASSUMED_TTL_S, "assumed", assumed=True)


def _asked_ttl(mine: Migration) -> float | None:
    """Return the TTL that the authoritative servers give now; None if they cannot be asked."""
    from analyzer.cli.dns_pace import Pace
    from analyzer.cli.dns_round import prepared, take
    from analyzer.handover.checklist import published_ttl

    try:
        found = published_ttl(take(prepared(mine.source, resolver=["authoritative"]), Pace()), mine.names)
    except CutoverError as error:
        say(f"cutover: the authoritative servers cannot be asked: {error.faults[0]}")
        return None
    if found is None:
        say("cutover: no authoritative server answered; what is recorded is used (--offline asks nobody)")
    return found


def _recorded(mine: Migration, state: Path) -> list[dict[str, Any]]:
    """Return the authoritative servers' recorded answers with addresses, by their time."""
    try:
        questions = recorded(mine, state).questions
    except CutoverError:
        return []
    own = questions[questions["authoritative"] & questions["name"].isin(mine.names)].sort_values("at", kind="stable")
    told = zip(own["name"], own["answers"], strict=True)
    return [
        {"authoritative": True, "name": name, "answers": [{"type": one.type, "ttl": one.ttl_s} for one in answers]}
        for name, answers in told
        if answers
    ]


def change_known(mine: Migration, state: Path | None, at: datetime) -> datetime | None:
    """Return when the change was published, as cutover.toml or recorded answers say; None if neither does."""
    if mine.changed_at is not None:
        return mine.changed_at
    seen = _propagation(mine, state_file(mine, state), at)
    return None if seen is None else seen.changed_at


def looked(mine: Migration, at: datetime, state: Path | None, ca: Path | None, *, offline: bool) -> Sight:
    """Return everything that can be looked at."""
    from analyzer.handover.canary import NOTE, read_canaries
    from analyzer.handover.checklist import Sight

    place = state_file(mine, state)
    notes: list[str] = []
    rehearsal: str | None = None
    verdict = None
    if place.exists():
        from analyzer.state import State

        with State.open(place, create=False) as kept:
            notes, rehearsal = list(kept.notes(NOTE)), kept.noted(REHEARSAL)
            for verdict in kept.verdicts():  # noqa: B007 -- the last one is wanted
                pass
    return Sight(
        at=at,
        log=_log(mine),
        propagation=_propagation(mine, place, at),
        canaries=tuple(sorted(read_canaries(notes), key=lambda one: one.at)),
        certificates=() if offline else tuple(_certificates(mine, ca)),
        rehearsal=None if rehearsal is None else json.loads(rehearsal),
        verdict=verdict,
    )


def _propagation(mine: Migration, state: Path, at: datetime) -> Propagation | None:
    """Return what recorded answers say; None if there are none."""
    try:
        return seen_at(mine, recorded(mine, state), at)
    except CutoverError:
        return None


def _certificates(mine: Migration, ca: Path | None) -> Iterable[Certificate]:
    """Yield what each new address shows for each name."""
    from analyzer.handover.asking import PORTS, Server, certificate

    for address in mine.new:
        for name in mine.names:
            yield certificate(Server("new", address, PORTS["https"], "https"), name, ca)


def _log(mine: Migration) -> LogSeen | None:
    """Return what the logs hold; None if the old one cannot be read."""
    from analyzer.handover.checklist.status import LogSeen
    from analyzer.logs.reading import read_activity

    if mine.old_logs is None:
        return None
    try:
        old = read_activity(mine.old_logs.paths, mine.old_logs.format, names=mine.names)
    except CutoverError as error:
        warn([str(error.faults[0])])
        return None
    firsts = [one.first for one in old.files if one.first]
    lasts = [one.last for one in old.files if one.last]
    return LogSeen(
        lines=sum(one.lines for one in old.files),
        quarantined=sum(one.quarantined for one in old.files),
        first=min(firsts, default=None),
        last=max(lasts, default=None),
        from_proxy=_from_proxy(mine),
        directives=old.directives,
    )


def _from_proxy(mine: Migration) -> int | None:
    """Return how many requests the new log has from the old server's addresses; None if it cannot be read."""
    from analyzer.handover.downtime.reading import count_from_proxy

    if mine.new_logs is None:
        return None
    old = [str(address) for address in mine.old]
    try:
        return count_from_proxy(mine.new_logs.paths, mine.new_logs.format, old, mine.names)
    except CutoverError:
        return None
