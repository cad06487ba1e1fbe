"""Which files are meant: paths, globs, folders and URLs, each file once, the oldest of a rotated set first."""

from __future__ import annotations

import glob
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.errors import Fault, InputError
from analyzer.logs.opening import STANDARD_INPUT
from analyzer.logs.remote import is_url, matching

if TYPE_CHECKING:
    from collections.abc import Iterable

_ROTATED = re.compile(
    r"^(?P<base>.+?)(?:[.-](?P<date>\d{8}(?:-?\d{2,6})?)|\.(?P<number>\d{1,4}))?(?:\.(?:gz|bz2|xz|zst))?$"
)
_ACCESS = "access"  # what the names of access logs have in common; in their folder error.log stands beside them


def expand(paths: Iterable[str] | str) -> tuple[str, ...]:
    """Return the files that paths and globs name: each once, the oldest of a rotated set first.

    A path that names nothing, or a directory, is kept beside others that name files: reading it tells the trouble.

    Raises
    ------
    InputError
        If no path names a file. All are told at once.
    """
    found: dict[object, str] = {}
    faults = []
    for path in [paths] if isinstance(paths, str) else paths:
        path = os.fspath(path)  # noqa: PLW2901 -- a Path is as good as its text
        named = _named(path)
        if isinstance(named, Fault):
            faults.append(named)
            continue
        for file in named:
            found.setdefault(_identity(file), file)
    if faults and not found:
        raise InputError(*faults)
    return (*found.values(), *(fault.where for fault in faults))


def _named(path: str) -> list[str] | Fault:
    """Return the files of one path, or what is wrong with it."""
    if path == STANDARD_INPUT:
        return [path]
    if is_url(path):
        return _at_url(path)
    if Path(path).is_dir():
        return _in_folder(path)
    if os.path.lexists(path):
        return [path]
    matches = glob.glob(path, recursive=True)  # noqa: PTH207 -- Path.glob takes no absolute pattern
    files = [one for one in matches if not Path(one).is_dir()]
    if files:
        return sorted(files, key=_age)
    what = "no file matches" if glob.has_magic(path) else "no such file"
    return Fault(what, where=path, remedy="check the path, and the folder that it starts from")


def _in_folder(path: str) -> list[str] | Fault:
    """Return the access logs in a folder, known by their names."""
    files = [str(one) for one in Path(path).glob(f"*{_ACCESS}*") if not one.is_dir()]
    if files:
        return sorted(files, key=_age)
    what = f"is a directory in which no file has '{_ACCESS}' in its name"
    return Fault(what, where=path, remedy=f"name its files, for example '{path.rstrip('/')}/*.log*'")


def _at_url(url: str) -> list[str] | Fault:
    """Return what a URL names, or what is wrong with it."""
    try:
        return sorted(matching(url), key=_age) or Fault("no file matches", where=url, remedy="check the URL")
    except InputError as error:
        return error.faults[0]
    except OSError as error:
        return Fault(
            f"cannot be asked: {error.strerror}", where=url, remedy="check the URL, and that its server answers"
        )


def _age(path: str) -> tuple[object, ...]:
    """Return the key that sorts a rotated set: the oldest first, the file still written last."""
    match = _ROTATED.match(path)
    if match is None:
        return (path, 2, "", 0, path)
    if match["date"]:
        return (match["base"], 0, match["date"], 0, path)
    return (match["base"], 1, "", -int(match["number"] or 0), path)


def _identity(path: str) -> object:
    """Return what makes two names one file."""
    with suppress(OSError):
        status = Path(path).stat()
        return (status.st_dev, status.st_ino)
    return path


def stored_bytes(paths: Iterable[str]) -> int:
    """Return how many bytes the files have as stored [bytes]; what has no size counts as none."""
    total = 0
    for path in paths:
        with suppress(OSError):
            total += Path(path).stat().st_size
    return total
