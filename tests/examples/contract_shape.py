"""The shape of the contract's verdict, written by hand from the contract, and what of a value does not have it."""

from __future__ import annotations

import re
from typing import Any

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


def moment(value: Any) -> bool:
    """Return whether it is a moment of the contract: RFC 3339, UTC."""
    return isinstance(value, str) and MOMENT.fullmatch(value) is not None


def number(value: Any) -> bool:
    """Return whether it is a number, 0 or more."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def count(value: Any) -> bool:
    """Return whether it is a whole number, 0 or more."""
    return number(value) and isinstance(value, int)


def text(value: Any) -> bool:
    """Return whether it is a text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def boolean(value: Any) -> bool:
    """Return whether it is true or false."""
    return isinstance(value, bool)


class Or:
    """A value of one of several shapes."""

    def __init__(self, *shapes: Any) -> None:
        self.shapes = shapes


LOG = {
    "lines": count,
    "parsed": count,
    "quarantined": count,
    "used": count,
    "first": Or(moment, None),
    "last": Or(moment, None),
    "gaps": [{"from": moment, "to": moment}],
    "troubles": [text],
}
STRAGGLER = {
    "client": text,
    "agent": Or(str, None),
    "kind": Or("person", "program", "crawler", "monitor", "scanner"),
    "requests": count,
    "first_seen": moment,
    "last_seen": moment,
    "expected_requests": number,
    "stuck": boolean,
    "why": text,
}
VERDICT = {
    "schema": "cutover.verdict/1",
    "at": moment,
    "changed_at": Or(moment, None),
    "verdict": Or("safe", "wait", "stuck", "unknown"),
    "lost_requests": {
        "expected": Or(number, None),
        "upper": Or(number, None),
        "budget": number,
        "horizon_s": number,
    },
    "lost_clients": {"expected": Or(number, None), "upper": Or(number, None)},
    "safe_at": Or({"median": Or(moment, None), "upper": Or(moment, None)}, None),
    "residual": {"requests_per_day": number, "share_of_normal": Or(number, None), "clients_24h": count},
    "dns": {
        "resolvers": count,
        "on_new": count,
        "on_old": count,
        "failing": count,
        "last_old_expires_at": Or(moment, None),
        "authoritative_agree": Or(boolean, None),
    },
    "stragglers": [STRAGGLER],
    "evidence": Or({**LOG, "new": LOG}, LOG),
    "reasons": [text],
}


def faults(value: Any, shape: Any, where: str = "verdict") -> list[str]:
    """Return what of a value does not have a shape."""
    if isinstance(shape, Or):
        found = [faults(value, one, where) for one in shape.shapes]
        return min(found, key=len)
    if isinstance(shape, dict):
        if not isinstance(value, dict) or value.keys() != shape.keys():
            return [f"{where}: {value!r}"]
        return [fault for key in shape for fault in faults(value[key], shape[key], f"{where}.{key}")]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{where}: {value!r}"]
        return [fault for i, one in enumerate(value) for fault in faults(one, shape[0], f"{where}[{i}]")]
    fits = isinstance(value, str) if shape is str else shape(value) if callable(shape) else value == shape
    return [] if fits else [f"{where}: {value!r}"]
