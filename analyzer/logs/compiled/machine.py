"""Machine code of the language's functions: made once by LLVM for a format, kept in the user's cache, and loaded.

It is kept under everything that it depends on: the sources of this package, the format's steps, LLVM and the processor.
Where nothing can be kept, it is made anew in each process, in less than a second.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llvmlite

from analyzer.logs.compiled.image import RUNS_HERE, Image
from analyzer.logs.rows import LINE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.logs.compiled.making import Engine

    Steps = tuple[tuple[int, int, int, int], ...]

_DIGEST_BYTES = 32
_PREFIX = "lines-"
_MOST_KEPT = 32  # a user's formats, of a version or two; 60 kB each
_PROCESSORS = Path("/proc/cpuinfo")
_TOLD = ("vendor_id", "cpu family", "model", "model name", "stepping", "flags")  # of a processor, in Linux's words
_ENTRIES = {
    "take": 4, "take_records": 4, "starts": 4, "merge": 3, "adopt": 5, "adopt_pairs": 4, "rehash": 2,
    "measured": 4, "spread": 4, "counted_by": 5, "placed": 6, "put_right": 5, "in_order": 6,
    "picked": 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Machine:
    """What Python calls; other threads go on meanwhile. The modules of `_made` say what each does."""

    take: Callable[..., int]
    take_records: Callable[..., int]
    starts: Callable[..., int]
    merge: Callable[..., int]
    adopt: Callable[..., int]
    adopt_pairs: Callable[..., int]
    rehash: Callable[..., int]
    measured: Callable[..., int]
    spread: Callable[..., int]
    counted_by: Callable[..., int]
    placed: Callable[..., int]
    put_right: Callable[..., int]
    in_order: Callable[..., int]
    picked: Callable[..., int]


_loaded: list[Any] = []  # code lives as long as the process


@lru_cache(maxsize=64)
def machine(steps: Steps) -> Machine:
    """Return the code that reads lines of these steps.

    Raises
    ------
    OSError, RuntimeError
        If this machine cannot run what it makes.
    """
    if sys.byteorder != "little":
        raise RuntimeError("the steps' texts are compared as numbers of the other byte order")
    _loaded.append(_run(_object(steps)))
    entries = _loaded[-1].entries
    return Machine(**{name: _function(entries[name], count) for name, count in _ENTRIES.items()})


def _run(code: bytes) -> Image | Engine:
    """Return code that can be called."""
    if RUNS_HERE:
        with suppress(OSError):
            return Image(code)
    from analyzer.logs.compiled.making import Engine  # noqa: PLC0415 -- LLVM is slow to load

    return Engine(code, list(_ENTRIES))


def _function(at: int, arguments: int) -> Callable[..., int]:
    """Return the function at an address, of so many numbers."""
    made: Callable[..., int] = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * arguments)(at)
    return made


def _features() -> str:
    """Return what this processor is, and what it can do: as Linux says it, or else LLVM."""
    with suppress(OSError), _PROCESSORS.open(encoding="utf-8", errors="replace") as told:
        parted = (line.partition(":") for line in iter(told.readline, "\n"))
        first = {name.strip(): value.strip() for name, _, value in parted}
        if "flags" in first:
            return repr([first.get(name) for name in _TOLD])
    from analyzer.logs.compiled.making import processor  # noqa: PLC0415 -- LLVM is slow to load

    return processor()


def _object(steps: Steps) -> bytes:
    """Return the code as an object file: the one that was kept, or a new one, which is kept then."""
    path = _path(steps)
    with suppress(OSError):
        kept = path.read_bytes() if path else b""
        if path and hashlib.sha256(kept[_DIGEST_BYTES:]).digest() == kept[:_DIGEST_BYTES]:
            with suppress(OSError):
                os.utime(path)  # it is of use
            return kept[_DIGEST_BYTES:]
    made = _made(steps)
    if path:
        with suppress(OSError):
            _keep(path, hashlib.sha256(made).digest() + made)
            _forget_others(path.parent)
    return made


def _made(steps: Steps) -> bytes:
    """Return the code, newly made."""
    from analyzer.logs.compiled.making import made  # noqa: PLC0415 -- most processes find it made

    return made(steps)


def _keep(path: Path, content: bytes) -> None:
    """Write a file that is there wholly or not at all."""
    import tempfile  # noqa: PLC0415 -- most processes find it made

    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=_PREFIX, delete=False) as file:
        try:
            file.write(content)
            file.close()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _forget_others(folder: Path) -> None:
    """Remove what has not been of use for longest: of other versions, of formats that are read no more."""
    kept = sorted(folder.glob(f"{_PREFIX}*"), key=lambda one: one.stat().st_mtime_ns, reverse=True)
    for one in kept[_MOST_KEPT:]:
        one.unlink(missing_ok=True)


def can_keep() -> bool:
    """Return whether what is made can be kept for the next process."""
    return _folder() is not None


def _path(steps: Steps) -> Path | None:
    """Return where the code is kept; None if there is no place for it."""
    folder = _folder()
    sources = sorted(Path(__file__).parent.glob("*.py"))
    versions = (llvmlite.__version__, RUNS_HERE, _features())
    given = repr((*versions, LINE_LIMIT, steps)).encode()
    digest = hashlib.sha256(b"\0".join([given, *(one.read_bytes() for one in sources)]))
    return folder / f"{_PREFIX}{digest.hexdigest()[:32]}.o" if folder else None


def _folder() -> Path | None:
    """Return the folder for what is kept; None if there is none that only this user may write to."""
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
        folder = Path(base) / "cutover"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except (OSError, RuntimeError):  # RuntimeError: no home
        return None
    alone = status.st_uid == os.geteuid() and not status.st_mode & 0o022
    return folder if alone and os.access(folder, os.W_OK) else None
