"""A migration's values as they may stand in a command: whatever they hold, a shell takes each for one word."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from analyzer.handover.checklist.programs import PROGRAMS, System
from analyzer.handover.proxy.model import Server
from analyzer.units import before_port, rfc3339, spoken_duration
from analyzer.words import exact, visible

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from analyzer.handover.checklist.model import Ttl
    from analyzer.handover.checklist.times import Times
    from analyzer.migration import Migration

WORD_LENGTH = 300  # [characters] of a path in a command


def facts(
    mine: Migration,
    moments: Times,
    ttl: Ttl,
    *,
    dns: str,
    switch: str,
    zone: ZoneInfo,
    server: Server,
    system: System,
) -> dict[str, Any]:
    """Return what the texts of the steps may name.

    Parameters
    ----------
    dns
        `own` or `batch`.
    switch
        The file whose existence turns the proxy on.
    server, system
        The old server's program, and whose packages it has.
    """
    batch_at = f"{moments.publish.astimezone(zone):%H:%M}"
    batch = f" --batch-at {batch_at}" if dns == "batch" else ""
    when = f"--move-at {rfc3339(moments.move)} --zone {word(str(zone))}"
    own = {
        "again": f"--dns {dns}{batch} {when}{_again(server, system)}",
        "config": word(str(mine.source)),
        "program": PROGRAMS[server, system],
        "switch": word(switch),
        "zone": word(str(zone)),
        "batch_at": batch_at,
        "brownout_clock": f"{moments.brownout.astimezone(zone):%H:%M}",
        "brownout_at": rfc3339(moments.brownout),
        "budget": exact(mine.policy.max_lost_requests),
        "horizon": spoken_duration(mine.policy.horizon_s),
    }
    return own | _places(mine) | _ttls(moments, ttl)


def _again(server: Server, system: System) -> str:
    """Return the options that name a program to `cutover plan`: only what is not taken without them."""
    named = "" if server is Server.APACHE else f" --server {server}"
    return named if system is System.DEBIAN else f"{named} --system {system}"


def _places(mine: Migration) -> dict[str, Any]:
    """Return the names that move, and the addresses: as they are, before a port, and by family."""
    return {
        "names": [word(name) for name in mine.names],
        "staging": mine.staging,
        "old": [str(address) for address in mine.old],
        "new": [str(address) for address in mine.new],
        "old_places": [before_port(address) for address in mine.old],
        "new_places": [before_port(address) for address in mine.new],
        "new4": [str(address) for address in mine.new if address.version == 4],  # noqa: PLR2004 -- IPv4
        "new6": [str(address) for address in mine.new if address.version == 6],  # noqa: PLR2004 -- IPv6
    }


def _ttls(moments: Times, ttl: Ttl) -> dict[str, str]:
    """Return the TTLs in words and in seconds."""
    tail = spoken_duration(moments.tail_s)
    return {
        "usual_ttl": spoken_duration(ttl.usual_s),
        "usual_ttl_s": f"{ttl.usual_s:.0f}",
        "low_ttl": spoken_duration(moments.low_ttl_s),
        "low_ttl_s": f"{moments.low_ttl_s:.0f}",
        "ttl_rule": f"The TTL at the change is {tail}: so long they hold the old answer.",
    }


def word(text: str) -> str:
    r"""Return a text as one word of a shell's command line, visible and bounded.

    >>> word("my migration/cutover.toml"), word("a;b")
    ("'my migration/cutover.toml'", "'a;b'")
    """
    return shlex.quote(visible(text, WORD_LENGTH))
