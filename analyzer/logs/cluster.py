"""Logs read on the machines of a dask.distributed scheduler: the same fold, piece by piece; only activity comes back.

What a machine reads and adds is a pure function of a piece or of some activities, so one that dies is replaced by
reading its pieces again. The machines find the files under the same paths or URLs.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

from analyzer.errors import Fault, InputError
from analyzer.logs.activity import Activity, FileReading
from analyzer.logs.choosing import settled
from analyzer.logs.engine import fold_for_bytes
from analyzer.logs.pieces import PIECE_BYTES, Piece, piece_items, pieces
from analyzer.logs.proof import Proof
from analyzer.logs.reading import EMPTY_FILE, activity_of, read_activity
from analyzer.logs.sources import expand

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from analyzer.logs.forwarded import Network
    from analyzer.logs.grammar import LogFormat

LOCAL = "local"
CONNECT_S = 20  # [s] for the scheduler to answer
TOGETHER = 8  # activities that are added by one task
NO_LINE = "no line fits"


class _OfPiece(Proof):
    """Looks at the format of a piece; whether anything could be read is known when all are."""

    def done(self) -> None:
        """Say nothing yet."""


@dataclass(frozen=True, slots=True)
class Order:
    """How all pieces are read.

    Attributes
    ----------
    text
        Names the format.
    files
        How many there are: the only one must be in the format.
    """

    text: str
    trusted: tuple[Network, ...]
    names: tuple[str, ...]
    moments: tuple[datetime, ...]
    files: int


def read_piece(piece: Piece, order: Order) -> Activity:
    """Return the activity of a piece."""
    log_format = settled(order.text, (), order.trusted)
    proof = _OfPiece(log_format, order.files) if piece.start == 0 else None
    fold = fold_for_bytes(log_format, piece.size)
    items = piece_items(piece, fold.buffers(log_format))
    return activity_of(items, log_format, names=order.names, moments=order.moments, proof=proof, fold=fold)


def added(some: Sequence[Activity]) -> Activity:
    """Return the sum of activities."""
    return reduce(add, some)


def read_activity_on(
    scheduler: str,
    paths: Iterable[str] | str,
    log_format: str | LogFormat = "combined",
    *,
    names: Collection[str] = (),
    moments: Sequence[datetime] = (),
    trusted: Collection[Network] = (),
    progress: Callable[[int, int], None] | None = None,
    piece_bytes: int = PIECE_BYTES,
) -> Activity:
    """Return the activity that log files show, as `read_activity`, read by the workers of a scheduler.

    Parameters
    ----------
    scheduler
        `tcp://HOST:PORT` of a dask scheduler, or `local` for processes of this machine.
    piece_bytes
        [bytes] of a plain file that are read as one.

    Raises
    ------
    InputError
        As by `read_activity`; or if no scheduler answers, or dask.distributed is not installed.
    """
    files = expand(paths)
    chosen = settled(log_format, files, trusted)
    todo = pieces(files, piece_bytes)
    order = Order(_name(chosen, trusted), tuple(trusted), tuple(names), tuple(moments), len(files))
    with _client(scheduler) as client:
        read = _sum(client, [client.submit(read_piece, one, order, pure=False) for one in todo], todo, progress)
    found = _of_files(read.files, files)
    if not any(one.parsed for one in found):  # it raises where nothing can be read, or tells what is wrong
        return read_activity(files, chosen, names=names, moments=moments)
    return replace(read, files=found)


def _name(chosen: LogFormat, trusted: Collection[Network]) -> str:
    """Return what names a format on another machine: its parts are compared by identity, and must be made there."""
    for text in (chosen.name, chosen.text):
        with suppress(InputError):
            if settled(text, (), trusted) == chosen:
                return text
    raise InputError(Fault("a format that a cluster cannot be told", "LogFormat", chosen.name, "name it in full"))


@contextmanager
def _client(scheduler: str) -> Iterator[Any]:
    """Yield a client of the scheduler, or of processes of this machine."""
    try:
        from distributed import Client, LocalCluster  # noqa: PLC0415 -- only the extra `cluster` has it
    except ImportError:
        remedy = "install it: pip install 'cutover[cluster]'"
        raise InputError(Fault("dask.distributed is not here", "--scheduler", scheduler, remedy)) from None
    with ExitStack() as stack:
        try:
            address: Any = scheduler
            if scheduler == LOCAL:
                cluster = LocalCluster(threads_per_worker=1, dashboard_address=None)  # type: ignore[no-untyped-call] # -- dask's
                address = stack.enter_context(cluster)
            client = Client(address, timeout=CONNECT_S, set_as_default=False)  # type: ignore[no-untyped-call] # -- dask's
            found = stack.enter_context(client)
        except (OSError, TimeoutError, ValueError) as error:
            remedy = "name tcp://HOST:PORT of a running dask scheduler, or local"
            raise InputError(Fault("no scheduler answers", "--scheduler", scheduler, remedy)) from error
        yield found


def _sum(client: Any, read: list[Any], todo: Sequence[Piece], progress: Callable[[int, int], None] | None) -> Activity:  # noqa: ANN401 -- dask ships no types
    """Return the sum of what is read, added as a tree by the workers."""
    from distributed import as_completed  # noqa: PLC0415 -- as above

    sizes = {future.key: piece.size for future, piece in zip(read, todo, strict=True)}
    level, done, total = list(read), 0, sum(sizes.values())
    while len(level) > 1:
        level = [client.submit(added, level[n : n + TOGETHER], pure=False) for n in range(0, len(level), TOGETHER)]
    finished = as_completed(read, loop=client.loop)  # type: ignore[no-untyped-call] # -- dask's
    read.clear()  # what has been added is not kept
    for future in finished:
        if future.status == "error":
            future.result()
        done += sizes[future.key]
        if progress:
            progress(done, total)
        del future
    result: Activity = level[0].result()
    return result


def _of_files(parts: Iterable[FileReading], files: Sequence[str]) -> tuple[FileReading, ...]:
    """Return one reading a file, of those of its pieces."""
    by_source: dict[str, list[FileReading]] = {}
    for part in parts:
        by_source.setdefault(part.source, []).append(part)
    found = [reduce(_together, by_source[file]) for file in files]
    if not any(one.lines for one in found):
        found = [replace(one, trouble=one.trouble or EMPTY_FILE) for one in found]
    return tuple(found)


def _together(one: FileReading, other: FileReading) -> FileReading:
    """Return two readings of pieces of a file as one."""
    firsts = [at for at in (one.first, other.first) if at]
    lasts = [at for at in (one.last, other.last) if at]
    parsed = one.parsed + other.parsed
    told = [text for text in (one.trouble, other.trouble) if text and not (parsed and text.startswith(NO_LINE))]
    return FileReading(
        one.source,
        one.lines + other.lines,
        parsed,
        one.quarantined + other.quarantined,
        min(firsts, default=None),
        max(lasts, default=None),
        "; ".join(told) or None,
    )
