"""Simulated migrations on disk, kept from one run to the next: to judge a changed model costs the judging only."""

from __future__ import annotations

import shutil
import tempfile
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import analyzer.simulation
from analyzer import units
from analyzer.simulation import read_truth, simulate, write

if TYPE_CHECKING:
    from analyzer.simulation import Truth

TRUTH = "truth.json"
KEY_DIGITS = 16  # of the sources' hash


@lru_cache(maxsize=1)
def sources() -> str:
    """Return a short hash of what a simulation is made by: its modules, the units, numpy's streams."""
    found = sha256(np.__version__.encode())
    for path in (Path(units.__file__), *sorted(Path(analyzer.simulation.__path__[0]).glob("*.py"))):
        found.update(path.read_bytes())
    return found.hexdigest()[:KEY_DIGITS]


def migration(family: str, seed: int, kept: Path | None, scratch: Path) -> tuple[Path, Truth]:
    """Return the folder of a simulated migration, and its truth; it is simulated only where it is not kept.

    Parameters
    ----------
    kept
        Where migrations are kept, by the hash of the simulation's sources; None: in `scratch`, whose owner removes it.
    """
    if kept is None:
        return scratch, written(family, seed, scratch)
    folder = kept / sources() / f"{family}-{seed}"
    if (folder / TRUTH).exists():
        return folder, read_truth(folder / TRUTH)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        truth = written(family, seed, beside)
        beside.rename(folder)  # whole or not at all: another run may be writing the same one
    except OSError:
        if not (folder / TRUTH).exists():
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder, truth


def written(family: str, seed: int, folder: Path) -> Truth:
    """Return the truth of a migration whose files were written into the folder."""
    migrated = simulate(family, seed)
    write(migrated, folder, force=True)
    return migrated.truth
