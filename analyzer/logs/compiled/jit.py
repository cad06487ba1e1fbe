"""Compiles a function once, and keeps the result for exactly these sources.

Numba takes what it kept for a function while that function's own file is unchanged, although what it calls or reads
from another file may have changed. Here it is kept in a folder named after all sources of this package.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba
from numba import config

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = TypeVar("Function", bound=Callable[..., Any])


@lru_cache(maxsize=1)
def folder() -> Path:
    """Return the folder for what was compiled of these sources; only this user may write to it.

    Raises
    ------
    OSError
        If there is no place for it. To compile anew in each process would take longer than to read a large log.
    """
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256(b"\0".join([numba.__version__.encode(), *(source.read_bytes() for source in sources)]))
    base = vars(config)["CACHE_DIR"] or os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    made = Path(base) / "cutover" / f"compiled-{digest.hexdigest()[:16]}"
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.access(made, os.W_OK):
        raise PermissionError(f"{made} is not writable")
    return made


def compiled(function: Function) -> Function:
    """Return the function compiled; it runs without holding up other threads."""
    settings = vars(config)
    before, settings["CACHE_DIR"] = settings["CACHE_DIR"], str(folder())
    try:
        made: Any = numba.njit(nogil=True, cache=True)(function)
    finally:
        settings["CACHE_DIR"] = before
    return cast("Function", made)
