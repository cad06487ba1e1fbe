"""A checklist as iCalendar (RFC 5545): one event a step, which a calendar takes in again without doubling it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

from analyzer.words import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.handover.checklist.model import Checklist, Step

LINE_BYTES = 75  # [bytes] of a content line without its end (RFC 5545 section 3.1)
EVENT = "PT15M"  # how long a step takes in the calendar
LENGTH = 4_000  # [characters] of a text
_ESCAPED = re.compile(r"([\\;,])")


def calendar(plan: Checklist) -> str:
    """Return the checklist as one VCALENDAR.

    References
    ----------
    RFC 5545, sections 3.1 (folding), 3.3.11 (escaping), 3.6.1 (VEVENT).
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//cutover//plan//EN", "CALSCALE:GREGORIAN"]
    for step in plan.steps:
        lines += _event(plan, step)
    lines.append("END:VCALENDAR")
    return "".join(part + "\r\n" for line in lines for part in folded(line))


def _event(plan: Checklist, step: Step) -> Iterator[str]:
    """Yield the lines of one event."""
    told = [step.text, *(f"$ {line}" for line in step.commands), f"Expect: {step.expect}"]
    if step.undo:
        told.append(f"Back: {step.undo}")
    if step.needs:
        told.append(f"Before: {', '.join(step.needs)}")
    yield "BEGIN:VEVENT"
    yield f"UID:{_uid(plan, step)}"
    yield f"DTSTAMP:{_stamp(plan.at)}"
    yield f"DTSTART:{_stamp(step.at)}"
    yield f"DURATION:{EVENT}"
    yield f"SUMMARY:{escaped(f'{step.title} ({step.owner})')}"
    yield f"DESCRIPTION:{escaped(chr(10).join(line for line in told if line))}"
    yield f"CATEGORIES:{escaped(step.owner)}"
    yield "END:VEVENT"


def _uid(plan: Checklist, step: Step) -> str:
    """Return what makes the step's event the same one in the next checklist of this migration."""
    digest = blake2b("\n".join(plan.names).encode(), digest_size=8).hexdigest()
    return f"{step.id}-{digest}@cutover"


def _stamp(moment: datetime) -> str:
    """Return a moment in UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def escaped(text: str) -> str:
    r"""Return a TEXT value: backslash, semicolon, comma and line ends escaped, nothing else that a line could end with.

    >>> escaped("a, b; c\nd")
    'a\\, b\\; c\\nd'
    """
    shown = "\n".join(visible(line, LENGTH) for line in text.split("\n"))
    return _ESCAPED.sub(r"\\\1", shown).replace("\n", "\\n")


def folded(line: str) -> Iterator[str]:
    """Yield a content line in parts of at most 75 bytes, the later ones begun by a blank; no character is cut.

    Examples
    --------
    >>> [len(part.encode()) for part in folded("x" * 100)]
    [75, 26]
    """
    part, size = "", 0
    for character in line:
        width = len(character.encode("utf-8"))
        if size + width > LINE_BYTES:
            yield part
            part, size = " ", 1
        part, size = part + character, size + width
    yield part
