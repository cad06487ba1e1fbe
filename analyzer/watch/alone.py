"""One watch a migration: a lock that ends with its process, however that ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

from analyzer.errors import Fault, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PID_BYTES = 20


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock of a migration's watch.

    Parameters
    ----------
    path
        The lock's file; it stays, empty of meaning, when nobody holds it.

    Raises
    ------
    UsageError
        If another process holds it, or it cannot be made.
    """
    try:
        held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        remedy = "name a --state in a folder that you may write to"
        raise UsageError(Fault(f"the lock cannot be made: {error.strerror}", str(path), remedy=remedy)) from None
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = os.read(held, PID_BYTES).decode("ascii", "replace").strip()
            what = f"another watch of this migration is running (process {other or 'unknown'})"
            raise UsageError(Fault(what, str(path), remedy="look at that one, or end it first")) from None
        os.ftruncate(held, 0)
        os.pwrite(held, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(held)
