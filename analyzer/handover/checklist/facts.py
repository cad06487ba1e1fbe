"""A migration's values as they may stand in a command: whatever they hold, a shell takes each for one word."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from analyzer.units import rfc3339, spoken_duration
from analyzer.words import exact, visible

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from analyzer.handover.checklist.model import Ttl
    from analyzer.handover.checklist.programs import Program
    from analyzer.handover.checklist.times import Times
    from analyzer.migration import Migration
    from analyzer.migration.model import Address

WORD_LENGTH = 300  # [characters] of a path in a command


def facts(
    mine: Migration,
    moments: Times,
    ttl: Ttl,
    *,
    dns: str,
    switch: str,
    batch_at: str,
    zone: ZoneInfo,
    program: Program,
    again: str = "",
) -> dict[str, Any]:
    """Return what the texts of the steps may name.

    Parameters
    ----------
    dns
        `own` or `batch`.
    switch
        The file whose existence turns the proxy on.
    batch_at
        Local time of the nightly batch, for people.
    program
        The old server's.
    again
        The options that name it to `cutover plan`, with a blank before.
    """
    batch = f" --batch-at {batch_at}" if dns == "batch" else ""
    brownout = moments.brownout.astimezone(zone)
    return {
        "again": f"--dns {dns}{batch} --move-at {rfc3339(moments.move)} --zone {word(str(zone))}{again}",
        "config": word(str(mine.source)),
        "names": [word(name) for name in mine.names],
        "old": [str(address) for address in mine.old],
        "new": [str(address) for address in mine.new],
        "old_places": [_place(address) for address in mine.old],
        "new_places": [_place(address) for address in mine.new],
        "new4": [str(address) for address in mine.new if address.version == 4],  # noqa: PLR2004 -- IPv4
        "new6": [str(address) for address in mine.new if address.version == 6],  # noqa: PLR2004 -- IPv6
        "program": program,
        "staging": mine.staging,
        "switch": word(switch),
        "zone": word(str(zone)),
        "ttl": spoken_duration(ttl.usual_s),
        "low_ttl": spoken_duration(moments.low_ttl_s),
        "low_ttl_s": f"{moments.low_ttl_s:.0f}",
        "usual_ttl": spoken_duration(ttl.usual_s),
        "usual_ttl_s": f"{ttl.usual_s:.0f}",
        "ttl_rule": f"The TTL at the change is {spoken_duration(moments.tail_s)}: so long they hold the old answer.",
        "batch_at": batch_at,
        "brownout_clock": f"{brownout:%H:%M}",
        "brownout_at": rfc3339(moments.brownout),
        "budget": exact(mine.policy.max_lost_requests),
        "horizon": spoken_duration(mine.policy.horizon_s),
    }


def word(text: str) -> str:
    r"""Return a text as one word of a shell's command line, visible and bounded.

    >>> word("my migration/cutover.toml"), word("a;b")
    ("'my migration/cutover.toml'", "'a;b'")
    """
    return shlex.quote(visible(text, WORD_LENGTH))


def _place(address: Address) -> str:
    """Return an address as it stands before a port."""
    return f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004 -- IPv6
