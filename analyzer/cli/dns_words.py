"""What the DNS answers say, as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analyzer.cli.console import printable
from analyzer.units import rfc3339, spoken_duration

if TYPE_CHECKING:
    from datetime import datetime

    from analyzer.dns.propagation import Propagation, ResolverState

SCHEMA = "cutover.dns-show/1"
ALL_NEW, STILL_OLD, UNKNOWN = 0, 10, 12  # exit status
NAME_LENGTH = 44  # [characters] of a resolver in the table


def exit_status(seen: Propagation) -> int:
    """Return 0 if nobody can still answer old, 10 if somebody does or may, 12 if nothing was recorded."""
    if not seen.resolvers:
        return UNKNOWN
    waiting = seen.last_old_expires_at is not None and seen.last_old_expires_at > seen.at
    return STILL_OLD if seen.on_old or waiting or seen.authoritative_agree is False else ALL_NEW


def as_json(seen: Propagation) -> dict[str, Any]:
    """Return the propagation as one JSON object."""
    return {
        "schema": SCHEMA,
        "at": rfc3339(seen.at),
        "changed_after": _moment(seen.changed_after),
        "changed_at": _moment(seen.changed_at),
        "ttl_s": seen.ttl_s,
        "resolvers": len(seen.resolvers),
        "on_new": seen.on_new,
        "on_old": seen.on_old,
        "failing": seen.failing,
        "authoritative_agree": seen.authoritative_agree,
        "last_old_expires_at": _moment(seen.last_old_expires_at),
        "first_at": _moment(seen.first_at),
        "last_at": _moment(seen.last_at),
        "answers": [_state_json(one) for one in seen.resolvers],
    }


def _state_json(one: ResolverState) -> dict[str, Any]:
    """Return one resolver's state as a JSON object."""
    return {
        "resolver": one.resolver,
        "transport": one.transport,
        "name": one.name,
        "type": one.type,
        "state": one.state,
        "asked_at": rfc3339(one.asked_at),
        "old_expires_at": _moment(one.old_expires_at),
        "ttl_s": one.ttl_s,
        "authoritative": one.authoritative,
        "facts": list(one.facts),
    }


def as_text(seen: Propagation) -> list[str]:
    """Return the propagation as lines for a terminal: those still on the old address first."""
    if not seen.resolvers:
        return [f"No answer was recorded up to {_spoken(seen.at)}."]
    counts = f"{seen.on_new} of {len(seen.resolvers)} resolvers answer with the new address, {seen.on_old} with the old"
    lines = [f"{counts}, {seen.failing} not at all.", _change_sentence(seen), *_bound_sentences(seen), ""]
    order = {"old": 0, "mixed": 1, "failing": 2, "neither": 3, "empty": 4}
    listed = sorted(seen.resolvers, key=lambda one: (order.get(one.state, 5), one.resolver))
    return lines + [_row(one, seen.at) for one in listed]


def _change_sentence(seen: Propagation) -> str:
    """Return when the change was published, as a sentence."""
    if seen.changed_at is None:
        return "No change has been seen: nobody has answered with the new address yet."
    ttl = "" if seen.ttl_s is None else f" The TTL before it was {spoken_duration(seen.ttl_s)}."
    if seen.changed_after is None or seen.changed_after == seen.changed_at:
        return f"The change was published at {_spoken(seen.changed_at)} or before.{ttl}"
    return f"The change was published between {_spoken(seen.changed_after)} and {_spoken(seen.changed_at)}.{ttl}"


def _bound_sentences(seen: Propagation) -> list[str]:
    """Return until when the old address may be answered, and whether the zone's own servers agree."""
    lines = []
    until = seen.last_old_expires_at
    if until is not None:
        past = "expired" if until <= seen.at else "expires"
        lines.append(f"The last old answer that was seen {past} at {_spoken(until)}.")
    if seen.authoritative_agree is False:
        lines.append("The authoritative servers do not all answer with the new address: caches keep learning the old.")
    return lines


def _row(one: ResolverState, at: datetime) -> str:
    """Return one resolver as a line of the table."""
    name = printable(one.resolver)[:NAME_LENGTH] + (" (authoritative)" if one.authoritative else "")
    cells = [f"{one.state:<8}", f"{name:<{NAME_LENGTH}}", f"{printable(one.type):<5}", f"asked {_spoken(one.asked_at)}"]
    if one.old_expires_at is not None and (one.on_old or one.old_expires_at > at):
        cells.append(f"old until {_spoken(one.old_expires_at)}")
    return "  ".join([*cells, *(printable(fact) for fact in one.facts)])


def _spoken(moment: datetime) -> str:
    """Return a moment to the second, for people."""
    return rfc3339(moment.replace(microsecond=0))


def _moment(moment: datetime | None) -> str | None:
    """Return a moment as contract text, if there is one."""
    return None if moment is None else rfc3339(moment)
