"""Access logs read to activity: files, or whatever blocks of lines, folded by what suits how much there is to read."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from analyzer.logs.activity import EPOCH, Activity, FileReading
from analyzer.logs.choosing import settled
from analyzer.logs.chunks import Over
from analyzer.logs.columns import host_sql
from analyzer.logs.engine import fold_for
from analyzer.logs.fold import SLOT_S, Fold
from analyzer.logs.later import later
from analyzer.logs.parts import joined
from analyzer.logs.proof import Proof
from analyzer.logs.sources import Block, Ended, blocks, expand, stored_bytes
from analyzer.logs.times import MICROSECOND
from analyzer.units import utc

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from analyzer.logs.compiled.fold import CompiledFold
    from analyzer.logs.fold import Tally
    from analyzer.logs.formats import LogFormat
    from analyzer.logs.forwarded import Network
    from analyzer.logs.sources import Item

EMPTY_FILE = "is empty"


def read_activity(
    paths: Iterable[str] | str,
    log_format: str | LogFormat = "combined",
    *,
    names: Collection[str] = (),
    moments: Sequence[datetime] = (),
    trusted: Collection[Network] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Activity:
    """Return the activity that log files show.

    Parameters
    ----------
    paths
        Files and globs; a file named twice is read once.
    log_format
        A preset's name, `auto`, a LogFormat string or a `LogFormat`.
    names
        Host names that count as `requests`, others as `foreign`; empty: all count. Without a host logged all count.
    moments
        Where it must be possible to cut it; aware, at most 32,000.
    trusted
        Networks of proxies before the server: who asked through them is the rightmost address of X-Forwarded-For that
        lies in none of them.
    progress
        Called with the bytes read and all bytes, of the files as stored.

    Raises
    ------
    InputError
        If nothing can be read, or the files are of another format.
    """
    files = expand(paths)
    chosen = settled(log_format, files, trusted)
    proof, fold = Proof(chosen, len(files)), fold_for(chosen, files)
    items = blocks(files, fold.buffers(chosen))
    items = _told(items, files, progress) if progress else items
    read = activity_of(items, chosen, names=names, moments=moments, proof=proof, fold=fold)
    if any(file.lines for file in read.files):
        return read
    return read.with_files(tuple(replace(file, trouble=file.trouble or EMPTY_FILE) for file in read.files))


def activity_of(
    items: Iterable[Item],
    log_format: LogFormat,
    *,
    names: Collection[str] = (),
    moments: Sequence[datetime] = (),
    slot_s: int = SLOT_S,
    proof: Proof | None = None,
    fold: type[Fold | CompiledFold] = Fold,
) -> Activity:
    """Return the activity of blocks of lines, whatever part of which files they are.

    Parameters
    ----------
    items
        The blocks of each file, then how it ended, as `sources.blocks` gives them; one reading a file that ended.
    slot_s
        [s] how long the cells are: 1,800, or less, of which a day is a multiple.
    proof
        Watches whether the lines are in the format; None if that is known.
    fold
        What sums them up: `engine.fold_for` knows which suits how much there is to read.

    Raises
    ------
    InputError
        If the format lacks client or time, or by `proof`.
    """
    cuts = tuple(sorted({utc(moment) for moment in moments}))
    sums = fold(log_format, names, [(moment - EPOCH) // MICROSECOND for moment in cuts], slot_s)
    readings, quarantined = _read(items, sums, proof)
    clients, cells, minutes = later(*joined(list(sums.parts())))
    return Activity(
        clients=clients,
        cells=cells,
        minutes=minutes,
        files=readings,
        moments=cuts,
        quarantined=quarantined,
        has_host=host_sql(log_format) is not None,
    )


def _told(items: Iterable[Item], files: tuple[str, ...], progress: Callable[[int, int], None]) -> Iterator[Item]:
    """Yield the files' blocks, and tell how far they have been used."""
    total, before = stored_bytes(files), 0
    for item in items:
        yield item
        if isinstance(item, Ended | Over):
            before += stored_bytes([item.source])
        else:
            progress(before + item.read_bytes, total)


def _read(
    items: Iterable[Item], fold: Fold | CompiledFold, proof: Proof | None
) -> tuple[tuple[FileReading, ...], dict[str, int]]:
    """Fold the blocks; return what was read of each file, and the refused lines by reason."""
    readings: list[FileReading] = []
    quarantined = Counter[str]()
    with closing(fold.folded(iter(items))) as folded:
        for item, parsed, tally in folded:
            if isinstance(item, Block):
                if proof:
                    proof.saw(item, parsed)
                continue
            if proof:
                proof.late(parsed)
            readings.append(_reading(proof.ended(item) if proof else item, tally))
            quarantined.update(tally.reasons)
    if proof:
        proof.done()
    return tuple(readings), dict(sorted(quarantined.items()))


def _reading(end: Ended, tally: Tally) -> FileReading:
    """Return what was read of a file that ended."""
    first, last = (None if us is None else EPOCH + us * MICROSECOND for us in (tally.first_us, tally.last_us))
    return FileReading(end.source, end.lines, tally.parsed, end.lines - tally.parsed, first, last, end.trouble)
