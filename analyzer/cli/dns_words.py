"""What the DNS answers say, as text and as JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from analyzer.cli.console import printable
from analyzer.units import rfc3339, spoken_duration

if TYPE_CHECKING:
    from datetime import datetime

    from analyzer.dns.propagation import Beyond, Propagation, ResolverState, Turn, Zone
    from analyzer.dns.zones import Delegation

SCHEMA = "cutover.dns-show/1"
ALL_NEW, STILL_OLD, UNKNOWN = 0, 10, 12  # exit status
NAME_LENGTH = 44  # [characters] of a resolver in the table


def exit_status(seen: Propagation) -> int:
    """Return 0 if nobody can still answer old, 10 if somebody does or may, 12 if nothing usable was recorded."""
    told = any(one.on_old or _tells_new(one) for one in seen.resolvers)
    waiting = seen.last_old_expires_at is not None and seen.last_old_expires_at > seen.at
    if told and (seen.on_old or waiting or seen.authoritative_agree is False):
        return STILL_OLD
    astray = any(one.authoritative and one.state == "neither" for one in seen.resolvers)
    return ALL_NEW if told and not astray else UNKNOWN


def _tells_new(one: ResolverState) -> bool:
    """Return whether a resolver gives the new address, and at worst no other: one that fails may hide an old one."""
    return one.state in {"new", "empty"} and any(kind.state == "new" for kind in one.kinds)


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
        "bound": None if seen.bound is None else {"at": _moment(seen.bound.at), "because": seen.bound.because},
        "beyond": [_beyond_json(one) for one in seen.beyond],
        "turns": [_turn_json(one) for one in seen.turns],
        "moved_on": [_turn_json(one) for one in seen.moved_on],
        "zones": [_zone_json(one) for one in seen.zones],
        "warnings": list(seen.warnings),
        "first_at": _moment(seen.first_at),
        "last_at": _moment(seen.last_at),
        "answers": [_state_json(one) for one in seen.resolvers],
    }


def _state_json(one: ResolverState) -> dict[str, Any]:
    """Return one resolver's state as a JSON object."""
    from analyzer.dns.catalogue import purge_page, whose

    operator, country = whose(one.resolver)
    return {
        "resolver": one.resolver,
        "transport": one.transport,
        "operator": operator or None,
        "country": country or None,
        "name": one.name,
        "type": one.type,
        "state": one.state,
        "asked_at": rfc3339(one.asked_at),
        "old_expires_at": _moment(one.old_expires_at),
        "ttl_s": one.ttl_s,
        "authoritative": one.authoritative,
        "entries": one.entries,
        "purge_page": purge_page(one.resolver),
        "kinds": [
            {
                "name": kind.name,
                "type": kind.type,
                "state": kind.state,
                "asked_at": rfc3339(kind.asked_at),
                "old_expires_at": _moment(kind.old_expires_at),
                "entries": kind.entries,
            }
            for kind in one.kinds
        ],
        "facts": list(one.facts),
    }


def _beyond_json(one: Beyond) -> dict[str, Any]:
    """Return a resolver that goes beyond the bound as a JSON object."""
    told = {"resolver": one.resolver, "name": one.name, "type": one.type, "until": rfc3339(one.until)}
    return told | {"over": one.over, "because": one.because}


def _turn_json(one: Turn) -> dict[str, Any]:
    """Return a change as a JSON object."""
    return {"name": one.name, "type": one.type, "to": one.to, "after": _moment(one.after), "at": rfc3339(one.at)}


def _zone_json(zone: Zone) -> dict[str, Any]:
    """Return a zone as a JSON object."""
    return {
        "name": zone.name,
        "servers": [
            {
                "server": one.server,
                "serial": one.serial,
                "behind": one.behind,
                "lame": one.lame,
                "former": one.former,
                "problem": one.problem,
            }
            for one in zone.servers
        ],
        "child": _delegation_json(zone.child),
        "parent": _delegation_json(zone.parent),
        "moved_at": _moment(zone.moved_at),
    }


def _delegation_json(one: Delegation | None) -> dict[str, Any] | None:
    """Return an NS RRset as a JSON object."""
    return None if one is None else {"servers": sorted(one.servers), "ttl_s": one.ttl_s}


def as_text(seen: Propagation) -> list[str]:
    """Return the propagation as lines for a terminal: those still on the old address first."""
    if not seen.resolvers:
        return [f"No answer was recorded up to {spoken(seen.at)}."]
    width = min(NAME_LENGTH, max(len(label(one)) for one in seen.resolvers))
    return [*head(seen), "", *(_row(one, seen.at, width) for one in ranked(seen))]


def head(seen: Propagation) -> list[str]:
    """Return what there is to say before the table, as sentences."""
    counts = f"{seen.on_new} of {len(seen.resolvers)} resolvers answer with the new address, {seen.on_old} with the old"
    told = [f"{counts}, {seen.failing} not at all.", _change_sentence(seen), *_bound_sentences(seen)]
    told += _purge_sentences(seen)
    return [*told, *(f"Warning: {printable(warning)}" for warning in seen.warnings)]


def _purge_sentences(seen: Propagation) -> list[str]:
    """Return where caches that still have the old address can be emptied by hand; before the change it is no use."""
    from analyzer.dns.catalogue import purge_page

    old = [one.resolver for one in seen.resolvers if one.on_old and not one.authoritative]
    pages = {page for page in map(purge_page, old) if page is not None} if seen.changed_at is not None else ()
    return [f"A cache that has the old address still can be emptied by hand: {page}" for page in sorted(pages)]


def ranked(seen: Propagation) -> list[ResolverState]:
    """Return the resolvers, those still on the old address first."""
    order = {"old": 0, "mixed": 1, "failing": 2, "neither": 3, "empty": 4}
    return sorted(seen.resolvers, key=lambda one: (order.get(one.state, 5), one.resolver))


def _change_sentence(seen: Propagation) -> str:
    """Return when the change was published, as a sentence."""
    if seen.changed_at is None:
        return "No change has been seen: nobody has answered with the new address yet."
    last = {(turn.name, turn.type): turn for turn in seen.turns}
    if last and all(turn.to == "old" for turn in last.values()):
        return f"The change was seen, and was taken back by {spoken(max(turn.at for turn in last.values()))}."
    ttl = "" if seen.ttl_s is None else f" The TTL before it was {spoken_duration(seen.ttl_s)}."
    if seen.changed_after is None or seen.changed_after == seen.changed_at:
        return f"The change was published at {spoken(seen.changed_at)} or before.{ttl}"
    return f"The change was published between {spoken(seen.changed_after)} and {spoken(seen.changed_at)}.{ttl}"


def _bound_sentences(seen: Propagation) -> list[str]:
    """Return until when the old address may be answered, by whom, and whether the zone's own servers agree."""
    lines = []
    if seen.bound is not None and seen.bound.at is not None:
        because = printable(seen.bound.because)
        lines.append(f"No cache that honours TTLs can answer old after {_up(seen.bound.at)}. {because}")
    elif seen.bound is not None and seen.changed_at is not None:
        lines.append(f"Until when caches may answer old cannot be said. {printable(seen.bound.because)}")
    for one in seen.beyond:
        verb = "kept" if one.over else "keeps"
        who = f"{printable(one.resolver)} {verb} the old {printable(one.type)} beyond that, until {_up(one.until)}"
        lines.append(f"{who}: it {printable(one.because)}.")
    until = seen.last_old_expires_at
    if until is not None:
        past = "expired" if until <= seen.at else "expires"
        lines.append(f"The last old answer that was seen {past} at {spoken(until)}.")
    if seen.authoritative_agree is False:
        lines.append("The authoritative servers do not all answer with the new address: caches keep learning the old.")
    return lines


def _row(one: ResolverState, at: datetime, width: int) -> str:
    """Return one resolver as a line of the table."""
    from analyzer.dns.catalogue import whose

    kinds = " ".join(f"{printable(kind)} {state}," for kind, state in by_type(one).items()).rstrip(",")
    cells = [f"{one.state:<8}", f"{label(one)[:width]:<{width}}", f"{whose(one.resolver)[1]:<2}", f"{kinds:<18}"]
    cells.append(f"asked {spoken(one.asked_at)}")
    if one.old_expires_at is not None and (one.on_old or one.old_expires_at > at):
        cells.append(f"old until {spoken(one.old_expires_at)}")
    return "  ".join([*cells, *(printable(fact) for fact in one.facts)])


def by_type(one: ResolverState) -> dict[str, str]:
    """Return the worst state of each record type that a resolver was asked for."""
    from analyzer.dns.answers import RANK

    worst: dict[str, str] = {}
    for kind in one.kinds:
        if kind.type not in worst or RANK[kind.state] > RANK[worst[kind.type]]:
            worst[kind.type] = kind.state
    return worst


def label(one: ResolverState) -> str:
    """Return a resolver's name, printable and short, and whether it is a server of the zone."""
    return printable(one.resolver)[:NAME_LENGTH] + (" (authoritative)" if one.authoritative else "")


def spoken(moment: datetime) -> str:
    """Return a moment to the second, for people."""
    return rfc3339(moment.replace(microsecond=0))


def _up(moment: datetime) -> str:
    """Return a moment rounded up to the second: nothing is promised too early."""
    return spoken(moment + timedelta(microseconds=999_999))


def _moment(moment: datetime | None) -> str | None:
    """Return a moment as contract text, if there is one."""
    return None if moment is None else rfc3339(moment)
