"""One round of questions: what options say is to be asked, the asking, the keeping, the judging."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.cli.console import duration_option, now, printable, warn
from analyzer.cli.dns_evidence import recorded, seen_at
from analyzer.cli.dns_options import TIME_LIMIT
from analyzer.errors import Fault, InputError, UsageError
from analyzer.units import spoken_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from analyzer.cli.dns_pace import Pace
    from analyzer.dns.ask import Limits
    from analyzer.dns.catalogue import Selection
    from analyzer.dns.delegation import Delegated
    from analyzer.dns.plan import Plan
    from analyzer.dns.propagation import Propagation
    from analyzer.migration import Migration

LONGEST_QUESTION_S = 60.0
LIST_BYTES = 1 << 22
MOST_NAMED = 20  # resolvers in one line of talk


@dataclass(frozen=True, slots=True)
class Asked:
    """How a migration's resolvers are asked."""

    mine: Migration
    selection: Selection
    limits: Limits
    recurse: bool


def prepared(
    config: Path,
    *,
    resolver: list[str] | None,
    own_list: Path | None = None,
    time_limit: str = TIME_LIMIT,
    ca: Path | None = None,
    subnet: str | None = None,
    recurse: bool = True,
) -> Asked:
    """Return what the options of a command that asks mean.

    Raises
    ------
    CutoverError
        If one of them, or cutover.toml, cannot be used.
    """
    from analyzer.dns.ask import system_resolvers
    from analyzer.dns.catalogue import select
    from analyzer.dns.plan import DEFAULT_RESOLVERS
    from analyzer.migration import load

    mine = load(config)
    listed = [] if own_list is None else _own_list(own_list)
    words = [*(resolver or ([] if listed else mine.dns.resolvers or DEFAULT_RESOLVERS)), *listed]
    limits = limits_of(time_limit, ca, subnet)
    selection = select(words, system=system_resolvers())
    if not selection.targets and not selection.authoritative:
        raise UsageError(Fault("nobody to ask", "--resolver", " ".join(words), "this machine names no resolver itself"))
    return Asked(mine, selection, limits, recurse)


def take(asked: Asked, pace: Pace, tell: Callable[[str], None] | None = None) -> tuple[dict[str, Any], ...]:
    """Return the answers to one round of questions.

    Parameters
    ----------
    asked
        How resolvers are asked.
    pace
        Whom the rounds before have asked; who was asked too short a time ago is left out.
    tell
        Called with what is to be said of who is left out.
    """
    from analyzer.dns.ask import ask_all
    from analyzer.dns.plan import PUBLIC_PAUSE_S

    at = now()
    asks, early = pace.parted(_plan(asked, pace, at).asks, at)
    records = ask_all(asks, clock=now, limits=asked.limits)
    pace.took(records, at)
    if early and tell is not None:
        ago = f"asked less than {spoken_duration(PUBLIC_PAUSE_S)} ago, and left out of this round"
        tell(f"{ago}: {', '.join(map(printable, early[:MOST_NAMED]))}{', …' if len(early) > MOST_NAMED else ''}")
    return records


def keep(records: Sequence[dict[str, Any]], state: Path | None, out: Path | None) -> None:
    """Record answers in the state, and append them to a file.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    if state is not None:
        from analyzer.state import State

        with State.open(state) as kept:
            kept.record_questions(records)
    if out is not None:
        try:
            with out.open("a", encoding="utf-8") as file:
                file.write("".join(json.dumps(one, allow_nan=False) + "\n" for one in records))
        except OSError as error:
            raise InputError(Fault(f"cannot be written: {error.strerror}", str(out), remedy="check --out")) from None


def judged(mine: Migration, records: Sequence[dict[str, Any]], state: Path | None) -> Propagation:
    """Return what all that is recorded says now, with these answers."""
    from datetime import timedelta

    from analyzer.dns.snapshots import read_snapshots
    from analyzer.units import parse_moment

    at = max([now(), *(parse_moment(one["at"]) for one in records)]) + timedelta(milliseconds=1)
    if state is None and not mine.dns.snapshots:
        return seen_at(mine, read_snapshots([], (json.dumps(one) for one in records)), at)
    return seen_at(mine, recorded(mine, state), at)


def warn_planted(asked: Asked, records: Sequence[dict[str, Any]], seen: Propagation) -> None:
    """Warn where asking before the change plants the old record."""
    from analyzer.dns.plan import plan, planted

    if seen.changed_at is None and asked.recurse:
        asks = plan(asked.mine.names, asked.selection.targets, floor_s=asked.limits.floor_s).asks
        now_asked = {one["resolver"] for one in records}
        warn(
            planted(
                asks,
                [
                    one.resolver
                    for one in seen.resolvers
                    if one.on_old and not one.authoritative and one.resolver in now_asked
                ],
            )
        )


def _plan(asked: Asked, pace: Pace, at: datetime) -> Plan:
    """Return the questions of one round; the zones' own servers are searched for first, where they are wanted."""
    from analyzer.dns.plan import plan

    names, targets = asked.mine.names, asked.selection.targets
    servers = pace.known_servers(names, at)
    if servers is None and asked.selection.authoritative:
        servers = _searched(asked, pace, at)
        warn(servers.troubles)
        pace.servers = (at, names, servers) if servers.asks else None  # what was not found is searched for again
    own = () if servers is None or not asked.selection.authoritative else servers.asks
    return plan(names, targets, own, recurse=asked.recurse, floor_s=asked.limits.floor_s)


def _searched(asked: Asked, pace: Pace, at: datetime) -> Delegated:
    """Return the zones' own servers, without asking those who are to be left alone yet."""
    from analyzer.dns.ask import find_servers, system_resolvers
    from analyzer.dns.catalogue import select
    from analyzer.dns.delegation import delegated
    from analyzer.dns.plan import too_early, via

    system = select(["system"], system=system_resolvers()).targets
    early = too_early(asked.selection.targets, pace.asked, at)
    steps = delegated(asked.mine.names, via([one for one in asked.selection.targets if one not in early], system))
    return find_servers(steps, clock=now, limits=asked.limits)


def limits_of(time_limit: str, ca: Path | None, subnet: str | None) -> Limits:
    """Return the limits that options name."""
    import ipaddress

    from analyzer.dns.ask import Limits

    seconds = duration_option(time_limit, "--time-limit")
    if seconds > LONGEST_QUESTION_S:
        raise UsageError(Fault("longer than a minute", "--time-limit", time_limit, "write one like 3s"))
    if subnet is not None:
        try:
            subnet = str(ipaddress.ip_network(subnet, strict=False))
        except ValueError:
            raise UsageError(Fault("not a network", "--subnet", subnet, "write one like 203.0.113.0/24")) from None
    return Limits(question_s=seconds, ca=ca, subnet=subnet)


def _own_list(path: Path) -> list[str]:
    """Return the resolvers of a file."""
    from analyzer.dns.catalogue import own_list

    try:
        with path.open("rb") as file:
            text = file.read(LIST_BYTES).decode("utf-8", "replace")
    except OSError as error:
        what = f"the list cannot be read: {error.strerror}"
        raise InputError(Fault(what, str(path), remedy="check --list")) from None
    return list(own_list(text, str(path)))
