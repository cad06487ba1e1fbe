"""The second lane: lines read one by one, exactly, or refused with one reason."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from analyzer.logs.by_pattern import by_pattern
from analyzer.logs.grammar import JSON_LINES, SEVERAL, W3C, LogFormat
from analyzer.logs.rows import CUT, EMPTY, LINE_LIMIT, NO_SUCH_TIME, TOO_LONG, Column, Rows, Strict

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CUT", "EMPTY", "LINE_LIMIT", "NO_SUCH_TIME", "TOO_LONG", "Column", "Rows", "Strict", "share", "strict"]


@lru_cache(maxsize=64)
def strict(log_format: LogFormat) -> Strict:
    """Return the second lane of a format."""
    if log_format.reader == JSON_LINES:
        from analyzer.logs.by_json import by_json  # noqa: PLC0415 -- most logs have one format, of lines without names

        return by_json(log_format)
    if log_format.reader in {SEVERAL, W3C}:
        from analyzer.logs.by_member import ByHeader, ByMember  # noqa: PLC0415 -- as above

        members = tuple(map(strict, log_format.members))
        return ByMember(log_format, members) if log_format.reader == SEVERAL else ByHeader(log_format, members, strict)
    return by_pattern(log_format)


def share(log_format: LogFormat, lines: Sequence[bytes]) -> float:
    """Return the share [0..1] of lines that a format reads; 0 without lines."""
    return len(strict(log_format).read(lines).numbers) / len(lines) if lines else 0.0
