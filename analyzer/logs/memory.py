"""Memory that was freed, given back to the system: a reading's peak counts, not what an allocator keeps for later."""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MANY = 1 << 20  # rows, or clients: where there were fewer, looking for what is free takes longer than it is worth


@lru_cache(maxsize=1)
def _trim() -> Callable[[int], Any]:
    """Return glibc's `malloc_trim`, or nothing's worth of it with another C library."""
    try:
        found: Callable[[int], Any] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return lambda _kept: None
    return found


def give_back() -> None:
    """Give what is free back; tens of megabytes after many small arrays were joined."""
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:  # it has an allocator of its own
        arrow.default_memory_pool().release_unused()
    _trim()(0)
