"""A simulated migration as a folder: logs, snapshots, cutover.toml and truth.json."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.errors import Fault, UsageError
from analyzer.simulation.given import cutover_toml
from analyzer.simulation.truth import write_truth

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.simulation.run import Migrated


def write(migrated: Migrated, out: Path, *, force: bool = False) -> tuple[Path, ...]:
    """Return the files that were written into the folder `out`.

    Parameters
    ----------
    force : write although there is something in the folder; files of the same names are replaced, old logs removed

    Raises
    ------
    UsageError
        If the folder is not empty (without `force`), or cannot be written.
    """
    try:
        if out.exists() and not out.is_dir():
            raise UsageError(Fault("not a folder", str(out), remedy="name one that is empty or does not exist"))
        if not force and out.exists() and any(out.iterdir()):
            raise UsageError(Fault("the folder is not empty", str(out), remedy="name another, or use --force"))
        return _write(migrated, out)
    except OSError as error:
        raise UsageError(Fault(error.strerror or "cannot be written", str(error.filename or out))) from error


def _write(migrated: Migrated, out: Path) -> tuple[Path, ...]:
    """Write everything; logs of an earlier run would be read as part of this one, so they go."""
    texts = {
        "cutover.toml": cutover_toml(migrated.world, migrated.given),
        **({"dns.jsonl": migrated.snapshots} if migrated.given.snapshots else {}),
        "truth.json": write_truth(migrated.truth),
    }
    contents = {out / name: text.encode() for name, text in texts.items()}
    for folder, files in (("old", migrated.old_files), ("new", migrated.new_files)):
        if not files:
            continue
        (out / folder).mkdir(parents=True, exist_ok=True)
        for left in (out / folder).glob("access.log*"):
            left.unlink()
        contents |= {out / folder / file.name: file.data for file in files}
    for path, data in contents.items():
        path.write_bytes(data)
    return tuple(contents)
