"""The files of a report: each appears whole, or not at all."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from analyzer.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write(out: Path, files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Return the files written into a folder, in the order given; each is there whole or not at all.

    Parameters
    ----------
    out
        The folder; made if it does not exist.
    files
        Name and bytes of each, rendered before the first one is touched.

    Raises
    ------
    InputError
        If the folder cannot be made or a file cannot be written; what stood there before still does.
    """
    _make_folder(out)
    return tuple(write_whole(out / name, data) for name, data in files.items())


def write_whole(path: Path, data: bytes) -> Path:
    """Return the path after the bytes stand there; a reader sees the old file or the new one, never a part.

    Raises
    ------
    InputError
        If it cannot be written; the old file is untouched and no half-written one is left.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        try:
            _write_new(draft, data)
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(_fault("cannot write the file", path, error)) from error
    return path


def _write_new(draft: Path, data: bytes) -> None:
    """Write a file that does not exist yet, down to the disk; its mode is what the user's umask leaves."""
    with draft.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _make_folder(out: Path) -> None:
    """Make the folder and those above it."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(_fault("cannot make the folder", out, error)) from error


def _fault(what: str, path: Path, error: OSError) -> Fault:
    """Return what went wrong with a path, and what to do."""
    remedies: dict[type[OSError], str] = {
        FileExistsError: "a file is in the way: name another folder",
        NotADirectoryError: "a file is in the way: name another folder",
        IsADirectoryError: "a folder is in the way: remove it or name another one",
        PermissionError: "name a folder that you may write to",
    }
    remedy = remedies.get(type(error), "make room or name another folder")
    return Fault(f"{what}: {error.strerror or error}", where=str(path), remedy=remedy)
