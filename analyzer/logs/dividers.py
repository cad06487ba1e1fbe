"""Where free texts of a format may end: at the first byte of what follows them, which may stand within them too.

A text is tried at each of these bytes, with what follows it up to the next text. So a byte divides only if none of what
is tried there runs over the text that follows, and over it again: a line's cost would be the square of its length.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.logs.directives import ADDRESS, IDENT, SERVER
from analyzer.logs.formats import Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    Parts = Sequence[str | Field]

LISTS = {"forwarded_for"}  # a space after a comma is within a value
WORDS = {"method_logged", "protocol_logged"}  # never hold a space
USED = "server_name_used"  # of a client's making: nearly any word
BLANKS = " \t"
_OF_WORDS = re.compile(r"[0-9A-Za-z./_-]")  # what words hold all the time, so that it cannot divide one from a text
_ALL_OF = {ADDRESS: re.compile(r"[0-9A-Za-z._-]*"), SERVER: re.compile(r"[0-9A-Za-z._*\\-]*")}  # V6 is short


def divider_of(parts: Parts, n: int) -> str:
    """Return the byte that ends a free text and may stand within it too; empty if there is none such."""
    part, after = parts[n], parts[n + 1] if n + 1 < len(parts) else None
    if isinstance(part, str) or not is_free(part) or not isinstance(after, str) or after[0] in '"\\':
        return ""
    return first_byte(after) if after[0] in BLANKS or not _is_run_over(parts, n) else ""


def first_byte(text: str) -> str:
    """Return the first byte of a text as a character."""
    return text.encode()[:1].decode("latin-1")


def escaped(bytes_: str) -> str:
    """Return bytes as a part of a regular expression, or of a set in one."""
    return "".join(re.escape(one) if one.isascii() else rf"\x{ord(one):02x}" for one in bytes_)


def is_free(field: Field) -> bool:
    """Return whether a value is free text: it may hold anything."""
    return field.directive.kind.pattern is None and field.directive.column not in WORDS


def is_loose(field: Field) -> bool:
    """Return whether a value is a word of whatever stands there."""
    return field.directive.kind == IDENT or field.directive.column in {*WORDS, USED}


def _is_run_over(parts: Parts, n: int) -> bool:
    """Return whether a value between a text and the next one can hold all that follows the text."""
    after = str(parts[n + 1])
    for k in range(n + 1, len(parts)):
        part, behind = parts[k], parts[k + 1] if k + 1 < len(parts) else " "
        if isinstance(part, str):
            if '"' in part:
                return False
            continue
        if part.directive.kind in _ALL_OF and after[0] == ":" and (isinstance(behind, Field) or behind[0] == ":"):
            return True  # an IPv6 address may end at each of its colons, and so at each is looked for in many ways
        if is_loose(part) or (is_free(part) and part.quoted):
            if _OF_WORDS.match(after[0]) and not set(after) & set(BLANKS):
                return True  # other bytes they do not hold: see `marks`
        elif part.directive.kind in _ALL_OF and _ALL_OF[part.directive.kind].fullmatch(after):
            return True
        if is_free(part):
            return False
    return False


def marks(parts: Parts) -> str:
    """Return those dividers of a format that its words must not hold: they are not tried beyond one."""
    return "".join(sorted(one for one in dividers(parts) - set(BLANKS) if not _OF_WORDS.match(one)))


def dividers(parts: Parts) -> set[str]:
    """Return the dividers of all texts of a format."""
    return {found for k in range(len(parts)) if (found := divider_of(parts, k))}


def to_the_end(parts: Parts, n: int) -> bool:
    """Return whether a free text takes all that is left of the line."""
    return n == len(parts) - 1 and isinstance(parts[n], Field) and not is_word(parts, n)


def is_word(parts: Parts, n: int) -> bool:
    """Return whether a value holds no space: it never does, or shares its quotes with one before that ends at one."""
    field = parts[n]
    assert isinstance(field, Field)  # noqa: S101 -- for the type checker; callers look
    if not is_free(field) or not field.quoted:
        return not is_free(field)
    for k in range(n - 1, -1, -1):
        part = parts[k]
        if isinstance(part, str) and '"' in part:
            return False
        if divider_of(parts, k) in set(BLANKS):
            return True
    return False
