"""Which fold reads what: SQL needs no time to start, compiled code is several times as fast once it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.logs.compiled.plan import plan
from analyzer.logs.fold import Fold
from analyzer.logs.sources import stored_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.logs.compiled.fold import CompiledFold
    from analyzer.logs.formats import LogFormat

COMPILED_FROM_BYTES = 96 << 20  # [bytes] of log; for less, loading the compiled code costs more than it brings
PACKED = (".gz", ".bz2", ".xz", ".zst")
INFLATED = 8  # logs are stored in about so much less


def fold_for(log_format: LogFormat, files: Sequence[str]) -> type[Fold | CompiledFold]:
    """Return what folds the files: compiled code where there is much to read and it reads the format."""
    packed = [file for file in files if file.endswith(PACKED)]
    return fold_for_bytes(log_format, stored_bytes(files) + (INFLATED - 1) * stored_bytes(packed))


def fold_for_bytes(log_format: LogFormat, size: int) -> type[Fold | CompiledFold]:
    """Return what folds so much text [bytes]."""
    if size < COMPILED_FROM_BYTES or plan(log_format) is None:
        return Fold
    return _compiled() or Fold


def _compiled() -> type[CompiledFold] | None:
    """Return the compiled fold; None where its compilation cannot be kept, which takes longer than a large log."""
    try:
        from analyzer.logs.compiled.fold import CompiledFold  # noqa: PLC0415 -- only large logs need it
    except (OSError, RuntimeError):  # no folder that may be written to, or no home at all
        return None
    return CompiledFold
