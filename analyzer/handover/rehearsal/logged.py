"""Log files -> the sample of a rehearsal; memory stays flat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.handover.rehearsal.sample import Sampler
from analyzer.logs.requests import iter_requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from analyzer.handover.rehearsal.sample import Choice

COLUMNS = ("method", "target", "status", "host")


def sample_of(
    paths: Iterable[str],
    log_format: str,
    choice: Choice,
    *,
    size: int,
    seed: int,
    trouble: Callable[[str], None] = lambda _trouble: None,
) -> Sampler:
    """Return a sampler that has seen every request of the logs.

    Parameters
    ----------
    paths, log_format
        The old server's logs, and how they are written.
    choice
        What may be asked.
    size
        Number of questions wanted.
    seed
        Which of the many fair samples it is.
    trouble
        Called with what could not be read of a file.

    Raises
    ------
    InputError
        If nothing can be read, or the files are of another format.
    """
    sampler = Sampler(choice, size, seed)
    for lines, ended in iter_requests(paths, log_format):
        if lines is not None:
            table = lines.requests.select([name for name in COLUMNS if name in lines.requests.column_names])
            distinct = table.group_by(table.column_names).aggregate([([], "count_all")])
            sampler.add({**row, "times": row["count_all"]} for row in distinct.to_pylist())
        elif ended is not None and ended.trouble:
            trouble(f"{ended.source}: {ended.trouble}")
    return sampler
