"""The reader's time zone."""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import ZoneInfo

from analyzer.errors import Fault, UsageError


def reader_zone(name: str | None) -> ZoneInfo:
    """Return the time zone named, else the machine's, else UTC.

    Raises
    ------
    UsageError
        If there is no zone of that name.
    """
    if name is None:
        return machine_zone()
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise UsageError(Fault("no such time zone", "--zone", name, "write one like Europe/Berlin")) from None


def machine_zone() -> ZoneInfo:
    """Return the zone that TZ names, else the one that /etc/localtime links to; UTC where neither has a name."""
    _, _, linked = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")
    name = os.environ.get("TZ", "").removeprefix(":") or linked
    try:
        return ZoneInfo(name or "UTC")
    except (ValueError, OSError, KeyError):
        return ZoneInfo("UTC")
