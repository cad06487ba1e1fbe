"""Who is left: the table of the clients that still used the old address, as rows of plain printable values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.report.sentences import SENTENCE_LENGTH, spoken_rhythm
from analyzer.words import Stamp, amount, counted, stamp, visible, whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from analyzer.drain.verdict import Straggler, Verdict
    from analyzer.migration import Policy

LEFT_SHOWN = 20  # clients in the table; the others are told by number and sum
AGENT_LENGTH = 120  # [characters] of an agent: tells any browser apart
NAME_LENGTH = 80  # [characters] of a client's name
CLIENT_LENGTH = 64  # [characters] of a client: an IPv6 address has 39


@dataclass(frozen=True, slots=True)
class Left:
    """A client that still used the old address; `mark` says stuck or draining in a word.

    `name` is what the DNS calls its address, where that was asked; empty otherwise.
    """

    client: str
    name: str
    agent: str
    kind: str
    stuck: bool
    mark: str
    last_seen: Stamp
    rhythm: str
    requests: str
    expected: str
    why: str
    what_to_do: str


def left(
    verdict: Verdict, policy: Policy, zone: tzinfo, names: Mapping[str, str]
) -> tuple[tuple[Left, ...], str | None]:
    """Return the clients that would lose most, and a sentence about those not shown (None if all are)."""
    ranked = sorted(verdict.stragglers, key=lambda one: (-one.expected_requests, -one.requests, one.client))
    shown, rest = ranked[:LEFT_SHOWN], ranked[LEFT_SHOWN:]
    table = tuple(_left(one, policy, zone, names.get(one.client, "")) for one in shown)
    if not rest:
        return table, None
    stuck = sum(one.stuck for one in rest)
    among = f", {counted(stuck, 'of them', 'of them')} stuck" if stuck else ""
    lost = amount(sum(one.expected_requests for one in rest))
    sent = whole(sum(one.requests for one in rest))
    who = counted(len(rest), "more client")
    return table, f"And {who}{among}: {sent} requests since the change, {lost} expected to be lost."


def advice(one: Straggler, policy: Policy) -> str:
    """Return what to do about a client, in a phrase."""
    if policy.accepts(one.client):
        return "nothing: its loss is accepted"
    if one.kind == "monitor":
        return "point this monitor at the new address"
    if one.kind not in policy.counts:
        return f"nothing: a {visible(one.kind, 20)} does not count"
    if not one.stuck:
        return "wait: it moves by itself"
    if one.kind == "person":
        return "find a fixed address: hosts file, bookmark with an address, own resolver"
    return "restart it or correct its address, or accept its loss"


def _left(one: Straggler, policy: Policy, zone: tzinfo, name: str) -> Left:
    return Left(
        client=visible(one.client, CLIENT_LENGTH),
        name=visible(name, NAME_LENGTH),
        agent="no agent logged" if one.agent is None else visible(one.agent, AGENT_LENGTH),
        kind=visible(one.kind, 20),
        stuck=one.stuck,
        mark="stuck" if one.stuck else "draining",
        last_seen=stamp(one.last_seen, zone),
        rhythm=spoken_rhythm(one.rhythm_s),
        requests=whole(one.requests),
        expected=amount(one.expected_requests),
        why=visible(one.why, SENTENCE_LENGTH),
        what_to_do=advice(one, policy),
    )
