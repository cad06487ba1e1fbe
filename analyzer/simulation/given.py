"""What evidence the owner of a simulated migration has, and what he wrote into cutover.toml."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.simulation.formats import FORMATS
from analyzer.units import DAY_S, rfc3339

if TYPE_CHECKING:
    from analyzer.simulation.world import World


@dataclass(frozen=True, slots=True)
class Given:
    """The evidence and the policy; by default both logs and snapshots, and the rest is found from them.

    Attributes
    ----------
    changed_at_s
        What cutover.toml says of the change [s since the true one]; None: nothing.
    old_format, new_format
        Keys of `analyzer.simulation.formats.FORMATS`.
    authoritative
        The snapshots hold the authoritative servers' answers too.
    restored
        The new server's log shows the clients of forwarded requests by their own addresses (mod_remoteip).
    skew_s
        The new server's clock is ahead by so much [s].
    """

    new_log: bool = True
    snapshots: bool = True
    changed_at_s: float | None = None
    ttl: bool = False
    old_format: str = "combined"
    new_format: str = "combined"
    horizon_days: int | None = None
    max_lost_requests: int | None = None
    accepted: tuple[str, ...] = ()
    authoritative: bool = True
    restored: bool = False
    skew_s: float = 0.0

    @property
    def horizon_s(self) -> float | None:
        """The policy's horizon [s]; None: the default."""
        return None if self.horizon_days is None else float(self.horizon_days * DAY_S)


def cutover_toml(world: World, given: Given) -> str:
    """Return the migration's cutover.toml; what it leaves out, the snapshots tell."""
    return "\n".join((_migration(world, given), _logs(given), _rest(given)))


def _migration(world: World, given: Given) -> str:
    """Return the table of names and addresses."""
    text = f"""\
[migration]
names = {json.dumps([world.name])}
old   = {json.dumps(world.old)}
new   = {json.dumps(world.new if world.zone.again_s is None else world.new + world.third)}
"""
    if given.changed_at_s is not None:
        text += f"changed_at = {rfc3339(world.moment(given.changed_at_s))}\n"
    return text + (f"ttl = {world.zone.ttl_s}\n" if given.ttl else "")


def _logs(given: Given) -> str:
    """Return the tables of the logs."""
    tables = [("old", given.old_format), *([("new", given.new_format)] if given.new_log else [])]
    return "\n".join(
        f'[logs.{side}]\npaths  = ["{side}/access.log*"]\nformat = {json.dumps(FORMATS[key].text)}\n'
        for side, key in tables
    )


def _rest(given: Given) -> str:
    """Return the tables of the snapshots and of the policy."""
    text = '[dns]\nsnapshots = ["dns.jsonl"]\n' if given.snapshots else ""
    policy = []
    if given.horizon_days is not None:
        policy.append(f'horizon = "{given.horizon_days}d"')
    if given.max_lost_requests is not None:
        policy.append(f"max_lost_requests = {given.max_lost_requests}")
    if given.accepted:
        policy.append(f"accepted = {json.dumps(list(given.accepted))}")
    return text + ("\n".join(["", "[policy]", *policy, ""]) if policy else "")
