"""Which fold reads what: compiled code is several times as fast as SQL, but does not read every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.loading import undisturbed
from analyzer.logs.compiled.plan import plan
from analyzer.logs.fold import Fold
from analyzer.logs.sources import stored_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.logs.compiled.fold import CompiledFold
    from analyzer.logs.formats import LogFormat

WORTH_MAKING_BYTES = 16 << 20  # [bytes] of log; for less, SQL is done before the code is made where it cannot be kept
PACKED = (".gz", ".bz2", ".xz", ".zst")
INFLATED = 8  # logs are stored in about so much less


def fold_for(log_format: LogFormat, files: Sequence[str]) -> type[Fold | CompiledFold]:
    """Return what folds the files: compiled code if it reads the format, and can be kept or is worth making."""
    packed = [file for file in files if file.endswith(PACKED)]
    return fold_for_bytes(log_format, stored_bytes(files) + (INFLATED - 1) * stored_bytes(packed))


def fold_for_bytes(log_format: LogFormat, size: int) -> type[Fold | CompiledFold]:
    """Return what folds so much text [bytes]."""
    steps = plan(log_format)
    if steps is None:
        return Fold
    try:
        with undisturbed():
            from analyzer.logs.compiled.fold import CompiledFold  # noqa: PLC0415 -- other formats do without it
            from analyzer.logs.compiled.machine import can_keep, machine  # noqa: PLC0415 -- as above

        if size < WORTH_MAKING_BYTES and not can_keep():
            return Fold
        machine(steps)
    except (ImportError, OSError, RuntimeError):  # a processor that LLVM does not know, or that runs nothing new
        return Fold
    return CompiledFold
